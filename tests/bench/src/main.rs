//! Measurements of Paicha, behind `cargo xtask bench`: how fast a push and a pull are, and how much memory the server takes.
//!
//! Each speed stands beside its floor, the least work the same engine must do for the same bytes, measured in the same run in turns, since
//! machines differ and are shared. Not a test: nothing fails here when a number is bad. What a newcomer gets wrong: reading the operations
//! a second instead of the ratio, and comparing runs of different machines.

#![expect(clippy::print_stdout, reason = "the results are for a person at a terminal")]

mod floor;
mod measure;
mod memory;
mod operations;
mod pull;
mod push;
mod reports;
mod world;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use paicha_db::Engine;
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "paicha-bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Operations a second into an empty server, against bare inserts of the same bytes.
    Push {
        #[arg(long, value_enum, default_value = "sqlite")]
        engine: EngineName,
        #[arg(long, default_value_t = 20_000)]
        ops: usize,
    },
    /// Records a second to a new phone, against a bare SELECT, and how a small change costs among many records.
    Pull {
        #[arg(long, value_enum, default_value = "sqlite")]
        engine: EngineName,
        /// Records of the first part; the second always compares 10 000 with `--many`.
        #[arg(long, default_value_t = 100_000)]
        ops: usize,
        /// Records among which a small change must not cost more.
        #[arg(long, default_value_t = 1_000_000)]
        many: usize,
    },
    /// 附件2 over many records, and 附件1 with many pictures, over HTTP.
    Reports {
        #[arg(long, value_enum, default_value = "sqlite")]
        engine: EngineName,
        /// Records of the subdistrict whose 附件2 is asked for; 0 leaves it out.
        #[arg(long, default_value_t = 1_000_000)]
        records: usize,
        /// The program `paicha`, built for release; 附件1 is asked of it.
        #[arg(long)]
        server: PathBuf,
        /// Rows of 附件1, each with two pictures; 0 leaves it out.
        #[arg(long, default_value_t = 600)]
        rows: usize,
    },
    /// Resident memory of the real server while phones upload photos.
    Memory {
        /// The program `paicha`, built for release.
        #[arg(long)]
        server: PathBuf,
        #[arg(long, default_value_t = 200)]
        phones: usize,
        /// Bits a second of each phone's uplink.
        #[arg(long, default_value_t = 1_000_000)]
        bits_per_second: u64,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum EngineName {
    Sqlite,
    Postgres,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Sqlite => Self::Sqlite,
            EngineName::Postgres => Self::Postgres,
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Push { engine, ops } => push::run(engine.into(), ops).await,
        Command::Pull { engine, ops, many } => pull::run(engine.into(), ops, many).await,
        Command::Reports { engine, records, server, rows } => reports::run(engine.into(), &server, records, rows).await,
        Command::Memory { server, phones, bits_per_second } => memory::run(&server, phones, bits_per_second).await,
    }
}

#[cfg(test)]
mod tests {
    //! The forms are checked against what they should say before they are measured; here on little, so that a plot that has become wrong is
    //! found before somebody needs it.

    use super::*;

    #[tokio::test]
    async fn the_forms_are_measured() -> Result<()> {
        let program = paicha_tests::program::binary()?;
        reports::run(Engine::Sqlite, &program, 1, 2).await
    }
}
