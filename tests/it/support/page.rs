//! An answer as a browser or an application sees it.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// One answer.
#[derive(Debug, Clone)]
pub struct Page {
    /// Whence it came.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

/// A form: where it goes, and what it sends unless the person changes it.
#[derive(Debug, Clone)]
pub struct Form {
    /// The absolute target.
    pub action: Url,
    /// Names and values, hidden ones included, buttons not.
    pub fields: Vec<(String, String)>,
}

/// How an answer travelled to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the query of the redirect URI.
    Query,
    /// As the fields of a form.
    FormPost,
}

/// An authorization response, as it would reach the application.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The address, without what the answer added to its query.
    pub uri: Url,
    /// How it came.
    pub way: Way,
    /// All parameters in their order.
    pub parameters: Vec<(String, String)>,
}

impl Page {
    /// The elements that `selector` finds: text content and attributes are read by the closure.
    pub fn all<T>(&self, selector: &str, read: impl Fn(ElementRef) -> T) -> Vec<T> {
        let document = Html::parse_document(&self.body);
        let selector = Selector::parse(selector).unwrap();
        document.select(&selector).map(read).collect()
    }

    /// Whether the page has an element of this id.
    pub fn has(&self, id: &str) -> bool {
        !self.all(&format!("#{id}"), |_| ()).is_empty()
    }

    /// The text of the first heading.
    pub fn title(&self) -> String {
        let texts = self.all("h1", |element| element.text().collect::<String>());
        texts.into_iter().next().unwrap_or_default()
    }

    /// The attribute `name` of the element `id`.
    pub fn attribute(&self, id: &str, name: &str) -> Option<String> {
        let read = |element: ElementRef| element.value().attr(name).map(str::to_owned);
        self.all(&format!("#{id}"), read).into_iter().flatten().next()
    }

    /// The form `id`.
    pub fn form(&self, id: &str) -> Form {
        let found = self.all(&format!("form#{id}"), |form| Form {
            action: self.url.join(form.value().attr("action").unwrap_or_default()).unwrap(),
            fields: named(form, "input[name]:not([type=checkbox])"),
        });
        let found = found.into_iter().next();
        found.unwrap_or_else(|| panic!("no form {id} on {}: {}\n{}", self.url, self.status, self.body))
    }

    /// The header `name` as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where it redirects.
    pub fn location(&self) -> Option<Url> {
        self.header("location").map(|target| self.url.join(target).unwrap())
    }

    /// Where a hand-over page leads by its link.
    pub fn hand_over(&self) -> Option<Url> {
        self.attribute("go", "href").map(|target| Url::parse(&target).unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    /// What the application would receive now; `None` while the browser stays with us.
    pub fn arrival(&self) -> Option<Arrival> {
        if self.has("form-post") {
            let form = self.form("form-post");
            return Some(Arrival { uri: form.action, way: Way::FormPost, parameters: form.fields });
        }
        let target = self.location().or_else(|| self.hand_over())?;
        (target.origin() != self.url.origin()).then(|| Arrival {
            parameters: target.query_pairs().into_owned().collect(),
            uri: target,
            way: Way::Query,
        })
    }
}

fn named(form: ElementRef, selector: &str) -> Vec<(String, String)> {
    let selector = Selector::parse(selector).unwrap();
    let pair = |field: ElementRef| {
        let read = |name| field.value().attr(name).unwrap_or_default().to_owned();
        (read("name"), read("value"))
    };
    form.select(&selector).map(pair).collect()
}

impl Arrival {
    /// The one value of parameter `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(given, _)| given == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} comes twice: {:?}", self.parameters);
        value
    }

    /// The code; fails the test where there is none.
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("no code: {:?}", self.parameters))
    }

    /// The error; fails the test where there is none.
    pub fn error(&self) -> &str {
        self.get("error").unwrap_or_else(|| panic!("no error: {:?}", self.parameters))
    }

    /// The parameters by name.
    pub fn names(&self) -> Vec<&str> {
        self.parameters.iter().map(|(name, _)| name.as_str()).collect()
    }
}
