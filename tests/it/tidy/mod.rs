//! Reads the source of the workspace and keeps the rules that neither the compiler nor clippy keeps.
//!
//! The rules are tables in `rules`; each test here walks the files once and reports every violation with its file, line
//! and rule. Not for questions of taste. What a newcomer gets wrong: comments are looked at too where a rule is about words
//! left behind, but not where it is about imports.

mod layers;
mod rules;
mod sources;

use std::collections::BTreeSet;

use anyhow::Result;

use self::rules::{BY_ENGINE_CALLS, COLUMNS_PLAIN, LENGTH_EXEMPT, LINES_MAX, SOURCE_EXTENSIONS};
use self::sources::{Source, all_sources, report};

#[test]
fn no_file_is_longer_than_a_reader_holds() -> Result<()> {
    let too_long = all_sources()?
        .iter()
        .filter(|source| SOURCE_EXTENSIONS.contains(&source.extension()))
        .filter(|source| !LENGTH_EXEMPT.contains(&source.path.as_str()))
        .filter(|source| source.text.lines().count() > LINES_MAX)
        .map(|source| format!("{}:{}: longer than {LINES_MAX} lines, split it by subject", source.path, LINES_MAX + 1))
        .collect();
    report(too_long)
}

#[test]
fn every_module_begins_with_what_it_is_for() -> Result<()> {
    let silent = all_sources()?
        .iter()
        .filter(|source| source.extension() == "rs" && !source.text.starts_with("//! "))
        .map(|source| format!("{}:1: a module begins with `//!`: what it is for, what it is not for", source.path))
        .collect();
    report(silent)
}

#[test]
fn nothing_is_left_to_do_in_the_source() -> Result<()> {
    // In pieces, so that this file does not find itself.
    let markers = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"]].map(|pieces| pieces.concat());
    let macros = [["todo", "!("], ["unimplemented", "!("], ["dbg", "!("]].map(|pieces| pieces.concat());
    let found = all_sources()?
        .iter()
        .flat_map(Source::numbered_lines)
        .filter(|line| {
            markers.iter().any(|marker| line.has_word(marker)) || macros.iter().any(|marker| line.text.contains(marker))
        })
        .map(|line| line.violation("a marker was left behind: do it, or write an issue"))
        .collect();
    report(found)
}

#[test]
fn nothing_of_one_developers_computer_is_in_the_source() -> Result<()> {
    let places = [["/ho", "me/"], ["/Us", "ers/"], ["/ro", "ot/"], ["C:\\Us", "ers"], ["/wo", "rk/"], ["/mnt/", "c/"]];
    let places = places.map(|pieces| pieces.concat());
    let found = all_sources()?
        .iter()
        .flat_map(Source::numbered_lines)
        .filter(|line| places.iter().any(|place| line.names_folder(place)))
        .map(|line| line.violation("an absolute path of somebody's computer"))
        .collect();
    report(found)
}

#[test]
fn migrations_come_in_pairs_with_equal_names_in_an_unbroken_order() -> Result<()> {
    let sources = all_sources()?;
    let names = |folder: &str| -> BTreeSet<String> {
        sources.iter().filter_map(|source| source.path.strip_prefix(folder)).map(str::to_owned).collect()
    };
    let (sqlite, postgres) = (names("migrations/sqlite/"), names("migrations/postgres/"));
    let mut violations: Vec<String> = sqlite
        .symmetric_difference(&postgres)
        .map(|name| format!("migrations/*/{name}:1: a migration needs its pair for the other engine"))
        .collect();
    violations.extend(sqlite.iter().zip(1..).filter(|(name, number)| !name.starts_with(&format!("{number:04}_"))).map(
        |(name, number)| format!("migrations/sqlite/{name}:1: expected number {number:04}: no gaps, no number twice"),
    ));
    assert!(!sqlite.is_empty(), "no migration was found: this test looks in the wrong place");
    report(violations)
}

/// A name means the same in every table, so one comment explains it for all; the first place without one is reported.
#[test]
fn every_column_name_of_the_migrations_is_explained_once() -> Result<()> {
    let sources = all_sources()?;
    let mut violations = Vec::new();
    for folder in ["migrations/sqlite/", "migrations/postgres/"] {
        let columns = || sources.iter().filter(|source| source.path.starts_with(folder)).flat_map(sources::columns);
        let mut known: BTreeSet<&str> = COLUMNS_PLAIN.iter().copied().collect();
        known.extend(columns().filter(|column| column.explained).map(|column| column.name));
        for column in columns() {
            if known.insert(column.name) {
                violations.push(column.line.violation("a column needs a comment above it or behind it"));
            }
        }
    }
    report(violations)
}

#[test]
fn differences_between_the_engines_are_counted() -> Result<()> {
    let calls: Vec<String> = all_sources()?
        .iter()
        .filter(|source| source.path.starts_with("server/") && source.path != "server/db/src/statement.rs")
        .flat_map(Source::code_lines)
        .filter(|line| line.text.contains("by_engine("))
        .map(|line| line.violation("by_engine"))
        .collect();
    assert_eq!(
        calls.len(),
        BY_ENGINE_CALLS,
        "the SQL differs between the engines in another number of places than BY_ENGINE_CALLS says:\n{}",
        calls.join("\n")
    );
    Ok(())
}
