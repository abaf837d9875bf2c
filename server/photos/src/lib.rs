//! The photo path of Paicha: bytes in, facts and derivatives out. No I/O.
