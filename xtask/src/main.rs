//! Developer commands of Paicha, behind `cargo xtask`.
//!
//! `test` is the gate that CI runs and everyone runs before submitting; `postgres` keeps a server for single test runs, `stock-clients` installs clients for them. Not
//! for anything a production server needs. What a newcomer gets wrong: nothing here may leave a process behind, whatever
//! way it ends; see `postgres.rs`.

#![expect(clippy::print_stdout, reason = "the commands talk to the developer on the terminal")]

mod bench;
mod demo;
mod gate;
mod postgres;
mod stock_clients;
mod tools;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Paicha")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything a change must pass: format, lints, docs, tests on both engines, generated files, licences.
    Test {
        /// Leave out rustdoc, doctests and cargo-deny.
        #[arg(long)]
        quick: bool,
        /// A filter for the tests, after `--`, in the words of nextest.
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Builds the program and runs `paicha demo` in data/demo, at http://127.0.0.1:8080.
    Demo {
        /// More arguments of `paicha demo`, after `--`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Measures push, pull, the forms or memory with release builds; `-- --help` lists what else can be chosen.
    Bench {
        /// `push`, `pull`, `reports` or `memory`.
        #[arg(value_enum)]
        what: bench::What,
        /// `sqlite` or `postgres`; not for `memory`.
        #[arg(long, default_value = "sqlite")]
        engine: String,
        /// Operations to push, or records to pull.
        #[arg(long)]
        ops: Option<usize>,
        /// More for the measuring program, after `--`.
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Starts a PostgreSQL server for tests, keeps it running and prints the variable to set.
    Postgres {
        /// Stop it and remove its files.
        #[arg(long)]
        stop: bool,
    },
    /// Builds the web apps into web/*/dist; the next build of the server takes them in.
    Web,
    /// Installs the upload clients of others that the tests use and prints the variable to set.
    StockClients,
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Test { quick, filter } => gate::run(quick, &filter),
        Command::Demo { arguments } => demo::run(&arguments),
        Command::Bench { what, engine, ops, more } => {
            bench::run_bench(what, &engine, ops, &more).map(|()| ExitCode::SUCCESS)
        }
        Command::Postgres { stop: true } => postgres::stop_kept().map(|()| ExitCode::SUCCESS),
        Command::Postgres { stop: false } => postgres::keep().map(|()| ExitCode::SUCCESS),
        Command::Web => web::build().map(|()| ExitCode::SUCCESS),
        Command::StockClients => stock_clients::print().map(|()| ExitCode::SUCCESS),
    }
}
