//! A browser between several applications: keeps cookies by host (ports share them), goes wherever it is sent, reads and
//! sends forms. It plays no script but one.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// One browser on one page.
#[derive(Debug)]
pub struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
    pub address: Url,
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
    /// Every address asked for on the way to this page.
    pub way: Vec<Url>,
}

impl Browser {
    #[expect(clippy::disallowed_methods, reason = "a test plays the browser")]
    pub fn new() -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self {
            client: client.build().unwrap(),
            cookies: BTreeMap::new(),
            address: Url::parse("about:blank").unwrap(),
            status: StatusCode::OK,
            headers: reqwest::header::HeaderMap::new(),
            body: String::new(),
            way: Vec::new(),
        }
    }

    pub async fn open(&mut self, address: &str) {
        let address = self.address.join(address).unwrap_or_else(|_| Url::parse(address).unwrap());
        self.way.clear();
        self.send(Method::GET, address, None).await;
    }

    /// Loads a frame of the page: cookies count, but the page stays.
    pub async fn load_frames(&mut self) -> usize {
        let frames: Vec<String> =
            self.select("iframe").iter().filter_map(|frame| frame.0.get("src").cloned()).collect();
        let stay = (self.address.clone(), self.status, self.headers.clone(), self.body.clone());
        for frame in &frames {
            self.open(frame).await;
            assert_eq!(self.status, StatusCode::OK, "frame {frame}");
        }
        (self.address, self.status, self.headers, self.body) = stay;
        frames.len()
    }

    /// Fills fields of the form with this id and sends it by its first button.
    pub async fn submit(&mut self, id: &str, fields: &[(&str, &str)]) {
        let (action, mut values) =
            self.form(id).unwrap_or_else(|| panic!("no form {id} on {}:\n{}", self.address, self.body));
        for (name, value) in fields {
            values.retain(|(known, _)| known != name);
            values.push(((*name).to_owned(), (*value).to_owned()));
        }
        let action = self.address.join(&action).unwrap();
        self.way.clear();
        self.send(Method::POST, action, Some(values)).await;
    }

    /// Follows the link with this id.
    pub async fn follow(&mut self, id: &str) {
        let links = self.select(&format!("#{id}"));
        let target = links.first().and_then(|link| link.0.get("href").cloned());
        let target = target.unwrap_or_else(|| panic!("no link {id} on {}:\n{}", self.address, self.body));
        self.open(&target).await;
    }

    pub fn has(&self, selector: &str) -> bool {
        !self.select(selector).is_empty()
    }

    pub fn text(&self, selector: &str) -> String {
        let found = self.select(selector);
        found.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
    }

    fn select(&self, selector: &str) -> Vec<(BTreeMap<String, String>, String)> {
        let page = Html::parse_document(&self.body);
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector).map(|element| (attributes(element), text(element))).collect()
    }

    fn form(&self, id: &str) -> Option<(String, Vec<(String, String)>)> {
        let page = Html::parse_document(&self.body);
        let form = page.select(&Selector::parse(&format!("form#{id}")).unwrap()).next()?;
        let inputs = Selector::parse("input[name]").unwrap();
        let values = form
            .select(&inputs)
            .map(attributes)
            .filter(|input| input.get("type").is_none_or(|kind| kind != "checkbox"));
        let values =
            values.map(|input| (input["name"].clone(), input.get("value").cloned().unwrap_or_default()));
        Some((attributes(form)["action"].clone(), values.collect()))
    }

    async fn send(&mut self, method: Method, address: Url, form: Option<Vec<(String, String)>>) {
        let (mut method, mut address, mut form) = (method, address, form);
        for _ in 0..20 {
            self.way.push(address.clone());
            let mut request =
                self.client.request(method.clone(), address.clone()).header("accept", "text/html");
            let jar: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if !jar.is_empty() {
                request = request.header(COOKIE, jar.join("; "));
            }
            if let Some(form) = form.take() {
                let origin = self.address.origin().ascii_serialization();
                request = request.header("origin", origin).form(&form);
            }
            let response = request.send().await.unwrap();
            self.keep(&response);
            let onwards = response.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
            if let Some(onwards) = onwards.filter(|_| response.status().is_redirection()) {
                address = address.join(&onwards).unwrap();
                method = Method::GET;
                continue;
            }
            self.status = response.status();
            self.headers = response.headers().clone();
            self.address = address.clone();
            self.body = response.text().await.unwrap();
            let Some(onwards) = self.script_goes_on() else {
                return;
            };
            (method, address) = (Method::GET, onwards);
        }
        panic!("too many redirects: {:?}", self.way);
    }

    /// The one script that is played: a page that only hands the browser over.
    fn script_goes_on(&self) -> Option<Url> {
        let goes = self.body.contains("location.replace(document.getElementById(\"go\").href)");
        let link = self.select("#go").into_iter().next().filter(|_| goes)?;
        self.address.join(&link.0["href"]).ok()
    }

    fn keep(&mut self, response: &reqwest::Response) {
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(
                line.starts_with("__Host-") && line.contains("; Secure") && line.contains("; HttpOnly"),
                "{line}"
            );
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn attributes(element: ElementRef<'_>) -> BTreeMap<String, String> {
    element.value().attrs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
