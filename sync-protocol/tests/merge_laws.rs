//! The laws of the merge (protocol 3.4), over generated histories of three phones: every arrival order that keeps each phone's own
//! sequence and what each pull had delivered gives the same record; the level never falls by itself. Failing histories shrink, and
//! their seeds are kept beside this file.

#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use sync_protocol::ids::{IncarnationId, OpId, RecordId, UserId};
use sync_protocol::merge::{Context, EventTime, Scope, Submission, World, decide, shown_at, turning_points};
use sync_protocol::op::Op;
use sync_protocol::role::Role;
use sync_protocol::schema::LEVELS;
use sync_protocol::time::{Grade, Micros};
use uuid::Uuid;

const PHONES: usize = 3;
const HAZARD: u128 = 0x1000;
/// An inspector, somebody of the office who inspects too, and a leader.
const MIXED: [&[Role]; PHONES] = [&[Role::R1], &[Role::R1, Role::R3], &[Role::R4]];

/// What one phone does to the hazard.
#[derive(Debug, Clone)]
enum Act {
    Set(&'static str, Value),
    Add(&'static str, Value),
    Go(&'static str, &'static str),
    Say(usize, i64, &'static str),
    Join(bool),
    Attach(u128),
    Retract(u128),
}

/// Between two rounds some phones pull; within a round each phone writes, and pushes part of what it has.
#[derive(Debug, Clone)]
struct Round {
    acts: Vec<Vec<Act>>,
    pushed: Vec<usize>,
    pulls: Vec<bool>,
}

fn act() -> impl Strategy<Value = Act> {
    let code = |codes: &'static [&'static str]| prop::sample::select(codes).prop_map(Value::from);
    let text = prop::sample::select(&["甲", "乙", "东侧配电间", "东侧配电间及走廊"][..]).prop_map(Value::from);
    let day = prop::sample::select(&["2023-06-20", "2023-06-25", "2023-07-01"][..]).prop_map(Value::from);
    let states = &["reg", "plan", "fixing", "verify", "accepted", "closed", "void"][..];
    prop_oneof![
        code(LEVELS).prop_map(|level| Act::Set("level", level)),
        code(&["none", "warned", "stopped"]).prop_map(|control| Act::Set("control", control)),
        day.prop_map(|day| Act::Set("deadline", day)),
        text.clone().prop_map(|text| Act::Set("position_text", text)),
        text.clone().prop_map(|text| Act::Set("description", text)),
        text.clone().prop_map(|text| Act::Add("remark", text)),
        text.prop_map(|text| Act::Set("from_a_newer_app", text)),
        prop::sample::select(&["张", "李", "王"][..]).prop_map(|name| Act::Set("finders", json!([name]))),
        (1.0..60.0_f64).prop_map(|acc_m| Act::Set(
            "fix",
            json!({"lat": 31.9, "lon": 108.6, "crs": "wgs84", "acc_m": acc_m.round()})
        )),
        (prop::sample::select(states), prop::sample::select(states)).prop_map(|(from, to)| Act::Go(from, to)),
        (0..PHONES, 1..7_i64, prop::sample::select(&["approve", "approve", "refuse"][..]))
            .prop_map(|(phone, seq, verdict)| Act::Say(phone, seq, verdict)),
        any::<bool>().prop_map(Act::Join),
        code(&["self_day", "village", "county"]).prop_map(|origin| Act::Set("origin", origin)),
        text_of(&["plan.owner", "plan.measures", "plan.contingency", "analogies"]),
        (0..2_i64).prop_map(|fen| Act::Set("plan.funds_fen", json!(fen))),
        (1..4_u128).prop_map(Act::Attach),
        (1..4_u128).prop_map(Act::Retract),
        Just(Act::Set("level", json!("no such level"))),
    ]
}

fn text_of(fields: &'static [&'static str]) -> impl Strategy<Value = Act> {
    prop::sample::select(fields).prop_map(|field| Act::Set(field, json!("已落实")))
}

fn round() -> impl Strategy<Value = Round> {
    (
        prop::collection::vec(prop::collection::vec(act(), 0..4), PHONES),
        prop::collection::vec(0..6_usize, PHONES),
        prop::collection::vec(any::<bool>(), PHONES),
    )
        .prop_map(|(acts, pushed, pulls)| Round { acts, pushed, pulls })
}

struct Phone {
    seq: i64,
    base_rev: i64,
    outbox: VecDeque<(i64, OpId, Op, Context)>,
    shown: BTreeMap<String, Value>,
}

fn op_json(phone: usize, seq: i64, base_rev: i64, body: Value) -> Op {
    let mut object = json!({
        "type": "hazard", "village": "500999001203", "record": Uuid::from_u128(HAZARD), "base_rev": base_rev,
        "made_at": "2023-06-01T00:00:00Z", "hlc": format!("{:012x}-{phone:04x}", seq / 2),
        "author": Uuid::from_u128(0xa0 + phone as u128),
    });
    object.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    Op::parse(object.to_string().as_bytes()).unwrap()
}

fn body(phone: &Phone, act: &Act) -> Value {
    match act {
        Act::Set(field, new) => {
            json!({"kind": "patch", "set": {*field: {"base": phone.shown.get(*field), "new": new}}})
        }
        Act::Add(field, value) => json!({"kind": "supplement", "fields": {*field: value}}),
        Act::Go(from, to) => json!({"kind": "transition", "from": from, "to": to, "reason": "误报",
            "evidence": {"verdict": "real"}}),
        Act::Say(phone, seq, verdict) => {
            json!({"kind": "resolve", "target": op_id(*phone, *seq), "verdict": verdict})
        }
        Act::Join(true) => json!({"kind": "link_duplicate", "survivor": Uuid::from_u128(HAZARD + 1)}),
        Act::Join(false) => json!({"kind": "link_duplicate", "survivor": null}),
        Act::Attach(photo) => {
            json!({"kind": "photo.attach", "photo": Uuid::from_u128(*photo), "bytes": 10, "mime": "image/jpeg",
            "sha256": format!("{photo:064x}"), "source": "camera_inapp",
            "role": if *photo == 1 { "before" } else { "after" }})
        }
        Act::Retract(photo) => json!({"kind": "photo.retract", "photo": Uuid::from_u128(*photo)}),
    }
}

fn op_id(phone: usize, seq: i64) -> OpId {
    OpId(Uuid::from_u128(((phone as u128 + 1) << 64) | u128::try_from(seq).unwrap()))
}

/// Arrival facts of an operation; they follow from who made it and when, not from arrival.
fn context(roles: &[Role], phone: usize, seq: i64) -> Context {
    let at = Micros::from_micros(1_685_577_600_000_000 + seq * 60_000_000 + phone as i64).unwrap();
    Context {
        received_at: at,
        uploader: UserId(Uuid::from_u128(0xa0)),
        roles: roles.to_vec(),
        scope: Scope::Inside,
        server: false,
        ancestors: vec![],
        event: EventTime { at, grade: Grade::C, uncertainty_us: None, clock_suspect: false },
        fix_village: None,
        place_village: None,
        places: Vec::new(),
    }
}

/// Plays a history; `choices` picks whose operation arrives next. Answers the records without revisions.
fn play(roles: [&[Role]; PHONES], rounds: &[Round], choices: &[usize]) -> (String, Vec<usize>) {
    let mut world = World::default();
    let create = op_json(
        9,
        1,
        0,
        json!({"kind": "create", "fields": {"level": "general", "position_text": "甲", "control": "none",
            "origin": "village"}}),
    );
    let mut other = op_json(9, 2, 0, json!({"kind": "create", "fields": {"origin": "self_day"}}));
    other.head.record = RecordId(Uuid::from_u128(HAZARD + 1));
    let submit = |world: &mut World, phone: usize, seq: i64, id: OpId, op: &Op, context: &Context| {
        let incarnation = IncarnationId(Uuid::from_u128(0xb0 + phone as u128));
        decide(world, Submission { id, incarnation, seq, op, context })
    };
    submit(&mut world, 9, 1, OpId(Uuid::from_u128(1)), &create, &context(&[Role::R1], 9, 1));
    submit(&mut world, 9, 2, OpId(Uuid::from_u128(2)), &other, &context(&[Role::R1], 9, 2));
    let id = RecordId(Uuid::from_u128(HAZARD));
    let first: BTreeMap<String, Value> = [("level", "general"), ("position_text", "甲"), ("control", "none")]
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .into();
    let mut phones: Vec<Phone> =
        (0..PHONES).map(|_| Phone { seq: 0, base_rev: 1, outbox: VecDeque::new(), shown: first.clone() }).collect();
    let mut choices = choices.iter().cycle();
    let mut levels = Vec::new();
    for round in rounds {
        let mut sending: Vec<VecDeque<_>> = Vec::new();
        for (index, phone) in phones.iter_mut().enumerate() {
            for act in &round.acts[index] {
                phone.seq += 1;
                let op = op_json(index, phone.seq, phone.base_rev, body(phone, act));
                if let Act::Set(field, new) = act {
                    phone.shown.insert((*field).to_owned(), new.clone());
                }
                let context = context(roles[index], index, phone.seq);
                phone.outbox.push_back((phone.seq, op_id(index, phone.seq), op, context));
            }
            let count = round.pushed[index].min(phone.outbox.len());
            sending.push(phone.outbox.drain(..count).collect());
        }
        while sending.iter().any(|queue| !queue.is_empty()) {
            let waiting: Vec<usize> = (0..PHONES).filter(|index| !sending[*index].is_empty()).collect();
            let next = waiting[choices.next().copied().unwrap_or(0) % waiting.len()];
            let (seq, op_id, op, context) = sending[next].pop_front().unwrap();
            submit(&mut world, next, seq, op_id, &op, &context);
            let level = world.records[&id].shown_text("level").unwrap();
            levels.push(LEVELS.iter().position(|known| *known == level).unwrap());
        }
        let record = &world.records[&id];
        for (phone, _) in phones.iter_mut().zip(&round.pulls).filter(|(_, pulls)| **pulls) {
            phone.base_rev = record.rev;
            let shown = record.fields.keys().filter_map(|name| Some((name.clone(), record.shown(name)?)));
            phone.shown = shown.collect();
        }
    }
    let mut state = json!(world.records.values().collect::<Vec<_>>());
    forget_revisions(&mut state);
    let shown: BTreeMap<&str, Option<Value>> =
        world.records[&id].fields.keys().map(|name| (name.as_str(), world.records[&id].shown(name))).collect();
    let record = &world.records[&id];
    let past: Vec<_> = turning_points(record)
        .into_iter()
        .map(|at| (at, shown_at(record, "level", Some(at)), shown_at(record, "state", Some(at))))
        .collect();
    let waiting: Vec<_> =
        record.waiting().into_iter().map(|one| (one.stamp.op, one.field, one.why, one.lacks)).collect();
    (format!("{state:#}\n{shown:?}\n{:?}\n{past:?}\n{waiting:?}", record.disputed()), levels)
}

/// Revisions number arrivals; everything else must be equal.
fn forget_revisions(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove("rev");
            object.remove("base_rev");
            object.values_mut().for_each(forget_revisions);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_revisions),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Histories of each law, where `PROPTEST_CASES` does not say.
const CASES: u32 = 1500;

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_arrival_order_gives_the_same_record(
        rounds in prop::collection::vec(round(), 1..5),
        one in prop::collection::vec(0..60_usize, 1..40),
        other in prop::collection::vec(0..60_usize, 1..40),
    ) {
        let (first, _) = play(MIXED, &rounds, &one);
        let (second, _) = play(MIXED, &rounds, &other);
        prop_assert_eq!(first, second);
    }

    #[test]
    fn the_level_never_falls_without_an_authorised_operation(
        rounds in prop::collection::vec(round(), 1..5),
        choices in prop::collection::vec(0..60_usize, 1..40),
    ) {
        let (_, levels) = play([&[Role::R1]; PHONES], &rounds, &choices);
        prop_assert!(levels.is_sorted(), "{levels:?}");
    }
}
