//! Writes what a chunk decided: operations with their answers, records, and the projections computed from them. The villages' positions
//! come after this, in `publish`.

use super::decide::{DecidedChunk, DecidedOp};
use crate::usecases::load_linked::lock_linked;
use crate::usecases::projection::{Projected, periods, project};
use paicha_db::incarnations::Incarnation;
use paicha_db::ops::{self, NewOp};
use paicha_db::projections;
use paicha_db::records::{self, RecordRow};
use paicha_db::{DbError, Tx};
use std::collections::BTreeSet;
use sync_protocol::canonical::to_json;
use sync_protocol::ids::RecordId;
use sync_protocol::record::Record;
use sync_protocol::text::clean;

/// Stores operations, releases, records and projections of a chunk.
pub(super) async fn store_chunk(tx: &mut Tx, decided: &DecidedChunk<'_>, life: &Incarnation) -> Result<(), DbError> {
    let new_ops = decided.ops.iter().map(|op| new_op(op, life, decided.received_at)).collect();
    ops::create_ops(tx, new_ops).await?;
    for released in decided.ops.iter().flat_map(|op| &op.released) {
        ops::settle_op(tx, released.id.0, &to_json(&released.outcome)).await?;
    }
    for settled in decided.ops.iter().flat_map(DecidedOp::settles) {
        ops::settle_op(tx, settled.op.0, &to_json(settled)).await?;
    }
    let created = decided.created();
    let changed: Vec<&Record> = decided.changed().iter().filter_map(|id| decided.world.records.get(id)).collect();
    store_records(tx, &changed, &created).await?;
    store_projections(tx, &changed).await
}

fn new_op(decided: &DecidedOp<'_>, life: &Incarnation, received_at: i64) -> NewOp {
    let incoming = decided.incoming;
    let op = incoming.op.as_ref().ok();
    // A held operation released later in the same chunk is written as waiting here; `settle_op` then says what it came to.
    NewOp {
        id: incoming.id.0,
        incarnation: life.id,
        seq: decided.seq,
        feed: decided.feed.as_str().to_owned(),
        record: op.map(|op| op.head.record.0),
        kind: op.map(|op| clean(&op.head.kind).into_owned()).unwrap_or_default(),
        digest: incoming.digest.to_vec(),
        body: incoming.bytes.clone(),
        context: decided.context.clone(),
        status: status_text(&decided.outcome),
        outcome: to_json(&decided.outcome),
        waits_for: decided.outcome.waits_for.map(|record| record.0),
        received_at,
    }
}

/// The status as it is stored and as the ledger says it.
pub(super) fn status_text(outcome: &sync_protocol::merge::Outcome) -> String {
    to_json(&outcome.status).trim_matches('"').to_owned()
}

async fn store_records(tx: &mut Tx, changed: &[&Record], created: &BTreeSet<RecordId>) -> Result<(), DbError> {
    let row = |record: &&&Record| RecordRow {
        id: record.id.0,
        kind: record.kind.clone(),
        feed: record.feed.as_str().to_owned(),
        rev: record.rev,
        number: None,
        state: to_json(**record),
    };
    let (new, old): (Vec<&&Record>, Vec<&&Record>) = changed.iter().partition(|record| created.contains(&record.id));
    // Two phones that make the same record at once must not overwrite each other: a plain INSERT fails and the chunk runs again.
    records::create_records(tx, new.iter().map(row).collect()).await?;
    records::put_records(tx, old.iter().map(row).collect()).await
}

/// Writes the projections of records. Alone only for measurements and rebuilds; a push writes operations and records with them.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn store_projections(tx: &mut Tx, records: &[&Record]) -> Result<(), DbError> {
    let linked = lock_linked(tx, records).await?;
    let mut all = Projected::default();
    for record in records {
        all.add(project(record, &linked));
    }
    // A link that was agreed here may be the one that closes a circle of hazards elsewhere.
    let elsewhere = linked.values().filter(|hazard| !records.iter().any(|record| record.id == hazard.id));
    all.periods.extend(elsewhere.map(|hazard| (hazard.id.0, periods(hazard, &linked))));
    let places: Vec<_> = all.places.iter().map(|place| place.id).collect();
    projections::put_places(tx, all.places).await?;
    projections::put_inspections(tx, all.inspections).await?;
    projections::put_hazards(tx, all.hazards).await?;
    let (records, periods): (Vec<_>, Vec<_>) = all.periods.into_iter().unzip();
    projections::put_hazard_periods(tx, &records, periods.into_iter().flatten().collect()).await?;
    let (records, spots): (Vec<_>, Vec<_>) = all.spots.into_iter().unzip();
    projections::put_spot_items(tx, &records, spots.into_iter().flatten().collect(), &places).await?;
    projections::put_photos(tx, all.photos).await?;
    projections::put_forms(tx, all.forms).await?;
    projections::put_visits(tx, all.visits).await?;
    projections::put_tasks(tx, all.tasks).await?;
    let (records, visits): (Vec<_>, Vec<_>) = all.task_visits.into_iter().unzip();
    projections::put_task_visits(tx, &records, visits.into_iter().flatten().collect()).await?;
    let (records, criteria): (Vec<_>, Vec<_>) = all.criteria.into_iter().unzip();
    projections::put_hazard_criteria(tx, &records, criteria.into_iter().flatten().collect()).await?;
    let (records, flags): (Vec<_>, Vec<_>) = all.flags.into_iter().unzip();
    projections::put_flags(tx, &records, flags.into_iter().flatten().collect()).await?;
    let (records, links): (Vec<_>, Vec<_>) = all.links.into_iter().unzip();
    projections::put_photo_links(tx, &records, links.into_iter().flatten().collect()).await?;
    let (records, reviews): (Vec<_>, Vec<_>) = all.reviews.into_iter().unzip();
    projections::replace_reviews(tx, &records, reviews.into_iter().flatten().collect()).await
}
