//! The hazards that some were ever merged into, and those that they were: what decides whether the one that stays counts for both. What a newcomer
//! gets wrong: they are locked like the records that are written, because two desks may close a circle from both ends at once.

use super::push_operations::read_record;
use paicha_db::{DbError, Tx, records};
use std::collections::BTreeSet;
use sync_protocol::ids::RecordId;
use sync_protocol::merge::{Linked, linked_from};
use sync_protocol::record::Record;
use uuid::Uuid;

/// These of the records that were merged into others, with all that is reached from them. Most were not, and nothing is read.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn load_linked(tx: &mut Tx, given: &[&Record]) -> Result<Linked, DbError> {
    follow(tx, given, false).await
}

/// As [`load_linked`], locked until the transaction ends.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn lock_linked(tx: &mut Tx, given: &[&Record]) -> Result<Linked, DbError> {
    follow(tx, given, true).await
}

async fn follow(tx: &mut Tx, given: &[&Record], locked: bool) -> Result<Linked, DbError> {
    let mut linked = Linked::new();
    let mut open: BTreeSet<RecordId> = given.iter().flat_map(|record| linked_from(record)).collect();
    if open.is_empty() {
        return Ok(linked);
    }
    linked.extend(given.iter().filter(|record| record.kind == "hazard").map(|record| (record.id, (*record).clone())));
    loop {
        open.retain(|id| !linked.contains_key(id));
        let ids: Vec<Uuid> = std::mem::take(&mut open).into_iter().map(|id| id.0).collect();
        let rows = match locked {
            true => records::lock_records(tx, &ids).await?,
            false => records::find_records(tx, &ids).await?,
        };
        if rows.is_empty() {
            return Ok(linked);
        }
        for row in rows {
            let record = read_record(&row)?;
            open.extend(linked_from(&record));
            linked.insert(record.id, record);
        }
    }
}
