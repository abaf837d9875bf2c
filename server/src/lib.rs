//! The server of Paicha: field inspections from offline phones into a hazard ledger.

pub mod auth;
pub mod clock;
pub mod config;
pub mod ids;
pub mod telemetry;
pub mod tls;
