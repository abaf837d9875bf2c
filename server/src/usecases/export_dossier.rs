//! 一患一档: one hazard's whole file, as a Word document to print and as an archive with the original photos, the exact operations and a manifest
//! of SHA-256. What a newcomer gets wrong: the archive is evidence, so every original is hashed again while it is packed, and one that is not
//! here is named as missing instead of being left out.

mod archive;

use crate::app::App;
use crate::blobs::{BlobError, Derivative, derived_key};
use crate::usecases::caller::Caller;
use crate::usecases::export_appendix1::{ExportedFile, file_name};
use crate::usecases::export_ledger::{LedgerError, LedgerFile};
use crate::usecases::read_record::{FieldView, PhotoView, RecordView, read_record};
use crate::usecases::reading::ReadError;
use crate::usecases::wording::instant_text;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use image::ImageReader;
use jiff::Timestamp;
use paicha_db::projections::{self, PhotoRow};
use paicha_reports::{
    CellPicture, DOSSIER_PHOTOS_MAX, Dossier, DossierEvent, DossierPhoto, DossierSection, FormProperties, dossier_docx,
};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use sync_protocol::digest::{Sha256Bytes, to_hex};
use sync_protocol::time::{LocalDate, Micros};
use uuid::Uuid;

/// Sections of the document: title, and the fields whose names begin so. What fits none is 基本情况.
const SECTIONS: [(&str, &[&str]); 6] = [
    ("五落实", &["plan.", "deadline", "fix_mode", "responsible_unit", "notice_no"]),
    ("责任人（排查、治理、管控）", &["resp."]),
    ("双报告", &["dual."]),
    ("整改和复查", &["work_done", "spent_fen", "closure", "analogies", "state"]),
    ("挂牌督办和移送", &["listed.", "delisted.", "referred_to", "referral_doc"]),
    ("真实性提示和说明", &["integrity", "explanation.", "cleared."]),
];
const BASICS: &str = "基本情况";

/// The document.
///
/// # Errors
/// [`LedgerError`].
pub async fn export_dossier_docx(app: &App, caller: &Caller, hazard: Uuid) -> Result<ExportedFile, LedgerError> {
    let record = read_record(app, caller, "hazard", hazard).await?;
    let rows = photo_rows(app, &record).await?;
    let bytes = document(app, &record, &rows).await?;
    let name = file_name("一患一档", &label(&record), &today(app), "docx");
    write_audit_alone(app, Entry::new(caller.actor(), Deed::Export, Subject::file(&name))).await?;
    Ok(ExportedFile { name, bytes })
}

/// The archive.
///
/// # Errors
/// [`LedgerError`].
pub async fn export_dossier_zip(app: &App, caller: &Caller, hazard: Uuid) -> Result<LedgerFile, LedgerError> {
    let record = read_record(app, caller, "hazard", hazard).await?;
    let rows = photo_rows(app, &record).await?;
    let document = document(app, &record, &rows).await?;
    let file = archive::pack(app, &record, &rows, document).await?;
    let name = file_name("一患一档", &label(&record), &today(app), "zip");
    write_audit_alone(app, Entry::new(caller.actor(), Deed::Export, Subject::file(&name))).await?;
    Ok(LedgerFile { name, file })
}

fn today(app: &App) -> String {
    LocalDate::of(app.now()).to_iso()
}

fn label(record: &RecordView) -> String {
    record.number.clone().unwrap_or_else(|| record.id.to_string())
}

async fn photo_rows(app: &App, record: &RecordView) -> Result<BTreeMap<Uuid, PhotoRow>, LedgerError> {
    let ids: Vec<Uuid> = record.photos.items.iter().map(|photo| photo.id).collect();
    let mut tx = app.database.begin_read().await?;
    let rows = projections::find_photos(&mut tx, &ids).await?;
    tx.rollback().await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn document(app: &App, record: &RecordView, rows: &BTreeMap<Uuid, PhotoRow>) -> Result<Vec<u8>, LedgerError> {
    let mut photos = Vec::new();
    for photo in record.photos.items.iter().take(DOSSIER_PHOTOS_MAX) {
        let row = rows.get(&photo.id);
        let picture = match row {
            Some(row) => preview(app, row).await?,
            None => None,
        };
        photos.push(DossierPhoto { caption: caption(photo, row), picture });
    }
    let more = record.photos.items.len().saturating_sub(DOSSIER_PHOTOS_MAX);
    if more > 0 {
        photos.push(DossierPhoto { caption: format!("另有{more}张照片，见压缩包"), picture: None });
    }
    let as_of = Timestamp::from_microsecond(app.now().as_micros()).unwrap_or_default();
    let dossier = Dossier {
        office_name: app.config.office.name.clone(),
        label: format!("{}　{}　{}", label(record), record.village_name, today(app)),
        sections: sections(record),
        photos,
        events: events(record),
        properties: FormProperties { subject: label(record), cutoff: as_of, as_of, rev: 0 },
    };
    let written = tokio::task::spawn_blocking(move || dossier_docx(&dossier));
    Ok(written.await.map_err(|_| LedgerError::Interrupted)??)
}

/// The preview; nothing when there is none.
async fn preview(app: &App, row: &PhotoRow) -> Result<Option<CellPicture>, LedgerError> {
    let hash: Option<Sha256Bytes> = row.sha256.as_slice().try_into().ok();
    let Some(hash) = hash.filter(|_| crate::usecases::reading::links::is_shown(row)) else { return Ok(None) };
    let jpeg = match app.blobs.get(&derived_key(&hash, row.derive_version, Derivative::Preview)).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound(_)) => {
            app.miss_preview(row.id);
            return Ok(None);
        }
        Err(error) => return Err(ReadError::from(error).into()),
    };
    let size = ImageReader::new(Cursor::new(&jpeg)).with_guessed_format().ok();
    let (width_px, height_px) = size.and_then(|reader| reader.into_dimensions().ok()).unwrap_or_default();
    Ok(Some(CellPicture { jpeg: Arc::from(jpeg.as_ref()), width_px, height_px }))
}

fn caption(photo: &PhotoView, row: Option<&PhotoRow>) -> String {
    let taken = row.and_then(|row| row.taken_at).and_then(|at| Micros::from_micros(at).ok());
    let taken = taken.map_or_else(|| "拍摄时间不详".to_owned(), |at| format!("拍摄于{}", instant_text(at)));
    let by = photo.attached.as_ref().map(|written| written.author_name.clone()).unwrap_or_default();
    let hash = row.and_then(|row| Sha256Bytes::try_from(row.sha256.as_slice()).ok()).map(|hash| to_hex(&hash));
    let withdrawn = if photo.withdrawn.is_empty() { "" } else { "（不采用）" };
    format!(
        "{}{withdrawn}　{taken}　{by}　{}\nSHA-256 {}",
        photo.role_text,
        photo.stage_text,
        hash.as_deref().unwrap_or("不详")
    )
}

fn section_of(field: &FieldView) -> &'static str {
    let fits = |(_, names): &&(&'static str, &[&str])| {
        names.iter().any(|name| if name.ends_with('.') { field.name.starts_with(name) } else { field.name == *name })
    };
    SECTIONS.iter().find(fits).map_or(BASICS, |(title, _)| title)
}

fn sections(record: &RecordView) -> Vec<DossierSection> {
    let titles = std::iter::once(BASICS).chain(SECTIONS.iter().map(|(title, _)| *title));
    let mut sections: Vec<DossierSection> =
        titles.map(|title| DossierSection { title: title.to_owned(), facts: Vec::new() }).collect();
    sections[0].facts.push(("隐患编号".to_owned(), label(record)));
    sections[0].facts.push(("计入".to_owned(), record.village_name.clone()));
    for field in record.fields.iter().filter(|field| !field.text.is_empty()) {
        let title = section_of(field);
        if let Some(section) = sections.iter_mut().find(|section| section.title == title) {
            let disputed = if field.disputed { "（有不同意见，待处理）" } else { "" };
            section.facts.push((field.title.clone(), format!("{}{disputed}", field.text)));
        }
    }
    let waits = record
        .pending
        .iter()
        .map(|pending| (format!("待处理：{}", pending.title), format!("{}（{}）", pending.text, pending.why_text)));
    let missing: Vec<String> = record.incomplete.iter().map(|field| field.title.clone()).collect();
    sections[0].facts.extend(waits);
    if !missing.is_empty() {
        sections[0].facts.push(("还缺".to_owned(), missing.join("、")));
    }
    sections
}

fn events(record: &RecordView) -> Vec<DossierEvent> {
    let event = |entry: &crate::usecases::read_record::TimelineEntry| DossierEvent {
        at: instant_text(entry.at.unwrap_or(entry.received_at)),
        who: entry.author_name.clone().unwrap_or_default(),
        what: format!("{}（{}）", entry.text, entry.status_text),
    };
    let mut events: Vec<DossierEvent> = record.timeline.entries.iter().map(event).collect();
    if record.timeline.truncated {
        let what = "过程很长，其余见系统".to_owned();
        events.push(DossierEvent { at: String::new(), who: String::new(), what });
    }
    events
}
