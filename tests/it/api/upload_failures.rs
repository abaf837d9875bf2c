//! Uploads when links break, rights end, bytes are wrong or time passes: nothing acknowledged is lost, nothing is doubled.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use paicha::blobs::{original_key, rejected_key};
use paicha_db::{Engine, uploads};
use paicha_tests::databases::ENGINES;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::photo_rig::{Phone, Rig, VILLAGE, header, noise, problem};

const DAY_US: i64 = 86_400_000_000;

/// Sends the head of a request and a part of its body, and leaves the connection open.
async fn send_part(
    rig: &Rig,
    phone: &Phone,
    path: &str,
    promised: usize,
    part: &[u8],
    more: &str,
) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(&rig.address).await?;
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: paicha\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {promised}\r\n{more}\r\n",
        phone.token
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(part).await?;
    stream.flush().await?;
    Ok(stream)
}

/// What the database says was received, without taking the upload over.
async fn received(rig: &Rig, path: &str) -> Result<i64> {
    let id = path.rsplit('/').next().unwrap_or_default();
    let mut tx = rig.app.database.begin_read().await?;
    let found = uploads::find_upload(&mut tx, id).await?;
    tx.rollback().await?;
    Ok(found.map_or(-1, |upload| upload.received))
}

async fn wait_for(rig: &Rig, path: &str, wanted: i64) -> Result<()> {
    for _ in 0..400 {
        if received(rig, path).await? == wanted {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    bail!("{} bytes were received, not {wanted}", received(rig, path).await?)
}

#[tokio::test]
async fn cut_connection_keeps_what_arrived_and_the_rest_follows() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let phone = rig.phone(VILLAGE).await?;
        let bytes = noise(20, 1_800_000);
        let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
        let path = rig.create(&phone, &photo).await?;
        let stream = send_part(&rig, &phone, &path, bytes.len(), &bytes[..1_300_000], "").await?;
        // The first whole piece is durable while the request still runs.
        wait_for(&rig, &path, 1 << 20).await?;
        drop(stream);
        wait_for(&rig, &path, 1_300_000).await?;
        assert_eq!(rig.offset(&phone, &path).await?, 1_300_000);
        let answer = rig.append(&phone, &path, 1_300_000, &bytes[1_300_000..]).send().await?;
        assert_eq!(answer.status(), 204);
        assert!(rig.photo(photo.id).await?.stored);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn cut_connection_with_a_checksum_keeps_nothing() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(21, 1_800_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let path = rig.create(&phone, &photo).await?;
    let checksum = "Upload-Checksum: sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\r\n";
    let stream = send_part(&rig, &phone, &path, bytes.len(), &bytes[..1_300_000], checksum).await?;
    for _ in 0..400 {
        if !rig.staged().await?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    ensure!(!rig.staged().await?.is_empty(), "the first piece never came");
    drop(stream);
    for _ in 0..400 {
        if rig.staged().await?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(rig.staged().await?, Vec::<String>::new());
    assert_eq!(rig.offset(&phone, &path).await?, 0);
    rig.stop().await
}

#[tokio::test]
async fn newer_request_takes_over_and_the_older_one_changes_nothing() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let phone = rig.phone(VILLAGE).await?;
        let bytes = noise(22, 40_000);
        let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
        let path = rig.create(&phone, &photo).await?;
        let mut old = send_part(&rig, &phone, &path, 40_000, &noise(23, 20_000), "").await?;
        // Until the old request has its fence; the new one then takes a later one.
        let id = path.rsplit('/').next().unwrap_or_default();
        let fence = async || -> Result<i64> {
            let mut tx = rig.app.database.begin_read().await?;
            let upload = uploads::find_upload(&mut tx, id).await?;
            tx.rollback().await?;
            Ok(upload.map_or(0, |upload| upload.fence))
        };
        let first = fence().await?;
        for _ in 0..400 {
            if fence().await? > first || received(&rig, &path).await? > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(rig.offset(&phone, &path).await?, 0);
        let taken = rig.append(&phone, &path, 0, &bytes[..30_000]).send().await?;
        assert_eq!(taken.status(), 204);
        old.write_all(&noise(24, 20_000)).await?;
        let mut answer = vec![0; 16_384];
        let length = old.read(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("upload-superseded"), "{answer}");
        assert_eq!(received(&rig, &path).await?, 30_000);
        rig.append(&phone, &path, 30_000, &bytes[30_000..]).send().await?;
        assert!(rig.photo(photo.id).await?.stored);
        assert_eq!(rig.app.blobs.get(&original_key(&photo.sha256)).await?, bytes);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn photo_with_a_wrong_hash_starts_again_and_its_bytes_are_kept() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let phone = rig.phone(VILLAGE).await?;
        let (right, wrong) = (noise(25, 20_000), noise(26, 20_000));
        let photo = rig.declare(&phone, VILLAGE, &right).await?;
        let path = rig.create(&phone, &photo).await?;
        let id = path.rsplit('/').next().unwrap_or_default();
        for failures in 1..=4 {
            let answer = rig.append(&phone, &path, 0, &wrong).send().await?;
            assert_eq!(problem(answer).await?, (460, "checksum-mismatch".to_owned()));
            assert_eq!(rig.offset(&phone, &path).await?, 0);
            let kept = rig.app.blobs.length(&rejected_key(id, failures)).await?;
            assert_eq!(kept, (failures <= 3).then_some(20_000), "failure {failures}");
        }
        assert_eq!(rig.app.blobs.get(&rejected_key(id, 1)).await?, wrong);
        assert_eq!(rig.app.blobs.length(&original_key(&photo.sha256)).await?, None);
        assert!(!rig.photo(photo.id).await?.stored);
        assert_eq!(rig.append(&phone, &path, 0, &right).send().await?.status(), 204);
        assert!(rig.photo(photo.id).await?.stored);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn work_already_done_drains_after_its_village_was_lost() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(27, 3_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    rig.grant(&phone, VILLAGE, false).await?;
    rig.upload(&phone, &photo, &bytes).await?;
    assert!(rig.photo(photo.id).await?.stored);
    rig.stop().await
}

#[tokio::test]
async fn rights_are_checked_again_before_a_photo_is_stored() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let (phone, colleague) = (rig.phone(VILLAGE).await?, rig.phone(VILLAGE).await?);
    let bytes = noise(28, 3_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let path = rig.create(&colleague, &photo).await?;
    rig.grant(&colleague, VILLAGE, false).await?;
    let answer = rig.append(&colleague, &path, 0, &bytes).send().await?;
    assert_eq!(problem(answer).await?, (404, "not-found".to_owned()));
    assert!(!rig.photo(photo.id).await?.stored);
    // The bytes are still here: as after a crash before the end, asking finishes the photo.
    rig.grant(&colleague, VILLAGE, true).await?;
    assert_eq!(rig.offset(&colleague, &path).await?, 3_000);
    assert!(rig.photo(photo.id).await?.stored);
    rig.stop().await
}

#[tokio::test]
async fn upload_without_progress_expires_and_can_be_made_again() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        let mut phone = rig.phone(VILLAGE).await?;
        let bytes = noise(29, 3_000);
        let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
        let path = rig.create(&phone, &photo).await?;
        rig.append(&phone, &path, 0, &bytes[..1_000]).send().await?;
        rig.clock.advance(8 * DAY_US);
        rig.renew(&mut phone).await?;
        assert_eq!(rig.tus(&phone, Method::HEAD, &path).send().await?.status(), 410);
        let late = rig.append(&phone, &path, 1_000, &bytes[1_000..]).send().await?;
        assert_eq!(problem(late).await?, (410, "upload-gone".to_owned()));
        assert_eq!(rig.staged().await?.len(), 1);
        rig.start_jobs();
        wait_for(&rig, &path, -1).await?;
        for _ in 0..400 {
            if rig.staged().await?.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(rig.staged().await?, Vec::<String>::new());
        assert!(!rig.photo(photo.id).await?.stored);
        assert_eq!(rig.upload(&phone, &photo, &bytes).await?, path);
        assert!(rig.photo(photo.id).await?.stored);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn upload_can_be_given_up_and_the_photo_is_still_owed() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(30, 3_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let path = rig.create(&phone, &photo).await?;
    rig.append(&phone, &path, 0, &bytes[..1_000]).send().await?;
    assert_eq!(rig.tus(&phone, Method::DELETE, &path).send().await?.status(), 204);
    assert_eq!(rig.tus(&phone, Method::HEAD, &path).send().await?.status(), 404);
    assert_eq!(rig.staged().await?, Vec::<String>::new());
    // A piece of the old one that arrives late takes no name of the new one.
    assert_eq!(rig.upload(&phone, &photo, &bytes).await?, path);
    assert!(rig.photo(photo.id).await?.stored);
    rig.stop().await
}

#[tokio::test]
async fn full_lane_says_when_to_come_back() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[("limits.uploads_at_once", "1")]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(31, 3_000);
    let (photo, other) = (rig.declare(&phone, VILLAGE, &bytes).await?, noise(32, 3_000));
    let second = rig.declare(&phone, VILLAGE, &other).await?;
    let (path, second_path) = (rig.create(&phone, &photo).await?, rig.create(&phone, &second).await?);
    let hanging = send_part(&rig, &phone, &path, 3_000, &bytes[..1_000], "").await?;
    for _ in 0..400 {
        if rig.app.lanes.receiving.places.available_permits() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let full = rig.append(&phone, &second_path, 0, &other).send().await?;
    let wait: u64 = header(&full, "retry-after").unwrap_or_default().parse()?;
    assert!((2..=10).contains(&wait), "{wait}");
    assert_eq!(problem(full).await?, (503, "unavailable".to_owned()));
    drop(hanging);
    wait_for(&rig, &path, 1_000).await?;
    for _ in 0..400 {
        if rig.app.lanes.receiving.places.available_permits() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(rig.append(&phone, &second_path, 0, &other).send().await?.status(), 204);
    rig.stop().await
}

#[tokio::test]
async fn original_that_is_here_already_settles_every_photo_that_declares_it() -> Result<()> {
    for engine in ENGINES {
        let mut rig = Rig::start(engine, &[]).await?;
        let (phone, other) = (rig.phone(VILLAGE).await?, rig.phone(VILLAGE).await?);
        let bytes = noise(33, 3_000);
        let (first, second) =
            (rig.declare(&phone, VILLAGE, &bytes).await?, rig.declare(&other, VILLAGE, &bytes).await?);
        rig.upload(&phone, &first, &bytes).await?;
        assert!(rig.photo(second.id).await?.stored);
        // Declared after the original came: nobody sends it again, the job finds it.
        let third = rig.declare(&other, VILLAGE, &bytes).await?;
        assert!(!rig.photo(third.id).await?.stored);
        rig.start_jobs();
        rig.photo_when(third.id, |photo| photo.stored).await?;
        rig.stop().await?;
    }
    Ok(())
}
