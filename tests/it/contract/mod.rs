//! The contract of `paicha-db`: what every function does, the same on both engines.
//!
//! One file per file of `server/db/src`. Rules of the domain are not tested here. What a newcomer gets wrong: a new public
//! function of `paicha-db` must be called here by name, or `coverage` fails.

mod coverage;
mod engine;
mod engine_cancel;
mod engine_errors;
mod meta;
mod photos_to_settle;
