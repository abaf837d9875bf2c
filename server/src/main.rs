//! The `paicha` program.
fn main() {}
