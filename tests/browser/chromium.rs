//! A headless Chromium, with eyes for what a page must not do: foreign addresses, refused policies, script errors.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chromiumoxide::cdp::browser_protocol::dom::ScrollIntoViewIfNeededParams;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams, SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;
use chromiumoxide::cdp::browser_protocol::log::{EnableParams as EnableLog, EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::{ClearBrowserCookiesParams, EventRequestWillBeSent};
use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotParams, Viewport};
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

/// A desk's window and a telephone's, in CSS pixels.
pub const WIDTHS: [(i64, i64); 2] = [(1280, 900), (390, 844)];
/// The values of `prefers-color-scheme`.
pub const THEMES: [&str; 2] = ["light", "dark"];

/// One browser with one page.
pub struct Chromium {
    _browser: Browser,
    _profile: tempfile::TempDir,
    pub page: Page,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    addresses: Vec<String>,
    errors: Vec<String>,
}

impl Chromium {
    pub async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let quiet = [
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // A frame in a process of its own is never told of as loaded.
            "--disable-features=IsolateSandboxedIframes",
        ];
        let config = BrowserConfig::builder()
            .chrome_executable("/usr/bin/chromium")
            .user_data_dir(profile.path())
            .no_sandbox()
            .args(quiet)
            .build()
            .unwrap();
        let (browser, mut handler) =
            Browser::launch(config).await.expect("the package chromium is installed");
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.unwrap();
        let seen = watch(&page).await;
        Self { _browser: browser, _profile: profile, page, seen }
    }

    /// Opens an address.
    pub async fn open(&self, address: &str) {
        self.page.goto(address).await.unwrap();
    }

    /// Forgets every cookie, as a private window does that is closed.
    pub async fn forget_cookies(&self) {
        self.page.execute(ClearBrowserCookiesParams::default()).await.unwrap();
    }

    /// Waits until an element is there. Pages change under the question, so failures to ask are asked again.
    pub async fn wait_for(&self, selector: &str) {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..400 {
            tick.tick().await;
            if self.page.find_element(selector).await.is_ok() {
                return;
            }
        }
        let address = self.page.url().await.ok().flatten().unwrap_or_default();
        let text = self.text("body").await;
        panic!("no {selector} within 20 s at {address}: {text}");
    }

    /// The text of an element.
    pub async fn text(&self, selector: &str) -> String {
        let element = self.page.find_element(selector).await.unwrap();
        element.inner_text().await.unwrap().unwrap_or_default()
    }

    /// Types into a field.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.page.execute(InsertTextParams::new(text)).await.unwrap();
    }

    /// Clicks an element, wherever it leads: by the mouse, so that it works where script is switched off.
    pub async fn click(&self, selector: &str) {
        let element = self.page.find_element(selector).await.unwrap();
        let into_view =
            ScrollIntoViewIfNeededParams::builder().backend_node_id(element.backend_node_id).build();
        self.page.execute(into_view).await.unwrap();
        let point = element.clickable_point().await.unwrap();
        self.page.click(point).await.unwrap();
    }

    /// Switches script off or on.
    pub async fn script(&self, on: bool) {
        self.page.execute(SetScriptExecutionDisabledParams::new(!on)).await.unwrap();
    }

    /// What a script's last expression, or the promise it gives, comes to.
    pub async fn evaluate<T: DeserializeOwned>(&self, script: &str) -> T {
        let script = EvaluateParams::builder().expression(script).await_promise(true).return_by_value(true);
        let result = self.page.evaluate_expression(script.build().unwrap()).await;
        result.unwrap_or_else(|error| panic!("{error}")).into_value().unwrap()
    }

    /// Shows the page in another size and theme, at rest: colours must not be caught while they change.
    pub async fn show(&self, (width, height): (i64, i64), theme: &str) {
        let size = SetDeviceMetricsOverrideParams::new(width, height, 1.0, width < 500);
        self.page.execute(size).await.unwrap();
        let media = SetEmulatedMediaParams::builder()
            .feature(MediaFeature::new("prefers-color-scheme", theme))
            .feature(MediaFeature::new("prefers-reduced-motion", "reduce"))
            .build();
        self.page.execute(media).await.unwrap();
    }

    /// A picture of the whole page as it is shown, kept as `<name>-<width>-<theme>.png`.
    pub async fn picture(&self, name: &str, (width, _): (i64, i64), theme: &str) {
        let file =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pictures/{name}-{width}-{theme}.png"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let whole = "[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]";
        let (width, height): (f64, f64) = self.evaluate(whole).await;
        let clip = Viewport { x: 0.0, y: 0.0, width, height, scale: 1.0 };
        let quickly = CaptureScreenshotParams::builder().optimize_for_speed(true);
        let picture = quickly.capture_beyond_viewport(true).clip(clip).build();
        let taken = self.page.execute(picture).await.unwrap();
        std::fs::write(file, STANDARD.decode(&taken.result.data).unwrap()).unwrap();
    }

    /// Pictures of the page at desktop and phone width, light and dark.
    pub async fn pictures(&self, name: &str) {
        for width in WIDTHS {
            for theme in THEMES {
                self.show(width, theme).await;
                self.picture(name, width, theme).await;
            }
        }
        self.show(WIDTHS[0], THEMES[0]).await;
    }

    /// Fails if a page asked for a foreign address, or the browser refused or could not do something.
    pub fn assert_quiet(&self) {
        let seen = self.seen.lock().unwrap();
        let own = |address: &&String| {
            address.starts_with("http://localhost:")
                || address.starts_with("data:")
                || address.starts_with("about:")
        };
        let foreign: Vec<_> = seen.addresses.iter().filter(|address| !own(address)).collect();
        assert!(foreign.is_empty(), "R-TR-07: pages asked for {foreign:?}");
        assert!(seen.errors.is_empty(), "the browser complained: {:?}", seen.errors);
    }
}

async fn watch(page: &Page) -> Arc<Mutex<Seen>> {
    let seen = Arc::new(Mutex::new(Seen::default()));
    page.execute(EnableLog::default()).await.unwrap();
    let mut requests = page.event_listener::<EventRequestWillBeSent>().await.unwrap();
    let mut entries = page.event_listener::<EventEntryAdded>().await.unwrap();
    let (by_request, by_entry) = (seen.clone(), seen.clone());
    tokio::spawn(async move {
        while let Some(event) = requests.next().await {
            by_request.lock().unwrap().addresses.push(event.request.url.clone());
        }
    });
    tokio::spawn(async move {
        while let Some(event) = entries.next().await {
            let entry = &event.entry;
            // A refused code or a missing favicon is an answer, not a fault of the page.
            let answer = entry.text.contains("the server responded with a status of");
            if entry.level == LogEntryLevel::Error && !answer {
                by_entry.lock().unwrap().errors.push(entry.text.clone());
            }
        }
    });
    seen
}
