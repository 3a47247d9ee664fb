//! From nothing to an installation that somebody administers: import and set-up link, as processes.

use crate::support::program::{Installed, complaint, keyward};

fn link_of(said: &str) -> String {
    let link = said.lines().find(|line| line.contains("/set-up/kwu"));
    link.unwrap_or_else(|| panic!("{said}")).trim().to_owned()
}

fn said(output: std::process::Output) -> String {
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn r_ad_08_a_service_shows_no_link_and_the_command_makes_a_new_one_each_time() {
    let at = Installed::new();
    let first = said(at.serve().await.kill());
    assert!(!first.contains("/set-up/") && first.contains("keyward setup"), "{first}");
    let link = link_of(&at.done(&["setup"]));
    assert!(link.starts_with(&format!("{}/", at.issuer())), "{link}");
    let server = at.serve().await;
    let newer = link_of(&at.done(&["setup"]));
    assert_ne!(newer, link);
    let get = |link: String| async move {
        crate::support::browser::Browser::new().get(&link).await.status.as_u16()
    };
    assert_eq!((get(link).await, get(newer).await), (404, 200));
    at.done(&["user", "add", "amara", "--email", "amara@example.com"]);
    at.done(&["administrator", "add", "amara"]);
    assert!(at.refused(&["setup"]).contains("administrator add"));
    assert!(at.refused(&["administrator", "remove", "amara"]).contains("last administrator"));
    assert!(at.refused(&["user", "delete", "amara", "--yes"]).contains("last administrator"));
    assert!(at.done(&["administrator", "list"]).contains("amara@example.com"));
    assert!(!said(server.stop()).contains("/set-up/"));
    assert!(!said(at.serve().await.stop()).contains("set-up"), "there is an administrator");
}

#[tokio::test]
async fn people_are_imported_from_a_file_and_files_that_are_none_are_named() {
    let at = Installed::new();
    let file = |name: &str, bytes: &[u8]| {
        let path = at.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let people = file("people.csv", b"username,email,groups\r\namara,amara@example.com,wiki\r\nbad,,\r\n");
    let wrong = keyward(&["user", "import", &people, "--create-groups", "--settings", &at.settings], "");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(wrong.clone()).contains("line 3: email"), "{}", said(wrong.clone()));
    assert!(complaint(&wrong).contains("nobody was added"));
    let people = file("people.csv", b"username,email,groups\r\namara,amara@example.com,wiki\r\n");
    let dry = at.done(&["user", "import", &people, "--create-groups", "--dry-run"]);
    assert!(dry.contains("1 would be added"), "{dry}");
    let server = at.serve().await;
    let done = at.done(&["user", "import", &people, "--create-groups", "--invite"]);
    assert!(done.contains("/invitation/kwi") && done.contains("1 were added"), "{done}");
    assert!(at.done(&["user", "import", &people]).contains("1 are there already"));
    for (name, bytes, told) in [
        ("excel.csv", &b"\xff\xfeu\0s\0e\0r\0"[..], "CSV UTF-8"),
        ("latin.csv", &b"username,email\nj\xfcrg,j@example.com\n"[..], "line 2"),
        ("huge.csv", &vec![b'x'; 3 * 1024 * 1024][..], "2 MiB"),
        ("zip.csv", &b"PK\x03\x04\0\0\0\0"[..], "must name the columns"),
    ] {
        let path = file(name, bytes);
        let complaint = at.refused(&["user", "import", &path]);
        assert!(complaint.contains(told), "{name}: {complaint}");
    }
    assert!(at.refused(&["user", "import", "/nowhere.csv"]).contains("/nowhere.csv"));
    assert!(at.refused(&["user", "import", "/dev/zero"]).contains("2 MiB"));
    assert!(server.stop().status.success());
}
