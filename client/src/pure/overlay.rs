//! What the person sees: the server's state with the phone's own unanswered operations laid over it. The phone never merges; values of
//! pending operations simply win until a pull brings their effect. What a newcomer gets wrong: an operation that waits for a person
//! (申请中) is not laid over, or the phone would show a level that nobody has accepted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::op::{Body, Op};
use sync_protocol::record::Record;

/// One record as the screen shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownRecord {
    /// Its id.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// The feed the phone keeps it in.
    pub feed: FeedId,
    /// Newest revision from the server; 0 while it has none.
    pub rev: i64,
    /// Fields by name.
    pub fields: BTreeMap<String, Value>,
    /// Photos that are attached.
    pub photos: BTreeSet<RecordId>,
    /// Whether it was submitted.
    pub submitted: bool,
    /// Operations of this phone that the server's state does not show yet.
    pub pending_ops: usize,
}

/// Lays `pending` (in the order they were saved) over the server's state. `None` when nothing is known of the record at all.
#[must_use]
pub fn lay_over(id: RecordId, server: Option<&Record>, pending: &[Op]) -> Option<ShownRecord> {
    let about: Vec<&Op> = pending.iter().filter(|op| op.head.record == id).collect();
    let mut shown = match (server, about.first()) {
        (Some(record), _) => from_server(record),
        (None, Some(op)) => empty(id, op),
        (None, None) => return None,
    };
    for op in about {
        shown.pending_ops += 1;
        lay_one(&mut shown, op);
    }
    Some(shown)
}

fn from_server(record: &Record) -> ShownRecord {
    let fields = record.fields.keys().filter_map(|name| Some((name.clone(), record.shown(name)?)));
    ShownRecord {
        id: record.id,
        kind: record.kind.clone(),
        feed: record.feed.clone(),
        rev: record.rev,
        fields: fields.collect(),
        photos: record.live_photos().map(|(photo, _)| photo).collect(),
        submitted: record.submitted.is_some(),
        pending_ops: 0,
    }
}

fn empty(id: RecordId, op: &Op) -> ShownRecord {
    ShownRecord {
        id,
        kind: op.head.record_kind.clone().unwrap_or_default(),
        feed: op.head.village.clone(),
        rev: 0,
        fields: BTreeMap::new(),
        photos: BTreeSet::new(),
        submitted: false,
        pending_ops: 0,
    }
}

fn lay_one(shown: &mut ShownRecord, op: &Op) {
    match &op.body {
        Body::Create(fields) => {
            shown.kind = op.head.record_kind.clone().unwrap_or_default();
            shown.fields.extend(fields.clone());
        }
        Body::Supplement(fields) => shown.fields.extend(fields.clone()),
        Body::Patch(set) => {
            shown.fields.extend(set.iter().map(|(name, change)| (name.clone(), change.new.clone())));
        }
        Body::Transition { to, .. } => {
            shown.fields.insert("state".to_owned(), Value::from(to.as_str()));
        }
        Body::Submit => shown.submitted = true,
        Body::PhotoAttach(photo) => {
            shown.photos.insert(photo.photo);
        }
        Body::PhotoRetract { photo, .. } => {
            shown.photos.remove(photo);
        }
        // What people decide shows when the server has computed what it comes to.
        Body::Resolve { .. } | Body::LinkDuplicate { .. } | Body::Unknown => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{create_op, patch_op, server_record, uuid};

    #[test]
    fn pending_values_win_over_the_servers() {
        let record = server_record("东侧配电间", 4);
        let shown = lay_over(record.id, Some(&record), &[patch_op("西侧"), patch_op("西侧走廊")]).unwrap();
        assert_eq!(shown.fields["position_text"], "西侧走廊");
        assert_eq!((shown.rev, shown.pending_ops), (4, 2));
        let plain = lay_over(record.id, Some(&record), &[]).unwrap();
        assert_eq!(plain.fields["position_text"], "东侧配电间");
    }

    #[test]
    fn a_record_the_server_has_not_seen_is_shown_from_its_own_operations() {
        let shown = lay_over(uuid(77).into(), None, &[create_op("灶间"), patch_op("灶间门口")]).unwrap();
        assert_eq!((shown.kind.as_str(), shown.rev, shown.pending_ops), ("hazard", 0, 2));
        assert_eq!(shown.fields["position_text"], "灶间门口");
        assert_eq!(lay_over(uuid(78).into(), None, &[create_op("灶间")]), None);
    }
}
