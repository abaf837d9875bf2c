//! `cargo xtask bench`: builds the measuring program (and for memory the server) for release and runs it, with a private PostgreSQL when
//! asked for. What is measured and how stands in `tests/bench` and `docs/benchmarks.md`. What a newcomer gets wrong: the build uses all
//! cores; it is over before anything is measured.

use anyhow::{Result, ensure};
use clap::ValueEnum;
use std::env;
use std::path::PathBuf;

use crate::postgres::{Server, URL_VARIABLE};
use crate::tools::{cargo, root, run};

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Operations stored a second.
    Push,
    /// Records sent a second.
    Pull,
    /// The two monthly forms.
    Reports,
    /// Resident memory of the server.
    Memory,
}

/// Builds and measures.
pub(crate) fn run_bench(what: What, engine: &str, ops: Option<usize>, more: &[String]) -> Result<()> {
    ensure!(matches!(engine, "sqlite" | "postgres"), "--engine is sqlite or postgres, not {engine}");
    run(&mut cargo(&["build", "--release", "-p", "paicha", "-p", "paicha-bench"]))?;
    let programs = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join("release");
    let mut bench = std::process::Command::new(programs.join("paicha-bench"));
    let server = if engine == "postgres" && what != What::Memory { Some(Server::start()?) } else { None };
    if let Some(server) = &server {
        bench.env(URL_VARIABLE, server.url());
    }
    match what {
        What::Push => bench.args(["push", "--engine", engine]),
        What::Pull => bench.args(["pull", "--engine", engine]),
        What::Reports => bench.args(["reports", "--engine", engine, "--server"]).arg(programs.join("paicha")),
        What::Memory => bench.args(["memory", "--server"]).arg(programs.join("paicha")),
    };
    if let (Some(ops), What::Push | What::Pull) = (ops, what) {
        bench.args(["--ops", &ops.to_string()]);
    }
    run(bench.args(more))
}
