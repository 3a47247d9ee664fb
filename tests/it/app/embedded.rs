//! The example that mounts the provider in another program really serves both.

use std::net::SocketAddr;

use keyward::server::Stop;

use crate::support::raw::{self, Answer};

#[path = "../../../examples/embedded.rs"]
#[expect(dead_code, reason = "the example's `main` is not called here")]
mod example;

async fn get(address: SocketAddr, path: &str) -> Answer {
    let host = format!("localhost:{}", address.port());
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    raw::send(address, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_and_the_programs_own_page_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let program = example::Program::new(folder.path()).await.unwrap();
    let issuer = program.issuer.clone();
    let port = issuer.rsplit(':').next().unwrap().parse().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (stop, stopping) = Stop::new();
    let served = tokio::spawn(program.serve(stopping));

    let own = get(address, "/hello").await;
    assert_eq!((own.status, own.body.as_str()), (200, "This page is the program's own.\n"));

    let discovery = get(address, "/.well-known/openid-configuration").await;
    let document: serde_json::Value = serde_json::from_str(&discovery.body).unwrap();
    assert_eq!(document["issuer"], issuer);

    let begun = get(address, "/sign-in").await;
    assert_eq!(begun.status, 303);
    let path = begun.header("location").unwrap().to_owned();
    let cookie = begun.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
    );
    let page = raw::send(address, request).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<form id=\"login\""), "{}", page.body);

    assert_eq!(get(address, "/nowhere").await.status, 404);
    stop.ask();
    served.await.unwrap();
}
