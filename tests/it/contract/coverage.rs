//! Fails when a public function of `paicha-db` is called nowhere in the contract tests.
//!
//! The SQL is not checked at compile time, so a function without a contract test may never have run on one of the engines. It
//! looks for the name followed by `(`; whether the test is any good is for the reader to judge.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Not SQL of tables; `engine.rs` here tests them.
const NOT_CONTRACTS: [&str; 2] = ["engine.rs", "connect.rs"];

#[test]
fn every_public_function_of_the_db_crate_has_a_contract_test() -> Result<()> {
    let root = paicha_tests::workspace_root();
    let tests: String = rust_files(&root.join("tests/it/contract"))?.into_iter().map(|(_, text)| text).collect();
    let mut missing = Vec::new();
    for (name, text) in rust_files(&root.join("server/db/src"))? {
        let functions = if NOT_CONTRACTS.contains(&name.as_str()) { Vec::new() } else { public_functions(&text) };
        missing.extend(
            functions
                .iter()
                .filter(|function| !is_called(&tests, function))
                .map(|function| format!("{name}: {function}")),
        );
    }
    assert!(missing.is_empty(), "no contract test under tests/it/contract calls:\n{}", missing.join("\n"));
    Ok(())
}

/// Every `.rs` file below `directory` with its path from there.
fn rust_files(directory: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(directory).sort_by_file_name() {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let name = entry.path().strip_prefix(directory)?.display().to_string();
            files.push((name, fs::read_to_string(entry.path())?));
        }
    }
    Ok(files)
}

fn public_functions(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub async fn "))
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect()
}

fn is_called(tests: &str, function: &str) -> bool {
    tests.match_indices(function).any(|(start, _)| {
        let before = tests[..start].chars().next_back();
        let after = &tests[start + function.len()..];
        before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_') && after.starts_with('(')
    })
}

#[test]
fn a_longer_name_does_not_count_as_a_call() {
    assert!(is_called("meta::find_meta(&mut tx)", "find_meta"));
    assert!(!is_called("refind_meta(&mut tx); find_meta_all(&mut tx)", "find_meta"));
    assert_eq!(public_functions("pub async fn a(\n    pub async fn b<T>(\nasync fn c("), ["a", "b"]);
}
