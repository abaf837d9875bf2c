//! The audit log, newest first. What a newcomer gets wrong: what phones handed in is not here; it is in the ledger, and each record tells its own
//! story. Names are those of then; villages are codes, because reading the log opens no list of villages.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{PageOf, PageQuery, ReadError, cursor, instant};
use crate::usecases::write_audit::Deed;
use paicha_db::audit::{AuditFilter, list_audit_entries};
use paicha_db::projections::Page;
use paicha_db::{DbError, Tx, accounts};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Of this person only.
    pub actor: Option<Uuid>,
    /// Of this kind only.
    pub kind: Option<String>,
    /// At this instant or later.
    pub from: Option<Micros>,
    /// Before this instant.
    pub before: Option<Micros>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditItem {
    /// The entry.
    pub id: Uuid,
    /// When.
    pub at: Micros,
    /// Who; nothing for the server's command line and for whoever failed to sign in.
    pub actor: Option<Uuid>,
    /// Their name.
    pub actor_name: Option<String>,
    /// Their unit.
    pub actor_unit: Option<String>,
    /// `sign_in`, `grant_given`, `export`, ...
    pub kind: String,
    /// The same in words.
    pub kind_text: String,
    /// `user`, `device`, `hazard`, `inspection`, `operation`, `form` or `file`; empty for nothing.
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

/// One page of the log.
///
/// # Errors
/// [`ReadError`].
pub async fn list_audit(
    app: &App,
    caller: &Caller,
    query: &AuditQuery,
    page: &PageQuery,
) -> Result<PageOf<AuditItem>, ReadError> {
    if !caller.may(Action::ReadAudit, None) {
        return Err(ReadError::NotAllowed);
    }
    let list = ("audit", query);
    let after = cursor::open::<(i64, Uuid)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let filter = AuditFilter {
        actor: query.actor,
        kind: query.kind.clone(),
        from: query.from.map(Micros::as_micros),
        before: query.before.map(Micros::as_micros),
    };
    let mut tx = app.database.begin_read().await?;
    let mut rows = list_audit_entries(&mut tx, &filter, Page { after, limit: limit + 1 }).await?;
    let next = cursor::cut(app, caller, list, &mut rows, limit, |row| (row.at, row.id))?;
    let people = people(&mut tx, rows.iter().filter_map(|row| row.actor)).await?;
    tx.rollback().await?;
    let items = rows.into_iter().map(|row| {
        let (name, unit) = row.actor.and_then(|actor| people.get(&actor)).cloned().unzip();
        AuditItem {
            id: row.id,
            at: instant(row.at),
            actor: row.actor,
            actor_name: name,
            actor_unit: unit,
            kind_text: Deed::find_by_code(&row.kind).map_or_else(|| row.kind.clone(), |deed| deed.title().to_owned()),
            kind: row.kind,
            subject_kind: row.subject_kind,
            subject: row.subject,
            subject_text: row.subject_text,
            village: row.village,
            detail: row.detail,
        }
    });
    Ok(PageOf { items: items.collect(), next })
}

/// Name and unit by person.
async fn people(tx: &mut Tx, ids: impl Iterator<Item = Uuid>) -> Result<BTreeMap<Uuid, (String, String)>, DbError> {
    let mut people = BTreeMap::new();
    for id in ids {
        if people.contains_key(&id) {
            continue;
        }
        if let Some(user) = accounts::find_user(tx, id).await? {
            people.insert(id, (user.name, user.unit));
        }
    }
    Ok(people)
}
