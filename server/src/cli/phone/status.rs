//! `paicha phone status`: every saved visit with the word that people know (待上传, 上传中, 照片未传完(2/5), 需处理, 已上传), needs no server.
//! The words come from the server's answers, never from what was sent. Not a list of the server's records.

use super::super::Output;
use super::home::{Home, HomeArguments};
use paicha_client::Phone;
use paicha_client::phone::Status;
use paicha_client::pure::outbox::OpState;
use std::collections::BTreeMap;
use sync_protocol::ids::RecordId;
use sync_protocol::op::{Body, Op};
use sync_protocol::time::Micros;

/// Operations that are looked at, oldest first; a phone that has more is due for a new one.
const OPERATIONS_MAX: i64 = 20_000;
/// Saves that are listed, newest first.
const SAVES_SHOWN_MAX: usize = 20;

/// Answers to earlier requests that are listed, newest first.
const OUTCOMES_SHOWN_MAX: i64 = 10;

/// One visit with everything about it, or another record that was worked on.
#[derive(Debug, Default)]
struct Save {
    made_at: Option<Micros>,
    place: String,
    states: Vec<OpState>,
    photos: Vec<RecordId>,
}

/// Prints it.
pub(super) async fn run(arguments: &HomeArguments, output: &mut Output) -> anyhow::Result<()> {
    let phone = Home::find(arguments)?.open().await?;
    let status = phone.status().await?;
    match (&status.user, phone.find_server().await?) {
        (Some((_, name)), Some(server)) => output.line(format!("登录：{name}（{server}）"))?,
        _ => output.line("还没有登录。请在有网络时运行 paicha phone enrol。")?,
    }
    if !status.villages.is_empty() {
        let villages: Vec<&str> = status.villages.iter().map(|village| village.feed.as_str()).collect();
        output.line(format!("村（社区）：{}", villages.join("、")))?;
    }
    let last = status.last_sync.map_or_else(|| "从未".to_owned(), clock_text);
    output.line(format!("上次同步完成：{last}"))?;
    for line in totals(&status) {
        output.line(line)?;
    }
    let mut saves = list_saves(&phone).await?;
    saves.sort_by_key(|save| std::cmp::Reverse(save.made_at));
    let hidden = saves.len().saturating_sub(SAVES_SHOWN_MAX);
    for save in saves.iter().take(SAVES_SHOWN_MAX) {
        let made_at = save.made_at.map(clock_text).unwrap_or_default();
        output.line(format!("{made_at}\t{}\t{}", save.place, word(&phone, save).await?))?;
    }
    if hidden > 0 {
        output.line(format!("……更早的 {hidden} 次没有列出"))?;
    }
    for (told_at, _, text) in phone.store().list_outcomes(OUTCOMES_SHOWN_MAX).await? {
        output.line(format!("{}\t{text}", clock_text(told_at)))?;
    }
    phone.close().await;
    Ok(())
}

fn totals(status: &Status) -> Vec<String> {
    let mut lines: Vec<String> =
        status.ops_by_state.iter().map(|(state, count)| format!("{}：{count} 项", state.title_zh())).collect();
    if status.photos_owed > 0 {
        let left = (status.photo_bytes_total - status.photo_bytes_sent).unsigned_abs();
        lines.push(format!("照片未传完：{} 张，还有 {}", status.photos_owed, indicatif::HumanBytes(left)));
    }
    lines
}

async fn list_saves(phone: &Phone) -> anyhow::Result<Vec<Save>> {
    let mut saves: BTreeMap<RecordId, Save> = BTreeMap::new();
    let mut visit_of: BTreeMap<RecordId, RecordId> = BTreeMap::new();
    for row in phone.store().list_outbox(OPERATIONS_MAX).await? {
        let op = Op::parse(&row.bytes);
        if let Ok(Op { body: Body::Create(fields), .. }) = &op
            && let Some(visit) = fields.get("inspection").and_then(|id| id.as_str()?.parse().ok())
        {
            visit_of.insert(row.record, visit);
        }
        let save = saves.entry(visit_of.get(&row.record).copied().unwrap_or(row.record)).or_default();
        save.made_at = Some(save.made_at.map_or(row.made_at, |made_at| made_at.min(row.made_at)));
        save.states.push(row.state);
        // An archived operation has no bytes any more; its state says enough.
        let Ok(op) = op else { continue };
        match &op.body {
            Body::PhotoAttach(photo) if !save.photos.contains(&photo.photo) => save.photos.push(photo.photo),
            Body::Create(fields) => {
                let name = fields.get("free_place").and_then(|place| place["name"].as_str());
                let named = name.or_else(|| fields.get("place").and_then(|id| id.as_str()));
                save.place = named.unwrap_or_default().to_owned();
            }
            Body::PhotoAttach(_)
            | Body::Patch(_)
            | Body::Transition { .. }
            | Body::Resolve { .. }
            | Body::LinkDuplicate { .. }
            | Body::Submit
            | Body::Supplement(_)
            | Body::PhotoRetract { .. }
            | Body::Unknown => {}
        }
    }
    Ok(saves.into_values().collect())
}

/// An instant as a clock in China shows it.
fn clock_text(instant: Micros) -> String {
    let timestamp = jiff::Timestamp::from_microsecond(instant.as_micros()).unwrap_or_default();
    jiff::tz::Offset::constant(8).to_datetime(timestamp).strftime("%Y年%-m月%-d日 %H:%M").to_string()
}

/// The word of domain 9.3 for a save.
async fn word(phone: &Phone, save: &Save) -> anyhow::Result<String> {
    let waits = save.states.iter().filter(|state| !state.is_answered()).count();
    if waits == save.states.len() {
        return Ok("待上传".to_owned());
    }
    if waits > 0 {
        return Ok("上传中".to_owned());
    }
    if save.states.contains(&OpState::Refused) {
        return Ok("需处理".to_owned());
    }
    let mut stored = 0;
    for photo in &save.photos {
        let row = phone.store().find_photo(*photo).await?;
        stored += usize::from(row.is_some_and(|row| row.stored_at.is_some()));
    }
    if stored < save.photos.len() {
        return Ok(format!("照片未传完({stored}/{})", save.photos.len()));
    }
    let asked = save.states.contains(&OpState::Waiting);
    Ok(if asked { "已上传，申请中" } else { "已上传" }.to_owned())
}
