//! What stands: which transitions and proposals have everybody's agreement and everything they need, since when, and what they leave
//! visible. All of it is computed from the whole record each time, now or as it was at some instant, so it knows nothing of arrival
//! order. What a newcomer gets wrong: a proposal counts from its last approval, not from when it was asked for.

use super::enterprise::is_of_enterprise;
use super::needs::needs_of;
use super::outcome::FieldOutcome;
use super::register::replaces;
use crate::ids::{FeedId, OpId, UserId};
use crate::record::{Decision, Entry, Pending, Record, Stamp, Standing, Verdict};
use crate::schema::{MergeRule, find_kind};
use crate::time::Micros;
use crate::workflow::{ANYONE, Needs, OFFICE_AND_LEADER, OPEN_STATES, Person, are_covered, find_edge, lacking};
use serde_json::Value;

/// What became of a change that may have to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It counts since then.
    Stands(Micros),
    /// Somebody has to agree.
    Waits,
    /// Everybody agrees, but these are missing.
    Lacks(Vec<String>),
    /// Somebody who decides said no.
    Refused,
}

/// A value that counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visible<'a> {
    pub(crate) value: &'a Value,
    pub(crate) village: Option<&'a FeedId>,
    pub(crate) stamp: &'a Stamp,
    /// Since when it counts.
    pub(crate) at: Micros,
}

/// An instant before which things count; `None` for now.
pub(crate) type Before = Option<Micros>;

fn is_before(at: Micros, before: Before) -> bool {
    before.is_none_or(|before| at < before)
}

/// The answers to an operation, in order of their time.
fn decisions(record: &Record, target: OpId, before: Before) -> Vec<&Decision> {
    let mut about: Vec<_> =
        record.decisions.iter().filter(|said| said.target == target && is_before(said.stamp.at, before)).collect();
    about.sort_by_key(|said| (said.stamp.at, said.stamp.hlc.as_str(), said.stamp.op));
    about
}

fn is_finder(record: &Record, user: UserId) -> bool {
    let levels = record.fields.get("level").into_iter().flat_map(|register| &register.entries);
    record.created.author == user || levels.into_iter().any(|entry| entry.stamp.author == user)
}

/// Who agreed, as soon as everybody needed had.
struct Agreement<'a> {
    since: Micros,
    /// The people who decided: the author alone, or those who approved.
    deciders: Vec<(&'a Standing, &'a Stamp)>,
}

/// The agreement on a change, or `None` while somebody is missing.
fn agreement<'a>(
    record: &'a Record,
    (standing, stamp): (&'a Standing, &'a Stamp),
    needs: Needs,
    before: Before,
) -> Option<Agreement<'a>> {
    let finder = |user: UserId| is_finder(record, user);
    let mut people = vec![Person { user: stamp.author, uploader: standing.uploader, roles: &standing.roles }];
    if are_covered(needs, &people, finder) {
        return Some(Agreement { since: stamp.at, deciders: vec![(standing, stamp)] });
    }
    let mut deciders = Vec::new();
    // An enterprise asks; it is no second person for what others ask.
    let agrees = |said: &&Decision| said.verdict == Verdict::Approve && !is_of_enterprise(&said.standing.roles);
    for said in decisions(record, stamp.op, before).into_iter().filter(agrees) {
        let Decision { standing, stamp, .. } = said;
        people.push(Person { user: stamp.author, uploader: standing.uploader, roles: &standing.roles });
        deciders.push((&said.standing, &said.stamp));
        if are_covered(needs, &people, finder) {
            return Some(Agreement { since: said.stamp.at.max(stamp.at), deciders });
        }
    }
    None
}

/// Whether somebody who could have been the last to agree, or the author, said no.
fn is_refused(record: &Record, stamp: &Stamp, needs: Needs, before: Before) -> bool {
    let decides = |said: &Decision| {
        let last = needs.last().is_some_and(|slot| said.standing.roles.iter().any(|role| slot.roles.contains(role)));
        said.stamp.author == stamp.author || last
    };
    decisions(record, stamp.op, before).into_iter().any(|said| said.verdict == Verdict::Refuse && decides(said))
}

/// What became of a transition; the state a record begins in always stands.
pub(super) fn fate_of_transition(record: &Record, entry: &Entry, level: Option<&str>, before: Before) -> Fate {
    let Some(via) = &entry.via else { return Fate::Stands(entry.stamp.at) };
    let to = entry.value.as_str().unwrap_or_default();
    let Some(edge) = find_edge(&via.from, to) else { return Fate::Waits };
    let needs = edge.needs(level);
    // What makes things look more dangerous is final: nobody's refusal undoes a reopening or a failed review.
    if needs != ANYONE && is_refused(record, &entry.stamp, needs, before) {
        return Fate::Refused;
    }
    let Some(agreed) = agreement(record, (&via.standing, &entry.stamp), needs, before) else { return Fate::Waits };
    let missing = lacking(edge.guards, record, entry);
    if missing.is_empty() { Fate::Stands(agreed.since) } else { Fate::Lacks(missing) }
}

/// What became of a value that was set aside.
pub(super) fn fate_of_pending(record: &Record, pending: &Pending, before: Before) -> Fate {
    if pending.why != FieldOutcome::Proposal {
        // Not a question of agreement: a person of the office has looked at it, or not yet.
        let seen = is_refused(record, &pending.stamp, OFFICE_AND_LEADER, before)
            || decisions(record, pending.stamp.op, before).into_iter().any(|said| is_of_office(&said.standing));
        return if seen { Fate::Refused } else { Fate::Waits };
    }
    let needs = needs_of(record, pending, before);
    if is_refused(record, &pending.stamp, needs, before) {
        return Fate::Refused;
    }
    agreement(record, (&pending.standing, &pending.stamp), needs, before)
        .map_or(Fate::Waits, |agreed| Fate::Stands(agreed.since))
}

/// What became of an operation's change of one field.
pub(super) fn fate_of(record: &Record, op: OpId, field: &str) -> Fate {
    let aside = record.pending.iter().find(|pending| pending.stamp.op == op && pending.field == field);
    if let Some(pending) = aside {
        return fate_of_pending(record, pending, None);
    }
    let states = record.fields.get("state").into_iter().flat_map(|register| &register.entries);
    let moved = states.filter(|_| field == "state").find(|entry| entry.stamp.op == op);
    let level = record.shown_text("level");
    moved.map_or(Fate::Waits, |entry| fate_of_transition(record, entry, level.as_deref(), None))
}

pub(super) fn is_of_office(standing: &Standing) -> bool {
    let office = OFFICE_AND_LEADER.iter().flat_map(|slot| slot.roles);
    office.into_iter().any(|role| standing.roles.contains(role))
}

/// A proposal that everybody agreed to.
pub(super) struct Approved<'a> {
    pub(super) pending: &'a Pending,
    agreed: Agreement<'a>,
}

impl<'a> Approved<'a> {
    /// Whether everybody who decided had seen what `stamp` wrote: then this value takes its place.
    pub(super) fn replaces(&self, stamp: &Stamp) -> bool {
        let own = stamp.op == self.pending.stamp.op;
        !own && self.agreed.deciders.iter().all(|(standing, decider)| decider.had_seen(standing, stamp))
    }

    /// Whether somebody who had seen it agreed to wrote something in its place, as the rule lets them.
    fn is_outdated_by(&self, entry: &Entry, rule: Option<MergeRule>) -> bool {
        let saw = entry.saw.as_ref().is_some_and(|saw| entry.stamp.had_seen(saw, self.last()));
        saw && replaces(rule, &self.pending.value, entry)
    }

    pub(super) fn last(&self) -> &'a Stamp {
        self.agreed.deciders.last().map_or(&self.pending.stamp, |(_, stamp)| stamp)
    }
}

pub(super) fn approved<'a>(record: &'a Record, field: &str, before: Before) -> Vec<Approved<'a>> {
    let proposals =
        record.pending.iter().filter(|pending| pending.field == field && pending.why == FieldOutcome::Proposal);
    let stand = proposals.filter_map(|pending| {
        let Fate::Stands(at) = fate_of_pending(record, pending, before) else { return None };
        let needs = needs_of(record, pending, before);
        let agreed = agreement(record, (&pending.standing, &pending.stamp), needs, before)?;
        is_before(at, before).then_some(Approved { pending, agreed })
    });
    stand.collect()
}

/// Every value of a field that counts, in order of (hlc, op): what stands in the register, less what approved proposals replaced, and
/// those proposals, less what was written in their place since.
pub(crate) fn visible<'a>(record: &'a Record, field: &str, before: Before) -> Vec<Visible<'a>> {
    let approved = approved(record, field, before);
    let replaced = |stamp: &Stamp| approved.iter().any(|other| other.replaces(stamp));
    let entries = record.fields.get(field).into_iter().flat_map(|register| &register.entries);
    // What was replaced since counts in the past only.
    let past = record.past.get(field).filter(|_| before.is_some()).into_iter().flatten();
    let written: Vec<&Entry> = entries.chain(past).filter(|entry| is_before(entry.stamp.at, before)).collect();
    let rule = find_kind(&record.kind).and_then(|kind| kind.find_field(field)).map(|spec| spec.rule);
    let outdated = |one: &Approved<'_>| written.iter().any(|entry| one.is_outdated_by(entry, rule));
    let standing = written.iter().filter(|entry| !replaced(&entry.stamp)).map(|entry| Visible {
        value: &entry.value,
        village: entry.village.as_ref(),
        stamp: &entry.stamp,
        at: entry.stamp.at,
    });
    let agreed = approved.iter().filter(|one| !replaced(one.last()) && !outdated(one)).map(|one| Visible {
        value: &one.pending.value,
        village: one.pending.village.as_ref(),
        stamp: &one.pending.stamp,
        at: one.agreed.since,
    });
    let mut all: Vec<Visible<'a>> = standing.chain(agreed).collect();
    all.sort_by(|a, b| a.stamp.order().cmp(&b.stamp.order()));
    all
}

/// The transitions that stand and that no later one, having seen them, left; with the time since when each counts.
pub(super) fn leaves<'a>(record: &'a Record, level: Option<&str>, before: Before) -> Vec<(&'a Entry, Micros)> {
    leaves_among(record, level, before, |_| true)
}

/// As [`leaves`], as if only some transitions had been taken.
pub(super) fn leaves_among<'a>(
    record: &'a Record,
    level: Option<&str>,
    before: Before,
    counts: impl Fn(&Entry) -> bool,
) -> Vec<(&'a Entry, Micros)> {
    let entries = record.fields.get("state").into_iter().flat_map(|register| &register.entries);
    let standing: Vec<(&Entry, Micros)> = entries
        .filter(|entry| counts(entry))
        .filter_map(|entry| match fate_of_transition(record, entry, level, before) {
            Fate::Stands(at) if is_before(at, before) => Some((entry, at)),
            Fate::Stands(_) | Fate::Waits | Fate::Lacks(_) | Fate::Refused => None,
        })
        .collect();
    let left = |entry: &Entry| standing.iter().any(|(later, _)| leaves_behind(later, entry));
    standing.iter().filter(|(entry, _)| !left(entry)).copied().collect()
}

/// States in which nothing is left to do.
const SETTLED_STATES: [&str; 2] = ["accepted", "closed"];

fn leaves_behind(later: &Entry, earlier: &Entry) -> bool {
    let Some(via) = &later.via else { return false };
    let (left, to) = (earlier.value.as_str().unwrap_or_default(), later.value.as_str().unwrap_or_default());
    // Whoever opens a hazard again leaves whatever was settled: a listing that comes later may take the closing back, and what it was closed
    // from must not come back with it.
    let reopens = SETTLED_STATES.contains(&via.from.as_str()) && OPEN_STATES.contains(&to);
    let from = left == via.from || reopens && SETTLED_STATES.contains(&left);
    from && later.stamp.op != earlier.stamp.op && later.stamp.had_seen(&via.standing, &earlier.stamp)
}

/// One change that waits for a person or for something missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting<'a> {
    /// The field.
    pub field: &'a str,
    /// Why it waits.
    pub why: FieldOutcome,
    /// What is missing, for a transition that everybody agrees to.
    pub lacks: Vec<String>,
    /// What its author saw.
    pub base: Option<&'a Value>,
    /// What its author wants.
    pub value: &'a Value,
    /// Why, in the person's words.
    pub reason: Option<&'a str>,
    /// Who has to agree.
    pub needs: Needs,
    /// By whom.
    pub stamp: &'a Stamp,
}

/// Every change of the record that waits, in order of (hlc, op, field).
pub fn waiting(record: &Record) -> Vec<Waiting<'_>> {
    let level = record.shown_text("level");
    let pending = record.pending.iter().filter(|pending| fate_of_pending(record, pending, None) == Fate::Waits);
    let pending = pending.map(|pending| Waiting {
        field: &pending.field,
        why: pending.why,
        lacks: Vec::new(),
        base: pending.base.as_ref(),
        value: &pending.value,
        reason: pending.reason.as_deref(),
        needs: if pending.why == FieldOutcome::Proposal { needs_of(record, pending, None) } else { &[] },
        stamp: &pending.stamp,
    });
    let mut all: Vec<Waiting<'_>> = pending.chain(waiting_transitions(record, level.as_deref())).collect();
    all.sort_by(|a, b| a.stamp.order().cmp(&b.stamp.order()).then(a.field.cmp(b.field)));
    all
}

/// Transitions that wait and could still be taken: the state they leave is one the hazard is in.
fn waiting_transitions<'a>(record: &'a Record, level: Option<&str>) -> Vec<Waiting<'a>> {
    let Some(register) = record.fields.get("state") else { return Vec::new() };
    let states: Vec<&Value> = leaves(record, level, None).into_iter().map(|(entry, _)| &entry.value).collect();
    let mut all = Vec::new();
    for entry in &register.entries {
        let Some(via) = &entry.via else { continue };
        let lacks = match fate_of_transition(record, entry, level, None) {
            Fate::Waits => Vec::new(),
            Fate::Lacks(names) => names,
            Fate::Stands(_) | Fate::Refused => continue,
        };
        if !states.iter().any(|state| state.as_str() == Some(via.from.as_str())) {
            continue;
        }
        let to = entry.value.as_str().unwrap_or_default();
        all.push(Waiting {
            field: "state",
            why: if lacks.is_empty() { FieldOutcome::Proposal } else { FieldOutcome::Lacks },
            lacks,
            base: None,
            value: &entry.value,
            reason: via.reason.as_deref(),
            needs: find_edge(&via.from, to).map_or(&[], |edge| edge.needs(level)),
            stamp: &entry.stamp,
        });
    }
    all
}
