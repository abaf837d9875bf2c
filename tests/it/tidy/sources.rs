//! The files of the workspace as text, and how a rule looks at their lines.
//!
//! Only text is read here: no parser, so that the rules stay simple and fast. What a newcomer gets wrong: `code_lines`
//! leaves out comments and everything from a `#[cfg(test)]` module on, `numbered_lines` leaves out nothing.

use std::fs;

use anyhow::Result;
use walkdir::{DirEntry, WalkDir};

use super::rules::FOLDERS_SKIPPED;

/// Kinds of files that are read at all: text that people write.
const EXTENSIONS: &[&str] =
    &["rs", "sql", "toml", "md", "ts", "tsx", "js", "vue", "mjs", "css", "html", "json", "sh", "yml", "yaml"];

/// One file.
pub(super) struct Source {
    /// From the root of the workspace, with `/`.
    pub path: String,
    pub text: String,
}

/// One line of a file.
pub(super) struct Line<'a> {
    path: &'a str,
    number: usize,
    pub text: &'a str,
}

impl Source {
    pub(super) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    pub(super) fn numbered_lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.text.lines().zip(1..).map(|(text, number)| Line { path: &self.path, number, text })
    }

    /// The lines of Rust code without comments and without the tests at the end of the file.
    pub(super) fn code_lines(&self) -> impl Iterator<Item = Line<'_>> {
        let is_rust = self.extension() == "rs";
        self.numbered_lines()
            .take_while(|line| line.text.trim() != "#[cfg(test)]")
            .filter(move |line| is_rust && !line.text.trim_start().starts_with("//"))
    }
}

impl Line<'_> {
    /// Whether `word` stands here with no letter, digit or underscore on either side.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.word_starts(word).next().is_some()
    }

    /// Where `word` stands as a whole word.
    pub(super) fn word_starts(&self, word: &str) -> impl Iterator<Item = usize> {
        let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.text.match_indices(word).map(|(start, _)| start).filter(move |start| {
            let before = self.text[..*start].chars().next_back();
            let after = self.text[start + word.len()..].chars().next();
            !before.is_some_and(in_word) && !after.is_some_and(in_word)
        })
    }

    /// Whether an absolute path begins with `folder` here; the path of a URL is none.
    pub(super) fn names_folder(&self, folder: &str) -> bool {
        self.text.match_indices(folder).any(|(start, _)| {
            let before = self.text[..start].chars().next_back();
            before.is_none_or(|letter| !letter.is_alphanumeric() && !"/.-_}".contains(letter))
        })
    }

    /// `path:line: rule: the line`.
    pub(super) fn violation(&self, rule: &str) -> String {
        format!("{}:{}: {rule}: {}", self.path, self.number, self.text.trim())
    }
}

/// Every text file of the workspace, in order of their paths.
pub(super) fn all_sources() -> Result<Vec<Source>> {
    let root = paicha_tests::workspace_root();
    let wanted = |entry: &DirEntry| {
        entry.depth() == 0 || !FOLDERS_SKIPPED.iter().any(|folder| entry.file_name().to_str() == Some(folder))
    };
    let mut sources = Vec::new();
    for entry in WalkDir::new(&root).sort_by_file_name().into_iter().filter_entry(wanted) {
        let entry = entry?;
        let extension = entry.path().extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if entry.file_type().is_file() && (EXTENSIONS.contains(&extension) || entry.path().ends_with(".ci/run")) {
            let path = entry.path().strip_prefix(&root)?.display().to_string().replace('\\', "/");
            sources.push(Source { path, text: fs::read_to_string(entry.path())? });
        }
    }
    assert!(sources.iter().any(|source| source.path == "Cargo.toml"), "the root of the workspace was not found");
    Ok(sources)
}

/// Fails with all violations, or passes.
pub(super) fn report(violations: Vec<String>) -> Result<()> {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
    Ok(())
}

/// A column of a `CREATE TABLE` and whether a comment stands behind it or on the line above.
pub(super) struct Column<'a> {
    pub line: Line<'a>,
    pub name: &'a str,
    pub explained: bool,
}

/// The columns of the tables a migration creates.
pub(super) fn columns(source: &Source) -> Vec<Column<'_>> {
    const NO_COLUMN: [&str; 7] = ["PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "CONSTRAINT", "REFERENCES", "ON"];
    let mut inside = false;
    let mut commented = false;
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for line in source.numbered_lines() {
        let text = line.text.trim();
        let code = text.split("--").next().unwrap_or_default();
        if code.starts_with("CREATE TABLE") {
            inside = true;
        } else if inside && depth == 1 && !code.is_empty() && !code.starts_with(')') {
            let name = code.split([' ', '(']).next().unwrap_or_default();
            if !NO_COLUMN.contains(&name) {
                found.push(Column { line, name, explained: commented || text.contains("--") });
            }
        }
        commented = text.starts_with("--");
        depth = (depth + code.matches('(').count()).saturating_sub(code.matches(')').count());
        inside = inside && (depth > 0 || !code.contains(';'));
    }
    found
}

#[test]
fn columns_and_their_comments_are_found() {
    let text = "CREATE TABLE t (\n    -- Good.\n    a TEXT,\n    b TEXT, -- good\n    c TEXT NOT NULL\n        \
                CHECK (c IN (\n        'x')),\n    PRIMARY KEY (a)\n);\nCREATE INDEX i ON t (a);\n";
    let source = Source { path: "a.sql".to_owned(), text: text.to_owned() };
    let found: Vec<(&str, usize, bool)> =
        columns(&source).iter().map(|column| (column.name, column.line.number, column.explained)).collect();
    assert_eq!(found, [("a", 3, true), ("b", 4, true), ("c", 5, false)]);
}
