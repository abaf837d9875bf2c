//! The hazard ledger (台账) as a file: all hazards, those that lack one of the five, or those under supervision. Hazards are read page by page in
//! one snapshot and written row by row into a temporary file, so a large ledger needs no large memory. What a newcomer gets wrong: a
//! row's words come from the record, as 附件1's do; the projections only say which records.

mod row;

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::export_appendix1::file_name;
use crate::usecases::push_operations::read_record;
use crate::usecases::reading::{Conditions, ReadError, area_names, narrow, readable, shows_place};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::projections::{self, HazardRow, Page, Villages, find_places};
use paicha_db::{DbError, Tx, records};
use paicha_reports::{LedgerKind, LedgerRow, Position, ReportError, ledger_csv, ledger_geojson, ledger_xlsx};
use row::{LedgerHazard, belongs, ledger_row};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek as _, Write as _};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Hazards read at once.
const PAGE_ROWS: i64 = 200;
/// Rows between the reader and the writer.
const ROWS_UNDER_WAY: usize = 256;

/// Which program the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerFormat {
    /// A workbook.
    Xlsx,
    /// Text for other programs.
    Csv,
    /// A map layer in WGS-84.
    GeoJson,
}

impl LedgerFormat {
    /// What the name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::GeoJson => "geojson",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct LedgerQuery {
    /// Village or subdistrict; all in reach when none is named.
    pub village: Option<String>,
    /// Which hazards.
    pub kind: LedgerKind,
    /// For which program.
    pub format: LedgerFormat,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It may not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Too many rows, or the writer failed.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The temporary file failed: the disk may be full.
    #[error("the temporary file failed")]
    File(#[from] std::io::Error),
    /// The task that writes the file died.
    #[error("the export ended early")]
    Interrupted,
}

impl From<DbError> for LedgerError {
    fn from(error: DbError) -> Self {
        Self::Read(error.into())
    }
}

/// A file on its way to a person; it has no name on disk and goes when it is closed.
#[derive(Debug)]
pub struct LedgerFile {
    /// Its name, in Chinese.
    pub name: String,
    /// At its beginning.
    pub file: File,
}

type Row = (LedgerRow, Option<Position>);

/// Writes the ledger.
///
/// # Errors
/// [`LedgerError`].
pub async fn export_ledger(app: &App, caller: &Caller, query: &LedgerQuery) -> Result<LedgerFile, LedgerError> {
    let readable = readable(caller, Action::ReadForms)?;
    let mut tx = app.database.begin_read().await?;
    let villages = narrow(&mut tx, readable, query.village.as_deref()).await?;
    let area = match &query.village {
        Some(code) => area_names(&mut tx, std::iter::once(code.as_str())).await?.remove(code).unwrap_or_default(),
        None => app.config.office.name.clone(),
    };
    let name = file_name(
        query.kind.title(),
        &area,
        &sync_protocol::time::LocalDate::of(app.now()).to_iso(),
        query.format.extension(),
    );
    let (sender, receiver) = mpsc::channel::<Row>(ROWS_UNDER_WAY);
    let (kind, format) = (query.kind, query.format);
    let writer = tokio::task::spawn_blocking(move || write((kind, format), &area, receiver));
    let sent = send_rows(&mut tx, &villages, kind, sender).await;
    tx.rollback().await?;
    // The writer's own failure says more than that nobody takes its rows any more.
    let file = writer.await.map_err(|_| LedgerError::Interrupted)??;
    sent?;
    write_audit_alone(app, Entry::new(caller.actor(), Deed::Export, Subject::file(&name))).await?;
    Ok(LedgerFile { name, file })
}

fn write(
    (kind, format): (LedgerKind, LedgerFormat),
    area: &str,
    mut rows: mpsc::Receiver<Row>,
) -> Result<File, LedgerError> {
    let mut file = tempfile::tempfile()?;
    let rows = std::iter::from_fn(|| rows.blocking_recv());
    match format {
        LedgerFormat::Xlsx => {
            ledger_xlsx(kind, area, rows.map(|(row, _)| row), &mut file)?;
        }
        LedgerFormat::Csv => {
            let mut buffered = BufWriter::new(&mut file);
            ledger_csv(rows.map(|(row, _)| row), &mut buffered)?;
            buffered.flush()?;
        }
        LedgerFormat::GeoJson => {
            let mut buffered = BufWriter::new(&mut file);
            ledger_geojson(rows, &mut buffered)?;
            buffered.flush()?;
        }
    }
    file.rewind()?;
    Ok(file)
}

async fn send_rows(
    tx: &mut Tx,
    villages: &Villages,
    kind: LedgerKind,
    sender: mpsc::Sender<Row>,
) -> Result<(), LedgerError> {
    let filter = crate::usecases::list_hazards::hazard_filter(&Conditions::default());
    let mut after = None;
    loop {
        let page = Page { after, limit: PAGE_ROWS };
        let hazards = projections::list_hazards(tx, villages, &filter, page).await?;
        let Some(last) = hazards.last() else { return Ok(()) };
        after = Some((last.found_at, last.id));
        for hazard in load(tx, hazards).await? {
            if belongs(kind, &hazard.record) && sender.send(ledger_row(&hazard)).await.is_err() {
                return Err(LedgerError::Interrupted);
            }
        }
    }
}

/// The hazards of a page with what their rows need.
async fn load(tx: &mut Tx, rows: Vec<HazardRow>) -> Result<Vec<LedgerHazard>, DbError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut found = BTreeMap::new();
    for row in records::find_records(tx, &ids).await? {
        found.insert(row.id, (read_record(&row)?, row.number));
    }
    let names = area_names(tx, rows.iter().map(|row| row.village.as_str())).await?;
    let place_ids: Vec<Uuid> = rows.iter().filter_map(|row| row.place).collect();
    let places: BTreeMap<Uuid, (String, String)> =
        find_places(tx, &place_ids).await?.into_iter().map(|place| (place.id, (place.feed, place.name))).collect();
    let hazard = |row: HazardRow| {
        let (record, number) = found.remove(&row.id)?;
        let place = row.place.and_then(|place| places.get(&place));
        let place = place.filter(|(feed, _)| shows_place(feed, &row.feed, &row.village)).map(|(_, name)| name.clone());
        let village = names.get(&row.village).cloned().unwrap_or_default();
        let position = row.lat84.zip(row.lon84).map(|(latitude, longitude)| Position { longitude, latitude });
        Some(LedgerHazard { record, number, village, place, found_at: row.found_at, position })
    };
    Ok(rows.into_iter().filter_map(hazard).collect())
}
