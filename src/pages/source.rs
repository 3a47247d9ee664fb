//! Where page files come from: the binary, and an optional folder over it.
//!
//! Files are read into memory as a whole, so that the template engine itself never touches a file (R-TP-01).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use rust_embed::RustEmbed;

/// No single page file may be larger, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// No folder may hold more files.
const MAX_FILES: usize = 500;
/// Folders inside folders are read to this depth.
const MAX_DEPTH: usize = 4;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct BuiltIn;

/// File contents by their path inside `templates/`, with `/` between parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) by_path: BTreeMap<String, Vec<u8>>,
    /// Files that were left out, one sentence each.
    pub(super) faults: Vec<String>,
}

impl Files {
    /// The files inside the binary.
    pub(super) fn built_in() -> Self {
        let load = |path: std::borrow::Cow<'static, str>| {
            BuiltIn::get(&path).map(|file| (path.into_owned(), file.data.into_owned()))
        };
        Self { by_path: BuiltIn::iter().filter_map(load).collect(), faults: Vec::new() }
    }

    /// The files of a folder on disk. What cannot be read is left out and named in `faults`.
    pub(super) fn in_folder(folder: &Path) -> Self {
        let mut files = Self::default();
        for (path, entry) in list(folder).unwrap_or_default() {
            if entry.length > MAX_FILE {
                files.faults.push(format!("{path}: larger than {MAX_FILE} bytes"));
                continue;
            }
            match std::fs::read(folder.join(&path)) {
                Ok(bytes) => drop(files.by_path.insert(path, bytes)),
                Err(error) => files.faults.push(format!("{path}: cannot be read: {error}")),
            }
        }
        files
    }

    /// All paths that end with `ending`, and their contents.
    pub(super) fn ending_with<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let all = self.by_path.iter();
        all.filter(move |(path, _)| path.ends_with(ending))
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }
}

/// What is compared to see whether a folder changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(BTreeMap<String, Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    length: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    /// The folder's present state.
    ///
    /// # Errors
    /// When the folder itself cannot be listed.
    pub(super) fn of(folder: &Path) -> std::io::Result<Self> {
        list(folder).map(Stamp)
    }
}

/// Links are followed, because container platforms mount folders of links; hidden names and deep trees are not.
fn list(folder: &Path) -> std::io::Result<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![String::new()];
    while let Some(inside) = waiting.pop() {
        for item in std::fs::read_dir(folder.join(&inside))? {
            let Ok(name) = item?.file_name().into_string() else {
                continue;
            };
            let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            let Ok(facts) = std::fs::metadata(folder.join(&path)) else {
                continue;
            };
            if name.starts_with('.') || found.len() >= MAX_FILES {
                continue;
            }
            if facts.is_dir() && path.matches('/').count() < MAX_DEPTH {
                waiting.push(path);
            } else if facts.is_file() {
                found.insert(path, Entry { length: facts.len(), changed: facts.modified().ok() });
            }
        }
    }
    Ok(found)
}
