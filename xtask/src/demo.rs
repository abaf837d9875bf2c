//! `cargo xtask demo`: builds the web apps and the program and runs its demo. What a newcomer gets wrong: waiting for a release build; the development profile
//! optimises every dependency and the photo crate, where nearly all of the work is, so it is built in a tenth of the time and
//! makes the demo hardly slower.

use crate::tools::cargo;
use crate::web;
use anyhow::{Context as _, Result};
use std::process::ExitCode;

/// Where the demo lies, below the workspace; git does not look there.
const FOLDER: &str = "data/demo";
/// Where it listens.
const LISTEN: &str = "127.0.0.1:8080";

/// Runs the demo until it is stopped; what stands in `arguments` comes last, so it wins.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    web::build_if_possible();
    let mut command = cargo(&["run", "--package", "paicha", "--", "demo"]);
    if !is_given(arguments, "--data") {
        command.args(["--data", FOLDER]);
    }
    if !is_given(arguments, "--listen") {
        command.args(["--listen", LISTEN]);
    }
    // In the same process group: Ctrl-C reaches the server too.
    let status = command.args(arguments).status().context("cargo does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_given(arguments: &[String], flag: &str) -> bool {
    arguments.iter().any(|argument| argument == flag || argument.starts_with(&format!("{flag}=")))
}
