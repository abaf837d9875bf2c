//! Tells what the bytes are from their first bytes. It does not look at a file name or a claimed media type, because both are
//! wrong often enough on phones. A newcomer's mistake: believing that a JPEG by its magic bytes can be decoded; that is decided later.

use serde::{Deserialize, Serialize};

/// The type of a photo by its magic bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoType {
    /// JPEG.
    Jpeg,
    /// PNG, animated or not.
    Png,
    /// WebP, animated or not.
    #[serde(rename = "webp")]
    WebP,
    /// HEIC or another HEIF container with HEVC pictures.
    Heic,
    /// Anything else, pictures of other formats included.
    Unknown,
}

impl PhotoType {
    /// The media type to store and to answer with.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
            Self::Unknown => "application/octet-stream",
        }
    }
}

pub(crate) const PNG_SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Brands of the `ftyp` box whose pictures are HEVC, or (`mif1`, `msf1`) may be anything and are nearly always HEVC.
const HEIC_BRANDS: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];

/// The type of the photo in `bytes`; a prefix of 12 bytes is enough.
///
/// ```
/// use paicha_photos::{PhotoType, sniff};
/// assert_eq!(sniff(b"\xff\xd8\xff\xe1...").mime(), "image/jpeg");
/// assert_eq!(sniff(b"PK\x03\x04"), PhotoType::Unknown);
/// ```
#[must_use]
pub fn sniff(bytes: &[u8]) -> PhotoType {
    if bytes.starts_with(b"\xff\xd8\xff") {
        PhotoType::Jpeg
    } else if bytes.starts_with(PNG_SIGNATURE) {
        PhotoType::Png
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        PhotoType::WebP
    } else if bytes.get(4..8) == Some(b"ftyp") && HEIC_BRANDS.iter().any(|brand| bytes.get(8..12) == Some(&brand[..])) {
        PhotoType::Heic
    } else {
        PhotoType::Unknown
    }
}

/// Whether the bytes are a picture of a format we know by name but do not read.
pub(crate) fn is_other_picture(bytes: &[u8]) -> bool {
    let tiff = bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*");
    let avif = bytes.get(4..8) == Some(b"ftyp") && matches!(bytes.get(8..12), Some(b"avif" | b"avis"));
    // "BM" alone is two letters of text; the reserved zeros make it a bitmap.
    let bitmap = bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0; 4]);
    tiff || avif || bitmap || bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_magic_bytes() {
        let cases: [(&[u8], PhotoType); 9] = [
            (b"\xff\xd8\xff\xe0", PhotoType::Jpeg),
            (b"\x89PNG\r\n\x1a\n....", PhotoType::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", PhotoType::WebP),
            (b"RIFF\0\0\0\0WAVEfmt ", PhotoType::Unknown),
            (b"\0\0\0\x18ftypheic", PhotoType::Heic),
            (b"\0\0\0\x18ftypmp42", PhotoType::Unknown),
            (b"PK\x03\x04", PhotoType::Unknown),
            (b"\xff\xd8", PhotoType::Unknown),
            (b"", PhotoType::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(sniff(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn other_pictures_are_known_by_name_and_text_is_not() {
        assert!(is_other_picture(b"GIF89a"));
        assert!(is_other_picture(b"\0\0\0\x18ftypavif"));
        assert!(!is_other_picture(b"BMW and other words"));
    }
}
