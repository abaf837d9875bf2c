//! The EXIF block of an invented photo, written the way phones write it. It is for made-up material only; the server never writes
//! EXIF. A newcomer's mistake: leaving the stamp empty and wondering why there is no block at all.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};

use crate::facts::GpsPosition;

/// What an invented phone says about an invented photo.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stamp {
    /// Local time as `2026-03-04T15:16:17`.
    pub taken_at_text: Option<String>,
    /// Zone of the local time as `+08:00`.
    pub offset_text: Option<String>,
    /// UTC time of the fix as `2026-03-04T07:16:17Z`.
    pub gps_time_text: Option<String>,
    /// Position, written to a hundredth of a second of arc (0.3 m).
    pub gps: Option<GpsPosition>,
    /// Metres above sea level, written to a tenth.
    pub altitude_m: Option<f64>,
    /// Maker of the phone.
    pub make: Option<String>,
    /// Model of the phone.
    pub model: Option<String>,
    /// EXIF orientation as written, 0 for no tag; illegal values are written as they are.
    pub orientation: u8,
}

impl Stamp {
    /// A full stamp of an invented phone in an invented valley.
    #[must_use]
    pub fn example() -> Self {
        Self {
            taken_at_text: Some("2026-03-04T15:16:17".to_owned()),
            offset_text: Some("+08:00".to_owned()),
            gps_time_text: Some("2026-03-04T07:16:15Z".to_owned()),
            gps: Some(GpsPosition { latitude: 29.876_543, longitude: 106.123_456 }),
            altitude_m: Some(312.5),
            make: Some("Yunxing".to_owned()),
            model: Some("YX-200".to_owned()),
            orientation: 1,
        }
    }
}

/// The TIFF block of a stamp, without the `Exif` prefix; `None` for an empty stamp.
#[must_use]
pub fn exif_block(stamp: &Stamp) -> Option<Vec<u8>> {
    let mut fields = Vec::new();
    let mut push = |tag: Tag, value: Value| fields.push(Field { tag, ifd_num: In::PRIMARY, value });
    let texts = [(Tag::Make, &stamp.make), (Tag::Model, &stamp.model), (Tag::OffsetTimeOriginal, &stamp.offset_text)];
    for (tag, text) in texts {
        if let Some(text) = text {
            push(tag, ascii(text));
        }
    }
    if stamp.orientation != 0 {
        push(Tag::Orientation, Value::Short(vec![stamp.orientation.into()]));
    }
    if let Some(taken_at) = &stamp.taken_at_text {
        push(Tag::DateTimeOriginal, ascii(&taken_at.replace('-', ":").replace('T', " ")));
    }
    if let Some(gps) = stamp.gps {
        push(Tag::GPSLatitudeRef, ascii(if gps.latitude < 0.0 { "S" } else { "N" }));
        push(Tag::GPSLatitude, Value::Rational(degrees(gps.latitude)));
        push(Tag::GPSLongitudeRef, ascii(if gps.longitude < 0.0 { "W" } else { "E" }));
        push(Tag::GPSLongitude, Value::Rational(degrees(gps.longitude)));
    }
    if let Some(altitude_m) = stamp.altitude_m {
        push(Tag::GPSAltitudeRef, Value::Byte(vec![u8::from(altitude_m < 0.0)]));
        push(Tag::GPSAltitude, Value::Rational(vec![rational(altitude_m.abs() * 10.0, 10)]));
    }
    if let Some((date, time)) = stamp.gps_time_text.as_deref().and_then(|text| text.split_once('T')) {
        push(Tag::GPSDateStamp, ascii(&date.replace('-', ":")));
        let parts = time.trim_end_matches('Z').split(':').map(|part| part.parse().unwrap_or_default());
        push(Tag::GPSTimeStamp, Value::Rational(parts.map(|part| rational(part, 1)).collect()));
    }
    write(&fields)
}

fn write(fields: &[Field]) -> Option<Vec<u8>> {
    if fields.is_empty() {
        return None;
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).ok()?;
    Some(block.into_inner())
}

fn ascii(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

fn degrees(value: f64) -> Vec<Rational> {
    // Counted in hundredths of a second first, so that rounding never writes 60 seconds.
    let hundredths = (value.abs() * 360_000.0).round();
    let degrees = (hundredths / 360_000.0).floor();
    let minutes = ((hundredths - degrees * 360_000.0) / 6_000.0).floor();
    let seconds = hundredths - degrees * 360_000.0 - minutes * 6_000.0;
    vec![rational(degrees, 1), rational(minutes, 1), rational(seconds, 100)]
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the number's range first")]
#[expect(clippy::cast_sign_loss, reason = "clamped to the number's range first")]
fn rational(numerator: f64, denom: u32) -> Rational {
    Rational { num: numerator.round().clamp(0.0, f64::from(u32::MAX)) as u32, denom }
}
