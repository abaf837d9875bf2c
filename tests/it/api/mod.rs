//! The interface as phones and browsers see it: real HTTP against a real server on both engines.
//!
//! One file per subject. What a newcomer gets wrong: a new endpoint needs its row in `permissions`, or that test fails.

mod auth;
mod devices;
mod endpoints;
mod permissions;
mod users;
