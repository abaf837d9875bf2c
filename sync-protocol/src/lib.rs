//! The sync protocol of Paicha: wire types, record schema, merge, workflow and form numbers. Pure.

pub mod appendix;
pub mod uscc;
