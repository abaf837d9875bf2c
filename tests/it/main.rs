//! The integration tests, one binary: a second one would link everything twice.
//!
//! `contract` runs every database function on both engines; `tidy` reads the source and keeps the rules of
//! ARCHITECTURE.md. What a newcomer gets wrong: a new file needs its `mod` line here or in its folder, or it never runs.

mod contract;
mod kill;
mod stories;
mod sync;
mod tidy;
