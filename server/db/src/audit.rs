//! The table `audit_entries`: who did what outside of the ledger, and who acted or took files away at the console.
//! Not what phones hand in: that is in `ops`. What a newcomer gets wrong: nothing here changes or deletes an entry, and names stand in it as
//! they were then.

use crate::engine::{Row, Tx};
use crate::error::DbError;
use crate::projections::Page;
use crate::statement::Statement;
use uuid::Uuid;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Made by the server.
    pub id: Uuid,
    /// Microseconds UTC.
    pub at: i64,
    /// Who did it; nothing for the command line and for whoever failed to sign in.
    pub actor: Option<Uuid>,
    /// Code of what was done.
    pub kind: String,
    /// What kind of thing it was done to; may be empty.
    pub subject_kind: String,
    /// Its id or code; may be empty.
    pub subject: String,
    /// What people called it then.
    pub subject_text: String,
    /// Area code that it was about.
    pub village: Option<String>,
    /// More in words; may be empty.
    pub detail: String,
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this person only.
    pub actor: Option<Uuid>,
    /// Of this kind only.
    pub kind: Option<String>,
    /// At this instant or later, microseconds UTC.
    pub from: Option<i64>,
    /// Before this instant, microseconds UTC.
    pub before: Option<i64>,
}

fn audit_row(row: &Row) -> Result<AuditRow, DbError> {
    Ok(AuditRow {
        id: row.uuid("id")?,
        at: row.i64("at")?,
        actor: row.opt_uuid("actor")?,
        kind: row.text("kind")?,
        subject_kind: row.text("subject_kind")?,
        subject: row.text("subject")?,
        subject_text: row.text("subject_text")?,
        village: row.opt_text("village")?,
        detail: row.text("detail")?,
    })
}

/// Adds an entry.
///
/// # Errors
/// `UniqueViolation` when the id is taken; otherwise when the database fails. The transaction is then over.
pub async fn create_audit_entry(tx: &mut Tx, entry: AuditRow) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO audit_entries (id, at, actor, kind, subject_kind, subject, subject_text, village, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry.id)
    .bind(entry.at)
    .bind(entry.actor)
    .bind(entry.kind)
    .bind(entry.subject_kind)
    .bind(entry.subject)
    .bind(entry.subject_text)
    .bind(entry.village)
    .bind(entry.detail);
    tx.execute(statement).await?;
    Ok(())
}

const LIST_SQL: &str =
    "SELECT id, at, actor, kind, subject_kind, subject, subject_text, village, detail FROM audit_entries
     WHERE $1 = '' AND $2 = '' AND at >= $3 AND at < $4 AND (at, id) < ($5, $6) ORDER BY at DESC, id DESC LIMIT $7";
const LIST_OF_ACTOR_SQL: &str = "SELECT id, at, actor, kind, subject_kind, subject, subject_text, village, detail FROM audit_entries
     WHERE actor = $1 AND ($2 = '' OR kind = $2) AND at >= $3 AND at < $4 AND (at, id) < ($5, $6) ORDER BY at DESC, id DESC LIMIT $7";
const LIST_OF_KIND_SQL: &str =
    "SELECT id, at, actor, kind, subject_kind, subject, subject_text, village, detail FROM audit_entries
     WHERE $1 = '' AND kind = $2 AND at >= $3 AND at < $4 AND (at, id) < ($5, $6) ORDER BY at DESC, id DESC LIMIT $7";

/// Entries that fit, the newest first, after `page.after` in that order.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn list_audit_entries(tx: &mut Tx, filter: &AuditFilter, page: Page) -> Result<Vec<AuditRow>, DbError> {
    let after = page.after.unwrap_or((i64::MAX, Uuid::max()));
    let statement = match (filter.actor, &filter.kind) {
        (Some(actor), _) => Statement::new(LIST_OF_ACTOR_SQL).bind(actor),
        (None, Some(_)) => Statement::new(LIST_OF_KIND_SQL).bind(""),
        (None, None) => Statement::new(LIST_SQL).bind(""),
    };
    let statement = statement
        .bind(filter.kind.clone().unwrap_or_default())
        .bind(filter.from.unwrap_or(i64::MIN))
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(after.0)
        .bind(after.1)
        .bind(page.limit);
    tx.fetch_all(statement).await?.iter().map(audit_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::{Villages, sqlite_plan};

    #[tokio::test]
    async fn every_list_walks_an_index_in_order() {
        let lists =
            [(LIST_SQL, "audit_by_time"), (LIST_OF_ACTOR_SQL, "audit_by_actor"), (LIST_OF_KIND_SQL, "audit_by_kind")];
        for (sql, index) in lists {
            let plan = sqlite_plan(sql, 7, &Villages::All).await;
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
