//! Integration tests of Paicha: one binary.
