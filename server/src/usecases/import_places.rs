//! Takes a table of enterprises, shops and other places. Rows that are known already, by their code or by their name in the village, become
//! patches of what differs; the others become new places. All of it goes through operations like a phone's, so that phones
//! pull it and the ledger shows who brought it. What a newcomer gets wrong: nothing is ever removed here, and a value that somebody
//! corrected on the spot and that stands beside the file's stays a question for a person.

mod matching;
mod writing;

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::import_report::{
    ImportFailure, PassedOver, Progress, Rejection, RowFault, check_asker, good_rows,
};
use crate::usecases::keyed_id::keyed_id;
use crate::usecases::push_operations::push_server_operations;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use matching::{KnownPlaces, Match};
use paicha_db::{Tx, feeds};
use paicha_imports::{EnterpriseRow, KnownVillage, KnownVillages, enterprises, parse_table};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::digest::{Sha256Bytes, sha256};
use sync_protocol::ids::{RecordId, UserId};
use sync_protocol::limits::CHUNK_OPS_MAX;
use sync_protocol::merge::Status;
use sync_protocol::op::Op;
use sync_protocol::record::Record;
use utoipa::ToSchema;
use uuid::Uuid;

/// Villages a table may name; more than a city has.
const VILLAGES_MAX: i64 = 20_000;

/// What a table of places came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlacesImported {
    /// Nothing was stored; this is what would have been.
    pub dry_run: bool,
    /// Rows with data.
    pub rows: usize,
    /// Places that are new.
    pub created: usize,
    /// Known places of which something changed.
    pub changed: usize,
    /// Known places that said all of it already.
    pub unchanged: usize,
    /// Of the new and changed ones: those where a person must decide something.
    pub review: usize,
    /// What was read beside the rows.
    pub passed_over: PassedOver,
}

/// A file on its way in.
#[derive(Debug)]
pub struct ImportFile {
    /// Its name, for messages only.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Imports a CSV or XLSX table of places.
///
/// # Errors
/// [`ImportFailure`]. A rejected file stored nothing; one that stopped half way goes on when it is imported again.
pub async fn import_places(
    app: &App,
    caller: &Caller,
    file: ImportFile,
    dry_run: bool,
    progress: Progress<'_>,
) -> Result<PlacesImported, ImportFailure> {
    check_asker(caller, Action::ImportEnterprises)?;
    let mut tx = app.database.begin_read().await?;
    let villages = load_villages(&mut tx).await?;
    let (digest, name) = (sha256(&file.bytes), file.name.clone());
    let (rows, passed_over) = read_rows(file, villages).await?;
    check_villages(caller, &rows)?;
    let known = KnownPlaces::load(&mut tx, &rows, &digest).await?;
    tx.rollback().await?;
    let author = if caller.server { app.installation.user } else { caller.user };
    let (mut imported, ops) = plan(app, author, &digest, &rows, &known)?;
    imported.passed_over = passed_over;
    imported.dry_run = dry_run;
    if !dry_run {
        imported.review = store(app, ops, progress).await?;
        let detail = format!("场所：新增{}个，变更{}个", imported.created, imported.changed);
        let entry = Entry::new(caller.actor(), Deed::Import, Subject::file(&name)).detail(detail);
        write_audit_alone(app, entry).await?;
        let (created, changed) = (imported.created, imported.changed);
        tracing::info!(by = %author, created, changed, "places imported");
    }
    Ok(imported)
}

/// Villages and communities, not subdistricts.
pub(super) async fn load_villages(tx: &mut Tx) -> Result<KnownVillages, ImportFailure> {
    let feeds = feeds::list_feeds(tx, VILLAGES_MAX).await?;
    let villages = feeds.into_iter().filter(|feed| feed.parent.is_some());
    let villages: Vec<KnownVillage> =
        villages.map(|feed| KnownVillage { code: feed.id, name: feed.name, aliases: Vec::new() }).collect();
    if villages.is_empty() {
        return Err(Rejection::of_file("还没有任何村（社区），请先导入村界，再导入这份表；一行也没有导入").into());
    }
    Ok(KnownVillages::new(villages))
}

async fn read_rows(
    file: ImportFile,
    villages: KnownVillages,
) -> Result<(Vec<EnterpriseRow>, PassedOver), ImportFailure> {
    let read = tokio::task::spawn_blocking(move || {
        let table = parse_table(&file.bytes, &file.name).map_err(|error| Rejection::of_file(error.to_string()))?;
        let outcome = enterprises(&table, &villages);
        let passed_over = PassedOver::of(&outcome, table.other_sheets);
        good_rows(outcome).map(|rows| (rows, passed_over))
    });
    Ok(read.await.map_err(|_| ImportFailure::Interrupted)??)
}

/// Whether the asker may bring places into every village that the file names.
fn check_villages(caller: &Caller, rows: &[EnterpriseRow]) -> Result<(), Rejection> {
    let foreign = rows.iter().filter(|row| !caller.may(Action::ImportEnterprises, Some(&row.village_code)));
    let faults: Vec<RowFault> = foreign
        .map(|row| RowFault::of_row(row.row_number, format!("{}不在您负责的村（社区）范围内", row.village_code)))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Rejection::of_rows(faults, 0)) }
}

/// The operations that make the places say what the file says.
fn plan(
    app: &App,
    author: UserId,
    digest: &Sha256Bytes,
    rows: &[EnterpriseRow],
    known: &KnownPlaces,
) -> Result<(PlacesImported, Vec<(Uuid, Op)>), Rejection> {
    let writer = writing::Writer { author, made_at: app.now(), digest };
    let mut imported = PlacesImported { rows: rows.len(), ..PlacesImported::default() };
    let mut ops = Vec::new();
    let mut taken: BTreeMap<RecordId, u32> = BTreeMap::new();
    let mut faults = Vec::new();
    for row in rows {
        let found = known.find(row, digest);
        let record = match &found {
            Match::New(id) => *id,
            Match::Known { record, .. } => record.id,
        };
        if let Some(earlier) = taken.insert(record, row.row_number) {
            let message = format!("与第{earlier}行是同一个已登记的场所（代码或名称相同），请只留一行");
            faults.push(RowFault::of_row(row.row_number, message));
            continue;
        }
        match found {
            Match::New(id) => {
                ops.push(writer.create(row, id)?);
                imported.created += 1;
            }
            Match::Known { record, renamed } => match writer.patch(row, record, renamed) {
                Some(op) => {
                    ops.push(op);
                    imported.changed += 1;
                }
                None => imported.unchanged += 1,
            },
        }
    }
    if faults.is_empty() { Ok((imported, ops)) } else { Err(Rejection::of_rows(faults, 0)) }
}

/// Stores the operations, a chunk at a time; how many of them a person must look at.
async fn store(app: &App, ops: Vec<(Uuid, Op)>, progress: Progress<'_>) -> Result<usize, ImportFailure> {
    let whole = u64::try_from(ops.len()).unwrap_or(u64::MAX);
    let mut done = 0;
    let mut review = 0;
    let mut left = ops.into_iter().peekable();
    progress(done, whole);
    while left.peek().is_some() {
        // Keyed, or a phone could push something under such an id first, and the place would never be made.
        let keyed = |(id, op): (Uuid, Op)| (keyed_id(app, &format!("import/{id}")), op);
        let chunk: Vec<(Uuid, Op)> = left.by_ref().take(CHUNK_OPS_MAX).map(keyed).collect();
        done += u64::try_from(chunk.len()).unwrap_or(0);
        let results = push_server_operations(app, chunk).await?;
        review += results.iter().filter(|result| waits(result.outcome.status)).count();
        progress(done, whole);
    }
    Ok(review)
}

fn waits(status: Status) -> bool {
    match status {
        Status::Applied | Status::Merged => false,
        Status::Review | Status::Held | Status::Refused => true,
    }
}

/// An id that follows from what it stands for, so that importing again makes nothing twice.
fn derived_id(purpose: &str, parts: &[&[u8]]) -> Uuid {
    let mut bytes = purpose.as_bytes().to_vec();
    for part in parts {
        bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    let hash = sha256(&bytes);
    let mut half = [0_u8; 16];
    half.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(half).into_uuid()
}

/// Whether a value stands in a field already, shown or beside the shown one.
fn stands(record: &Record, field: &str, value: &serde_json::Value) -> bool {
    record.fields.get(field).is_some_and(|register| register.entries.iter().any(|entry| entry.value == *value))
}
