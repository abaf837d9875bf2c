//! Other programs: how they are run, found and, where the gate cannot do without them, installed.
//!
//! What is installed goes outside the clone. What a newcomer gets wrong: no program may read from the terminal, since CI
//! has none.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// The workspace, in which every command runs. Asked for at run time: a `target` folder that was copied from another
/// clone holds programs that would otherwise work on that one.
pub(crate) fn root() -> PathBuf {
    let member =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    member.join("..")
}

/// Cargo with these arguments, in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs a program to its end, its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().display().to_string();
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("{name} does not start"))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}

/// Runs a program to its end; its output, or an error that holds what it said.
pub(crate) fn run_quietly(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{name} does not start"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{name} ended with {}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(said)
}

/// Whether `cargo nextest` works here.
pub(crate) fn has_nextest() -> bool {
    cargo(&["nextest", "--version"]).output().is_ok_and(|output| output.status.success())
}

/// The folder of a program on the search path.
pub(crate) fn folder_on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find(|folder| folder.join(program).is_file())
}

/// cargo-deny, installed into the user's cache when it is missing.
pub(crate) fn ensure_cargo_deny() -> Result<PathBuf> {
    if let Some(folder) = folder_on_path("cargo-deny") {
        return Ok(folder.join("cargo-deny"));
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(env::temp_dir);
    let root = cache.join("paicha/tools");
    let program = root.join("bin/cargo-deny");
    if !program.is_file() {
        println!("    cargo-deny is missing: installing it into {} (some minutes, once)", root.display());
        // Outside the workspace, so that its toolchain and build folder are not used.
        let mut install = cargo(&["install", "cargo-deny", "--locked", "--quiet"]);
        run(install.arg("--root").arg(&root).current_dir(env::temp_dir()))?;
    }
    Ok(program)
}
