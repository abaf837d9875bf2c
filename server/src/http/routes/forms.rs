//! The printed forms of the notice, as files and as data.

use crate::app::App;
use crate::http::body::json_response;
use crate::http::download::{DOCX, XLSX, file_response};
use crate::http::extract::Authenticated;
use crate::http::parameters::{Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::export_appendix1::export_appendix1;
use crate::usecases::export_appendix2::{FileKind, is_too_large};
use crate::usecases::form_life::{FormKind, FormQuery, PrintedForm, read_printed_forms};
use crate::usecases::read_appendix1::{Appendix1Error, FormRow};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use sync_protocol::problem::Problem;
use sync_protocol::time::Micros;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(appendix1))
}

/// File or data.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FormFormat {
    /// A workbook.
    #[default]
    Xlsx,
    /// A document.
    Docx,
    /// The same rows as JSON.
    Json,
}

/// Which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Appendix1Parameters {
    /// Area code of a village or subdistrict; absent: the one subdistrict in reach.
    village: Option<String>,
    /// Month, `2023-06`.
    month: String,
    /// `xlsx` (default), `docx` or `json`.
    #[serde(default)]
    #[param(inline)]
    format: FormFormat,
    /// A locked revision; 0: what the records say now; absent: what is in force.
    rev: Option<u32>,
}

/// 附件1 as data: the rows of the workbook, word for word.
#[derive(Debug, Serialize, ToSchema)]
struct Appendix1Body {
    area: String,
    area_name: String,
    month: String,
    as_of: Micros,
    /// The office in the title.
    office_name: String,
    /// The form of the area itself; for a subdistrict 街道汇总.
    form: Appendix1FormBody,
    /// For a subdistrict, the form of each village.
    villages: Vec<Appendix1FormBody>,
}

/// One form.
#[derive(Debug, Serialize, ToSchema)]
struct Appendix1FormBody {
    area: String,
    area_name: String,
    /// Locked revision; 0 for what is not locked.
    revision: u32,
    rows: Vec<Appendix1RowBody>,
}

/// One printed row.
#[derive(Debug, Serialize, ToSchema)]
struct Appendix1RowBody {
    number: u32,
    /// Inspections the row rests on; several for a joint visit.
    inspections: Vec<Uuid>,
    inspecting_unit: String,
    inspected_at: String,
    /// Photos whose thumbnails print.
    pictures: Vec<Uuid>,
    picture_note: String,
    place: String,
    finding: String,
    handling: String,
    remark: String,
}

/// 附件1 of a village or subdistrict and a month (domain 2.7): as it was handed in or locked, else as the records stand; covert visits are left out.
#[utoipa::path(get, path = "/v1/forms/appendix1", tag = "forms", security(("access_token" = [])), params(Appendix1Parameters),
    responses((status = 200, body = Appendix1Body, description = "the workbook, or the same rows as JSON"),
        (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 413, body = ProblemBody)))]
async fn appendix1(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<Appendix1Parameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let month = wanted.month.parse().map_err(|_| bad_parameter("月份应写成 2023-06 的样子"))?;
    let area = wanted.village.map(|code| code.parse()).transpose().map_err(|_| Problem::NotFound)?;
    let query = FormQuery { kind: FormKind::Appendix1, area, month };
    match wanted.format {
        FormFormat::Json => {
            let (form, villages) = read_printed_forms(&app, &caller, &query, wanted.rev).await?;
            let body = Appendix1Body {
                area: form.content.area.clone(),
                area_name: form.content.area_name.clone(),
                month: month.to_string(),
                as_of: form.content.as_of,
                office_name: form.content.office_name.clone(),
                form: form.into(),
                villages: villages.into_iter().map(Into::into).collect(),
            };
            Ok(json_response(&headers, &body))
        }
        FormFormat::Xlsx => {
            let file = export_appendix1(&app, &caller, &query, wanted.rev, FileKind::Xlsx).await?;
            Ok(file_response(file.bytes, XLSX, &file.name, &format!("appendix1-{month}.xlsx")))
        }
        FormFormat::Docx => {
            let file = export_appendix1(&app, &caller, &query, wanted.rev, FileKind::Docx).await?;
            Ok(file_response(file.bytes, DOCX, &file.name, &format!("appendix1-{month}.docx")))
        }
    }
}

impl From<PrintedForm> for Appendix1FormBody {
    fn from(printed: PrintedForm) -> Self {
        let form = printed.content.as_appendix1();
        let rows = form.rows.into_iter().map(Into::into).collect();
        Self { area: form.area, area_name: form.area_name, revision: printed.revision, rows }
    }
}

impl From<FormRow> for Appendix1RowBody {
    fn from(row: FormRow) -> Self {
        Self {
            number: row.number,
            inspections: row.inspections.iter().map(|id| id.0).collect(),
            inspecting_unit: row.inspecting_unit,
            inspected_at: row.inspected_at,
            pictures: row.pictures.iter().map(|picture| picture.photo.0).collect(),
            picture_note: row.picture_note,
            place: row.place,
            finding: row.finding,
            handling: row.handling,
            remark: row.remark,
        }
    }
}

impl From<Appendix1Error> for ApiError {
    fn from(error: Appendix1Error) -> Self {
        match error {
            Appendix1Error::Area(error) => error.into(),
            Appendix1Error::Report(error) if is_too_large(&error) => {
                Self::new(Problem::TooLarge).detail(error.to_string())
            }
            Appendix1Error::Report(error) => Self::internal(error),
            Appendix1Error::Store(error) => Self::internal(error),
            Appendix1Error::Database(error) => error.into(),
            Appendix1Error::Interrupted => Self::internal(error),
        }
    }
}
