//! Operations that arrive before the record they name: they wait, and are decided when it comes, each phone's in its own order.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::ids::{IncarnationId, OpId, RecordId, UserId};
use sync_protocol::merge::{Context, EventTime, Held, Released, Scope, Status, Submission, World, decide_and_release};
use sync_protocol::op::Op;
use sync_protocol::role::Role;
use sync_protocol::time::{Grade, Micros};
use uuid::Uuid;

const VILLAGE: &str = "500999001203";
const RECORD: u128 = 0x77;
const PHOTO: u128 = 0x99;

#[derive(Default)]
struct Server {
    world: World,
    held: BTreeMap<RecordId, Vec<Held>>,
}

/// An operation of a phone, its `seq`th; its id follows from both.
fn sent(phone: u128, seq: i64, body: Value) -> Held {
    let mut object = json!({"type": "hazard", "village": VILLAGE, "record": Uuid::from_u128(RECORD), "base_rev": 0,
        "made_at": "2023-06-01T00:00:00Z", "hlc": format!("{seq:08}"), "author": Uuid::from_u128(phone)});
    object.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let at = Micros::from_micros(1_685_577_600_000_000 + seq).unwrap();
    Held {
        id: id(phone, seq),
        incarnation: IncarnationId(Uuid::from_u128(phone)),
        seq,
        op: Op::parse(object.to_string().as_bytes()).unwrap(),
        context: Context {
            received_at: at,
            uploader: UserId(Uuid::from_u128(phone)),
            roles: vec![Role::R1],
            scope: Scope::Inside,
            server: false,
            ancestors: Vec::new(),
            event: EventTime { at, grade: Grade::A, uncertainty_us: None, clock_suspect: false },
            fix_village: None,
            place_village: None,
            places: Vec::new(),
        },
    }
}

fn id(phone: u128, seq: i64) -> OpId {
    OpId(Uuid::from_u128((phone << 32) + u128::try_from(seq).unwrap()))
}

fn remark(text: &str) -> Value {
    json!({"kind": "patch", "set": {"remark": {"new": text}}})
}

impl Server {
    fn take(&mut self, sent: &Held) -> (Status, Vec<Released>) {
        let Held { id, incarnation, seq, op, context } = sent;
        let submission = Submission { id: *id, incarnation: *incarnation, seq: *seq, op, context };
        let (outcome, released) = decide_and_release(&mut self.world, &mut self.held, submission);
        (outcome.status, released)
    }

    fn waiting(&self) -> usize {
        self.held.values().map(Vec::len).sum()
    }
}

#[test]
fn what_waited_is_decided_in_each_phones_order_when_the_record_comes() {
    let mut server = Server::default();
    for (phone, seq) in [(2, 2), (1, 3), (1, 2)] {
        assert_eq!(server.take(&sent(phone, seq, remark("甲"))).0, Status::Held);
    }
    assert_eq!(server.waiting(), 3);
    let (status, released) = server.take(&sent(1, 1, json!({"kind": "create", "fields": {"level": "general"}})));
    assert_eq!(status, Status::Applied);
    let order: Vec<OpId> = released.iter().map(|one| one.id).collect();
    assert_eq!(order, [id(1, 2), id(1, 3), id(2, 2)]);
    assert!(released.iter().all(|one| one.outcome.status == Status::Applied));
    assert_eq!(server.waiting(), 0);
    assert!(server.take(&sent(1, 4, remark("乙"))).1.is_empty(), "what is there brings nothing");
}

#[test]
fn what_a_released_operation_brings_releases_what_waited_for_that() {
    let mut server = Server::default();
    let caption =
        json!({"type": "photo", "record": Uuid::from_u128(PHOTO), "kind": "patch", "set": {"caption": {"new": "甲"}}});
    let attach = json!({"kind": "photo.attach", "photo": Uuid::from_u128(PHOTO), "bytes": 10, "mime": "image/jpeg",
        "sha256": format!("{PHOTO:064x}")});
    server.take(&sent(2, 1, caption));
    server.take(&sent(1, 2, attach));
    let (_, released) = server.take(&sent(1, 1, json!({"kind": "create", "fields": {}})));
    let order: Vec<OpId> = released.iter().map(|one| one.id).collect();
    assert_eq!(order, [id(1, 2), id(2, 1)]);
    let photo = &server.world.records[&RecordId(Uuid::from_u128(PHOTO))];
    assert_eq!(photo.shown_text("caption").as_deref(), Some("甲"));
}

#[test]
fn what_names_a_record_under_another_village_goes_on_waiting() {
    let mut server = Server::default();
    let mut elsewhere = remark("甲");
    elsewhere["village"] = json!("500999001299");
    server.take(&sent(2, 1, elsewhere));
    let (_, released) = server.take(&sent(1, 1, json!({"kind": "create", "fields": {}})));
    assert!(released.is_empty());
    assert_eq!(server.waiting(), 1);
}
