//! One file per resource; each has the same parts in the same order: routes, request, response, handler.

pub(super) mod auth;
pub(super) mod devices;
pub(super) mod findings;
pub(super) mod forms;
pub(super) mod health;
<<<<<<< HEAD
pub(super) mod imports;
pub(super) mod openapi;
<<<<<<< HEAD
=======
pub(super) mod openapi;
>>>>>>> part/reading
pub(super) mod operations;
pub(super) mod photos;
pub(super) mod places;
pub(super) mod reviews;
<<<<<<< HEAD
=======
>>>>>>> part/demo
=======
>>>>>>> part/reading
pub(super) mod sync;
pub(super) mod uploads;
pub(super) mod users;
