//! The record kinds and their fields, as data. Validation, merge, the API description and `docs/fields.md` read this one table, so a
//! new record kind is a new entry in [`KINDS`], not new code. What a newcomer gets wrong: "required" never turns a record away;
//! a missing field makes the record incomplete, and the form asks for it.

mod codes;
mod hazard;
mod inspection;
mod kinds;
mod task;

use crate::workflow::Needs;
pub use codes::*;
pub use kinds::*;
use serde_json::Value;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// Free text.
    Text,
    /// One of these codes.
    Code(&'static [&'static str]),
    /// A set of these codes, as a JSON array.
    Codes(&'static [&'static str]),
    /// A set of free texts (names, criterion ids), as a JSON array.
    Texts,
    /// A whole number within 53 bits.
    Integer,
    /// true or false.
    Flag,
    /// An instant, RFC 3339.
    Instant,
    /// A day, `YYYY-MM-DD`, in Asia/Shanghai.
    Day,
    /// A position with its datum (see `geo::Fix`).
    Fix,
    /// The id of a record of this kind.
    Reference(&'static str),
    /// The ids of records of this kind, as a JSON array.
    References(&'static str),
    /// 64 hexadecimal digits.
    Sha256,
    /// A JSON object whose inside this version does not look at.
    Object,
}

/// Who wins when several phones wrote a field without having seen each other; domain 4.2 in data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeRule {
    /// Only operations of the server's own devices write it.
    ServerOnly,
    /// The value later in this list wins; going back needs an authorised operation. Safest first.
    MaxDanger(&'static [&'static str]),
    /// The value later in this list wins among concurrent ones; a newer one replaces what it had seen.
    MostOpen(&'static [&'static str]),
    /// The earlier instant or day wins; going later needs an authorised operation.
    Earliest,
    /// The later instant wins.
    Latest,
    /// Once true, true.
    TrueWins,
    /// Sets: everything anybody added.
    Union,
    /// Positions: all kept, the most accurate that is not mocked is shown.
    BestFix,
    /// Texts: all kept and shown together until somebody edits them.
    KeepBoth,
    /// Texts: all kept, the longest is shown.
    Longest,
    /// All kept, one is shown, and a person is asked.
    Ask,
    /// Every text is added with its author and time; nothing replaces anything.
    Append,
}

/// Who may write a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Everybody who may write records in the village.
    Anyone,
    /// The declaration of a photo (`photo.attach`) and nothing else: what identifies evidence is never edited.
    Declaration,
    /// `link_duplicate` and nothing else.
    Link,
    /// Authors with one of these roles in the village.
    Roles(&'static [crate::role::Role]),
    /// The server's own devices.
    Server,
}

/// When a change of a field waits for people, and for whom (domain 2.5 and 4.2). Values that only make things look more dangerous never
/// wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarding {
    /// Never.
    Open,
    /// A value that the rule of the field ranks as safer than the one the author saw.
    Safer(Needs),
    /// As [`Guarding::Safer`], by the level of the hazard: first a 一般 one, then all others.
    SaferByLevel(Needs, Needs),
    /// A safer level: first from 疑似, then from a judged 重大.
    Level(Needs, Needs),
    /// A value other than the one the author saw.
    Change(Needs),
    /// A text shorter than the one the author saw, by somebody else than who made the record.
    Shortening(Needs),
    /// Any value.
    Always(Needs),
}

/// From when on a field is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// Never.
    No,
    /// From the first operation on.
    Always,
    /// From the first operation on, unless the field named here says why it is missing.
    Unless(&'static str),
    /// From submission on.
    Submitted,
    /// When the field named first has one of these values.
    When(&'static str, &'static [&'static str]),
}

/// One field of a kind. A name ending in `.*` stands for all fields with that prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpec {
    /// Name in operations, JSON and documents.
    pub name: &'static str,
    /// What people read.
    pub title_zh: &'static str,
    /// What it holds.
    pub holds: FieldType,
    /// Who wins.
    pub rule: MergeRule,
    /// Who writes.
    pub writers: Writers,
    /// Which changes wait for people.
    pub guarding: Guarding,
    /// From when on it is asked for.
    pub required: Required,
}

/// Who may change a record of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Everybody in the village; fields merge.
    Shared,
    /// The device that made it, until it submits; everybody else only supplements (one scene, one author).
    UntilSubmitted,
}

/// One record kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSpec {
    /// Name in operations, JSON and documents.
    pub name: &'static str,
    /// What people read.
    pub title_zh: &'static str,
    /// Who may change it.
    pub ownership: Ownership,
    /// Whether photos can be attached to it.
    pub carries_photos: bool,
    /// Whether the server gives it a human number (隐患编号), with this prefix.
    pub number_prefix: Option<&'static str>,
    /// The state machine that its `state` field follows, and the state it is created in.
    pub initial_state: Option<&'static str>,
    /// Its fields.
    pub fields: &'static [FieldSpec],
}

/// The kind of that name.
pub fn find_kind(name: &str) -> Option<&'static KindSpec> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl KindSpec {
    /// The field of that name, or the pattern that covers it.
    pub fn find_field(&self, name: &str) -> Option<&'static FieldSpec> {
        let fields: &'static [FieldSpec] = self.fields;
        fields.iter().find(|field| match field.name.strip_suffix('*') {
            Some(prefix) => name.len() > prefix.len() && name.starts_with(prefix),
            None => field.name == name,
        })
    }
}

impl FieldType {
    /// Whether `value` is of this type. `null` never is: an absent field is not sent.
    pub fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Code(codes) => value.as_str().is_some_and(|code| codes.contains(&code)),
            Self::Codes(codes) => all_texts(value, |code| codes.contains(&code)),
            Self::Texts => all_texts(value, |_| true),
            Self::Integer => value.as_i64().is_some_and(|number| number.unsigned_abs() < (1 << 53)),
            Self::Flag => value.is_boolean(),
            Self::Instant => value.as_str().is_some_and(|text| text.parse::<crate::time::Micros>().is_ok()),
            Self::Day => value.as_str().is_some_and(is_day),
            Self::Fix => serde_json::from_value::<crate::geo::Fix>(value.clone()).is_ok(),
            Self::Reference(_) => value.as_str().is_some_and(|id| id.parse::<crate::ids::RecordId>().is_ok()),
            Self::References(_) => all_texts(value, |id| id.parse::<crate::ids::RecordId>().is_ok()),
            Self::Sha256 => value.as_str().is_some_and(|text| crate::digest::from_hex(text).is_some()),
            Self::Object => value.is_object(),
        }
    }
}

fn all_texts(value: &Value, good: impl Fn(&str) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(|item| item.as_str().is_some_and(&good)))
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_rules_fit_their_types() {
        let mut kinds = BTreeSet::new();
        for kind in KINDS {
            assert!(kinds.insert(kind.name), "{} twice", kind.name);
            let mut fields = BTreeSet::new();
            for field in kind.fields {
                assert!(fields.insert(field.name), "{}.{} twice", kind.name, field.name);
                let fits = match field.rule {
                    MergeRule::MaxDanger(order) | MergeRule::MostOpen(order) => {
                        matches!(field.holds, FieldType::Code(codes) if codes.iter().all(|code| order.contains(code)))
                    }
                    MergeRule::Earliest => matches!(field.holds, FieldType::Instant | FieldType::Day),
                    MergeRule::Latest => matches!(field.holds, FieldType::Instant),
                    MergeRule::TrueWins => field.holds == FieldType::Flag,
                    MergeRule::Union => {
                        matches!(field.holds, FieldType::Codes(_) | FieldType::Texts | FieldType::References(_))
                    }
                    MergeRule::BestFix => field.holds == FieldType::Fix,
                    MergeRule::KeepBoth | MergeRule::Longest | MergeRule::Append => field.holds == FieldType::Text,
                    MergeRule::Ask | MergeRule::ServerOnly => true,
                };
                assert!(fits, "{}.{}: rule does not fit type", kind.name, field.name);
                assert_eq!(field.rule == MergeRule::ServerOnly, field.writers == Writers::Server, "{}", field.name);
            }
        }
    }

    #[test]
    fn a_pattern_covers_its_prefix_only() {
        let inspection = find_kind("inspection").unwrap();
        assert_eq!(inspection.find_field("finding.k7b").unwrap().name, "finding.*");
        assert!(inspection.find_field("finding.").is_none());
        assert!(inspection.find_field("findings").is_none());
    }
}
