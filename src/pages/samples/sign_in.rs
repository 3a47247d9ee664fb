//! Samples of the pages of signing in.

use super::{Samples, page};
use crate::pages::content::Page;
use crate::pages::journey_pages::{
    AskAdministratorPage, ChangePasswordPage, EnrolPage, FactorPage, InvitationPage, LoginPage,
    LostFactorPage, MailCodePage, NewKeyPage, OtherWays, PasskeyOfferPage, PasskeyPage, RecoveryCodePage,
    RecoveryCodesPage, SetUpPage, ShownBy,
};
use crate::pages::message::Message;
use crate::pages::picture::QrPicture;

impl Samples {
    pub(super) fn login(&self) -> Vec<Page> {
        let login = LoginPage {
            form: self.form("/sign-in"),
            passwordless: Some(self.form("/sign-in/passwordless")),
            application: self.application(),
            username: self.word("maria.lindqvist"),
            username_fixed: false,
            can_reset: true,
            problem: None,
            can_cancel: true,
        };
        let empty = LoginPage { username: String::new(), ..login.clone() };
        let plain = LoginPage {
            application: None,
            can_cancel: false,
            can_reset: false,
            passwordless: None,
            ..empty.clone()
        };
        let failed = LoginPage { problem: Some(Message::SignInFailed), ..login.clone() };
        let again = LoginPage { username_fixed: true, ..login };
        vec![page(&empty), page(&plain), page(&failed), page(&again)]
    }

    pub(super) fn factor(&self) -> Vec<Page> {
        let factor = FactorPage {
            form: self.form("/sign-in"),
            application: self.application(),
            username: self.word("maria.lindqvist"),
            shown_by: ShownBy::App,
            remember_days: 30,
            problem: None,
            other_ways: OtherWays { factors: vec!["mail_code"], recovery_code: true },
            can_cancel: true,
        };
        let token = FactorPage { shown_by: ShownBy::Token, remember_days: 0, ..factor.clone() };
        let either = FactorPage { shown_by: ShownBy::AppOrToken, ..factor.clone() };
        let wrong = FactorPage { problem: Some(Message::CodeFailed), ..factor.clone() };
        let blocked = FactorPage { problem: Some(Message::TooManyAttempts { minutes: 1 }), ..factor.clone() };
        vec![page(&factor), page(&token), page(&either), page(&wrong), page(&blocked)]
    }

    pub(super) fn keys(&self) -> Vec<Page> {
        let passkey = PasskeyPage {
            form: self.form("/sign-in"),
            application: self.application(),
            username: self.word("maria.lindqvist"),
            problem: None,
            other_ways: OtherWays { factors: vec!["totp", "mail_code"], recovery_code: true },
            can_cancel: true,
        };
        let failed = PasskeyPage { problem: Some(Message::PasskeyFailed), ..passkey.clone() };
        let new = NewKeyPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            name: String::new(),
            problem: None,
            can_use_app: true,
            can_use_mail_code: true,
            can_cancel: true,
        };
        let not_made = NewKeyPage {
            name: self.word("Laptop"),
            problem: Some(Message::NewKeyFailed),
            can_use_app: false,
            ..new.clone()
        };
        let offer = PasskeyOfferPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            problem: None,
        };
        vec![page(&passkey), page(&failed), page(&new), page(&not_made), page(&offer)]
    }

    pub(super) fn mail_code(&self) -> Vec<Page> {
        let sent = MailCodePage {
            form: self.form("/sign-in"),
            application: self.application(),
            username: self.word("maria.lindqvist"),
            sent_to: Some(self.word("m•••@example.com")),
            mail_is_down: false,
            problem: None,
            other_ways: OtherWays::default(),
            can_cancel: true,
        };
        let wrong = MailCodePage { problem: Some(Message::CodeFailed), ..sent.clone() };
        let other_ways = OtherWays { factors: vec!["totp"], recovery_code: true };
        let down = MailCodePage { sent_to: None, mail_is_down: true, other_ways, ..sent.clone() };
        vec![page(&sent), page(&wrong), page(&down)]
    }

    pub(super) fn recovery(&self) -> Vec<Page> {
        let recovery = RecoveryCodePage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            remaining: 9,
            from_help_desk: false,
            problem: None,
            application: self.application(),
            can_cancel: true,
        };
        let last =
            RecoveryCodePage { remaining: 1, problem: Some(Message::RecoveryCodeFailed), ..recovery.clone() };
        let desk = RecoveryCodePage { remaining: 0, from_help_desk: true, ..recovery.clone() };
        let lost = LostFactorPage {
            form: self.form("/sign-in"),
            request_id: self.word("01JD-4K7Q-2M"),
            can_use_recovery_code: true,
            application: self.application(),
            can_cancel: true,
        };
        let lost_all = LostFactorPage {
            can_use_recovery_code: false,
            application: None,
            can_cancel: false,
            ..lost.clone()
        };
        vec![page(&recovery), page(&last), page(&desk), page(&lost), page(&lost_all)]
    }

    pub(super) fn enrolment(&self) -> Vec<Page> {
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
            can_use_passkey: true,
            can_use_mail_code: true,
            can_cancel: true,
        };
        let wrong = EnrolPage { problem: Some(Message::EnrolmentCodeFailed), picture: None, ..enrol.clone() };
        let codes = (0..10).map(|number| format!("K7QM-2XR{number}-9TBW-4HND")).collect();
        let codes = RecoveryCodesPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            codes,
            problem: None,
        };
        let unsaved = RecoveryCodesPage { problem: Some(Message::CodesNotSaved), ..codes.clone() };
        vec![page(&enrol), page(&wrong), page(&codes), page(&unsaved)]
    }

    pub(super) fn new_password(&self) -> Vec<Page> {
        let password = ChangePasswordPage {
            form: self.form("/sign-in"),
            username: self.word("maria.lindqvist"),
            minimum: 8,
            first: false,
            wished: false,
            problems: Vec::new(),
            application: self.application(),
            can_cancel: true,
        };
        let wished = ChangePasswordPage { wished: true, ..password.clone() };
        let refused = ChangePasswordPage {
            problems: Message::samples(),
            first: true,
            application: None,
            can_cancel: false,
            ..password.clone()
        };
        vec![page(&password), page(&wished), page(&refused)]
    }

    pub(super) fn set_up(&self) -> Vec<Page> {
        let first = SetUpPage {
            form: self.form("/set-up"),
            username: String::new(),
            name: String::new(),
            email: String::new(),
            minimum: 8,
            problems: Vec::new(),
        };
        let again = SetUpPage {
            username: self.word("maria.lindqvist"),
            name: self.word("Maria Lindqvist"),
            email: self.word("maria.lindqvist@example.com"),
            problems: vec![Message::NameTaken, Message::PasswordsDiffer],
            ..first.clone()
        };
        vec![page(&first), page(&again)]
    }

    pub(super) fn invitation(&self) -> Vec<Page> {
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
        vec![page(&invitation), page(&ask)]
    }
}
