//! From a row to an operation: a new place, or a patch of exactly what differs. The file's coordinates stay in the datum they came in and are
//! marked as put in by hand, so a phone's satellite fix is preferred to them.

use super::{derived_id, stands};
use crate::usecases::import_report::Rejection;
use paicha_imports::{CoordinateSystem, EnterpriseRow};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::geo::{Datum, Fix, Provider};
use sync_protocol::ids::{FeedId, RecordId, UserId};
use sync_protocol::op::{Body, CapturedTimes, Change, Head, Op};
use sync_protocol::record::Record;
use sync_protocol::time::Micros;
use uuid::Uuid;

/// Writes operations for one file.
pub(super) struct Writer<'a> {
    pub(super) author: UserId,
    pub(super) made_at: Micros,
    pub(super) digest: &'a Sha256Bytes,
}

impl Writer<'_> {
    /// The operation that makes a place.
    pub(super) fn create(&self, row: &EnterpriseRow, id: RecordId) -> Result<(Uuid, Op), Rejection> {
        let feed: FeedId = row
            .village_code
            .parse()
            .map_err(|_| Rejection::of_file(format!("第{}行的村（社区）代码不对，一行也没有导入", row.row_number)))?;
        let op = self.op("create", feed, id, 0, Body::Create(fields(row)));
        Ok((derived_id("paicha import: create", &[id.0.as_bytes()]), op))
    }

    /// The operation that makes a known place say what the row says, if anything differs.
    pub(super) fn patch(&self, row: &EnterpriseRow, record: &Record, renamed: bool) -> Option<(Uuid, Op)> {
        let mut wanted = fields(row);
        if renamed && let Some(name) = wanted.remove("name") {
            wanted.insert("aliases".to_owned(), json!([name]));
        }
        // `enterprise` is also what a table without that column says.
        if row.place_type == "enterprise" && record.shown("place_type").is_some() {
            wanted.remove("place_type");
        }
        let set: BTreeMap<String, Change> = wanted
            .into_iter()
            .filter(|(field, value)| !says(record, field, value))
            .map(|(field, new)| {
                let base = record.shown(&field);
                (field, Change { base, new })
            })
            .collect();
        if set.is_empty() {
            return None;
        }
        // The same file on the same state of the record is the same operation.
        let parts: [&[u8]; 3] = [self.digest, record.id.0.as_bytes(), &record.rev.to_be_bytes()];
        let op = self.op("patch", record.feed.clone(), record.id, record.rev, Body::Patch(set));
        Some((derived_id("paicha import: patch", &parts), op))
    }

    fn op(&self, kind: &str, village: FeedId, record: RecordId, base_rev: i64, body: Body) -> Op {
        let head = Head {
            kind: kind.to_owned(),
            record_kind: Some("place".to_owned()),
            village,
            record,
            base_rev,
            made_at: self.made_at,
            hlc: String::new(),
            author: self.author,
            authored_scope: 0,
            times: CapturedTimes::default(),
        };
        Op { head, body }
    }
}

/// Whether the record says this already: sets contain it, other fields hold it among their values.
fn says(record: &Record, field: &str, value: &Value) -> bool {
    let Some(items) = value.as_array() else { return stands(record, field, value) };
    let shown = record.shown(field);
    let shown = shown.as_ref().and_then(Value::as_array);
    items.iter().all(|item| shown.is_some_and(|shown| shown.contains(item)))
}

/// What the row says, by field; blank cells say nothing.
fn fields(row: &EnterpriseRow) -> BTreeMap<String, Value> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let said = [
        ("name", Some(Value::from(row.name.as_str()))),
        ("place_type", Some(Value::from(row.place_type))),
        ("uscc", row.uscc.as_ref().map(|code| Value::from(code.as_str()))),
        ("sector", row.sector.map(Value::from)),
        ("address", text(&row.address)),
        ("employees", row.employees.map(Value::from)),
        ("legal_rep", text(&row.legal_rep)),
        ("safety_officer", text(&row.safety_officer)),
        ("phones", row.phone.as_deref().map(|phone| json!([phone]))),
        ("point", point(row)),
    ];
    said.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
}

fn point(row: &EnterpriseRow) -> Option<Value> {
    let point = row.point?;
    let fix = Fix {
        lat: point.latitude,
        lon: point.longitude,
        crs: match point.system {
            CoordinateSystem::Wgs84 => Datum::Wgs84,
            CoordinateSystem::Cgcs2000 => Datum::Cgcs2000,
            CoordinateSystem::Gcj02 => Datum::Gcj02,
            CoordinateSystem::Bd09 => Datum::Bd09,
        },
        acc_m: None,
        alt_m: None,
        provider: Some(Provider::Manual),
        gnss_at: None,
        mock: None,
        age_ms: None,
    };
    Some(json!(fix))
}
