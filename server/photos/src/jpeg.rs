//! Reads the outline of a JPEG: where its segments are, its frame header, how many scans it has and where the scan data ends.
//! It decodes nothing. Wrong segment lengths are survived by looking for the next believable marker. A newcomer's mistake: expecting
//! the file to end at the end marker; phones append bytes and whole videos, and the EXIF block holds a second, small JPEG.

use std::ops::Range;

use crate::limits::{JPEG_HEADER_BYTES_MAX, JPEG_HEADER_SEGMENTS_MAX, JPEG_RESYNCS_MAX, PROFILE_BYTES_MAX};
use crate::outcome::{DeriveError, RefusedReason, UnsupportedReason};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;
const EXIF_PREFIX: &[u8] = b"Exif\0\0";
const PROFILE_PREFIX: &[u8] = b"ICC_PROFILE\0";
/// Believable segments in a row that a resynchronisation asks for.
const RESYNC_CHAIN: u32 = 3;

/// The frame header: size and coding of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The last byte of the SOF marker, `0xc0` to `0xcf`.
    process: u8,
    bits: u8,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Horizontal and vertical sampling factor of each component.
    sampling: Vec<(u8, u8)>,
}

impl Frame {
    pub(crate) fn components(&self) -> usize {
        self.sampling.len()
    }

    pub(crate) fn is_progressive(&self) -> bool {
        self.process == 0xc2
    }

    fn has_common_sampling(&self) -> bool {
        let (widest, tallest) = self.largest_sampling();
        let common = |largest: u8, own: u8| largest == own || largest == own * 2;
        self.sampling.iter().all(|&(h, v)| common(widest, h) && common(tallest, v))
    }

    fn largest_sampling(&self) -> (u8, u8) {
        let widest = self.sampling.iter().map(|factors| factors.0).max().unwrap_or(1).max(1);
        let tallest = self.sampling.iter().map(|factors| factors.1).max().unwrap_or(1).max(1);
        (widest, tallest)
    }

    /// Samples of all components, padded to whole coding units: what a decoder holds when it must keep coefficients.
    pub(crate) fn padded_samples(&self) -> u64 {
        let (widest, tallest) = self.largest_sampling();
        let across = u64::from(self.width).div_ceil(8 * u64::from(widest));
        let units = across * u64::from(self.height).div_ceil(8 * u64::from(tallest));
        self.sampling.iter().map(|&(h, v)| units * 64 * u64::from(h) * u64::from(v)).sum()
    }

    fn check(&self) -> Result<(), DeriveError> {
        use UnsupportedReason as Reason;
        let reason = match self.process {
            0xc0..=0xc2 if self.bits != 8 => Reason::JpegTwelveBit,
            0xc0..=0xc2 if !matches!(self.components(), 1 | 3 | 4) => Reason::JpegComponents,
            0xc0..=0xc2 if self.width == 0 || self.height == 0 => Reason::DecodeFailed,
            // zune-jpeg 0.5 upsamples such baseline pictures wrongly, progressive ones rightly.
            0xc0..=0xc1 if !self.has_common_sampling() => Reason::JpegSampling,
            0xc0..=0xc2 => return Ok(()),
            0xc9..=0xcb | 0xcd..=0xcf => Reason::JpegArithmetic,
            _ => Reason::JpegProcess,
        };
        Err(DeriveError::Unsupported(reason))
    }
}

/// The outline of one JPEG.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// Segments that a decoder needs, each from its marker on, with its length bytes.
    tables: Vec<Range<usize>>,
    pub(crate) frame: Option<Frame>,
    /// The colour transform of an Adobe segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(crate) adobe_transform: Option<u8>,
    /// The TIFF block of the first EXIF segment.
    pub(crate) exif: Option<Range<usize>>,
    /// Profile parts: sequence number and bytes.
    profile_parts: Vec<(u8, Range<usize>)>,
    /// From the first scan header to the end marker, or to the end of the file where there is none.
    scans: Option<Range<usize>>,
    pub(crate) scan_count: u32,
    pub(crate) has_end_marker: bool,
    header_too_long: bool,
}

impl Outline {
    /// Walks over `bytes`. Never fails: what is missing stays empty. Counting stops one above `scans_max`.
    pub(crate) fn read(bytes: &[u8], scans_max: u32) -> Self {
        let mut outline = Self::default();
        if let Some(start) = outline.read_header(bytes) {
            outline.read_scans(bytes, start, scans_max);
        }
        outline
    }

    /// The frame, if this JPEG can be decoded at all.
    pub(crate) fn decodable_frame(&self) -> Result<&Frame, DeriveError> {
        if self.header_too_long {
            return Err(DeriveError::Refused(RefusedReason::HeaderTooLong));
        }
        let frame = self.frame.as_ref().ok_or(DeriveError::Unsupported(UnsupportedReason::NoPixels))?;
        frame.check()?;
        if self.scans.is_none() {
            return Err(DeriveError::Unsupported(UnsupportedReason::NoPixels));
        }
        Ok(frame)
    }

    /// The bytes of all scans, tables between them included; edits of EXIF and bytes after the end do not change them.
    pub(crate) fn scan_bytes<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.scans.clone()?)
    }

    /// The colour profile, put together from its parts; `None` if a part is missing.
    pub(crate) fn profile(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut parts = self.profile_parts.clone();
        parts.sort_by_key(|part| part.0);
        let complete = parts.iter().zip(1_u8..).all(|(part, expected)| part.0 == expected);
        let length: usize = parts.iter().map(|part| part.1.len()).sum();
        if parts.is_empty() || !complete || length > PROFILE_BYTES_MAX {
            return None;
        }
        Some(parts.iter().flat_map(|part| bytes[part.1.clone()].iter().copied()).collect())
    }

    /// A copy with only what a decoder needs and always with an end marker. Decoders fail on broken segments that do not
    /// concern them, and on a missing end marker; this way they never see either.
    pub(crate) fn clean_copy(&self, bytes: &[u8]) -> Vec<u8> {
        let scans = self.scan_bytes(bytes).unwrap_or_default();
        let tables: usize = self.tables.iter().map(Range::len).sum();
        let mut copy = Vec::with_capacity(tables + scans.len() + 4);
        copy.extend_from_slice(&[0xff, SOI]);
        for table in &self.tables {
            copy.extend_from_slice(&bytes[table.clone()]);
        }
        copy.extend_from_slice(scans);
        if !self.has_end_marker {
            // A trailing lone 0xff would make the end marker a fill byte; one more is harmless.
            copy.extend_from_slice(&[0xff, EOI]);
        }
        copy
    }

    /// Reads segments up to the first scan header and returns where it starts.
    fn read_header(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 2;
        let mut resyncs = 0;
        for _ in 0..JPEG_HEADER_SEGMENTS_MAX {
            if at > JPEG_HEADER_BYTES_MAX {
                break;
            }
            let (marker, start) = marker_at(bytes, at)?;
            if marker == SOS {
                return Some(start);
            }
            let stated = segment_end(bytes, start);
            let believable = stated.filter(|&end| end >= bytes.len() || marker_at(bytes, end).is_some());
            let end = match believable {
                Some(end) => end,
                None if resyncs < JPEG_RESYNCS_MAX => {
                    resyncs += 1;
                    resynchronise(bytes, start + 4).or(stated)?
                }
                None => return None,
            };
            self.read_segment(bytes, marker, start, end.min(bytes.len()));
            at = end;
        }
        self.header_too_long = true;
        None
    }

    fn read_segment(&mut self, bytes: &[u8], marker: u8, start: usize, end: usize) {
        let body = start + 4;
        let Some(content) = bytes.get(body..end) else { return };
        match marker {
            DQT | DHT | DRI => self.tables.push(start..end),
            // Only the first frame counts: a second one could state another size behind the back of the limits.
            0xc0..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if self.frame.is_none() => {
                self.frame = read_frame(marker, content);
                self.tables.push(start..end);
            }
            APP14 if content.starts_with(b"Adobe") => {
                self.adobe_transform = content.get(11).copied();
                self.tables.push(start..end);
            }
            APP1 if content.starts_with(EXIF_PREFIX) && self.exif.is_none() => {
                self.exif = Some(body + EXIF_PREFIX.len()..end);
            }
            APP2 if content.starts_with(PROFILE_PREFIX) && content.len() > 14 => {
                self.profile_parts.push((content[12], body + 14..end));
            }
            _ => {}
        }
    }

    /// Walks over entropy coded data, counting scans, to the end marker or the end of the file.
    fn read_scans(&mut self, bytes: &[u8], start: usize, scans_max: u32) {
        let mut at = start;
        while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) {
            at += offset;
            match bytes.get(at + 1) {
                Some(&EOI) => {
                    self.has_end_marker = true;
                    at += 2;
                    break;
                }
                Some(&SOS) => {
                    self.scan_count += 1;
                    if self.scan_count > scans_max {
                        break;
                    }
                    at = segment_end(bytes, at).unwrap_or(at + 2);
                }
                // A stuffed byte, a restart marker or a fill byte: still entropy coded data.
                Some(0 | 0xd0..=0xd7) => at += 2,
                Some(0xff) => at += 1,
                // Tables between scans. A length that leads nowhere is damage: go on byte by byte.
                Some(_) => {
                    let end = segment_end(bytes, at).filter(|&end| marker_at(bytes, end).is_some());
                    at = end.unwrap_or(at + 2);
                }
                None => at += 1,
            }
        }
        let end = if self.has_end_marker { at } else { bytes.len() };
        self.scans = (end > start + 2).then_some(start..end);
    }
}

/// The marker at `at`, fill bytes skipped: its code and where its last 0xff is.
fn marker_at(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    if *bytes.get(at)? != 0xff {
        return None;
    }
    let fill = bytes[at..].iter().take_while(|&&byte| byte == 0xff).count();
    let code = *bytes.get(at + fill)?;
    (code >= 0xc0).then_some((code, at + fill - 1))
}

/// Where the segment whose marker is at `start` ends by its own length bytes.
fn segment_end(bytes: &[u8], start: usize) -> Option<usize> {
    let length = u16::from_be_bytes([*bytes.get(start + 2)?, *bytes.get(start + 3)?]);
    (length >= 2).then(|| start + 2 + usize::from(length))
}

/// The next believable marker from `from` on. The small JPEG inside an EXIF block is stepped over whole, or its tables would pass
/// for the photo's own.
fn resynchronise(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let limit = bytes.len().min(from + JPEG_HEADER_BYTES_MAX);
    while at + 4 <= limit {
        at += bytes[at..limit].iter().position(|&byte| byte == 0xff)?;
        if bytes.get(at + 1..at + 3) == Some(&[SOI, 0xff]) {
            at = end_of_nested(bytes, at + 2)?;
        } else if starts_chain(bytes, at) {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

fn end_of_nested(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].windows(2).position(|pair| pair == [0xff, EOI]).map(|offset| from + offset + 2)
}

fn starts_chain(bytes: &[u8], from: usize) -> bool {
    let mut at = from;
    for _ in 0..RESYNC_CHAIN {
        match bytes.get(at..at + 2) {
            Some(&[0xff, SOS]) => return at != from,
            Some(&[0xff, DQT | DHT | DRI | 0xc0..=0xc2 | 0xe0..=0xef | 0xfe]) => {}
            _ => return false,
        }
        match segment_end(bytes, at) {
            Some(end) => at = end,
            None => return false,
        }
    }
    true
}

fn read_frame(marker: u8, content: &[u8]) -> Option<Frame> {
    let count = usize::from(*content.get(5)?);
    let components = content.get(6..6 + 3 * count)?;
    Some(Frame {
        process: marker,
        bits: content[0],
        height: u32::from(u16::from_be_bytes([content[1], content[2]])),
        width: u32::from(u16::from_be_bytes([content[3], content[4]])),
        sampling: components.chunks_exact(3).map(|component| (component[1] >> 4, component[1] & 15)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Stamp, field_photo};

    fn outline(bytes: &[u8]) -> Outline {
        Outline::read(bytes, 64)
    }

    #[test]
    fn outline_of_a_plain_photo_is_complete() {
        let photo = field_photo(1, 64, 48, &Stamp::default());
        let outline = outline(&photo);
        let frame = outline.decodable_frame().unwrap();
        assert_eq!((frame.width, frame.height, frame.components()), (64, 48, 3));
        assert_eq!(outline.scan_count, 1);
        assert!(outline.has_end_marker);
        assert_eq!(outline.scans.unwrap().end, photo.len());
    }

    #[test]
    fn bytes_after_the_end_marker_belong_to_no_scan() {
        let mut photo = field_photo(1, 64, 48, &Stamp::default());
        let length = photo.len();
        photo.extend_from_slice(b"....ftypmp42 a motion photo's video \xff\xda\xff\xd9");
        let outline = outline(&photo);
        assert_eq!(outline.scans.clone().unwrap().end, length);
        assert_eq!(outline.scan_count, 1);
        assert!(outline.has_end_marker);
    }

    #[test]
    fn photo_cut_in_its_scan_has_no_end_marker() {
        let photo = field_photo(1, 64, 48, &Stamp::default());
        let outline = outline(&photo[..photo.len() - 200]);
        assert!(!outline.has_end_marker);
        assert!(outline.decodable_frame().is_ok());
    }

    #[test]
    fn clean_copy_has_no_application_segments() {
        let photo = field_photo(1, 64, 48, &Stamp::example());
        let copy = outline(&photo).clean_copy(&photo);
        assert!(!copy.windows(4).any(|window| window == b"Exif"));
        assert!(copy.ends_with(&[0xff, EOI]));
    }
}
