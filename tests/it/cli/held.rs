//! Commands while a server holds the data folder: through its socket, and what happens around its start, stop and death.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::program::Installed;

/// One line to the socket, one line back; an empty one where the server hung up.
fn call(data: &Path, line: &[u8]) -> String {
    let mut stream = UnixStream::connect(data.join("admin.sock")).unwrap();
    let _ = stream.write_all(line);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn refusal(answer: &str) -> Value {
    let answer: Value = serde_json::from_str(answer).unwrap_or_else(|_| panic!("{answer:?}"));
    answer.get("refused").cloned().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn a_command_is_the_same_with_and_without_a_server_and_across_its_death() {
    let at = Installed::new();
    let link = |said: String| said.lines().find(|line| line.contains("/invitation/kwi")).unwrap().to_owned();
    let first = link(at.done(&["user", "add", "one", "--email", "one@example.com"]));
    let server = at.serve().await;
    assert_ne!(link(at.done(&["user", "invite", "one"])), first);
    link(at.done(&["user", "add", "two", "--email", "two@example.com"]));
    assert!(at.refused(&["user", "add", "two", "--email", "two@example.com"]).contains("is taken"));
    server.kill();
    assert!(at.data().join("admin.sock").exists(), "a killed server leaves its socket");
    link(at.done(&["user", "invite", "two"]));
    let server = at.serve().await;
    let add = ["client", "add", "--preset", "jira-dc", "--base-url", "https://jira.example.com"];
    assert!(at.done(&add).contains("kwk"));
    assert!(server.stop().status.success());
    assert!(!at.data().join("admin.sock").exists(), "a stopped server takes its socket away");
    link(at.done(&["user", "invite", "two"]));
}

#[tokio::test]
async fn the_socket_is_the_owners_and_understands_nothing_but_commands() {
    let at = Installed::new();
    let _server = at.serve().await;
    let socket = std::fs::metadata(at.data().join("admin.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    let ask = |request: Value| refusal(&call(&at.data(), format!("{request}\n").as_bytes()));
    assert!(
        ask(json!({"command": "user.crown", "arguments": {}}))["sentence"].to_string().contains("user.crown")
    );
    let more = json!({"command": "user.invite", "arguments": {"user": "one", "id": "1"}});
    assert!(ask(more)["sentence"].to_string().contains("unknown field"));
    let as_root = json!({"command": "user.invite", "arguments": {"user": "one"}, "administrator": "root"});
    assert_eq!(ask(as_root)["reason"], "malformed");
    for nonsense in [&b"\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe\n", b"[]\n", b"{\"command\":\n"] {
        assert_eq!(refusal(&call(&at.data(), nonsense))["reason"], "malformed");
    }
}

#[tokio::test]
async fn a_line_without_end_is_cut_and_no_caller_is_in_the_way_of_a_stop() {
    let at = Installed::new();
    let server = at.serve().await;
    let endless = vec![b'x'; 17 * 1024 * 1024];
    let answer = call(&at.data(), &endless);
    assert!(answer.is_empty() || answer.contains("too long"), "{answer}");
    let silent: Vec<_> =
        (0..20).map(|_| UnixStream::connect(at.data().join("admin.sock")).unwrap()).collect();
    assert!(server.stop().status.success());
    drop(silent);
    at.done(&["user", "add", "one", "--email", "one@example.com"]);
}

#[tokio::test]
async fn commands_at_the_same_moment_wait_for_each_other() {
    let at = Installed::new();
    at.done(&["user", "add", "one", "--email", "one@example.com"]);
    std::thread::scope(|scope| {
        for name in ["two", "three", "four"] {
            let at = &at;
            scope.spawn(move || at.done(&["user", "add", name, "--email", &format!("{name}@example.com")]));
        }
    });
    at.done(&["user", "invite", "four"]);
}

#[tokio::test]
async fn a_command_during_a_stop_waits_for_the_folder() {
    let at = Installed::new();
    let server = at.serve().await;
    server.ask_to_stop();
    at.done(&["user", "add", "one", "--email", "one@example.com"]);
    assert!(server.stop().status.success());
}

/// Only this thread becomes somebody else; the system names the caller by the thread that connects.
fn call_as(uid: u32, data: &Path) -> std::thread::Result<String> {
    let data = data.to_owned();
    let caller = std::thread::spawn(move || {
        let uid = rustix::process::Uid::from_raw(uid);
        rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
        call(&data, b"{\"command\":\"user.list\",\"arguments\":{\"after\":null,\"group\":null}}\n")
    });
    caller.join()
}

#[tokio::test]
async fn strangers_are_not_heard_even_where_the_file_lets_them() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED: who else may call on the admin socket can only be tried as root");
        return;
    }
    let at = Installed::new();
    let server = at.serve().await;
    assert!(call_as(65534, &at.data()).is_err(), "the file lets nobody but the owner");
    let open = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    open(at.folder.path(), 0o777);
    open(&at.data(), 0o777);
    open(&at.data().join("admin.sock"), 0o777);
    assert_eq!(call_as(65534, &at.data()).unwrap(), "", "hung up without an answer");
    assert!(call_as(0, &at.data()).unwrap().contains("\"done\""));
    assert!(server.stop().status.success());
}

/// Gives `path` and all in it to `uid`.
fn give(path: &Path, uid: u32) {
    std::os::unix::fs::chown(path, Some(uid), None).unwrap();
    for entry in path.read_dir().into_iter().flatten() {
        give(&entry.unwrap().path(), uid);
    }
}

/// Every file in `folder` that is not `uid`'s.
fn foreign(folder: &Path, uid: u32) -> Vec<std::path::PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| std::fs::metadata(path).unwrap().uid() != uid).collect()
}

#[tokio::test]
async fn a_folder_of_another_user_is_left_alone_also_by_root() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED: a data folder of another user can only be made as root");
        return;
    }
    for engine in ["redb", "sled"] {
        let at = Installed::with(&format!("[storage]\nengine = \"{engine}\"\n"));
        at.done(&["user", "add", "one", "--email", "one@example.com"]);
        give(&at.data(), 65534);
        for command in [&["user", "add", "two", "--email", "two@example.com"][..], &["serve"]] {
            let told = at.refused(command);
            assert!(told.contains("belongs to nobody") && told.contains("runs as root"), "{told}");
            assert!(told.contains("sudo -u nobody keyward") && told.lines().count() == 1, "{told}");
        }
        assert_eq!(foreign(&at.data(), 65534), Vec::<std::path::PathBuf>::new());
        at.doctor(&[]).1.is("start", "wrong", &["belongs to nobody", "sudo -u nobody keyward"]);
        // Nobody on this machine is called so.
        give(&at.data(), 54321);
        let told = at.refused(&["user", "list"]);
        assert!(
            told.contains("belongs to user 54321")
                && told.contains("setpriv --reuid 54321 --clear-groups keyward"),
            "{told}"
        );
        // An empty folder is nobody's invitation either.
        std::fs::remove_dir_all(at.data()).unwrap();
        std::fs::create_dir(at.data()).unwrap();
        give(&at.data(), 65534);
        assert!(at.refused(&["user", "list"]).contains("belongs to nobody"));
        assert_eq!(at.data().read_dir().unwrap().count(), 0);
        give(&at.data(), 0);
        at.done(&["user", "list"]);
    }
}
