//! Files on their way to a person: names in Chinese, and headers that keep a browser from guessing what they are.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write as _;
use tokio::io::AsyncReadExt as _;

/// Media type of workbooks.
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/// A workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Media type of archives.
pub const ZIP: &str = "application/zip";
/// Media type of text tables.
pub const CSV: &str = "text/csv; charset=utf-8";
/// Media type of map layers.
pub const GEOJSON: &str = "application/geo+json";
/// Bytes of a file that are in memory at once while it is sent.
const PIECE_BYTES: usize = 64 << 10;

/// A file on disk to save, sent piece by piece from where it stands.
pub fn stream_response(file: std::fs::File, media_type: &'static str, name: &str, ascii_name: &str) -> Response {
    let pieces = futures_util::stream::unfold(tokio::fs::File::from_std(file), |mut file| async move {
        let mut piece = vec![0; PIECE_BYTES];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(length) => {
                piece.truncate(length);
                Some((Ok(axum::body::Bytes::from(piece)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    });
    let mut response = file_response(Vec::new(), media_type, name, ascii_name);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = axum::body::Body::from_stream(pieces);
    response
}

/// A file to save. `ascii_name` is for programs that cannot read the other.
pub fn file_response(bytes: Vec<u8>, media_type: &'static str, name: &str, ascii_name: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, attachment(name, ascii_name));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `Content-Disposition` with the name in both notations of RFC 6266; the second is RFC 5987.
pub fn attachment(name: &str, ascii_name: &str) -> HeaderValue {
    let ascii: String =
        ascii_name.chars().filter(|letter| letter.is_ascii_graphic() && !"\"\\".contains(*letter)).collect();
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    let value = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_chinese_name_travels_percent_encoded_beside_a_plain_one() {
        let header = attachment("附件1-演示.xlsx", "appendix\"1\r\n.xlsx");
        assert_eq!(
            header,
            "attachment; filename=\"appendix1.xlsx\"; filename*=UTF-8''%E9%99%84%E4%BB%B61-%E6%BC%94%E7%A4%BA.xlsx"
        );
    }
}
