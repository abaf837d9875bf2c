//! One file per resource; each has the same parts in the same order: routes, request, response, handler.

pub(super) mod acts;
pub(super) mod audit;
pub(super) mod auth;
pub(super) mod base_map;
pub(super) mod catalogue;
pub(super) mod devices;
pub(super) mod findings;
pub(super) mod form_life;
pub(super) mod forms;
pub(super) mod handovers;
pub(super) mod health;
pub(super) mod imports;
pub(super) mod ledger;
pub(super) mod numbers;
pub(super) mod openapi;
pub(super) mod operations;
pub(super) mod photos;
pub(super) mod places;
pub(super) mod rescue;
pub(super) mod reviews;
pub(super) mod sync;
pub(super) mod tasks;
pub(super) mod uploads;
pub(super) mod users;
