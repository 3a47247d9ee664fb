//! Groups: a name that is gone stays gone.

use keyward::commands::group::{Add, AddMember, Delete, List, RemoveMember, Show};
use keyward::commands::{Reason, Refused};
use keyward::users::profile::Text;

use crate::support::app::{self, TestApp};

fn add(name: &str) -> Add {
    Add { name: Text::new(name).unwrap(), description: None }
}

fn join(group: &str, user: &str) -> AddMember {
    AddMember { group: group.to_owned(), user: user.to_owned() }
}

fn leave(group: &str, user: &str) -> RemoveMember {
    RemoveMember { group: group.to_owned(), user: user.to_owned() }
}

async fn delete(app: &TestApp, group: &str, with_members: bool) -> Result<(), Refused> {
    app.perform(Delete { group: group.to_owned(), with_members }).await.map(|_| ())
}

#[tokio::test]
async fn people_join_and_leave_groups_that_exist_written_so() {
    let app = app::start().await;
    app.person("ann").await;
    app.perform(add("Builders")).await.unwrap();
    assert_eq!(app.perform(add("builders")).await.unwrap_err().reason, Reason::Rule);
    assert!(app.perform(join("builders", "ann")).await.unwrap_err().sentence.contains("\"Builders\""));
    assert_eq!(app.perform(join("nowhere", "ann")).await.unwrap_err().reason, Reason::Absent);
    assert_eq!(app.perform(join("Builders", "nobody")).await.unwrap_err().reason, Reason::Absent);
    assert_eq!(app.perform(join("Builders", "ann")).await.unwrap().groups, ["Builders", "staff"]);
    assert!(app.perform(join("Builders", "ann")).await.unwrap_err().sentence.contains("already"));
    let shown = app.perform(Show { group: "Builders".to_owned() }).await.unwrap();
    assert_eq!(shown.members.iter().map(|it| it.username.as_str()).collect::<Vec<_>>(), ["ann"]);
    assert_eq!(app.perform(leave("Builders", "ann")).await.unwrap().groups, ["staff"]);
    assert!(app.perform(leave("Builders", "ann")).await.unwrap_err().sentence.contains("not in"));
    assert_eq!(app.perform(List {}).await.unwrap().len(), 2);
    assert_eq!(app.acts().await, ["group_created", "group_member_added", "group_member_removed"]);
    let named = app.events().await.into_iter().filter(|event| event["group"] == "Builders").count();
    assert_eq!(named, 3, "events name the group");
}

#[tokio::test]
async fn a_deleted_group_leaves_no_member_behind() {
    let app = app::start().await;
    app.person("ann").await;
    app.perform(add("Builders")).await.unwrap();
    app.perform(join("Builders", "ann")).await.unwrap();
    assert!(delete(&app, "Builders", false).await.unwrap_err().sentence.contains("--with-members"));
    delete(&app, "Builders", true).await.unwrap();
    app.perform(add("Builders")).await.unwrap();
    assert!(app.perform(Show { group: "Builders".to_owned() }).await.unwrap().members.is_empty());
}

#[tokio::test]
async fn who_joins_while_a_group_is_deleted_is_not_left_in_it() {
    let app = app::start().await;
    app.person("ann").await;
    for _ in 0..20 {
        app.perform(add("Builders")).await.unwrap();
        let (joined, deleted) =
            tokio::join!(app.perform(join("Builders", "ann")), delete(&app, "Builders", false));
        assert!(joined.is_ok() != deleted.is_ok(), "both or neither: {joined:?} {deleted:?}");
        if joined.is_ok() {
            delete(&app, "Builders", true).await.unwrap();
        }
    }
}
