//! Admission: a full lane tells when to come back, and keeps nobody out of another.

use super::photo_rig::{Phone, Rig, VILLAGE, header, problem};
use anyhow::Result;
use paicha::lanes::Lane;
use paicha_db::Engine;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

async fn fill(lane: &Lane) -> Result<OwnedSemaphorePermit> {
    let places = u32::try_from(lane.places.available_permits())?;
    Ok(lane.places.clone().acquire_many_owned(places).await?)
}

async fn pull(rig: &Rig, phone: &Phone, life: Uuid, cursor: &Value) -> Result<Response> {
    let body = json!({ "proto": 1, "device": phone.device, "incarnation": life, "cursor": cursor });
    Ok(rig.request(phone, Method::POST, "/v1/sync/pull").json(&body).send().await?)
}

async fn refused(answer: Response) -> Result<()> {
    let wait: u64 = header(&answer, "retry-after").unwrap_or_default().parse()?;
    assert!((2..=10).contains(&wait), "{wait}");
    assert_eq!(problem(answer).await?, (503, "unavailable".to_owned()));
    Ok(())
}

#[tokio::test]
async fn first_syncs_keep_out_neither_pushes_nor_pulls() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let life = rig.app.ids.new_id();
    let first: Value = pull(&rig, &phone, life, &Value::Null).await?.error_for_status()?.json().await?;
    let cursor = &first["cursor"];

    let _snapshots = fill(&rig.app.lanes.snapshots).await?;
    refused(pull(&rig, &phone, life, &Value::Null).await?).await?;
    assert_eq!(pull(&rig, &phone, life, cursor).await?.status(), 200);
    rig.declare(&phone, VILLAGE, &[7; 100]).await?;

    let pulling = fill(&rig.app.lanes.pulling).await?;
    refused(pull(&rig, &phone, life, cursor).await?).await?;
    rig.declare(&phone, VILLAGE, &[8; 100]).await?;
    drop(pulling);

    let pushing = fill(&rig.app.lanes.pushing).await?;
    let batch = json!({ "proto": 1, "device": phone.device, "incarnation": life, "schema": 1, "ops": [] });
    let push = || rig.request(&phone, Method::POST, "/v1/sync/push").json(&batch).send();
    refused(push().await?).await?;
    assert_eq!(pull(&rig, &phone, life, cursor).await?.status(), 200);
    drop(pushing);
    assert_eq!(push().await?.status(), 200);
    rig.stop().await
}

#[tokio::test]
async fn who_sends_slowly_holds_no_place() -> Result<()> {
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let (slow, phone) = (rig.phone(VILLAGE).await?, rig.phone(VILLAGE).await?);
    let head = format!(
        "POST /v1/sync/push HTTP/1.1\r\nHost: paicha\r\nAuthorization: Bearer {}\r\nContent-Length: 900\r\n\r\n{{",
        slow.token
    );
    let mut hanging = Vec::new();
    for _ in 0..rig.app.config.limits.pushes_at_once + 4 {
        let mut stream = TcpStream::connect(&rig.address).await?;
        stream.write_all(head.as_bytes()).await?;
        hanging.push(stream);
    }
    // Long enough for all of them to have been looked at.
    tokio::time::sleep(Duration::from_millis(500)).await;
    rig.declare(&phone, VILLAGE, &[7; 100]).await?;
    drop(hanging);
    rig.stop().await
}
