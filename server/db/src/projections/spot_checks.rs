//! Writes `spot_items` and what follows from them: under which key each enterprise is one, and its first check with each item (`spot_firsts`). What
//! a newcomer gets wrong: two pushes may count for one enterprise at once, from two villages, or while its 统一社会信用代码 changes. So whoever
//! does takes a lock on the enterprise first: on its sites, then on the keys, each in order, and `spot_months` only afterwards.

use super::numbers::SpotItemRow;
use super::totals::SpotSteps;
use crate::engine::{Engine, Tx};
use crate::error::DbError;
use crate::statement::{Statement, Value};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::digest::sha256;
use uuid::Uuid;

/// Village and item, and when the first such check ended.
type Firsts = BTreeMap<(String, String), i64>;

fn ids(ids: impl IntoIterator<Item = Uuid>) -> Vec<Value> {
    ids.into_iter().map(Value::from).collect()
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<Value> {
    texts.into_iter().map(Value::from).collect()
}

/// Makes the items of the spot checks `records` exactly these, and brings up to date what counts for the enterprises concerned: those of the
/// checks, and those with a site among `places`, which were stored in this transaction and may have another 统一社会信用代码 now.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_spot_items(
    tx: &mut Tx,
    records: &[Uuid],
    rows: Vec<SpotItemRow>,
    places: &[Uuid],
) -> Result<(), DbError> {
    let mut sites: BTreeSet<String> = places.iter().map(Uuid::to_string).collect();
    sites.extend(rows.iter().map(|row| row.enterprise.clone()));
    if !records.is_empty() {
        let sql = "SELECT DISTINCT enterprise FROM spot_items WHERE record IN ($in)";
        for row in tx.fetch_all(Statement::new(sql).bind_list(ids(records.iter().copied()))).await? {
            sites.insert(row.text("enterprise")?);
        }
    }
    if sites.is_empty() {
        return Ok(());
    }
    lock_names(tx, "site", &sites).await?;
    let mut counted = replace_items(tx, records, rows).await?;
    counted.extend(follow_codes(tx, places).await?);
    if counted.is_empty() {
        return Ok(());
    }
    lock_names(tx, "enterprise", &counted).await?;
    count_firsts(tx, &counted).await
}

/// Makes others wait who would touch one of these names, until the transaction ends. SQLite has one writer anyway.
async fn lock_names(tx: &mut Tx, of: &str, names: &BTreeSet<String>) -> Result<(), DbError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let lock = |name: &String| {
        let [a, b, c, d, e, f, g, h, ..] = sha256(format!("{of} {name}").as_bytes());
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    };
    let locks: BTreeSet<i64> = names.iter().map(lock).collect();
    let rows = locks.into_iter().map(|lock| vec![lock.into()]).collect();
    // The rows of VALUES are taken one after the other.
    tx.execute_rows("SELECT pg_advisory_xact_lock(name) FROM (VALUES", rows, ") AS names (name)").await?;
    Ok(())
}

/// The 统一社会信用代码 of those of the places that have one.
async fn codes_of(tx: &mut Tx, places: BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, String>, DbError> {
    let sql = "SELECT id, uscc FROM places WHERE id IN ($in) AND uscc <> ''";
    let rows = tx.fetch_all(Statement::new(sql).bind_list(ids(places))).await?;
    rows.iter().map(|row| Ok((row.uuid("id")?, row.text("uscc")?))).collect()
}

/// Replaces the items; answers the keys under which they counted and count.
async fn replace_items(tx: &mut Tx, records: &[Uuid], rows: Vec<SpotItemRow>) -> Result<BTreeSet<String>, DbError> {
    let mut concerned = BTreeSet::new();
    if records.is_empty() {
        return Ok(concerned);
    }
    let gone = Statement::new("DELETE FROM spot_items WHERE record IN ($in) RETURNING counted");
    for row in tx.fetch_all(gone.bind_list(ids(records.iter().copied()))).await? {
        concerned.insert(row.text("counted")?);
    }
    let codes = codes_of(tx, rows.iter().filter_map(|row| row.place).collect()).await?;
    let mut values = Vec::with_capacity(rows.len());
    for row in rows {
        let code = row.place.and_then(|place| codes.get(&place));
        let counted = code.unwrap_or(&row.enterprise).clone();
        concerned.insert(counted.clone());
        values.push(vec![
            row.record.into(),
            row.item.into(),
            row.feed.into(),
            row.village.into(),
            row.enterprise.into(),
            row.place.into(),
            row.ended_at.into(),
            counted.into(),
        ]);
    }
    tx.execute_rows(
        "INSERT INTO spot_items (record, item, feed, village, enterprise, place, ended_at, counted) VALUES",
        values,
        "",
    )
    .await?;
    Ok(concerned)
}

/// Moves the items of places under the code that each has now; answers the keys concerned, none for places whose code is as it was.
async fn follow_codes(tx: &mut Tx, places: &[Uuid]) -> Result<BTreeSet<String>, DbError> {
    let mut concerned = BTreeSet::new();
    if places.is_empty() {
        return Ok(concerned);
    }
    let checked = Statement::new(
        "SELECT DISTINCT place, counted FROM spot_items WHERE item = '1' AND place IN ($in) ORDER BY place, counted",
    );
    let checked = tx.fetch_all(checked.bind_list(ids(places.iter().copied()))).await?;
    if checked.is_empty() {
        return Ok(concerned);
    }
    let codes = codes_of(tx, places.iter().copied().collect()).await?;
    for row in checked {
        let (place, before) = (row.uuid("place")?, row.text("counted")?);
        let now = codes.get(&place).cloned().unwrap_or_else(|| place.to_string());
        if now == before {
            continue;
        }
        let moved = Statement::new(
            "UPDATE spot_items SET counted = $1 WHERE record IN (SELECT record FROM spot_items WHERE item = '1' AND place = $2)",
        );
        tx.execute(moved.bind(now.as_str()).bind(place)).await?;
        concerned.extend([before, now]);
    }
    Ok(concerned)
}

/// Counts the first checks under these keys again, and adds to the totals what became other.
async fn count_firsts(tx: &mut Tx, counted: &BTreeSet<String>) -> Result<(), DbError> {
    let was = "SELECT counted, village, item, first_at FROM spot_firsts WHERE counted IN ($in)";
    let is = "SELECT counted, village, item, MIN(ended_at) AS first_at FROM spot_items WHERE counted IN ($in)
              GROUP BY counted, village, item";
    let mut was = firsts(tx, Statement::new(was).bind_list(texts(counted))).await?;
    let mut is = firsts(tx, Statement::new(is).bind_list(texts(counted))).await?;
    let (mut other, mut rows, mut steps) = (Vec::new(), Vec::new(), SpotSteps::default());
    for key in counted {
        let (was, is) = (was.remove(key).unwrap_or_default(), is.remove(key).unwrap_or_default());
        if was == is {
            continue;
        }
        other.push(key.clone());
        was.iter().for_each(|((village, item), first_at)| steps.count(village, item, *first_at, -1));
        is.iter().for_each(|((village, item), first_at)| steps.count(village, item, *first_at, 1));
        let villages: BTreeSet<&String> = is.keys().map(|(village, _)| village).collect();
        let several = villages.len() > 1;
        rows.extend(is.iter().map(|((village, item), first_at)| {
            vec![key.into(), village.into(), item.into(), (*first_at).into(), several.into()]
        }));
    }
    if other.is_empty() {
        return Ok(());
    }
    tx.execute(Statement::new("DELETE FROM spot_firsts WHERE counted IN ($in)").bind_list(texts(&other))).await?;
    tx.execute_rows("INSERT INTO spot_firsts (counted, village, item, first_at, several) VALUES", rows, "").await?;
    steps.store(tx).await
}

async fn firsts(tx: &mut Tx, statement: Statement) -> Result<BTreeMap<String, Firsts>, DbError> {
    let mut found: BTreeMap<String, Firsts> = BTreeMap::new();
    for row in tx.fetch_all(statement).await? {
        let first = ((row.text("village")?, row.text("item")?), row.i64("first_at")?);
        found.entry(row.text("counted")?).or_default().extend([first]);
    }
    Ok(found)
}
