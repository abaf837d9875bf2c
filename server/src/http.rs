//! HTTP: a request becomes a call of a use case, its result becomes a response. No decisions here, no SQL, no store. Every route stands in
//! the OpenAPI document because the router is built from it. What a newcomer gets wrong: answering an outcome of sync with an error
//! status; outcomes are data, and errors are for requests that cannot be served.

pub mod body;
pub mod conditions;
pub mod download;
pub mod extract;
mod lanes;
pub mod page;
pub mod parameters;
pub mod problem;
mod problem_accounts;
mod problem_imports;
pub mod ranges;
pub mod router;
mod routes;
mod tus;
mod web;

pub use router::{openapi, router};
