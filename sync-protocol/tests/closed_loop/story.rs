//! One hazard and the people around it, told in operations. Not a test. What a newcomer gets wrong: everybody has seen everything so far, unless
//! a test says what they had seen.

use serde_json::{Value, json};
use sync_protocol::ids::{IncarnationId, OpId, RecordId, UserId};
use sync_protocol::merge::{Context, EventTime, FieldOutcome, Outcome, Scope, Submission, World, decide};
use sync_protocol::op::{Body, Op};
use sync_protocol::record::Record;
use sync_protocol::role::Role::{self, R1, R3, R4, R6, R7};
use sync_protocol::time::{Grade, Micros};
use uuid::Uuid;

pub(super) const HAZARD: u128 = 0x77;
/// The place of the enterprise, where the hazard is.
pub(super) const FACTORY: u128 = 0x75;
/// Where every fix lies that somebody sends.
pub(super) const FIX_VILLAGE: &str = "500999001208";
pub(super) const OTHER_FIX_VILLAGE: &str = "500999001209";
/// Where every place is registered that somebody names.
pub(super) const PLACE_VILLAGE: &str = "500999001207";
pub(super) const INSPECTOR: Who = Who(1, R1);
pub(super) const COLLEAGUE: Who = Who(2, R1);
pub(super) const OFFICE: Who = Who(3, R3);
pub(super) const LEADER: Who = Who(4, R4);
pub(super) const COUNTY: Who = Who(5, R6);
pub(super) const ENTERPRISE: Who = Who(7, R7);

#[derive(Clone, Copy)]
pub(super) struct Who(pub(super) u128, pub(super) Role);

/// One hazard, and people who have seen everything so far unless a test says otherwise.
#[derive(Default)]
pub(super) struct Story {
    pub(super) world: World,
    pub(super) ops: u128,
    pub(super) minute: i64,
    /// Everybody's how manieth phone speaks, from 0.
    pub(super) phone: u128,
    /// Whether it is the former phone, set up again, and so had seen what that wrote.
    pub(super) restored: bool,
    /// Whether fixes now lie in another village than [`FIX_VILLAGE`].
    pub(super) elsewhere: bool,
}

impl Story {
    pub(super) fn of(level: &str) -> Self {
        let mut story = Self::default();
        story.say(
            INSPECTOR,
            json!({"kind": "create", "fields": {"level": level, "origin": "village", "control": "warned",
            "description": "配电箱门敞开，线头裸露", "sector": ["industry"]}}),
        );
        story
    }

    /// A hazard at the place that the enterprise acts for.
    pub(super) fn at_factory(level: &str) -> Self {
        let mut story = Self::default();
        story.say(
            INSPECTOR,
            json!({"kind": "create", "fields": {"level": level, "origin": "village", "control": "warned",
            "place": Uuid::from_u128(FACTORY), "description": "配电箱门敞开，线头裸露", "sector": ["industry"]}}),
        );
        story
    }

    pub(super) fn say(&mut self, who: Who, body: Value) -> (OpId, Outcome) {
        let seen = self.world.records.get(&id()).map_or(0, |record| record.rev);
        self.say_having_seen(who, seen, body)
    }

    /// Says something under `author`'s name, from the phone and the login of `uploader`.
    pub(super) fn say_for(&mut self, author: Who, uploader: Who, body: Value) -> (OpId, Outcome) {
        let seen = self.record().rev;
        self.say_all(author, uploader, seen, body)
    }

    pub(super) fn say_having_seen(&mut self, who: Who, base_rev: i64, body: Value) -> (OpId, Outcome) {
        self.say_all(who, who, base_rev, body)
    }

    /// Says something about another record than the hazard.
    pub(super) fn say_of(&mut self, who: Who, kind: &str, record: u128, body: Value) -> Outcome {
        let seen = self.world.records.get(&RecordId(Uuid::from_u128(record))).map_or(0, |record| record.rev);
        let mut named = json!({"type": kind, "record": Uuid::from_u128(record)});
        named.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.say_all(who, who, seen, named).1
    }

    fn say_all(&mut self, author: Who, uploader: Who, base_rev: i64, body: Value) -> (OpId, Outcome) {
        let Who(person, role) = author;
        self.ops += 1;
        self.minute += 1;
        let mut object = json!({"type": "hazard", "village": "500999001203", "record": Uuid::from_u128(HAZARD),
            "base_rev": base_rev, "made_at": "2023-06-01T00:00:00Z", "hlc": format!("{:08}", self.minute),
            "author": Uuid::from_u128(person)});
        object.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let op = Op::parse(object.to_string().as_bytes()).unwrap();
        let at = self.now();
        let life = |phone: u128| IncarnationId(Uuid::from_u128(0x100 + uploader.0 + 0x1_0000 * phone));
        let context = Context {
            received_at: at,
            uploader: UserId(Uuid::from_u128(uploader.0)),
            roles: vec![role],
            scope: Scope::Inside,
            server: person == 0,
            ancestors: (0..self.phone).filter(|_| self.restored).map(life).collect(),
            event: EventTime { at, grade: Grade::A, uncertainty_us: None, clock_suspect: false },
            fix_village: Some(if self.elsewhere { OTHER_FIX_VILLAGE } else { FIX_VILLAGE }.parse().unwrap()),
            place_village: Some(PLACE_VILLAGE.parse().unwrap()).filter(|_| !matches!(op.body, Body::Create(_))),
            places: if author.0 == ENTERPRISE.0 { vec![RecordId(Uuid::from_u128(FACTORY))] } else { Vec::new() },
        };
        let op_id = OpId(Uuid::from_u128(0x1000 + self.ops));
        let incarnation = life(self.phone);
        let seq = i64::try_from(self.ops).unwrap();
        let outcome = decide(&mut self.world, Submission { id: op_id, incarnation, seq, op: &op, context: &context });
        (op_id, outcome)
    }

    pub(super) fn now(&self) -> Micros {
        Micros::from_micros(1_685_577_600_000_000 + self.minute * 60_000_000).unwrap()
    }

    pub(super) fn set(&mut self, who: Who, fields: Value) -> (OpId, Outcome) {
        let set = fields.as_object().unwrap().iter().map(|(name, new)| (name.clone(), json!({"new": new})));
        self.say(who, json!({"kind": "patch", "set": set.collect::<serde_json::Map<_, _>>()}))
    }

    pub(super) fn go(&mut self, who: Who, from: &str, to: &str, evidence: Value) -> (OpId, Outcome) {
        self.say(who, json!({"kind": "transition", "from": from, "to": to, "reason": "现场核实", "evidence": evidence}))
    }

    pub(super) fn agree(&mut self, who: Who, op: OpId) -> Outcome {
        self.say(who, json!({"kind": "resolve", "target": op, "verdict": "approve", "reason": "同意"})).1
    }

    pub(super) fn refuse(&mut self, who: Who, op: OpId) -> Outcome {
        self.say(who, json!({"kind": "resolve", "target": op, "verdict": "refuse", "reason": "材料不足"})).1
    }

    pub(super) fn photo(&mut self, role: &str) {
        self.attach(role, 0x9000 + self.ops);
    }

    /// Attaches a photo, a new one or one that was attached before.
    pub(super) fn attach(&mut self, role: &str, photo: u128) {
        self.say(
            INSPECTOR,
            json!({"kind": "photo.attach", "photo": Uuid::from_u128(photo), "bytes": 10, "mime": "image/jpeg",
            "sha256": format!("{photo:064x}"), "role": role, "source": "camera_inapp"}),
        );
    }

    pub(super) fn record(&self) -> &Record {
        &self.world.records[&id()]
    }

    pub(super) fn shown(&self, field: &str) -> String {
        self.record().shown_text(field).unwrap_or_default()
    }

    pub(super) fn five(&mut self) {
        self.set(
            INSPECTOR,
            json!({"plan.owner": "演示甲", "plan.measures": "更换配电箱", "plan.funds_fen": 0,
            "deadline": "2023-06-20", "plan.contingency": "断电警戒"}),
        );
    }

    pub(super) fn names(&mut self) {
        self.set(
            INSPECTOR,
            json!({"resp.find.village": "演示乙", "resp.treat.site": "演示甲", "resp.control.site": "演示甲",
            "dual.regulator_at": "2023-06-01T00:30:00Z"}),
        );
    }

    /// A hazard of any level, ready for review.
    pub(super) fn ready_for_review(level: &str) -> Self {
        let mut story = Self::at_factory(level);
        story.go(INSPECTOR, "reg", "plan", json!({}));
        story.five();
        story.names();
        let (op, _) = story.go(INSPECTOR, "plan", "fixing", json!({}));
        story.agree(OFFICE, op);
        story.go(ENTERPRISE, "fixing", "verify", json!({}));
        story.photo("after");
        assert_eq!(story.shown("state"), "verify");
        story
    }
}

pub(super) fn id() -> RecordId {
    RecordId(Uuid::from_u128(HAZARD))
}

pub(super) fn field(outcome: &Outcome, name: &str) -> Option<FieldOutcome> {
    outcome.fields.get(name).copied()
}
