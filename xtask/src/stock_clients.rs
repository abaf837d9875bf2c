//! Upload clients that others wrote, installed for the tests: tus-js-client for Node and tuspy for Python.
//!
//! They stand in `tests/stock-clients` with exact versions and are installed into the user's cache, in a folder named after
//! those, so that a changed version is a new folder. What a newcomer gets wrong: nothing is written into the clone, and a
//! folder counts only when its last line of work, the mark, is there.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::tools::{self, run, run_quietly};

/// Holds the folder of the installed clients; read by the tests.
pub(crate) const FOLDER_VARIABLE: &str = "PAICHA_TEST_STOCK_CLIENTS";

const FILES: [&str; 3] = ["package.json", "package-lock.json", "requirements.txt"];

/// Installs the clients and says how tests find them.
pub(crate) fn print() -> Result<()> {
    println!("export {FOLDER_VARIABLE}='{}'", ensure()?.display());
    Ok(())
}

/// The folder of the clients, installed when they are missing.
pub(crate) fn ensure() -> Result<PathBuf> {
    let source = tools::root().join("tests/stock-clients");
    let mut hasher = DefaultHasher::new();
    for file in FILES {
        fs::read(source.join(file)).with_context(|| format!("{file} is missing"))?.hash(&mut hasher);
    }
    let folder = tools::cache_folder().join(format!("stock-clients-{:016x}", hasher.finish()));
    let mark = folder.join("complete");
    ensure_programs()?;
    if mark.is_file() {
        return Ok(folder);
    }
    println!("    installing stock clients into {}", folder.display());
    fs::create_dir_all(&folder)?;
    for file in FILES {
        fs::copy(source.join(file), folder.join(file))?;
    }
    let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").args(quiet).current_dir(&folder))?;
    let environment = folder.join("venv");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut install = Command::new(environment.join("bin/pip"));
    run(install
        .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(folder.join("requirements.txt")))?;
    fs::write(mark, "")?;
    Ok(folder)
}

/// Node with npm, and Python that can make environments; installs Debian's when this is root.
fn ensure_programs() -> Result<()> {
    if are_there() {
        return Ok(());
    }
    const PACKAGES: [&str; 4] = ["nodejs", "npm", "python3", "python3-venv"];
    let is_root = run_quietly(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || tools::folder_on_path("apt-get").is_none() {
        bail!(
            "node, npm or python3 with venv is missing: install them (on Debian: apt-get install {})",
            PACKAGES.join(" ")
        );
    }
    println!("    node, npm or python3 with venv is missing: installing them with apt-get");
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    for arguments in [&["update", "-q"][..], &[&install[..], &PACKAGES[..]].concat()] {
        run_quietly(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    if are_there() { Ok(()) } else { bail!("apt-get installed no node, npm or python3 with venv") }
}

fn are_there() -> bool {
    let works = |program: &str, arguments: &[&str]| run_quietly(Command::new(program).args(arguments)).is_ok();
    works("node", &["--version"]) && works("npm", &["--version"]) && works("python3", &["-c", "import venv, ensurepip"])
}
