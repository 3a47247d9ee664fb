//! One-time codes by mail within the sign-in (R-MF-07 to R-MF-10, R-RL-07, security requirements 4.5).

use serde_json::{Map, Value};

use super::password_given;
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::{Mailbox, nobody, plain};
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;
use keyward::config::policy::MailCodes;
use keyward::storage::Batch;

struct World {
    app: TestApp,
    wiki: RelyingParty,
    mailbox: Mailbox,
}

/// Mail is delivered, and no network permits an enrolment.
async fn world() -> World {
    world_with(MailCodes::SignIn).await
}

async fn world_with(codes: MailCodes) -> World {
    let mailbox = Mailbox::open().await;
    let serves = mailbox.serves();
    let app = app::start_with(|settings| {
        serves(settings);
        settings.policy.mail_codes = codes;
        settings.policy.first_enrolment_by_password = Vec::new();
    })
    .await;
    let wiki = app.application().await;
    World { app, wiki, mailbox }
}

impl World {
    /// The codes that arrived, oldest first.
    async fn codes(&self) -> Vec<String> {
        self.app.app.runner.run_due().await.unwrap();
        let eight = |line: &str| {
            let digits: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| line.trim().to_owned())
        };
        let mails = self.mailbox.mails();
        mails.iter().filter_map(|mail| mail.text.lines().find_map(eight)).collect()
    }

    /// The page that asks for the code, and the newest code.
    async fn asked(&self, browser: &mut Browser, person: &Person) -> (Page, String) {
        let page = password_given(browser, &self.wiki, person).await;
        assert!(page.has("factor") && page.body.contains("mail-code"), "{}", page.body);
        (page, self.codes().await.pop().expect("no code arrived"))
    }
}

/// Where the page's form goes to.
fn action(page: &Page) -> String {
    page.form("factor").action.path().to_owned()
}

/// What the ID token says that the application gets at the end.
async fn claims(world: &World, page: &Page) -> Map<String, Value> {
    world.wiki.complete(&world.wiki.request(), page).await.claims
}

#[tokio::test]
async fn r_mf_07_a_code_by_mail_signs_in_once_and_the_token_says_so() {
    let world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let (page, code) = world.asked(&mut browser, &ann).await;
    assert!(page.body.contains("a•••@example.com"), "{}", page.body);
    assert!(!page.body.contains(&code) && !page.body.contains(&code.replace(' ', "")));
    assert!(browser.cookie(&world.app.issuer, super::SESSION).is_none());
    let wrong = browser.submit(&page, "factor", &[("code", "00000000")]).await;
    assert!(wrong.has("problem"));
    let page = browser.submit(&wrong, "factor", &[("code", &code)]).await;
    let tokens = claims(&world, &page).await;
    assert_eq!(tokens["acr"], "urn:keyward:acr:mfa-low");
    assert_eq!(tokens["amr"], serde_json::json!(["pwd", "email"]));

    // The same code in another browser, in another journey, and a second time here.
    let mut other = Browser::new();
    let (page, newer) = world.asked(&mut other, &ann).await;
    assert_ne!(code, newer);
    let page = other.submit(&page, "factor", &[("code", &code)]).await;
    assert!(page.has("problem"), "it belongs to another journey");
    let page = other.submit(&page, "factor", &[("code", &newer)]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

#[tokio::test]
async fn r_mf_07_only_the_newest_code_counts_for_five_minutes_and_another_is_sent_after_half_a_minute() {
    let world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let (page, first) = world.asked(&mut browser, &ann).await;
    let page = browser.submit(&page, "factor", &[("action", "resend")]).await;
    assert_eq!(world.codes().await.len(), 1, "one was sent just now");
    world.app.pass(31);
    let page = browser.submit(&page, "factor", &[("action", "resend")]).await;
    let codes = world.codes().await;
    assert_eq!(codes.len(), 2);
    let page = browser.submit(&page, "factor", &[("code", &first)]).await;
    assert!(page.has("problem"), "a newer one was sent");
    world.app.pass(5 * 60 + 1);
    let page = browser.submit(&page, "factor", &[("code", &codes[1])]).await;
    assert!(page.has("problem"), "too old");
    assert!(!page.body.contains("name=\"code\""), "there is nothing to type: {}", page.body);
    let page = browser.submit(&page, "factor", &[("action", "resend")]).await;
    let code = world.codes().await.pop().unwrap();
    let page = browser.submit(&page, "factor", &[("code", &code)]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-MF-10, R-RL-04: wrong codes are counted on the mailbox, which neither a new journey nor a new code resets.
#[tokio::test]
async fn r_mf_10_five_wrong_codes_lock_the_mailbox_whatever_journey_they_are_typed_in() {
    let world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let (mut page, _) = world.asked(&mut browser, &ann).await;
    for _ in 0..3 {
        page = browser.submit(&page, "factor", &[("code", "00000000")]).await;
        assert!(page.has("problem"));
        world.app.pass(1);
    }
    let mut other = Browser::new();
    let (mut page, code) = world.asked(&mut other, &ann).await;
    for _ in 0..2 {
        page = other.submit(&page, "factor", &[("code", "00000000")]).await;
        world.app.pass(1);
    }
    let locked = other.submit(&page, "factor", &[("code", &code)]).await;
    assert_eq!(locked.status, 429, "the right code does not help");
    world.app.pass(15 * 60);
    let mut later = Browser::new();
    let (page, code) = world.asked(&mut later, &ann).await;
    let page = later.submit(&page, "factor", &[("code", &code)]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-RL-03: of 32 answers at the same moment no more are judged than the limit allows, and of 32 right ones one wins.
#[tokio::test]
async fn r_rl_03_thirty_two_answers_at_once_never_exceed_the_limit() {
    use keyward::audit::Origin;
    use keyward::factors::{Answer, Factor as _, Occasion, Verdict};
    use keyward::foundation::ids::JourneyId;
    use keyward::foundation::secret::Hidden;

    let world = world().await;
    let person = world.app.person_without_factor("ann").await;
    let user = world.app.app.users.by_id(&person.id).await.unwrap().unwrap().value;
    let journey = JourneyId::from_text("a journey");
    let occasion = Occasion { user: person.id.clone(), journey, origin: Origin::default() };
    let codes = world.app.app.mail_codes.clone();
    codes.send(&occasion, &user, None).await.unwrap();
    let code = Hidden::new(world.codes().await.pop().unwrap());
    let answers = |code: Hidden| {
        let tries = (0..32).map(|_| {
            let (codes, occasion, answer) = (codes.clone(), occasion.clone(), Answer::Code(code.clone()));
            tokio::spawn(async move { codes.verify(&occasion, &answer).await.unwrap() })
        });
        futures_util::future::join_all(tries.collect::<Vec<_>>())
    };
    let verdicts: Vec<_> = answers(code).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Accepted(_))).count(), 1);

    world.app.pass(16 * 60);
    codes.send(&occasion, &user, None).await.unwrap();
    let verdicts: Vec<_> = answers(Hidden::new("00000000")).await.into_iter().map(Result::unwrap).collect();
    let judged = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Rejected)).count();
    assert!((1..=5).contains(&judged), "{judged} guesses were judged");
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Rejected | Verdict::Throttled(_))));
}

/// R-RL-07: five an hour and ten a day, whatever journeys ask.
#[tokio::test]
async fn r_rl_07_five_codes_an_hour_and_ten_a_day() {
    let world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut sent = Vec::new();
    for hour in 0..3 {
        for _ in 0..6 {
            let mut browser = Browser::new();
            let page = password_given(&mut browser, &world.wiki, &ann).await;
            assert!(page.has("factor"), "{}", page.body);
            world.app.pass(1);
        }
        sent.push(world.codes().await.len());
        world.app.pass(3600 + hour);
    }
    assert_eq!(sent, [5, 10, 10]);
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &world.wiki, &ann).await;
    assert!(!page.body.contains("name=\"code\""), "no code is on its way");
    let page = browser.submit(&page, "factor", &[("action", "resend")]).await;
    assert_eq!(page.status, 429);
}

#[tokio::test]
async fn r_mf_08_only_a_verified_address_that_was_not_changed_within_a_day_gets_codes() {
    let world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let users = &world.app.app.users;
    let mail = users.by_id(&ann.id).await.unwrap().unwrap().value.profile.mail;
    let unverified = mail.clone().map(|mail| keyward::users::profile::Mail { verified: false, ..mail });
    users.set_mail(&ann.id, unverified, Batch::new()).await.unwrap();
    world.app.pass(24 * 3600 + 1);
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &world.wiki, &ann).await;
    assert_eq!(page.status, 403, "nobody vouches for the address");
    users.set_mail(&ann.id, mail, Batch::new()).await.unwrap();
    let page = password_given(&mut Browser::new(), &world.wiki, &ann).await;
    assert_eq!(page.status, 403, "changed just now");
    world.app.pass(24 * 3600 + 1);
    world.asked(&mut Browser::new(), &ann).await;
}

#[tokio::test]
async fn administrators_get_no_codes_and_the_switch_raises_the_floor() {
    let strict = world_with(MailCodes::Off).await;
    let ann = strict.app.person_without_factor("ann").await;
    assert_eq!(password_given(&mut Browser::new(), &strict.wiki, &ann).await.status, 403);
    let world = world().await;
    let root = world.app.person_without_factor("root").await;
    let mut batch = Batch::new();
    world.app.app.users.make_administrator(&mut batch, &root.id).await.unwrap();
    world.app.store().commit(batch).await.unwrap();
    assert_eq!(password_given(&mut Browser::new(), &world.wiki, &root).await.status, 403);
    assert!(world.codes().await.is_empty());
}

/// R-EN-02: where a code is not enough to sign in, it proves the mailbox, and the first real factor is enrolled.
#[tokio::test]
async fn r_en_02_a_code_by_mail_permits_the_first_enrolment() {
    let world = world_with(MailCodes::Enrolment).await;
    let mut ann = world.app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let (page, code) = world.asked(&mut browser, &ann).await;
    let page = browser.submit(&page, "factor", &[("code", &code)]).await;
    assert!(page.has("enrol"), "{}", page.body);
    let page = super::enrol(&world.app, &mut browser, &page, &mut ann).await;
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(claims(&world, &page).await["acr"], "urn:keyward:acr:mfa");
    // With an app, the mailbox is no way in.
    world.app.pass(31);
    let page = password_given(&mut Browser::new(), &world.wiki, &ann).await;
    assert!(page.has("factor") && !page.body.contains("value=\"mail_code\""), "{}", page.body);
}

/// R-MF-04: who has an app may take the code instead where policy accepts it, and a form made up changes nothing elsewhere.
#[tokio::test]
async fn r_mf_04_another_way_leads_only_to_what_policy_accepts() {
    let world = world().await;
    let ann = world.app.person("ann").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &world.wiki, &ann).await;
    assert!(page.body.contains("value=\"mail_code\"") && world.codes().await.is_empty());
    let page = browser.submit(&page, "factor", &[("action", "mail_code")]).await;
    let code = world.codes().await.pop().unwrap();
    let back = browser.submit(&page, "factor", &[("action", "totp")]).await;
    assert!(action(&back).ends_with("/second-factor"));
    let page = browser.submit(&back, "factor", &[("action", "mail_code")]).await;
    assert_eq!(world.codes().await.len(), 1, "the code that is on its way still counts");
    let page = browser.submit(&page, "factor", &[("code", &code)]).await;
    assert_eq!(claims(&world, &page).await["acr"], "urn:keyward:acr:mfa-low");

    let strict = world_with(MailCodes::Enrolment).await;
    let bob = strict.app.person("bob").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &strict.wiki, &bob).await;
    let page = browser.submit(&page, "factor", &[("action", "mail_code")]).await;
    assert!(action(&page).ends_with("/second-factor"));
    let url = action(&page).replace("/second-factor", "/mail-code");
    let form = page.form("factor");
    let token = form.fields.iter().find(|(name, _)| name == "form_token").unwrap();
    let fields = [("form_token", token.1.as_str()), ("action", "resend")];
    let page = browser.post(&strict.app.url(&url), &fields).await;
    assert!(strict.codes().await.is_empty(), "{}", page.body);
}

/// Section 4.5, R-OB-06: a server that is down is told on the page, other factors stay, and a late code is not sent.
#[tokio::test]
async fn mail_that_is_down_is_told_and_a_code_expires_in_the_queue() {
    let port = nobody().await;
    let app = app::start_with(|settings| settings.mail = Some(plain(port))).await;
    let wiki = app.application().await;
    let ann = app.person("ann").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let page = browser.submit(&page, "factor", &[("action", "mail_code")]).await;
    app.app.runner.run_due().await.unwrap();
    assert!(!page.body.contains("not getting through"));
    app.pass(31);
    let page = browser.submit(&page, "factor", &[("action", "resend")]).await;
    assert!(
        page.body.contains("not getting through") && page.body.contains("value=\"totp\""),
        "{}",
        page.body
    );
    app.pass(5 * 60);
    app.app.runner.run_due().await.unwrap();
    let undelivered = |event: &&Value| event["action"] == "mail_undelivered" && event["reason"] == "code";
    assert_eq!(app.events().await.iter().filter(undelivered).count(), 2, "neither left in time");
    let page = browser.submit(&page, "factor", &[("action", "totp")]).await;
    let page = browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-MF-09, R-CO: the mail names application, time and network, has no link, and no event or page shows the code.
#[tokio::test]
async fn r_mf_09_the_mail_says_what_for_and_has_nothing_to_click() {
    let world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let (_, code) = world.asked(&mut Browser::new(), &ann).await;
    let mail = world.mailbox.mails().pop().unwrap();
    assert!(
        mail.text.contains("127.0.0.0/24") && mail.text.contains("2027-01-15 08:00 UTC"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("ann") && !mail.text.contains("http") && !mail.subject.contains(&code));
    assert!(!mail.html.contains("href"), "{}", mail.html);
    let digits = code.replace(' ', "");
    assert!(!serde_json::to_string(&world.app.events().await).unwrap().contains(&digits));
}
