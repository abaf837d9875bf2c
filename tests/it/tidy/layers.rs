//! Who may import whom: between members by their `Cargo.toml`, between modules of the server by their text.
//!
//! The tables are in `rules`. What a newcomer gets wrong: a rule about a path is met by moving the code to the layer it
//! belongs to, hardly ever by changing the table.

use std::collections::BTreeSet;

use anyhow::Result;

use super::rules::{CONFINED, Confined, ENGINE_PREFIX, LAYERS, MEMBERS, Member};
use super::sources::{Line, Source, all_sources, report};

/// A dependency that stands in a `Cargo.toml`.
struct Dependency<'a> {
    line: Line<'a>,
    name: String,
    /// Under `[dev-dependencies]`.
    for_tests: bool,
}

#[test]
fn members_depend_only_on_what_the_table_allows() -> Result<()> {
    let sources = all_sources()?;
    let ours = member_names(&sources);
    let mut violations = Vec::new();
    for source in sources.iter().filter(|source| source.path.ends_with("/Cargo.toml")) {
        let folder = source.path.trim_end_matches("/Cargo.toml");
        match MEMBERS.iter().find(|member| member.folder == folder) {
            Some(member) => violations.extend(dependency_violations(source, member, &ours)),
            None => violations.push(format!("{}:1: this member is missing from MEMBERS in tests/it/tidy", source.path)),
        }
    }
    report(violations)
}

fn dependency_violations(source: &Source, member: &Member, ours: &BTreeSet<String>) -> Vec<String> {
    dependencies(source)
        .iter()
        .filter(|dependency| {
            let foreign = !dependency.for_tests && member.must_not_use.contains(&dependency.name.as_str());
            let ours = ours.contains(&dependency.name) && !member.may_use.contains(&dependency.name.as_str());
            foreign || ours
        })
        .map(|dependency| dependency.line.violation(&format!("{} must not depend on this", member.folder)))
        .collect()
}

fn member_names(sources: &[Source]) -> BTreeSet<String> {
    let manifests = sources.iter().filter(|source| source.path.ends_with("/Cargo.toml"));
    let names = manifests.flat_map(|source| source.text.lines().find_map(|line| line.strip_prefix("name = ")));
    names.map(|name| name.trim_matches('"').to_owned()).collect()
}

fn dependencies(source: &Source) -> Vec<Dependency<'_>> {
    let mut section = "";
    let mut found = Vec::new();
    for line in source.numbered_lines() {
        if line.text.starts_with('[') {
            section = line.text.trim_matches(['[', ']']);
        } else if section.ends_with("dependencies") && line.text.starts_with(|letter: char| letter.is_alphabetic()) {
            let name = line.text.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
            found.push(Dependency { line, name, for_tests: section.ends_with("dev-dependencies") });
        }
    }
    found
}

#[test]
fn modules_of_the_server_name_only_the_layers_below() -> Result<()> {
    let mut violations = Vec::new();
    for source in all_sources()? {
        for layer in LAYERS.iter().filter(|layer| source.path.starts_with(layer.path)) {
            violations.extend(source.code_lines().filter_map(|line| {
                let named = layer.must_not_name.iter().find(|path| names_path(&line, path))?;
                Some(line.violation(&format!("{} must not use {named}", layer.path)))
            }));
        }
    }
    report(violations)
}

/// Whether the line names a crate or module: `path::`, `use path;` or, of `crate::a`, also `use crate::{a, b}`.
fn names_path(line: &Line<'_>, path: &str) -> bool {
    let names_directly = line.word_starts(path).any(|start| {
        let before = &line.text[..start];
        let after = line.text[start + path.len()..].trim_start();
        let is_root = !before.ends_with("::") && !before.ends_with('.');
        is_root
            && (after.starts_with("::") || after.starts_with(';') || after.starts_with(',') && before.contains("use "))
    });
    let names_in_braces = path.split_once("::").is_some_and(|(root, module)| {
        let group = line.text.split_once(&format!("use {root}::{{")).map(|(_, group)| group);
        group.is_some_and(|group| group.split([',', '{', '}', ':', ' ']).any(|word| word == module))
    });
    names_directly || names_in_braces
}

#[test]
fn some_words_stay_where_they_belong() -> Result<()> {
    let mut violations = Vec::new();
    for source in all_sources()? {
        for confined in CONFINED.iter().filter(|confined| applies(confined, &source.path)) {
            violations.extend(source.code_lines().filter_map(|line| {
                let word = confined.words.iter().find(|word| names_word(&line, word))?;
                Some(line.violation(&format!("`{word}`: {}", confined.reason)))
            }));
        }
    }
    report(violations)
}

fn applies(confined: &Confined, path: &str) -> bool {
    let under = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
    under(confined.under) && !under(confined.allowed)
}

/// Our own `Engine::Sqlite` is not the driver.
fn names_word(line: &Line<'_>, word: &str) -> bool {
    line.word_starts(word).any(|start| !line.text[..start].ends_with(ENGINE_PREFIX))
}

#[test]
fn the_checks_find_what_they_should() {
    let source = |text: &str| Source { path: "server/src/http/a.rs".to_owned(), text: text.to_owned() };
    let names = |text: &str, path: &str| source(text).code_lines().any(|line| names_path(&line, path));
    assert!(names("use sqlx::Row;", "sqlx"));
    assert!(names("    let pool = sqlx::query(x);", "sqlx"));
    assert!(names("use crate::blobs::Blobs;", "crate::blobs"));
    assert!(names("use crate::{app::App, blobs};", "crate::blobs"));
    assert!(!names("use crate::usecases::blobs;", "crate::blobs"));
    assert!(!names("// use sqlx::Row;", "sqlx"));
    assert!(!names("let sqlx = 1;", "sqlx"));
    let word = |text: &str| source(text).code_lines().any(|line| names_word(&line, "Sqlite"));
    assert!(word("fn f(pool: Pool<Sqlite>)"));
    assert!(!word("match engine { Engine::Sqlite => 1 }"));
    let manifest = Source {
        path: "client/Cargo.toml".to_owned(),
        text: "[dependencies]\naxum = \"1\"\npaicha-db.workspace = true\n[dev-dependencies]\naxum = \"1\"\n".to_owned(),
    };
    let client = MEMBERS.iter().find(|member| member.folder == "client").unwrap();
    let ours = BTreeSet::from(["paicha-db".to_owned()]);
    assert_eq!(dependency_violations(&manifest, client, &ours).len(), 2);
}
