//! The server as a process of its own, watched through `/proc` (Linux). What a newcomer gets wrong: resident memory counts the pages of
//! the program file too; the limit of a container counts nearly the same.

use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const SAMPLE_EVERY: Duration = Duration::from_millis(200);
const STOP_WAIT: Duration = Duration::from_secs(30);

/// A running `paicha serve`; killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pid: u32,
    /// `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    peak_kb: Arc<AtomicU64>,
}

impl Server {
    pub(crate) async fn start(program: &Path, folder: &Path) -> Result<Self> {
        Self::start_with(program, folder, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(program: &Path, folder: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--set", "log.filter=warn", "--data"]).arg(folder);
        for (name, value) in settings {
            command.args(["--set", &format!("{name}={value}")]);
        }
        command.stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().context("the server does not start")?;
        let pid = child.id().context("the server ended at once")?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let address = loop {
            let Some(line) = lines.next_line().await? else { bail!("the server said no address") };
            if let Some(at) = line.find("http://") {
                break line[at..].trim().to_owned();
            }
        };
        let peak_kb = Arc::new(AtomicU64::new(0));
        let peak = peak_kb.clone();
        tokio::spawn(async move {
            while let Ok(now) = status_kb(pid, "VmRSS:") {
                peak.fetch_max(now, Ordering::Relaxed);
                tokio::time::sleep(SAMPLE_EVERY).await;
            }
        });
        Ok(Self { child, pid, address, peak_kb })
    }

    /// Resident memory now.
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        Ok(megabytes(status_kb(self.pid, "VmRSS:")?))
    }

    /// The most so far: of the samples, and as the kernel counted it.
    pub(crate) fn peaks_mb(&self) -> Result<(f64, f64)> {
        Ok((megabytes(self.peak_kb.load(Ordering::Relaxed)), megabytes(status_kb(self.pid, "VmHWM:")?)))
    }

    /// Asks it to stop in order, and waits.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.pid.to_string()).status().await?;
        tokio::time::timeout(STOP_WAIT, self.child.wait()).await.context("the server does not stop")??;
        Ok(())
    }
}

fn status_kb(pid: u32, name: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("the process has ended")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn megabytes(kb: u64) -> f64 {
    f64::from(u32::try_from(kb).unwrap_or(u32::MAX)) * 1024.0 / 1_000_000.0
}
