//! What the integrity rules compare, and what they found: the tables `visits`, `hazard_criteria` and `flags`. What a newcomer gets wrong: a
//! flag is written into the record by the server's own operation, so that it is rebuilt like everything else.

use super::{counted_in, event_at};
use paicha_db::projections::{CriterionRow, FlagRow, VisitRow};
use paicha_integrity::Flag;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use sync_protocol::geo::{Fix, canonical};
use sync_protocol::record::Record;
use sync_protocol::text::clean;
use sync_protocol::time::Micros;

/// A flag as it stands in the record's field `integrity`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredFlag {
    /// When the server found it first.
    pub found_at: Micros,
    /// What it found.
    #[serde(flatten)]
    pub flag: Flag,
}

/// The flags that stand in a record, by key.
pub fn stored_flags(record: &Record) -> BTreeMap<String, StoredFlag> {
    let integrity = record.shown("integrity").unwrap_or(Value::Null);
    let flags: Vec<StoredFlag> = serde_json::from_value(integrity["flags"].clone()).unwrap_or_default();
    flags.into_iter().map(|flag| (flag.flag.key.clone(), flag)).collect()
}

/// An inspection as the rules see it.
pub(super) fn visit(record: &Record) -> VisitRow {
    let started_at = event_at(record, "started_at");
    let claimed = record.shown_text("ended_at").and_then(|text| text.parse::<Micros>().ok());
    let ended = claimed.or(record.submitted.as_ref().map(|stamp| stamp.at)).map_or(started_at, Micros::as_micros);
    let fix: Option<Fix> = record.shown("fix").and_then(|fix| serde_json::from_value(fix).ok());
    let point = fix.as_ref().and_then(|fix| canonical(fix).ok());
    VisitRow {
        record: record.id.0,
        feed: record.feed.as_str().to_owned(),
        author: record.created.author.0,
        incarnation: record.created.incarnation.0,
        started_at,
        ended_at: ended.max(started_at),
        lat84: point.map(|point| point.lat84()),
        lon84: point.map(|point| point.lon84()),
        acc_m: fix.and_then(|fix| fix.acc_m).filter(|acc| point.is_some() && acc.is_finite()),
        without_photo: record.submitted.is_some()
            && record.live_photos().next().is_none()
            && record.shown("no_photo_reason").is_some(),
    }
}

/// The criteria that a hazard meets.
pub(super) fn criteria(record: &Record) -> Vec<CriterionRow> {
    let place = record.shown_text("place").and_then(|id| id.parse().ok());
    let found_at = event_at(record, "found_at");
    let mut criteria: Vec<String> = criterion_ids(record);
    criteria.sort_unstable();
    criteria.dedup();
    let row = |criterion| CriterionRow {
        record: record.id.0,
        criterion,
        feed: record.feed.as_str().to_owned(),
        place,
        found_at,
    };
    criteria.into_iter().map(row).collect()
}

/// The criteria of a hazard as columns hold them.
pub fn criterion_ids(record: &Record) -> Vec<String> {
    let shown = record.shown("criterion_ids").unwrap_or(Value::Null);
    let texts = shown.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| clean(text.trim()).into_owned()).filter(|text| !text.is_empty()).collect()
}

/// The flags of a record with what people said about them.
pub(super) fn flags(record: &Record) -> Vec<FlagRow> {
    let village = counted_in(record).0;
    let said = |field: String| record.shown_text(&field).is_some_and(|text| !text.trim().is_empty());
    let row = |(key, stored): (String, StoredFlag)| FlagRow {
        id: format!("{}:{key}", record.id),
        record: record.id.0,
        feed: record.feed.as_str().to_owned(),
        village: village.clone(),
        rule: stored.flag.rule,
        level: format!("{:?}", stored.flag.level).to_lowercase(),
        explained: said(format!("explanation.{key}")),
        cleared: said(format!("cleared.{key}")),
        words: stored.flag.words,
        found_at: stored.found_at.as_micros(),
        key,
    };
    stored_flags(record).into_iter().map(row).collect()
}
