//! What inspectors hand in, for tests of reading: visits, hazards, places and photos, pushed as a phone pushes them. All people, places and
//! firms are invented.
//!
//! Not a test. What a newcomer gets wrong: ids are fixed by the test, so a reply can be compared whole; only people and links vary.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sync_protocol::digest::{op_digest, sha256, to_hex};
use uuid::Uuid;

use super::photo_rig::{Declared, Phone, Rig};

/// A fixed id.
pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// A phone that pushes one operation after another.
pub(super) struct Field<'a> {
    pub(super) rig: &'a Rig,
    pub(super) phone: Phone,
    village: &'static str,
    incarnation: Uuid,
    seq: u32,
}

impl<'a> Field<'a> {
    /// A phone of somebody who may work in `village`.
    pub(super) async fn new(rig: &'a Rig, village: &'static str) -> Result<Self> {
        let phone = rig.phone(village).await?;
        Ok(Self { rig, phone, village, incarnation: rig.app.ids.new_id(), seq: 0 })
    }

    /// Pushes one operation about a record; its result.
    pub(super) async fn push(&mut self, record: u128, body: Value) -> Result<Value> {
        self.seq += 1;
        let mut op = json!({ "village": self.village, "record": id(record), "author": self.phone.user,
            "made_at": self.rig.app.now(), "hlc": format!("{:04}", self.seq) });
        for (name, value) in body.as_object().context("an operation is an object")? {
            op[name] = value.clone();
        }
        let op_id = Uuid::from_u128(self.incarnation.as_u128() & !0xffff | u128::from(self.seq));
        let ops = [json!({ "seq": self.seq, "id": op_id, "digest": op_digest(op.to_string().as_bytes()), "op": op })];
        let batch = json!({ "proto": 1, "device": self.phone.device, "incarnation": self.incarnation, "schema": 1, "ops": ops });
        let answer = self.rig.request(&self.phone, Method::POST, "/v1/sync/push").json(&batch).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        Ok(answer["results"][0].clone())
    }

    /// Makes a record and expects it to be taken.
    pub(super) async fn create(&mut self, record: u128, kind: &str, fields: Value) -> Result<()> {
        let result = self.push(record, json!({ "kind": "create", "type": kind, "fields": fields })).await?;
        ensure!(["applied", "merged"].contains(&result["status"].as_str().unwrap_or_default()), "{result}");
        Ok(())
    }

    /// A workshop.
    pub(super) async fn place(&mut self, record: u128, name: &str) -> Result<()> {
        let fields = json!({ "name": name, "place_type": "enterprise", "address": "石桥路1号" });
        self.create(record, "place", fields).await
    }

    /// A visit that began at an instant, with other fields as given.
    pub(super) async fn visit(&mut self, record: u128, started_at: &str, others: Value) -> Result<()> {
        let mut fields = json!({ "kind": "patrol", "inspecting_unit": "石桥村", "inspectors": ["演示甲"],
            "started_at": started_at, "no_fix_reason": "测试" });
        for (name, value) in others.as_object().context("fields are an object")? {
            fields[name] = value.clone();
        }
        self.create(record, "inspection", fields).await
    }

    /// A visit that its inspector is done with.
    pub(super) async fn submit(&mut self, record: u128) -> Result<()> {
        let result = self.push(record, json!({ "kind": "submit", "type": "inspection" })).await?;
        ensure!(result["status"] == "applied", "{result}");
        Ok(())
    }

    /// A hazard that a visit found, with other fields as given.
    pub(super) async fn hazard(&mut self, record: u128, visit: u128, others: Value) -> Result<()> {
        let mut fields = json!({ "inspection": id(visit), "position_text": "焊接间", "description": "插座破损",
            "found_at": "2023-06-12T09:40:00+08:00", "finders": ["演示甲"], "origin": "village", "level": "general",
            "no_fix_reason": "测试" });
        for (name, value) in others.as_object().context("fields are an object")? {
            fields[name] = value.clone();
        }
        self.create(record, "hazard", fields).await
    }

    /// Declares a photo on a record.
    pub(super) async fn attach(&mut self, record: u128, photo: u128, role: &str, bytes: &[u8]) -> Result<Declared> {
        let declared = Declared { id: id(photo), record: id(record), sha256: sha256(bytes), length: bytes.len() };
        let op = json!({ "kind": "photo.attach", "photo": declared.id, "sha256": to_hex(&declared.sha256),
            "bytes": bytes.len(), "mime": "text/html", "role": role });
        let result = self.push(record, op).await?;
        ensure!(result["status"] == "applied", "{result}");
        Ok(declared)
    }

    /// Declares a photo and sends it; waits until something was made from it.
    pub(super) async fn photo(&mut self, record: u128, photo: u128, role: &str, bytes: &[u8]) -> Result<()> {
        let declared = self.attach(record, photo, role, bytes).await?;
        self.rig.upload(&self.phone, &declared, bytes).await?;
        self.rig.photo_when(declared.id, |row| row.derive_state.is_some()).await?;
        Ok(())
    }

    /// GET as the phone's owner.
    pub(super) async fn get(&self, path: &str) -> Result<Response> {
        get(self.rig, &self.phone, path).await
    }

    /// The JSON of a GET that succeeds.
    pub(super) async fn json(&self, path: &str) -> Result<Value> {
        json_of(self.rig, &self.phone, path).await
    }
}

/// GET as somebody.
pub(super) async fn get(rig: &Rig, who: &Phone, path: &str) -> Result<Response> {
    Ok(rig.request(who, Method::GET, path).send().await?)
}

/// The JSON of a GET that succeeds.
pub(super) async fn json_of(rig: &Rig, who: &Phone, path: &str) -> Result<Value> {
    let answer = get(rig, who, path).await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// Status and body of a GET that is refused.
pub(super) async fn refusal(rig: &Rig, who: &Phone, path: &str) -> Result<(u16, Value)> {
    let answer = get(rig, who, path).await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

/// A reply with everything that varies from run to run replaced: ids of people and operations, and keys of links.
pub(super) fn stable(reply: &Value) -> Value {
    match reply {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| match (name.as_str(), value) {
                ("author" | "incarnation", Value::String(_)) => (name.clone(), json!("(id)")),
                ("op", Value::String(_)) => (name.clone(), json!("(op)")),
                ("author_name", Value::String(text)) if text.starts_with("测试") => (name.clone(), json!("(name)")),
                (_, value) => (name.clone(), stable(value)),
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(stable).collect()),
        Value::String(text) => match text.split_once("?key=") {
            Some((path, _)) => json!(format!("{path}?key=(key)")),
            None => reply.clone(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => reply.clone(),
    }
}
