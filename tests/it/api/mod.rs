//! The interface as phones and browsers see it: real HTTP against a real server on both engines.
//!
//! One file per subject; each test has a server with its own data folder and database. What a newcomer gets wrong: a new endpoint needs
//! its row in `permissions`, and the clock stands still until the test moves it.

mod acts;
mod audit;
mod auth;
mod catalogue;
mod circles;
mod derive;
mod devices;
mod endpoints;
mod enterprises;
mod findings_rig;
mod form_life;
mod forms;
mod geojson;
mod handovers;
mod hazards;
mod imports;
mod inspections;
mod integrity;
mod lanes;
mod late_findings;
mod numbers;
mod permissions;
mod photo_rig;
mod photos;
mod reviews;
mod stock_clients;
mod tasks;
mod upload_crowd;
mod upload_failures;
mod uploads;
mod users;
mod web;
