//! What stands against handing in or locking a form (domain 2.6, B1 to B5 and W1 to W6): each with its words, and the records to look at. What a
//! newcomer gets wrong: a check reads the records that the form rests on as they are now, so what is mended makes it go away by itself.

use super::content::{FormContent, Purpose, compute, stored_content};
use super::earlier;
use super::facts::{self, Facts};
use super::view::changed_rows;
use super::{FormKind, LifeError};
use crate::app::App;
use crate::config::Config;
use paicha_db::feeds::FeedRow;
use paicha_db::{DbError, Tx, projections};
use serde::Serialize;
use sync_protocol::ids::RecordId;
use sync_protocol::time::Month;
use utoipa::ToSchema;

/// Records that are named with a check.
pub const CHECK_RECORDS_MAX: usize = 100;
/// W2: so many enterprises checked and nothing wrong anywhere.
const NOTHING_WRONG_AT: i64 = 10;
/// W4 becomes hard with the forms of this month: the stage of rectification ended on 30 November.
const FIVE_HARD_FROM: (u16, u8) = (2023, 12);
/// W6: from this share of the enterprises on, in percent, much was not looked at.
const UNCHECKED_PERCENT: i64 = 50;

/// One check that stands against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Check {
    /// `B1` to `B7`, `W1` to `W7`.
    pub code: &'static str,
    /// Nothing goes on until it is gone.
    pub hard: bool,
    /// The subdistrict may go on all the same, with a reason.
    pub may_override: bool,
    /// What people read.
    pub words: String,
    /// Records to look at, 100 at most.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub records: Vec<RecordId>,
}

pub(super) fn hard(code: &'static str, words: String, records: Vec<RecordId>) -> Check {
    Check { code, hard: true, may_override: false, words, records: shortened(records) }
}

fn soft(code: &'static str, words: String, records: Vec<RecordId>) -> Check {
    Check { code, hard: false, may_override: false, words, records: shortened(records) }
}

fn shortened(mut records: Vec<RecordId>) -> Vec<RecordId> {
    records.truncate(CHECK_RECORDS_MAX);
    records
}

/// Everything that stands against a content.
pub(super) async fn check(
    app: &App,
    tx: &mut Tx,
    (kind, month): (FormKind, Month),
    (area, villages): (&FeedRow, &[FeedRow]),
    content: &FormContent,
) -> Result<Vec<Check>, LifeError> {
    let facts = facts::gather(app, tx, (area, villages), content).await?;
    let mut found = Vec::new();
    found.extend(sums(content));
    found.extend(of_records(&facts, app.config.workflow.suspected_days));
    if content.is_zero() {
        let words = match kind {
            FormKind::Appendix1 => "本月没有排查记录，请确认零报告",
            FormKind::Appendix2 => "本月无重大隐患，请确认零报告",
        };
        found.push(soft("W1", words.to_owned(), Vec::new()));
    }
    if kind == FormKind::Appendix1 {
        found.extend(earlier::unprinted(tx, area, month).await?);
        found.extend(changed_last_month(tx, &app.config, (area, villages), month).await?);
    }
    if kind == FormKind::Appendix2 {
        found.extend(nothing_wrong(content));
        found.extend(lower_than_before(tx, (area, month), content).await?);
        found.extend(without_five(&facts, month));
        found.extend(unchecked(content));
    }
    found.extend(silent_phones(&facts));
    Ok(found)
}

/// W7: a visit that was printed last month has other findings now; its row never prints again by itself. (For a 重大 that no form names, see
/// `earlier`.)
async fn changed_last_month(
    tx: &mut Tx,
    config: &Config,
    place: (&FeedRow, &[FeedRow]),
    month: Month,
) -> Result<Option<Check>, LifeError> {
    let last = month.previous();
    let form = projections::find_form(tx, &place.0.id, "appendix1", &last.to_string()).await?;
    let Some(hash) = form.and_then(|form| form.content) else { return Ok(None) };
    let Some(standing) = stored_content(tx, &hash).await? else { return Ok(None) };
    let purpose = Purpose::Correct(&standing);
    let now = compute(tx, (FormKind::Appendix1, last), place, config, standing.as_of, purpose).await?;
    let rows: Vec<&str> = changed_rows(&standing, &now).collect();
    let words = format!("上月已报的表中第{}行发现的隐患有变化，请先申请更正上月的表，或说明", rows.join("、"));
    Ok((!rows.is_empty()).then(|| soft("W7", words, Vec::new())))
}

/// B1: the sum rules (I-11).
fn sums(content: &FormContent) -> Option<Check> {
    content.appendix2.as_ref()?;
    let number = |code: &str| content.number(code);
    let parts = (2..=8).all(|line| number(&format!("2.{line}")) <= number("2.1"));
    let whole = number("1.2") <= number("1.1")
        && number("1.4") <= number("1.3")
        && number("1.6") <= number("1.5")
        && number("1.5") <= number("1.1") + number("1.3");
    (!(parts && whole))
        .then(|| hard("B1", "数字之间对不上（部分大于总数），请联系管理员核验数据".to_owned(), Vec::new()))
}

/// B2 to B7: what is not settled about the records that the form rests on.
fn of_records(facts: &Facts, suspected_days: u32) -> Vec<Check> {
    let mut found = Vec::new();
    let mut add = |code, records: &[RecordId], words: String| {
        if !records.is_empty() {
            found.push(hard(code, words, records.to_vec()));
        }
    };
    add("B2", &facts.disputed, format!("有{}条记录存在未处理的冲突或申请，请先处理", facts.disputed.len()));
    add("B4", &facts.flagged, format!("有{}条记录的真实性提示（暂不采信）未处理", facts.flagged.len()));
    let suspected = format!("有{}处疑似重大隐患登记超过{suspected_days}个工作日未核定", facts.suspected.len());
    add("B5", &facts.suspected, suspected);
    add("B6", &facts.incomplete, format!("有{}条记录缺少必填内容（如判定标准），请补齐", facts.incomplete.len()));
    let unfounded = format!("有{}处重大隐患没有当日有效的判定标准，也不满三人集体判定", facts.unfounded.len());
    add("B7", &facts.unfounded, unfounded);
    if facts.photos_owed > 0 {
        let words = format!(
            "照片没传完：{}条记录共{}张照片，还差{}张。请催传；手机丢失的，由街道说明原因后可继续",
            facts.owing.len(),
            facts.photos_declared,
            facts.photos_owed
        );
        found.push(Check { may_override: true, ..hard("B3", words, facts.owing.clone()) });
    }
    found
}

/// W2: many checks and nothing wrong.
fn nothing_wrong(content: &FormContent) -> Option<Check> {
    let nothing = (2..=8).all(|line| content.number(&format!("2.{line}")) == 0);
    let many = content.number("2.1") >= NOTHING_WRONG_AT;
    let words = format!("抽查{}家企业没有发现任何问题，请深挖细查或说明", content.number("2.1"));
    (many && nothing).then(|| soft("W2", words, Vec::new()))
}

/// W3: a cumulative number that went down since the month before.
async fn lower_than_before(
    tx: &mut Tx,
    (area, month): (&FeedRow, Month),
    content: &FormContent,
) -> Result<Option<Check>, DbError> {
    let before = projections::find_form(tx, &area.id, "appendix2", &month.previous().to_string()).await?;
    let Some(hash) = before.and_then(|form| form.content) else { return Ok(None) };
    let Some(before) = stored_content(tx, &hash).await? else { return Ok(None) };
    let numbers = before.appendix2.unwrap_or_default();
    let lower = numbers.iter().filter(|(code, was)| content.number(code) < was.value);
    let lower: Vec<String> =
        lower.map(|(code, was)| format!("{}由{}减为{}", line_name(code), was.value, content.number(code))).collect();
    let words = format!("比上月减少：{}，请说明", lower.join("，"));
    Ok((!lower.is_empty()).then(|| soft("W3", words, Vec::new())))
}

/// `一.2` for `1.2`.
pub fn line_name(code: &str) -> String {
    let part = if code.starts_with('1') { "一" } else { "二" };
    format!("{part}.{}", code.split('.').next_back().unwrap_or_default())
}

/// W4: open major hazards without 五落实.
fn without_five(facts: &Facts, month: Month) -> Option<Check> {
    if facts.without_five.is_empty() {
        return None;
    }
    let late = (month.year(), month.month()) >= FIVE_HARD_FROM;
    let asks = if late { "请补齐" } else { "请补齐或说明" };
    let words = format!("有{}处重大隐患五落实不全，{asks}", facts.without_five.len());
    let records = facts.without_five.clone();
    Some(if late { hard("W4", words, records) } else { soft("W4", words, records) })
}

/// W5: phones that may still have something.
fn silent_phones(facts: &Facts) -> Option<Check> {
    let people = facts.silent.join("、");
    let words = format!("还有{}部手机未上传或超过48小时没有联系：{people}", facts.silent.len());
    (!facts.silent.is_empty()).then(|| soft("W5", words, Vec::new()))
}

/// W6: much was not looked at.
fn unchecked(content: &FormContent) -> Option<Check> {
    let all = content.number("2.1");
    let much = content.unchecked.iter().filter(|(_, count)| **count * 100 > all * UNCHECKED_PERCENT);
    let lines: Vec<String> = much.map(|(line, count)| format!("二.{line}有{count}家未查")).collect();
    let words = format!("抽查{all}家企业中，{}，请补查或说明", lines.join("，"));
    (!lines.is_empty()).then(|| soft("W6", words, Vec::new()))
}
