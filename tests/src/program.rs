//! The real `paicha` program for the tests that kill it: started on a free port, killed like a power cut, started again on the same data.
//!
//! `cargo xtask test` builds it with the crash points and names it in the variable below. What a newcomer gets wrong: without the
//! program a test fails and says what to run; it is never skipped.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Holds the path of the program, built with the feature `failpoints`.
pub const BINARY_VARIABLE: &str = "PAICHA_TEST_BINARY";
/// Longest time a server may take to listen; CI machines are slow.
const START_MAX: Duration = Duration::from_secs(60);
/// Longest time a server that was told to die at a point may take to get there.
const DEATH_MAX: Duration = Duration::from_secs(30);

/// The program under test.
///
/// # Errors
/// When nobody built it; says what to run.
pub fn binary() -> Result<PathBuf> {
    match std::env::var_os(BINARY_VARIABLE) {
        Some(path) if !path.is_empty() => Ok(path.into()),
        Some(_) | None => bail!(
            "no program to kill: run `cargo xtask test`, or `cargo build --workspace --bin paicha` and set \
             {BINARY_VARIABLE} to the absolute path of target/debug/paicha (kill tests are never skipped)"
        ),
    }
}

/// A running server process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts the server on this data; `failpoints` names the points to die at, `""` for none.
    ///
    /// # Errors
    /// When it does not listen in time; with the end of its log.
    pub async fn start(data: &Path, database_url: &str, failpoints: &str) -> Result<Self> {
        let log = data.with_extension("log");
        let said = std::fs::File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(binary()?);
        command.arg("--data").arg(data).args(["--database", database_url, "--listen", "127.0.0.1:0"]);
        // Three connections: many tests share one PostgreSQL.
        command.args(["--set", "database.connections_max=3", "serve"]);
        // Nothing of the tests' own environment is a setting of the server.
        command.env_clear().env("FAILPOINTS", failpoints);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(said).kill_on_drop(true);
        let mut child =
            command.spawn().with_context(|| format!("{} does not start", binary().unwrap_or_default().display()))?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let mut program = Self { url: String::new(), child, log };
        let mut lines = BufReader::new(stdout).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, url)) = line.split_once("http://") {
                    return Ok(format!("http://{}", url.trim()));
                }
            }
            bail!("the server ended before it listened")
        };
        let url = tokio::time::timeout(START_MAX, listening).await.context("the server did not listen in time")?;
        program.url = url.with_context(|| program.end_of_log())?;
        Ok(program)
    }

    /// The end of what it logged, for messages.
    #[must_use]
    pub fn end_of_log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let start = log.char_indices().rev().nth(2_000).map_or(0, |(start, _)| start);
        format!("log of the server: {}", &log[start..])
    }

    /// Waits until it died by itself.
    ///
    /// # Errors
    /// When it lives too long.
    pub async fn wait_for_death(&mut self) -> Result<ExitStatus> {
        let died = tokio::time::timeout(DEATH_MAX, self.child.wait()).await;
        Ok(died.with_context(|| format!("the server lives on; {}", self.end_of_log()))??)
    }

    /// Kills it like a power cut: SIGKILL, nothing is flushed.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}
