//! What is not of one village: that every operation is in the ledger once, that phones' sequences have no holes, that the quarantine is
//! what was sent, that no row stands outside every village. What a newcomer gets wrong: a number that a phone sent again out of an
//! earlier life of its database is answered and not stored, so a hole proves a loss only where there is no other life.

use super::PAGE_ROWS;
use super::findings::{Check, Findings, Place, VERIFY_FINDINGS_MAX};
use paicha_db::verify::{self, LifeCount};
use paicha_db::{Database, DbError, Tx};
use sync_protocol::digest::sha256;

/// Checks everything that is not of one village, in one snapshot.
pub(super) async fn check_whole(database: &Database, findings: &mut Findings) -> Result<(), DbError> {
    let mut tx = database.begin_read().await?;
    let limit = i64::try_from(VERIFY_FINDINGS_MAX).unwrap_or(i64::MAX);
    for (op, feed, entries) in verify::list_misplaced_ops(&mut tx, limit).await? {
        let place = Place { feed: Some(feed), op: Some(op), ..Place::default() };
        findings.add(Check::OpEntries, place, format!("{entries} 条"));
    }
    for (table, rows) in verify::count_stray_rows(&mut tx).await? {
        findings.add(Check::Stray, Place::default(), format!("{table} 表 {rows} 行"));
    }
    check_quarantine(&mut tx, findings).await?;
    check_sequences(&mut tx, findings).await?;
    tx.rollback().await
}

async fn check_quarantine(tx: &mut Tx, findings: &mut Findings) -> Result<(), DbError> {
    let mut after = None;
    loop {
        let rows = verify::list_quarantine_by_id(tx, after, PAGE_ROWS).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id);
        for row in rows.iter().filter(|row| sha256(&row.body).as_slice() != row.digest) {
            let place = Place { op: Some(row.op), ..Place::default() };
            findings.add(Check::QuarantineDigest, place, format!("手机 {} 序号 {}", row.device, row.seq));
        }
    }
}

async fn check_sequences(tx: &mut Tx, findings: &mut Findings) -> Result<(), DbError> {
    let mut after = None;
    loop {
        let lives = verify::list_life_counts(tx, after, PAGE_ROWS).await?;
        let Some(last) = lives.last() else { return Ok(()) };
        after = Some(last.id);
        for life in &lives {
            check_sequence(life, findings);
        }
    }
}

fn check_sequence(life: &LifeCount, findings: &mut Findings) {
    let name = format!("手机 {} 的数据 {}", life.device, life.id);
    if life.lowest < 1 || life.highest > life.consumed {
        let detail = format!("{name}：存有第 {} 至 {} 号，答复到第 {} 号", life.lowest, life.highest, life.consumed);
        findings.add(Check::Sequence, Place::default(), detail);
    }
    let missing = life.consumed - life.stored - life.quarantined;
    if missing == 0 {
        return;
    }
    let detail = format!("{name}：答复到第 {} 号，其中 {missing} 个编号没有存储", life.consumed);
    if missing > 0 && life.has_relatives {
        findings.note(Check::SequenceElsewhere, Place::default(), detail);
    } else {
        findings.add(Check::Sequence, Place::default(), detail);
    }
}
