//! Samples of the pages of the portal.

use super::{Samples, page};
use crate::config::account::Field;
use crate::pages::account_pages::{AddressLinkPage, DonePage, ForgottenPage, NewPasswordPage, Person};
use crate::pages::consent_pages::ScopeInWords;
use crate::pages::content::Page;
use crate::pages::message::Message;
use crate::pages::picture::QrPicture;
use crate::pages::portal_pages::{
    ConsentLine, ConsentsPage, EventInWords, EventLine, EventsPage, FactorInWords, FactorLine, FactorsPage,
    LanguageChoice, MailPage, NewAppPage, NewCodesPage, NewKeyPage, OverviewPage, ProfileField, ProfilePage,
    SessionLine, SessionsPage,
};

impl Samples {
    pub(super) fn portal(&self) -> Vec<Page> {
        [
            self.overview(),
            self.seen(),
            self.allowed(),
            self.profile(),
            self.mail(),
            self.links(),
            self.factors(),
        ]
        .concat()
    }

    fn overview(&self) -> Vec<Page> {
        let person = Person {
            name: self.word("Maria Lindqvist"),
            username: self.word("maria.lindqvist"),
            email: Some(self.word("maria.lindqvist@example.com")),
        };
        vec![page(&OverviewPage { section: "overview", person })]
    }

    fn seen(&self) -> Vec<Page> {
        let here = SessionLine {
            value: self.word("4Yk0sample"),
            browser: Some("Firefox"),
            system: Some("Windows"),
            network: Some("192.0.2.0/24".to_owned()),
            began: "2027-01-15 08:00 UTC".to_owned(),
            last_used: "2027-01-15 09:30 UTC".to_owned(),
            applications: self.word("Jira, Confluence"),
            here: true,
        };
        let elsewhere = SessionLine {
            value: self.word("Zs81sample"),
            browser: None,
            system: None,
            network: None,
            applications: String::new(),
            here: false,
            ..here.clone()
        };
        let sessions = SessionsPage {
            section: "sessions",
            form: self.form("/account/sessions"),
            sessions: vec![here, elsewhere],
        };
        let event = |words: &EventInWords| EventLine {
            text: words.text_id(),
            application: Some(self.word("Jira")),
            at: "2027-01-15 08:00 UTC".to_owned(),
            network: Some("2001:db8:1::/48".to_owned()),
            browser: Some("Samsung Internet"),
            system: Some("Android"),
            by_administrator: *words == EventInWords::Locked,
            failed: *words == EventInWords::WrongPassword,
        };
        let events = EventsPage { section: "events", events: EventInWords::ALL.iter().map(event).collect() };
        let none = EventsPage { section: "events", events: Vec::new() };
        vec![page(&sessions), page(&events), page(&none)]
    }

    fn allowed(&self) -> Vec<Page> {
        let scopes = ["openid", "profile", "email", "groups"];
        let consent = ConsentLine {
            value: self.word("calendar"),
            name: self.word("Team Calendar"),
            scopes: scopes.iter().map(|scope| ScopeInWords::of(&self.scope(scope)).line()).collect(),
            at: "2027-01-15 08:00 UTC".to_owned(),
        };
        let form = || self.form("/account/consents");
        let consents = ConsentsPage { section: "consents", form: form(), consents: vec![consent] };
        let none = ConsentsPage { section: "consents", form: form(), consents: Vec::new() };
        vec![page(&consents), page(&none)]
    }

    fn profile(&self) -> Vec<Page> {
        let language = |tag: &str, name: &str| LanguageChoice {
            tag: tag.to_owned(),
            name: name.to_owned(),
            chosen: tag == "de",
        };
        let field = |(word, _): &(&'static str, Field)| ProfileField {
            name: word,
            label: format!("profile.{word}"),
            value: self.word("Maria"),
        };
        let profile = ProfilePage {
            section: "profile",
            form: self.form("/account/profile"),
            languages: vec![language("de", "Deutsch"), language("en", "English")],
            fields: Field::ALL.iter().map(field).collect(),
            problem: None,
        };
        let refused = ProfilePage { problem: Some(Message::FieldUnusable), ..profile.clone() };
        let closed = ProfilePage { fields: Vec::new(), ..profile.clone() };
        vec![page(&profile), page(&refused), page(&closed)]
    }

    fn mail(&self) -> Vec<Page> {
        let mail = MailPage {
            section: "mail",
            form: self.form("/account/mail"),
            present: Some(self.word("maria.lindqvist@example.com")),
            awaited: Some(self.word("maria@example.com")),
            can_change: true,
            typed: String::new(),
            problem: None,
        };
        let refused = MailPage {
            typed: self.word("maria"),
            present: None,
            awaited: None,
            problem: Some(Message::MailUnusable),
            ..mail.clone()
        };
        let closed = MailPage { can_change: false, awaited: None, ..mail.clone() };
        vec![page(&mail), page(&refused), page(&closed)]
    }

    fn links(&self) -> Vec<Page> {
        let asked = ForgottenPage { form: self.form("/forgotten-password"), sent: false };
        let sent = ForgottenPage { sent: true, ..asked.clone() };
        let choose = NewPasswordPage {
            form: self.form("/new-password/sample"),
            username: self.word("maria.lindqvist"),
            minimum: 8,
            problems: Vec::new(),
        };
        let again = NewPasswordPage { problems: vec![Message::PasswordKnown], ..choose.clone() };
        let new = AddressLinkPage {
            form: self.form("/account/mail/confirm/sample"),
            username: self.word("maria.lindqvist"),
            address: self.word("maria@example.com"),
            former: false,
        };
        let former = AddressLinkPage { former: true, ..new.clone() };
        let done = [DonePage::PasswordChanged, DonePage::AddressRestored].map(|done| page(&done.content()));
        let pages = [page(&asked), page(&sent), page(&choose), page(&again), page(&new), page(&former)];
        pages.into_iter().chain(done).collect()
    }

    fn factors(&self) -> Vec<Page> {
        let line = |name: &str, kind: FactorInWords| FactorLine {
            value: self.word("s4mple"),
            name: self.word(name),
            kind: kind.text_id(),
            token: (kind == FactorInWords::Token).then(|| self.word("GA-1042")),
            enrolled: "2027-01-15 08:00 UTC".to_owned(),
            last_used: (kind != FactorInWords::Key).then(|| "2027-01-15 09:30 UTC".to_owned()),
        };
        let names = ["Work phone", "Token on my key ring", "Laptop"];
        let factors = names.into_iter().zip(FactorInWords::ALL).map(|(name, kind)| line(name, kind));
        let shown = FactorsPage {
            section: "factors",
            form: self.form("/account/factors"),
            confirmed: true,
            factors: factors.collect(),
            codes_left: 9,
            can_add_app: true,
            can_add_key: true,
            problem: None,
        };
        let refused = FactorsPage { problem: Some(Message::FactorNeeded), codes_left: 1, ..shown.clone() };
        let seen = FactorsPage { confirmed: false, codes_left: 0, ..shown.clone() };
        let none = FactorsPage { factors: Vec::new(), ..seen.clone() };
        let otpauth = "otpauth://totp/Example:maria.lindqvist?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
        let app = NewAppPage {
            section: "factors",
            form: self.form("/account/factors/app"),
            issuer: self.word("Example Ltd"),
            account: self.word("maria.lindqvist"),
            key_groups: ["JBSW", "Y3DP", "EHPK", "3PXP", "JBSW", "Y3DP", "EHPK", "3PXP"]
                .map(str::to_owned)
                .into(),
            otpauth_url: otpauth.to_owned(),
            picture: QrPicture::of(otpauth),
            name: String::new(),
            problem: None,
        };
        let codes = NewCodesPage {
            section: "factors",
            form: self.form("/account/factors/recovery-codes"),
            codes_left: 3,
            problem: Some(Message::FactorTooYoung),
        };
        let key = NewKeyPage {
            section: "factors",
            form: self.form("/account/factors/key"),
            name: self.word("Laptop"),
            problem: Some(Message::NewKeyFailed),
        };
        vec![page(&shown), page(&refused), page(&seen), page(&none), page(&app), page(&key), page(&codes)]
    }
}
