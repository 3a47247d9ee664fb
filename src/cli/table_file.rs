//! Files that hold a table: read here, judged elsewhere.

use std::io::Read as _;
use std::path::Path;

use super::Failed;
use crate::foundation::table::LARGEST;

/// The text of `file`.
pub fn read(file: &Path) -> Result<String, Failed> {
    let named = |why: String| Failed(format!("{}: {why}", file.display()));
    let opened = std::fs::File::open(file).map_err(|error| named(format!("cannot be read ({error})")))?;
    let mut bytes = Vec::new();
    let most = LARGEST as u64 + 1;
    opened.take(most).read_to_end(&mut bytes).map_err(|error| named(format!("cannot be read ({error})")))?;
    if bytes.len() > LARGEST {
        return Err(named("is larger than 2 MiB; split it".to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n');
        named(format!("is no UTF-8 text (line {}); save it as \"CSV UTF-8\"", line.count() + 1))
    })
}
