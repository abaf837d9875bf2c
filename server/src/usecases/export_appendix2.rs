//! 附件2 as a file: the numbers of `read_appendix2`, laid out by the report crate. What a newcomer gets wrong: what is exported before a form is
//! locked is a draft; it says so by revision 0 in the document's properties, not on the sheet.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::export_appendix1::{ExportedFile, file_name, properties};
use crate::usecases::form_area::FormAreaError;
use crate::usecases::form_life::{FormQuery, LifeError, PrintedForm, read_printed_forms};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_reports::{
    Appendix2, Appendix2Values, NameMode, ReportError, appendix2_docx, appendix2_workbook_xlsx, appendix2_xlsx,
};

/// Which program the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A workbook; a subdistrict's has 街道汇总 first, then one sheet per village.
    Xlsx,
    /// A document with the form of the area itself.
    Docx,
}

impl FileKind {
    /// What the name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Docx => "docx",
        }
    }
}

/// The form of an area and a month as a file. What is handed in or locked prints as it was; `revision` picks another one, 0 what the records
/// say now.
///
/// # Errors
/// [`LifeError`].
pub async fn export_appendix2(
    app: &App,
    caller: &Caller,
    query: &FormQuery,
    revision: Option<u32>,
    kind: FileKind,
) -> Result<ExportedFile, LifeError> {
    let (form, villages) = read_printed_forms(app, caller, query, revision).await?;
    let main = laid_out(app, &form);
    let name = file_name("附件2", &form.content.area_name, &query.month.to_string(), kind.extension());
    let bytes = match kind {
        FileKind::Docx => appendix2_docx(&main),
        FileKind::Xlsx if villages.is_empty() => appendix2_xlsx(&main),
        FileKind::Xlsx => {
            let villages: Vec<Appendix2> = villages.iter().map(|form| laid_out(app, form)).collect();
            appendix2_workbook_xlsx(&main, &villages)
        }
    };
    write_audit_alone(app, Entry::new(caller.actor(), Deed::Export, Subject::file(&name))).await?;
    Ok(ExportedFile { name, bytes: bytes.map_err(FormAreaError::from)? })
}

fn laid_out(app: &App, printed: &PrintedForm) -> Appendix2 {
    let form = printed.content.as_appendix2();
    Appendix2 {
        office_name: printed.content.office_name.clone(),
        area_name: form.area_name.clone(),
        name_mode: NameMode::Stem,
        year: u16::try_from(app.config.office.campaign_year).unwrap_or_default(),
        filled_on: None,
        values: Appendix2Values { overall: form.hazards.map(as_printed), checks: form.spots.map(as_printed) },
        properties: properties(printed),
    }
}

/// A count as it prints. More than fit 32 bits would print blank, which says "not reported" and not a wrong number.
fn as_printed(count: i64) -> Option<u32> {
    u32::try_from(count).ok()
}

/// Whether a file could not be made because it would be too large.
pub fn is_too_large(error: &ReportError) -> bool {
    matches!(
        error,
        ReportError::TooManyRows { .. } | ReportError::TooManySheets { .. } | ReportError::PicturesTooLarge { .. }
    )
}
