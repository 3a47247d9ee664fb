//! Hardware tokens, from the maker's file to the sign-in page (R-MF-06, R-EN-05).

use keyward::commands::hardware_token::{Assign, Import, List, Listed, Remove, Resync};
use keyward::commands::user::ResetFactor;
use keyward::commands::{Handed, Reason};
use keyward::factors::oath::{Hash, Moving, Recipe};

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
    Import { file: Handed::new(file) }
}

fn assign(serial: &str, user: &str) -> Assign {
    Assign { serial: serial.to_owned(), user: user.to_owned(), codes: None }
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
        app.perform(assign(serial, name)).await.unwrap();
        app.pass(60);
        let number = if recipe == BUTTON { 5 } else { present(&app, recipe) };
        let code = shows(recipe, seed, number);
        let page = try_code(&app, &person, &code).await;
        assert!(page.arrival().is_some(), "{serial}: {}", page.body);
        app.pass(2);
        assert!(try_code(&app, &person, &code).await.has("factor"), "{serial}: a code is good once");
    }
    let holders: Vec<_> = listed(&app).await.into_iter().map(|it| it.holder.unwrap()).collect();
    assert_eq!(holders, ["eve", "ann", "bob"]);
    let enrolled = ["factor_enrolled"; 3];
    assert_eq!(app.acts().await, [&enrolled[..], &["hardware_tokens_imported"]].concat());
}

#[tokio::test]
async fn a_token_is_one_persons_until_it_is_taken_back_and_a_counting_one_then_shows_where_it_stands() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let ann = app.person_without_factor("ann").await;
    let bob = app.person_without_factor("bob").await;
    app.perform(assign("H-1", "ann")).await.unwrap();
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 9)).await.arrival().is_some());
    assert_eq!(app.perform(assign("H-1", "bob")).await.unwrap_err().reason, Reason::Rule, "ann has it");
    let remove = |serial: &str| Remove { serial: serial.to_owned() };
    assert_eq!(app.perform(remove("H-1")).await.unwrap_err().reason, Reason::Rule);
    app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap();
    assert_eq!(listed(&app).await[0].holder, None);

    let refused = app.perform(assign("H-1", "bob")).await.unwrap_err();
    assert!(refused.sentence.contains("--codes"), "{}", refused.sentence);
    let wrong = Assign { codes: Some(both(BUTTON, LONG_SEED, 20)), ..assign("H-1", "bob") };
    assert_eq!(app.perform(wrong).await.unwrap_err().reason, Reason::Rule, "another token");
    app.perform(Assign { codes: Some(both(BUTTON, SEED, 20)), ..assign("H-1", "bob") }).await.unwrap();
    assert!(
        try_code(&app, &bob, &shows(BUTTON, SEED, 21)).await.has("factor"),
        "shown before it was handed out"
    );
    app.pass(2);
    assert!(try_code(&app, &bob, &shows(BUTTON, SEED, 22)).await.arrival().is_some());

    app.perform(remove("T-1")).await.unwrap();
    assert_eq!(app.perform(remove("T-1")).await.unwrap_err().reason, Reason::Absent);
    assert_eq!(app.perform(assign("T-1", "ann")).await.unwrap_err().reason, Reason::Absent);
    assert_eq!(listed(&app).await.len(), 2);
}

#[tokio::test]
async fn a_token_that_went_astray_is_brought_into_step_by_two_codes() {
    let app = app::start().await;
    app.perform(import(FILE)).await.unwrap();
    let ann = app.person_without_factor("ann").await;
    let resync = |serial: &str, codes| Resync { serial: serial.to_owned(), codes };
    let refused = app.perform(resync("H-1", both(BUTTON, SEED, 60))).await.unwrap_err();
    assert!(refused.sentence.contains("assign"), "{}", refused.sentence);

    app.perform(assign("H-1", "ann")).await.unwrap();
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 60)).await.has("factor"), "pressed too often");
    app.perform(resync("H-1", both(BUTTON, SEED, 60))).await.unwrap();
    app.pass(2);
    assert!(try_code(&app, &ann, &shows(BUTTON, SEED, 62)).await.arrival().is_some());
    let twice = app.perform(resync("H-1", both(BUTTON, SEED, 60))).await.unwrap_err();
    assert_eq!(twice.reason, Reason::Rule, "codes that were shown before bring nothing back");

    let bob = app.person_without_factor("bob").await;
    app.perform(assign("T-1", "bob")).await.unwrap();
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
