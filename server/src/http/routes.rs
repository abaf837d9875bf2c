//! One file per resource; each has the same parts in the same order: routes, request, response, handler.

pub(super) mod findings;
pub(super) mod forms;
pub(super) mod health;
pub(super) mod operations;
pub(super) mod photos;
pub(super) mod places;
pub(super) mod reviews;
pub(super) mod sync;
