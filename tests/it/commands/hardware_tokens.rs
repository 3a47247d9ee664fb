//! Hardware tokens, from the maker's file to the sign-in page (R-MF-06, R-EN-05).

use keyward::audit::{Actor, Origin};
use keyward::commands::hardware_token::{Assign, Import, List, Listed, Remove, Resync};
use keyward::commands::user::{Delete, ResetFactor, Show};
use keyward::commands::{Handed, Reason};
use keyward::factors::oath::{Hash, Moving, Recipe};
use keyward::factors::{HardwareTokens, Occasion, removal};
use keyward::foundation::ids::JourneyId;
use keyward::foundation::secret::Hidden;
use keyward::storage::Batch;

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;

/// RFC 4226 appendix D and RFC 6238 appendix B: 20 and 32 bytes, as makers write them.
const SEED: &[u8] = b"12345678901234567890";
const LONG_SEED: &[u8] = b"12345678901234567890123456789012";
const FILE: &str = "\
UPN,Serial Number,Secret Key,Time Interval,Manufacturer,Model,Type,Algorithm,Digits,Counter
,T-1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Acme,Card,,,,
,T-2,3132333435363738393031323334353637383930313233343536373839303132,60,Acme,Key,TOTP,SHA-256,8,
,H-1,gezd gnbv gy3t qojq gezd gnbv gy3t qojq,,Acme,Button,HOTP,,6,3
";

const CARD: Recipe = Recipe { hash: Hash::Sha1, digits: 6, moving: Moving::Time(30) };
const LONG: Recipe = Recipe { hash: Hash::Sha256, digits: 8, moving: Moving::Time(60) };
const BUTTON: Recipe = Recipe { hash: Hash::Sha1, digits: 6, moving: Moving::Count };

fn shows(recipe: Recipe, seed: &[u8], number: u64) -> String {
    let seconds = if let Moving::Time(period) = recipe.moving { period } else { 1 };
    recipe.generator(seed).unwrap().generate(number * seconds).to_string()
}

fn import(file: &str) -> Import {
    Import { file: Handed::new(file), key: None, passphrase: None }
}

fn assign(serial: &str, user: &str, codes: (Handed, Handed)) -> Assign {
    Assign { serial: serial.to_owned(), user: user.to_owned(), codes }
}

fn remove(serial: &str) -> Remove {
    Remove { serial: serial.to_owned() }
}

fn resync(serial: &str, codes: (Handed, Handed)) -> Resync {
    Resync { serial: serial.to_owned(), codes }
}

fn both(recipe: Recipe, seed: &[u8], first: u64) -> (Handed, Handed) {
    (Handed::new(shows(recipe, seed, first)), Handed::new(shows(recipe, seed, first + 1)))
}

/// The step or count that a device by time shows now.
fn present(app: &TestApp, recipe: Recipe) -> u64 {
    recipe.present(keyward::foundation::Timestamp(app.now() * 1000))
}

/// Password, then `code`, in a fresh browser.
async fn try_code(app: &TestApp, person: &Person, code: &str) -> Page {
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let page = browser.open(wiki.request().url()).await;
    let fill = [("username", person.username.as_str()), ("password", &person.password)];
    let page = browser.submit(&page, "login", &fill).await;
    assert!(page.has("factor") && page.body.contains("your token shows"), "{}", page.body);
    browser.submit(&page, "factor", &[("code", code)]).await
}

async fn listed(app: &TestApp) -> Vec<Listed> {
    app.perform(List {}).await.unwrap()
}

#[tokio::test]
async fn tokens_of_every_kind_are_taken_over_handed_out_and_sign_in_once_a_code() {
    let app = app::start().await;
    let done = app.perform(import(FILE)).await.unwrap();
    assert_eq!((done.added, done.known), (3, 0));
    let again = app.perform(import(FILE)).await.unwrap();
    assert_eq!((again.added, again.known), (0, 3), "the same file may come again");
    let said: Vec<_> =
        listed(&app).await.into_iter().map(|it| (it.serial, it.codes, it.model.unwrap())).collect();
    let expected = [
        ("H-1", "HOTP SHA1, 6 digits", "Acme Button"),
        ("T-1", "TOTP SHA1, 6 digits, 30 s", "Acme Card"),
        ("T-2", "TOTP SHA256, 8 digits, 60 s", "Acme Key"),
    ];
    assert_eq!(said, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));

    for (serial, name, recipe, seed) in
        [("T-1", "ann", CARD, SEED), ("T-2", "bob", LONG, LONG_SEED), ("H-1", "eve", BUTTON, SEED)]
    {
        let person = app.person_without_factor(name).await;
        let first = if recipe == BUTTON { 4 } else { present(&app, recipe) - 1 };
        app.perform(assign(serial, name, both(recipe, seed, first))).await.unwrap();
        let spent = shows(recipe, seed, first + 1);
        assert!(try_code(&app, &person, &spent).await.has("factor"), "{serial}: it proved the token");
        app.pass(60);
        let number = if recipe == BUTTON { 6 } else { present(&app, recipe) };
        let code = shows(recipe, seed, number);
        let page = try_code(&app, &person, &code).await;
        assert!(page.arrival().is_some(), "{serial}: {}", page.body);
        app.pass(2);
        assert!(try_code(&app, &person, &code).await.has("factor"), "{serial}: a code is good once");
    }
    let holders: Vec<_> = listed(&app).await.into_iter().map(|it| it.holder.unwrap()).collect();
    assert_eq!(holders, ["eve", "ann", "bob"]);
    assert_eq!(app.acts().await, [["factor_enrolled"; 3], ["hardware_token_imported"; 3]].concat());
    let events = app.events().await;
    let serials = |action: &str| {
        let of_kind = events.iter().filter(|event| event["action"] == action);
        let mut serials: Vec<_> = of_kind.map(|event| event["token"].as_str().unwrap().to_owned()).collect();
        serials.sort();
        serials
    };
    for action in ["hardware_token_imported", "factor_enrolled"] {
        assert_eq!(serials(action), ["H-1", "T-1", "T-2"], "{action} (R-AU-01)");
    }
}

#[tokio::test]
async fn a_token_is_one_persons_until_it_is_taken_back_and_a_counting_one_then_shows_where_it_stands() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let ann = app.person_without_factor("ann").await;
    let bob = app.person_without_factor("bob").await;
    app.perform(assign("H-1", "ann", both(BUTTON, SEED, 4))).await.unwrap();
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 9)).await.arrival().is_some());
    let held = app.perform(assign("H-1", "bob", both(BUTTON, SEED, 10))).await.unwrap_err();
    assert_eq!(held.reason, Reason::Rule, "ann has it");
    assert_eq!(app.perform(remove("H-1")).await.unwrap_err().reason, Reason::Rule);
    app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap();
    assert_eq!(listed(&app).await[0].holder, None);

    let old = app.perform(assign("H-1", "bob", both(BUTTON, SEED, 8))).await.unwrap_err();
    assert_eq!(old.reason, Reason::Rule, "ann has used these codes");
    let wrong = app.perform(assign("H-1", "bob", both(BUTTON, LONG_SEED, 20))).await.unwrap_err();
    assert_eq!(wrong.reason, Reason::Rule, "another token");
    app.perform(assign("H-1", "bob", both(BUTTON, SEED, 20))).await.unwrap();
    assert!(
        try_code(&app, &bob, &shows(BUTTON, SEED, 21)).await.has("factor"),
        "shown before it was handed out"
    );
    app.pass(2);
    assert!(try_code(&app, &bob, &shows(BUTTON, SEED, 22)).await.arrival().is_some());

    app.perform(remove("T-1")).await.unwrap();
    assert_eq!(app.perform(remove("T-1")).await.unwrap_err().reason, Reason::Absent);
    let gone = app.perform(assign("T-1", "ann", both(CARD, SEED, present(&app, CARD)))).await.unwrap_err();
    assert_eq!(gone.reason, Reason::Absent);
    assert_eq!(listed(&app).await.len(), 2);
}

#[tokio::test]
async fn a_token_that_went_astray_is_brought_into_step_by_two_codes() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let ann = app.person_without_factor("ann").await;
    let refused = app.perform(resync("H-1", both(BUTTON, SEED, 60))).await.unwrap_err();
    assert!(refused.sentence.contains("assign"), "{}", refused.sentence);

    app.perform(assign("H-1", "ann", both(BUTTON, SEED, 4))).await.unwrap();
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 60)).await.has("factor"), "pressed too often");
    app.perform(resync("H-1", both(BUTTON, SEED, 60))).await.unwrap();
    app.pass(2);
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 62)).await.arrival().is_some());
    let twice = app.perform(resync("H-1", both(BUTTON, SEED, 60))).await.unwrap_err();
    assert_eq!(twice.reason, Reason::Rule, "codes that were shown before bring nothing back");

    let bob = app.person_without_factor("bob").await;
    app.perform(assign("T-1", "bob", both(CARD, SEED, present(&app, CARD) - 1))).await.unwrap();
    let slow = present(&app, CARD) - 40;
    assert!(
        try_code(&app, &bob, &shows(CARD, SEED, slow)).await.has("factor"),
        "its clock is 20 minutes slow"
    );
    let refused = app.perform(resync("T-1", both(CARD, SEED, slow))).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Rule, "what was shown before the token was handed out");
    app.pass(30 * 45);
    let slow = present(&app, CARD) - 40;
    app.perform(resync("T-1", both(CARD, SEED, slow))).await.unwrap();
    app.pass(60);
    assert!(try_code(&app, &bob, &shows(CARD, SEED, slow + 2)).await.arrival().is_some());
}

/// R-EN-04, R-SE-05: what was proved without the token has lost its worth.
#[tokio::test]
async fn r_en_04_a_token_handed_out_ends_sessions_and_open_journeys() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let (wiki, ann) = (app.application().await, app.person("ann").await);
    let mut known = Browser::new();
    wiki.sign_in(&app, &mut known, &ann, wiki.request()).await;
    let mut halfway = Browser::new();
    let page = halfway.open(wiki.request().url()).await;
    let fill = [("username", "ann"), ("password", ann.password.as_str())];
    let page = halfway.submit(&page, "login", &fill).await;
    app.perform(assign("H-1", "ann", both(BUTTON, SEED, 4))).await.unwrap();
    app.pass(60);
    let silent = known.get(wiki.request().with("prompt", "none").url()).await;
    assert_eq!(silent.arrival().unwrap().error(), "login_required");
    let late = halfway.submit(&page, "factor", &[("code", ann.code(&app).as_str())]).await;
    assert!(late.arrival().is_none(), "{}", late.body);
}

/// R-MF-06: a number that was accepted is spent, though the token was taken back, forgotten and taken over again since.
#[tokio::test]
async fn codes_of_a_forgotten_token_stay_spent_when_its_seed_comes_again() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    app.person_without_factor("ann").await;
    let spent = [both(BUTTON, SEED, 30), both(CARD, SEED, present(&app, CARD) - 1)];
    for (serial, codes) in ["H-1", "T-1"].into_iter().zip(spent.clone()) {
        app.perform(assign(serial, "ann", codes)).await.unwrap();
    }
    app.perform(Delete { user: "ann".to_owned() }).await.unwrap();
    let bob = app.person_without_factor("bob").await;
    for (serial, codes) in ["H-1", "T-1"].into_iter().zip(spent.clone()) {
        let refused = app.perform(assign(serial, "bob", codes)).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Rule, "{serial}: it was deleted with ann");
        app.perform(remove(serial)).await.unwrap();
    }
    let again = app.perform(import(&FILE.replace("H-1", "H-1b"))).await.unwrap();
    assert_eq!(again.added, 2, "under whatever number");
    for (serial, codes) in ["H-1b", "T-1"].into_iter().zip(spent) {
        assert_eq!(app.perform(assign(serial, "bob", codes)).await.unwrap_err().reason, Reason::Rule);
    }
    app.perform(assign("H-1b", "bob", both(BUTTON, SEED, 1020))).await.unwrap();
    app.pass(2);
    assert!(try_code(&app, &bob, &shows(BUTTON, SEED, 1022)).await.arrival().is_some());
}

/// R-RL-04: an administrator who brings a token into step also forgets its failures; R-AU-01: whatever is refused is told.
#[tokio::test]
async fn a_token_brought_into_step_is_open_again_and_refusals_are_in_the_trail() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let ann = app.person_without_factor("ann").await;
    app.perform(assign("H-1", "ann", both(BUTTON, LONG_SEED, 4))).await.unwrap_err();
    app.perform(assign("<script>", "ann", both(BUTTON, SEED, 4))).await.unwrap_err();
    app.perform(assign("H-1", "ann", both(BUTTON, SEED, 4))).await.unwrap();
    for _ in 0..5 {
        app.pass(2);
        assert!(try_code(&app, &ann, "000000").await.has("factor"));
    }
    app.pass(2);
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 6)).await.arrival().is_none(), "a pause of 15 minutes");
    app.perform(resync("H-1", both(BUTTON, LONG_SEED, 7))).await.unwrap_err();
    app.perform(resync("H-1", both(BUTTON, SEED, 7))).await.unwrap();
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 9)).await.arrival().is_some());
    app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap();

    let told: Vec<_> = app
        .events()
        .await
        .into_iter()
        .filter(|event| event["actor"]["kind"] == "command_line")
        .map(|event| {
            let word = |field: &str| event[field].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {}", word("action"), word("outcome"), word("token"), word("reason"))
        })
        .collect();
    for expected in [
        "factor_enrolled failure H-1 wrong_codes",
        "factor_enrolled failure - token_unknown",
        "factor_resynchronised failure H-1 wrong_codes",
        "factor_resynchronised success H-1 -",
        "factor_removed success H-1 -",
    ] {
        assert!(told.iter().any(|it| it == expected), "{expected} is not in {told:#?}");
    }
}

/// R-ID-04, R-RC-08: what was decided about a person who is gone, or a factor that was used meanwhile, is not done.
#[tokio::test]
async fn a_token_goes_to_nobody_who_is_gone_and_a_reset_sees_the_last_code() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let (ann, bob) = (app.person_without_factor("ann").await, app.person_without_factor("bob").await);
    let tokens = HardwareTokens::new(app.app.enrolment.clone());
    let journey = JourneyId::from_text("assign");
    let occasion = Occasion { user: ann.id.clone(), journey, origin: Origin::default() };
    let (first, second) = (Hidden::new(shows(BUTTON, SEED, 4)), Hidden::new(shows(BUTTON, SEED, 5)));
    let mut batch = Batch::new();
    let by = Actor::CommandLine;
    tokens.assign(&mut batch, "H-1", (&first, &second), &occasion, &by).await.unwrap();
    app.perform(Delete { user: "ann".to_owned() }).await.unwrap();
    assert!(!app.store().commit(batch).await.unwrap().is_done(), "ann is gone");

    app.perform(assign("H-1", "bob", both(BUTTON, SEED, 4))).await.unwrap();
    let mut reset = Batch::new();
    removal::remove_all(app.store(), &mut reset, &bob.id).await.unwrap();
    assert!(try_code(&app, &bob, &shows(BUTTON, SEED, 8)).await.arrival().is_some());
    assert!(!app.store().commit(reset).await.unwrap().is_done(), "it knows of no code 8");
}

#[tokio::test]
async fn a_pskc_file_is_taken_over_under_its_key() {
    let app = app::start().await;
    let text = include_str!("../../../fuzz/seeds/pskc.txt").lines().nth(1).unwrap().replace("\\n", "\n");
    let key = |text: &str| Some(Handed::new(text));
    let wrong = Import { key: key("00000000000000000000000000000000"), ..import(&text) };
    assert_eq!(app.perform(wrong).await.unwrap_err().reason, Reason::Rule);
    let both_ways = Import { key: key("00"), passphrase: key("x"), ..import(&text) };
    assert_eq!(app.perform(both_ways).await.unwrap_err().reason, Reason::Rule);
    let needless = Import { key: key("00"), ..import(FILE) };
    assert_eq!(app.perform(needless).await.unwrap_err().reason, Reason::Rule);
    assert!(listed(&app).await.is_empty());
    let right = Import { key: key("12345678901234567890123456789012"), ..import(&text) };
    assert_eq!(app.perform(right).await.unwrap().added, 1);
    let [token] = &listed(&app).await[..] else { panic!("one token") };
    assert_eq!((token.serial.as_str(), token.codes.as_str()), ("987654321", "HOTP SHA1, 8 digits"));
}

#[tokio::test]
async fn r_en_06_a_tokens_name_is_no_longer_than_any() {
    let app = app::start().await;
    app.person_without_factor("ann").await;
    let serial = "S".repeat(64);
    app.perform(import(&FILE.replace("H-1", &serial))).await.unwrap();
    app.perform(assign(&serial, "ann", both(BUTTON, SEED, 4))).await.unwrap();
    let shown = app.perform(Show { user: "ann".to_owned() }).await.unwrap();
    assert_eq!(shown.factors[0].name.chars().count(), 64);
}

/// Nothing is taken over of a file with a fault, and what is said of it holds no seed.
#[tokio::test]
async fn a_faulty_file_is_refused_whole_by_line_and_without_its_seeds() {
    let app = app::start().await;
    let good = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let faults = [
        ("", "serial number"),
        ("serial number,secret key,secret\n", "twice"),
        ("serial number;secret key;digits\nA;SECRET;6\nB;GEZDGNBVGY3TQOJQ!;6\n", "line 2"),
        ("serial number,secret key,digits\nA,GOOD,6\nB,GOOD,9\n", "line 3"),
        ("serial number,secret key,digits\nA,GOOD,6\nA,GOOD,6\n", "line 3"),
        ("serial number,secret key,type\nA,GOOD,OCRA\n", "line 2 has a type"),
        ("serial number,secret key,time interval\nA,GOOD,0\n", "line 2 has an interval"),
        ("serial number,secret key,counter,type\nA,GOOD,x,HOTP\n", "line 2 has a counter"),
        ("serial number,secret key,counter,type\nA,GOOD,18446744073709551614,HOTP\n", "line 2 has a counter"),
        ("serial number,secret key,algorithm\nA,GOOD,MD5\n", "line 2 names an algorithm"),
        ("serial number,secret key\nA\n", "line 2 has not as many cells"),
        ("serial number,secret key\r\nA,GOOD\r\n\r\nB,\r\n", "line 4 "),
        ("serial number,secret key\n,GOOD\n", "line 2 has no usable serial"),
        ("serial number,secret key\nA\u{202e}B,GOOD\n", "line 2 has no usable serial"),
        ("serial number,secret key\nA\u{200b}B,GOOD\n", "line 2 has no usable serial"),
        ("serial number,secret key\nA,GOODGOODGOODGOODGOODGOODGOOD\n", "line 2 has a secret of more"),
    ];
    for (file, expected) in faults {
        let refused = app.perform(import(&file.replace("GOOD", good))).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Rule);
        assert!(refused.sentence.contains(expected), "{file:?}: {}", refused.sentence);
        assert!(!refused.sentence.contains("GEZD"), "{}", refused.sentence);
    }
    assert!(listed(&app).await.is_empty());
    assert!(!format!("{:?}", import(FILE)).contains("GEZD"));
}
