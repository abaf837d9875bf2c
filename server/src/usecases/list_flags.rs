//! What the integrity rules found in the caller's villages, first found first, with what people said about it. What a newcomer gets wrong: a
//! flag is about evidence, not about a person; there is no list by person and no score.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::{PageOf, PageQuery, ReadError, cursor, instant, narrow, readable};
use crate::usecases::wording::kind_title;
use paicha_db::projections::{self, FlagFilter, FlagPage, FlagRow};
use paicha_db::records;
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which flags.
#[derive(Debug, Clone, Default)]
pub struct FlagQuery {
    /// Village or subdistrict.
    pub village: Option<String>,
    /// `info`, `soft` or `hard`.
    pub level: Option<String>,
    /// Only those that the office has not decided.
    pub open: bool,
}

/// One flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlagItem {
    /// `record:key`.
    pub id: String,
    /// The inspection or hazard it is about.
    pub record: Uuid,
    /// Its kind: `inspection` or `hazard`.
    pub record_kind: String,
    /// The same in words.
    pub record_kind_text: String,
    /// Its number.
    pub number: Option<String>,
    /// Name of the finding; answers and decisions name it.
    pub key: String,
    /// `R-01` to `R-23`.
    pub rule: String,
    /// `info`, `soft` or `hard`.
    pub level: String,
    /// The same in words.
    pub level_text: String,
    /// What the inspector reads.
    pub words: String,
    /// The inspector has answered.
    pub explained: bool,
    /// The office has decided.
    pub cleared: bool,
    /// Village it counts for.
    pub village: String,
    /// When the server found it.
    pub found_at: Micros,
}

/// One page of flags.
///
/// # Errors
/// [`ReadError`].
pub async fn list_flags(
    app: &App,
    caller: &Caller,
    query: &FlagQuery,
    page: &PageQuery,
) -> Result<PageOf<FlagItem>, ReadError> {
    let list = ("flags", query);
    let after = cursor::open::<(i64, String)>(app, caller, list, page.cursor.as_deref())?;
    let limit = page.rows();
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable(caller, Action::ReadReviewItems)?, query.village.as_deref()).await?;
    let filter = FlagFilter { level: query.level.clone(), open: query.open };
    let mut rows = projections::list_flags(&mut tx, &villages, &filter, FlagPage { after, limit: limit + 1 }).await?;
    let next = cursor::cut(app, caller, list, &mut rows, limit, |row| (row.found_at, row.id.clone()))?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.record).collect();
    let about = records::find_records(&mut tx, &ids).await?;
    tx.rollback().await?;
    let about: BTreeMap<Uuid, (String, Option<String>)> =
        about.into_iter().map(|record| (record.id, (record.kind, record.number))).collect();
    let items = rows.into_iter().map(|row| {
        let (kind, number) = about.get(&row.record).cloned().unwrap_or_default();
        flag_item(row, kind, number)
    });
    Ok(PageOf { items: items.collect(), next })
}

/// A flag about a record of this kind and number.
pub(crate) fn flag_item(row: FlagRow, kind: String, number: Option<String>) -> FlagItem {
    FlagItem {
        id: row.id,
        record: row.record,
        record_kind_text: kind_title(&kind),
        record_kind: kind,
        number,
        key: row.key,
        rule: row.rule,
        level_text: level_words(&row.level).to_owned(),
        level: row.level,
        words: row.words,
        explained: row.explained,
        cleared: row.cleared,
        village: row.village,
        found_at: instant(row.found_at),
    }
}

/// A level in words.
pub fn level_words(level: &str) -> &'static str {
    match level {
        "hard" => "暂不采信",
        "soft" => "待核",
        _ => "提示",
    }
}
