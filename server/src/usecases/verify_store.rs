//! Proves that what people see follows from what phones sent (architecture, "Three layers of stored truth"): rebuilds records and
//! projections from the stored operations and compares them with what is stored, village by village, each in one snapshot, so it runs
//! beside a working server. It changes nothing. What a newcomer gets wrong: it trusts the stored contexts (they are hash-chained),
//! not today's rights, clocks or maps.

mod findings;
mod forms;
mod lives;
mod photos;
mod records;
mod replay;
mod tables;

pub use findings::{Check, Finding, Findings, Place, VERIFY_FINDINGS_MAX};
pub use photos::PhotoCheckError;

use crate::blobs::Blobs;
use paicha_db::{Database, DbError, Tx, feeds, ops};
use replay::Replay;
use serde::Serialize;
use std::collections::BTreeSet;
use sync_protocol::ids::FeedId;
use uuid::Uuid;

/// Rows read at a time.
const PAGE_ROWS: i64 = 500;
/// Ledger entries read at a time; each may carry an operation of 64 KiB.
const PAGE_ENTRIES: i64 = 100;
/// Villages of one installation; more cannot be verified, and the verification says so instead of leaving some out.
const FEEDS_MAX: i64 = 10_000;

/// What one village came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedChecked {
    /// Its code.
    pub feed: String,
    /// Its name.
    pub name: String,
    /// Operations decided again.
    pub operations: u64,
    /// Records compared.
    pub records: u64,
    /// Originals read.
    pub photos: u64,
    /// Findings so far, in all villages.
    pub findings_total: u64,
    /// Villages done, this one included.
    pub done: usize,
    /// Villages there are.
    pub of: usize,
}

/// What a verification came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Villages.
    pub feeds: u64,
    /// Operations decided again.
    pub operations: u64,
    /// Records compared.
    pub records: u64,
    /// Originals read.
    pub photos: u64,
    /// What was found.
    #[serde(flatten)]
    pub found: Findings,
}

impl VerifyReport {
    /// Whether nothing is wrong; notes do not count.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.found.findings_total == 0
    }
}

/// Why a verification could not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database failed, or holds rows that cannot be read at all.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// The photo store failed.
    #[error(transparent)]
    Photos(#[from] PhotoCheckError),
    /// More villages than can be verified.
    #[error("there are too many villages")]
    TooManyFeeds,
}

/// Verifies everything; the originals too, if `blobs` is given. `progress` hears of every village when it is done. Memory is bounded by
/// the records of the biggest village.
///
/// # Errors
/// When it could not run to its end; that says nothing about the data.
pub async fn verify_store(
    database: &Database,
    blobs: Option<&Blobs>,
    progress: &mut (dyn FnMut(&FeedChecked) + Send),
) -> Result<VerifyReport, VerifyError> {
    let mut report = VerifyReport::default();
    lives::check_whole(database, &mut report.found).await?;
    let mut tx = database.begin_read().await?;
    let feeds = feeds::list_feeds(&mut tx, FEEDS_MAX + 1).await?;
    tx.rollback().await?;
    if i64::try_from(feeds.len()).is_ok_and(|feeds| feeds > FEEDS_MAX) {
        return Err(VerifyError::TooManyFeeds);
    }
    for (index, feed) in feeds.iter().enumerate() {
        let (operations, records) = verify_feed(database, &feed.id, &mut report.found).await?;
        let photos = match blobs {
            Some(blobs) => photos::check_photos(database, blobs, &feed.id, &mut report.found).await?,
            None => 0,
        };
        report.feeds += 1;
        report.operations += operations;
        report.records += records;
        report.photos += photos;
        progress(&FeedChecked {
            feed: feed.id.clone(),
            name: feed.name.clone(),
            operations,
            records,
            photos,
            findings_total: report.found.findings_total,
            done: index + 1,
            of: feeds.len(),
        });
    }
    let mut tx = database.begin_read().await?;
    tables::compare_totals(&mut tx, &mut report.found).await?;
    tx.rollback().await?;
    Ok(report)
}

/// One village in one snapshot; answers how many operations and records it has.
async fn verify_feed(database: &Database, feed: &str, findings: &mut Findings) -> Result<(u64, u64), DbError> {
    let Ok(id) = feed.parse::<FeedId>() else {
        let place = Place { feed: Some(feed.to_owned()), ..Place::default() };
        findings.add(Check::Stray, place, "村的代码不是 12 位数字");
        return Ok((0, 0));
    };
    let mut tx = database.begin_read().await?;
    let Some(row) = feeds::find_feeds(&mut tx, &[feed.to_owned()]).await?.pop() else { return Ok((0, 0)) };
    let mut replay = Replay::new(id, row.number_seq);
    loop {
        let entries = ops::list_ledger(&mut tx, feed, replay.vrev(), PAGE_ENTRIES).await?;
        if entries.is_empty() {
            break;
        }
        add_foreign(&mut tx, &mut replay, &entries).await?;
        for entry in &entries {
            replay.take(entry, findings);
        }
    }
    replay.finish(&row, findings);
    records::compare_records(&mut tx, &row, &replay, findings).await?;
    tables::compare_tables(&mut tx, feed, &replay.world, findings).await?;
    forms::check_forms(&mut tx, feed, &replay.world, findings).await?;
    tx.rollback().await?;
    Ok((replay.operations, replay.world.records.len() as u64))
}

/// Loads the records of other villages that a page of operations names. An id belongs to one village for ever, so it does not matter
/// whether such a record came before or after: here, it can never have been made.
async fn add_foreign(tx: &mut Tx, replay: &mut Replay, entries: &[ops::LedgerOp]) -> Result<(), DbError> {
    let named: BTreeSet<Uuid> = entries.iter().flat_map(|entry| replay.unknown_records(entry)).map(|id| id.0).collect();
    if named.is_empty() {
        return Ok(());
    }
    let named: Vec<Uuid> = named.into_iter().collect();
    for row in paicha_db::records::find_records(tx, &named).await? {
        if row.feed != replay.feed.as_str() {
            replay.add_foreign(&row);
        }
    }
    Ok(())
}
