//! The fourteen numbers of 附件2, and the records behind each.

use super::forms::FormFormat;
use crate::app::App;
use crate::http::body::json_response;
use crate::http::download::{DOCX, XLSX, file_response};
use crate::http::extract::Authenticated;
use crate::http::parameters::{Parameters, bad_parameter};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::export_appendix2::{FileKind, export_appendix2, is_too_large};
use crate::usecases::form_area::FormAreaError;
use crate::usecases::form_life::{FormKind, FormQuery, PrintedForm, read_printed_forms};
use crate::usecases::list_revision_records::list_revision_records;
use crate::usecases::read_appendix2::{Appendix2Query, CountedRecord, Line, list_counted_records};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use sync_protocol::problem::Problem;
use sync_protocol::time::Micros;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Records of one answer.
const RECORDS_MAX: usize = 500;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(appendix2)).routes(routes!(records))
}

/// Which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Appendix2Parameters {
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

/// Which number.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecordsParameters {
    /// Area code of a village or subdistrict; absent: the one subdistrict in reach.
    village: Option<String>,
    /// Month, `2023-06`.
    month: String,
    /// `1.1` to `1.6`, `2.1` to `2.8`.
    number: String,
    /// A locked revision, by what it says itself; 0 or absent: what the records say now.
    rev: Option<u32>,
    /// `next` of the answer before.
    after: Option<String>,
}

/// 附件2 as data.
#[derive(Debug, Serialize, ToSchema)]
struct Appendix2Body {
    month: String,
    /// End of what is counted, exclusive: the beginning of the month (截至上月末), unless the office counts until a form is handed in.
    cutoff: Micros,
    as_of: Micros,
    /// The office in the title.
    office_name: String,
    /// The year in the title: of the campaign, whatever the month.
    campaign_year: i16,
    /// The form of the area itself; for a subdistrict counted from records, never added up.
    form: Appendix2FormBody,
    /// For a subdistrict, the form of each village.
    villages: Vec<Appendix2FormBody>,
}

/// One form.
#[derive(Debug, Serialize, ToSchema)]
struct Appendix2FormBody {
    area: String,
    area_name: String,
    /// Locked revision; 0 for what is not locked.
    revision: u32,
    /// `1.1` to `1.6` and `2.1` to `2.8`.
    numbers: BTreeMap<String, i64>,
    /// Enterprises with something 未查, by line of part 二.
    unchecked: BTreeMap<String, i64>,
    /// Every number is 0: the form needs an explicit 零报告.
    zero: bool,
}

/// Records behind a number.
#[derive(Debug, Serialize, ToSchema)]
struct CountedBody {
    items: Vec<CountedRecordBody>,
    /// Where the next answer starts; null at the end.
    next: Option<String>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
struct CountedRecordBody {
    /// The hazard, or the spot check.
    record: Uuid,
    /// The village it counts for.
    village: String,
    /// For spot checks, who was checked: several of one enterprise count once.
    enterprise: Option<String>,
}

/// 附件2 of a village or subdistrict and a month: cumulative until the end of the month before.
#[utoipa::path(get, path = "/v1/forms/appendix2", tag = "forms", security(("access_token" = [])), params(Appendix2Parameters),
    responses((status = 200, body = Appendix2Body, description = "the file, or the numbers as JSON"), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn appendix2(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<Appendix2Parameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Appendix2Query { area, month } = query(wanted.village.as_deref(), &wanted.month)?;
    let query = FormQuery { kind: FormKind::Appendix2, area, month };
    let kind = match wanted.format {
        FormFormat::Json => None,
        FormFormat::Xlsx => Some((FileKind::Xlsx, XLSX)),
        FormFormat::Docx => Some((FileKind::Docx, DOCX)),
    };
    if let Some((kind, media_type)) = kind {
        let file = export_appendix2(&app, &caller, &query, wanted.rev, kind).await?;
        let plain_name = format!("appendix2-{month}.{}", kind.extension());
        return Ok(file_response(file.bytes, media_type, &file.name, &plain_name));
    }
    let (form, villages) = read_printed_forms(&app, &caller, &query, wanted.rev).await?;
    let body = Appendix2Body {
        month: month.to_string(),
        cutoff: form.content.cutoff,
        as_of: form.content.as_of,
        office_name: form.content.office_name.clone(),
        campaign_year: app.config.office.campaign_year,
        form: form.into(),
        villages: villages.into_iter().map(Into::into).collect(),
    };
    Ok(json_response(&headers, &body))
}

/// The records behind one number of 附件2.
#[utoipa::path(get, path = "/v1/forms/appendix2/records", tag = "forms", security(("access_token" = [])), params(RecordsParameters),
    responses((status = 200, body = CountedBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn records(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<RecordsParameters>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = query(wanted.village.as_deref(), &wanted.month)?;
    let line = Line::find_by_code(&wanted.number).ok_or_else(|| bad_parameter("编号应是 1.1 至 1.6 或 2.1 至 2.8"))?;
    let after = wanted.after.as_deref().map(read_place).transpose()?;
    if let Some(revision) = wanted.rev.and_then(NonZeroU32::new) {
        let Appendix2Query { area, month } = query;
        let form = FormQuery { kind: FormKind::Appendix2, area, month };
        let page = (after.map(|(_, id)| id), RECORDS_MAX);
        let found = list_revision_records(&app, &caller, (&form, revision), &wanted.number, page).await?;
        let next = found.last().filter(|_| found.len() == RECORDS_MAX).map(|counted| format!("0.{}", counted.record));
        let items = found.into_iter().map(Into::into).collect();
        return Ok(json_response(&headers, &CountedBody { items, next }));
    }
    let found = list_counted_records(&app, &caller, &query, line, (after, RECORDS_MAX)).await?;
    let last = found.last().filter(|_| found.len() == RECORDS_MAX);
    let next = last.map(|(at, counted)| format!("{at}.{}", counted.record));
    let items = found.into_iter().map(|(_, counted)| counted.into()).collect();
    Ok(json_response(&headers, &CountedBody { items, next }))
}

fn query(village: Option<&str>, month: &str) -> Result<Appendix2Query, ApiError> {
    let month = month.parse().map_err(|_| bad_parameter("月份应写成 2023-06 的样子"))?;
    let area = village.map(str::parse).transpose().map_err(|_| Problem::NotFound)?;
    Ok(Appendix2Query { area, month })
}

fn read_place(text: &str) -> Result<(i64, Uuid), ApiError> {
    let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| bad_parameter("翻页位置无效，请从第一页重新查询"))
}

impl From<PrintedForm> for Appendix2FormBody {
    fn from(printed: PrintedForm) -> Self {
        let form = printed.content.as_appendix2();
        let numbered = |part: &'static str, numbers: &[i64]| {
            let named = (1..).zip(numbers.iter().copied());
            named.map(move |(line, number)| (format!("{part}.{line}"), number)).collect::<Vec<_>>()
        };
        let zero = form.is_zero();
        let numbers = numbered("1", &form.hazards).into_iter().chain(numbered("2", &form.spots)).collect();
        let revision = printed.revision;
        Self { area: form.area, area_name: form.area_name, revision, numbers, unchecked: form.unchecked, zero }
    }
}

impl From<CountedRecord> for CountedRecordBody {
    fn from(counted: CountedRecord) -> Self {
        Self { record: counted.record, village: counted.village, enterprise: counted.enterprise }
    }
}

impl From<FormAreaError> for ApiError {
    fn from(error: FormAreaError) -> Self {
        match error {
            FormAreaError::NotAllowed => Problem::Forbidden.into(),
            FormAreaError::NoSuchArea => Problem::NotFound.into(),
            FormAreaError::NameTheArea => bad_parameter("请指明村（社区）或街道的区划代码"),
            FormAreaError::Report(error) if is_too_large(&error) => {
                Self::new(Problem::TooLarge).detail(error.to_string())
            }
            FormAreaError::Report(error) => Self::internal(error),
            FormAreaError::Database(error) => error.into(),
        }
    }
}
