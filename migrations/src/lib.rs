//! The tables of Paicha for SQLite and PostgreSQL, in pairs.
