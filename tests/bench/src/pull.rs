//! How fast a new phone gets all records, against a bare SELECT of the same rows; and whether a small change costs more among many
//! records. Records are put straight into the tables, since pushing a million would take the time of the measurement many times over.
//! What a newcomer gets wrong: the page's JSON is made but not sent here.

use crate::measure::{median, rate};
use crate::world::{DESCRIPTION, Phone, World};
use anyhow::{Result, ensure};
use paicha::usecases::pull_changes::pull_changes;
use paicha_db::records::{self, RecordRow};
use paicha_db::{Database, Engine, Statement, feeds};
use serde_json::json;
use std::time::{Duration, Instant};
use sync_protocol::limits::PULL_PAGE_BYTES_MAX;
use sync_protocol::pull::PullRequest;
use uuid::Uuid;

/// Rounds of the first part.
const ROUNDS: usize = 5;
/// Rounds of the second part; each is short.
const DELTA_ROUNDS: usize = 30;
/// Records that changed since the phone was here.
const CHANGES: i64 = 100;
/// Among so few the change is cheap.
const FEW: i64 = 10_000;
/// Records written in one transaction.
const INSERT_AT_ONCE: i64 = 5_000;

pub(crate) async fn run(engine: Engine, ops: usize, many: usize) -> Result<()> {
    all_records(engine, i64::try_from(ops)?).await?;
    let few = small_change(engine, FEW).await?;
    let among_many = small_change(engine, i64::try_from(many)?).await?;
    println!("pull, {engine:?}: {CHANGES} changes, medians of {DELTA_ROUNDS} pulls; records put in by direct inserts");
    println!("  among {many} / among {FEW} {:.2}   (1 or less: no slower)", among_many / few);
    println!("  among {FEW} {:.2} ms, among {many} {:.2} ms", few * 1000.0, among_many * 1000.0);
    Ok(())
}

async fn all_records(engine: Engine, count: i64) -> Result<()> {
    let world = World::start(engine).await?;
    let phone = world.phone(0).await?;
    let bytes = fill(&world, phone.village, count).await?;
    let (mut floors, mut pulls) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (rows, took) = select_all(&world.app.database, phone.village).await?;
        ensure!(i64::try_from(rows)? == count, "the floor read {rows} rows");
        floors.push(rate(rows, took));
        let started = Instant::now();
        let (changes, _) = pull_all(&world, &phone, None).await?;
        ensure!(i64::try_from(changes)? == count, "the pull brought {changes} records");
        pulls.push(rate(changes, started.elapsed()));
    }
    let ratio = median(pulls.iter().zip(&floors).map(|(own, floor)| own / floor).collect());
    println!("pull, {engine:?}: {count} records of {bytes} bytes of state, pages of 1 MiB, {ROUNDS} rounds");
    println!("  use case / floor {ratio:.2}");
    println!("  floor (bare SELECT) {:>8.0} records/s", median(floors));
    println!("  use case            {:>8.0} records/s", median(pulls));
    world.remove().await
}

/// Seconds that a pull of a few changes takes.
async fn small_change(engine: Engine, count: i64) -> Result<f64> {
    let world = World::start(engine).await?;
    let phone = world.phone(0).await?;
    fill(&world, phone.village, count).await?;
    // A phone that has all but the last changes; reading its cursor out of a whole pull would take long.
    let (_, cursor) = pull_all(&world, &phone, None).await?;
    let moved: Vec<_> = (0..CHANGES).map(|index| (record_id(index * (count / CHANGES)), count + 1 + index)).collect();
    let mut tx = world.floor.begin_write().await?;
    records::put_entries(&mut tx, phone.village, &moved).await?;
    take(&mut tx, phone.village, CHANGES, 0).await?;
    tx.commit().await?;
    let mut seconds = Vec::new();
    for _ in 0..DELTA_ROUNDS {
        let started = Instant::now();
        let (changes, _) = pull_all(&world, &phone, Some(cursor.clone())).await?;
        seconds.push(started.elapsed().as_secs_f64());
        ensure!(i64::try_from(changes)? == CHANGES, "the pull brought {changes} changes");
    }
    world.remove().await?;
    Ok(median(seconds))
}

fn record_id(index: i64) -> Uuid {
    // Spread like the tails of real ids, the same every time.
    let index = u128::try_from(index).expect("an index is not negative");
    Uuid::from_u128((index << 80) | (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xffff_ffff_ffff_ffff))
}

/// Puts in records at positions 1 to `count` of a village; the bytes of one state.
async fn fill(world: &World, village: &str, count: i64) -> Result<usize> {
    let mut bytes = 0;
    let mut next = 0;
    while next < count {
        let end = (next + INSERT_AT_ONCE).min(count);
        let rows: Vec<_> = (next..end).map(|index| record(village, index)).collect();
        bytes = rows[0].state.len();
        let entries: Vec<_> = (next..end).map(|index| (record_id(index), index + 1)).collect();
        let mut tx = world.floor.begin_write().await?;
        records::create_records(&mut tx, rows).await?;
        records::put_entries(&mut tx, village, &entries).await?;
        take(&mut tx, village, end - next, end - next).await?;
        tx.commit().await?;
        next = end;
    }
    world.analyze().await?;
    Ok(bytes)
}

async fn take(tx: &mut paicha_db::Tx, feed: &str, positions: i64, records: i64) -> Result<()> {
    feeds::take_positions(tx, feeds::Taken { feed, positions, numbers: 0, records }).await?;
    Ok(())
}

fn record(village: &str, index: i64) -> RecordRow {
    let state = json!({
        "kind": "hazard", "village": village, "fields": {
            "description": {"shown": DESCRIPTION, "at": 1_686_533_400_000_000_i64 + index},
            "level": {"shown": "general"}, "state": {"shown": "reg"}, "position_text": {"shown": "一层东侧配电间"},
            "origin": {"shown": "self_day"}, "found_at": {"shown": "2023-06-12T08:58:00+08:00"},
            "fix": {"shown": {"lat": 29.123_456_7, "lon": 106.765_432_1, "crs": "gcj02", "acc_m": 12.5}}},
    });
    RecordRow {
        id: record_id(index),
        kind: "hazard".to_owned(),
        feed: village.to_owned(),
        rev: 1,
        number: Some(format!("YH-{village}-2023-{index:04}")),
        state: state.to_string(),
    }
}

/// The floor: the same rows in one statement's order, a thousand at a time by nothing but their position, and nothing made of them.
async fn select_all(database: &Database, village: &str) -> Result<(usize, Duration)> {
    let started = Instant::now();
    let mut tx = database.begin_read().await?;
    let (mut after, mut rows) = (0_i64, 0);
    loop {
        let statement = Statement::new(
            "SELECT records.id, feed_entries.vrev, feed_entries.gone, records.kind, records.rev, records.number, records.state
             FROM feed_entries JOIN records ON records.id = feed_entries.record
             WHERE feed_entries.feed = $1 AND feed_entries.vrev > $2
             ORDER BY feed_entries.vrev, feed_entries.record LIMIT 1000",
        );
        let page = tx.fetch_all(statement.bind(village).bind(after)).await?;
        let Some(last) = page.last() else { break };
        after = last.i64("vrev")?;
        rows += page.len();
    }
    tx.rollback().await?;
    Ok((rows, started.elapsed()))
}

/// Pulls until nothing is left: how many changes, and the cursor.
async fn pull_all(world: &World, phone: &Phone, cursor: Option<String>) -> Result<(usize, String)> {
    let (mut cursor, mut changes) = (cursor, 0);
    loop {
        let request: PullRequest = serde_json::from_value(json!({
            "proto": 1, "device": phone.caller.device, "incarnation": phone.incarnation, "cursor": cursor,
            "max_bytes": PULL_PAGE_BYTES_MAX,
        }))?;
        let page = pull_changes(&world.app, &phone.caller, request).await?;
        changes += page.villages.iter().map(|village| village.changes.len()).sum::<usize>();
        let bytes = serde_json::to_vec(&page)?;
        ensure!(!bytes.is_empty(), "an empty page");
        if !page.more {
            return Ok((changes, page.cursor));
        }
        cursor = Some(page.cursor);
    }
}
