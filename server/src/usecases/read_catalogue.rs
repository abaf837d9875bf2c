//! The standards by which hazards are judged: those that come with the program and the imported ones, as they were in force on a day. What a
//! newcomer gets wrong: people see what was verified; what still has to be compared with the official text is for those who decide about it.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::reading::ReadError;
use paicha_catalogue::{Catalogue, PackError, PackKind, Status, read_pack};
use paicha_db::projections::Villages;
use paicha_db::{DbError, Tx, catalogue};
use serde::Serialize;
use sync_protocol::digest::{sha256, to_hex};
use sync_protocol::time::LocalDate;
use utoipa::ToSchema;

/// Imported packs at most.
pub const PACKS_MAX: i64 = 500;

/// The catalogue of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CatalogueView {
    /// The day, `YYYY-MM-DD`.
    pub on: String,
    /// Changes with every change of what is shown; phones keep it beside their copy.
    pub version: String,
    /// Standards in force, in order of code.
    pub standards: Vec<StandardView>,
}

/// One standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StandardView {
    /// Domain and year: `GM-2023`.
    pub code: String,
    /// Its name.
    pub title: String,
    /// Number of the document.
    pub doc_no: String,
    /// First day in force.
    pub effective_from: String,
    /// Last day in force.
    pub effective_to: Option<String>,
    /// 行业领域, if it is about one.
    pub sector: Option<String>,
    /// `criteria` or `checklist`.
    pub kind: &'static str,
    /// Where its text comes from and how far it was read.
    pub source: String,
    /// Items that the whole standard has, where that is known: there may be more than are shown.
    pub items_total: Option<u32>,
    /// Its items.
    pub items: Vec<CriterionView>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CriterionView {
    /// Stable for ever: `GM-2023-3.1`.
    pub code: String,
    /// Article of the document.
    pub article: String,
    /// The official text.
    pub text: String,
    /// `verified`, `doubtful` or `withdrawn`.
    pub status: &'static str,
    /// Types of places that it is about; with `sectors` empty too, every place of its standard's 行业领域. One fitting type or sector is enough.
    pub place_types: Vec<String>,
    /// 行业领域 that it is about, where that is narrower than its standard.
    pub sectors: Vec<String>,
}

/// Which part of the catalogue is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct CatalogueQuery {
    /// The day; today when absent.
    pub on: Option<LocalDate>,
    /// The last day of a stretch that begins with `on`, for phones that will be without signal; only `on` when absent.
    pub until: Option<LocalDate>,
    /// Also what is not verified, for those who review.
    pub all: bool,
}

/// Every pack, imported ones over shipped ones.
///
/// # Errors
/// When the database fails, or a stored pack cannot be read.
pub async fn load_catalogue(tx: &mut Tx) -> Result<Catalogue, DbError> {
    let imported = catalogue::list_standard_packs(tx, PACKS_MAX).await?;
    Catalogue::with(&imported).map_err(|error| DbError::Corrupt { source: Box::new(error) })
}

/// What was in force on a day, or on some day of a stretch.
///
/// # Errors
/// [`ReadError`].
pub async fn read_catalogue(app: &App, caller: &Caller, query: CatalogueQuery) -> Result<CatalogueView, ReadError> {
    let CatalogueQuery { on, until, all } = query;
    let reviews = caller.villages(Action::ReadReviewItems) != Villages::Only(Vec::new());
    if all && !reviews && !caller.may(Action::ManageUsers, None) {
        return Err(ReadError::NotAllowed);
    }
    let on = on.unwrap_or(LocalDate::of(app.now()));
    let mut tx = app.database.begin_read().await?;
    let catalogue = load_catalogue(&mut tx).await?;
    tx.rollback().await?;
    let standards: Vec<StandardView> =
        catalogue.in_force_within(on, until.unwrap_or(on)).filter_map(|pack| standard(pack, all)).collect();
    let version = to_hex(&sha256(sync_protocol::canonical::to_json(&standards).as_bytes()))[..16].to_owned();
    Ok(CatalogueView { on: on.to_iso(), version, standards })
}

fn standard(pack: &paicha_catalogue::Pack, all: bool) -> Option<StandardView> {
    let shown = pack.items.iter().filter(|item| all || item.status == Status::Verified);
    let items: Vec<CriterionView> = shown
        .map(|item| CriterionView {
            code: item.code.clone(),
            article: item.article.clone(),
            text: item.text.clone(),
            status: match item.status {
                Status::Verified => "verified",
                Status::Doubtful => "doubtful",
                Status::Withdrawn => "withdrawn",
            },
            place_types: item.place_types.clone(),
            sectors: item.sectors.clone(),
        })
        .collect();
    (!items.is_empty()).then(|| StandardView {
        code: pack.code.clone(),
        title: pack.title.clone(),
        doc_no: pack.doc_no.clone(),
        effective_from: pack.effective_from.to_iso(),
        effective_to: pack.effective_to.map(LocalDate::to_iso),
        sector: pack.sector.clone(),
        kind: match pack.kind {
            PackKind::Criteria => "criteria",
            PackKind::Checklist => "checklist",
        },
        source: pack.source.clone(),
        items_total: pack.items_total,
        items,
    })
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardImported {
    /// Its code.
    pub code: String,
    /// Its name.
    pub title: String,
    /// Items in it.
    pub items: usize,
    /// Of those, verified: what reaches phones.
    pub verified: usize,
    /// It took the place of one with its code.
    pub replaced: bool,
}

/// Why a pack was not imported; then nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum StandardFailure {
    /// Something about the file.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Too many packs.
    #[error("已有 {PACKS_MAX} 个标准包，不能再增加")]
    TooMany,
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Imports a pack.
///
/// # Errors
/// [`StandardFailure`].
pub async fn import_standard(app: &App, text: &str, dry_run: bool) -> Result<StandardImported, StandardFailure> {
    let pack = read_pack(text)?;
    let mut tx = app.database.begin_write().await?;
    let known = load_catalogue(&mut tx).await?;
    known.check_replacement(&pack)?;
    let replaced = known.find_pack(&pack.code).is_some();
    let imported = catalogue::list_standard_packs(&mut tx, PACKS_MAX).await?;
    if !replaced && i64::try_from(imported.len()).unwrap_or(i64::MAX) >= PACKS_MAX {
        return Err(StandardFailure::TooMany);
    }
    if dry_run {
        tx.rollback().await?;
    } else {
        catalogue::put_standard_pack(&mut tx, &pack.code, text, app.now().as_micros()).await?;
        tx.commit().await?;
    }
    let verified = pack.items.iter().filter(|item| item.status == Status::Verified).count();
    Ok(StandardImported { code: pack.code, title: pack.title, items: pack.items.len(), verified, replaced })
}
