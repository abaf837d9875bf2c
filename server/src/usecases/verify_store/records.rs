//! Compares a village's stored records, their positions and its check sum with what was rebuilt. What a newcomer gets wrong: states are
//! compared as the bytes that are stored, not as values; phones get those bytes.

use super::PAGE_ROWS;
use super::findings::{Check, Findings, Place, difference};
use super::replay::Replay;
use paicha_db::feeds::FeedRow;
use paicha_db::records::{self, RecordRow};
use paicha_db::{DbError, Tx, verify};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::canonical::to_json;
use sync_protocol::ids::RecordId;
use sync_protocol::pull::{check_term, toggle};

/// Compares records, positions, count and check sum.
pub(super) async fn compare_records(
    tx: &mut Tx,
    feed: &FeedRow,
    replay: &Replay,
    findings: &mut Findings,
) -> Result<(), DbError> {
    compare_states(tx, &feed.id, replay, findings).await?;
    compare_positions(tx, &feed.id, replay, findings).await?;
    let mut sum = [0; 16];
    for record in replay.world.records.values() {
        toggle(&mut sum, &check_term(record.id, record.rev));
    }
    let place = || Place { feed: Some(feed.id.clone()), ..Place::default() };
    if usize::try_from(feed.check_count) != Ok(replay.world.records.len()) {
        let detail = format!("存储为 {} 条，应为 {} 条", feed.check_count, replay.world.records.len());
        findings.add(Check::CheckSum, place(), detail);
    }
    if feed.check_sum != sum {
        findings.add(Check::CheckSum, place(), "校验和不同");
    }
    Ok(())
}

async fn compare_states(tx: &mut Tx, feed: &str, replay: &Replay, findings: &mut Findings) -> Result<(), DbError> {
    let mut missing: BTreeSet<RecordId> = replay.world.records.keys().copied().collect();
    let mut after = None;
    loop {
        let rows = records::list_records(tx, feed, after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        for row in &rows {
            missing.remove(&row.id.into());
            compare_state(feed, row, replay, findings);
        }
    }
    for id in missing {
        findings.add(Check::RecordMissing, at(feed, id), "");
    }
    Ok(())
}

fn compare_state(feed: &str, row: &RecordRow, replay: &Replay, findings: &mut Findings) {
    let id = row.id.into();
    let Some(record) = replay.world.records.get(&id) else {
        findings.add(Check::RecordExtra, at(feed, id), "");
        return;
    };
    let rebuilt = to_json(record);
    if row.state != rebuilt {
        findings.add(Check::RecordState, at(feed, id), difference(&row.state, &rebuilt));
    } else if row.rev != record.rev || row.kind != record.kind {
        let detail = format!("存储为 {} 第 {} 版，应为 {} 第 {} 版", row.kind, row.rev, record.kind, record.rev);
        findings.add(Check::RecordState, at(feed, id), detail);
    }
    let number = replay.numbers.get(&id);
    if row.number.as_ref() != number {
        let stored = row.number.as_deref().unwrap_or("无");
        let expected = number.map_or("无", String::as_str);
        findings.add(Check::HumanNumber, at(feed, id), format!("存储为 {stored}，台账为 {expected}"));
    }
}

async fn compare_positions(tx: &mut Tx, feed: &str, replay: &Replay, findings: &mut Findings) -> Result<(), DbError> {
    let mut missing: BTreeMap<RecordId, i64> = replay.positions.clone();
    let mut after = None;
    loop {
        let rows = verify::list_feed_entries(tx, feed, after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.record);
        for row in &rows {
            let expected = missing.remove(&row.record.into());
            if expected != Some(row.vrev) || row.gone {
                let expected = expected.map_or("无".to_owned(), |vrev| vrev.to_string());
                let detail =
                    format!("存储为 {}{}，应为 {expected}", row.vrev, if row.gone { "（已离开）" } else { "" });
                findings.add(Check::FeedEntry, at(feed, row.record.into()), detail);
            }
        }
    }
    for (id, vrev) in missing {
        findings.add(Check::FeedEntry, at(feed, id), format!("缺少，应为 {vrev}"));
    }
    Ok(())
}

fn at(feed: &str, record: RecordId) -> Place {
    Place { feed: Some(feed.to_owned()), record: Some(record.0), ..Place::default() }
}
