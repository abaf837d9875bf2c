//! The phone's half of the sync protocol: pure decisions and a driver over HTTP and one SQLite file.

pub mod http;
pub mod phone;
pub mod pure;
pub mod store;
pub mod surroundings;
pub mod system;
pub mod transport;

#[cfg(test)]
mod fake_server;
#[cfg(test)]
mod test_data;
