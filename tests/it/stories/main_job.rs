//! The main job: captured without signal, handed in later, printed. Twice changes nothing.

use super::{VILLAGE, check_handed_in, hazards, inspector, on_both_engines};
use anyhow::{Context as _, Result, ensure};
use paicha::blobs::{Derivative, derived_key, original_key};
use paicha_client::phone::CaptureReceipt;
use paicha_db::projections::{PhotoRow, find_photos, list_photo_links};
use paicha_photos::sample::{Stamp, draw_scene, field_photo};
use paicha_tests::app::TestApp;
use paicha_tests::phones::{finding, sync};
use paicha_tests::proxy::Proxy;
use reqwest::Method;
use std::time::Duration;
use sync_protocol::role::Role;
use tokio::sync::watch;
use uuid::Uuid;

const DESCRIPTION: &str = "配电箱门敞开，线头裸露";
/// How long the jobs may take for three thumbnails; far longer than they do.
const DERIVED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_was_captured_without_signal_is_printed_once() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let line = Proxy::start(Some(&app.url)).await?;
        let phone = inspector(&app, folder.path(), "inspector", &line.url).await?;
        let (stop, stopped) = watch::channel(false);
        let jobs = paicha::jobs::spawn(app.app.clone(), stopped);

        line.lead_to(None)?;
        let photos: Vec<Vec<u8>> = [(1, 6), (2, 3), (3, 8)]
            .into_iter()
            .map(|(seed, orientation)| field_photo(seed, 800, 600, &Stamp { orientation, ..Stamp::example() }))
            .collect();
        let receipt = phone.capture(finding(VILLAGE, DESCRIPTION, photos.clone())).await?;
        ensure!(sync(&phone).await.is_err(), "the server is off");
        ensure!(hazards(&app.app.database, VILLAGE).await?.is_empty());

        line.lead_to(Some(&app.url))?;
        let report = sync(&phone).await?;
        ensure!((report.answered, report.photos_stored) == (receipt.ops, 3), "{report:?}");
        check_handed_in(&app.app.database, &phone, VILLAGE).await?;
        ensure!(hazards(&app.app.database, VILLAGE).await? == [DESCRIPTION]);
        check_photos(&app, &receipt, &photos).await?;
        check_form(&app).await?;

        let again = sync(&phone).await?;
        ensure!((again.answered, again.photos_stored, again.photo_bytes) == (0, 0, 0), "{again:?}");
        ensure!(hazards(&app.app.database, VILLAGE).await? == [DESCRIPTION]);
        check_form(&app).await?;

        let _ = stop.send(true);
        jobs.await?;
        phone.close().await;
        Ok(())
    })
    .await
}

/// The originals are what was captured, show the hazard as it was found, and their thumbnails stand upright.
async fn check_photos(app: &TestApp, receipt: &CaptureReceipt, photos: &[Vec<u8>]) -> Result<()> {
    let ids: Vec<Uuid> = receipt.photos.iter().map(|photo| photo.0).collect();
    let mut tx = app.app.database.begin_read().await?;
    let links = list_photo_links(&mut tx, &[receipt.hazards[0].0], 10).await?;
    tx.rollback().await?;
    ensure!(links.len() == ids.len() && links.iter().all(|link| link.role == "before"), "{links:?}");
    let rows = tokio::time::timeout(DERIVED_WITHIN, derived(app, &ids)).await.context("no thumbnails")??;
    for (place, id) in ids.iter().enumerate() {
        let row = rows.iter().find(|row| row.id == *id).context("a photo is missing")?;
        let sha256 = row.sha256.as_slice().try_into()?;
        ensure!(app.app.blobs.get(&original_key(&sha256)).await? == photos[place]);
        let key = derived_key(&sha256, row.derive_version, Derivative::Thumbnail);
        let thumbnail = image::load_from_memory(&app.app.blobs.get(&key).await?)?.to_rgb8();
        ensure!(thumbnail.dimensions() == (320, 240), "photo {place}: {:?}", thumbnail.dimensions());
        let seed = u64::try_from(place)? + 1;
        let scene =
            image::RgbImage::from_raw(320, 240, draw_scene(seed, 320, 240)).context("the scene has that size")?;
        let right = difference(&thumbnail, &scene);
        let upside_down = difference(&image::imageops::rotate180(&thumbnail), &scene);
        ensure!(right * 2.0 < upside_down, "photo {place} is not upright: {right} against {upside_down}");
    }
    Ok(())
}

async fn derived(app: &TestApp, ids: &[Uuid]) -> Result<Vec<PhotoRow>> {
    loop {
        let mut tx = app.app.database.begin_read().await?;
        let rows = find_photos(&mut tx, ids).await?;
        tx.rollback().await?;
        if rows.len() == ids.len() && rows.iter().all(|row| row.derive_state.as_deref() == Some("derived")) {
            return Ok(rows);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn difference(one: &image::RgbImage, other: &image::RgbImage) -> f64 {
    let sum: u64 = one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.as_raw().len() as f64
}

/// 附件1 has the row once, with its pictures.
async fn check_form(app: &TestApp) -> Result<()> {
    let office = match app.sign_in("office", None).await {
        Ok(office) => office,
        Err(_) => app.user("office", Role::R2, &[VILLAGE]).await?,
    };
    let path = format!("/v1/forms/appendix1?village={VILLAGE}&month=2023-06");
    let rows = app.get(Some(&office), &format!("{path}&format=json")).await?.ok()?["form"]["rows"].clone();
    let rows = rows.as_array().context("rows")?;
    ensure!(rows.len() == 1, "{rows:?}");
    ensure!(rows[0]["finding"].as_str().is_some_and(|text| text.contains(DESCRIPTION)), "{}", rows[0]);
    ensure!(rows[0]["pictures"].as_array().is_some_and(|pictures| pictures.len() == 2), "{}", rows[0]);
    ensure!(rows[0]["picture_note"] == "等3张", "{}", rows[0]);
    let file = app.request(Method::GET, &path).bearer_auth(&office.access_token).send().await?.bytes().await?;
    // Names in a ZIP are not compressed; each stands in front of its file and in the directory at the end.
    let pictures = file.windows(14).filter(|window| *window == b"xl/media/image").count();
    ensure!(pictures == 4, "{pictures} names of pictures");
    Ok(())
}
