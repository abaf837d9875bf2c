//! The printed forms of Paicha: plain data in, file bytes out. No I/O.
