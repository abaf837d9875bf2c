//! The server of Paicha: field inspections from offline phones into a hazard ledger. ARCHITECTURE.md names the rooms and who may import
//! whom; a test holds the source against it.

pub mod app;
pub mod auth;
pub mod blobs;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod demo;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod lanes;
pub mod start;
pub mod telemetry;
pub mod tls;
pub mod usecases;
