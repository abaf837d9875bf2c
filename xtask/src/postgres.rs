//! A private PostgreSQL server for the tests: found or installed, made, started, and gone in the end.
//!
//! It lives in a temporary folder, listens on a socket in there and nowhere else, sorts text by bytes and syncs like a real
//! one. PostgreSQL refuses to run as root, so as root it runs as the user `postgres`. What a newcomer gets wrong: the
//! server must also stop when this program is killed. So each one has a guardian, a shell in a session of its own that
//! waits for the end of its input: when this process ends, however it ends, the pipe closes and the guardian stops the
//! server and removes the folder.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, process};

use anyhow::{Context as _, Result, bail};

use crate::tools::{self, run_quietly};

/// Holds the URL of the server for the tests; read by `paicha-tests`.
pub(crate) const URL_VARIABLE: &str = "PAICHA_TEST_POSTGRES_URL";

/// The oldest major version that works.
const VERSION_MIN: u32 = 15;

/// Many tests, each with a small pool.
const CONNECTIONS_MAX: u32 = 300;

const GUARDIAN: &str = r#"cat >/dev/null; "$@" stop -D "$DATA" -m immediate -s; rm -rf "$FOLDER""#;

/// A running server that stops when this is dropped or this process ends.
pub(crate) struct Server {
    url: String,
    guardian: Option<Child>,
}

impl Server {
    /// Starts a server, or takes the one the environment names.
    pub(crate) fn start() -> Result<Self> {
        if let Some(url) = env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty()) {
            println!("    using the server that {URL_VARIABLE} names");
            return Ok(Self { url, guardian: None });
        }
        let cluster =
            Cluster { folder: env::temp_dir().join(format!("paicha-test-{}", process::id())), programs: find()? };
        // Before the server, so that there is no moment in which it could be left alone.
        let guardian = Some(cluster.guardian()?);
        let server = Self { url: cluster.url(), guardian };
        cluster.create()?;
        cluster.start()?;
        println!("    {} on {}", cluster.programs.version, cluster.folder.display());
        Ok(server)
    }

    /// The URL of its maintenance database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(guardian) = &mut self.guardian {
            drop(guardian.stdin.take());
            if let Err(error) = guardian.wait() {
                println!("    the PostgreSQL server may still run: {error}");
            }
        }
    }
}

/// `cargo xtask postgres`: starts the kept server unless it runs, and prints the variable.
pub(crate) fn keep() -> Result<()> {
    let cluster = kept()?;
    if !cluster.is_running() {
        if !cluster.folder.join("data/PG_VERSION").is_file() {
            cluster.create()?;
        }
        cluster.start()?;
    }
    println!("export {URL_VARIABLE}='{}'", cluster.url());
    Ok(())
}

/// `cargo xtask postgres --stop`.
pub(crate) fn stop_kept() -> Result<()> {
    let cluster = kept()?;
    if cluster.is_running() {
        run_quietly(cluster.pg_ctl().args(["stop", "-m", "fast", "-w"]))?;
    }
    if cluster.folder.exists() {
        fs::remove_dir_all(&cluster.folder)?;
    }
    println!("stopped");
    Ok(())
}

/// One kept server for each clone, so that two branches do not share templates by accident.
fn kept() -> Result<Cluster> {
    let mut hasher = DefaultHasher::new();
    fs::canonicalize(tools::root())?.hash(&mut hasher);
    let folder = env::temp_dir().join(format!("paicha-postgres-{:08x}", hasher.finish() & 0xffff_ffff));
    Ok(Cluster { folder, programs: find()? })
}

/// The programs of one PostgreSQL.
struct Programs {
    folder: PathBuf,
    version: String,
}

struct Cluster {
    folder: PathBuf,
    programs: Programs,
}

impl Cluster {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }

    fn guardian(&self) -> Result<Child> {
        let mut command = Command::new("setsid");
        command.args(["sh", "-c", GUARDIAN, "guardian"]).args(self.words("pg_ctl"));
        command.env("DATA", self.data()).env("FOLDER", &self.folder).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().context("setsid does not start")
    }

    fn create(&self) -> Result<()> {
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder)?;
        if is_root() {
            run_quietly(Command::new("chown").arg("postgres").arg(&self.folder))?;
        }
        run_quietly(Command::new("chmod").arg("700").arg(&self.folder))?;
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(self.data()).args(["--username=postgres", "--auth=trust", "--no-sync"]);
        run_quietly(initdb.args(["--encoding=UTF8", "--locale=C"]))?;
        Ok(())
    }

    fn start(&self) -> Result<()> {
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections={CONNECTIONS_MAX}",
            self.folder.display()
        );
        let log = self.folder.join("log");
        let mut start = self.pg_ctl();
        start.args(["start", "-w", "-t", "60", "-o", &options]).arg("-l").arg(&log);
        // The server inherits the output; a pipe would stay open as long as it runs.
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if !status.success() {
            bail!("PostgreSQL does not start: {}", fs::read_to_string(log).unwrap_or_default());
        }
        Ok(())
    }

    fn is_running(&self) -> bool {
        self.pg_ctl().arg("status").output().is_ok_and(|output| output.status.success())
    }

    fn pg_ctl(&self) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(self.data());
        command
    }

    fn command(&self, program: &str) -> Command {
        let words = self.words(program);
        let mut command = Command::new(&words[0]);
        // The user `postgres` may not enter the folder we stand in.
        command.args(&words[1..]).current_dir("/");
        command
    }

    /// The command line of a program, as the user who may run it.
    fn words(&self, program: &str) -> Vec<String> {
        let program = self.programs.folder.join(program).display().to_string();
        if !is_root() {
            return vec![program];
        }
        let become_postgres: &[&str] =
            if tools::folder_on_path("runuser").is_some() || Path::new("/usr/sbin/runuser").is_file() {
                &["runuser", "-u", "postgres", "--"]
            } else {
                &["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            };
        become_postgres.iter().map(ToString::to_string).chain([program]).collect()
    }
}

fn is_root() -> bool {
    run_quietly(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The newest PostgreSQL here; installs Debian's when there is none and this is root.
fn find() -> Result<Programs> {
    if let Some(programs) = newest() {
        return Ok(programs);
    }
    if !is_root() || tools::folder_on_path("apt-get").is_none() {
        bail!("PostgreSQL {VERSION_MIN} or newer is missing: install it (on Debian: apt-get install postgresql)");
    }
    println!("    PostgreSQL is missing: installing it with apt-get");
    for arguments in [&["update", "-q"][..], &["install", "-q", "-y", "--no-install-recommends", "postgresql"][..]] {
        run_quietly(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    newest().with_context(|| format!("apt-get installed no PostgreSQL {VERSION_MIN} or newer"))
}

fn newest() -> Option<Programs> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = debian.map(|entry| entry.path().join("bin")).chain(tools::folder_on_path("initdb"));
    let found = folders.filter_map(|folder| {
        let version = run_quietly(Command::new(folder.join("postgres")).arg("--version")).ok()?;
        let major: u32 = version.split(' ').nth(2)?.split('.').next()?.trim().parse().ok()?;
        Some((major, Programs { folder, version: version.trim().to_owned() }))
    });
    found.filter(|(major, _)| *major >= VERSION_MIN).max_by_key(|(major, _)| *major).map(|(_, programs)| programs)
}
