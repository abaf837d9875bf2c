//! Keeps the C library's memory allocator small before the server starts. What a newcomer gets wrong: the limits are read by glibc before
//! `main`, so they can only stand in the environment of a program that is starting; the server therefore starts itself once more, in the
//! same process, with them. Whoever sets one of them has decided, and nothing is changed (decision 0252).

/// What is set: two arenas instead of eight per core, and buffers of 128 KiB and more go back to the system when they are freed.
const SETTINGS: [(&str, &str); 3] =
    [("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "131072"), ("MALLOC_TRIM_THRESHOLD_", "131072")];

/// Starts this program again with the limits in its environment. Comes back when they are there already, or when it cannot be done: the
/// server then runs with more memory and is otherwise the same.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn keep_small() {
    use std::os::unix::process::CommandExt as _;
    if SETTINGS.iter().any(|(name, _)| std::env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let error = command.args(arguments).envs(SETTINGS).exec();
    super::output::print_error(&anyhow::Error::new(error).context("内存上限没有设成，服务照常启动"));
}

/// Other C libraries have no such limits.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn keep_small() {
    let _ = SETTINGS;
}
