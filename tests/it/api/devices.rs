//! Phones: whose they are, and how a lost one is shut out without losing what it holds.

use anyhow::Result;
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "900000001001";

async fn ids(app: &TestApp, who: &SignedIn, query: &str) -> Result<(Vec<Value>, Option<String>)> {
    let page = app.get(Some(who), &format!("/v1/devices{query}")).await?.ok()?;
    let items = page["items"].as_array().cloned().unwrap_or_default();
    Ok((items.into_iter().map(|item| item["id"].clone()).collect(), page["next"].as_str().map(str::to_owned)))
}

#[tokio::test]
async fn people_see_their_own_phones_and_an_administrator_all() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let mine = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        app.clock.advance(1);
        let second = app.sign_in("inspector", None).await?;
        app.clock.advance(1);
        let other = app.user("other", Role::R1, &[VILLAGE]).await?;
        app.clock.advance(1);
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        assert_eq!(ids(&app, &mine, "").await?, (vec![json!(second.device), json!(mine.device)], None));
        let all = [admin.device, other.device, second.device, mine.device].map(|device| json!(device)).to_vec();
        assert_eq!(ids(&app, &admin, "").await?.0, all);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_office_sees_the_phones_of_its_villages_and_takes_none_out_of_use() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        app.village("900000001002", "测试二村").await?;
        let ours = app.user("ours", Role::R1, &[VILLAGE]).await?;
        app.clock.advance(1);
        let theirs = app.user("theirs", Role::R1, &["900000001002"]).await?;
        app.clock.advance(1);
        let office = app.user("office", Role::R3, &[VILLAGE]).await?;
        let op = json!({
            "type": "hazard", "kind": "create", "village": VILLAGE, "record": Uuid::from_u128(8), "base_rev": 0,
            "made_at": "2023-06-01T07:00:00+08:00", "hlc": "000000000001-0001", "author": ours.user, "fields": {},
        });
        let digest = op_digest(op.to_string().as_bytes());
        let ops = json!([{ "seq": 1, "id": Uuid::from_u128(9), "digest": digest, "op": op }]);
        let envelope = json!({ "proto": 1, "device": ours.device, "incarnation": Uuid::from_u128(7), "ops": ops, "pending_total": 3 });
        app.post(Some(&ours), "/v1/sync/push", &envelope).await?.ok()?;
        let page = app.get(Some(&office), "/v1/devices").await?.ok()?;
        let devices: Vec<&Value> = page["items"].as_array().into_iter().flatten().map(|item| &item["id"]).collect();
        assert_eq!(devices, [&json!(office.device), &json!(ours.device)]);
        let theirs_too = ids(&app, &theirs, "").await?.0;
        assert_eq!(theirs_too, [json!(theirs.device)], "an inspector sees the own phones only");
        let phone = &page["items"][1];
        assert_eq!((&phone["person"], &phone["pending"]), (&json!("测试ours"), &json!(2)), "{phone}");
        assert!(phone["heard_at"].is_string(), "three, and one of them has come: {phone}");
        let revoked = app.delete(Some(&office), &format!("/v1/devices/{}", ours.device)).await?;
        assert_eq!(revoked.status, StatusCode::NOT_FOUND, "that is for its holder and the administrator");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_of_devices_join_without_gap_or_repetition() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let mine = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        for step in 0..6 {
            // Some were enrolled at the same microsecond: the id decides then.
            app.clock.advance(step % 2);
            app.sign_in("inspector", None).await?;
        }
        let whole = ids(&app, &mine, "?limit=200").await?.0;
        assert_eq!(whole.len(), 7);
        let (mut joined, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let (page, next) = ids(&app, &mine, &query).await?;
            joined.extend(page);
            let Some(next) = next else { break };
            query = format!("?limit=2&after={next}");
        }
        assert_eq!(joined, whole);
        for query in ["?limit=0", "?limit=201", "?limit=x", "?after=x", "?after=1.x", "?other=1"] {
            let answer = app.get(Some(&mine), &format!("/v1/devices{query}")).await?;
            assert_eq!(answer.code(), "bad-parameter", "{query}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_revoked_phone_reads_nothing_pushes_nothing_and_hears_why() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let lost = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        app.clock.advance(1);
        let kept = app.sign_in("inspector", None).await?;
        let path = format!("/v1/devices/{}", lost.device);
        for _ in 0..2 {
            assert_eq!(app.delete(Some(&kept), &path).await?.status, StatusCode::NO_CONTENT);
        }
        let envelope = json!({ "proto": 1, "device": lost.device, "incarnation": Uuid::from_u128(7), "ops": [] });
        let pull = json!({ "proto": 1, "device": lost.device, "incarnation": Uuid::from_u128(7) });
        let hello = json!({ "device": lost.device, "incarnation": Uuid::from_u128(7) });
        let refresh = json!({ "refresh_token": lost.refresh_token });
        let refused = [
            app.get(Some(&lost), "/v1/me").await?,
            app.post(Some(&lost), "/v1/sync/push", &envelope).await?,
            app.post(Some(&lost), "/v1/sync/pull", &pull).await?,
            app.post(Some(&lost), "/v1/sync/hello", &hello).await?,
            app.post(None, "/v1/auth/refresh", &refresh).await?,
        ];
        for answer in refused {
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "device-revoked"));
        }
        let back = app.sign_in("inspector", Some(lost.device)).await;
        assert!(back.unwrap_err().to_string().contains("device-revoked"));
        app.get(Some(&kept), "/v1/me").await?.ok()?;
        // Enrolled anew, the phone gets in and hands over what it kept.
        let again = app.sign_in("inspector", None).await?;
        let envelope = json!({ "proto": 1, "device": again.device, "incarnation": Uuid::from_u128(8), "ops": [] });
        app.post(Some(&again), "/v1/sync/push", &envelope).await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nobody_but_an_administrator_revokes_anothers_phone() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let inspector = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        let other = app.user("other", Role::R3, &["*"]).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let path = format!("/v1/devices/{}", inspector.device);
        assert_eq!(app.delete(Some(&other), &path).await?.code(), "not-found");
        app.get(Some(&inspector), "/v1/me").await?.ok()?;
        for unknown in [Uuid::from_u128(5).to_string(), "x".to_owned()] {
            assert_eq!(app.delete(Some(&admin), &format!("/v1/devices/{unknown}")).await?.code(), "not-found");
        }
        assert_eq!(app.delete(Some(&admin), &path).await?.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get(Some(&inspector), "/v1/me").await?.code(), "device-revoked");
        Ok(())
    })
    .await;
}
