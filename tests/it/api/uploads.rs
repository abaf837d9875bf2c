//! Photos arrive by tus 1.0: what the protocol says, and what makes repeating harmless.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paicha::blobs::original_key;
use paicha_db::Engine;
use paicha_tests::databases::ENGINES;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::digest::{sha256, to_hex};
use uuid::Uuid;

use super::photo_rig::{Declared, OTHER_VILLAGE, Rig, VILLAGE, header, noise, problem};

#[tokio::test]
async fn photo_sent_in_pieces_becomes_stored() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let phone = rig.phone(VILLAGE).await?;
        let bytes = noise(1, 2_500_000);
        let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
        let path = rig.create(&phone, &photo).await?;
        for (start, end) in [(0, 700_000), (700_000, 2_100_000), (2_100_000, bytes.len())] {
            assert_eq!(rig.offset(&phone, &path).await?, start);
            assert!(!rig.photo(photo.id).await?.stored);
            let answer = rig.append(&phone, &path, start, &bytes[start..end]).send().await?;
            assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (204, Some(end.to_string())));
            assert_eq!(header(&answer, "tus-resumable").as_deref(), Some("1.0.0"));
            assert_eq!(header(&answer, "upload-expires").is_some(), end < bytes.len());
        }
        assert!(rig.photo(photo.id).await?.stored);
        assert_eq!(rig.app.blobs.get(&original_key(&photo.sha256)).await?, bytes);
        assert_eq!(rig.staged().await?, Vec::<String>::new());
        let answer = rig.tus(&phone, Method::HEAD, &path).send().await?;
        assert_eq!(header(&answer, "upload-offset"), header(&answer, "upload-length"));
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-store"));
        let metadata = header(&answer, "upload-metadata").context("Upload-Metadata")?;
        assert!(metadata.contains(&STANDARD.encode(to_hex(&photo.sha256))), "{metadata}");
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn options_say_what_is_offered_and_other_versions_are_refused() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[("limits.photo_mib_max", "2")]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let answer = rig.client.request(Method::OPTIONS, format!("http://{}/v1/uploads", rig.address)).send().await?;
    assert_eq!(answer.status(), 204);
    let expected = [
        ("tus-version", "1.0.0"),
        ("tus-resumable", "1.0.0"),
        ("tus-max-size", "2097152"),
        ("tus-checksum-algorithm", "sha1,sha256"),
        ("tus-extension", "creation,creation-with-upload,checksum,expiration,termination"),
    ];
    for (name, value) in expected {
        assert_eq!(header(&answer, name).as_deref(), Some(value), "{name}");
    }
    let bytes = noise(2, (2 << 20) + 1);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    for version in [None, Some("0.2.2")] {
        let request = rig.request(&phone, Method::POST, "/v1/uploads");
        let request = version.into_iter().fold(request, |request, version| request.header("Tus-Resumable", version));
        let answer = request.send().await?;
        assert_eq!(header(&answer, "tus-version").as_deref(), Some("1.0.0"));
        assert_eq!(problem(answer).await?, (412, "tus-version".to_owned()));
    }
    assert_eq!(problem(rig.creation(&phone, &photo).send().await?).await?, (413, "too-large".to_owned()));
    let without_length = rig.tus(&phone, Method::POST, "/v1/uploads").header("Upload-Defer-Length", "1").send().await?;
    assert_eq!(problem(without_length).await?, (400, "bad-parameter".to_owned()));
    rig.stop().await
}

#[tokio::test]
async fn repeated_creation_answers_the_same_upload_and_its_offset() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let (phone, colleague) = (rig.phone(VILLAGE).await?, rig.phone(VILLAGE).await?);
        let bytes = noise(3, 50_000);
        let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
        let path = rig.create(&phone, &photo).await?;
        rig.append(&phone, &path, 0, &bytes[..20_000]).send().await?;
        let again = rig.creation(&phone, &photo).send().await?;
        assert_eq!(
            (header(&again, "location"), header(&again, "upload-offset")),
            (Some(path.clone()), Some("20000".into()))
        );
        // Another phone's upload of the same photo is another one, until the original is here.
        let theirs = rig.creation(&colleague, &photo).send().await?;
        assert_ne!(header(&theirs, "location"), Some(path.clone()));
        assert_eq!(header(&theirs, "upload-offset").as_deref(), Some("0"));
        rig.append(&phone, &path, 20_000, &bytes[20_000..]).send().await?;
        for phone in [&phone, &colleague] {
            let finished = rig.creation(phone, &photo).send().await?;
            assert_eq!((finished.status().as_u16(), header(&finished, "upload-offset")), (201, Some("50000".into())));
        }
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn creation_takes_bytes_along() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(4, 30_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let with = |body: &[u8]| {
        rig.creation(&phone, &photo).header("Content-Type", "application/offset+octet-stream").body(body.to_vec())
    };
    let answer = with(&bytes[..10_000]).send().await?;
    assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (201, Some("10000".into())));
    // The repeated request begins at the first byte again; nothing is taken twice.
    let answer = with(&bytes).send().await?;
    assert_eq!((answer.status().as_u16(), header(&answer, "upload-offset")), (201, Some("10000".into())));
    let path = header(&answer, "location").context("Location")?;
    let answer = rig.append(&phone, &path, 10_000, &bytes[10_000..]).send().await?;
    assert_eq!(answer.status(), 204);
    assert!(rig.photo(photo.id).await?.stored);
    rig.stop().await
}

#[tokio::test]
async fn empty_original_is_stored_at_once() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let photo = rig.declare(&phone, VILLAGE, b"").await?;
    rig.create(&phone, &photo).await?;
    assert!(rig.photo(photo.id).await?.stored);
    assert_eq!(rig.app.blobs.length(&original_key(&photo.sha256)).await?, Some(0));
    rig.stop().await
}

#[tokio::test]
async fn checksum_decides_about_a_whole_request() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(5, 1_500_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let path = rig.create(&phone, &photo).await?;
    let right = STANDARD.encode(sha256(&bytes));
    let wrong = STANDARD.encode(sha256(b"other"));
    let send = |checksum: String| rig.append(&phone, &path, 0, &bytes).header("Upload-Checksum", checksum).send();
    assert_eq!(problem(send(format!("sha256 {wrong}")).await?).await?, (460, "checksum-mismatch".to_owned()));
    for unknown in ["md5 1B2M2Y8AsgTpgAmY7PhCfg==".to_owned(), "sha256 AAAA".to_owned(), right.clone()] {
        assert_eq!(problem(send(unknown).await?).await?, (400, "bad-parameter".to_owned()));
    }
    assert_eq!(rig.offset(&phone, &path).await?, 0);
    assert_eq!(rig.staged().await?, Vec::<String>::new());
    // SHA-1 of nothing, for an empty request.
    let empty = rig.append(&phone, &path, 0, b"").header("Upload-Checksum", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    assert_eq!(empty.send().await?.status(), 204);
    assert_eq!(send(format!("sha256 {right}")).await?.status(), 204);
    assert!(rig.photo(photo.id).await?.stored);
    rig.stop().await
}

#[tokio::test]
async fn offset_type_and_length_are_checked() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(6, 9_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let path = rig.create(&phone, &photo).await?;
    let wrong = rig.append(&phone, &path, 1, &bytes[1..]).send().await?;
    assert_eq!(header(&wrong, "tus-resumable").as_deref(), Some("1.0.0"));
    assert_eq!(problem(wrong).await?, (409, "upload-offset".to_owned()));
    let too_long = rig.append(&phone, &path, 0, &noise(7, 9_001)).send().await?;
    assert_eq!(problem(too_long).await?, (413, "too-large".to_owned()));
    let untyped = rig.tus(&phone, Method::PATCH, &path).header("Upload-Offset", "0").body(bytes.clone()).send().await?;
    assert_eq!(problem(untyped).await?, (415, "unsupported-media-type".to_owned()));
    assert_eq!(rig.offset(&phone, &path).await?, 0);
    let by_post = rig
        .tus(&phone, Method::POST, &path)
        .header("X-HTTP-Method-Override", "PATCH")
        .header("Upload-Offset", "0")
        .header("Content-Type", "application/offset+octet-stream")
        .body(bytes.clone());
    assert_eq!(by_post.send().await?.status(), 204);
    assert!(rig.photo(photo.id).await?.stored);
    rig.stop().await
}

#[tokio::test]
async fn foreign_photos_and_uploads_do_not_exist() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let (phone, stranger) = (rig.phone(VILLAGE).await?, rig.phone(OTHER_VILLAGE).await?);
    let bytes = noise(8, 1_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let path = rig.create(&phone, &photo).await?;
    let other_hash = Declared { sha256: sha256(b"other"), ..photo.clone() };
    let unknown = Declared { id: Uuid::from_u128(7), ..photo.clone() };
    let a_place = Declared { id: photo.record, ..photo.clone() };
    let not_found = (404, "not-found".to_owned());
    assert_eq!(problem(rig.creation(&stranger, &photo).send().await?).await?, not_found);
    for wrong in [&other_hash, &unknown, &a_place] {
        assert_eq!(problem(rig.creation(&phone, wrong).send().await?).await?, not_found);
    }
    assert_eq!(rig.tus(&stranger, Method::HEAD, &path).send().await?.status(), 404);
    assert_eq!(problem(rig.append(&stranger, &path, 0, &bytes).send().await?).await?, not_found);
    assert_eq!(problem(rig.tus(&stranger, Method::DELETE, &path).send().await?).await?, not_found);
    assert_eq!(rig.offset(&phone, &path).await?, 0);
    // Stored makes no difference.
    rig.append(&phone, &path, 0, &bytes).send().await?;
    assert_eq!(problem(rig.creation(&stranger, &photo).send().await?).await?, not_found);
    rig.stop().await
}

#[tokio::test]
async fn only_hashes_of_the_own_villages_are_known() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let (phone, stranger) = (rig.phone(VILLAGE).await?, rig.phone(OTHER_VILLAGE).await?);
    let (stored, owed) = (noise(9, 500), noise(10, 500));
    let photo = rig.declare(&phone, VILLAGE, &stored).await?;
    rig.declare(&phone, VILLAGE, &owed).await?;
    rig.upload(&phone, &photo, &stored).await?;
    let hashes = [to_hex(&sha256(&stored)), to_hex(&sha256(&owed)), to_hex(&sha256(b"unknown"))];
    let ask = async |phone: &super::photo_rig::Phone| -> Result<Value> {
        let answer = rig.request(phone, Method::POST, "/v1/blobs/check").json(&json!({ "hashes": hashes }));
        Ok(answer.send().await?.error_for_status()?.json().await?)
    };
    assert_eq!(ask(&phone).await?, json!({ "have": [hashes[0]] }));
    assert_eq!(ask(&stranger).await?, json!({ "have": [] }));
    let bad = rig.request(&phone, Method::POST, "/v1/blobs/check").json(&json!({ "hashes": ["x"] })).send().await?;
    assert_eq!(problem(bad).await?, (400, "bad-parameter".to_owned()));
    rig.stop().await
}

#[tokio::test]
async fn a_hash_is_no_password() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let (phone, stranger) = (rig.phone(VILLAGE).await?, rig.phone(OTHER_VILLAGE).await?);
    let bytes = noise(11, 500);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    rig.upload(&phone, &photo, &bytes).await?;
    let copy = rig.declare(&stranger, OTHER_VILLAGE, &bytes).await?;
    let path = rig.create(&stranger, &copy).await?;
    assert_eq!(rig.offset(&stranger, &path).await?, 0, "who has the picture can send it");
    assert_eq!(paicha::usecases::settle_photos::settle_photos(&rig.app, None, 10).await?, None);
    assert!(!rig.photo(copy.id).await?.stored);
    let original = format!("/v1/photos/{}/original", copy.id);
    assert_eq!(rig.request(&stranger, Method::GET, &original).send().await?.status(), 202);
    rig.append(&stranger, &path, 0, &bytes).send().await?.error_for_status()?;
    assert!(rig.photo(copy.id).await?.stored && rig.photo(photo.id).await?.stored);
    // Sent once, it need not be sent again to the same village.
    let again = rig.declare(&stranger, OTHER_VILLAGE, &bytes).await?;
    let path = rig.create(&stranger, &again).await?;
    assert_eq!(rig.offset(&stranger, &path).await?, bytes.len());
    rig.stop().await
}
