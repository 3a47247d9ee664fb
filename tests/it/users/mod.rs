//! People: names that are one, names that look like one, typed claims, and standing (R-ID-01 to R-ID-06, R-CO-08).

mod password;

use std::collections::BTreeSet;
use std::time::Duration;

use keyward::foundation::Timestamp;
use keyward::storage::Batch;
use keyward::users::normal_form::NormalName;
use keyward::users::profile::{
    BirthDate, LanguageTag, MailAddress, PhoneNumber, Text, TimeZone, Username, WebAddress,
};
use keyward::users::{Reason, State, User, UserError, standing};
use proptest::prelude::*;

use crate::support::world::{World, new};

fn is_taken<T: std::fmt::Debug>(result: Result<T, UserError>) -> bool {
    matches!(result, Err(UserError::Taken(_)))
}

#[tokio::test]
async fn a_person_is_found_by_name_and_mail_in_any_spelling() {
    let world = World::new().await;
    let made = world.users.create(new("Zoë.Müller", Some("Zoe@Example.com")), Batch::new()).await.unwrap();
    for spelling in
        ["zoë.müller", "ZOË.MÜLLER", " Zoe\u{308}.Mu\u{308}ller ", "zoe@example.COM", "ｚｏｅ@example.com"]
    {
        let found = world.users.find_by_login_name(spelling).await.unwrap();
        assert_eq!(found.map(|stored| stored.value.id), Some(made.id.clone()), "{spelling}");
    }
    for other in ["zoe.muller", "zoe", "", "   ", "zoe@example.com.", &"z".repeat(100_000)] {
        assert!(world.users.find_by_login_name(other).await.unwrap().is_none(), "{other:.20}");
    }
    assert_eq!(uuid::Uuid::parse_str(made.id.as_str()).unwrap().get_version_num(), 4, "R-ID-01");
}

#[tokio::test]
async fn r_id_03_nobody_may_be_or_look_like_somebody_else() {
    let world = World::new().await;
    world.users.create(new("paypal", Some("admin@corp.example")), Batch::new()).await.unwrap();
    for alike in
        ["PayPal", "раураl", "paypa1", "ADMIN@corp.example", "аdmin@corp.example", "admin@corp.examp1e"]
    {
        assert!(is_taken(world.users.create(new(alike, None), Batch::new()).await), "name {alike}");
    }
    let mail = world.users.create(new("other", Some("Admin@Corp.example")), Batch::new()).await;
    assert!(is_taken(mail), "a mail address is one too");
    world.users.create(new("paypal2", None), Batch::new()).await.unwrap();
}

#[tokio::test]
async fn a_user_name_may_be_the_persons_own_mail_address() {
    let world = World::new().await;
    let made =
        world.users.create(new("ann@corp.example", Some("Ann@corp.example")), Batch::new()).await.unwrap();
    let found = world.users.find_by_login_name("ANN@corp.example").await.unwrap().unwrap();
    assert_eq!(found.value, made);
    world.users.set_mail(&made.id, None, Batch::new()).await.unwrap();
    assert!(
        world.users.find_by_login_name("ann@corp.example").await.unwrap().is_some(),
        "still the user name"
    );
}

#[tokio::test]
async fn r_id_04_a_name_given_up_stays_reserved_for_a_year_but_not_for_its_owner() {
    let world = World::new().await;
    let ann = world.users.create(new("ann", None), Batch::new()).await.unwrap();
    world.users.rename(&ann.id, Username::new("anna").unwrap(), Batch::new()).await.unwrap();
    assert!(world.users.find_by_login_name("ann").await.unwrap().is_none());
    assert!(is_taken(world.users.create(new("ann", None), Batch::new()).await));
    world.users.rename(&ann.id, Username::new("ann").unwrap(), Batch::new()).await.unwrap();
    assert_eq!(
        world.users.find_by_login_name("ann").await.unwrap().unwrap().value.id,
        ann.id,
        "sub stays (R-ID-01)"
    );
    world.users.delete(&ann.id, Batch::new()).await.unwrap();
    assert!(world.users.by_id(&ann.id).await.unwrap().is_none());
    assert!(is_taken(world.users.create(new("anna", None), Batch::new()).await));
    assert!(is_taken(world.users.create(new("ann", None), Batch::new()).await));
    world.clock.advance(Duration::from_secs(366 * 24 * 60 * 60));
    assert_ne!(world.users.create(new("ann", None), Batch::new()).await.unwrap().id, ann.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_who_want_one_name_at_once_one_gets_it() {
    let world = World::new().await;
    let tasks = (0..32).map(|turn| {
        let users = world.users.clone();
        let name = if turn % 2 == 0 { "Grace" } else { "grace" };
        tokio::spawn(async move { users.create(new(name, None), Batch::new()).await })
    });
    let mut made = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(matches!(error, UserError::Taken(_)), "{error}"),
        }
    }
    assert_eq!((made, world.users.list(None, 100).await.unwrap().len()), (1, 1));
}

#[tokio::test]
async fn groups_must_exist_and_have_one_spelling() {
    let world = World::new().await;
    let name = |text: &str| Text::new(text).unwrap();
    world.users.create_group(name("jira-users"), None, Batch::new()).await.unwrap();
    assert!(is_taken(world.users.create_group(name("Jira-Users"), None, Batch::new()).await));
    let mut ann = new("ann", None);
    ann.groups = BTreeSet::from([name("jira-users")]);
    let ann = world.users.create(ann, Batch::new()).await.unwrap();
    let unknown = world.users.set_groups(&ann.id, BTreeSet::from([name("nobody")]), Batch::new()).await;
    assert!(matches!(unknown, Err(UserError::UnknownGroup(group)) if group == "nobody"));
    assert_eq!(world.users.by_id(&ann.id).await.unwrap().unwrap().value.groups.len(), 1);
}

#[tokio::test]
async fn a_condition_of_the_caller_stands_or_falls_with_the_change() {
    let world = World::new().await;
    let ann = world.users.create(new("ann", None), Batch::new()).await.unwrap();
    let mut with = Batch::new();
    with.require_absent(keyward::users::store::user_key(&ann.id));
    let refused = world.users.set_state(&ann.id, State::Disabled, with).await;
    assert!(matches!(refused, Err(UserError::Conflict)));
    assert_eq!(world.users.by_id(&ann.id).await.unwrap().unwrap().value.state, State::Active);
}

#[tokio::test]
async fn r_co_08_standing_says_who_may_be_served() {
    let world = World::new().await;
    let user = world.users.create(new("ann", None), Batch::new()).await.unwrap();
    let at = Timestamp(1000);
    let with = |state, valid_until| User { state, valid_until, ..user.clone() };
    assert_eq!(standing(&with(State::Active, None), at), Ok(()));
    assert_eq!(standing(&with(State::Active, Some(Timestamp(1001))), at), Ok(()));
    assert_eq!(standing(&with(State::Active, Some(at)), at), Err(Reason::Expired));
    assert_eq!(standing(&with(State::Disabled, None), at), Err(Reason::Disabled));
    assert_eq!(standing(&with(State::Locked, Some(Timestamp(9))), at), Err(Reason::Locked));
}

#[test]
fn r_id_06_claims_are_well_formed_or_absent() {
    for bad in ["", "  ", "a\nb", "a\u{0}", "a\u{202e}b", "a\u{200b}b"] {
        assert!(Text::new(bad).is_err(), "{bad:?}");
    }
    for bad in ["", "a b@c.d", "a@", "@b", "a@b@c", "a@-b.c", "a@b..c", "a@b,c"] {
        assert!(MailAddress::new(bad).is_err(), "{bad:?}");
    }
    assert!(MailAddress::new("o'brien+x@mail.corp.example").is_ok());
    for (date, good) in [
        ("1990-02-28", true),
        ("1990", true),
        ("0000-02-29", true),
        ("1990-02-30", false),
        ("90-1-1", false),
        ("1990-02", false),
        ("", false),
    ] {
        assert_eq!(BirthDate::new(date).is_ok(), good, "{date}");
    }
    for (number, good) in [
        ("+41791234567", true),
        ("+41;ext=12", false),
        ("+4179123;ext=12", true),
        ("079", false),
        ("+41 79", false),
    ] {
        assert_eq!(PhoneNumber::new(number).is_ok(), good, "{number}");
    }
    assert!(WebAddress::new("javascript:alert(1)").is_err());
    assert!(WebAddress::new("https://corp.example/ann").is_ok());
    assert!(LanguageTag::new("de-CH").is_ok() && LanguageTag::new("-").is_err());
    assert!(TimeZone::new("Europe/Zurich").is_ok() && TimeZone::new("../etc").is_err());
    assert!(serde_json::from_str::<Text>("\"\"").is_err(), "no way round through the store");
}

proptest! {
    #[test]
    fn the_normal_form_is_its_own_normal_form(text in "\\PC{1,40}") {
        if let Some(once) = NormalName::of(&text) {
            prop_assert_eq!(NormalName::of(once.as_str()), Some(once));
        }
    }

    #[test]
    fn case_and_composition_make_no_other_name(text in "[a-zA-Zà-öß-ÿ0-9._-]{1,30}") {
        use unicode_normalization::UnicodeNormalization as _;
        let name = NormalName::of(&text);
        let decomposed: String = text.nfd().collect();
        prop_assert_eq!(&NormalName::of(&decomposed), &name);
        prop_assert_eq!(&NormalName::of(&text.to_uppercase()), &name);
    }

    #[test]
    fn one_normal_form_has_one_skeleton(text in "\\PC{1,30}") {
        if let (Some(name), Some(upper)) = (NormalName::of(&text), NormalName::of(&format!(" {text} "))) {
            prop_assert_eq!(name.skeleton(), upper.skeleton());
        }
    }
}
