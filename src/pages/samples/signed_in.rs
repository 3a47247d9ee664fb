//! Samples of the pages that follow: decisions, the way on, errors, the account, signing out, and the demo.

use super::{Samples, page};
use crate::pages::account_pages::{ApplicationLink, HomePage, Person};
use crate::pages::consent_pages::{Account, ConsentPage, ScopeInWords, SelectAccountPage};
use crate::pages::content::Page;
use crate::pages::demo_pages::{
    DemoApplication, DemoError, DemoHome, DemoInbox, DemoKind, DemoLoggedOut, DemoMail, DemoSignedOut,
};
use crate::pages::error_page::{ErrorPage, Problem};
use crate::pages::hand_over_pages::{Field, FormPostPage, HandOverPage};
use crate::pages::journey_pages::{RestartPage, RestartReason};
use crate::pages::logout_pages::{ConfirmPage, SignOutLine, SignedOutPage, StatusPage};

impl Samples {
    pub(super) fn choices(&self) -> Vec<Page> {
        let scopes =
            ["openid", "profile", "email", "phone", "address", "groups", "offline_access", "jira:read"];
        let consent = ConsentPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            application: self.word("Team Calendar"),
            host: self.word("calendar.example.com"),
            scopes: scopes.iter().map(|scope| ScopeInWords::of(&self.scope(scope)).line()).collect(),
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
        vec![page(&consent), page(&select)]
    }

    pub(super) fn scope(&self, friendly: &str) -> String {
        if self.hostile { self.word(friendly) } else { friendly.to_owned() }
    }

    pub(super) fn hand_over(&self) -> Vec<Page> {
        let hand_over = HandOverPage {
            target: self
                .url("https://jira.example.com/plugins/servlet/oidc/callback?code=sample&state=sample"),
            application: self.application(),
        };
        let form_post = FormPostPage {
            target: self.url("https://jira.example.com/callback"),
            fields: vec![Field { name: "state".to_owned(), value: self.word("af0ifjsldkj") }],
            application: self.application(),
        };
        vec![page(&hand_over), page(&form_post)]
    }

    pub(super) fn restarts_and_errors(&self) -> Vec<Page> {
        let restart = |reason| {
            let start = self.url("https://jira.example.com/");
            page(&RestartPage::new(reason, start, self.application(), &self.word("01JD-4K7Q-2M")))
        };
        let name = self.word("jira.example.com");
        let error = |problem: &Problem| {
            page(&ErrorPage::new(problem, &self.word("01JD-4K7Q-2M"), Some("/".to_owned())))
        };
        let restarts = RestartReason::ALL.into_iter().map(restart);
        restarts.chain(Problem::samples(&name).iter().map(error)).collect()
    }

    pub(super) fn account(&self) -> Vec<Page> {
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
        let nobody = HomePage { person: None, applications: Vec::new(), ..home.clone() };
        vec![page(&home), page(&nobody)]
    }

    pub(super) fn logout(&self) -> Vec<Page> {
        let confirm = ConfirmPage {
            form: self.form("/logout"),
            username: Some(self.word("maria.lindqvist")),
            applications: vec![self.word("Jira"), self.word("Confluence")],
            stay: "/".to_owned(),
        };
        let unnamed = ConfirmPage { username: None, applications: Vec::new(), ..confirm.clone() };
        let line = |name: &str, told: bool| SignOutLine {
            name: self.word(name),
            frame: told
                .then(|| self.url("https://jira.example.com/frontchannel_logout?iss=sample&sid=sample")),
            open: Some(self.url("https://jira.example.com/")),
        };
        let status = StatusPage {
            applications: vec![line("Jira", true), line("Confluence", true), line("Bitbucket", false)],
            target: Some(self.url("https://jira.example.com/")),
            target_name: Some(self.word("Jira")),
            sign_in: None,
        };
        let ended =
            StatusPage { target: None, target_name: None, sign_in: Some("/".to_owned()), ..status.clone() };
        let signed_out = SignedOutPage { sign_in: Some("/sign-in".to_owned()) };
        vec![page(&confirm), page(&unnamed), page(&status), page(&ended), page(&signed_out)]
    }

    pub(super) fn demo(&self, kind: DemoKind) -> Vec<Page> {
        let friendly = if kind == DemoKind::Boards { "Demo Tracker" } else { "Demo Wiki" };
        let application = DemoApplication {
            kind,
            name: self.word(friendly),
            provider: self.url("https://id.example.com/"),
            inbox: self.url("https://inbox.example.com/"),
        };
        let log_in = "/log-in".to_owned();
        let signed_out = DemoSignedOut { application: application.clone(), log_in: log_in.clone() };
        let home = DemoHome {
            application: application.clone(),
            name: self.word("Maria Lindqvist"),
            username: self.word("maria.lindqvist"),
            email: self.word("maria.lindqvist@example.com"),
            groups: vec![self.word("jira-users"), self.word("designers")],
            claims: self
                .word("{\n  \"sub\": \"sample\",\n  \"acr\": \"sample\",\n  \"amr\": [\"pwd\", \"otp\"]\n}"),
            signature_fault: Some(self.word("InvalidSignature")),
            forbidden: "/forbidden".to_owned(),
            log_out: self.form("/log-out"),
            sign_out_everywhere: self.url("https://id.example.com/logout?id_token_hint=sample"),
        };
        let everywhere =
            DemoLoggedOut { application: application.clone(), log_in: log_in.clone(), everywhere: true };
        let here = DemoLoggedOut { everywhere: false, ..everywhere.clone() };
        let error = DemoError {
            application,
            error: self.word("access_denied"),
            description: self.word("The person went back."),
            log_in,
        };
        vec![page(&signed_out), page(&home), page(&everywhere), page(&here), page(&error)]
    }

    pub(super) fn inbox(&self) -> Vec<Page> {
        let mail = DemoMail {
            id: 1,
            subject: self.word("Example Ltd: set up your account"),
            from: self.word("Example Ltd <keyward@example.com>"),
            to: self.word("Maria Lindqvist <maria.lindqvist@example.com>"),
            received_at: "2027-01-15T08:00:00Z".to_owned(),
            text: self.word("Hello Maria Lindqvist,\n\nAn account was made ready for you."),
            links: vec![self.url("https://id.example.com/invitation/sample")],
            html: "/mails/1/html".to_owned(),
        };
        let inbox = DemoInbox { provider: self.url("https://id.example.com/"), mails: vec![mail] };
        let empty = DemoInbox { mails: Vec::new(), ..inbox.clone() };
        vec![page(&inbox), page(&empty)]
    }
}
