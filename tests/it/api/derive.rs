//! Stored photos become previews, facts and hashes, whatever they are, and the server lives.

use anyhow::{Context as _, Result};
use image::{ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use paicha::blobs::{Derivative, derived_key};
use paicha_db::Engine;
use paicha_photos::DERIVE_VERSION;
use paicha_photos::sample::{Stamp, field_photo};
use paicha_tests::databases::ENGINES;

use super::photo_rig::{Rig, VILLAGE};

async fn picture(rig: &Rig, sha256: &[u8; 32], which: Derivative) -> Result<RgbImage> {
    let bytes = rig.app.blobs.get(&derived_key(sha256, DERIVE_VERSION, which)).await?;
    Ok(image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg)?.to_rgb8())
}

fn mean_difference(left: &RgbImage, right: &RgbImage) -> f64 {
    assert_eq!(left.dimensions(), right.dimensions());
    let sum: u64 = left.as_raw().iter().zip(right.as_raw()).map(|(left, right)| u64::from(left.abs_diff(*right))).sum();
    sum as f64 / left.as_raw().len() as f64
}

#[tokio::test]
async fn photo_taken_sideways_ends_upright_with_its_facts_and_hashes() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        rig.start_jobs();
        let phone = rig.phone(VILLAGE).await?;
        let upright = field_photo(3, 1200, 900, &Stamp::example());
        let sideways = field_photo(3, 1200, 900, &Stamp { orientation: 6, ..Stamp::example() });
        let mut thumbnails = Vec::new();
        let mut hashes = Vec::new();
        for bytes in [upright, sideways] {
            let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
            rig.upload(&phone, &photo, &bytes).await?;
            let row = rig.photo_when(photo.id, |photo| photo.derive_version == DERIVE_VERSION).await?;
            assert_eq!(row.derive_state.as_deref(), Some("derived"));
            assert!(row.entropy_bits.is_some_and(|bits| bits > 1.0));
            hashes.push(row.phash.context("phash")?);
            let preview = picture(&rig, &photo.sha256, Derivative::Preview).await?;
            assert_eq!(preview.dimensions(), (1200, 900));
            thumbnails.push(picture(&rig, &photo.sha256, Derivative::Thumbnail).await?);
            let derived = rig.derived(photo.id).await?;
            assert_eq!(derived["preview"]["width"], 1200);
            assert_eq!(derived["exif"]["model"], "YX-200");
            assert_eq!(derived["exif"]["taken_at_text"], "2026-03-04T15:16:17");
            assert_eq!(derived["dhash"].as_str().map(str::len), Some(16));
        }
        assert!(mean_difference(&thumbnails[0], &thumbnails[1]) < 3.0);
        assert!((hashes[0] ^ hashes[1]).count_ones() <= 4);
        rig.stop().await?;
    }
    Ok(())
}

fn cmyk() -> Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90).encode(&[0, 90, 200, 10].repeat(64 * 48), 64, 48, ColorType::CmykAsYcck)?;
    Ok(jpeg)
}

/// A small file that says it is 65,500 pixels wide and high.
fn bomb() -> Vec<u8> {
    let mut photo = field_photo(1, 64, 48, &Stamp::default());
    let frame = photo.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap_or_default();
    photo[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    photo
}

#[tokio::test]
async fn every_file_ends_in_a_state_and_the_server_lives() -> Result<()> {
    let mut rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let whole = field_photo(6, 400, 300, &Stamp::example());
    let files = [
        (bomb(), "refused", Some("too_many_pixels")),
        (whole[..whole.len() / 2].to_vec(), "derived_truncated", None),
        (cmyk()?, "derived", None),
        (b"not a picture at all".to_vec(), "not_an_image", None),
        (b"\0\0\0\x18ftypheic".to_vec(), "unsupported", Some("heic_no_preview")),
        (Vec::new(), "not_an_image", None),
    ];
    let mut photos = Vec::new();
    for (bytes, state, reason) in &files {
        let photo = rig.declare(&phone, VILLAGE, bytes).await?;
        if bytes.is_empty() {
            rig.create(&phone, &photo).await?;
        } else {
            rig.upload(&phone, &photo, bytes).await?;
        }
        photos.push((photo, state, reason));
    }
    // All of them wait already when the jobs start, as after a restart.
    rig.start_jobs();
    for (photo, state, reason) in photos {
        let row = rig.photo_when(photo.id, |photo| photo.derive_version == DERIVE_VERSION).await?;
        assert_eq!(row.derive_state.as_deref(), Some(*state));
        assert_eq!(rig.derived(photo.id).await?["reason"].as_str(), *reason);
    }
    rig.stop().await
}

#[tokio::test]
async fn photo_larger_than_the_memory_for_all_is_refused_and_the_others_go_on() -> Result<()> {
    let mut rig = Rig::start(Engine::Sqlite, &[("photos.memory_mib", "64"), ("photos.workers", "3")]).await?;
    let phone = rig.phone(VILLAGE).await?;
    // 7,000 x 5,000 pixels by their header: more than 64 MiB, within the limit of pixels.
    let mut large = field_photo(1, 64, 48, &Stamp::default());
    let frame = large.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap_or_default();
    large[frame + 5..frame + 9].copy_from_slice(&[0x13, 0x88, 0x1b, 0x58]);
    let mut files = vec![(large, "refused")];
    files.extend((1..=4).map(|seed| (field_photo(seed, 800, 600, &Stamp::default()), "derived")));
    let mut photos = Vec::new();
    for (bytes, state) in &files {
        let photo = rig.declare(&phone, VILLAGE, bytes).await?;
        rig.upload(&phone, &photo, bytes).await?;
        photos.push((photo, *state));
    }
    rig.start_jobs();
    for (photo, state) in photos {
        let row = rig.photo_when(photo.id, |photo| photo.derive_version == DERIVE_VERSION).await?;
        assert_eq!(row.derive_state.as_deref(), Some(state));
    }
    rig.stop().await
}
