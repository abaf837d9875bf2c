//! Prints what a phone in another language has to share with this crate: `schema` (docs/schema.json: kinds, fields, rules, words, edges,
//! problems) or `vectors` (docs/vectors.json: the operations of docs/protocol.md as this crate freezes them, check terms, instants).
//! The gate compares. What a newcomer gets wrong: neither is written by hand, so a phone cannot know a rule that the server does not.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use serde_json::{Map, Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::ids::RecordId;
use sync_protocol::op::Op;
use sync_protocol::problem::Problem;
use sync_protocol::pull::check_term;
use sync_protocol::schema::{FieldSpec, FieldType, Guarding, KINDS, KindSpec, MergeRule, Required};
use sync_protocol::time::Micros;
use sync_protocol::words::words_of;
use sync_protocol::workflow::{HAZARD_EDGES, Needs};
use uuid::Uuid;

fn main() {
    let tables = match std::env::args().nth(1).as_deref() {
        Some("schema") => schema(),
        Some("vectors") => vectors(),
        Some(_) | None => json!("say schema or vectors"),
    };
    println!("{tables:#}");
}

fn schema() -> Value {
    let kinds: Map<String, Value> = KINDS.iter().map(|spec| (spec.name.to_owned(), kind(spec))).collect();
    let edges = HAZARD_EDGES.iter().map(|edge| {
        let guards: Vec<String> = edge.guards.iter().map(|guard| format!("{guard:?}")).collect();
        json!({
            "code": edge.code, "title_zh": edge.title_zh, "from": edge.from, "to": edge.to, "roles": edge.roles,
            "general": needs(edge.general), "major": needs(edge.major), "guards": guards,
        })
    });
    let problems: Map<String, Value> =
        Problem::ALL.iter().map(|problem| (problem.code().to_owned(), json!(problem.title_zh()))).collect();
    json!({ "kinds": kinds, "edges": edges.collect::<Vec<_>>(), "problems": problems })
}

fn kind(spec: &KindSpec) -> Value {
    let fields: Map<String, Value> =
        spec.fields.iter().map(|one| (one.name.to_owned(), field(spec.name, one))).collect();
    json!({
        "title_zh": spec.title_zh, "carries_photos": spec.carries_photos, "initial_state": spec.initial_state,
        "fields": fields,
    })
}

fn field(kind: &str, spec: &FieldSpec) -> Value {
    let mut object = Map::new();
    object.insert("title_zh".to_owned(), json!(spec.title_zh));
    object.insert("holds".to_owned(), json!(holds(spec.holds)));
    let (rule, order) = rule(spec.rule);
    object.insert("rule".to_owned(), json!(rule));
    if let Some(order) = order {
        object.insert("order".to_owned(), json!(order));
    }
    if let Some(guarding) = guarding(spec.guarding) {
        object.insert("guarding".to_owned(), guarding);
    }
    object.insert("required".to_owned(), required(spec.required));
    if let Some(words) = words_of(kind, &spec.name.replace('*', "x")) {
        object.insert("words".to_owned(), json!(words));
    }
    Value::Object(object)
}

fn holds(holds: FieldType) -> &'static str {
    match holds {
        FieldType::Text => "text",
        FieldType::Code(_) => "code",
        FieldType::Codes(_) => "codes",
        FieldType::Texts => "texts",
        FieldType::Integer => "integer",
        FieldType::Flag => "flag",
        FieldType::Instant => "instant",
        FieldType::Day => "day",
        FieldType::Fix => "fix",
        FieldType::Reference(_) => "reference",
        FieldType::References(_) => "references",
        FieldType::Sha256 => "sha256",
        FieldType::Object => "object",
    }
}

fn rule(rule: MergeRule) -> (&'static str, Option<&'static [&'static str]>) {
    match rule {
        MergeRule::ServerOnly => ("server_only", None),
        MergeRule::MaxDanger(order) => ("max_danger", Some(order)),
        MergeRule::MostOpen(order) => ("most_open", Some(order)),
        MergeRule::Earliest => ("earliest", None),
        MergeRule::Latest => ("latest", None),
        MergeRule::TrueWins => ("true_wins", None),
        MergeRule::Union => ("union", None),
        MergeRule::BestFix => ("best_fix", None),
        MergeRule::KeepBoth => ("keep_both", None),
        MergeRule::Longest => ("longest", None),
        MergeRule::Ask => ("ask", None),
        MergeRule::Append => ("append", None),
    }
}

fn guarding(guarding: Guarding) -> Option<Value> {
    let one = |by: &str, all: Needs| json!({ "by": by, "needs": [needs(all)] });
    let two = |by: &str, first: Needs, second: Needs| json!({ "by": by, "needs": [needs(first), needs(second)] });
    match guarding {
        Guarding::Open => None,
        Guarding::Safer(all) => Some(one("safer", all)),
        Guarding::SaferByLevel(general, major) => Some(two("safer_by_level", general, major)),
        Guarding::Level(suspected, judged) => Some(two("level", suspected, judged)),
        Guarding::Change(all) => Some(one("change", all)),
        Guarding::Shortening(all) => Some(one("shortening", all)),
        Guarding::Always(all) => Some(one("always", all)),
    }
}

fn needs(needs: Needs) -> Value {
    let slots = needs.iter().map(|slot| json!({ "roles": slot.roles, "not_finder": slot.not_finder }));
    Value::Array(slots.collect())
}

fn required(required: Required) -> Value {
    match required {
        Required::No => json!(null),
        Required::Always => json!({ "from": "always" }),
        Required::Unless(field) => json!({ "from": "unless", "field": field }),
        Required::Submitted => json!({ "from": "submitted" }),
        Required::When(field, values) => json!({ "from": "when", "field": field, "values": values }),
    }
}

fn vectors() -> Value {
    let page = include_str!("../../docs/protocol.md");
    let blocks = page.split("<!-- op -->\n```json\n").skip(1).filter_map(|block| block.split("```").next());
    let frozen = blocks.filter_map(|text| {
        let bytes = Op::parse(text.as_bytes()).ok()?.freeze();
        let op: Value = serde_json::from_str(text).ok()?;
        Some(json!({ "op": op, "bytes": String::from_utf8_lossy(&bytes), "digest": op_digest(&bytes) }))
    });
    let ids = ["0192f0c4-6f3a-7c11-8a00-000000000077", "7c1e6c9e-3b1d-4f0e-9d55-1f3a7a9a0001"];
    let terms = ids.into_iter().zip([9, 4_294_967_297_i64]).filter_map(|(id, rev)| {
        let record = RecordId(Uuid::parse_str(id).ok()?);
        let term: String = check_term(record, rev).iter().map(|byte| format!("{byte:02x}")).collect();
        Some(json!({ "id": id, "rev": rev, "term": term }))
    });
    let texts = ["2026-11-20T11:02:11+08:00", "2026-11-20T03:02:11.120Z", "2026-12-31T23:59:59.999+08:00"];
    let instants = texts.into_iter().filter_map(|text| {
        let instant: Micros = text.parse().ok()?;
        Some(json!({ "text": text, "us": instant.as_micros(), "printed": instant.to_string() }))
    });
    json!({
        "frozen": frozen.collect::<Vec<_>>(), "check_terms": terms.collect::<Vec<_>>(),
        "instants": instants.collect::<Vec<_>>(),
    })
}
