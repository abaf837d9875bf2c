//! The web apps: installed by lock file, built, checked and tested in a browser. What a newcomer gets wrong: the server builds and runs without
//! Node too; only the gate insists on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};

use crate::tools::{self, run, run_quietly};

/// Oldest Node that builds the apps: what Vite asks for.
const NODE_MIN: (u32, u32) = (20, 19);

/// Debian's Chromium.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Built again when something in these folders, beside `web` itself, is newer.
const BUILT_FROM: [&str; 6] =
    ["docs/openapi.json", "docs/schema.json", "web/scripts", "web/shared", "web/field", "web/console"];

fn folder() -> PathBuf {
    tools::root().join("web")
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder());
    command
}

/// Builds the apps for the demo, where Node is there; says so where it is not.
pub(crate) fn build_if_possible() {
    let built = ensure_node().and_then(|()| build_if_stale());
    if let Err(error) = built {
        println!("    the web apps are left out: {error:#}");
    }
}

/// Installs what the apps are built with, and builds them.
pub(crate) fn build() -> Result<()> {
    ensure_node()?;
    ensure_packages()?;
    run(&mut npm(&["run", "--silent", "build"]))
}

/// Types and unit tests.
pub(crate) fn check() -> Result<()> {
    run(&mut npm(&["run", "--silent", "check"]))?;
    run(&mut npm(&["run", "--silent", "test"]))
}

/// The apps in a real browser against the real program.
pub(crate) fn in_browser(variable: &str, program: &Path) -> Result<()> {
    ensure_chromium()?;
    run(npm(&["run", "--silent", "e2e"]).env(variable, program))
}

fn ensure_node() -> Result<()> {
    let said = run_quietly(Command::new("node").arg("--version")).context("Node is missing")?;
    let mut parts = said.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let (major, minor) = NODE_MIN;
    ensure!(found >= NODE_MIN, "Node {} is too old: install {major}.{minor} or newer", said.trim());
    run_quietly(Command::new("npm").arg("--version")).context("npm is missing")?;
    Ok(())
}

fn ensure_packages() -> Result<()> {
    let installed = modified(&folder().join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&folder().join("package-lock.json")) {
        return Ok(());
    }
    println!("    installing what the web apps are built with");
    run(&mut npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

fn build_if_stale() -> Result<()> {
    let built = ["field", "console"].map(|app| modified(&folder().join(app).join("dist/index.html")));
    let oldest = built.into_iter().min().flatten();
    let newest = BUILT_FROM.iter().filter_map(|path| newest_below(&tools::root().join(path))).max();
    if oldest.is_some() && oldest >= newest {
        return Ok(());
    }
    println!("    building the web apps");
    build()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// When the newest source below was changed.
fn newest_below(path: &Path) -> Option<SystemTime> {
    let Ok(entries) = fs::read_dir(path) else { return modified(path) };
    let made = ["node_modules", "dist", "generated"];
    let sources = entries.flatten().filter(|entry| !made.iter().any(|name| entry.file_name() == *name));
    sources.filter_map(|entry| newest_below(&entry.path())).max()
}

fn ensure_chromium() -> Result<()> {
    if Path::new(CHROMIUM).is_file() {
        return Ok(());
    }
    ensure!(tools::folder_on_path("apt-get").is_some(), "{CHROMIUM} is missing: install Debian's package chromium");
    println!("    chromium is missing: installing it with apt-get");
    let install = ["install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"];
    for arguments in [&["update", "-q"][..], &install[..]] {
        run_quietly(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    if Path::new(CHROMIUM).is_file() { Ok(()) } else { bail!("apt-get installed no {CHROMIUM}") }
}
