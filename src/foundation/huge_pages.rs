//! Whether the system may back our memory by huge pages (2 MiB on x86).
//!
//! What a start touches here and there would take a whole one each time, so the program does without until it hashes its first
//! password: that holds 7 to 10 MB less. What is touched from then on gets them, which makes hashes and tokens quicker.

/// Allows or forbids them for memory that is touched from now on (`PR_SET_THP_DISABLE`). A kernel that knows none has nothing
/// to forbid.
pub fn allow(allowed: bool) {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(!allowed) {
        tracing::debug!(%error, "huge pages are left as they are");
    }
}
