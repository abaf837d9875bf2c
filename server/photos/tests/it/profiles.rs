//! Colour profiles made to cost memory: one that is too large counts as none, in every kind of file, and the picture is shown all the same.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::ColorType;
use moxcms::ColorProfile;
use paicha_photos::{DeriveState, PhotoType};

use crate::pictures::{assert_near, derive_default, flat, jpeg_with, middle_colour};

const SIZE: (u16, u16) = (40, 30);
const PIXEL: [u8; 3] = [200, 60, 40];
/// `PIXEL` of Display P3 as sRGB.
const CONVERTED: [u8; 3] = [217, 42, 23];
/// Just over what a profile may have.
const TOO_LARGE: usize = (4 << 20) + 1;

/// A Display P3 profile with zeros after it, as long as wanted.
fn profile(length: Option<usize>) -> Vec<u8> {
    let mut profile = ColorProfile::new_display_p3().encode().unwrap();
    profile.resize(length.unwrap_or(profile.len()), 0);
    profile
}

fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, &crc.sum().to_be_bytes()].concat()
}

/// A PNG with this chunk before its pixels.
fn png_with(name: &[u8; 4], head: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&flat(&PIXEL, SIZE), 40, 30, ExtendedColorType::Rgb8).unwrap();
    let mut packed = ZlibEncoder::new(head.to_vec(), Compression::best());
    packed.write_all(plain).unwrap();
    let pixels = png.split_off(33);
    [png, png_chunk(name, &packed.finish().unwrap()), pixels].concat()
}

fn webp_with(profile: Vec<u8>) -> Vec<u8> {
    let mut webp = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut webp);
    encoder.set_icc_profile(profile).unwrap();
    encoder.encode(&flat(&PIXEL, SIZE), 40, 30, ExtendedColorType::Rgb8).unwrap();
    webp
}

fn jpeg_with_profile(profile: &[u8]) -> Vec<u8> {
    jpeg_with(&flat(&PIXEL, SIZE), SIZE, ColorType::Rgb, |encoder| encoder.add_icc_profile(profile).unwrap())
}

#[test]
fn a_profile_counts_up_to_its_limit_and_is_none_beyond() {
    for (length, colour) in [(None, CONVERTED), (Some(TOO_LARGE - 1), CONVERTED), (Some(TOO_LARGE), PIXEL)] {
        let files = [
            (PhotoType::Png, png_with(b"iCCP", b"p3\0\0", &profile(length))),
            (PhotoType::WebP, webp_with(profile(length))),
            (PhotoType::Jpeg, jpeg_with_profile(&profile(length))),
        ];
        for (kind, file) in files {
            let derived = derive_default(&file);
            assert_eq!((derived.facts.photo_type, derived.state), (kind, DeriveState::Derived), "{length:?}");
            assert_near(middle_colour(&derived), colour, 5);
        }
    }
}

/// The most memory that this process ever had, in MiB. Every test is a process of its own.
#[cfg(target_os = "linux")]
fn most_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[cfg(target_os = "linux")]
#[test]
fn packed_chunks_do_not_cost_what_they_unpack_to() {
    let plain = vec![0; 64 << 20];
    let heads: [(&[u8; 4], &[u8]); 3] = [(b"iCCP", b"a\0\0"), (b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\x01\0\0\0")];
    let bombs = heads.map(|(name, head)| png_with(name, head, &plain));
    let before = most_memory_mib();
    // What making the bombs took is free again and may be used.
    let kept = plain;
    for bomb in &bombs {
        assert_eq!(derive_default(bomb).state, DeriveState::Derived);
    }
    let rise = most_memory_mib() - before;
    assert!(rise < 40, "{rise} MiB more, with {} held", kept.len());
}
