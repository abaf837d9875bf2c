//! The last step of a chunk: villages in order of id, each counter moved once, ledger entries chained, records given their new position.
//! The counter's row lock is held from here to the commit, which is what makes positions dense and visible in order (protocol 5.1).
//! What a newcomer gets wrong: doing anything after this that takes long.

use super::decide::{DecidedChunk, DecidedOp};
use super::store::status_text;
use paicha_db::feeds::{self, FeedRow, Taken};
use paicha_db::ops::{self, NewLedgerEntry};
use paicha_db::{DbError, Tx, records};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::ids::{FeedId, OpId, RecordId};
use sync_protocol::ledger;
use sync_protocol::merge::Outcome;
use sync_protocol::pull::{check_term, toggle};
use sync_protocol::push::OpResult;
use sync_protocol::schema::find_kind;
use sync_protocol::time::Micros;

/// One entry to come, in the order the chunk decided it.
struct Entry<'a> {
    op: OpId,
    digest: &'a [u8; 32],
    effect: String,
    context: &'a str,
    changed: &'a BTreeSet<RecordId>,
    /// Operations that waited until this entry.
    settles: Vec<OpId>,
}

/// Takes positions, writes the ledger and the feeds, and puts together the answers.
pub(super) async fn publish_chunk(tx: &mut Tx, decided: &DecidedChunk<'_>) -> Result<Vec<OpResult>, DbError> {
    let mut by_feed: BTreeMap<&FeedId, Vec<Entry<'_>>> = BTreeMap::new();
    for op in &decided.ops {
        by_feed.entry(&op.feed).or_default().extend(entries(op));
    }
    let created = decided.created();
    let mut positions = BTreeMap::new();
    for (feed, entries) in by_feed {
        publish_feed(tx, decided, &created, feed, &entries, &mut positions).await?;
    }
    recheck_waiting(tx, decided, &created).await?;
    Ok(decided.ops.iter().map(|op| result(op, &positions)).collect())
}

fn entries<'a>(op: &'a DecidedOp<'_>) -> impl Iterator<Item = Entry<'a>> {
    let own = Entry {
        op: op.incoming.id,
        digest: &op.incoming.digest,
        effect: status_text(&op.outcome),
        context: &op.context,
        changed: &op.outcome.changed,
        settles: op.outcome.settles.iter().map(|settled| settled.op).collect(),
    };
    let released = op.released.iter().map(|released| Entry {
        op: released.id,
        digest: &released.digest,
        effect: "released".to_owned(),
        context: &released.context,
        changed: &released.outcome.changed,
        settles: released.outcome.settles.iter().map(|settled| settled.op).chain([released.id]).collect(),
    });
    std::iter::once(own).chain(released)
}

fn result(op: &DecidedOp<'_>, positions: &BTreeMap<OpId, i64>) -> OpResult {
    let outcome = Outcome { changed: BTreeSet::new(), ..op.outcome.clone() };
    OpResult { seq: op.seq, outcome, vrev: positions.get(&op.incoming.id).copied(), replayed: false }
}

async fn publish_feed(
    tx: &mut Tx,
    decided: &DecidedChunk<'_>,
    created: &BTreeSet<RecordId>,
    feed: &FeedId,
    entries: &[Entry<'_>],
    positions: &mut BTreeMap<OpId, i64>,
) -> Result<(), DbError> {
    let new_here: Vec<RecordId> = entries
        .iter()
        .flat_map(|entry| entry.changed)
        .filter(|id| created.contains(id))
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let prefix =
        |id: &RecordId| decided.world.records.get(id).and_then(|record| find_kind(&record.kind)?.number_prefix);
    let numbered: Vec<RecordId> = new_here.iter().copied().filter(|id| prefix(id).is_some()).collect();
    let taken = Taken {
        feed: feed.as_str(),
        positions: count(entries.len()),
        numbers: count(numbered.len()),
        records: count(new_here.len()),
    };
    let row = feeds::take_positions(tx, taken).await?.ok_or(DbError::NotFound)?;
    let numbers = give_numbers(tx, decided, &row, &numbered, prefix).await?;
    let mut hash: [u8; 32] = row.head_hash.as_slice().try_into().unwrap_or_default();
    let mut vrev = row.vrev - taken.positions;
    let mut moved: BTreeMap<RecordId, i64> = BTreeMap::new();
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        vrev += 1;
        let linked = ledger::Entry {
            feed,
            vrev,
            op: entry.op,
            digest: entry.digest,
            effect: &entry.effect,
            context: entry.context,
        };
        hash = ledger::chain(&hash, &linked);
        if entry.effect != "released" {
            positions.insert(entry.op, vrev);
        }
        for settled in &entry.settles {
            ops::place_settlement(tx, settled.0, vrev).await?;
        }
        moved.extend(entry.changed.iter().map(|id| (*id, vrev)));
        let number = entry
            .changed
            .iter()
            .find_map(|id| numbers.get(id))
            .filter(|_| entry.changed.iter().any(|id| created.contains(id)));
        rows.push(NewLedgerEntry {
            feed: feed.as_str().to_owned(),
            vrev,
            op: entry.op.0,
            effect: entry.effect.clone(),
            number: number.cloned(),
            hash: hash.to_vec(),
        });
    }
    ops::create_ledger_entries(tx, rows).await?;
    let placed: Vec<_> = moved.iter().map(|(id, vrev)| (id.0, *vrev)).collect();
    records::put_entries(tx, feed.as_str(), &placed).await?;
    feeds::put_head(tx, feed.as_str(), &hash, &check_sum(decided, &row, moved.keys())).await
}

/// Human numbers, in order of record id: 隐患编号 = prefix-area-year-sequence; never reused, gaps allowed.
async fn give_numbers(
    tx: &mut Tx,
    decided: &DecidedChunk<'_>,
    row: &FeedRow,
    numbered: &[RecordId],
    prefix: impl Fn(&RecordId) -> Option<&'static str>,
) -> Result<BTreeMap<RecordId, String>, DbError> {
    let year = Micros::from_micros(decided.received_at).map_or(0, |at| at.local_date().year());
    let mut sequence = row.number_seq - count(numbered.len());
    let mut numbers = BTreeMap::new();
    for id in numbered {
        sequence += 1;
        let number = format!("{}-{}-{year}-{sequence:04}", prefix(id).unwrap_or_default(), row.id);
        numbers.insert(*id, number);
    }
    records::put_numbers(tx, numbers.iter().map(|(id, number)| (id.0, number.clone())).collect()).await?;
    Ok(numbers)
}

fn check_sum<'a>(decided: &DecidedChunk<'_>, row: &FeedRow, moved: impl Iterator<Item = &'a RecordId>) -> [u8; 16] {
    let mut sum: [u8; 16] = row.check_sum.as_slice().try_into().unwrap_or_default();
    for id in moved {
        if let Some(rev) = decided.before.get(id) {
            toggle(&mut sum, &check_term(*id, *rev));
        }
        if let Some(record) = decided.world.records.get(id) {
            toggle(&mut sum, &check_term(*id, record.rev));
        }
    }
    sum
}

/// Somebody may have stored an operation that waits for a record while this chunk, unseen, brought it, or the other way round. Both
/// hold the village's counter when they look here, so one of them sees the other and runs again.
async fn recheck_waiting(tx: &mut Tx, decided: &DecidedChunk<'_>, created: &BTreeSet<RecordId>) -> Result<(), DbError> {
    let made: Vec<_> = created.iter().map(|id| id.0).collect();
    // What names the record in another village waits on: running again would never release it.
    let missed = !made.is_empty() && ops::find_waiting_beside(tx, &made).await?;
    let awaited: BTreeSet<RecordId> = decided.ops.iter().filter_map(|op| op.outcome.waits_for).collect();
    let absent: Vec<_> = awaited.iter().filter(|id| !decided.world.records.contains_key(id)).map(|id| id.0).collect();
    let arrived = !absent.is_empty() && !records::find_records(tx, &absent).await?.is_empty();
    if missed || arrived { Err(DbError::Serialization) } else { Ok(()) }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
