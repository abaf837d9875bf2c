//! What the header says about a picture of any type: size, and what decoding it will cost. Nothing is decoded and nothing but the
//! outline is allocated. A newcomer's mistake: trusting the size of the file; a 300-byte file can claim four thousand megapixels.

use crate::jpeg::{Frame, Outline};
use crate::limits::{CHUNKS_MAX, DeriveLimits, PREVIEW_LONG_EDGE_PX, SCAN_PIXELS_MAX, SCANS_MAX};
use crate::outcome::{DeriveError, RefusedReason, UnsupportedReason};
use crate::png::Extras;
use crate::sniff::{PhotoType, is_other_picture, sniff};

/// Bytes for preview, thumbnail, their encodings and work space, whatever the photo's size.
const FIXED_BYTES: u64 = 24 * 1024 * 1024;

/// What is known of a photo before decoding.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) photo_type: PhotoType,
    /// Width and height as stored.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) animated: bool,
    /// Whether the container ends before its own end; JPEG, PNG and WebP only.
    pub(crate) truncated: bool,
    /// Bytes per pixel while decoding, for PNG and WebP.
    bytes_per_pixel: u64,
    /// What it carries beside its pixels, for PNG.
    pub(crate) png: Extras,
    /// The outline, for JPEG.
    pub(crate) jpeg: Option<Outline>,
}

impl Header {
    pub(crate) fn read(bytes: &[u8], scans_max: u32) -> Self {
        let photo_type = sniff(bytes);
        let empty = Self {
            photo_type,
            size: None,
            animated: false,
            truncated: false,
            bytes_per_pixel: 0,
            png: Extras::default(),
            jpeg: None,
        };
        match photo_type {
            PhotoType::Jpeg => read_jpeg(empty, bytes, scans_max),
            PhotoType::Png => read_png(empty, bytes),
            PhotoType::WebP => read_webp(empty, bytes),
            PhotoType::Heic => Self { size: heic_size(bytes), ..empty },
            PhotoType::Unknown => empty,
        }
    }

    /// The bytes that deriving will hold at its peak, or why nothing will be decoded.
    pub(crate) fn memory_bytes(&self, bytes: &[u8]) -> Result<u64, DeriveError> {
        let no_pixels = DeriveError::Unsupported(UnsupportedReason::NoPixels);
        match self.photo_type {
            PhotoType::Unknown if is_other_picture(bytes) => {
                Err(DeriveError::Unsupported(UnsupportedReason::ImageType))
            }
            PhotoType::Unknown => Err(DeriveError::NotAnImage),
            PhotoType::Heic => Err(DeriveError::Unsupported(UnsupportedReason::HeicNoPreview)),
            PhotoType::Jpeg => {
                let outline = self.jpeg.as_ref().ok_or(no_pixels)?;
                let frame = outline.decodable_frame()?;
                Ok(jpeg_memory_bytes(frame, outline.scan_count, bytes.len()))
            }
            PhotoType::Png | PhotoType::WebP => {
                let (width, height) = self.size.ok_or(no_pixels)?;
                let pixels = u64::from(width) * u64::from(height);
                let beside = fixed_bytes(height, 4) + self.png.copy_bytes(bytes) as u64;
                Ok(pixels.saturating_mul(self.bytes_per_pixel).saturating_add(beside))
            }
        }
    }

    /// Compares the header with the limits: everything that can be refused is refused here, before anything is allocated.
    pub(crate) fn check(&self, bytes: &[u8], limits: &DeriveLimits) -> Result<(), DeriveError> {
        let memory_bytes = self.memory_bytes(bytes)?;
        let (width, height) = self.size.unwrap_or_default();
        let pixels = u64::from(width) * u64::from(height);
        let scans = self.jpeg.as_ref().map_or(0, |outline| outline.scan_count);
        if pixels > limits.pixels_max {
            Err(DeriveError::Refused(RefusedReason::TooManyPixels))
        } else if scans > limits.scans_max || u64::from(scans).saturating_mul(pixels) > SCAN_PIXELS_MAX {
            Err(DeriveError::Refused(RefusedReason::TooManyScans))
        } else if memory_bytes > limits.memory_bytes_max {
            Err(DeriveError::Refused(RefusedReason::TooMuchMemory))
        } else {
            Ok(())
        }
    }
}

/// The bytes that [`crate::derive`] will hold at its peak for this photo, the input itself not counted, from the header alone.
/// For the shared memory budget of the jobs.
///
/// # Errors
///
/// Says why nothing will be decoded. `derive` may then be called without any budget, to get the facts and the state.
pub fn estimate_memory_bytes(bytes: &[u8]) -> Result<u64, DeriveError> {
    Header::read(bytes, SCANS_MAX).memory_bytes(bytes)
}

/// The resizer's intermediate picture is as wide as the preview and as tall as the photo.
fn fixed_bytes(height: u32, channels: u64) -> u64 {
    FIXED_BYTES + u64::from(height) * u64::from(PREVIEW_LONG_EDGE_PX) * channels
}

fn jpeg_memory_bytes(frame: &Frame, scan_count: u32, input_bytes: usize) -> u64 {
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let channels = frame.components() as u64;
    // Several scans mean that all coefficients, two bytes each, are kept until the last; one scan needs a few rows.
    let keeps_coefficients = frame.is_progressive() || scan_count > 1;
    let coefficients = if keeps_coefficients { 2 * frame.padded_samples() } else { u64::from(frame.width) * 64 * 12 };
    pixels * channels + coefficients + input_bytes as u64 + fixed_bytes(frame.height, channels)
}

fn read_jpeg(empty: Header, bytes: &[u8], scans_max: u32) -> Header {
    let outline = Outline::read(bytes, scans_max);
    let size = outline.frame.as_ref().map(|frame| (frame.width, frame.height));
    let truncated = !outline.has_end_marker;
    Header { size, truncated, jpeg: Some(outline), ..empty }
}

fn big_endian_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn little_endian_u24(bytes: &[u8], at: usize) -> Option<u32> {
    let three = bytes.get(at..at + 3)?;
    Some(u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16)
}

fn read_png(empty: Header, bytes: &[u8]) -> Header {
    let size = bytes.get(12..16).filter(|name| name == b"IHDR").and_then(|_| {
        let (width, height) = (big_endian_u32(bytes, 16)?, big_endian_u32(bytes, 20)?);
        (width > 0 && height > 0).then_some((width, height))
    });
    let (mut animated, mut truncated) = (false, false);
    let mut at = 8;
    for _ in 0..CHUNKS_MAX {
        let Some((length, name)) = big_endian_u32(bytes, at).zip(bytes.get(at + 4..at + 8)) else {
            truncated = true;
            break;
        };
        match name {
            b"acTL" => animated = true,
            b"IEND" => break,
            _ => {}
        }
        at = at.saturating_add(12).saturating_add(length as usize);
    }
    // The decoder's pixels (up to 8 bytes each at 16 bits) and our 8-bit copy of them.
    let sixteen_bits = bytes.get(24) == Some(&16);
    let bytes_per_pixel = if sixteen_bits { 8 + 4 } else { 4 + 4 };
    Header { size, animated, truncated, bytes_per_pixel, png: Extras::read(bytes), ..empty }
}

fn read_webp(empty: Header, bytes: &[u8]) -> Header {
    let size = match bytes.get(12..16) {
        Some(b"VP8X") => little_endian_u24(bytes, 24)
            .zip(little_endian_u24(bytes, 27))
            .map(|(width, height)| (width + 1, height + 1)),
        // The key frame header of lossy WebP: three bytes of tag, three of start code, then 14 bits each.
        Some(b"VP8 ") => little_endian_u24(bytes, 26)
            .zip(little_endian_u24(bytes, 27))
            .map(|(low, high)| (low & 0x3fff, (high >> 8) & 0x3fff)),
        Some(b"VP8L") => bytes.get(21..25).map(|four| {
            let bits = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
        }),
        _ => None,
    };
    let animated = bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0);
    let stated = bytes.get(4..8).map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    let truncated = (bytes.len() as u64) < u64::from(stated) + 8;
    let size = size.filter(|&(width, height)| width > 0 && height > 0);
    // Planes or ARGB of the frame, the canvas, and our copy.
    Header { size, animated, truncated, bytes_per_pixel: 4 + 4 + 4 + 4, ..empty }
}

/// The largest size that an `ispe` property states: the whole picture, not a tile or a thumbnail.
fn heic_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = &bytes[..bytes.len().min(1024 * 1024)];
    let mut largest: Option<(u32, u32)> = None;
    let mut at = 0;
    for _ in 0..CHUNKS_MAX {
        let Some(offset) = head[at..].windows(4).position(|name| name == b"ispe") else { break };
        at += offset + 4;
        let Some(size) = big_endian_u32(head, at + 4).zip(big_endian_u32(head, at + 8)) else { break };
        if largest.is_none_or(|(width, height)| pixels(size) > u64::from(width) * u64::from(height)) {
            largest = Some(size);
        }
    }
    largest.filter(|&(width, height)| width > 0 && height > 0)
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}
