//! The tables `forms` and `form_contents`: where each monthly form stands, and the exact content that was handed in, by its hash. What a
//! newcomer gets wrong: a content is never changed and never deleted; which one is in force follows from the form's record.

use super::Villages;
use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::statement::Statement;
use uuid::Uuid;

/// One form as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormRow {
    /// The form's record.
    pub record: Uuid,
    /// Feed it syncs in: the village or subdistrict.
    pub feed: String,
    /// `appendix1` or `appendix2`.
    pub form_kind: String,
    /// `YYYY-MM`.
    pub month: String,
    /// `draft`, `village_submitted`, `street_returned` or `street_locked`.
    pub state: String,
    /// Newest locked revision; 0 for none.
    pub revision: i64,
    /// SHA-256 of the content in force.
    pub content: Option<Vec<u8>>,
    /// Its newest event, microseconds UTC.
    pub changed_at: i64,
}

/// What was handed in or proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormContentRow {
    /// SHA-256 of `content`.
    pub sha256: Vec<u8>,
    /// The form's record.
    pub form: Uuid,
    /// The exact JSON.
    pub content: String,
    /// When it was computed, microseconds UTC.
    pub made_at: i64,
}

fn form_row(row: &Row) -> Result<FormRow, DbError> {
    Ok(FormRow {
        record: row.uuid("record")?,
        feed: row.text("feed")?,
        form_kind: row.text("form_kind")?,
        month: row.text("month")?,
        state: row.text("state")?,
        revision: row.i64("revision")?,
        content: row.opt_bytes("content")?,
        changed_at: row.i64("changed_at")?,
    })
}

fn content_row(row: &Row) -> Result<FormContentRow, DbError> {
    Ok(FormContentRow {
        sha256: row.bytes("sha256")?,
        form: row.uuid("form")?,
        content: row.text("content")?,
        made_at: row.i64("made_at")?,
    })
}

/// Stores forms as they stand now; no two of one record.
///
/// # Errors
/// `UniqueViolation` when two records are the form of one area and month; otherwise when the database fails. The transaction is then over.
pub async fn put_forms(tx: &mut Tx, forms: Vec<FormRow>) -> Result<(), DbError> {
    let rows = forms.into_iter().map(|row| {
        vec![
            row.record.into(),
            row.feed.into(),
            row.form_kind.into(),
            row.month.into(),
            row.state.into(),
            row.revision.into(),
            row.content.into(),
            row.changed_at.into(),
        ]
    });
    tx.execute_rows(
        "INSERT INTO forms (record, feed, form_kind, month, state, revision, content, changed_at) VALUES",
        rows.collect(),
        "ON CONFLICT (record) DO UPDATE SET state = excluded.state, revision = excluded.revision,
         content = excluded.content, changed_at = excluded.changed_at",
    )
    .await?;
    Ok(())
}

/// The form of an area and a month, if anything happened to it.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_form(tx: &mut Tx, feed: &str, form_kind: &str, month: &str) -> Result<Option<FormRow>, DbError> {
    let statement = Statement::new(
        "SELECT record, feed, form_kind, month, state, revision, content, changed_at FROM forms
         WHERE feed = $1 AND form_kind = $2 AND month = $3",
    )
    .bind(feed)
    .bind(form_kind)
    .bind(month);
    tx.fetch_optional(statement).await?.as_ref().map(form_row).transpose()
}

/// Forms of the areas in `from <= month < before`, in order of month, area and kind.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_forms(
    tx: &mut Tx,
    feeds: &Villages,
    (from, before): (&str, &str),
    limit: i64,
) -> Result<Vec<FormRow>, DbError> {
    let (all, ids) = feeds.binds();
    let statement = Statement::new(
        "SELECT record, feed, form_kind, month, state, revision, content, changed_at FROM forms
         WHERE month >= $1 AND month < $2 AND ($3 OR feed IN ($in)) ORDER BY month, feed, form_kind LIMIT $4",
    )
    .bind(from)
    .bind(before)
    .bind(all)
    .bind(limit)
    .bind_list(ids);
    tx.fetch_all(statement).await?.iter().map(form_row).collect()
}

/// All forms that sync in a feed after an id, in order of id: what a rebuild compares.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_forms_of_feed(
    tx: &mut Tx,
    feed: &str,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<FormRow>, DbError> {
    let statement = Statement::new(
        "SELECT record, feed, form_kind, month, state, revision, content, changed_at FROM forms
         WHERE feed = $1 AND record > $2 ORDER BY record LIMIT $3",
    )
    .bind(feed)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit);
    tx.fetch_all(statement).await?.iter().map(form_row).collect()
}

/// Keeps a content; one that is there stays as it is.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_form_content(tx: &mut Tx, row: FormContentRow) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO form_contents (sha256, form, content, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING",
    )
    .bind(row.sha256)
    .bind(row.form)
    .bind(row.content)
    .bind(row.made_at);
    tx.execute(statement).await?;
    Ok(())
}

/// The content with this hash.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_form_content(tx: &mut Tx, sha256: &[u8]) -> Result<Option<FormContentRow>, DbError> {
    let statement = Statement::new("SELECT sha256, form, content, made_at FROM form_contents WHERE sha256 = $1")
        .bind(sha256.to_vec());
    tx.fetch_optional(statement).await?.as_ref().map(content_row).transpose()
}

/// Records behind a number of a content, where they are many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormPartRow {
    /// SHA-256 of `records`.
    pub sha256: Vec<u8>,
    /// Their ids in order, 16 bytes each.
    pub records: Vec<u8>,
}

/// Keeps parts; those that are there stay as they are.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn put_form_parts(tx: &mut Tx, parts: Vec<FormPartRow>) -> Result<(), DbError> {
    let rows = parts.into_iter().map(|part| vec![part.sha256.into(), part.records.into()]).collect();
    tx.execute_rows("INSERT INTO form_parts (sha256, records) VALUES", rows, "ON CONFLICT (sha256) DO NOTHING").await?;
    Ok(())
}

/// The part with this hash.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn find_form_part(tx: &mut Tx, sha256: &[u8]) -> Result<Option<FormPartRow>, DbError> {
    let statement = Statement::new("SELECT sha256, records FROM form_parts WHERE sha256 = $1").bind(sha256.to_vec());
    let row = tx.fetch_optional(statement).await?;
    let part = |row: &Row| Ok(FormPartRow { sha256: row.bytes("sha256")?, records: row.bytes("records")? });
    row.as_ref().map(part).transpose()
}
