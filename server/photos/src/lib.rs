//! The photo path of Paicha: bytes in, facts and derivatives out. No I/O, no clock, no threads: the caller reads the blob, bounds
//! memory with [`estimate_memory_bytes`], calls [`derive()`] on a blocking thread and stores what comes back. It does not keep or
//! judge evidence: originals are never changed here. A newcomer's mistake: looking for an error; every input ends in a
//! [`DeriveState`], and the facts survive all of them.
//!
//! ```text
//! sniff ─► header (limits) ─► facts ─► decode ─► resize ─► orient ─► colour ─► encode preview
//!                                                                         └─► resize ─► encode thumbnail, hash
//! ```

mod colour;
mod decode;
mod derive;
mod encode;
mod facts;
mod hash;
mod header;
mod jpeg;
pub mod limits;
mod orient;
mod outcome;
mod png;
mod raster;
mod resize;
pub mod sample;
mod sniff;

pub use derive::{DERIVE_VERSION, Derived, derive};
pub use encode::Picture;
pub use facts::{ExifFacts, Facts, GpsPosition, read_facts};
pub use header::estimate_memory_bytes;
pub use limits::DeriveLimits;
pub use outcome::{DeriveError, DeriveState, RefusedReason, UnsupportedReason};
pub use sniff::{PhotoType, sniff};
