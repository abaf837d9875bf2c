//! Phones: whose they are, and how a lost one is shut out without losing what it holds.

use anyhow::Result;
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use reqwest::StatusCode;
use serde_json::{Value, json};
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
