//! The server as clients see it, over HTTP on loopback.
//!
//! Each test starts a server of its own with its own data folder and database. What a newcomer gets wrong: the clock stands
//! still until the test moves it.

mod derive;
mod photo_rig;
mod stock_clients;
mod upload_crowd;
mod upload_failures;
mod uploads;
