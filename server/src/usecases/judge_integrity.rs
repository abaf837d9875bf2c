//! Judges what changed since it last looked: follows each village's ledger, puts together what the rules compare, and writes what they find
//! into the record by an operation of the server's own. What a newcomer gets wrong: a record is judged again when something beside it
//! changes (an earlier visit that arrives late, a photo that is hashed), and most of the time nothing comes of it.

mod hazard_facts;
mod photo_facts;
mod subjects;
mod visit_facts;

use crate::app::App;
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::projection::{StoredFlag, stored_flags};
use crate::usecases::push_operations::{PushError, push_server_operations, read_record, server_patch};
use paicha_db::feeds::{self, FeedRow};
use paicha_db::{DbError, Tx, meta, projections, records};
use paicha_integrity::{Flag, Hashed, RULES_VERSION, SimilarPhotos, judge_hazard, judge_visit};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use subjects::subjects_of;
use sync_protocol::canonical::to_json;
use sync_protocol::digest::{sha256, to_hex};
use sync_protocol::ids::RecordId;
use sync_protocol::limits::SCOPE_FEEDS_MAX;
use sync_protocol::op::Op;
use sync_protocol::record::Record;
use uuid::Uuid;

/// Changed records looked at in one step.
const STEP_ROWS: i64 = 100;
/// Hashed photos read at once while the index is brought up to date.
const HASHED_ROWS: i64 = 1000;
/// Records judged in one transaction.
const SUBJECTS_AT_ONCE: usize = 50;

/// What a process keeps between steps: the photos of the area by their hashes, and how far they were read.
#[derive(Debug, Default)]
pub struct Judge {
    similar: SimilarPhotos,
    read_to: BTreeMap<String, (i64, Uuid)>,
}

/// Why judging stopped; the next step goes on where it was.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// What was found cannot be stored.
    #[error("what was found cannot be stored")]
    Push(#[from] PushError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Judges some of what changed; whether there may be more.
///
/// # Errors
/// [`JudgeError`]; doing it again is always safe.
pub async fn judge_changes(app: &App, judge: &mut Judge) -> Result<bool, JudgeError> {
    let mut tx = app.database.begin_read().await?;
    let feeds = feeds::list_feeds(&mut tx, i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX)).await?;
    tx.rollback().await?;
    let mut more = false;
    for feed in feeds {
        more |= judge_feed(app, judge, &feed).await?;
    }
    Ok(more)
}

async fn judge_feed(app: &App, judge: &mut Judge, feed: &FeedRow) -> Result<bool, JudgeError> {
    let fingerprint = fingerprint(app);
    let key = format!("integrity.judged.{}", feed.id);
    let mut tx = app.database.begin_read().await?;
    let from = meta::find_meta(&mut tx, &key).await?.and_then(|text| position(&text, &fingerprint)).unwrap_or(0);
    if from >= feed.vrev {
        tx.rollback().await?;
        return Ok(false);
    }
    read_hashes(&mut tx, judge, &feed.id).await?;
    let mut rows = records::list_changed(&mut tx, &feed.id, from, STEP_ROWS).await?;
    let full = rows.len() >= usize::try_from(STEP_ROWS).unwrap_or(usize::MAX);
    let last = rows.last().map_or(feed.vrev, |row| row.vrev);
    // Whole positions only: what was cut comes with the next step. One operation never touches as many records as a step has.
    if full && rows.first().is_some_and(|row| row.vrev < last) {
        rows.retain(|row| row.vrev < last);
    }
    let to = if full { rows.last().map_or(last, |row| row.vrev) } else { feed.vrev };
    let subjects = subjects_of(&mut tx, judge, &rows).await?;
    tx.rollback().await?;
    let subjects: Vec<Uuid> = subjects.into_iter().collect();
    for some in subjects.chunks(SUBJECTS_AT_ONCE) {
        let ops = judge_records(app, judge, some).await?;
        if !ops.is_empty() {
            push_server_operations(app, ops).await?;
        }
    }
    let mut tx = app.database.begin_write().await?;
    meta::put_meta(&mut tx, &key, &format!("{fingerprint}:{to}")).await?;
    tx.commit().await?;
    Ok(full)
}

/// What was judged by other rules or thresholds is judged again.
fn fingerprint(app: &App) -> String {
    let limits = to_json(&app.config.integrity);
    to_hex(&sha256(format!("{RULES_VERSION}/{limits}").as_bytes()))[..16].to_owned()
}

fn position(text: &str, fingerprint: &str) -> Option<i64> {
    let (known, at) = text.split_once(':')?;
    at.parse().ok().filter(|_| known == fingerprint)
}

/// Brings the index of photos up to date with a village.
async fn read_hashes(tx: &mut Tx, judge: &mut Judge, feed: &str) -> Result<(), DbError> {
    let mut after = judge.read_to.get(feed).copied().unwrap_or((0, Uuid::nil()));
    loop {
        let photos = projections::list_hashed_photos(tx, feed, after, HASHED_ROWS).await?;
        let Some((vrev, last)) = photos.last() else { break };
        after = (*vrev, last.id);
        for (_, photo) in &photos {
            judge.similar.insert(hashed(photo).unwrap_or(UNHASHED));
        }
    }
    judge.read_to.insert(feed.to_owned(), after);
    Ok(())
}

/// Stands for a photo without both hashes; like nothing but itself.
const UNHASHED: Hashed = Hashed { photo: RecordId(Uuid::nil()), dhash: 0, phash: 0, entropy_bits: 0.0 };

fn hashed(photo: &projections::PhotoRow) -> Option<Hashed> {
    Some(Hashed {
        photo: photo.id.into(),
        dhash: photo.dhash?.cast_unsigned(),
        phash: photo.phash?.cast_unsigned(),
        entropy_bits: photo.entropy_bits.unwrap_or(0.0),
    })
}

async fn judge_records(app: &App, judge: &Judge, ids: &[Uuid]) -> Result<Vec<(Uuid, Op)>, DbError> {
    let limits = &app.config.integrity;
    let mut tx = app.database.begin_read().await?;
    let mut ops = Vec::new();
    for row in records::find_records(&mut tx, ids).await? {
        let record = read_record(&row)?;
        let flags = match record.kind.as_str() {
            "inspection" => judge_visit(&visit_facts::of(&mut tx, judge, limits, &record).await?, limits),
            "hazard" => judge_hazard(&hazard_facts::of(&mut tx, judge, limits, &record).await?, limits),
            _ => continue,
        };
        ops.extend(changed(app, &record, flags));
    }
    tx.rollback().await?;
    Ok(ops)
}

/// The operation that writes what was found, if it is not what stands there.
fn changed(app: &App, record: &Record, flags: Vec<Flag>) -> Option<(Uuid, Op)> {
    let known = stored_flags(record);
    let found: BTreeSet<&str> = flags.iter().map(|flag| flag.key.as_str()).collect();
    let same = known.len() == found.len()
        && flags.iter().all(|flag| known.get(&flag.key).is_some_and(|stored| stored.flag == *flag));
    if same {
        return None;
    }
    let stored = flags.into_iter().map(|flag| {
        let found_at = known.get(&flag.key).map_or(app.now(), |stored| stored.found_at);
        StoredFlag { found_at, flag }
    });
    let value = json!({ "version": RULES_VERSION, "flags": stored.collect::<Vec<_>>() });
    let op = server_patch(app, record.feed.clone(), record.id, vec![("integrity", value.clone())]);
    Some((operation_id(app, record, &value), op))
}

/// The same for the same finding about the same state of the record, so that two processes write it once.
fn operation_id(app: &App, record: &Record, value: &Value) -> Uuid {
    let stands = record.fields.get("integrity").and_then(|register| register.entries.last());
    let stands = stands.map_or(Uuid::nil(), |entry| entry.stamp.op.0);
    let keys: Vec<&Value> = value["flags"].as_array().into_iter().flatten().map(|flag| &flag["key"]).collect();
    keyed_id(app, &format!("integrity/{}/{stands}/{}", record.id, to_json(&keys)))
}
