//! The sync protocol of Paicha, as pure code: wire types, the record schema as data, merge, workflow, the numbers and columns
//! of the forms. No I/O, no async, no clock, no randomness: whatever varies is passed in, so a phone, a server and a test get the
//! same answer from the same bytes. What a newcomer gets wrong: nothing here refuses evidence; a readable operation always
//! gets a place, and the result says what became of it.

pub mod appendix;
pub mod canonical;
pub mod cursor;
pub mod digest;
pub mod form;
pub mod geo;
pub mod ids;
pub mod ledger;
pub mod limits;
pub mod merge;
pub mod op;
pub mod problem;
pub mod pull;
pub mod push;
pub mod record;
pub mod rescue;
pub mod role;
pub mod schema;
pub mod text;
pub mod time;
pub mod uscc;
pub mod words;
pub mod workflow;
