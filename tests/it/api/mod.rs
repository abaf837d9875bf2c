//! The interface as phones and browsers see it: real HTTP against a real server on both engines.
//!
//! One file per subject; each test has a server with its own data folder and database. What a newcomer gets wrong: the clock stands
//! still until the test moves it.

mod auth;
mod derive;
mod findings_rig;
mod forms;
mod geojson;
mod hazards;
mod inspections;
mod photo_rig;
mod photos;
mod upload_failures;
mod uploads;
