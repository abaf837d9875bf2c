//! What an operation came to, field by field; the stored answer that every replay repeats byte for byte.

use crate::ids::{OpId, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What became of an operation (protocol 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Took effect as sent.
    Applied,
    /// Took effect by rule; `fields` says which.
    Merged,
    /// Stored; a person must decide.
    Review,
    /// Stored; cannot be judged yet.
    Held,
    /// Kept in quarantine, with a code.
    Refused,
}

/// What became of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOutcome {
    /// Two phones wrote different values; the more dangerous is shown.
    MaxDanger,
    /// The more open state is shown.
    MostOpen,
    /// The earlier is shown.
    Earliest,
    /// The later is shown.
    Latest,
    /// Once true, true.
    TrueWins,
    /// All texts are kept and shown together.
    KeptBoth,
    /// All texts are kept, the longest is shown.
    Longest,
    /// All are kept, one is shown, a person is asked.
    Ask,
    /// The safer direction: stored as a proposal, waits for a person.
    Proposal,
    /// Kept as a supplement; the record itself is not changed.
    Addition,
    /// The value is not of the field's type: kept, a person is asked.
    InvalidValue,
    /// Only the server writes this field; kept in the stored operation.
    ServerOnly,
    /// This version does not know the field; stored and returned untouched.
    UnknownField,
    /// The state machine has no such edge: kept, a person is asked.
    IllegalTransition,
    /// The author's role may not do this: kept, a person is asked.
    NotAllowed,
    /// Everybody agrees, but something has to be there first: see `incomplete`.
    Lacks,
    /// With this, everybody who has to has agreed: it counts now.
    Approved,
    /// Somebody who decides said no.
    Refused,
    /// Too many values wait already: kept in the stored operation, a person is asked.
    TooMany,
}

impl FieldOutcome {
    /// The status that an operation with this field outcome has at least.
    pub fn status(self) -> Status {
        match self {
            Self::MaxDanger
            | Self::MostOpen
            | Self::Earliest
            | Self::Latest
            | Self::TrueWins
            | Self::KeptBoth
            | Self::Longest
            | Self::Ask
            | Self::Addition
            | Self::ServerOnly => Status::Merged,
            Self::UnknownField | Self::Approved | Self::Refused => Status::Applied,
            Self::Proposal
            | Self::Lacks
            | Self::InvalidValue
            | Self::IllegalTransition
            | Self::NotAllowed
            | Self::TooMany => Status::Review,
        }
    }
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// In one word.
    pub status: Status,
    /// Why, where the status alone does not say it: `out_of_scope`, `unknown_kind`, `unknown_record`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Revision of the record afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// Fields that did not simply take the value sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldOutcome>,
    /// Fields that the record still lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
    /// The record whose arrival a held operation waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<RecordId>,
    /// Records whose state changed; not part of the answer.
    #[serde(skip)]
    pub changed: BTreeSet<RecordId>,
    /// Earlier operations that waited and do not any more; not part of the answer.
    #[serde(skip)]
    pub settles: Vec<Settled>,
}

/// What an operation that waited came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The operation that waited.
    pub op: OpId,
    /// What it wanted to change.
    pub field: String,
    /// What became of it.
    pub end: End,
}

/// How waiting ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It counts now.
    Approved,
    /// Somebody who decides said no, or has looked at it.
    Refused,
    /// Something else happened first, so that it means nothing any more.
    Overtaken,
}

impl Outcome {
    /// An outcome without effect on any record.
    pub fn without_effect(status: Status, reason: &str) -> Self {
        Self {
            status,
            reason: Some(reason.to_owned()),
            rev: None,
            fields: BTreeMap::new(),
            incomplete: Vec::new(),
            waits_for: None,
            changed: BTreeSet::new(),
            settles: Vec::new(),
        }
    }
}
