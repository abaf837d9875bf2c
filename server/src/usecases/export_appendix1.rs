//! 附件1 as a file: the rows of `read_appendix1` with the thumbnails from the photo store, laid out by the report crate. What a
//! newcomer gets wrong: only thumbnails are read, never originals, and all pictures together are bounded before they are in memory.

use crate::app::App;
use crate::blobs::{BlobError, Derivative, derived_key};
use crate::usecases::caller::Caller;
use crate::usecases::export_appendix2::FileKind;
use crate::usecases::form_life::{FormQuery, LifeError, PrintedForm, read_printed_forms};
use crate::usecases::read_appendix1::{Appendix1Error, FormPicture, FormRow};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use image::ImageReader;
use jiff::Timestamp;
use paicha_reports::{
    APPENDIX1_PICTURE_BYTES_MAX, Appendix1, Appendix1Row, CellPicture, FormProperties, ReportError, appendix1_docx,
    appendix1_workbook_xlsx, appendix1_xlsx,
};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use sync_protocol::ids::RecordId;
use sync_protocol::time::Micros;

/// A file for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its name, in Chinese.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The form of an area and a month as a file; a subdistrict's workbook has 街道汇总 first, then one sheet per village. What is handed in or locked
/// prints as it was; `revision` picks another one, 0 what the records say now.
///
/// # Errors
/// [`LifeError`].
pub async fn export_appendix1(
    app: &App,
    caller: &Caller,
    query: &FormQuery,
    revision: Option<u32>,
    kind: FileKind,
) -> Result<ExportedFile, LifeError> {
    let (form, villages) = read_printed_forms(app, caller, query, revision).await?;
    let forms: Vec<PrintedForm> = std::iter::once(form).chain(villages).collect();
    let pictures = load_pictures(app, &forms).await?;
    let name = file_name("附件1", &forms[0].content.area_name, &query.month.to_string(), kind.extension());
    // Laying out thousands of rows takes a second or two of one core.
    let month_label = query.month.to_chinese();
    let written = tokio::task::spawn_blocking(move || write(&forms, &month_label, &pictures, kind));
    let bytes = written.await.map_err(|_| Appendix1Error::Interrupted)?.map_err(Appendix1Error::from)?;
    write_audit_alone(app, Entry::new(caller.actor(), Deed::Export, Subject::file(&name))).await?;
    Ok(ExportedFile { name, bytes })
}

/// A name that every file system takes.
pub(crate) fn file_name(form: &str, area_name: &str, month: &str, extension: &str) -> String {
    let kept: String = area_name
        .chars()
        .map(|letter| if letter.is_control() || "\\/:*?\"<>|".contains(letter) { '_' } else { letter })
        .take(60)
        .collect();
    format!("{form}-{kept}-{month}.{extension}")
}

type Pictures = BTreeMap<RecordId, CellPicture>;

/// The thumbnails of all rows, each once. One that the store has lost prints as a note, never as nothing.
async fn load_pictures(app: &App, forms: &[PrintedForm]) -> Result<Pictures, Appendix1Error> {
    let mut pictures = Pictures::new();
    let mut bytes = 0;
    let wanted = forms.iter().flat_map(|form| form.content.as_appendix1().rows);
    for picture in wanted.flat_map(|row| row.pictures) {
        if pictures.contains_key(&picture.photo) {
            continue;
        }
        let loaded = load_picture(app, &picture).await?;
        bytes += loaded.jpeg.len();
        if bytes > APPENDIX1_PICTURE_BYTES_MAX {
            return Err(ReportError::PicturesTooLarge { bytes, limit: APPENDIX1_PICTURE_BYTES_MAX }.into());
        }
        pictures.insert(picture.photo, loaded);
    }
    Ok(pictures)
}

async fn load_picture(app: &App, picture: &FormPicture) -> Result<CellPicture, BlobError> {
    let key = derived_key(&picture.sha256, picture.derive_version, Derivative::Thumbnail);
    let jpeg = match app.blobs.get(&key).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound(_)) => {
            app.miss_preview(picture.photo.0);
            return Ok(CellPicture { jpeg: Arc::from([]), width_px: 0, height_px: 0 });
        }
        Err(error) => return Err(error),
    };
    let size = ImageReader::new(Cursor::new(&jpeg)).with_guessed_format().ok();
    let (width_px, height_px) = size.and_then(|reader| reader.into_dimensions().ok()).unwrap_or_default();
    Ok(CellPicture { jpeg: Arc::from(jpeg.as_ref()), width_px, height_px })
}

fn write(
    forms: &[PrintedForm],
    month_label: &str,
    pictures: &Pictures,
    kind: FileKind,
) -> Result<Vec<u8>, ReportError> {
    let laid_out = |form: &PrintedForm| Appendix1 {
        office_name: form.content.office_name.clone(),
        area_name: form.content.area_name.clone(),
        month_label: month_label.to_owned(),
        rows: form.content.as_appendix1().rows.iter().map(|row| laid_out_row(row, pictures)).collect(),
        properties: properties(form),
    };
    let mut sheets = forms.iter().map(laid_out);
    let Some(main) = sheets.next() else { return Ok(Vec::new()) };
    let villages: Vec<Appendix1> = sheets.collect();
    match kind {
        FileKind::Docx => appendix1_docx(&main),
        FileKind::Xlsx if villages.is_empty() => appendix1_xlsx(&main),
        FileKind::Xlsx => appendix1_workbook_xlsx(&main, &villages),
    }
}

/// What goes into the document's properties: what it is of, and which revision, 0 for a draft.
pub(crate) fn properties(form: &PrintedForm) -> FormProperties {
    FormProperties {
        subject: format!("{} {}", form.content.area_name, form.content.month),
        cutoff: timestamp(form.content.cutoff),
        as_of: timestamp(form.content.as_of),
        rev: form.revision,
    }
}

fn laid_out_row(row: &FormRow, pictures: &Pictures) -> Appendix1Row {
    let found = row.pictures.iter().filter_map(|picture| pictures.get(&picture.photo));
    let (here, gone): (Vec<&CellPicture>, Vec<&CellPicture>) = found.partition(|picture| !picture.jpeg.is_empty());
    let lost = (!gone.is_empty()).then(|| format!("{}张缩略图暂缺，正在重新生成，请稍后再导出", gone.len()));
    let notes: Vec<&str> = [row.picture_note.as_str()].into_iter().chain(lost.as_deref()).collect();
    Appendix1Row {
        number: Some(row.number),
        inspecting_unit: row.inspecting_unit.clone(),
        inspected_at: row.inspected_at.clone(),
        pictures: here.into_iter().cloned().collect(),
        picture_note: notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("，"),
        place: row.place.clone(),
        finding: row.finding.clone(),
        handling: row.handling.clone(),
        remark: row.remark.clone(),
    }
}

fn timestamp(instant: Micros) -> Timestamp {
    Timestamp::from_microsecond(instant.as_micros()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_name_keeps_chinese_and_loses_what_file_systems_refuse() {
        assert_eq!(file_name("附件1", "演示一村", "2023-06", "xlsx"), "附件1-演示一村-2023-06.xlsx");
        assert_eq!(file_name("附件1", "演/示:一\n村", "2023-06", "xlsx"), "附件1-演_示_一_村-2023-06.xlsx");
    }
}
