//! An inspector who was sent to help in a village that is not theirs: the work is kept, the office takes it in, and the photos follow.

use anyhow::{Context as _, Result, ensure};
use paicha::usecases::verify_store::verify_store;
use paicha_tests::phones::{finding, long_photo, sync};
use serde_json::json;
use sync_protocol::role::Role;

use super::{hazards, inspector, on_both_engines};

const NEIGHBOUR: &str = "900000009007";

#[tokio::test]
async fn work_in_another_village_counts_once_the_office_takes_it_in() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "helper", &app.url).await?;
        app.village(NEIGHBOUR, "邻村").await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        phone.capture(finding(NEIGHBOUR, "邻村粉尘作业点无除尘", vec![long_photo(7, 40_000)])).await?;
        sync(&phone).await?;
        ensure!(hazards(&app.app.database, NEIGHBOUR).await?.is_empty(), "nothing counts without a right");
        ensure!(phone.status().await?.photos_owed == 1, "the photo stays on the phone");

        let reviews = app.get(Some(&office), "/v1/reviews").await?.ok()?;
        let op = reviews["items"][0]["op"].as_str().context("a question about it")?.to_owned();
        let admitted = app.post(Some(&office), &format!("/v1/operations/{op}/admit"), &json!({})).await?.ok()?;
        ensure!(admitted["operations"].as_u64().is_some_and(|count| count >= 3), "{admitted}");
        let again = app.post(Some(&office), &format!("/v1/operations/{op}/admit"), &json!({})).await?.ok()?;
        ensure!(again["operations"] == 0, "once is enough: {again}");
        ensure!(hazards(&app.app.database, NEIGHBOUR).await? == ["邻村粉尘作业点无除尘"]);
        let left = app.get(Some(&office), "/v1/reviews").await?.ok()?;
        let whys: Vec<&str> =
            left["items"].as_array().into_iter().flatten().filter_map(|item| item["why"].as_str()).collect();
        ensure!(!whys.contains(&"out_of_scope"), "{whys:?}");

        sync(&phone).await?;
        ensure!(phone.status().await?.photos_owed == 0, "the bytes follow");
        let listed = app.get(Some(&office), &format!("/v1/hazards?village={NEIGHBOUR}")).await?.ok()?;
        ensure!(listed["items"][0]["photos"] == json!({ "declared": 1, "stored": 1 }), "{listed}");
        ensure!(listed["items"][0]["place_name"] == "云杉木器加工点", "{listed}");
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        ensure!(report.is_clean(), "{report:?}");
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn work_in_a_village_that_is_imported_later_counts_once_the_office_takes_it_in() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "early", &app.url).await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        phone.capture(finding(NEIGHBOUR, "新划村配电箱门敞开", vec![long_photo(7, 40_000)])).await?;
        sync(&phone).await?;
        let reviews = app.get(Some(&office), "/v1/reviews").await?.ok()?;
        ensure!(reviews["items"][0]["why"] == "unknown_village", "{reviews}");
        let path = format!("/v1/operations/{}/admit", reviews["items"][0]["op"].as_str().context("an operation")?);
        let early = app.post(Some(&office), &path, &json!({})).await?;
        ensure!(early.body["detail"].as_str().is_some_and(|text| text.contains("还没有导入")), "{early:?}");
        app.village(NEIGHBOUR, "新划村").await?;
        let admitted = app.post(Some(&office), &path, &json!({})).await?.ok()?;
        ensure!(admitted["operations"].as_u64().is_some_and(|count| count >= 3), "{admitted}");
        ensure!(hazards(&app.app.database, NEIGHBOUR).await? == ["新划村配电箱门敞开"]);
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        ensure!(report.is_clean(), "{report:?}");
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_original_that_the_store_lost_is_taken_again_from_a_phone_that_has_it() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let photo = long_photo(9, 30_000);
        let first = inspector(&app, folder.path(), "first", &app.url).await?;
        first.capture(finding(super::VILLAGE, "甲", vec![photo.clone()])).await?;
        sync(&first).await?;
        let hash = sync_protocol::digest::sha256(&photo);
        let key = paicha::blobs::original_key(&hash);
        app.app.blobs.delete(&key).await?;
        let second = inspector(&app, folder.path(), "second", &app.url).await?;
        second.capture(finding(super::VILLAGE, "乙", vec![photo.clone()])).await?;
        sync(&second).await?;
        ensure!(app.app.blobs.get(&key).await?.as_ref() == photo.as_slice(), "the original is here again");
        first.close().await;
        second.close().await;
        Ok(())
    })
    .await
}
