//! From an act to the requests that a browser sends for it.

use keyward::factors::totp;
use keyward::storage::Batch;
use keyward::users::user::State;
use url::Url;

use super::action::{Act, Fill};
use super::steps::field;
use super::world::Case;

type Fields = Vec<(String, String)>;

impl Case<'_> {
    pub async fn act(&mut self, act: Act) {
        match act {
            Act::Start { browser, client, wish } => self.start(browser, client, wish).await,
            Act::Home { browser } => self.open(browser, "/sign-in").await,
            Act::GoOn { browser, person } => self.go_on(browser, person).await,
            Act::Press { browser, button } => self.press(browser, vec![field("action", button)]).await,
            Act::Forge { browser, journey, fill, token_of } => {
                self.forge(browser, journey, fill, token_of).await
            }
            Act::Again => {
                if let Some((browser, path, fields)) = self.last.clone() {
                    self.post(browser, &path, fields).await;
                }
            }
            Act::Look { browser, journey } => {
                if let Some(known) = self.journeys.get(journey) {
                    let path = format!("/sign-in/{}", known.id);
                    self.open(browser, &path).await;
                }
            }
            Act::Steal { browser, session } => self.steal(browser, session),
            Act::SignOut { browser } => self.sign_out(browser).await,
            Act::Invite { browser, person } => self.invite(browser, person).await,
            Act::Disable { person, disabled } => {
                let state = if disabled { State::Disabled } else { State::Active };
                let id = &self.people[person].id;
                self.world.app.app.users.set_state(id, state, Batch::new()).await.unwrap();
            }
            Act::Clock { seconds } => self.world.app.pass(seconds),
        }
    }

    async fn start(&mut self, browser: usize, client: usize, wish: &str) {
        let url = Url::parse(&self.world.applications[client].request().url()).unwrap();
        let path = format!("{}?{}{wish}", url.path(), url.query().unwrap());
        self.open(browser, &path).await;
    }

    /// Sends the form of the page with these fields.
    async fn press(&mut self, browser: usize, mut fields: Fields) {
        let Some((_, action, token)) = self.browsers[browser].page.form() else {
            return;
        };
        let action = action.to_owned();
        fields.push(field("form_token", token));
        self.post(browser, &action, fields).await;
    }

    async fn go_on(&mut self, browser: usize, person: usize) {
        let page = &self.browsers[browser].page;
        let Some((id, action, _)) = page.form() else {
            return self.start(browser, 0, "").await;
        };
        let recovers = action.ends_with("/recovery-code");
        let journey = action.split('/').nth(2).unwrap_or_default().to_owned();
        let fields = match id {
            "login" => self.fill(Fill::Password { person, right: true }, &journey),
            "factor" if recovers => self.fill(Fill::RecoveryCode { person, which: 0 }, &journey),
            "factor" => self.fill(Fill::Code { person }, &journey),
            "enrol" => self.fill(Fill::Enrolment { right: true }, &journey),
            "recovery-codes" => self.fill(Fill::Saved, &journey),
            "change-password" => self.fill(Fill::NewPassword { quality: 0 }, &journey),
            "consent" => self.fill(Fill::Consent { allow: true }, &journey),
            "select-account" => vec![field("account", self.people[person].id.as_str())],
            "lost-factor" => vec![field("action", "back")],
            "invitation" => vec![field("action", "begin")],
            _ => return self.start(browser, 1, "").await,
        };
        self.press(browser, fields).await;
    }

    /// The fields of a form, as this fill has them.
    fn fill(&mut self, fill: Fill, journey: &str) -> Fields {
        match fill {
            Fill::Password { person, right } => {
                let person = &self.people[person];
                let password = if right { &person.password } else { "a wrong password" };
                vec![field("username", &person.name), field("password", password)]
            }
            Fill::Code { person } => vec![field("code", self.fresh_code(person))],
            Fill::OldCode { person } => {
                let device = self.people[person].devices.last();
                vec![field("code", device.map(|device| device.at(device.last_step)).unwrap_or_default())]
            }
            Fill::WrongCode => vec![field("code", "123456")],
            Fill::RecoveryCode { person, which } => {
                let person = &self.people[person];
                let codes = if which == 0 { &person.recovery_codes } else { &person.spent };
                vec![field("code", codes.first().map_or("0", String::as_str))]
            }
            Fill::Enrolment { right } => {
                let offered = self.people.iter().find_map(|person| person.offered.get(journey));
                let step = totp::step(self.world.now());
                let code = offered
                    .filter(|_| right)
                    .map(|secret| super::world::Device { secret: secret.clone(), last_step: 0 }.at(step));
                vec![field("code", code.unwrap_or_else(|| "654321".to_owned()))]
            }
            Fill::Saved => vec![field("saved", "yes")],
            Fill::NewPassword { quality } => {
                self.passwords_made += 1;
                let good = format!("violet harbour {} lantern", self.passwords_made);
                let password = match quality {
                    0 => good,
                    1 => self.people[0].password.clone(),
                    _ => "short".to_owned(),
                };
                vec![field("password", &password), field("password_again", &password)]
            }
            Fill::Consent { allow } => vec![field("action", if allow { "allow" } else { "deny" })],
            Fill::OtherAccount => vec![field("action", "other_account")],
            Fill::Cancel => vec![field("action", "cancel")],
        }
    }

    /// A form made up: any journey, any stage, perhaps another journey's token.
    async fn forge(&mut self, browser: usize, journey: usize, fill: Fill, token_of: Option<usize>) {
        let Some(known) = self.journeys.get(journey).cloned() else {
            return;
        };
        let stage = match fill {
            Fill::Password { .. } | Fill::OtherAccount | Fill::Cancel => "password",
            Fill::Code { .. } | Fill::OldCode { .. } | Fill::WrongCode => "second-factor",
            Fill::RecoveryCode { .. } => "recovery-code",
            Fill::Enrolment { .. } => "enrolment",
            Fill::Saved => "recovery-codes",
            Fill::NewPassword { .. } => "new-password",
            Fill::Consent { .. } => "consent",
        };
        let token = token_of.and_then(|other| self.journeys.get(other)).unwrap_or(&known).token.clone();
        let mut fields = self.fill(fill, &known.id);
        fields.push(field("form_token", token));
        self.post(browser, &format!("/sign-in/{}/{stage}", known.id), fields).await;
    }

    async fn sign_out(&mut self, browser: usize) {
        let sid = self.browsers[browser].sid().map(str::to_owned);
        self.open(browser, "/").await;
        if self.browsers[browser].page.form().is_some_and(|(id, ..)| id == "logout") {
            self.press(browser, Vec::new()).await;
            let session = keyward::foundation::ids::SessionId::from_text(sid.unwrap_or_default());
            let left = self.world.app.app.sessions.by_id(&session).await.unwrap();
            assert!(left.is_none(), "a session outlives its sign-out");
        }
    }

    async fn invite(&mut self, browser: usize, person: usize) {
        let app = &self.world.app.app;
        let mut batch = Batch::new();
        let link = app.invitations.issue(&mut batch, &self.people[person].id).await.unwrap();
        app.ground.store.commit(batch).await.unwrap();
        self.knows[browser][person] = true;
        self.proved[browser][person] = true;
        self.open(browser, &format!("/invitation/{}", link.expose())).await;
    }
}
