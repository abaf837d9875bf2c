//! How much one record may hold: a record is read whole, sent to phones whole, and decided whole under a lock, so one that grows without
//! end stops a village. What a newcomer gets wrong: a share of one author, or the first to write a lot would silence the others.

use crate::limits::{FIELDS_OF_RECORD_MAX, RECORD_VALUES_BYTES_MAX, RECORD_VALUES_BYTES_OF_ONE_MAX, VALUE_BYTES_MAX};
use crate::record::{Entry, Record, Stamp};
use serde_json::Value;

/// About how many bytes a value takes as JSON: exact enough for a limit, and without writing it.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(weight).sum::<usize>(),
        Value::Object(fields) => 2 + fields.iter().map(|(name, value)| name.len() + 4 + weight(value)).sum::<usize>(),
    }
}

/// Whether a single value is more than anything a person writes down.
pub(super) fn is_too_long(value: &Value) -> bool {
    weight(value) > VALUE_BYTES_MAX
}

/// Whether a record has no room for another value of this author in this field.
pub(super) fn is_overfull(record: &Record, field: &str, value: &Value, stamp: &Stamp) -> bool {
    if !record.fields.contains_key(field) && record.fields.len() >= FIELDS_OF_RECORD_MAX {
        return true;
    }
    let registers = record.fields.values().flat_map(|register| &register.entries);
    let past = record.past.values().flatten();
    let (mut all, mut own) = (weight(value), weight(value));
    for Entry { value, stamp: by, .. } in registers.chain(past) {
        let weight = weight(value);
        all += weight;
        own += if by.author == stamp.author { weight } else { 0 };
    }
    all > RECORD_VALUES_BYTES_MAX || own > RECORD_VALUES_BYTES_OF_ONE_MAX
}
