//! One hazard in the words of the ledger. Pure. What a newcomer gets wrong: an empty cell says "not filled in", so what does not apply says so.

use crate::usecases::reading::instant;
use crate::usecases::wording::value_text;
use paicha_reports::{LedgerKind, LedgerRow, Position};
use sync_protocol::appendix::date_time_text;
use sync_protocol::merge::is_delisted;
use sync_protocol::record::{Entry, Record};
use sync_protocol::text::clean;
use sync_protocol::workflow::five_missing;

/// A hazard with what its row needs.
pub(super) struct LedgerHazard {
    pub(super) record: Record,
    pub(super) number: Option<String>,
    pub(super) village: String,
    /// Name of the registered place, where it may be shown.
    pub(super) place: Option<String>,
    /// Microseconds UTC.
    pub(super) found_at: i64,
    pub(super) position: Option<Position>,
}

/// Whether a hazard stands in a list.
pub(super) fn belongs(kind: LedgerKind, record: &Record) -> bool {
    let state = record.shown_text("state").unwrap_or_default();
    let open = matches!(state.as_str(), "reg" | "plan" | "fixing" | "verify");
    let major = record.shown_text("level").as_deref() != Some("general");
    match kind {
        LedgerKind::Ledger => true,
        LedgerKind::MissingFive => open && major && !five_missing(record).is_empty(),
        LedgerKind::Supervised => is_listed(record),
    }
}

const LISTING_LEVELS: [(&str, &str); 4] = [("town", "街道"), ("county", "县"), ("city", "市"), ("prov", "省")];

fn is_listed(record: &Record) -> bool {
    LISTING_LEVELS.iter().any(|(level, _)| record.shown(&format!("listed.{level}")).is_some())
}

pub(super) fn ledger_row(hazard: &LedgerHazard) -> (LedgerRow, Option<Position>) {
    let funds = hazard.record.shown("plan.funds_fen").and_then(|fen| fen.as_u64());
    (LedgerRow::by_label(|label| text_of(hazard, label), funds), hazard.position)
}

fn text_of(hazard: &LedgerHazard, label: &str) -> String {
    let record = &hazard.record;
    let field = |name: &str| {
        let shown = record.shown(name).unwrap_or_default();
        clean(&value_text("hazard", name, &shown)).to_string()
    };
    match label {
        "隐患编号" => hazard.number.clone().unwrap_or_default(),
        "村（社区）" => hazard.village.clone(),
        "场所" => hazard.place.clone().unwrap_or_else(|| field("free_place")),
        "部位" => field("position_text"),
        "隐患描述" => field("description"),
        "等级" => field("level"),
        "判定标准" => field("criterion_ids"),
        "来源" => field("origin"),
        "发现时间" => date_time_text(instant_of(hazard.found_at)),
        "发现人" => field("finders"),
        "管控措施" => joined([field("control"), field("control_measure")]),
        "责任人" => field("plan.owner"),
        "措施" => field("plan.measures"),
        "时限" => field("deadline"),
        "应急预案" => field("plan.contingency"),
        "双报告" => dual_report(record),
        "挂牌督办" => listing(record),
        "状态" => field("state"),
        "复查结论" => review(record),
        "销号时间" => entered(record, "closed")
            .map(|entry| date_time_text(instant_of(entry.stamp.at.as_micros())))
            .unwrap_or_default(),
        "备注" => remark(record, field("remark")),
        _ => String::new(),
    }
}

fn instant_of(micros: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(instant(micros).as_micros()).unwrap_or_default()
}

fn joined<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("；")
}

fn dual_report(record: &Record) -> String {
    let told = |field: &str| if record.shown(field).is_some() { "☑" } else { "☐" };
    let major = record.shown_text("level").as_deref() != Some("general");
    if !major {
        return "不适用".to_owned();
    }
    let body = if record.shown_text("dual.workers_body").as_deref() == Some("not_applicable") {
        "职代会不适用".to_owned()
    } else {
        format!("已报职代会{}", told("dual.workers_at"))
    };
    format!("已报监管部门{} {body}", told("dual.regulator_at"))
}

fn listing(record: &Record) -> String {
    let by = LISTING_LEVELS.iter().filter(|(level, _)| record.shown(&format!("listed.{level}")).is_some());
    let by: Vec<&str> = by.map(|(_, name)| *name).collect();
    match (by.is_empty(), is_delisted(record)) {
        (true, _) => "未挂牌".to_owned(),
        (false, true) => format!("已摘牌（{}）", by.join("、")),
        (false, false) => format!("挂牌督办中（{}）", by.join("、")),
    }
}

/// The newest transition into a state.
fn entered<'a>(record: &'a Record, state: &str) -> Option<&'a Entry> {
    let is_there = record.shown_text("state").as_deref() == Some(state);
    let entries = record.fields.get("state").into_iter().flat_map(|register| &register.entries);
    entries.filter(|entry| is_there && entry.value == state && entry.via.is_some()).max_by_key(|entry| entry.stamp.at)
}

fn review(record: &Record) -> String {
    let done = matches!(record.shown_text("state").as_deref(), Some("accepted" | "closed"));
    match record.shown_text("closure") {
        _ if !done => String::new(),
        Some(code) => value_text("hazard", "closure", &code.into()),
        None => "复查合格".to_owned(),
    }
}

fn remark(record: &Record, remark: String) -> String {
    let merged = record.shown_text("duplicate_of").map(|_| "已与另一条合并".to_owned()).unwrap_or_default();
    let waiting = record.waiting().len();
    let waits = if waiting > 0 { format!("有{waiting}项待处理") } else { String::new() };
    joined([merged, waits, remark])
}
