<<<<<<< HEAD
<<<<<<< HEAD
//! The interface as phones and browsers see it: real HTTP against a real server on both engines.
//!
//! One file per subject. What a newcomer gets wrong: a new endpoint needs its row in `permissions`, or that test fails.

mod auth;
<<<<<<< HEAD
=======
//! The server as clients see it, over HTTP on loopback.
//!
//! Each test starts a server of its own with its own data folder and database. What a newcomer gets wrong: the clock stands
=======
//! The interface as phones and browsers see it: real HTTP against a real server on both engines.
//!
//! One file per subject; each test has a server with its own data folder and database. What a newcomer gets wrong: the clock stands
>>>>>>> part/reading
//! still until the test moves it.

mod auth;
mod derive;
mod photo_rig;
mod stock_clients;
mod upload_failures;
mod uploads;
<<<<<<< HEAD
>>>>>>> part/uploads
=======
mod imports;
>>>>>>> part/demo
=======
>>>>>>> part/reading
