//! The headers of tus 1.0: read, checked, written. Nothing here knows of photos. What a newcomer gets wrong: every answer but that to
//! OPTIONS carries `Tus-Resumable`, errors too, and values of `Upload-Metadata` are base64 while its keys are not.

use super::problem::ApiError;
use crate::usecases::append_upload::Checksum;
use crate::usecases::upload_access::UploadState;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::{Duration, UNIX_EPOCH};
use sync_protocol::digest::to_hex;
use sync_protocol::problem::Problem;

/// The one version there is.
pub(in crate::http) const VERSION: &str = "1.0.0";
/// What we offer beyond the core.
pub(in crate::http) const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
/// What checksums may be made with.
pub(in crate::http) const CHECKSUM_ALGORITHMS: &str = "sha1,sha256";
/// The type of a body that is appended.
pub(in crate::http) const CONTENT_TYPE: &str = "application/offset+octet-stream";

/// Bytes of `Upload-Metadata` that are looked at.
const METADATA_BYTES_MAX: usize = 4096;

pub(in crate::http) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(in crate::http) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(in crate::http) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(in crate::http) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(in crate::http) const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(in crate::http) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(in crate::http) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// Refuses other versions, and marks every answer.
pub(in crate::http) async fn speak(request: Request, next: Next) -> Response {
    let asks_options = request.method() == Method::OPTIONS;
    let version = request.headers().get(&TUS_RESUMABLE);
    let mut response = if asks_options || version.is_some_and(|version| version == VERSION) {
        next.run(request).await
    } else {
        let mut refused = ApiError::new(Problem::TusVersion).into_response();
        refused.headers_mut().insert(TUS_VERSION, HeaderValue::from_static(VERSION));
        refused
    };
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The method that is meant by a POST: some networks let only GET and POST through.
pub(in crate::http) fn meant_method(headers: &HeaderMap) -> Option<Method> {
    Method::from_bytes(headers.get(&METHOD_OVERRIDE)?.as_bytes()).ok()
}

/// The value of one key of `Upload-Metadata`.
fn metadata(headers: &HeaderMap, key: &str) -> Option<String> {
    let text = headers.get(&UPLOAD_METADATA)?.to_str().ok().filter(|text| text.len() <= METADATA_BYTES_MAX)?;
    let mut pairs = text.split(',').map(|pair| pair.trim().split_once(' ').unwrap_or((pair.trim(), "")));
    let (_, value) = pairs.find(|(name, _)| *name == key)?;
    String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()
}

/// Reads the value of one key of `Upload-Metadata`.
///
/// # Errors
/// `bad-parameter`, naming the key.
pub(in crate::http) fn metadata_value<T>(
    headers: &HeaderMap,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, ApiError> {
    let value = metadata(headers, key).and_then(|value| read(&value));
    value.ok_or_else(|| ApiError::new(Problem::BadParameter).detail(format!("Upload-Metadata: {key}")))
}

/// Reads a header that holds a number.
///
/// # Errors
/// `bad-parameter`, naming the header.
pub(in crate::http) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    let digits = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| ApiError::new(Problem::BadParameter).detail(name.to_string()))
}

/// Whether the body is bytes to append.
pub(in crate::http) fn carries_bytes(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(CONTENT_TYPE)))
}

/// The promised checksum, if there is one.
///
/// # Errors
/// `bad-parameter` for another algorithm or a value that is none of its.
pub(in crate::http) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, ApiError> {
    let Some(value) = headers.get(&UPLOAD_CHECKSUM) else { return Ok(None) };
    let read = || {
        let (algorithm, code) = value.to_str().ok()?.trim().split_once(' ')?;
        let code = STANDARD.decode(code.trim()).ok()?;
        match algorithm {
            "sha1" => code.try_into().ok().map(Checksum::Sha1),
            "sha256" => code.try_into().ok().map(Checksum::Sha256),
            _ => None,
        }
    };
    read().map(Some).ok_or_else(|| ApiError::new(Problem::BadParameter).detail(UPLOAD_CHECKSUM.to_string()))
}

/// Writes where an upload stands.
pub(in crate::http) fn put_state(headers: &mut HeaderMap, state: &UploadState) {
    headers.insert(UPLOAD_OFFSET, state.offset.into());
    let end = state.expires_at.and_then(|at| u64::try_from(at.as_micros()).ok());
    let date = end.map(|micros| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_micros(micros)));
    if let Some(value) = date.and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(UPLOAD_EXPIRES, value);
    }
}

/// Writes what an upload is of.
pub(in crate::http) fn put_subject(headers: &mut HeaderMap, state: &UploadState) {
    headers.insert(UPLOAD_LENGTH, state.length.into());
    let encode = |text: String| STANDARD.encode(text);
    let value = format!("photo {},sha256 {}", encode(state.photo.to_string()), encode(to_hex(&state.sha256)));
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(UPLOAD_METADATA, value);
    }
}
