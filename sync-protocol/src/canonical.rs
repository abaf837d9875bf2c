//! One spelling for stored JSON. `serde_json` keeps object keys in order of name (its map is a B-tree), so equal values give equal
//! bytes, and a stored state can be compared with a rebuilt one byte for byte.

use serde::Serialize;

/// The compact JSON of `value`.
///
/// # Panics
/// Never for our own types: they have string keys only and no failing `Serialize`.
pub fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our types have string keys and infallible Serialize implementations")
}
