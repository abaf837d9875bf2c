//! The phone's half of the sync protocol: a pure core ([`pure`]) that decides, and a driver ([`phone::Phone`]) that keeps one SQLite file
//! ([`store::Store`]) and talks to a server through a [`transport::Transport`]. Tests, the simulation, the load generator and
//! `paicha phone` all run this same code. What a newcomer gets wrong: the phone never merges and never deletes; it keeps, sends,
//! and shows the server's answer with its own pending work laid over it.

pub mod http;
pub mod phone;
pub mod pure;
pub mod store;
pub mod surroundings;
pub mod system;
pub mod transport;

pub use phone::{Phone, PhoneError};

#[cfg(test)]
mod fake_server;
#[cfg(test)]
mod test_data;
