//! Operations that a person makes at the console: under their name, by a device and a sequence that each has of their own here, through the same
//! push as a phone's. What a newcomer gets wrong: `base_rev` is what the person saw, which may be older than what the record is by now.

use super::intake::PushBatch;
use super::{PushError, Pushed, push_operations};
use crate::app::App;
use crate::usecases::caller::Caller;
use serde_json::Value;
use std::sync::Arc;
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::op::{Body, CapturedTimes, Change, Head, Op};
use sync_protocol::record::Record;
use uuid::Uuid;

/// What a person does to a record now, having seen this revision of it.
pub fn console_op(app: &App, caller: &Caller, record: &Record, base_rev: i64, body: Body) -> Op {
    op_now(app, caller, (&record.kind, record.feed.clone(), record.id), base_rev, body)
}

fn op_now(
    app: &App,
    caller: &Caller,
    (kind, village, record): (&str, FeedId, RecordId),
    base_rev: i64,
    body: Body,
) -> Op {
    let now = app.now();
    Op {
        head: Head {
            kind: body.kind().to_owned(),
            record_kind: Some(kind.to_owned()),
            village,
            record,
            base_rev,
            made_at: now,
            hlc: format!("{:012x}-0000", now.as_micros().div_euclid(1_000)),
            author: caller.user,
            authored_scope: caller.scope_version,
            times: CapturedTimes::default(),
        },
        body,
    }
}

/// Pushes them. Ids are the caller's, so doing it twice does nothing.
///
/// # Errors
/// [`PushError`].
pub async fn push_console_operations(
    app: &Arc<App>,
    caller: &Caller,
    ops: Vec<(Uuid, Op)>,
) -> Result<Pushed, PushError> {
    let batch = PushBatch::of_console(app, caller.user, ops);
    let asker = Caller { device: Some(batch.device), ..caller.clone() };
    push_operations(app.clone(), asker, batch).await
}

/// The operation by which a person makes a record now.
///
/// # Errors
/// Words for the person, when the village's code is none.
pub fn new_console_op(
    app: &App,
    caller: &Caller,
    (kind, village, record): (&str, &str, Uuid),
    body: Body,
) -> Result<Op, String> {
    let village: FeedId = village.parse().map_err(|_| "村（社区）代码不正确".to_owned())?;
    Ok(op_now(app, caller, (kind, village, record.into()), 0, body))
}

/// What writes these fields; one that says what is there already is left out.
pub fn patch(record: &Record, fields: Vec<(&str, Value)>) -> Body {
    let change = |(name, new): (&str, Value)| {
        let base = record.shown(name);
        (base.as_ref() != Some(&new)).then(|| (name.to_owned(), Change { base, new }))
    };
    Body::Patch(fields.into_iter().filter_map(change).collect())
}
