//! Memory of the real program.

use crate::support::browser::Browser;
use crate::support::prepared::{finish, prepare};
use crate::support::program::{Installed, Serving};
use crate::support::relying_party::RelyingParty;

/// What the system says of the process: `1` where it may have huge pages.
fn allowed(serving: &Serving) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("THP_enabled:"));
    line.expect("the kernel does not say (before Linux 5.0)").trim().to_owned()
}

#[tokio::test]
async fn huge_pages_wait_for_the_first_password() {
    let at = Installed::with("[log]\nlevel = \"warn\"\n[admin]\nlisten = \"off\"\n");
    let (ada, registered) = prepare(&at).await;
    let wiki = RelyingParty::of(registered, &at.issuer());
    let serving = at.serve().await;
    let mut browser = Browser::new();
    let request = wiki.request();
    let page = browser.open(request.url()).await;
    assert_eq!(allowed(&serving), "0");
    let page = finish(&mut browser, &page, &ada).await;
    wiki.complete(&request, &page).await;
    assert_eq!(allowed(&serving), "1");
}
