//! Bodies in and out with gzip and zstd. Limits stand outside (bytes as sent) and inside the decoder (bytes as they come out, and the
//! decoder's window), because either alone lets a bomb through.

use super::problem::ApiError;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use std::io::Read as _;
use sync_protocol::problem::Problem;
use tokio::io::AsyncWriteExt as _;

/// Largest window a zstd frame may ask for, as a power of two: 8 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// Level of our own zstd: fast, and small enough for a bad link.
const ZSTD_LEVEL: i32 = 3;
/// Answers smaller than this go out as they are.
const COMPRESS_BYTES_MIN: usize = 1024;

/// A body in memory that takes longer counts as cut: whoever sends a byte now and then must not hold it for ever. A phone on a bad
/// link makes its batches smaller.
const BODY_MAX: std::time::Duration = std::time::Duration::from_secs(120);

/// Reads a body of at most `encoded_max` bytes that decodes to at most `decoded_max`.
///
/// # Errors
/// `too-large`, `unsupported-media-type` for an unknown encoding, `malformed-request` for a broken one.
pub async fn read_body(
    headers: &HeaderMap,
    body: Body,
    encoded_max: usize,
    decoded_max: usize,
) -> Result<Bytes, ApiError> {
    decode_body(headers, collect_body(body, encoded_max).await?, decoded_max)
}

/// Takes a body of at most `bytes_max`, as it was sent.
///
/// # Errors
/// `too-large`, `malformed-request` when it was cut or came too slowly.
pub async fn collect_body(body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    let collected = tokio::time::timeout(BODY_MAX, Limited::new(body, bytes_max).collect()).await;
    let collected = collected.map_err(|_| ApiError::new(Problem::MalformedRequest).detail("请求体发送过慢"))?;
    let bytes = collected.map_err(|error| {
        let too_large = error.downcast_ref::<LengthLimitError>().is_some();
        ApiError::new(if too_large { Problem::TooLarge } else { Problem::MalformedRequest })
    })?;
    Ok(bytes.to_bytes())
}

/// What a collected body says, at most `decoded_max` bytes.
///
/// # Errors
/// `too-large`, `unsupported-media-type` for an unknown encoding, `malformed-request` for a broken one.
pub fn decode_body(headers: &HeaderMap, bytes: Bytes, decoded_max: usize) -> Result<Bytes, ApiError> {
    let encoding = headers.get(header::CONTENT_ENCODING).map_or("identity", |value| value.to_str().unwrap_or("?"));
    match encoding.to_ascii_lowercase().as_str() {
        "identity" | "" => Ok(bytes),
        "gzip" | "x-gzip" => read_limited(flate2::read::MultiGzDecoder::new(bytes.as_ref()), decoded_max),
        "zstd" => {
            let mut decoder =
                zstd::Decoder::with_buffer(bytes.as_ref()).map_err(|_| ApiError::new(Problem::MalformedRequest))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(ApiError::internal)?;
            read_limited(decoder, decoded_max)
        }
        _ => Err(ApiError::new(Problem::UnsupportedMediaType)),
    }
}

/// A body that stands still for so long counts as cut.
const IDLE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Writes a body of at most `bytes_max`, not compressed, to a file as it comes, and answers the file.
///
/// # Errors
/// `too-large`, `unsupported-media-type` for any encoding, `malformed-request` when it was cut; `internal` when there is no room for it.
pub async fn save_body(
    headers: &HeaderMap,
    body: Body,
    bytes_max: u64,
    file: std::fs::File,
) -> Result<std::fs::File, ApiError> {
    let header = |name: &header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if header(&header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(ApiError::new(Problem::UnsupportedMediaType));
    }
    let promised = header(&header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if promised.is_some_and(|length| length > bytes_max) {
        return Err(ApiError::new(Problem::TooLarge));
    }
    let mut file = tokio::fs::File::from_std(file);
    let mut left = bytes_max;
    let mut pieces = body.into_data_stream();
    let cut = || ApiError::new(Problem::MalformedRequest);
    while let Some(piece) = tokio::time::timeout(IDLE_MAX, pieces.next()).await.map_err(|_| cut())? {
        let piece = piece.map_err(|_| cut())?;
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or_else(|| ApiError::new(Problem::TooLarge))?;
        file.write_all(&piece).await.map_err(ApiError::internal)?;
    }
    file.flush().await.map_err(ApiError::internal)?;
    Ok(file.into_std().await)
}

fn read_limited(decoder: impl std::io::Read, decoded_max: usize) -> Result<Bytes, ApiError> {
    let mut decoded = Vec::new();
    let limit = u64::try_from(decoded_max).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(limit).read_to_end(&mut decoded).map_err(|_| ApiError::new(Problem::MalformedRequest))?;
    if decoded.len() > decoded_max { Err(ApiError::new(Problem::TooLarge)) } else { Ok(decoded.into()) }
}

/// JSON out, compressed as the asker can read it.
pub fn json_response<T: Serialize>(asked: &HeaderMap, value: &T) -> Response {
    let json = sync_protocol::canonical::to_json(value).into_bytes();
    let mut response = compressed(asked, json);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// GeoJSON (RFC 7946) out, compressed as the asker can read it.
pub fn geojson_response<T: Serialize>(asked: &HeaderMap, value: &T) -> Response {
    let mut response = json_response(asked, value);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/geo+json"));
    response
}

/// Whether the asker reads this content encoding.
pub fn reads_encoding(asked: &HeaderMap, name: &str) -> bool {
    let accepted = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|part| part.trim().split(';').next() == Some(name))
}

/// Bytes out that were compressed before; without a content type.
pub fn encoded_response(bytes: impl IntoResponse, encoding: &'static str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    response
}

/// Bytes out, compressed as the asker can read it; without a content type.
pub fn compressed(asked: &HeaderMap, plain: Vec<u8>) -> Response {
    let accepts = |name: &str| reads_encoding(asked, name);
    let encoded = if plain.len() < COMPRESS_BYTES_MIN {
        None
    } else if accepts("zstd") {
        zstd::encode_all(plain.as_slice(), ZSTD_LEVEL).ok().map(|bytes| (bytes, "zstd"))
    } else if accepts("gzip") {
        let mut encoder = flate2::read::GzEncoder::new(plain.as_slice(), flate2::Compression::fast());
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).ok().map(|_| (bytes, "gzip"))
    } else {
        None
    };
    let (bytes, encoding) = encoded.map_or((plain, None), |(bytes, name)| (bytes, Some(name)));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether the asker has the version with this tag already.
pub fn is_unchanged(asked: &HeaderMap, tag: &str) -> bool {
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|known| known.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag)
}

/// JSON out with its version, for who asks again and again; `private`, because it is what this asker may see.
pub fn versioned_response<T: Serialize>(asked: &HeaderMap, version: &str, value: Option<&T>) -> Response {
    let mut response = match value {
        Some(value) => json_response(asked, value),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Weak, because the same answer goes out compressed in several ways.
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{version}\"")) {
        headers.insert(header::ETAG, tag);
    }
    response
}
