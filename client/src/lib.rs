//! The phone's half of the sync protocol: a core without I/O and a driver over HTTP and SQLite.
