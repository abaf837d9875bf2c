//! The integration tests, one binary: a second one would link everything twice.
//!
//! `api` asks a whole server over HTTP, `contract` runs every database function on both engines; `tidy` reads the source and keeps the rules of
//! ARCHITECTURE.md. What a newcomer gets wrong: a new file needs its `mod` line here or in its folder, or it never runs.

mod api;
mod contract;
mod demo;
mod kill;
mod stories;
mod sync;
mod tidy;
