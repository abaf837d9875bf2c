//! What somebody of an enterprise (R7) or an expert (R8) may do: with records they made themselves, and with those of the places that their
//! grants name. What a newcomer gets wrong: what they fill in of 五落实 is a proposal until somebody who inspects confirms it, and whose
//! place a hazard is at is read from what its author had seen, never from what happened to arrive first.

use super::apply::Submission;
use super::fields::FieldWrite;
use super::needs::seen_value;
use super::periods::SELF_ORIGINS;
use crate::op::Body;
use crate::record::{Record, Stamp, Standing};
use crate::role::Role;
use crate::schema::{ORIGINS, find_kind};

/// What an enterprise or an expert fills in on a hazard of their place that others found: the repair, never what was found.
const OF_THE_REPAIR: [&str; 11] = [
    "plan.",
    "resp.",
    "dual.",
    "explanation.",
    "deadline",
    "control",
    "control_measure",
    "work_done",
    "spent_fen",
    "analogies",
    "remark",
];

/// Of that, what counts once somebody who inspects has confirmed it (T05: the enterprise fills it in, others confirm).
const TO_BE_CONFIRMED: [&str; 3] = ["plan.", "resp.", "dual."];

/// Roles that see and write their own records only.
pub(super) const OWN_RECORDS_ONLY: [Role; 2] = [Role::R7, Role::R8];

/// How a value of theirs is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// As anybody's.
    AsWritten,
    /// Once it is confirmed.
    WhenConfirmed,
    /// Kept beside the record.
    NotTheirs,
}

/// Whether these are roles of an enterprise or an expert alone.
pub(super) fn is_of_enterprise(roles: &[Role]) -> bool {
    !roles.is_empty() && roles.iter().all(|role| OWN_RECORDS_ONLY.contains(role))
}

/// How a value is taken, whoever writes it.
pub(super) fn taken(record: &Record, field: &FieldWrite<'_>, submission: &Submission<'_>, by: Author<'_>) -> Taken {
    if submission.context.server || !is_of_enterprise(&submission.context.roles) {
        return Taken::AsWritten;
    }
    let is_one_of = |names: &[&str]| {
        names.iter().any(|name| field.name == *name || name.ends_with('.') && field.name.starts_with(name))
    };
    let own = is_own(record, submission);
    let expert = submission.context.roles.contains(&Role::R8);
    let theirs = if own && record.kind == "inspection" && field.name == "kind" && !expert {
        field.value.as_str().is_some_and(|kind| kind.starts_with("self_"))
    } else {
        let declares = record.kind == "photo" && matches!(submission.op.body, Body::PhotoAttach(_));
        let repairs = record.kind == "hazard" && is_one_of(&OF_THE_REPAIR);
        own || declares || repairs && acts_for(record, submission, by)
    };
    if !theirs {
        Taken::NotTheirs
    } else if record.kind == "hazard" && is_one_of(&TO_BE_CONFIRMED) {
        Taken::WhenConfirmed
    } else {
        Taken::AsWritten
    }
}

/// Who writes: what they had seen, and the stamp of what they write.
pub(super) type Author<'a> = (&'a Standing, &'a Stamp);

/// Whether a record is none of an enterprise's or expert's business: not made by them, and not of a place they act for.
pub(super) fn is_foreign(record: &Record, submission: &Submission<'_>, by: Author<'_>) -> bool {
    let bound = !submission.context.server && is_of_enterprise(&submission.context.roles);
    bound && !is_own(record, submission) && !acts_for(record, submission, by)
}

fn is_own(record: &Record, submission: &Submission<'_>) -> bool {
    record.created.author == submission.op.head.author
}

/// Whether the place of a record, as its author had seen it, is one that they act for.
fn acts_for(record: &Record, submission: &Submission<'_>, by: Author<'_>) -> bool {
    let spec = find_kind(&record.kind).and_then(|kind| kind.find_field("place"));
    let place = spec.and_then(|spec| seen_value(record, spec, "place", by));
    let id = place.as_ref().and_then(|place| place.as_str()?.parse().ok());
    id.is_some_and(|id| submission.context.places.contains(&id))
}

/// Whether somebody says for the enterprise that it found a hazard itself. That benefits it (自查不处), so it is the enterprise's own to say, of
/// its own place; from others it takes the office and a leader (domain 2.6 rule 3, I-03).
pub(super) fn is_claim_of_others(
    record: &Record,
    field: &FieldWrite<'_>,
    submission: &Submission<'_>,
    by: Author<'_>,
) -> bool {
    let own_finding = field.value.as_str().is_some_and(is_self_origin);
    let context = submission.context;
    let enterprise = is_of_enterprise(&context.roles) && context.roles.contains(&Role::R7);
    record.kind == "hazard"
        && field.name == "origin"
        && own_finding
        && !(enterprise && (acts_for(record, submission, by) || is_made_there(submission)))
}

/// Whether an origin is 企业自查.
pub(super) fn is_self_origin(code: &str) -> bool {
    ORIGINS[..SELF_ORIGINS].contains(&code)
}

/// Whether a record is made with one of their places: its fields arrive one by one, in no order that means anything.
fn is_made_there(submission: &Submission<'_>) -> bool {
    let op = submission.op;
    let place = op.written("place").filter(|_| matches!(op.body, Body::Create(_)));
    place.and_then(|place| place.as_str()?.parse().ok()).is_some_and(|id| submission.context.places.contains(&id))
}
