//! The harness of the integration tests: databases and whole servers of their own for each test.
//!
//! Not the tests themselves, which are one binary under `it/`. What a newcomer gets wrong: PostgreSQL is never skipped. A
//! test that needs it and finds none fails and says how to start one.

pub mod app;
pub mod databases;
pub mod phones;
pub mod postgres;
pub mod program;
pub mod proxy;

use std::path::PathBuf;

/// The root of the workspace whose tests run. Asked for at run time, since a `target` folder may be copied between clones.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let member = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(member).join("..")
}
