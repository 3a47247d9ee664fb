//! Every page in every language, at every width, light and dark: nothing overflows, and an accessibility checker finds
//! nothing. Pictures are kept.

use serde::Deserialize;

use crate::chromium::{Chromium, THEMES, WIDTHS};
use crate::gallery::Gallery;

/// The narrowest width at which nothing may scroll sideways (WCAG 2.2, 1.4.10 Reflow).
const NARROWEST: i64 = 320;
/// So many browsers look at once.
const BROWSERS: usize = 2;

/// What stands outside of where it belongs: the page scrolls sideways, a box leaves the window, words leave their box or are
/// broken without a hyphen, a field is lower than a finger is wide, or a button covers what is typed.
const OVERFLOW: &str = r##"(() => {
  const wide = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > wide) found.push(`the page scrolls: ${document.documentElement.scrollWidth}`);
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest(".out-of-sight, svg, script, iframe")) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    const name = `${element.tagName}.${element.className} "${element.textContent.trim().slice(0, 40)}"`;
    if (box.left < -0.5 || box.right > wide + 0.5) found.push(`${name} leaves the window`);
    const inline = getComputedStyle(element).display === "inline";
    if (!inline && element.tagName !== "INPUT" && element.scrollWidth > element.clientWidth + 1) found.push(`${name} is too narrow`);
    if (element.matches("h1, h2, button, a, dt, th, label, summary")) {
      element.style.overflowWrap = "normal";
      if (!inline && element.scrollWidth > element.clientWidth + 1) found.push(`${name} breaks a word`);
      element.style.overflowWrap = "";
    }
    if (element.matches("input:not([type=checkbox], [type=hidden])") && box.height < 44) found.push(`${element.name} is too low`);
    if (element.matches(".inside")) {
      const field = document.getElementById(element.dataset.shows), room = field.getBoundingClientRect();
      if (box.left < room.right - parseFloat(getComputedStyle(field).paddingInlineEnd)) found.push(`${name} covers what is typed`);
    }
  }
  return found;
})()"##;

/// All rules of the levels A and AA of WCAG 2.2, and good practice besides.
const CHECK: &str = r#"axe.run(document, {
  iframes: false,
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}).then((result) => ({
  rules: result.violations.length + result.passes.length,
  violations: result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}: ${node.failureSummary}`)),
}))"#;

#[derive(Deserialize)]
struct Checked {
    rules: usize,
    violations: Vec<String>,
}

/// Layout is seen in every language, width and theme; the checker and the camera take every theme in English, and one in
/// the other languages, which share its colours.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_every_screen_and_everybody() {
    let _turn = crate::TURN.lock().await;
    let gallery = Gallery::open().await;
    let share = gallery.names.len().div_ceil(BROWSERS);
    let looking =
        gallery.names.chunks(share).map(|names| tokio::spawn(look(gallery.clone(), names.to_vec())));
    let problems = futures_util::future::try_join_all(looking).await.unwrap().concat();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

async fn look(gallery: Gallery, names: Vec<String>) -> Vec<String> {
    let (browser, checker) = (Chromium::start().await, checker());
    let mut problems = Vec::new();
    for name in &names {
        browser.open(&gallery.address(name)).await;
        browser.evaluate::<bool>(&checker).await;
        let english = name.starts_with("en/");
        for theme in THEMES {
            for width in [(NARROWEST, 640), WIDTHS[1], WIDTHS[0]] {
                browser.show(width, theme).await;
                let found: Vec<String> = browser.evaluate(OVERFLOW).await;
                problems.extend(found.iter().map(|what| format!("{name} {} {theme}: {what}", width.0)));
                if width.0 != NARROWEST && (english || (theme == "light") == (width == WIDTHS[1])) {
                    browser.picture(name, width, theme).await;
                }
            }
            if english || theme == "light" {
                let checked: Checked = browser.evaluate(CHECK).await;
                assert!(checked.rules > 10, "the checker has looked at {name}");
                problems.extend(checked.violations.iter().map(|what| format!("{name} {theme}: {what}")));
            }
        }
    }
    problems
}

/// The control: on a page with these faults, each is found.
#[tokio::test(flavor = "multi_thread")]
async fn faults_would_be_found() {
    let _turn = crate::TURN.lock().await;
    let (gallery, browser) = (Gallery::open().await, Chromium::start().await);
    browser.open(&gallery.address("de/journey-login-1")).await;
    browser.evaluate::<bool>(&checker()).await;
    browser.show((NARROWEST, 640), "light").await;
    assert_eq!(browser.evaluate::<Vec<String>>(OVERFLOW).await, Vec::<String>::new());
    let faults: Vec<String> = browser.evaluate(&format!("{SPOIL}; {OVERFLOW}")).await;
    for fault in [
        "the page scrolls",
        "leaves the window",
        "is too narrow",
        "breaks a word",
        "is too low",
        "covers what is typed",
    ] {
        assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:?}");
    }
    let checked: Checked = browser.evaluate(CHECK).await;
    for rule in ["label", "html-has-lang", "color-contrast", "region"] {
        let named = format!("{rule}: ");
        assert!(checked.violations.iter().any(|found| found.starts_with(&named)), "{rule}");
    }
}

/// Words too long for their button and heading, a show button over its field, a low field without a label, words outside of all landmarks in
/// a pale colour, and a page that does not say its language.
const SPOIL: &str = r#"
  const button = document.querySelector("button.main"), pale = document.createElement("div");
  button.append("Anmeldung".repeat(9));
  button.style.whiteSpace = "nowrap";
  button.style.minWidth = "40rem";
  document.querySelector("h1").textContent = "Wiederherstellungscodeverwendung";
  document.querySelector(".with-button input").style.paddingInlineEnd = "0";
  Object.assign(document.querySelector("input[name=username]").style, { minHeight: "0", height: "20px" });
  document.querySelector("label").remove();
  pale.append("Blass");
  Object.assign(pale.style, { color: "rgb(210 210 210)", background: "white" });
  document.body.append(pale);
  document.documentElement.removeAttribute("lang")"#;

/// The checker's source, as `tests/run` has installed it.
fn checker() -> String {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/accessibility/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(path);
    source.unwrap_or_else(|error| panic!("{path}: {error}; tests/run installs axe-core there")) + ";true"
}
