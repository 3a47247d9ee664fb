//! A browser without script: cookies by host, forms by id, redirects followed while they stay with us.

use std::collections::{BTreeMap, HashMap};

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use reqwest::{Method, redirect};
use url::Url;

use super::app::TestApp;
use super::https::Https;
use super::page::{Form, Page};
use super::people::Person;

/// The longest chain of redirects within our own pages.
const MOST_REDIRECTS: usize = 5;

/// An HTTP client that follows no redirect and knows `localhost` without asking anybody.
#[expect(clippy::disallowed_methods, reason = "a test's client goes to the loopback only")]
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .resolve("localhost", "127.0.0.1:0".parse().unwrap())
        .no_proxy()
        .build()
        .unwrap()
}

/// One browser with its own cookies.
pub struct Browser {
    http: reqwest::Client,
    https: Option<Https>,
    cookies: HashMap<String, BTreeMap<String, String>>,
    /// Every `Location` it was sent to.
    pub locations: Vec<String>,
    /// Every `Set-Cookie` line it was sent.
    pub set_cookies: Vec<String>,
    /// Header lines sent with each request.
    pub headers: HeaderMap,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            http: http(),
            https: None,
            cookies: HashMap::new(),
            locations: Vec::new(),
            set_cookies: Vec::new(),
            headers: HeaderMap::new(),
        }
    }
}

impl Clone for Browser {
    /// A second browser that holds the same cookies, as a thief or a second tab would.
    fn clone(&self) -> Self {
        Self { cookies: self.cookies.clone(), https: self.https.clone(), ..Self::default() }
    }
}

impl Browser {
    /// A fresh one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A fresh one that goes its way by `https`.
    pub fn over(https: Https) -> Self {
        Self { https: Some(https), ..Self::default() }
    }

    /// Sends one request and follows nothing.
    pub async fn send(&mut self, method: Method, url: &str, form: Option<&[(String, String)]>) -> Page {
        let url = Url::parse(url).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"));
        if form.is_some() {
            headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        }
        headers.extend(self.headers.clone());
        if let Some(cookies) = self.cookie_header(&url) {
            headers.insert(COOKIE, HeaderValue::from_str(&cookies).unwrap());
        }
        if let Some(https) = &self.https {
            let body = form.map(|fields| {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
            });
            let (page, _) = https.send(method, &url, headers, body).await;
            self.remember(&url, &page.headers);
            return page;
        }
        let mut request = self.http.request(method, url.clone()).headers(headers);
        if let Some(fields) = form {
            request = request.form(fields);
        }
        let answer = request.send().await.unwrap();
        self.remember(&url, answer.headers());
        Page {
            url,
            status: answer.status(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    /// GET, without following.
    pub async fn get(&mut self, url: impl AsRef<str>) -> Page {
        self.send(Method::GET, url.as_ref(), None).await
    }

    /// GET, then on by redirects as long as they stay with us.
    pub async fn open(&mut self, url: impl AsRef<str>) -> Page {
        let page = self.get(url).await;
        self.follow(page).await
    }

    /// Goes on by redirects as long as they stay with us.
    pub async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..MOST_REDIRECTS {
            match page.location().filter(|next| next.origin() == page.url.origin()) {
                Some(next) => page = self.get(next).await,
                None => return page,
            }
        }
        panic!("redirects without end: {:?}", self.locations);
    }

    /// Posts fields, then follows.
    pub async fn post(&mut self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        let page = self.post_only(url, fields).await;
        self.follow(page).await
    }

    /// Posts fields and follows nothing.
    pub async fn post_only(&mut self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.send(Method::POST, url.as_ref(), Some(&fields)).await
    }

    /// Fills the form `id` of `page` and sends it; a name the form has not is added, as a pressed button is. Then follows.
    pub async fn submit(&mut self, page: &Page, id: &str, fill: &[(&str, &str)]) -> Page {
        let page = self.submit_only(page, id, fill).await;
        self.follow(page).await
    }

    /// The same, following nothing.
    pub async fn submit_only(&mut self, page: &Page, id: &str, fill: &[(&str, &str)]) -> Page {
        let Form { action, mut fields, .. } = page.form(id);
        for (name, value) in fill {
            match fields.iter_mut().find(|(given, _)| given == name) {
                Some(field) => (*value).clone_into(&mut field.1),
                None => fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        self.send(Method::POST, action.as_str(), Some(&fields)).await
    }

    /// Goes through every page of a sign-in as `person` would, until no page of ours asks anything more.
    pub async fn sign_in(&mut self, app: &TestApp, mut page: Page, person: &Person) -> Page {
        for _ in 0..8 {
            page = match () {
                () if page.has("login") => {
                    let fill = [("username", person.username.as_str()), ("password", &person.password)];
                    self.submit(&page, "login", &fill).await
                }
                () if page.has("factor") => {
                    self.submit(&page, "factor", &[("code", &person.code(app))]).await
                }
                () if page.has("consent") => self.submit(&page, "consent", &[("action", "allow")]).await,
                () => return page,
            };
        }
        panic!("a sign-in without end: {}", page.body);
    }

    /// The cookie `name` that would be sent to `url`.
    pub fn cookie(&self, url: &str, name: &str) -> Option<&str> {
        let url = Url::parse(url).unwrap();
        self.cookies.get(url.host_str()?)?.get(name).map(String::as_str)
    }

    /// Puts a cookie into the jar, as malware on a neighbouring host would.
    pub fn plant(&mut self, url: &str, name: &str, value: &str) {
        let url = Url::parse(url).unwrap();
        let host = url.host_str().unwrap().to_owned();
        self.cookies.entry(host).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Forgets all cookies.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// The names of all cookies held.
    pub fn cookie_names(&self) -> Vec<String> {
        self.cookies.values().flat_map(BTreeMap::keys).cloned().collect()
    }

    fn cookie_header(&self, url: &Url) -> Option<String> {
        let pairs = self.cookies.get(url.host_str()?)?;
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Like a browser: cookies belong to the host, whatever the port; `Secure` ones work on `localhost`.
    fn remember(&mut self, url: &Url, headers: &HeaderMap) {
        let host = url.host_str().unwrap().to_owned();
        self.locations.extend(headers.get_all("location").iter().map(|to| to.to_str().unwrap().to_owned()));
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            self.set_cookies.push(line.to_owned());
            let secure_place = url.scheme() == "https" || host == "localhost";
            assert!(secure_place || !line.contains("Secure"), "a Secure cookie over plain http");
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let jar = self.cookies.entry(host.clone()).or_default();
            if attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
