//! Facts that the phone claims in a photo's EXIF block. They are claims: keep the server's own receive time beside them. A broken
//! block never fails a photo, and a value that cannot be true (0/0 degrees, the 30th of February) is no fact. A newcomer's mistake:
//! taking `taken_at_text` for an instant; without `offset_text` nobody knows the time zone.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use exif::{Exif, In, Rational, Reader, Tag, Value};
use serde::{Deserialize, Serialize};

use crate::header::Header;
use crate::limits::{EXIF_BYTES_MAX, EXIF_TEXT_CHARS_MAX, SCANS_MAX};
use crate::orient::Orientation;
use crate::sniff::PhotoType;

/// What is known about a photo without decoding it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The type by magic bytes.
    pub photo_type: PhotoType,
    /// Width in pixels as stored, before any rotation.
    pub width: Option<u32>,
    /// Height in pixels as stored, before any rotation.
    pub height: Option<u32>,
    /// The EXIF orientation, 1 to 8; 1 where it is missing, illegal, or not to be applied (HEIC turns in its container).
    pub orientation: u8,
    /// Whether the file has several frames, of which only the first is shown.
    pub animated: bool,
    /// What the phone says about the moment.
    pub exif: ExifFacts,
}

/// A position claimed by the phone, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GpsPosition {
    /// Degrees, north positive, -90 to 90.
    pub latitude: f64,
    /// Degrees, east positive, -180 to 180.
    pub longitude: f64,
}

/// The EXIF values we keep; everything else stays in the original only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExifFacts {
    /// Local time of capture as `2026-03-04T15:16:17`, without a zone.
    pub taken_at_text: Option<String>,
    /// The zone of `taken_at_text` as `+08:00`.
    pub offset_text: Option<String>,
    /// Position.
    pub gps: Option<GpsPosition>,
    /// UTC time of the satellite fix as `2026-03-04T07:16:17Z`.
    pub gps_time_text: Option<String>,
    /// Radius of the fix in metres; only with a position.
    pub gps_accuracy_m: Option<f64>,
    /// Metres above sea level; only with a position.
    pub altitude_m: Option<f64>,
    /// Where the camera looked, degrees clockwise from north, 0 to 360.
    pub direction_degrees: Option<f64>,
    /// Maker of the phone.
    pub make: Option<String>,
    /// Model of the phone.
    pub model: Option<String>,
}

/// Reads the facts of any bytes. Never fails: what is missing or broken is `None`.
#[must_use]
pub fn read_facts(bytes: &[u8]) -> Facts {
    facts_of(bytes, &Header::read(bytes, SCANS_MAX))
}

pub(crate) fn facts_of(bytes: &[u8], header: &Header) -> Facts {
    // The EXIF crate parses hostile bytes; a panic in it must cost the facts only.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse_block(bytes, header).map(|exif| read_block(&exif))));
    let (orientation, exif) = parsed.ok().flatten().unwrap_or((Orientation::UPRIGHT, ExifFacts::default()));
    let orientation = if header.photo_type == PhotoType::Heic { Orientation::UPRIGHT } else { orientation };
    Facts {
        photo_type: header.photo_type,
        width: header.size.map(|size| size.0),
        height: header.size.map(|size| size.1),
        orientation: orientation.tag(),
        animated: header.animated,
        exif,
    }
}

fn parse_block(bytes: &[u8], header: &Header) -> Option<Exif> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let result = match header.photo_type {
        PhotoType::Jpeg => {
            let block = header.jpeg.as_ref()?.exif.clone()?;
            reader.read_raw(bytes.get(block)?.to_vec())
        }
        PhotoType::Png | PhotoType::WebP | PhotoType::Heic => reader.read_from_container(&mut Cursor::new(bytes)),
        PhotoType::Unknown => return None,
    };
    let exif = result.or_else(|error| error.distill_partial_result(|_| {})).ok()?;
    // Values are parsed when asked for, so a huge block costs nothing until here.
    (exif.buf().len() <= EXIF_BYTES_MAX).then_some(exif)
}

fn read_block(exif: &Exif) -> (Orientation, ExifFacts) {
    let orientation = exif.get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0));
    let (taken_tag, offset_tag) = if taken_at(exif, Tag::DateTimeOriginal).is_some() {
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal)
    } else {
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized)
    };
    let gps = position(exif);
    let taken_at_text = taken_at(exif, taken_tag);
    let offset_text = taken_at_text.as_ref().and_then(|_| offset(exif, offset_tag));
    let facts = ExifFacts {
        taken_at_text,
        offset_text,
        gps,
        gps_time_text: gps_time(exif),
        // Without a fix phones write zeros here.
        gps_accuracy_m: gps.and_then(|_| number(exif, Tag::GPSHPositioningError)).filter(|&metres| metres > 0.0),
        altitude_m: gps.and_then(|_| altitude(exif)),
        direction_degrees: number(exif, Tag::GPSImgDirection).filter(|&degrees| degrees <= 360.0),
        make: text(exif, Tag::Make),
        model: text(exif, Tag::Model),
    };
    (orientation.map_or(Orientation::UPRIGHT, Orientation::from_tag), facts)
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => parts.first().map(Vec::as_slice),
        _ => None,
    }
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let text = String::from_utf8_lossy(ascii(exif, tag)?);
    let kept: String = text.chars().filter(|c| !c.is_control()).take(EXIF_TEXT_CHARS_MAX).collect();
    let trimmed = kept.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn rationals(exif: &Exif, tag: Tag) -> Option<&[Rational]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(values) => Some(values),
        _ => None,
    }
}

fn fraction(value: &Rational) -> Option<f64> {
    (value.denom != 0).then(|| f64::from(value.num) / f64::from(value.denom))
}

/// A fraction to three decimals; phones write a dozen, which are noise.
fn number(exif: &Exif, tag: Tag) -> Option<f64> {
    Some((fraction(rationals(exif, tag)?.first()?)? * 1e3).round() / 1e3)
}

fn three(exif: &Exif, tag: Tag) -> Option<[f64; 3]> {
    let [first, second, third] = rationals(exif, tag)? else { return None };
    Some([fraction(first)?, fraction(second)?, fraction(third)?])
}

/// Degrees, positive in the direction of `positive`, `None` without a legal reference letter.
fn degrees(exif: &Exif, tag: Tag, reference: Tag, positive: u8, negative: u8) -> Option<f64> {
    let [degrees, minutes, seconds] = three(exif, tag)?;
    if minutes >= 60.0 || seconds >= 60.0 {
        return None;
    }
    // Seven decimals are a centimetre; more would be noise that JSON does not carry unchanged.
    let value = ((degrees + minutes / 60.0 + seconds / 3600.0) * 1e7).round() / 1e7;
    match ascii(exif, reference)?.first()?.to_ascii_uppercase() {
        letter if letter == positive => Some(value),
        letter if letter == negative => Some(-value),
        _ => None,
    }
}

fn position(exif: &Exif) -> Option<GpsPosition> {
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b'N', b'S')?;
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b'E', b'W')?;
    // Exactly 0, 0 is what phones write when they have no fix.
    let no_fix = latitude == 0.0 && longitude == 0.0;
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && !no_fix).then_some(GpsPosition { latitude, longitude })
}

fn altitude(exif: &Exif) -> Option<f64> {
    let metres = number(exif, Tag::GPSAltitude)?;
    let reference = exif.get_field(Tag::GPSAltitudeRef, In::PRIMARY).and_then(|field| match &field.value {
        Value::Byte(values) => values.first().copied(),
        _ => None,
    });
    // Above 12 km and below 500 m under the sea nobody inspects a workshop; some phones write such values for "unknown".
    let metres = if reference == Some(1) && metres > 0.0 { -metres } else { metres };
    (-500.0..=12_000.0).contains(&metres).then_some(metres)
}

fn gps_time(exif: &Exif) -> Option<String> {
    let date = date_text(ascii(exif, Tag::GPSDateStamp)?)?;
    let [hours, minutes, seconds] = three(exif, Tag::GPSTimeStamp)?;
    let legal = hours < 24.0 && minutes < 60.0 && seconds < 61.0;
    legal.then(|| format!("{date}T{:02}:{:02}:{:02}Z", hours.floor(), minutes.floor(), seconds.floor()))
}

fn taken_at(exif: &Exif, tag: Tag) -> Option<String> {
    let text = ascii(exif, tag)?;
    let date = date_text(text.get(..10)?)?;
    let time = text.get(11..19)?;
    let (hour, minute, second) = (digits(&time[..2])?, digits(&time[3..5])?, digits(&time[6..8])?);
    let separated = text[10] == b' ' && time[2] == b':' && time[5] == b':';
    (separated && hour < 24 && minute < 60 && second < 61).then(|| format!("{date}T{hour:02}:{minute:02}:{second:02}"))
}

/// `2026:03:04` as `2026-03-04`, if there is such a day.
fn date_text(text: &[u8]) -> Option<String> {
    let (year, month, day) = (digits(text.get(..4)?)?, digits(text.get(5..7)?)?, digits(text.get(8..10)?)?);
    let separated = matches!((text[4], text[7]), (b':', b':') | (b'-', b'-'));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    let legal = separated && text.len() == 10 && year >= 1970 && (1..=days).contains(&day);
    legal.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn offset(exif: &Exif, tag: Tag) -> Option<String> {
    let text = ascii(exif, tag)?.get(..6)?;
    let (hours, minutes) = (digits(&text[1..3])?, digits(&text[4..6])?);
    let sign = matches!(text[0], b'+' | b'-') && text[3] == b':';
    (sign && hours <= 14 && minutes < 60).then(|| String::from_utf8_lossy(text).into_owned())
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        let cases: [(&[u8], Option<&str>); 9] = [
            (b"2026:03:04", Some("2026-03-04")),
            (b"2024:02:29", Some("2024-02-29")),
            (b"2026:02:29", None),
            (b"2026:13:01", None),
            (b"2026:04:31", None),
            (b"0000:00:00", None),
            (b"    :  :  ", None),
            (b"2026:3:4", None),
            (b"", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date_text(text).as_deref(), expected, "{}", String::from_utf8_lossy(text));
        }
    }
}
