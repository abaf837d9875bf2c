//! Photos: what is known of them, their files, who may open them, and what a browser may keep.

use anyhow::{Context as _, Result};
use paicha::blobs::{Derivative, derived_key, original_key};
use paicha::usecases::verify_store::verify_store;
use paicha_db::Engine;
use paicha_photos::sample::{Stamp, field_photo};
use paicha_tests::databases::ENGINES;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::findings_rig::{Field, get, id, json_of, refusal, stable};
use super::photo_rig::{OTHER_VILLAGE, Rig, VILLAGE};

const MINUTE_US: i64 = 60 * 1_000_000;

async fn open(rig: &Rig, link: &Value) -> Result<Response> {
    let path = link.as_str().context("a link")?;
    Ok(rig.client.get(format!("http://{}{path}", rig.address)).send().await?)
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn a_stored_photo_has_facts_and_links_that_open_without_signing_in() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        rig.start_jobs();
        let mut field = Field::new(&rig, VILLAGE).await?;
        let bytes = field_photo(1, 800, 600, &Stamp::default());
        field.hazard(20, 10, json!({})).await?;
        field.photo(20, 30, "before", &bytes).await?;
        let facts = field.json(&format!("/v1/photos/{}", id(30))).await?;
        let mut told = stable(&facts);
        told["sha256"].take();
        insta::assert_json_snapshot!("photo_facts", told);

        let original = open(&rig, &facts["links"]["original"]).await?;
        assert_eq!(header(&original, "content-type"), "image/jpeg", "by its bytes, not by what the phone claimed");
        assert!(header(&original, "content-disposition").starts_with("attachment; filename=\""));
        assert_eq!(original.bytes().await?, bytes);
        let thumbnail = open(&rig, &facts["links"]["thumbnail"]).await?;
        let kept = [header(&thumbnail, "cache-control"), header(&thumbnail, "x-content-type-options")];
        assert_eq!(kept, ["private, max-age=1800, immutable", "nosniff"]);
        let tag = header(&thumbnail, "etag").to_owned();
        let picture = image::load_from_memory(&thumbnail.bytes().await?)?;
        assert_eq!((picture.width(), picture.height()), (320, 240));

        let path = format!("/v1/photos/{}/thumbnail", id(30));
        let again = rig.request(&field.phone, Method::GET, &path).header("if-none-match", &tag).send().await?;
        assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, tag.as_str()));
        assert!(again.bytes().await?.is_empty());
        let listed = field.json("/v1/hazards").await?["items"][0].clone();
        assert_eq!(listed["photos"], json!({ "declared": 1, "stored": 1 }));
        assert_eq!(open(&rig, &listed["thumbnail"]).await?.status(), 200);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_photo_with_the_id_of_another_record_takes_nothings_place() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.place(40, "演示厂").await?;
        field.hazard(20, 10, json!({})).await?;
        for taken in [20, 40] {
            let photo = json!({ "kind": "photo.attach", "photo": id(taken), "sha256": "ab".repeat(32), "bytes": 10,
                "mime": "image/jpeg", "role": "before" });
            let result = field.push(20, photo).await?;
            assert_eq!((&result["status"], &result["fields"]["photos"]), (&json!("review"), &json!("invalid_value")));
        }
        let hazard = field.json(&format!("/v1/hazards/{}", id(20))).await?;
        assert_eq!(hazard["pending"].as_array().map(Vec::len), Some(2), "both are kept for people to look at");
        assert_eq!(field.json("/v1/hazards").await?["items"][0]["description"], "插座破损");
        let report = verify_store(&rig.app.database, Some(&rig.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_link_opens_one_file_for_less_than_an_hour() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        rig.start_jobs();
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.hazard(20, 10, json!({})).await?;
        field.photo(20, 30, "before", &field_photo(1, 400, 300, &Stamp::default())).await?;
        let links = field.json(&format!("/v1/photos/{}", id(30))).await?["links"].clone();
        let key = links["thumbnail"].as_str().and_then(|link| link.split_once("?key=")).context("a key")?.1.to_owned();
        for path in [
            format!("/v1/photos/{}/original?key={key}", id(30)),
            format!("/v1/photos/{}/thumbnail?key={key}", id(31)),
            format!("/v1/photos/{}/thumbnail?key=AAAA", id(30)),
        ] {
            assert_eq!(open(&rig, &json!(path)).await?.status(), 404, "{path}");
        }
        rig.clock.advance(14 * MINUTE_US);
        assert_eq!(open(&rig, &links["thumbnail"]).await?.status(), 200);
        rig.clock.advance(16 * MINUTE_US);
        assert_eq!(open(&rig, &links["thumbnail"]).await?.status(), 404);
        let unsigned = open(&rig, &json!(format!("/v1/photos/{}/thumbnail", id(30)))).await?;
        assert_eq!(unsigned.status(), 401);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_photo_that_is_not_here_yet_says_so() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.hazard(20, 10, json!({})).await?;
        let text = b"<script>alert(1)</script> is no picture";
        let declared = field.attach(20, 30, "before", text).await?;
        let thumbnail = format!("/v1/photos/{}/thumbnail", id(30));
        let original = format!("/v1/photos/{}/original", id(30));
        for path in [&thumbnail, &original] {
            let answer = field.get(path).await?;
            assert_eq!((answer.status().as_u16(), header(&answer, "cache-control")), (202, "no-store"));
            let told = json!({ "stage": "declared", "text": "照片还没传完，请保持手机联网，勿卸载程序" });
            assert_eq!(answer.json::<Value>().await?, told);
        }
        let owed = field.json("/v1/villages").await?["items"][0]["photos_owed"].clone();
        assert_eq!(owed, json!(1));
        field.rig.upload(&field.phone, &declared, text).await?;
        let waiting = field.get(&thumbnail).await?;
        assert_eq!((waiting.status().as_u16(), &waiting.json::<Value>().await?["stage"]), (202, &json!("stored")));
        let phone = field.phone.clone();
        rig.start_jobs();
        rig.photo_when(id(30), |row| row.derive_state.is_some()).await?;
        let answer = get(&rig, &phone, &thumbnail).await?;
        assert_eq!(answer.json::<Value>().await?["stage"], "not_showable");
        let answer = get(&rig, &phone, &original).await?;
        assert_eq!(header(&answer, "content-type"), "application/octet-stream", "never what a phone claims");
        assert!(header(&answer, "content-disposition").contains("attachment"));
        assert_eq!(answer.bytes().await?.as_ref(), text);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_original_is_answered_in_parts() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        rig.start_jobs();
        let mut field = Field::new(&rig, VILLAGE).await?;
        let bytes = field_photo(1, 400, 300, &Stamp::default());
        field.hazard(20, 10, json!({})).await?;
        field.photo(20, 30, "before", &bytes).await?;
        let path = format!("/v1/photos/{}/original", id(30));
        let ask = |range: &'static str| rig.request(&field.phone, Method::GET, &path).header("range", range).send();
        let part = ask("bytes=10-19").await?;
        assert_eq!(part.status(), 206);
        assert_eq!(header(&part, "content-range"), format!("bytes 10-19/{}", bytes.len()));
        assert_eq!(part.bytes().await?, bytes[10..20]);
        let beyond = ask("bytes=99999999-").await?;
        assert_eq!(
            (beyond.status().as_u16(), header(&beyond, "content-range")),
            (416, &*format!("bytes */{}", bytes.len()))
        );
        let whole = ask("bytes=0-1,3-4").await?;
        assert_eq!((whole.status().as_u16(), whole.bytes().await?.len()), (200, bytes.len()));
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_photo_without_a_byte_is_answered_as_what_it_is() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        rig.start_jobs();
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.hazard(20, 10, json!({})).await?;
        field.photo(20, 30, "before", b"").await?;
        let original = get(&rig, &field.phone, &format!("/v1/photos/{}/original", id(30))).await?;
        assert_eq!((original.status().as_u16(), header(&original, "content-length")), (200, "0"));
        assert!(original.bytes().await?.is_empty());
        let report = verify_store(&rig.app.database, Some(&rig.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_photo_of_another_village_looks_as_if_it_were_not_there() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut there = Field::new(&rig, OTHER_VILLAGE).await?;
        there.hazard(20, 10, json!({})).await?;
        there.attach(20, 30, "before", b"not sent yet").await?;
        let here = rig.phone(VILLAGE).await?;
        let unknown = refusal(&rig, &here, &format!("/v1/photos/{}", id(99))).await?;
        assert_eq!(unknown.0, 404);
        for path in [format!("/v1/photos/{}", id(30)), format!("/v1/photos/{}/original", id(30))] {
            assert_eq!(refusal(&rig, &here, &path).await?, unknown, "{path}");
        }
        assert_eq!(json_of(&rig, &there.phone, &format!("/v1/photos/{}", id(30))).await?["records"], json!([id(20)]));
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_preview_that_is_lost_is_made_again_and_the_form_says_so_meanwhile() -> Result<()> {
    let mut rig = Rig::start(Engine::Sqlite, &[]).await?;
    rig.start_jobs();
    let mut field = Field::new(&rig, VILLAGE).await?;
    field.hazard(20, 10, json!({})).await?;
    let bytes = field_photo(1, 800, 600, &Stamp::default());
    field.photo(20, 30, "before", &bytes).await?;
    let phone = field.phone.clone();
    let photo = rig.photo_when(id(30), |row| row.derive_state.is_some()).await?;
    let path = format!("/v1/photos/{}/thumbnail", id(30));
    assert_eq!(get(&rig, &phone, &path).await?.status(), 200);
    let hash = photo.sha256.as_slice().try_into()?;
    let original = format!("/v1/photos/{}/original", id(30));
    for lost in [Derivative::Thumbnail, Derivative::Preview] {
        rig.app.blobs.delete(&derived_key(&hash, photo.derive_version, lost)).await?;
    }
    let answer = get(&rig, &phone, &path).await?;
    assert_eq!((answer.status().as_u16(), &answer.json::<Value>().await?["stage"]), (202, &json!("stored")));
    let mut tries = 0;
    while get(&rig, &phone, &path).await?.status() != 200 {
        tries += 1;
        anyhow::ensure!(tries < 400, "it is not made again");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(get(&rig, &phone, &format!("/v1/photos/{}/preview", id(30))).await?.status(), 200);
    rig.app.blobs.delete(&original_key(&hash)).await?;
    let answer = get(&rig, &phone, &original).await?;
    assert_eq!((answer.status().as_u16(), &answer.json::<Value>().await?["stage"]), (202, &json!("declared")));
    rig.stop().await
}
