//! Every limit of the photo path, by name. They exist so that no file, however hostile, costs unbounded memory or time; they are
//! not quality settings except where the name says so. A newcomer's mistake: raising `PIXELS_MAX` without raising the memory budget
//! of the job that calls this crate; both are checked and the lower one wins.

/// Long edge of a preview in pixels. Smaller photos are never enlarged.
pub const PREVIEW_LONG_EDGE_PX: u32 = 1600;
/// Long edge of a thumbnail in pixels.
pub const THUMBNAIL_LONG_EDGE_PX: u32 = 320;
/// JPEG quality of previews.
pub const PREVIEW_QUALITY: u8 = 80;
/// JPEG quality of thumbnails.
pub const THUMBNAIL_QUALITY: u8 = 75;

/// Pixels (width x height) above which a photo is refused. Phones reach 108 million today.
pub const PIXELS_MAX: u64 = 120_000_000;
/// Bytes that one derivation may hold at once, its input not counted: 120 million RGB pixels and the resize buffers.
pub const MEMORY_BYTES_MAX: u64 = 640 * 1024 * 1024;
/// Scans in one JPEG. Ordinary progressive files have 10 to 14; a bomb repeats a cheap scan a thousand times.
pub const SCANS_MAX: u32 = 64;
/// Scans x pixels: each scan walks over all coefficients, so the product bounds the time (about a second at this value).
pub const SCAN_PIXELS_MAX: u64 = 2_500_000_000;

/// Bytes of JPEG header that are walked before the first scan. One phone writes 360 KB of vendor segments before its tables.
pub const JPEG_HEADER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Segments before the first scan.
pub const JPEG_HEADER_SEGMENTS_MAX: usize = 4096;
/// Times that a JPEG header walk looks for the next marker after a wrong segment length.
pub const JPEG_RESYNCS_MAX: u32 = 4;
/// Bytes of a colour profile; larger ones are ignored.
pub const PROFILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of an EXIF block in a PNG or WebP; larger ones are ignored. (A JPEG cannot hold more than 64 KB.)
pub const EXIF_BYTES_MAX: usize = 1024 * 1024;
/// Characters kept of an EXIF text such as the camera's model.
pub const EXIF_TEXT_CHARS_MAX: usize = 64;
/// Chunks walked in a PNG or WebP, boxes in a HEIC.
pub const CHUNKS_MAX: usize = 4096;

/// What one call of [`crate::derive`] may spend. The job lowers `memory_bytes_max` to what its shared pool gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeriveLimits {
    /// Width x height as stored.
    pub pixels_max: u64,
    /// Bytes for decoded pixels and work buffers, compared with [`crate::estimate_memory_bytes`].
    pub memory_bytes_max: u64,
    /// Scans in one JPEG.
    pub scans_max: u32,
}

impl Default for DeriveLimits {
    fn default() -> Self {
        Self { pixels_max: PIXELS_MAX, memory_bytes_max: MEMORY_BYTES_MAX, scans_max: SCANS_MAX }
    }
}
