//! Who is in a group is not configured, so a group does not go while somebody is in it.

use keyward::configuration::Refused;
use keyward::storage::Batch;
use keyward::users::profile::{Text, Username};
use keyward::users::{NewUser, UserError};

use super::{Place, apply, export, model, proposal};

#[tokio::test]
async fn a_group_with_members_does_not_go_and_the_plan_says_so() {
    let app = Place::new().start().await;
    apply(&app, model("[groups.staff]\n[groups.empty]\n")).await.unwrap();
    let staff = Text::new("staff").unwrap();
    let mut new = NewUser::named(Username::new("ada").unwrap());
    new.groups.insert(staff.clone());
    let ada = app.users.create(new, Batch::new()).await.unwrap();
    for refused in
        [app.configuration.plan(&proposal("")).await.map(drop), apply(&app, model("")).await.map(drop)]
    {
        let Err(Refused::Faulty(problems)) = refused else { panic!("{refused:?}") };
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["groups.staff is left out, but 1 person is in it; keep the group, or take them out first."]
        );
    }
    assert_eq!(export(&app).await.groups.len(), 2);
    apply(&app, model("[groups.staff]\n")).await.unwrap();
    app.users.set_groups(&ada.id, [].into(), Batch::new()).await.unwrap();
    apply(&app, model("")).await.unwrap();
    let lost = app.users.set_groups(&ada.id, [staff].into(), Batch::new()).await;
    assert!(matches!(lost, Err(UserError::UnknownGroup(_))), "{lost:?}");
}

#[tokio::test]
async fn another_spelling_is_another_group() {
    let app = Place::new().start().await;
    apply(&app, model("[groups.Staff]\n")).await.unwrap();
    let Err(Refused::Faulty(problems)) = apply(&app, model("[groups.Staff]\n[groups.staff]\n")).await else {
        panic!("two groups that cannot be told apart");
    };
    assert!(problems[0].to_string().contains("spelling"), "{problems:?}");
    apply(&app, model("[groups.staff]\n")).await.unwrap();
    assert!(export(&app).await.groups.keys().eq(["staff"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_a_group_that_goes() {
    let app = Place::new().start().await;
    for round in 0..32 {
        let staff = Text::new(format!("staff{round}")).unwrap();
        apply(&app, model(&format!("[groups.staff{round}]\n"))).await.unwrap();
        let ada = NewUser::named(Username::new(format!("ada{round}")).unwrap());
        let ada = app.users.create(ada, Batch::new()).await.unwrap();
        let joining = app.users.set_groups(&ada.id, [staff].into(), Batch::new());
        let (joined, gone) = tokio::join!(joining, apply(&app, model("")));
        assert!(joined.is_err() || gone.is_err(), "round {round}: a member of a group that is gone");
        assert_eq!(export(&app).await.groups.len(), usize::from(gone.is_err()), "{gone:?}");
        app.users.set_groups(&ada.id, [].into(), Batch::new()).await.unwrap();
    }
}
