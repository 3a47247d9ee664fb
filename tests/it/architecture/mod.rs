//! Guards the architecture: the order of the modules, the opening of every file, sizes, and names.

pub mod source;

use std::collections::BTreeSet;
use std::fs;

use source::{Source, all_sources, code, functions, root, sources, uses};

/// The modules from the ground up. One may use itself and what stands before it. `docs/architecture.md` explains.
const ORDER: &[&str] = &[
    // words
    "foundation",
    "vocabulary",
    // ground
    "config",
    "telemetry",
    "storage",
    "sealing",
    "outbound",
    // services without a subject
    "jobs",
    "audit",
    "limits",
    "delivery",
    "pages",
    // records
    "keys",
    "users",
    "clients",
    "web",
    // abilities
    "grants",
    "factors",
    "claims",
    "sessions",
    "lifecycle",
    "directory",
    // journey
    "journey",
    // rule
    "configuration",
    "commands",
    // doors
    "oidc",
    "gate",
    "saml",
    "scim",
    "atlassian",
    "account",
    "admin",
    // shell
    "demo",
    "server",
    "app",
    "cli",
];

/// Names that would become drawers.
const DRAWERS: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc"];

const MOST_LINES_OF_FILE: usize = 400;
const MOST_LINES_OF_FUNCTION: usize = 60;

fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == module)
}

#[test]
fn modules_use_only_what_stands_before_them() {
    let mut problems = Vec::new();
    for source in sources("src") {
        let Some(module) = source.module() else { continue };
        let Some(own) = rank(&module) else {
            problems.push(format!("{}: the module {module} has no place in the order", source.name()));
            continue;
        };
        for used in uses(&code(&source.text)) {
            match rank(&used) {
                Some(theirs) if theirs <= own => {}
                Some(_) => problems
                    .push(format!("{}: {module} stands below {used} and may not use it", source.name())),
                None if used.starts_with(char::is_uppercase) => {}
                None => problems.push(format!("{}: crate::{used} is no module of the order", source.name())),
            }
        }
    }
    none(&problems);
}

#[test]
fn the_map_lists_the_modules_in_order() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(!listed.is_empty());
    let ranks: Vec<_> =
        listed.iter().map(|module| rank(module).unwrap_or_else(|| panic!("{module} is unknown"))).collect();
    assert!(ranks.is_sorted(), "src/lib.rs lists {listed:?}, which is not the order");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = |source: &Source| !source.text.starts_with("//! ");
    none(
        &all_sources()
            .iter()
            .filter(|source| silent(source))
            .map(|source| format!("{}: opens without //!", source.name()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn files_stay_small() {
    let problems: Vec<_> = all_sources()
        .iter()
        .map(|source| (source.name(), source.text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES_OF_FILE)
        .map(|(name, lines)| format!("{name}: {lines} lines, {MOST_LINES_OF_FILE} at most"))
        .collect();
    none(&problems);
}

#[test]
fn functions_stay_small() {
    let mut problems = Vec::new();
    for source in all_sources() {
        for (name, line, lines) in functions(&code(&source.text)) {
            if lines > MOST_LINES_OF_FUNCTION {
                problems.push(format!(
                    "{}:{line}: {name} has {lines} lines, {MOST_LINES_OF_FUNCTION} at most",
                    source.name()
                ));
            }
        }
    }
    none(&problems);
}

#[test]
fn the_tests_mirror_the_modules() {
    let known = |name: &str| {
        rank(name).is_some() || ["main", "support", "architecture", "story", "fuzz_replay"].contains(&name)
    };
    let top = |source: &Source| {
        let inside = source.path.strip_prefix(root().join("tests/it")).ok()?;
        Some(inside.iter().next()?.to_str()?.trim_end_matches(".rs").to_owned())
    };
    let stray: Vec<_> = sources("tests/it").iter().filter_map(top).filter(|name| !known(name)).collect();
    none(&stray);
}

#[test]
fn there_are_no_drawers() {
    let mut problems = Vec::new();
    for source in all_sources() {
        let inside = source.path.strip_prefix(root()).unwrap().with_extension("");
        let parts = inside.iter().filter_map(|part| part.to_str());
        problems.extend(
            parts
                .filter(|part| DRAWERS.contains(part))
                .map(|part| format!("{}: {part} is a drawer", source.name())),
        );
        let code = code(&source.text);
        problems.extend(
            DRAWERS
                .iter()
                .filter(|drawer| code.contains(&format!("mod {drawer} ")))
                .map(|drawer| format!("{}: mod {drawer}", source.name())),
        );
    }
    none(&problems);
}

#[test]
fn the_scheme_is_asked_for_in_one_place() {
    // R-CO-11: one type decides loopback mode. What builds or reads addresses as such may look at the scheme too.
    let allowed = [
        "src/config/site.rs",
        "src/web/security_headers.rs",
        "src/users/profile.rs",
        "src/clients/redirect_uri.rs",
        "src/outbound/",
    ];
    let asks = |source: &&Source| code(&source.text).contains(".scheme()");
    let stray: Vec<_> = sources("src")
        .iter()
        .filter(asks)
        .map(Source::name)
        .filter(|name| !allowed.iter().any(|place| name.starts_with(place)))
        .collect();
    none(&stray);
}

#[test]
fn the_guard_sees_what_it_should() {
    let text = "use crate::{web::{Failure, Form}, config};\nlet a = 'x'; let b = \"crate::oidc\"; // crate::saml\nfn f<'a>() {\n{ '}' }\n}\n";
    let code = code(text);
    assert_eq!(uses(&code), BTreeSet::from(["web".to_owned(), "config".to_owned()]));
    assert_eq!(functions(&code), [("f".to_owned(), 3, 3)]);
    assert!(uses(&source::code("r#\"crate::oidc \"quoted\" \"#; crate::users::x()")).iter().eq(["users"]));
}
