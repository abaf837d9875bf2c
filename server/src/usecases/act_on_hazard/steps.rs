//! From an act to operations. Pure. What a newcomer gets wrong: the values seen are not sent along as truth; the merge finds out itself what
//! the person had seen, from the revision they name.

use super::act::Act;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::merge::SELF_ORIGINS;
use sync_protocol::op::{Body, Change};
use sync_protocol::record::Record;
use sync_protocol::schema::{LEVELS, ORIGINS, find_kind};
use sync_protocol::time::Grade;
use sync_protocol::workflow::five_missing;

type Steps = Result<Vec<Body>, String>;

/// The operations of an act, or what is wrong with it in words for the person.
pub(super) fn steps(record: &Record, act: &Act) -> Steps {
    let reason = |reason: &str| needed("原因", reason);
    match act {
        Act::Judge { level, criterion_ids, members, reason: why } => judge(record, level, criterion_ids, members, why),
        Act::Order { deadline, responsible_unit, notice_no, reason: why } => {
            reason(why)?;
            let mut set = fields([("deadline", json!(deadline)), ("responsible_unit", json!(responsible_unit))]);
            set.extend(notice_no.iter().map(|number| ("notice_no".to_owned(), json!(number))));
            Ok(vec![patch(record, set)?, go("reg", "plan", why, [])])
        }
        Act::ConfirmFive { on_behalf_of, reason: why } => {
            Ok(vec![go("plan", "fixing", why, [("on_behalf_of", on_behalf_of.clone())])])
        }
        Act::RequestReview { work_done, spent_fen, on_behalf_of } => {
            needed("整改情况", work_done)?;
            let mut set = fields([("work_done", json!(work_done))]);
            set.extend(spent_fen.iter().map(|fen| ("spent_fen".to_owned(), json!(fen))));
            let step = go("fixing", "verify", work_done, [("on_behalf_of", on_behalf_of.clone())]);
            Ok(vec![patch(record, set)?, step])
        }
        Act::Accept { opinion, closure, document, review } => accept(record, opinion, closure, document, *review),
        Act::Reject { verdict, opinion } => {
            if !["not_done", "partial", "fake"].contains(&verdict.as_str()) {
                return Err("复查结论只能是未改、部分整改或假改".to_owned());
            }
            needed("复查意见", opinion)?;
            let to = if five_missing(record).is_empty() { "fixing" } else { "plan" };
            Ok(vec![go("verify", to, opinion, [("verdict", Some(verdict.clone()))])])
        }
        Act::Close { analogies, reason: why } => {
            reason(why)?;
            let set = analogies.iter().map(|text| ("analogies".to_owned(), json!(text))).collect::<BTreeMap<_, _>>();
            let first = if set.is_empty() { None } else { Some(patch(record, set)?) };
            Ok(first.into_iter().chain([go("accepted", "closed", why, [])]).collect())
        }
        Act::Reopen { reason: why } => {
            reason(why)?;
            let to = if five_missing(record).is_empty() { "fixing" } else { "plan" };
            Ok(vec![go(&state(record), to, why, [])])
        }
        Act::Void { reason: why } => {
            reason(why)?;
            Ok(vec![go(&state(record), "void", why, [])])
        }
        Act::Extend { .. }
        | Act::Control { .. }
        | Act::List { .. }
        | Act::Delist { .. }
        | Act::Refer { .. }
        | Act::ClearFlag { .. }
        | Act::Settle { .. } => writing(record, act),
        Act::LinkDuplicate { survivor, reason: why } => {
            reason(why)?;
            Ok(vec![Body::LinkDuplicate { survivor: Some((*survivor).into()), reason: Some(why.clone()) }])
        }
        Act::Separate { reason: why } => {
            reason(why)?;
            Ok(vec![Body::LinkDuplicate { survivor: None, reason: Some(why.clone()) }])
        }
        Act::Decide { op, verdict, reason: why } => {
            reason(why)?;
            Ok(vec![Body::Resolve { target: (*op).into(), verdict: *verdict, reason: Some(why.clone()) }])
        }
    }
}

/// Acts that only write fields.
fn writing(record: &Record, act: &Act) -> Steps {
    match act {
        Act::Extend { deadline, reason } => noted(record, [("deadline", json!(deadline))], reason),
        Act::Control { control, reason } => noted(record, [("control", json!(control))], reason),
        Act::List { level, doc_no, issuer, deadline, listed_on } => {
            needed("文号", doc_no)?;
            let entry = json!({ "doc_no": doc_no, "issuer": issuer, "deadline": deadline, "listed_on": listed_on });
            Ok(vec![patch(record, [(format!("listed.{}", level.code()), entry)].into())?])
        }
        Act::Delist { level, doc_no } => {
            needed("文号", doc_no)?;
            Ok(vec![patch(record, [(format!("delisted.{}", level.code()), json!({ "doc_no": doc_no }))].into())?])
        }
        Act::Refer { unit, document, reason } => {
            needed("移送单位", unit)?;
            noted(record, [("referred_to", json!(unit)), ("referral_doc", json!(document))], reason)
        }
        Act::ClearFlag { key, conclusion } => {
            needed("处理结论", conclusion)?;
            Ok(vec![patch(record, [(format!("cleared.{key}"), json!(conclusion))].into())?])
        }
        Act::Settle { fields, reason } => {
            noted(record, fields.iter().map(|(name, value)| (name.as_str(), value.clone())), reason)
        }
        Act::Judge { .. }
        | Act::Order { .. }
        | Act::ConfirmFive { .. }
        | Act::RequestReview { .. }
        | Act::Accept { .. }
        | Act::Reject { .. }
        | Act::Close { .. }
        | Act::Reopen { .. }
        | Act::Void { .. }
        | Act::LinkDuplicate { .. }
        | Act::Separate { .. }
        | Act::Decide { .. } => Ok(Vec::new()),
    }
}

fn judge(record: &Record, level: &str, criteria: &[String], members: &[String], why: &str) -> Steps {
    needed("原因", why)?;
    if level == "major_collective" && members.len() < COLLECTIVE_MEMBERS_MIN {
        return Err(format!("集体判定至少要有{COLLECTIVE_MEMBERS_MIN}名研判人员"));
    }
    let mut set = fields([("level", json!(level)), ("judge_basis", json!(why))]);
    if !criteria.is_empty() {
        set.insert("criterion_ids".to_owned(), json!(criteria));
    }
    if !members.is_empty() {
        set.insert("judge_members".to_owned(), json!(members));
    }
    Ok(vec![patch(record, set)?])
}

/// Fewest people of a collective judgement (GB 35181).
const COLLECTIVE_MEMBERS_MIN: usize = 3;

fn accept(
    record: &Record,
    opinion: &str,
    closure: &Option<String>,
    document: &Option<String>,
    review: Option<uuid::Uuid>,
) -> Steps {
    needed("复查意见", opinion)?;
    let code = closure.clone().unwrap_or_else(|| "reviewed".to_owned());
    let evidence = [
        ("verdict", (code == "reviewed").then(|| "real".to_owned())),
        ("closure", Some(code.clone())),
        ("document", document.clone()),
        ("review", review.map(|id| id.to_string())),
    ];
    let set = patch(record, fields([("closure", json!(code))]))?;
    Ok(vec![set, go("verify", "accepted", opinion, evidence)])
}

/// A merge must lose neither a level nor the right origin: the hazard that stays counts for both.
pub(super) fn check_link(merged: &Record, survivor: &Record) -> Result<(), String> {
    let rank = |record: &Record| {
        let level = record.shown_text("level");
        LEVELS.iter().position(|code| Some(*code) == level.as_deref())
    };
    let gone = survivor.shown_text("state").as_deref() == Some("void") || survivor.shown_text("duplicate_of").is_some();
    if survivor.id == merged.id || survivor.feed != merged.feed {
        return Err("只能与同村的另一条隐患合并".to_owned());
    }
    if gone {
        return Err("保留的那条隐患已作废或已合并到别处".to_owned());
    }
    if rank(survivor) < rank(merged) {
        return Err("保留的那条隐患等级较低，请先核定为同样的等级再合并".to_owned());
    }
    if is_self_found(survivor) != is_self_found(merged)
        && is_self_found(survivor) != was_first_found_by_itself(merged, survivor)
    {
        return Err("一条为企业自查、一条为他查，来源按时间可信的最早一条计：请反过来合并，保留另一条".to_owned());
    }
    Ok(())
}

fn is_self_found(record: &Record) -> bool {
    record.shown_text("origin").is_some_and(|code| ORIGINS[..SELF_ORIGINS].contains(&code.as_str()))
}

/// Whether 企业自查 came first (domain 2.6 rule 4): by the earliest of the two whose time is known; by a phone's clock alone nobody was first.
fn was_first_found_by_itself(one: &Record, other: &Record) -> bool {
    let known = [one, other].into_iter().filter(|record| record.created.grade <= Grade::B);
    known.min_by_key(|record| (record.created.at, record.created.order())).is_some_and(is_self_found)
}

fn needed(what: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err(format!("请填写{what}")) } else { Ok(()) }
}

fn state(record: &Record) -> String {
    record.shown_text("state").unwrap_or_default()
}

fn fields<const N: usize>(set: [(&str, Value); N]) -> BTreeMap<String, Value> {
    set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Values with the reason beside them, in the record's own words for later readers.
fn noted<'a>(record: &Record, set: impl IntoIterator<Item = (&'a str, Value)>, why: &str) -> Steps {
    needed("原因", why)?;
    let mut set: BTreeMap<String, Value> = set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    set.insert("remark".to_owned(), json!(why));
    Ok(vec![patch(record, set)?])
}

fn patch(record: &Record, set: BTreeMap<String, Value>) -> Result<Body, String> {
    let kind = find_kind(&record.kind);
    for (name, value) in &set {
        let known = kind.and_then(|kind| kind.find_field(name)).ok_or_else(|| format!("没有“{name}”这一项"))?;
        if !known.holds.accepts(value) {
            return Err(format!("“{}”填写得不对", known.title_zh));
        }
    }
    let changes = set.into_iter().map(|(name, new)| {
        let base = record.shown(&name);
        (name, Change { base, new })
    });
    Ok(Body::Patch(changes.collect()))
}

fn go<const N: usize>(from: &str, to: &str, why: &str, evidence: [(&str, Option<String>); N]) -> Body {
    let known = evidence.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    Body::Transition {
        from: from.to_owned(),
        to: to.to_owned(),
        reason: Some(why.to_owned()),
        evidence: known.collect(),
    }
}
