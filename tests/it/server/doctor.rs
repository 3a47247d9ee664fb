//! The doctor on the way in: through a real nginx with each mistake that its administrators make, and with a certificate of
//! our own. The authority of the tests is known by `SSL_CERT_FILE`, as an organisation's own would be by the system's list.

use std::net::SocketAddr;

use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;

use super::nginx::{Nginx, Places, free};
use crate::support::authority::{Authority, Days, GOOD, Pair};
use crate::support::program::Installed;

const DECLARED: &str =
    "[proxies]\ntrusted = [\"127.0.0.1\"]\n[log]\nlevel = \"warn\"\n[admin]\nlisten = \"off\"\n";

/// An installation whose issuer is `https://localhost` with the port of `public`, a certificate for it, and the file of its
/// authority.
struct Scene {
    at: Installed,
    authority: Authority,
    pair: Pair,
    root: String,
}

impl Scene {
    fn new() -> Self {
        let (at, authority) = (Installed::new(), Authority::new());
        let (chain, key) = authority.issue("localhost", GOOD, SystemClock.now());
        let pair = Pair::write(at.folder.path(), &chain, &key.serialize_pem());
        let root = at.folder.path().join("root.pem");
        std::fs::write(&root, authority.root()).unwrap();
        Self { root: root.to_str().unwrap().to_owned(), at, authority, pair }
    }

    fn issuer(public: SocketAddr) -> String {
        format!("https://localhost:{}", public.port())
    }

    fn trusted(&self) -> [(&str, &str); 1] {
        [("SSL_CERT_FILE", &self.root)]
    }
}

const HOST: (&str, &str) = ("proxy_set_header Host $host;", "proxy_set_header Host $http_host;");
const FORWARDED_HOST: (&str, &str) =
    ("proxy_set_header X-Forwarded-Host $host;", "proxy_set_header X-Forwarded-Host $http_host;");
const FORWARDED_FOR: &str = "proxy_set_header X-Forwarded-For $remote_addr;";

/// What stands in the proxy's file, and what in its place.
type Mistakes<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn each_mistake_of_the_proxy_is_named_with_its_mend() {
    let scene = Scene::new();
    let places = Places { nginx: free(), plain: free(), keyward: free() };
    let write =
        |settings| scene.at.write(&Scene::issuer(places.nginx), &places.keyward.to_string(), settings);
    write(DECLARED);
    let host = format!("localhost:{}", places.nginx.port());
    let server = scene.at.serve_with(&scene.trusted()).await;
    let cases: [(Mistakes<'_>, &[&str]); 5] = [
        (&[], &["asks for the host \"localhost\" instead of", &format!("proxy_set_header Host {host};")]),
        (
            &[("proxy_set_header Host $host;", ""), ("proxy_set_header X-Forwarded-Host $host;", "")],
            &["asks for the host \"keyward\" instead of", &host],
        ),
        (
            &[HOST, FORWARDED_HOST, (FORWARDED_FOR, "")],
            &["what anybody claims in X-Forwarded-For", "X-Forwarded-For $remote_addr"],
        ),
        (
            &[HOST, FORWARDED_HOST, (FORWARDED_FOR, "proxy_set_header X-Forwarded-For \"\";")],
            &["does not say in X-Forwarded-For", "X-Forwarded-For $remote_addr"],
        ),
        (
            &[HOST, FORWARDED_HOST, (FORWARDED_FOR, "proxy_set_header X-Forwarded-For unknown;")],
            &["something else than an address", "X-Forwarded-For $remote_addr"],
        ),
    ];
    for (mistakes, told) in cases {
        let _nginx = Nginx::start(scene.at.folder.path(), &scene.pair, places, mistakes).await;
        let (code, found) = scene.at.doctor(&[]);
        assert_eq!((code, found.all("wrong")), (1, vec!["base address"]), "{found:?}");
        found.is("base address", "wrong", told);
    }
    let right = [HOST, FORWARDED_HOST];
    let appended = (FORWARDED_FOR, "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
    for mistakes in [&right[..], &[HOST, FORWARDED_HOST, appended]] {
        let _nginx = Nginx::start(scene.at.folder.path(), &scene.pair, places, mistakes).await;
        let (code, found) = scene.at.doctor(&[]);
        assert_eq!((code, found.all("wrong")), (0, vec![]), "{found:?}");
        found.is("base address", "well", &["leads here"]);
        found.is("clock", "well", &["also on the machine that answers"]);
        found.is("certificate", "skipped", &["a proxy's certificate"]);
    }
    server.kill();
    let nginx = Nginx::start(scene.at.folder.path(), &scene.pair, places, &right).await;
    let (_, found) = scene.at.doctor(&scene.trusted());
    found.is("base address", "wrong", &["502", "does not reach Keyward", "keyward serve"]);
    found.is("store", "well", &["records"]);
    let (_, found) = scene.at.doctor(&[]);
    found.is(
        "base address",
        "wrong",
        &["certificate", "not accepted", "fullchain.pem", "your own authority"],
    );
    write(&DECLARED.replace("127.0.0.1", "10.0.0.5"));
    let server = scene.at.serve_with(&scene.trusted()).await;
    let (_, found) = scene.at.doctor(&[]);
    found.is("base address", "wrong", &["not declared", "trusted = [\"127.0.0.1\"]"]);
    drop((server, nginx));
}

#[tokio::test]
async fn our_own_certificate_is_judged_as_it_lies_there() {
    let scene = Scene::new();
    let public = free();
    let Pair { certificate, key } = &scene.pair;
    let tls = format!(
        "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n[admin]\nlisten = \"off\"\n",
        certificate.display(),
        key.display()
    );
    scene.at.write(&Scene::issuer(public), &public.to_string(), &tls);
    let server = scene.at.serve_with(&scene.trusted()).await;
    let (code, found) = scene.at.doctor(&[]);
    assert_eq!((code, found.all("wrong")), (0, vec![]), "{found:?}");
    found.is("base address", "well", &["leads here"]);
    found.is("certificate", "well", &["is for localhost", "good until"]);
    let replace = |name: &str, to: i64| {
        let (chain, key) = scene.authority.issue(name, Days { from: -30, to }, SystemClock.now());
        Pair::write(scene.at.folder.path(), &chain, &key.serialize_pem());
        scene.at.doctor(&[])
    };
    let (code, found) = replace("localhost", 13);
    assert_eq!(code, 0, "a warning is nothing wrong");
    found.is("certificate", "warning", &["in 12 days", "renew it"]);
    assert_eq!(replace("localhost", 15).1.of("certificate").0, "well");
    let (code, found) = replace("localhost", -1);
    assert_eq!(code, 1);
    found.is("certificate", "wrong", &["it has expired", "put a new one"]);
    replace("id.example.com", 20).1.is("certificate", "wrong", &["not for localhost"]);
    std::fs::remove_file(key).unwrap();
    scene.at.doctor(&[]).1.is("certificate", "wrong", &["tls.key", "cannot be read"]);
    assert!(server.stop().status.success());
    // A start would be refused now; what can be seen from outside is looked at all the same.
    let (code, found) = scene.at.doctor(&[]);
    assert_eq!(code, 1);
    found.is("certificate", "wrong", &["tls.key", "cannot be read"]);
    found.is("base address", "wrong", &["no answer", "keyward serve"]);
}
