//! Sizes, containers and damage that real collections contain.

use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::ColorType;
use paicha_photos::sample::{Stamp, draw_scene, field_photo};
use paicha_photos::{DeriveState, PhotoType, UnsupportedReason};

use crate::pictures::{
    assert_near, decoded, derive_default, find_marker, flat, jpeg, jpeg_with, mean_difference, middle_colour, segment,
};

fn lossless_webp(pixel: [u8; 3]) -> Vec<u8> {
    let mut webp = Vec::new();
    WebPEncoder::new_lossless(&mut webp).encode(&flat(&pixel, (40, 30)), 40, 30, ExtendedColorType::Rgb8).unwrap();
    webp
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [name, &length[..], content, padding].concat()
}

/// Two frames, the first red and the second blue.
fn animated_webp() -> Vec<u8> {
    let frame = |pixel| {
        let still = lossless_webp(pixel);
        let header = [&[0; 6][..], &[39, 0, 0], &[29, 0, 0], &[100, 0, 0], &[0]].concat();
        chunk(b"ANMF", &[&header[..], &still[12..]].concat())
    };
    let canvas = chunk(b"VP8X", &[2, 0, 0, 0, 39, 0, 0, 29, 0, 0]);
    let body = [canvas, chunk(b"ANIM", &[0; 6]), frame([200, 30, 30]), frame([30, 30, 200])].concat();
    chunk(b"RIFF", &[b"WEBP", &body[..]].concat())
}

#[test]
fn webp_is_derived() {
    let derived = derive_default(&lossless_webp([30, 160, 60]));
    assert_eq!((derived.state, derived.facts.photo_type), (DeriveState::Derived, PhotoType::WebP));
    assert_eq!((derived.facts.width, derived.facts.height), (Some(40), Some(30)));
    assert_near(middle_colour(&derived), [30, 160, 60], 4);
}

#[test]
fn animated_webp_shows_its_first_frame_and_says_so() {
    let derived = derive_default(&animated_webp());
    assert_eq!(derived.state, DeriveState::Derived);
    assert!(derived.facts.animated);
    assert_near(middle_colour(&derived), [200, 30, 30], 6);
}

#[test]
fn odd_sizes_are_derived_and_never_enlarged() {
    let cases = [((1, 1), (1, 1), (1, 1)), ((1, 5000), (1, 1600), (1, 320)), ((3333, 7), (1600, 3), (320, 1))];
    for (size, preview_size, thumbnail_size) in cases {
        let derived = derive_default(&jpeg(&flat(&[120, 130, 140], size), size, ColorType::Rgb));
        assert_eq!(derived.state, DeriveState::Derived, "{size:?}");
        let (preview, thumbnail) = (derived.preview.unwrap(), derived.thumbnail.unwrap());
        assert_eq!((preview.width, preview.height), preview_size);
        assert_eq!((thumbnail.width, thumbnail.height), thumbnail_size);
        assert_near(decoded(&preview).get_pixel(0, 0).0, [120, 130, 140], 4);
    }
}

#[test]
fn progressive_and_restart_intervals_give_the_same_picture() {
    let samples = draw_scene(5, 200, 120);
    let plain = derive_default(&jpeg(&samples, (200, 120), ColorType::Rgb));
    let progressive = jpeg_with(&samples, (200, 120), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    let restarts = jpeg_with(&samples, (200, 120), ColorType::Rgb, |encoder| encoder.set_restart_interval(3));
    for other in [progressive, restarts] {
        let derived = derive_default(&other);
        assert_eq!(derived.state, DeriveState::Derived);
        let difference =
            mean_difference(&decoded(derived.preview.as_ref().unwrap()), &decoded(plain.preview.as_ref().unwrap()));
        assert!(difference < 1.0, "{difference}");
    }
}

#[test]
fn cut_jpeg_is_derived_as_far_as_it_goes_and_marked() {
    let photo = field_photo(6, 800, 600, &Stamp::example());
    let derived = derive_default(&photo[..photo.len() / 2]);
    assert_eq!(derived.state, DeriveState::DerivedTruncated);
    assert_eq!(derived.facts, derive_default(&photo).facts);
    let (cut, whole) = (decoded(&derived.preview.unwrap()), decoded(&derive_default(&photo).preview.unwrap()));
    let top = |picture: &image::RgbImage| image::imageops::crop_imm(picture, 0, 0, 800, 150).to_image();
    assert!(mean_difference(&top(&cut), &top(&whole)) < 1.0);
    assert!(mean_difference(&cut, &whole) > 5.0);
}

#[test]
fn cut_progressive_jpeg_is_derived_and_marked() {
    let samples = draw_scene(5, 400, 300);
    let photo = jpeg_with(&samples, (400, 300), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    for share in [3, 5, 7, 9] {
        let derived = derive_default(&photo[..photo.len() * share / 10]);
        assert_eq!(derived.state, DeriveState::DerivedTruncated, "{share} tenths");
    }
}

#[test]
fn cut_png_is_derived_and_marked() {
    let samples = draw_scene(5, 300, 200);
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&samples, 300, 200, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(derive_default(&png).state, DeriveState::Derived);
    assert_eq!(derive_default(&png[..png.len() / 2]).state, DeriveState::DerivedTruncated);
    let header_only = derive_default(&png[..40]);
    assert_eq!(header_only.state, DeriveState::Unsupported { reason: UnsupportedReason::NoPixels });
    assert_eq!(header_only.facts.width, Some(300));
}

#[test]
fn bytes_after_the_end_marker_change_nothing() {
    let photo = field_photo(6, 400, 300, &Stamp::example());
    let mut longer = photo.clone();
    longer.extend_from_slice(&[0xff, 0xd8, 0xff, 0xe1, 0, 4, 1, 2, 3]);
    assert_eq!(derive_default(&longer), derive_default(&photo));
}

#[test]
fn photo_cut_before_its_pixels_keeps_its_facts() {
    let photo = field_photo(6, 400, 300, &Stamp::example());
    let derived = derive_default(&photo[..find_marker(&photo, 0xdb) + 10]);
    assert_eq!(derived.state, DeriveState::Unsupported { reason: UnsupportedReason::NoPixels });
    assert_eq!(derived.facts.exif, derive_default(&photo).facts.exif);
}

#[test]
fn wrong_length_of_the_exif_segment_is_survived() {
    // The block holds a small JPEG of another size, as phones' blocks do.
    let nested = field_photo(9, 32, 24, &Stamp::default());
    let photo = field_photo(6, 400, 300, &Stamp::default());
    let block = paicha_photos::sample::exif_block(&Stamp::example()).unwrap();
    let exif = segment(0xe1, &[b"Exif\0\0", &block[..], &nested, &[0; 20]].concat());
    let right = [&photo[..2], &exif, &photo[2..]].concat();
    let expected = derive_default(&right);
    assert_eq!((expected.facts.width, expected.state), (Some(400), DeriveState::Derived));
    for error in [-300_i32, -7, 5, 90, 20_000] {
        let mut wrong = right.clone();
        let length = i32::from(u16::from_be_bytes([wrong[4], wrong[5]])) + error;
        wrong[4..6].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        let derived = derive_default(&wrong);
        assert_eq!(derived.state, DeriveState::Derived, "{error}");
        assert_eq!(derived.facts, expected.facts, "{error}");
        assert_eq!(derived.preview, expected.preview, "{error}");
    }
}

#[test]
fn hundreds_of_vendor_segments_before_the_tables_are_walked() {
    let photo = field_photo(6, 64, 48, &Stamp::default());
    let vendor = segment(0xe7, &[0xff; 60_000]).repeat(12);
    let derived = derive_default(&[&photo[..2], &vendor, &photo[2..]].concat());
    assert_eq!((derived.state, derived.facts.width), (DeriveState::Derived, Some(64)));
}

#[test]
fn bytes_that_are_no_picture_are_not_an_image() {
    for bytes in
        [&b""[..], b"\xff", b"\xff\xd8", b"plain text", b"PK\x03\x04 a zip", b"%PDF-1.7", "一份文字".as_bytes()]
    {
        let derived = derive_default(bytes);
        assert_eq!(derived.state, DeriveState::NotAnImage, "{bytes:?}");
        assert!(derived.preview.is_none() && derived.scan_sha256.is_none());
    }
}

#[test]
fn heic_and_foreign_formats_say_why_there_is_no_preview() {
    let heic = derive_default(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    assert_eq!(heic.state, DeriveState::Unsupported { reason: UnsupportedReason::HeicNoPreview });
    assert_eq!(heic.facts.photo_type.mime(), "image/heic");
    let gif = derive_default(b"GIF89a\x01\0\x01\0");
    assert_eq!(gif.state, DeriveState::Unsupported { reason: UnsupportedReason::ImageType });
}

#[test]
fn rare_jpeg_codings_say_why_there_is_no_preview() {
    let photo = field_photo(6, 64, 48, &Stamp::default());
    let frame = find_marker(&photo, 0xc0);
    let cases = [
        (1, 0xc9, UnsupportedReason::JpegArithmetic),
        (1, 0xc3, UnsupportedReason::JpegProcess),
        (4, 12, UnsupportedReason::JpegTwelveBit),
    ];
    for (offset, value, reason) in cases {
        let mut rare = photo.clone();
        rare[frame + offset] = value;
        assert_eq!(derive_default(&rare).state, DeriveState::Unsupported { reason });
    }
}

#[test]
fn hashes_survive_encoding_again_and_shrinking_and_tell_scenes_apart() {
    let scene = draw_scene(11, 1200, 900);
    let original = derive_default(&jpeg(&scene, (1200, 900), ColorType::Rgb));
    let again = derive_default(&jpeg_with(&scene, (1200, 900), ColorType::Rgb, |encoder| encoder.set_quality(50)));
    let preview = decoded(original.preview.as_ref().unwrap());
    let small = image::imageops::resize(&preview, 500, 375, image::imageops::FilterType::Triangle);
    let shrunk = derive_default(&jpeg(small.as_raw(), (500, 375), ColorType::Rgb));
    for copy in [&again, &shrunk] {
        assert!((original.phash.unwrap() ^ copy.phash.unwrap()).count_ones() <= 6);
        assert!((original.dhash.unwrap() ^ copy.dhash.unwrap()).count_ones() <= 6);
    }
    let other = derive_default(&jpeg(&draw_scene(12, 1200, 900), (1200, 900), ColorType::Rgb));
    assert!((original.phash.unwrap() ^ other.phash.unwrap()).count_ones() > 10);
    assert!(original.entropy_bits.unwrap() > 5.0);
}

#[test]
fn flat_picture_has_no_entropy() {
    let derived = derive_default(&jpeg(&flat(&[120], (64, 64)), (64, 64), ColorType::Luma));
    assert_eq!(derived.entropy_bits, Some(0.0));
}
