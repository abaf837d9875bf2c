//! The hazard ledger as files.

use crate::app::App;
use crate::http::download::{CSV, DOCX, GEOJSON, XLSX, ZIP, file_response, stream_response};
use crate::http::extract::Authenticated;
use crate::http::parameters::{IdInPath, Parameters};
use crate::http::problem::{ApiError, ProblemBody};
use crate::usecases::export_appendix2::is_too_large;
use crate::usecases::export_dossier::{export_dossier_docx, export_dossier_zip};
use crate::usecases::export_ledger::{LedgerError, LedgerFormat, LedgerQuery, export_ledger};
use axum::extract::State;
use axum::response::Response;
use paicha_reports::LedgerKind;
use serde::Deserialize;
use std::sync::Arc;
use sync_protocol::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(ledger)).routes(routes!(dossier))
}

/// Which hazards.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ListName {
    /// 台账: all.
    #[default]
    Ledger,
    /// 五落实缺项表: open 重大 that lack one of the five.
    MissingFive,
    /// 挂牌督办清单.
    Supervised,
}

/// For which program.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    /// A workbook.
    #[default]
    Xlsx,
    /// Text for other programs.
    Csv,
    /// A map layer in WGS-84.
    GeoJson,
}

/// Which ledger.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LedgerParameters {
    /// Area code of a village or subdistrict; absent: all in reach.
    village: Option<String>,
    /// `ledger` (default), `missing_five` or `supervised`.
    #[serde(default)]
    #[param(inline)]
    list: ListName,
    /// `xlsx` (default), `csv` or `geojson`.
    #[serde(default)]
    #[param(inline)]
    format: FormatName,
}

/// The hazard ledger (台账), the hazards that lack one of the five, or those under supervision, as a file.
#[utoipa::path(get, path = "/v1/exports/ledger", tag = "forms", security(("access_token" = [])), params(LedgerParameters),
    responses((status = 200, description = "the file"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 413, body = ProblemBody)))]
async fn ledger(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    Parameters(wanted): Parameters<LedgerParameters>,
) -> Result<Response, ApiError> {
    let kind = match wanted.list {
        ListName::Ledger => LedgerKind::Ledger,
        ListName::MissingFive => LedgerKind::MissingFive,
        ListName::Supervised => LedgerKind::Supervised,
    };
    let (format, media_type) = match wanted.format {
        FormatName::Xlsx => (LedgerFormat::Xlsx, XLSX),
        FormatName::Csv => (LedgerFormat::Csv, CSV),
        FormatName::GeoJson => (LedgerFormat::GeoJson, GEOJSON),
    };
    let made = export_ledger(&app, &caller, &LedgerQuery { village: wanted.village, kind, format }).await?;
    Ok(stream_response(made.file, media_type, &made.name, &format!("ledger.{}", format.extension())))
}

/// Which kind of file.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DossierFormat {
    /// A document to print.
    #[default]
    Docx,
    /// An archive with the originals, the exact operations and a manifest of SHA-256.
    Zip,
}

/// How one hazard's file is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DossierParameters {
    /// `docx` (default) or `zip`.
    #[serde(default)]
    #[param(inline)]
    format: DossierFormat,
}

/// 一患一档: one hazard's whole file.
#[utoipa::path(get, path = "/v1/hazards/{id}/dossier", tag = "findings", security(("access_token" = [])), params(("id" = uuid::Uuid, Path), DossierParameters),
    responses((status = 200, description = "the file"), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn dossier(
    State(app): State<Arc<App>>,
    Authenticated(caller): Authenticated,
    IdInPath(hazard): IdInPath,
    Parameters(wanted): Parameters<DossierParameters>,
) -> Result<Response, ApiError> {
    match wanted.format {
        DossierFormat::Docx => {
            let file = export_dossier_docx(&app, &caller, hazard).await?;
            Ok(file_response(file.bytes, DOCX, &file.name, "dossier.docx"))
        }
        DossierFormat::Zip => {
            let made = export_dossier_zip(&app, &caller, hazard).await?;
            Ok(stream_response(made.file, ZIP, &made.name, "dossier.zip"))
        }
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Read(error) => error.into(),
            LedgerError::Report(error) if is_too_large(&error) => {
                Self::new(Problem::TooLarge).detail(error.to_string())
            }
            LedgerError::Report(error) => Self::internal(error),
            LedgerError::File(error) => Self::internal(error),
            LedgerError::Interrupted => Self::internal(error),
        }
    }
}
