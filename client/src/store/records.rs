//! Records and feeds as the server last told them, and the writing of one pulled page with its cursor in one transaction: either the page
//! is there and the cursor is past it, or neither. A village that left the scope keeps its rows until its operations are answered.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::pull::{ChangedRecord, PullResponse};
use sync_protocol::time::Micros;

use super::ops::{id, note_acknowledged, write_outcomes};
use super::{Store, StoreError, Tx, find_meta, key, remove_meta, set_meta};
use crate::pure::page::{LocalRow, PagePlan, matches_check, plan_page};

/// One record as the server last told it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// The feed.
    pub feed: FeedId,
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its revision.
    pub rev: i64,
    /// Its place in the feed.
    pub vrev: i64,
    /// Its human number.
    pub number: Option<String>,
    /// Its state as JSON (`record::Record`).
    pub state: String,
}

/// One village on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// The village.
    pub feed: FeedId,
    /// The phone has it up to here.
    pub position: i64,
    /// The server's newest position when it last told.
    pub head: i64,
    /// When the village left the scope: work already done is taken as usual until then.
    pub drain_until: Option<Micros>,
    /// Records of it on the phone.
    pub records: i64,
}

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageOutcome {
    /// Written, with its cursor.
    Written {
        /// Records inserted or replaced.
        changed: usize,
        /// Villages whose check did not fit; everything is fetched anew.
        diverged: Vec<FeedId>,
    },
    /// The server's history is another one; nothing was written.
    NewEpoch,
}

impl Store {
    /// Writes a page. Checks are compared after the page's rows and before its cursor is kept.
    pub(crate) async fn write_page(
        &self,
        page: &PullResponse<ChangedRecord>,
        now: Micros,
    ) -> Result<PageOutcome, StoreError> {
        let mut tx = self.begin().await?;
        let epoch = find_meta(&mut tx, key::EPOCH).await?;
        let local = local_rows(&mut tx, page).await?;
        let changes = match plan_page(page, epoch.as_deref(), &local) {
            PagePlan::NewEpoch => return Ok(PageOutcome::NewEpoch),
            PagePlan::Apply(changes) => changes,
        };
        for (feed, change) in &changes.upserts {
            upsert(&mut tx, feed, change).await?;
        }
        for (feed, record) in &changes.exits {
            remove_record(&mut tx, feed, *record).await?;
        }
        note_feeds(&mut tx, page).await?;
        let diverged = compare_checks(&mut tx, page).await?;
        if !page.more {
            drain_unnamed(&mut tx, now).await?;
        }
        write_outcomes(&mut tx, &page.outcomes, now).await?;
        note_acknowledged(&mut tx, page.ack.consumed_to, page.ack.durable_to, !page.more, now).await?;
        set_meta(&mut tx, key::EPOCH, &page.epoch).await?;
        set_meta(&mut tx, key::SCOPE_VERSION, &page.scope.version.to_string()).await?;
        if diverged.is_empty() {
            set_meta(&mut tx, key::CURSOR, &page.cursor).await?;
        } else {
            start_over(&mut tx).await?;
        }
        drop_drained(&mut tx).await?;
        let changed = changes.upserts.len() + changes.exits.len();
        tx.commit().await?;
        Ok(PageOutcome::Written { changed, diverged })
    }

    /// One record as the server last told it; if two feeds have it, the newer.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn find_record(&self, record: RecordId) -> Result<Option<RecordRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM records WHERE id = $1 ORDER BY rev DESC, feed LIMIT 1")
            .bind(record.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(record_row).transpose()
    }

    /// The records of a village in order of id, from after `after`, at most `limit`.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_records(
        &self,
        feed: &FeedId,
        after: Option<RecordId>,
        limit: i64,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM records WHERE feed = $1 AND id > $2 ORDER BY id LIMIT $3")
            .bind(feed.as_str())
            .bind(after.map_or_else(String::new, |id| id.to_string()))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(record_row).collect()
    }

    /// The villages on the phone, in order.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn list_feeds(&self) -> Result<Vec<FeedRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT feed, position, head, drain_until,
                    (SELECT COUNT(*) FROM records WHERE records.feed = feeds.feed) AS records
             FROM feeds ORDER BY feed",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let drain_until: Option<i64> = row.try_get("drain_until")?;
                Ok(FeedRow {
                    feed: id(row, "feed")?,
                    position: row.try_get("position")?,
                    head: row.try_get("head")?,
                    drain_until: drain_until.map(|us| Micros::from_micros(us).unwrap_or(Micros::MAX)),
                    records: row.try_get("records")?,
                })
            })
            .collect()
    }
}

/// Everything will be fetched from no cursor. Rows stay readable meanwhile; those that do not come again go at the end.
pub(crate) async fn start_over(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("UPDATE records SET stale = 1").execute(&mut **tx).await?;
    // A first page names every readable village; one that stays at -1 has left the scope meanwhile.
    sqlx::query("UPDATE feeds SET position = -1").execute(&mut **tx).await?;
    remove_meta(tx, key::CURSOR).await
}

/// Drops the rows of villages that left the scope and have no unanswered operations any more (protocol 3.7).
pub(crate) async fn drop_drained(tx: &mut Tx) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM records WHERE feed IN (SELECT feed FROM feeds WHERE drain_until IS NOT NULL)
            AND feed NOT IN (SELECT village FROM outbox WHERE state = 'queued')",
        "DELETE FROM feeds WHERE drain_until IS NOT NULL
            AND feed NOT IN (SELECT village FROM outbox WHERE state = 'queued')",
    ] {
        sqlx::query(statement).execute(&mut **tx).await?;
    }
    Ok(())
}

async fn local_rows(
    tx: &mut Tx,
    page: &PullResponse<ChangedRecord>,
) -> Result<BTreeMap<(FeedId, RecordId), LocalRow>, StoreError> {
    let mut local = BTreeMap::new();
    for (feed, change) in page.villages.iter().flat_map(|village| village.changes.iter().map(|c| (&village.id, c))) {
        let row = sqlx::query("SELECT rev, vrev, stale FROM records WHERE feed = $1 AND id = $2")
            .bind(feed.as_str())
            .bind(change.id.to_string())
            .fetch_optional(&mut **tx)
            .await?;
        if let Some(row) = row {
            let have = LocalRow { rev: row.try_get(0)?, vrev: row.try_get(1)?, stale: row.try_get(2)? };
            local.insert((feed.clone(), change.id), have);
        }
    }
    Ok(local)
}

async fn upsert(tx: &mut Tx, feed: &FeedId, change: &ChangedRecord) -> Result<(), StoreError> {
    let state = change.v.as_ref().map_or_else(|| "null".to_owned(), ToString::to_string);
    sqlx::query(
        "INSERT INTO records (feed, id, kind, rev, vrev, number, state, stale) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
         ON CONFLICT (feed, id) DO UPDATE SET kind = excluded.kind, rev = excluded.rev, vrev = excluded.vrev,
            number = excluded.number, state = excluded.state, stale = 0",
    )
    .bind(feed.as_str())
    .bind(change.id.to_string())
    .bind(&change.t)
    .bind(change.rev)
    .bind(change.vrev)
    .bind(change.number.as_deref())
    .bind(state)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn remove_record(tx: &mut Tx, feed: &FeedId, record: RecordId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM records WHERE feed = $1 AND id = $2")
        .bind(feed.as_str())
        .bind(record.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn note_feeds(tx: &mut Tx, page: &PullResponse<ChangedRecord>) -> Result<(), StoreError> {
    let told = page.villages.iter().map(|village| (&village.id, village.to, village.head));
    let added = page.scope.added.iter().map(|feed| (feed, 0, 0));
    for (feed, position, head) in added.chain(told) {
        sqlx::query(
            "INSERT INTO feeds (feed, position, head, drain_until) VALUES ($1, $2, $3, NULL)
             ON CONFLICT (feed) DO UPDATE SET position = excluded.position, head = excluded.head, drain_until = NULL",
        )
        .bind(feed.as_str())
        .bind(position)
        .bind(head)
        .execute(&mut **tx)
        .await?;
    }
    for removed in &page.scope.removed {
        sqlx::query("UPDATE feeds SET drain_until = $1 WHERE feed = $2")
            .bind(removed.drain_until.as_micros())
            .bind(removed.village.as_str())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Villages that no page named since everything was fetched from the start have left the scope.
async fn drain_unnamed(tx: &mut Tx, now: Micros) -> Result<(), StoreError> {
    sqlx::query("UPDATE feeds SET drain_until = $1 WHERE position = -1 AND drain_until IS NULL")
        .bind(now.as_micros())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Compares the checks of complete villages; what is still stale in them was not sent again, so it is gone on the server.
async fn compare_checks(tx: &mut Tx, page: &PullResponse<ChangedRecord>) -> Result<Vec<FeedId>, StoreError> {
    if !page.more {
        sqlx::query(
            "DELETE FROM records WHERE stale = 1 AND feed NOT IN (SELECT feed FROM feeds WHERE drain_until > 0)",
        )
        .execute(&mut **tx)
        .await?;
    }
    let mut diverged = Vec::new();
    for check in &page.check {
        sqlx::query("DELETE FROM records WHERE stale = 1 AND feed = $1")
            .bind(check.village.as_str())
            .execute(&mut **tx)
            .await?;
        let rows = sqlx::query("SELECT id, rev FROM records WHERE feed = $1")
            .bind(check.village.as_str())
            .fetch_all(&mut **tx)
            .await?;
        let have = rows.iter().map(|row| Ok((id(row, "id")?, row.try_get("rev")?)));
        if !matches_check(check, &have.collect::<Result<Vec<_>, StoreError>>()?) {
            diverged.push(check.village.clone());
        }
    }
    Ok(diverged)
}

fn record_row(row: &SqliteRow) -> Result<RecordRow, StoreError> {
    Ok(RecordRow {
        feed: id(row, "feed")?,
        id: id(row, "id")?,
        kind: row.try_get("kind")?,
        rev: row.try_get("rev")?,
        vrev: row.try_get("vrev")?,
        number: row.try_get("number")?,
        state: row.try_get("state")?,
    })
}
