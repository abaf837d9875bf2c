//! One stored operation: what it was, what the server knew, what became of it, and its exact bytes. For whoever must prove what a phone
//! sent. What a newcomer gets wrong: the bytes are answered as they were stored, never parsed and written again.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::read_record::{Names, TimelineEntry, is_readable, timeline_entry};
use crate::usecases::reading::{ReadError, readable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paicha_db::ops::{self, NewOp};
use paicha_db::{Tx, records};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is stored of an operation, without its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OperationView {
    /// In words, with author, times and status.
    #[serde(flatten)]
    pub told: TimelineEntry,
    /// The phone database it came from.
    pub incarnation: Uuid,
    /// Its place in that phone's sequence.
    pub seq: i64,
    /// The ledger it is in.
    pub feed: String,
    /// The record it is about.
    pub record: Option<Uuid>,
    /// SHA-256 of its bytes, base64 as the phone sent it.
    pub digest: String,
    /// Length of its bytes.
    pub bytes: usize,
    /// What the server knew when it arrived.
    #[schema(value_type = Object)]
    pub context: Value,
    /// The first answer.
    #[schema(value_type = Object)]
    pub outcome: Value,
}

/// One operation.
///
/// # Errors
/// [`ReadError`].
pub async fn read_operation(app: &App, caller: &Caller, id: Uuid) -> Result<OperationView, ReadError> {
    let mut tx = app.database.begin_read().await?;
    let row = find(&mut tx, caller, Action::ReadFindings, id).await?;
    let about = row.record.unwrap_or_default();
    let record = records::find_records(&mut tx, &[about]).await?.into_iter().next();
    let kind = record.map(|record| record.kind).unwrap_or_default();
    let view = OperationView {
        incarnation: row.incarnation,
        seq: row.seq,
        feed: row.feed.clone(),
        record: row.record,
        digest: STANDARD.encode(&row.digest),
        bytes: row.body.len(),
        context: serde_json::from_str(&row.context).unwrap_or_default(),
        outcome: serde_json::from_str(&row.outcome).unwrap_or_default(),
        told: timeline_entry(&mut tx, &mut Names::new(app), &kind, row).await?,
    };
    tx.rollback().await?;
    Ok(view)
}

/// The exact bytes of one operation.
///
/// # Errors
/// [`ReadError`].
pub async fn read_operation_bytes(app: &App, caller: &Caller, id: Uuid) -> Result<Vec<u8>, ReadError> {
    let mut tx = app.database.begin_read().await?;
    let row = find(&mut tx, caller, Action::ReadOperationBytes, id).await?;
    tx.rollback().await?;
    Ok(row.body)
}

/// An operation is readable with its ledger or with its record.
async fn find(tx: &mut Tx, caller: &Caller, action: Action, id: Uuid) -> Result<NewOp, ReadError> {
    let villages = readable(caller, action)?;
    let row = ops::find_op(tx, id).await?.ok_or(ReadError::NotFound)?;
    if villages.contain(&row.feed) {
        return Ok(row);
    }
    let records = records::find_records(tx, row.record.as_slice()).await?;
    match records.first() {
        Some(record) if is_readable(tx, &villages, record).await? => Ok(row),
        Some(_) | None => Err(ReadError::NotFound),
    }
}
