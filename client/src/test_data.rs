//! Small made-up values for the tests of this crate: invented places, no person's name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sync_protocol::ids::FeedId;
use sync_protocol::merge::{Outcome, Status};
use sync_protocol::op::{Body, CapturedTimes, Change, Head, Op};
use sync_protocol::pull::{Acknowledged, ChangedRecord, FeedMode, FeedPage, PullResponse, ScopeChange};
use sync_protocol::push::{OpResult, PushResponse, Stopped};
use sync_protocol::record::Record;
use sync_protocol::time::Micros;
use uuid::Uuid;

pub(crate) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn feed() -> FeedId {
    "990001001001".parse().unwrap()
}

pub(crate) fn instant() -> Micros {
    "2023-06-01T08:00:00+08:00".parse().unwrap()
}

fn head(kind: &str) -> Head {
    Head {
        kind: kind.to_owned(),
        record_kind: Some("hazard".to_owned()),
        village: feed(),
        record: uuid(77).into(),
        base_rev: 0,
        made_at: instant(),
        hlc: String::new(),
        author: uuid(5).into(),
        authored_scope: 1,
        times: CapturedTimes::default(),
    }
}

pub(crate) fn patch_op(position: &str) -> Op {
    let change = Change { base: None, new: Value::from(position) };
    Op { head: head("patch"), body: Body::Patch([("position_text".to_owned(), change)].into()) }
}

pub(crate) fn create_op(position: &str) -> Op {
    let fields: BTreeMap<String, Value> = [("position_text".to_owned(), Value::from(position))].into();
    Op { head: head("create"), body: Body::Create(fields) }
}

pub(crate) fn server_record(position: &str, rev: i64) -> Record {
    let stamp = json!({
        "op": uuid(1), "inc": uuid(2), "seq": 1, "rev": rev, "author": uuid(5), "at": instant(), "grade": "C",
    });
    let mut entry = stamp.clone();
    entry["value"] = position.into();
    serde_json::from_value(json!({
        "id": uuid(77), "kind": "hazard", "feed": feed(), "rev": rev, "created": stamp, "received_at": instant(),
        "fields": {"position_text": [entry]},
    }))
    .unwrap()
}

pub(crate) fn result(seq: i64, status: Status) -> OpResult {
    OpResult { seq, outcome: Outcome::without_effect(status, "test"), vrev: None, replayed: false }
}

pub(crate) fn push_response(consumed_to: i64, results: Vec<OpResult>, stopped: Option<Stopped>) -> PushResponse {
    PushResponse {
        epoch: "e1".to_owned(),
        server_time: instant(),
        anchor: None,
        consumed_to,
        results,
        stopped,
        next_batch_max: 500,
        backoff_s: 0,
    }
}

pub(crate) fn changed(kind: &str, id: u128, rev: i64, vrev: i64) -> ChangedRecord {
    ChangedRecord { t: kind.to_owned(), id: uuid(id).into(), rev, vrev, number: None, v: None }
}

pub(crate) fn page(epoch: &str, changes: Vec<ChangedRecord>) -> PullResponse<ChangedRecord> {
    PullResponse {
        epoch: epoch.to_owned(),
        server_time: instant(),
        anchor: None,
        cursor: "c1".to_owned(),
        more: false,
        scope: ScopeChange { version: 1, added: vec![], removed: vec![] },
        ack: Acknowledged { consumed_to: 0, durable_to: 0 },
        outcomes: Vec::new(),
        villages: vec![FeedPage { id: feed(), mode: FeedMode::Delta, to: 20, head: 20, changes }],
        check: vec![],
    }
}
