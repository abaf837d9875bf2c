//! 附件2 as a file: the numbers of `read_appendix2`, laid out by the report crate. What a newcomer gets wrong: what is exported before a form is
//! locked is a draft; it says so by revision 0 in the document's properties, not on the sheet.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::export_appendix1::ExportedFile;
use crate::usecases::form_area::FormAreaError;
use crate::usecases::read_appendix2::{Appendix2Form, Appendix2Forms, Appendix2Query, read_appendix2};
use jiff::Timestamp;
use paicha_reports::{
    Appendix2, Appendix2Values, FormProperties, NameMode, ReportError, appendix2_docx, appendix2_workbook_xlsx,
    appendix2_xlsx,
};
use sync_protocol::time::Micros;

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

/// The form of an area and a month as a file.
///
/// # Errors
/// [`FormAreaError`].
pub async fn export_appendix2(
    app: &App,
    caller: &Caller,
    query: &Appendix2Query,
    kind: FileKind,
) -> Result<ExportedFile, FormAreaError> {
    let forms = read_appendix2(app, caller, query).await?;
    let main = laid_out(app, &forms, &forms.form);
    let name =
        super::export_appendix1::file_name("附件2", &forms.form.area_name, &forms.month.to_string(), kind.extension());
    let bytes = match kind {
        FileKind::Docx => appendix2_docx(&main)?,
        FileKind::Xlsx if forms.villages.is_empty() => appendix2_xlsx(&main)?,
        FileKind::Xlsx => {
            let villages: Vec<Appendix2> = forms.villages.iter().map(|form| laid_out(app, &forms, form)).collect();
            appendix2_workbook_xlsx(&main, &villages)?
        }
    };
    Ok(ExportedFile { name, bytes })
}

fn laid_out(app: &App, forms: &Appendix2Forms, form: &Appendix2Form) -> Appendix2 {
    let office = &app.config.office;
    Appendix2 {
        office_name: office.name.clone(),
        area_name: form.area_name.clone(),
        name_mode: NameMode::Stem,
        year: u16::try_from(office.campaign_year).unwrap_or_default(),
        filled_on: None,
        values: Appendix2Values { overall: form.hazards.map(printed), checks: form.spots.map(printed) },
        properties: FormProperties {
            subject: format!("{} {}", form.area_name, forms.month),
            cutoff: timestamp(forms.cutoff),
            as_of: timestamp(forms.as_of),
            rev: 0,
        },
    }
}

/// A count as it prints. More than fit 32 bits would print blank, which says "not reported" and not a wrong number.
fn printed(count: i64) -> Option<u32> {
    u32::try_from(count).ok()
}

fn timestamp(instant: Micros) -> Timestamp {
    Timestamp::from_microsecond(instant.as_micros()).unwrap_or_default()
}

/// Whether a file could not be made because it would be too large.
pub fn is_too_large(error: &ReportError) -> bool {
    matches!(
        error,
        ReportError::TooManyRows { .. } | ReportError::TooManySheets { .. } | ReportError::PicturesTooLarge { .. }
    )
}
