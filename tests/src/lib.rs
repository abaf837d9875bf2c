//! The harness of the integration tests: databases and whole servers of their own for each test.
//!
//! Not the tests themselves, which are one binary under `it/`. What a newcomer gets wrong: PostgreSQL is never skipped. A
//! test that needs it and finds none fails and says how to start one.

pub mod app;
pub mod databases;
pub mod postgres;
