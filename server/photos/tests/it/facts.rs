//! What the phone claims is read; what cannot be true is no fact.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use jpeg_encoder::ColorType;
use paicha_photos::sample::{Stamp, exif_block, field_photo};
use paicha_photos::{ExifFacts, GpsPosition, read_facts};

use crate::pictures::{flat, jpeg_with};

fn facts_of_block(block: &[u8]) -> ExifFacts {
    let photo =
        jpeg_with(&flat(&[9], (8, 8)), (8, 8), ColorType::Luma, |encoder| encoder.add_exif_metadata(block).unwrap());
    read_facts(&photo).exif
}

fn facts_of_fields(fields: Vec<(Tag, Value)>) -> ExifFacts {
    let fields: Vec<Field> =
        fields.into_iter().map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value }).collect();
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, true).unwrap();
    facts_of_block(&block.into_inner())
}

fn text(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

fn degrees(parts: [(u32, u32); 3]) -> Value {
    Value::Rational(parts.map(|(num, denom)| Rational { num, denom }).to_vec())
}

fn position(latitude: [(u32, u32); 3], longitude: [(u32, u32); 3]) -> Option<GpsPosition> {
    let facts = facts_of_fields(vec![
        (Tag::GPSLatitudeRef, text("N")),
        (Tag::GPSLatitude, degrees(latitude)),
        (Tag::GPSLongitudeRef, text("W")),
        (Tag::GPSLongitude, degrees(longitude)),
    ]);
    facts.gps
}

#[test]
fn full_stamp_is_read_back() {
    let facts = read_facts(&field_photo(1, 60, 40, &Stamp::example()));
    let gps = facts.exif.gps.unwrap();
    assert!((gps.latitude - 29.876_543).abs() < 2e-6 && (gps.longitude - 106.123_456).abs() < 2e-6);
    let expected = ExifFacts {
        taken_at_text: Some("2026-03-04T15:16:17".to_owned()),
        offset_text: Some("+08:00".to_owned()),
        gps: Some(gps),
        gps_time_text: Some("2026-03-04T07:16:15Z".to_owned()),
        gps_accuracy_m: None,
        altitude_m: Some(312.5),
        direction_degrees: None,
        make: Some("Yunxing".to_owned()),
        model: Some("YX-200".to_owned()),
    };
    assert_eq!(facts.exif, expected);
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<paicha_photos::Facts>(&json).unwrap(), facts);
}

#[test]
fn legal_position_is_a_fact_with_its_signs() {
    let gps = position([(29, 1), (30, 1), (0, 1)], [(106, 1), (0, 1), (3600, 100)]).unwrap();
    assert_eq!(gps, GpsPosition { latitude: 29.5, longitude: -106.01 });
}

#[test]
fn impossible_positions_are_no_fact() {
    let legal = [(29, 1), (30, 1), (0, 1)];
    let cases = [
        [(0, 0), (0, 0), (0, 0)],
        [(29, 1), (30, 1), (0, 0)],
        [(29, 1), (60, 1), (0, 1)],
        [(91, 1), (0, 1), (0, 1)],
        [(4_000_000_000, 1), (0, 1), (0, 1)],
    ];
    for latitude in cases {
        assert_eq!(position(latitude, legal), None, "{latitude:?}");
    }
    let zero = [(0, 1), (0, 1), (0, 1)];
    assert_eq!(position(zero, zero), None);
    assert_eq!(position(legal, [(181, 1), (0, 1), (0, 1)]), None);
}

#[test]
fn position_without_reference_letters_or_with_floats_is_no_fact() {
    let legal = || degrees([(29, 1), (30, 1), (0, 1)]);
    let without = facts_of_fields(vec![(Tag::GPSLatitude, legal()), (Tag::GPSLongitude, legal())]);
    assert_eq!(without.gps, None);
    let not_a_number = facts_of_fields(vec![
        (Tag::GPSLatitudeRef, text("N")),
        (Tag::GPSLatitude, Value::Double(vec![f64::NAN; 3])),
        (Tag::GPSLongitudeRef, text("E")),
        (Tag::GPSLongitude, legal()),
    ]);
    assert_eq!(not_a_number.gps, None);
}

#[test]
fn accuracy_without_a_denominator_or_without_a_position_is_no_fact() {
    let accuracy = || (Tag::GPSHPositioningError, Value::Rational(vec![Rational { num: 5, denom: 0 }]));
    let legal = || degrees([(29, 1), (30, 1), (0, 1)]);
    let facts = facts_of_fields(vec![
        (Tag::GPSLatitudeRef, text("N")),
        (Tag::GPSLatitude, legal()),
        (Tag::GPSLongitudeRef, text("E")),
        (Tag::GPSLongitude, legal()),
        accuracy(),
    ]);
    assert!(facts.gps.is_some());
    assert_eq!(facts.gps_accuracy_m, None);
    let alone = facts_of_fields(vec![(Tag::GPSAltitude, Value::Rational(vec![Rational { num: 0, denom: 1 }]))]);
    assert_eq!(alone.altitude_m, None);
}

#[test]
fn impossible_times_are_no_fact() {
    for wrong in
        ["2026:02:30 10:00:00", "0000:00:00 00:00:00", "2026:03:04 25:00:00", "2026:03:04", "not a time at all"]
    {
        let facts =
            facts_of_fields(vec![(Tag::DateTimeOriginal, text(wrong)), (Tag::OffsetTimeOriginal, text("+08:00"))]);
        assert_eq!((facts.taken_at_text, facts.offset_text), (None, None), "{wrong}");
    }
}

#[test]
fn offset_that_is_no_offset_is_no_fact() {
    for wrong in ["+25:00", "0800", "+08:61", "Asia/Shanghai"] {
        let facts = facts_of_fields(vec![
            (Tag::DateTimeOriginal, text("2026:03:04 10:00:00")),
            (Tag::OffsetTimeOriginal, text(wrong)),
        ]);
        assert_eq!(facts.taken_at_text.as_deref(), Some("2026-03-04T10:00:00"));
        assert_eq!(facts.offset_text, None, "{wrong}");
    }
}

#[test]
fn broken_block_never_fails_a_photo() {
    let block = exif_block(&Stamp::example()).unwrap();
    for length in 0..block.len() {
        let _ = facts_of_block(&block[..length]);
    }
    assert_eq!(facts_of_block(b"II*\0\xff\xff\xff\xff"), ExifFacts::default());
}

#[test]
fn cut_block_keeps_the_values_that_are_whole() {
    let block = exif_block(&Stamp::example()).unwrap();
    let facts = facts_of_block(&block[..block.len() - 8]);
    assert_eq!(facts.make.as_deref(), Some("Yunxing"));
}

#[test]
fn long_and_dirty_texts_are_cut_and_cleaned() {
    let facts = facts_of_fields(vec![(Tag::Make, text(" Yun\u{7}xing  ")), (Tag::Model, text(&"型".repeat(500)))]);
    assert_eq!(facts.make.as_deref(), Some("Yunxing"));
    assert_eq!(facts.model.unwrap().chars().count(), 64);
}
