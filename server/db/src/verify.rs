//! What only a verification asks: counts over whole tables, and rows that nothing names. Not for requests: every question here reads all
//! of a table. What a newcomer gets wrong: none of these repairs anything; a difference is for people to look at.

use crate::engine::Tx;
use crate::error::DbError;
use crate::ops::Quarantined;
use crate::statement::Statement;
use uuid::Uuid;

/// A record's position in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedEntry {
    /// The record.
    pub record: Uuid,
    /// Its newest position.
    pub vrev: i64,
    /// It has left this feed.
    pub gone: bool,
}

/// Positions of a feed's records after a record, in order of record.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_feed_entries(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<FeedEntry>, DbError> {
    let statement = Statement::new(
        "SELECT record, vrev, gone FROM feed_entries WHERE feed = $1 AND record > $2 ORDER BY record LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    let entry = |row: &crate::engine::Row| {
        Ok(FeedEntry { record: row.uuid("record")?, vrev: row.i64("vrev")?, gone: row.bool("gone")? })
    };
    rows.iter().map(entry).collect()
}

/// One life of a phone's database and what is stored of its sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeCount {
    /// The life.
    pub id: Uuid,
    /// The phone.
    pub device: Uuid,
    /// It names a life before, or its phone has another one.
    pub has_relatives: bool,
    /// The phone was told that everything up to here is stored.
    pub consumed: i64,
    /// Numbers under which an operation is stored.
    pub stored: i64,
    /// Further numbers under which something stands in quarantine only.
    pub quarantined: i64,
    /// Lowest number stored; 1 when none is.
    pub lowest: i64,
    /// Highest number stored; 0 when none is.
    pub highest: i64,
}

/// Lives after an id, in order of id, with counts of what is stored of each.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_life_counts(tx: &mut Tx, after: Option<Uuid>, limit: i64) -> Result<Vec<LifeCount>, DbError> {
    let statement = Statement::new(
        "SELECT life.id, life.device, life.consumed,
             (life.parent IS NOT NULL OR EXISTS (
                 SELECT 1 FROM incarnations AS other WHERE other.device = life.device AND other.id <> life.id
             )) AS has_relatives,
             (SELECT COUNT(*) FROM ops WHERE ops.incarnation = life.id) AS stored,
             (SELECT COALESCE(MIN(ops.seq), 1) FROM ops WHERE ops.incarnation = life.id) AS lowest,
             (SELECT COALESCE(MAX(ops.seq), 0) FROM ops WHERE ops.incarnation = life.id) AS highest,
             (SELECT COUNT(DISTINCT quarantine.seq) FROM quarantine WHERE quarantine.incarnation = life.id
                 AND quarantine.seq >= 1 AND quarantine.seq <= life.consumed
                 AND NOT EXISTS (SELECT 1 FROM ops WHERE ops.incarnation = life.id AND ops.seq = quarantine.seq)
             ) AS quarantined
         FROM incarnations AS life WHERE life.id > $1 ORDER BY life.id LIMIT $2",
    )
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    let count = |row: &crate::engine::Row| {
        Ok(LifeCount {
            id: row.uuid("id")?,
            device: row.uuid("device")?,
            has_relatives: row.bool("has_relatives")?,
            consumed: row.i64("consumed")?,
            stored: row.i64("stored")?,
            quarantined: row.i64("quarantined")?,
            lowest: row.i64("lowest")?,
            highest: row.i64("highest")?,
        })
    };
    rows.iter().map(count).collect()
}

/// Operations that do not have exactly one ledger entry of their own: id, feed, and how many there are. In order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_misplaced_ops(tx: &mut Tx, limit: i64) -> Result<Vec<(Uuid, String, i64)>, DbError> {
    let statement = Statement::new(
        "SELECT ops.id, ops.feed, COUNT(ledger.op) AS entries
         FROM ops LEFT JOIN ledger ON ledger.op = ops.id AND ledger.effect <> 'released'
         GROUP BY ops.id, ops.feed HAVING COUNT(ledger.op) <> 1 ORDER BY ops.id LIMIT $1",
    )
    .bind(limit);
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.uuid("id")?, row.text("feed")?, row.i64("entries")?))).collect()
}

/// What stands in quarantine after an id, in order of id.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_quarantine_by_id(tx: &mut Tx, after: Option<Uuid>, limit: i64) -> Result<Vec<Quarantined>, DbError> {
    let statement = Statement::new(
        "SELECT id, op, device, incarnation, seq, code, digest, body, received_at FROM quarantine
         WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(crate::ops::quarantined).collect()
}

/// How many rows of each table belong to no feed or record that exists, and so to nothing that is compared; in order of table. Tables
/// without such rows are left out.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn count_stray_rows(tx: &mut Tx) -> Result<Vec<(String, i64)>, DbError> {
    let statement = Statement::new(
        "SELECT name, strays FROM (
             SELECT 'feed_entries' AS name, COUNT(*) AS strays FROM feed_entries
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = feed_entries.feed)
             UNION ALL SELECT 'flags', COUNT(*) FROM flags
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = flags.feed)
             UNION ALL SELECT 'forms', COUNT(*) FROM forms
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = forms.feed)
             UNION ALL SELECT 'hazard_criteria', COUNT(*) FROM hazard_criteria
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = hazard_criteria.feed)
             UNION ALL SELECT 'hazards', COUNT(*) FROM hazards
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = hazards.feed)
             UNION ALL SELECT 'inspections', COUNT(*) FROM inspections
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = inspections.feed)
             UNION ALL SELECT 'photo_links', COUNT(*) FROM photo_links
                 WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.id = photo_links.record)
             UNION ALL SELECT 'photos', COUNT(*) FROM photos
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = photos.feed)
             UNION ALL SELECT 'places', COUNT(*) FROM places
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = places.feed)
             UNION ALL SELECT 'reviews', COUNT(*) FROM reviews
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = reviews.feed)
             UNION ALL SELECT 'visits', COUNT(*) FROM visits
                 WHERE NOT EXISTS (SELECT 1 FROM feeds WHERE feeds.id = visits.feed)
         ) AS counted WHERE strays > 0 ORDER BY name LIMIT 100",
    );
    let rows = tx.fetch_all(statement).await?;
    rows.iter().map(|row| Ok((row.text("name")?, row.i64("strays")?))).collect()
}
