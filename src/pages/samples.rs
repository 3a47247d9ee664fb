//! One sample of every page, with friendly content for people who make a theme, and with hostile content for checks:
//! an override folder is tried with the hostile ones before it is used (R-TP-05).

use super::account_pages::{ApplicationLink, HomePage, Person};
use super::content::{Form, Page, PageContent};
use super::demo_pages::{DemoApplication, DemoError, DemoHome, DemoKind, DemoLoggedOut, DemoSignedOut};
use super::error_page::{ErrorPage, Problem};
use super::journey_pages::{
    Account, AskAdministratorPage, ChangePasswordPage, ConsentPage, EnrolPage, FactorPage, Field,
    FormPostPage, HandOverPage, InvitationPage, LoginPage, LostFactorPage, RecoveryCodePage,
    RecoveryCodesPage, RestartPage, RestartReason, ScopeInWords, SelectAccountPage,
};
use super::logout_pages::{ConfirmPage, SignOutLine, SignedOutPage, StatusPage};
use super::message::Message;
use super::picture::QrPicture;
use super::texts::Language;

/// Text that breaks a page which forgets to escape, is far too long, and turns the writing direction.
pub const HOSTILE: &str =
    "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ nonce }}\u{202E}\u{5D0}\u{5D1}";

/// Every page with the content of an ordinary day.
pub fn friendly() -> Vec<Page> {
    Samples { hostile: false }.all()
}

/// Every page with content that an attacker would choose.
pub fn hostile() -> Vec<Page> {
    Samples { hostile: true }.all()
}

struct Samples {
    hostile: bool,
}

impl Samples {
    fn all(&self) -> Vec<Page> {
        let mut pages = self.sign_in();
        pages.extend(self.enrolment());
        pages.extend(self.in_between());
        pages.extend(self.restarts_and_errors());
        pages.extend(self.account());
        pages.extend(self.logout());
        pages.extend(
            [DemoKind::Boards, DemoKind::Spaces]
                .into_iter()
                .flat_map(|kind| self.demo(kind)),
        );
        pages
    }

    fn word(&self, friendly: &str) -> String {
        if self.hostile {
            format!("{HOSTILE}{}", "W".repeat(400))
        } else {
            friendly.to_owned()
        }
    }

    fn url(&self, friendly: &str) -> String {
        if self.hostile {
            format!("https://example.com/?next={HOSTILE}")
        } else {
            friendly.to_owned()
        }
    }

    fn form(&self, action: &str) -> Form {
        Form {
            action: action.to_owned(),
            token: self.word("7Yd0sample"),
        }
    }

    fn application(&self) -> Option<String> {
        Some(self.word("Jira"))
    }

    fn sign_in(&self) -> Vec<Page> {
        let login = LoginPage {
            form: self.form("/sign-in"),
            application: self.application(),
            username: self.word("maria.lindqvist"),
            username_fixed: false,
            problem: None,
            can_cancel: true,
        };
        let empty = LoginPage {
            username: String::new(),
            ..login.clone()
        };
        let plain = LoginPage {
            application: None,
            can_cancel: false,
            ..empty.clone()
        };
        let failed = LoginPage {
            problem: Some(Message::SignInFailed),
            ..login.clone()
        };
        let again = LoginPage {
            username_fixed: true,
            ..login
        };
        let factor = FactorPage {
            form: self.form("/sign-in"),
            application: self.application(),
            username: self.word("maria.lindqvist"),
            device: None,
            problem: None,
            can_use_recovery_code: true,
            can_cancel: true,
        };
        let named = FactorPage {
            device: Some(self.word("Work phone")),
            ..factor.clone()
        };
        let wrong = FactorPage {
            problem: Some(Message::CodeFailed),
            ..factor.clone()
        };
        let blocked = FactorPage {
            problem: Some(Message::TooManyAttempts { minutes: 1 }),
            ..factor.clone()
        };
        let recovery = RecoveryCodePage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            remaining: 9,
            problem: None,
        };
        let last = RecoveryCodePage {
            remaining: 1,
            problem: Some(Message::RecoveryCodeFailed),
            ..recovery.clone()
        };
        let lost = LostFactorPage {
            form: self.form("/sign-in"),
            request_id: self.word("01JD-4K7Q-2M"),
            can_use_recovery_code: true,
        };
        let lost_all = LostFactorPage {
            can_use_recovery_code: false,
            ..lost.clone()
        };
        let mut pages = vec![page(&empty), page(&plain), page(&failed), page(&again)];
        pages.extend([page(&factor), page(&named), page(&wrong), page(&blocked)]);
        pages.extend([page(&recovery), page(&last), page(&lost), page(&lost_all)]);
        pages
    }

    fn enrolment(&self) -> Vec<Page> {
        let otpauth =
            "otpauth://totp/Example:maria.lindqvist?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example";
        let enrol = EnrolPage {
            form: self.form("/sign-in"),
            issuer: self.word("Example Ltd"),
            account: self.word("maria.lindqvist"),
            key_groups: ["JBSW", "Y3DP", "EHPK", "3PXP", "JBSW", "Y3DP", "EHPK", "3PXP"]
                .map(str::to_owned)
                .into(),
            otpauth_url: otpauth.to_owned(),
            picture: QrPicture::of(otpauth),
            problem: None,
            can_cancel: true,
        };
        let wrong = EnrolPage {
            problem: Some(Message::EnrolmentCodeFailed),
            picture: None,
            ..enrol.clone()
        };
        let codes = (0..10)
            .map(|number| format!("K7QM-2XR{number}-9TBW-4HND"))
            .collect();
        let codes = RecoveryCodesPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            codes,
            problem: None,
        };
        let unsaved = RecoveryCodesPage {
            problem: Some(Message::CodesNotSaved),
            ..codes.clone()
        };
        let password = ChangePasswordPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            minimum: 8,
            first: false,
            problems: Vec::new(),
        };
        let refused = ChangePasswordPage {
            problems: Message::samples(),
            first: true,
            ..password.clone()
        };
        vec![
            page(&enrol),
            page(&wrong),
            page(&codes),
            page(&unsaved),
            page(&password),
            page(&refused),
        ]
    }

    fn in_between(&self) -> Vec<Page> {
        let scopes = [
            "openid",
            "profile",
            "email",
            "phone",
            "address",
            "groups",
            "offline_access",
            "jira:read",
        ];
        let consent = ConsentPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            application: self.word("Team Calendar"),
            host: self.word("calendar.example.com"),
            scopes: scopes
                .iter()
                .map(|scope| ScopeInWords::of(&self.scope(scope)).line())
                .collect(),
        };
        let account = |name: &str, username: &str| Account {
            value: self.word("1"),
            name: self.word(name),
            username: self.word(username),
        };
        let select = SelectAccountPage {
            form: self.form("/sign-in"),
            application: self.application(),
            accounts: vec![account("Maria Lindqvist", "maria.lindqvist")],
            can_cancel: true,
        };
        let invitation = InvitationPage {
            form: self.form("/invitation"),
            name: self.word("Maria Lindqvist"),
            username: self.word("maria.lindqvist"),
            sets_password: true,
            sets_factor: true,
        };
        let ask = AskAdministratorPage {
            username: self.word("maria.lindqvist"),
            request_id: self.word("01JD-4K7Q-2M"),
            back: Some("/resume".to_owned()),
        };
        let hand_over = HandOverPage {
            target: self
                .url("https://jira.example.com/plugins/servlet/oidc/callback?code=sample&state=sample"),
            application: self.application(),
        };
        let form_post = FormPostPage {
            target: self.url("https://jira.example.com/callback"),
            fields: vec![Field {
                name: "state".to_owned(),
                value: self.word("af0ifjsldkj"),
            }],
            application: self.application(),
        };
        let mut pages = vec![page(&consent), page(&select), page(&invitation), page(&ask)];
        pages.extend([page(&hand_over), page(&form_post)]);
        pages
    }

    fn scope(&self, friendly: &str) -> String {
        if self.hostile {
            self.word(friendly)
        } else {
            friendly.to_owned()
        }
    }

    fn restarts_and_errors(&self) -> Vec<Page> {
        let restart = |reason| {
            let start = self.url("https://jira.example.com/");
            page(&RestartPage::new(
                reason,
                start,
                self.application(),
                &self.word("01JD-4K7Q-2M"),
            ))
        };
        let name = self.word("Jira");
        let error = |problem: &Problem| {
            page(&ErrorPage::new(
                problem,
                &self.word("01JD-4K7Q-2M"),
                Some("/".to_owned()),
            ))
        };
        let restarts = RestartReason::ALL.into_iter().map(restart);
        restarts
            .chain(Problem::samples(&name).iter().map(error))
            .collect()
    }

    fn account(&self) -> Vec<Page> {
        let link = |name: &str, host: &str, taking_part| ApplicationLink {
            name: self.word(name),
            url: self.url(&format!("https://{host}/")),
            host: self.word(host),
            taking_part,
        };
        let home = HomePage {
            person: Some(Person {
                name: self.word("Maria Lindqvist"),
                username: self.word("maria.lindqvist"),
                email: Some(self.word("maria.lindqvist@example.com")),
            }),
            applications: vec![
                link("Jira", "jira.example.com", true),
                link("Confluence", "wiki.example.com", true),
                link("Bitbucket", "code.example.com", false),
            ],
            form: self.form("/logout"),
            sign_in: "/sign-in".to_owned(),
        };
        let nobody = HomePage {
            person: None,
            applications: Vec::new(),
            ..home.clone()
        };
        vec![page(&home), page(&nobody)]
    }

    fn logout(&self) -> Vec<Page> {
        let confirm = ConfirmPage {
            form: self.form("/logout"),
            username: Some(self.word("maria.lindqvist")),
            applications: vec![self.word("Jira"), self.word("Confluence")],
            stay: "/".to_owned(),
        };
        let unnamed = ConfirmPage {
            username: None,
            applications: Vec::new(),
            ..confirm.clone()
        };
        let line = |name: &str, told: bool| SignOutLine {
            name: self.word(name),
            frame: told
                .then(|| self.url("https://jira.example.com/frontchannel_logout?iss=sample&sid=sample")),
            open: Some(self.url("https://jira.example.com/")),
        };
        let status = StatusPage {
            applications: vec![
                line("Jira", true),
                line("Confluence", true),
                line("Bitbucket", false),
            ],
            target: Some(self.url("https://jira.example.com/")),
            target_name: Some(self.word("Jira")),
            sign_in: None,
        };
        let ended = StatusPage {
            target: None,
            target_name: None,
            sign_in: Some("/".to_owned()),
            ..status.clone()
        };
        let signed_out = SignedOutPage {
            sign_in: Some("/sign-in".to_owned()),
        };
        vec![
            page(&confirm),
            page(&unnamed),
            page(&status),
            page(&ended),
            page(&signed_out),
        ]
    }

    fn demo(&self, kind: DemoKind) -> Vec<Page> {
        let friendly = if kind == DemoKind::Boards {
            "Demo Tracker"
        } else {
            "Demo Wiki"
        };
        let application = DemoApplication {
            kind,
            name: self.word(friendly),
            provider: self.url("https://id.example.com/"),
        };
        let log_in = "/log-in".to_owned();
        let signed_out = DemoSignedOut {
            application: application.clone(),
            log_in: log_in.clone(),
        };
        let home = DemoHome {
            application: application.clone(),
            name: self.word("Maria Lindqvist"),
            username: self.word("maria.lindqvist"),
            email: self.word("maria.lindqvist@example.com"),
            groups: vec![self.word("jira-users"), self.word("designers")],
            claims: self
                .word("{\n  \"sub\": \"sample\",\n  \"acr\": \"sample\",\n  \"amr\": [\"pwd\", \"otp\"]\n}"),
            log_out: self.form("/log-out"),
            sign_out_everywhere: self.url("https://id.example.com/logout?id_token_hint=sample"),
        };
        let everywhere = DemoLoggedOut {
            application: application.clone(),
            log_in: log_in.clone(),
            everywhere: true,
        };
        let here = DemoLoggedOut {
            everywhere: false,
            ..everywhere.clone()
        };
        let error = DemoError {
            application,
            error: self.word("access_denied"),
            description: self.word("The person went back."),
            log_in,
        };
        vec![
            page(&signed_out),
            page(&home),
            page(&everywhere),
            page(&here),
            page(&error),
        ]
    }
}

fn page<C: PageContent>(content: &C) -> Page {
    Page::new(&Language::english(), content)
}
