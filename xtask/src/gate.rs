//! `cargo xtask test`: the steps of the gate, in order, each timed, all of them run whatever the earlier ones said.
//!
//! A step is a name and a function that answers whether it passed; to add one, add a line in `run`. The steps themselves
//! belong to cargo and the tests. What a newcomer gets wrong: a generated file is checked by making it again, so its
//! command goes into `GENERATED`, not into CI.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::postgres::{Server, URL_VARIABLE};
use crate::{stock_clients, tools, web};

/// Committed files that a command writes to its standard output: the path and the arguments for cargo.
const GENERATED: &[(&str, &[&str])] = &[
    ("docs/fields.md", &["run", "--quiet", "--package", "sync-protocol", "--example", "reference", "--", "fields"]),
    ("docs/openapi.json", &["run", "--quiet", "--package", "paicha", "--", "openapi"]),
    ("docs/problems.md", &["run", "--quiet", "--package", "sync-protocol", "--example", "reference", "--", "problems"]),
    (
        "docs/schema.json",
        &["run", "--quiet", "--package", "sync-protocol", "--example", "phone_tables", "--", "schema"],
    ),
    (
        "docs/vectors.json",
        &["run", "--quiet", "--package", "sync-protocol", "--example", "phone_tables", "--", "vectors"],
    ),
];

/// Holds the path of the program that the kill tests kill; read by `paicha-tests`.
const BINARY_VARIABLE: &str = "PAICHA_TEST_BINARY";

/// What became of one step.
struct Outcome {
    name: &'static str,
    took: Duration,
    failure: Option<anyhow::Error>,
}

/// Runs the gate; the exit code is 0 only when every step passed.
pub(crate) fn run(quick: bool, filter: &[String]) -> Result<ExitCode> {
    let started = Instant::now();
    let mut outcomes = Vec::new();
    step(&mut outcomes, "format", || cargo(&["fmt", "--all", "--check"]));
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    step(&mut outcomes, "clippy", || cargo(&clippy));
    if !quick {
        step(&mut outcomes, "rustdoc", rustdoc);
    }
    // Before the program, which takes them in.
    step(&mut outcomes, "web apps", || web::build().and_then(|()| web::check()));
    let mut server = None;
    step(&mut outcomes, "postgresql", || {
        server = Some(Server::start()?);
        Ok(())
    });
    let mut clients = None;
    step(&mut outcomes, "stock clients", || {
        clients = Some(stock_clients::ensure()?);
        Ok(())
    });
    let mut program = None;
    step(&mut outcomes, "program for the kill tests", || {
        program = Some(build_program()?);
        Ok(())
    });
    if let (Some(server), Some(program)) = (&server, &program) {
        step(&mut outcomes, "tests", || tests(server, clients.as_deref(), program, filter));
        if !quick {
            step(&mut outcomes, "doctests", || {
                let mut command = tools::cargo(&["test", "--workspace", "--locked", "--quiet", "--doc"]);
                tools::run(command.env(URL_VARIABLE, server.url()))
            });
        }
    }
    if let Some(program) = program.as_deref().filter(|_| filter.is_empty()) {
        step(&mut outcomes, "web apps in the browser", || web::in_browser(BINARY_VARIABLE, program));
    }
    // Stopped here and by its guardian, which outlives this process: see postgres.rs.
    drop(server);
    step(&mut outcomes, "generated files", generated_files);
    if !quick {
        step(&mut outcomes, "licences and bans", || {
            let deny = tools::ensure_cargo_deny()?;
            tools::run(Command::new(deny).args(["--workspace", "check", "bans", "licenses", "sources"]))
        });
    }
    Ok(summary(&outcomes, quick, started.elapsed()))
}

fn step(outcomes: &mut Vec<Outcome>, name: &'static str, run: impl FnOnce() -> Result<()>) {
    println!("==> {name}");
    let started = Instant::now();
    let failure = run().err();
    let took = started.elapsed();
    match &failure {
        None => println!("    {name}: passed in {:.1} s", took.as_secs_f64()),
        Some(error) => println!("    {name}: FAILED after {:.1} s: {error:#}", took.as_secs_f64()),
    }
    outcomes.push(Outcome { name, took, failure });
}

fn summary(outcomes: &[Outcome], quick: bool, took: Duration) -> ExitCode {
    println!("\n==> summary");
    for Outcome { name, took, failure } in outcomes {
        let word = if failure.is_none() { "passed" } else { "FAILED" };
        println!("    {word}  {:>7.1} s  {name}", took.as_secs_f64());
    }
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let note = if quick { ", without rustdoc, doctests and cargo-deny" } else { "" };
    if failed == 0 {
        println!("    everything passed in {:.0} s{note}", took.as_secs_f64());
        ExitCode::SUCCESS
    } else {
        println!("    {failed} of {} steps FAILED in {:.0} s{note}", outcomes.len(), took.as_secs_f64());
        ExitCode::FAILURE
    }
}

fn cargo(arguments: &[&str]) -> Result<()> {
    tools::run(&mut tools::cargo(arguments))
}

fn rustdoc() -> Result<()> {
    let mut command = tools::cargo(&["doc", "--workspace", "--no-deps", "--locked", "--quiet"]);
    tools::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Builds the server as the tests build it, with the crash points that their crate asks for, and answers where it lies.
fn build_program() -> Result<PathBuf> {
    let arguments = ["build", "--workspace", "--bin", "paicha", "--locked", "--message-format=json-render-diagnostics"];
    let mut build = tools::cargo(&arguments);
    let output = build.stderr(Stdio::inherit()).output().context("cargo does not start")?;
    if !output.status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let paths = messages.lines().filter_map(|line| line.split_once(r#""executable":""#)?.1.split('"').next());
    let program = paths.map(PathBuf::from).find(|path| path.file_stem().is_some_and(|name| name == "paicha"));
    program.context("cargo names no executable")
}

/// Without the stock clients their tests fail; all others run.
fn tests(server: &Server, clients: Option<&Path>, program: &Path, filter: &[String]) -> Result<()> {
    let mut command = if tools::has_nextest() {
        tools::cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])
    } else {
        println!("    cargo-nextest is not installed: using cargo test, which is slower and shows less");
        tools::cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"])
    };
    if let Some(clients) = clients {
        command.env(stock_clients::FOLDER_VARIABLE, clients);
    }
    tools::run(command.args(filter).env(URL_VARIABLE, server.url()).env(BINARY_VARIABLE, program))
}

/// Makes every generated file again and compares, without changing the committed one.
fn generated_files() -> Result<()> {
    for (path, arguments) in GENERATED {
        let output = tools::cargo(arguments).output().context("cargo does not start")?;
        if !output.status.success() {
            bail!("`cargo {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        let committed = std::fs::read(tools::root().join(path)).with_context(|| format!("{path} is missing"))?;
        if committed != output.stdout {
            bail!("{path} is stale: run `cargo {} > {path}` and commit it", arguments.join(" "));
        }
    }
    Ok(())
}
