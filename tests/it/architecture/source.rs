//! Reads the sources as the guard needs them: code without comments and texts, what it uses, its functions.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    /// The module it belongs to: the first part of its path under `src`. None for `lib.rs` and `main.rs`.
    pub fn module(&self) -> Option<String> {
        let inside = self.path.strip_prefix(root().join("src")).ok()?;
        let first = inside.iter().next()?.to_str()?.trim_end_matches(".rs").to_owned();
        (first != "lib" && first != "main").then_some(first)
    }

    pub fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(Source { text: fs::read_to_string(&path).unwrap(), path });
        }
    }
}

pub fn all_sources() -> Vec<Source> {
    let all: Vec<_> =
        ["src", "tests", "benches", "examples", "fuzz"].iter().flat_map(|folder| sources(folder)).collect();
    assert!(all.len() > 20, "the sources were not found");
    all
}

/// The code of a file: comments, texts and characters blanked, lines kept.
pub fn code(text: &str) -> String {
    let mut blank = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' | 'b' | '"' | '\'' => literal(rest, blank.chars().next_back()),
            _ => 0,
        };
        let kept = if length == 0 { next.len_utf8() } else { length };
        let (piece, tail) = rest.split_at(kept);
        if length == 0 {
            blank.push_str(piece);
        } else {
            blank.extend(piece.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
        }
        rest = tail;
    }
    blank
}

/// The length of the text or character literal that `rest` begins with; 0 where it begins with none.
fn literal(rest: &str, before: Option<char>) -> usize {
    if before.is_some_and(|before| before.is_alphanumeric() || before == '_') && !rest.starts_with('"') {
        return 0;
    }
    let prefix = rest.len() - rest.trim_start_matches(['r', 'b']).len();
    if prefix > 2 {
        return 0;
    }
    let body = &rest[prefix..];
    if rest[..prefix].contains('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let close = format!("\"{}", "#".repeat(hashes));
        let inside = body[hashes..].strip_prefix('"');
        return inside.map_or(0, |inside| {
            inside.find(&close).map_or(rest.len(), |end| prefix + hashes + 1 + end + close.len())
        });
    }
    match body.chars().next() {
        Some('"') => prefix + quoted(body, '"').unwrap_or(body.len()),
        Some('\'') => quoted(body, '\'')
            .filter(|end| body[..*end].chars().count() == 3 || body[1..].starts_with('\\'))
            .map_or(0, |end| prefix + end),
        _ => 0,
    }
}

fn quoted(body: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in body.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            other if other == mark => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The modules of this crate that `code` names: `crate::x`, `crate::{x, y}`, `keyward::x`.
pub fn uses(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let word = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    for (at, path) in code.match_indices("crate::") {
        let tail = code[at + path.len()..].trim_start();
        match tail.strip_prefix('{') {
            None => found.extend([word(tail)]),
            Some(list) => found.extend(top_level(list).iter().map(|entry| word(entry))),
        }
    }
    found.remove("");
    found
}

/// The entries of a braced list, up to its closing brace, nested lists left whole.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut entries) = (0, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                entries.push(&list[start..at]);
                return entries;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                entries.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    entries
}

/// Name, first line and number of lines of each function.
pub fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(open) = code[at..].find(['{', ';']) else {
            continue;
        };
        if name.is_empty() || code[at + open..].starts_with(';') {
            continue;
        }
        let mut depth = 0;
        let body = code[at + open..].char_indices().find(|(_, character)| {
            depth += i32::from(*character == '{') - i32::from(*character == '}');
            depth == 0
        });
        let end = body.map_or(code.len(), |(end, _)| at + open + end);
        found.push((name, code[..at].matches('\n').count() + 1, code[at..end].matches('\n').count() + 1));
    }
    found
}
