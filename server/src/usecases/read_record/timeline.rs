//! Every operation about a record, oldest receipt first, in words. What a newcomer gets wrong: what became of an operation is its first
//! answer; what it came to later stands in the record.

use super::Names;
use crate::usecases::reading::instant;
use crate::usecases::wording::{grade_words, op_words, status_words};
use paicha_db::ops::{self, NewOp};
use paicha_db::{DbError, Tx};
use serde::Serialize;
use sync_protocol::ids::UserId;
use sync_protocol::merge::Context;
use sync_protocol::op::Op;
use sync_protocol::record::Record;
use sync_protocol::time::{Grade, Micros};
use utoipa::ToSchema;
use uuid::Uuid;

/// Operations of one record that are told; more than anybody reads, and bounded since each may have 64 KiB.
const TIMELINE_OPS_MAX: i64 = 300;

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineView {
    /// There are more than are told.
    pub truncated: bool,
    /// Each operation.
    pub entries: Vec<TimelineEntry>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// Its id.
    pub op: Uuid,
    /// Its kind: `create`, `patch`, ...; empty when it cannot be read.
    pub kind: String,
    /// What it did, in words.
    pub text: String,
    /// Who did the work; nothing when it cannot be read.
    pub author: Option<Uuid>,
    /// Their name.
    pub author_name: Option<String>,
    /// When the work was done, as far as it can be known.
    pub at: Option<Micros>,
    /// How well that is known.
    pub grade: Option<Grade>,
    /// The same in words.
    pub grade_text: Option<&'static str>,
    /// When the server received it.
    pub received_at: Micros,
    /// What became of it: `applied`, `merged`, `review`, `held`, `refused`.
    pub status: String,
    /// The same in words.
    pub status_text: String,
}

pub(super) async fn timeline(tx: &mut Tx, names: &mut Names, record: &Record) -> Result<TimelineView, DbError> {
    let mut rows = ops::list_ops_of_record(tx, record.id.0, TIMELINE_OPS_MAX + 1).await?;
    let most = usize::try_from(TIMELINE_OPS_MAX).unwrap_or(usize::MAX);
    let truncated = rows.len() > most;
    rows.truncate(most);
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(entry(tx, names, &record.kind, row).await?);
    }
    Ok(TimelineView { truncated, entries })
}

/// One operation in words; `record_kind` is the kind of the record it is about.
pub(crate) async fn entry(
    tx: &mut Tx,
    names: &mut Names,
    record_kind: &str,
    row: NewOp,
) -> Result<TimelineEntry, DbError> {
    let op = Op::parse(&row.body).ok();
    let context: Option<Context> = serde_json::from_str(&row.context).ok();
    let author: Option<UserId> = op.as_ref().map(|op| op.head.author);
    let author_name = match author {
        Some(author) => Some(names.of(tx, author).await?),
        None => None,
    };
    let event = context.map(|context| context.event);
    Ok(TimelineEntry {
        op: row.id,
        kind: row.kind,
        text: op_words(record_kind, op.as_ref()),
        author: author.map(|author| author.0),
        author_name,
        at: event.map(|event| event.at),
        grade: event.map(|event| event.grade),
        grade_text: event.map(|event| grade_words(event.grade)),
        received_at: instant(row.received_at),
        status_text: status_words(&row.status).to_owned(),
        status: row.status,
    })
}
