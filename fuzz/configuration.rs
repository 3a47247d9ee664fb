//! Configuration files, as JSON and as TOML: refused with named faults, or the same when written and read again.

use keyward::configuration::document::{Format, read, write};

/// `data` as a file.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for format in [Format::Json, Format::Toml] {
        match read(text, format) {
            Ok(model) => {
                for format in [Format::Json, Format::Toml] {
                    let written = write(&model, format).expect("it can be written");
                    assert_eq!(read(&written, format).as_ref(), Ok(&model), "{written}");
                }
            }
            Err(problems) => assert!(!problems.is_empty() && problems.len() <= 100),
        }
    }
}
