//! Every page the product can show, in every language, from the samples, on a server of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, Response};
use axum::routing::get;
use keyward::foundation::random::SystemRandom;
use keyward::pages::{Page, Pages, PagesSettings, samples};
use keyward::web::{Nonce, PagePolicy, asset_files, page_response};
use url::Url;

/// What samples call their applications.
const ELSEWHERE: [&str; 2] = ["https://jira.example.com", "https://wiki.example.com"];

/// A running server with all pages.
#[derive(Clone)]
pub struct Gallery {
    /// Where it is.
    origin: String,
    /// The name of each page, under which its picture is kept.
    pub names: Vec<String>,
}

impl Gallery {
    pub async fn open() -> Self {
        let settings = PagesSettings {
            organisation: "Northwind Studios".to_owned(),
            support_contact: Some("help@northwind.example".to_owned()),
            ..PagesSettings::default()
        };
        let pages = Arc::new(Pages::new(settings).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let named = named(&pages);
        let names = named.keys().cloned().collect();
        let router = router(pages, named, &origin);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, names }
    }

    /// The address of a page.
    pub fn address(&self, name: &str) -> String {
        format!("{}/pages/{name}", self.origin)
    }
}

/// `<language>/<template>-<number>` for each sample in each language.
fn named(pages: &Pages) -> BTreeMap<String, Page> {
    let mut named = BTreeMap::new();
    for language in pages.languages() {
        let mut numbers = BTreeMap::new();
        for page in samples::friendly() {
            let template = page.template().trim_end_matches(".html").replace('/', "-");
            let number: &mut u32 = numbers.entry(template.clone()).or_default();
            *number += 1;
            named.insert(format!("{}/{template}-{number}", language.tag()), page.spoken_in(&language));
        }
    }
    named
}

/// Pages that go on by themselves. Their scripts are refused here, so that they stay to be looked at.
const LEAVING: [&str; 2] = ["journey/form_post.html", "journey/hand_over.html"];

/// The applications are here too, and answer nothing.
fn router(pages: Arc<Pages>, named: BTreeMap<String, Page>, origin: &str) -> Router {
    let here = format!("{origin}/elsewhere");
    let policy = PagePolicy::default().with_frames(&[Url::parse(origin).unwrap()]);
    let (named, drawn) = (Arc::new(named), pages.clone());
    let draw = move |Path((language, name)): Path<(String, String)>| async move {
        let page = &named[&format!("{language}/{name}")];
        let nonce = Nonce::generate(&SystemRandom);
        let own = if LEAVING.contains(&page.template()) { "another" } else { nonce.as_str() };
        let html = drawn.render(page, own).html;
        let html = ELSEWHERE.iter().fold(html, |html, address| html.replace(address, &here));
        let response: Response = page_response(StatusCode::OK, html, &nonce, &policy);
        response
    };
    Router::new()
        .route("/pages/{language}/{name}", get(draw))
        .route("/elsewhere/{*rest}", get(|| async { Html("") }))
        .merge(asset_files::routes(pages))
}
