//! One sample of every page, with friendly content for people who make a theme, and with hostile content for checks:
//! an override folder is tried with the hostile ones before it is used (R-TP-05).

use super::content::{Form, Page, PageContent};
use super::demo_pages::DemoKind;
use super::language::Language;

mod portal;
mod sign_in;
mod signed_in;

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
        let journey = [
            self.login(),
            self.factor(),
            self.keys(),
            self.mail_code(),
            self.recovery(),
            self.enrolment(),
            self.new_password(),
        ];
        let between =
            [self.choices(), self.invitation(), self.set_up(), self.hand_over(), self.restarts_and_errors()];
        let after = [self.account(), self.logout(), self.demo(DemoKind::Boards), self.demo(DemoKind::Spaces)];
        [journey.concat(), between.concat(), after.concat(), self.inbox(), self.portal()].concat()
    }

    fn word(&self, friendly: &str) -> String {
        if self.hostile { format!("{HOSTILE}{}", "W".repeat(400)) } else { friendly.to_owned() }
    }

    fn url(&self, friendly: &str) -> String {
        if self.hostile { format!("https://example.com/?next={HOSTILE}") } else { friendly.to_owned() }
    }

    fn form(&self, action: &str) -> Form {
        Form { action: action.to_owned(), token: self.word("7Yd0sample") }
    }

    fn application(&self) -> Option<String> {
        Some(self.word("Jira"))
    }
}

fn page<C: PageContent>(content: &C) -> Page {
    Page::new(&Language::english(), content)
}
