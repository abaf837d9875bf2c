//! Files made to cost time or memory, and damage of every kind: bounded, and never a panic.

use std::time::{Duration, Instant};

use jpeg_encoder::ColorType;
use paicha_photos::sample::{Stamp, draw_scene, field_photo};
use paicha_photos::{
    DeriveError, DeriveLimits, DeriveState, RefusedReason, UnsupportedReason, derive, estimate_memory_bytes,
};

use crate::pictures::{derive_default, find_marker, flat, jpeg, jpeg_with, segment};

fn refused(reason: RefusedReason) -> DeriveState {
    DeriveState::Refused { reason }
}

fn with_stated_size(mut photo: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let frame = find_marker(&photo, 0xc0);
    photo[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    photo[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    photo
}

#[test]
fn pixel_bombs_are_refused_from_the_header() {
    let small = jpeg(&flat(&[9, 9, 9], (8, 8)), (8, 8), ColorType::Rgb);
    let started = Instant::now();
    let derived = derive_default(&with_stated_size(small, 65_500, 65_500));
    assert_eq!(derived.state, refused(RefusedReason::TooManyPixels));
    assert_eq!(derived.facts.width, Some(65_500));
    let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &[0, 1, 0, 0, 0, 1, 0, 0, 8, 2, 0, 0, 0]].concat();
    assert_eq!(derive_default(&png).state, refused(RefusedReason::TooManyPixels));
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn photo_over_the_memory_budget_is_refused_before_decoding() {
    let photo = field_photo(2, 1000, 800, &Stamp::default());
    let needed = estimate_memory_bytes(&photo).unwrap();
    assert!(needed > 1000 * 800 * 3);
    let enough = DeriveLimits { memory_bytes_max: needed, ..DeriveLimits::default() };
    assert_eq!(derive(&photo, &enough).state, DeriveState::Derived);
    let short = DeriveLimits { memory_bytes_max: needed - 1, ..DeriveLimits::default() };
    assert_eq!(derive(&photo, &short).state, refused(RefusedReason::TooMuchMemory));
}

#[test]
fn progressive_photos_need_more_memory_than_baseline_ones() {
    let samples = draw_scene(1, 400, 300);
    let baseline = jpeg(&samples, (400, 300), ColorType::Rgb);
    let progressive = jpeg_with(&samples, (400, 300), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    assert!(estimate_memory_bytes(&progressive).unwrap() > estimate_memory_bytes(&baseline).unwrap());
}

#[test]
fn estimate_says_why_nothing_will_be_decoded() {
    assert_eq!(estimate_memory_bytes(b"text"), Err(DeriveError::NotAnImage));
    let heic = DeriveError::Unsupported(UnsupportedReason::HeicNoPreview);
    assert_eq!(estimate_memory_bytes(b"\0\0\0\x18ftypheic"), Err(heic));
    assert!(heic.to_string().contains("原图"));
}

/// A progressive photo whose last scan is repeated.
fn scan_bomb(repeats: usize) -> Vec<u8> {
    let photo =
        jpeg_with(&draw_scene(1, 400, 300), (400, 300), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    let last = photo.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let (head, scan) = (&photo[..last], &photo[last..photo.len() - 2]);
    [head, &scan.repeat(repeats), &[0xff, 0xd9]].concat()
}

#[test]
fn thousand_scans_are_refused_in_bounded_time() {
    let bomb = scan_bomb(1000);
    let started = Instant::now();
    assert_eq!(derive_default(&bomb).state, refused(RefusedReason::TooManyScans));
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(derive_default(&scan_bomb(1)).state, DeriveState::Derived);
}

#[test]
fn scans_times_pixels_are_bounded_too() {
    let photo = scan_bomb(50);
    let frame = find_marker(&photo, 0xc2);
    let mut bomb = photo;
    bomb[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert_eq!(derive_default(&bomb).state, refused(RefusedReason::TooManyScans));
}

#[test]
fn endless_headers_are_refused() {
    let photo = field_photo(6, 64, 48, &Stamp::default());
    let many = segment(0xe7, &[]).repeat(5000);
    let derived = derive_default(&[&photo[..2], &many, &photo[2..]].concat());
    assert_eq!(derived.state, refused(RefusedReason::HeaderTooLong));
}

#[test]
fn every_truncation_ends_in_a_state() {
    let photo = field_photo(8, 48, 40, &Stamp::example());
    let progressive =
        jpeg_with(&draw_scene(8, 48, 40), (48, 40), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    for bytes in [photo, progressive] {
        for length in 0..bytes.len() {
            let derived = derive_default(&bytes[..length]);
            assert_ne!(derived.state, DeriveState::Derived, "{length} of {}", bytes.len());
            let has_pictures = derived.state == DeriveState::DerivedTruncated;
            assert_eq!(derived.preview.is_some(), has_pictures);
        }
    }
}

/// A fixed sequence, so that a failure repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[test]
fn random_damage_never_panics() {
    let progressive =
        jpeg_with(&draw_scene(8, 48, 40), (48, 40), ColorType::Rgb, |encoder| encoder.set_progressive(true));
    let inks = jpeg(&flat(&[0, 90, 200, 10], (24, 24)), (24, 24), ColorType::CmykAsYcck);
    let mut random = Random(42);
    for photo in [field_photo(8, 48, 40, &Stamp::example()), progressive, inks] {
        for _ in 0..1500 {
            let mut damaged = photo.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(damaged.len());
                damaged[at] = u8::try_from(random.below(256)).unwrap();
            }
            let derived = derive_default(&damaged);
            assert_eq!(derived.preview.is_some(), derived.phash.is_some());
        }
    }
}
