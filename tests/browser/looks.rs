//! Every page in every language, at every width, light and dark: nothing overflows, and an accessibility checker finds
//! nothing. Pictures are kept.

use serde::Deserialize;

use crate::chromium::{Chromium, THEMES, WIDTHS};
use crate::gallery::Gallery;

/// The narrowest width at which nothing may scroll sideways (WCAG 2.2, 1.4.10 Reflow).
const NARROWEST: i64 = 320;

/// What stands outside of where it belongs: the page scrolls sideways, a box leaves the window, words leave their box, or a
/// button covers what is typed.
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

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_every_screen_and_everybody() {
    let (gallery, browser) = (Gallery::open().await, Chromium::start().await);
    let checker = checker();
    let mut problems = Vec::new();
    for (name, path) in &gallery.pages {
        browser.open(&format!("{}{path}", gallery.origin)).await;
        browser.evaluate::<bool>(&checker).await;
        for theme in THEMES {
            for width in [WIDTHS[0], WIDTHS[1], (NARROWEST, 640)] {
                browser.show(width, theme).await;
                let found: Vec<String> = browser.evaluate(OVERFLOW).await;
                problems.extend(found.iter().map(|what| format!("{name} {} {theme}: {what}", width.0)));
                if width.0 != NARROWEST {
                    browser.picture(name, width, theme).await;
                }
            }
            let checked: Checked = browser.evaluate(CHECK).await;
            assert!(checked.rules > 10, "the checker has looked at {name}");
            problems.extend(checked.violations.iter().map(|what| format!("{name} {theme}: {what}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The checker's source, as `tests/run` has installed it.
fn checker() -> String {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/accessibility/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(path);
    source.unwrap_or_else(|error| panic!("{path}: {error}; tests/run installs axe-core there")) + ";true"
}
