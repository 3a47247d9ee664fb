//! People from a table: all or none, each bad row named, hostile files taken for what they are.

use keyward::commands::Refused;
use keyward::commands::user::import::{Import, Report};
use keyward::commands::user::{List, Show};

use crate::support::app::{self, TestApp};

async fn import(app: &TestApp, csv: &str) -> Result<Report, Refused> {
    app.perform(Import { csv: csv.to_owned(), dry_run: false, create_groups: true, invite: false }).await
}

async fn people(app: &TestApp) -> usize {
    app.perform(List::default()).await.unwrap().people.len()
}

fn bad(report: &Report) -> Vec<(u64, &str)> {
    report.bad.iter().map(|bad| (bad.line, bad.reason.as_str())).collect()
}

#[tokio::test]
async fn a_table_is_taken_over_once_however_often_it_comes() {
    let app = app::start().await;
    let csv = "\u{feff}Username , EMAIL,given_name,family_name,groups,language\r\n\
               amara,amara@example.com,Amara,Okafor,\"staff;jira-users; wiki\",en\r\n\r\n\
               jürg,jürg@example.com,\"Jürg \"\"J\"\"\",\"Meier, Dr.\",,\r\n";
    let dry = Import { csv: csv.to_owned(), dry_run: true, create_groups: true, invite: true };
    let report = app.perform(dry).await.unwrap();
    assert_eq!(
        (report.added.len(), report.groups_created.len(), people(&app).await),
        (2, 3, 0),
        "{report:?}"
    );
    let report = import(&app, csv).await.unwrap();
    assert_eq!((report.added.len(), report.added[1].line), (2, 4), "{report:?}");
    let amara = app.perform(Show { user: "amara".to_owned() }).await.unwrap().person;
    assert_eq!(amara.groups, ["jira-users", "staff", "wiki"]);
    assert_eq!(amara.name.as_deref(), Some("Amara Okafor"));
    let jurg = app.perform(Show { user: "jürg".to_owned() }).await.unwrap().person;
    assert_eq!(jurg.name.as_deref(), Some("Jürg \"J\" Meier, Dr."));
    let again = import(&app, csv).await.unwrap();
    assert_eq!((again.added.len(), again.existing.len(), again.bad.len()), (0, 2, 0), "{again:?}");
    assert_eq!(people(&app).await, 2);
}

/// Neither a dry run nor the real one says yes to what cannot be kept.
#[tokio::test]
async fn r_id_09_a_row_with_too_many_groups_is_bad_and_a_file_with_too_many_new_ones_is_refused() {
    let app = app::start().await;
    let names = |from: usize, count: usize| {
        (from..from + count).map(|n| format!("group {n}")).collect::<Vec<_>>().join(";")
    };
    for dry_run in [true, false] {
        let csv = format!("username,email,groups\nann,ann@example.com,\"{}\"\n", names(0, 501));
        let report = app.perform(Import { csv, dry_run, create_groups: true, invite: false }).await.unwrap();
        assert!(report.bad.len() == 1 && report.bad[0].reason.contains("500 groups"), "{report:?}");
        let rows = (0..3).map(|n| format!("p{n},p{n}@example.com,\"{}\"\n", names(n * 400, 400)));
        let csv = format!("username,email,groups\n{}", rows.collect::<String>());
        let refused =
            app.perform(Import { csv, dry_run, create_groups: true, invite: false }).await.unwrap_err();
        assert!(refused.sentence.contains("1000 groups"), "{}", refused.sentence);
    }
    assert_eq!(people(&app).await, 0);
}

#[tokio::test]
async fn one_bad_row_keeps_everybody_out_and_every_bad_row_is_named() {
    let app = app::start().await;
    app.person("taken").await;
    let csv = "username,email,groups\n\
               good,good@example.com,staff\n\
               ,nobody@example.com,\n\
               mailless,,\n\
               wrong,not an address,\n\
               short\n\
               good,other@example.com,\n\
               G\u{43e}\u{43e}d,good2@example.com,\n\
               other,GOOD@example.com,\n\
               taken,somebody@example.com,\n\
               thief,taken@example.com,\n\
               case,case@example.com,Staff\n\
               bell,\"bell\u{7}@example.com\",\n";
    let report = import(&app, csv).await.unwrap();
    let lines: Vec<_> = report.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], "{:#?}", bad(&report));
    assert!(report.added.is_empty() && report.groups_created.is_empty());
    assert_eq!(people(&app).await, 1, "nobody was added");
    let reasons: Vec<_> = report.bad.iter().map(|bad| bad.reason.clone()).collect();
    assert!(reasons[0].starts_with("username") && reasons[1].starts_with("email"), "{reasons:?}");
    assert!(reasons[3].contains("1 cells") && reasons[4].contains("line 2"), "{reasons:?}");
    assert!(reasons[7].contains("another mail address") && reasons[9].contains("\"staff\""), "{reasons:?}");
}

#[tokio::test]
async fn groups_are_created_only_if_told_and_written_one_way() {
    let app = app::start().await;
    let csv = "username,email,groups\none,one@example.com,new\ntwo,two@example.com,NEW\n";
    let report = import(&app, csv).await.unwrap();
    assert!(bad(&report)[0].1.contains("elsewhere"), "{report:?}");
    let plain = Import { csv: csv.to_owned(), dry_run: false, create_groups: false, invite: false };
    let report = app.perform(plain).await.unwrap();
    assert!(report.bad.len() == 2 && report.bad[0].reason.contains("--create-groups"), "{report:?}");
}

#[tokio::test]
async fn headings_must_be_known_and_complete() {
    let app = app::start().await;
    for (csv, told) in [
        ("", "missing"),
        ("username\nx\n", "\"email\" is missing"),
        ("username,email,password\n", "\"password\" is none"),
        ("username,email,email\n", "twice"),
        ("amara,amara@example.com\n", "must name the columns"),
        ("\0\u{1}\u{2}PK\u{3}\u{4}", "must name the columns"),
    ] {
        let refused = import(&app, csv).await.unwrap_err();
        assert!(refused.sentence.contains(told), "{csv:?}: {refused}");
    }
    let semicolons = "username;email;name\namara;amara@example.com;\"Okafor; Amara\"\n";
    assert_eq!(import(&app, semicolons).await.unwrap().added.len(), 1);
}

#[tokio::test]
async fn hostile_files_are_data_or_refused() {
    let app = app::start().await;
    let formulas = "username,email,name\n=cmd|' /C calc'!A0,f@example.com,@SUM(1+1)*cmd\n../../etc,g@example.com,{{7*7}}\n";
    assert_eq!(import(&app, formulas).await.unwrap().added.len(), 2);
    let kept = app.perform(Show { user: "=cmd|' /c CALC'!a0".to_owned() }).await.unwrap().person;
    assert_eq!(kept.name.as_deref(), Some("@SUM(1+1)*cmd"), "a cell is data");
    let huge = "username,email\n".to_owned() + &"x".repeat(2 * 1024 * 1024);
    assert!(import(&app, &huge).await.unwrap_err().sentence.contains("2 MiB"));
    let many: String = (0..20_001).map(|number| format!("u{number},u{number}@x.example\n")).collect();
    assert!(
        import(&app, &format!("username,email\n{many}")).await.unwrap_err().sentence.contains("20000 rows")
    );
    let unclosed = format!("username,email\none,\"one@example.com\n{}", "two,two@example.com\n".repeat(5000));
    assert_eq!(bad(&import(&app, &unclosed).await.unwrap()).len(), 1);
    assert_eq!(people(&app).await, 2);
}

#[tokio::test]
async fn many_people_come_in_with_a_link_each_and_their_events() {
    let app = app::start().await;
    let rows: String = (0..120).map(|number| format!("u{number},u{number}@example.com,staff\n")).collect();
    let csv = format!("username,email,groups\n{rows}");
    let command = Import { csv, dry_run: false, create_groups: true, invite: true };
    let report = app.perform(command).await.unwrap();
    let links: std::collections::BTreeSet<_> =
        report.added.iter().map(|added| added.link.as_ref().unwrap().expose().to_owned()).collect();
    assert_eq!(links.len(), 120);
    let created = app.acts().await.iter().filter(|act| *act == "user_created").count();
    assert_eq!(created, 120);
}
