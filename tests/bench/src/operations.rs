//! Operations as phones make them, about 700 bytes each: a hazard and its photo in one save, then two changes. All people and places are
//! invented. What a newcomer gets wrong: making them while the clock runs; they are made before.

use crate::world::Phone;
use serde_json::{Value, json};
use sync_protocol::digest::{op_digest, sha256, to_hex};
use uuid::Uuid;

/// One batch: the envelope a phone sends, and its operations alone for the floor.
pub(crate) struct Batch {
    pub(crate) phone: usize,
    pub(crate) envelope: String,
    pub(crate) ops: Vec<(Uuid, Vec<u8>)>,
}

/// Operations in one batch.
pub(crate) const BATCH_OPS: usize = 500;

const DESCRIPTION: &str =
    "配电箱门敞开，线头裸露，下方堆放纸箱等可燃物；值班人员称昨日检修后未恢复，现场未见警示标识和灭火器材。";
const SUGGESTION: &str =
    "立即断电并清理可燃物，由持证电工恢复箱门和接线，三日内报村委会复查；复查前安排专人看守，不得擅自送电。";

/// Batches of `phones` in turn, `ops` operations in all, numbered on from `sequences`.
pub(crate) fn batches(phones: &[Phone], ops: usize, sequences: &mut [i64]) -> Vec<Batch> {
    (0..ops / BATCH_OPS)
        .map(|number| {
            let phone = number % phones.len();
            batch(phone, &phones[phone], &mut sequences[phone])
        })
        .collect()
}

fn batch(index: usize, phone: &Phone, sequence: &mut i64) -> Batch {
    let mut ops = Vec::with_capacity(BATCH_OPS);
    let pushed: Vec<Value> = (0..BATCH_OPS)
        .map(|_| {
            *sequence += 1;
            let (text, group) = operation(phone, *sequence);
            let id = id(phone, 1, *sequence);
            ops.push((id, text.clone().into_bytes()));
            let op: Value = serde_json::from_str(&text).expect("it was just written");
            let mut pushed = json!({"seq": *sequence, "id": id, "digest": op_digest(text.as_bytes()), "op": op});
            if let Some(group) = group {
                pushed["group"] = group;
            }
            pushed
        })
        .collect();
    let envelope = json!({
        "proto": 1, "device": phone.caller.device, "incarnation": phone.incarnation, "ops": pushed,
    });
    Batch { phone: index, envelope: envelope.to_string(), ops }
}

fn id(phone: &Phone, space: u128, sequence: i64) -> Uuid {
    let sequence = u128::try_from(sequence).expect("sequences are positive");
    // Like version 7: the time first, so that neighbours in time are neighbours in the index.
    Uuid::from_u128((sequence << 80) | (space << 64) | phone.number)
}

fn operation(phone: &Phone, sequence: i64) -> (String, Option<Value>) {
    let step = (sequence - 1) % 4;
    let first = sequence - step;
    let mut op = json!({
        "type": "hazard", "village": phone.village, "record": id(phone, 2, first), "base_rev": 0,
        "made_at": "2023-06-12T09:00:00+08:00", "hlc": format!("{sequence:012x}-{:04x}", phone.number),
        "author": phone.caller.user, "authored_scope": 1,
        "times": {"mono_us": 1_000_000 + sequence, "boot_id": "0f3c9a52-77a1-4f0e-9a33-2d1c5b6e8f90"},
    });
    let body = match step {
        0 => create(phone),
        1 => attach(phone, sequence),
        2 => json!({"kind": "patch", "set": {
            "suggestion": {"new": SUGGESTION}, "deadline": {"new": "2023-06-19"}, "fix_mode": {"new": "timed"},
            "remark": {"new": "已当面告知现场负责人，照片已留存，负责人在现场签字确认。"}}}),
        _ => json!({"kind": "patch", "set": {
            "description": {"base": DESCRIPTION, "new": format!("{DESCRIPTION}已现场断电。")}}}),
    };
    let object = op.as_object_mut().expect("an object");
    object.extend(body.as_object().expect("an object").clone());
    let group = (step < 2).then(|| json!({"id": id(phone, 3, first), "i": step + 1, "n": 2}));
    (op.to_string(), group)
}

fn fix() -> Value {
    json!({"lat": 29.123_456_7, "lon": 106.765_432_1, "crs": "gcj02", "acc_m": 12.5, "provider": "gnss"})
}

fn create(phone: &Phone) -> Value {
    json!({"kind": "create", "fields": {
        "level": "general", "description": DESCRIPTION, "position_text": "一层东侧配电间", "fix": fix(),
        "found_at": "2023-06-12T08:58:00+08:00", "finders": [format!("试用员{}", phone.number)], "origin": "village",
        "sector": ["industry"]}})
}

fn attach(phone: &Phone, sequence: i64) -> Value {
    json!({"kind": "photo.attach", "photo": id(phone, 4, sequence),
        "sha256": to_hex(&sha256(id(phone, 5, sequence).as_bytes())), "bytes": 3_145_728, "mime": "image/jpeg",
        "role": "before", "taken_at": "2023-06-12T08:59:00+08:00", "fix": fix(), "source": "camera_inapp",
        "caption": "配电箱全景，箱门敞开，可见裸露线头和下方堆放的纸箱"})
}
