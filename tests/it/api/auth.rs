//! Signing in, staying signed in, and being shut out.
//!
//! What a newcomer gets wrong: the test clock stands still, so an access token never expires unless the test moves it.

use anyhow::Result;
use paicha_tests::app::{PASSWORD, SignedIn, TestApp, both_servers};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use sync_protocol::role::Role;

const VILLAGE: &str = "900000001001";
const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 24 * 3600 * SECOND_US;

async fn inspector(app: &TestApp) -> Result<SignedIn> {
    app.village(VILLAGE, "测试一村").await?;
    app.user("inspector", Role::R1, &[VILLAGE]).await
}

async fn refresh(app: &TestApp, token: &str) -> Result<paicha_tests::app::Answer> {
    app.post(None, "/v1/auth/refresh", &json!({ "refresh_token": token })).await
}

fn login(login: &str, password: &str, device: &Value) -> Value {
    json!({ "login": login, "password": password, "device": device })
}

#[tokio::test]
async fn a_phone_signs_in_and_sees_itself() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let me = app.get(Some(&phone), "/v1/me").await?.ok()?;
        assert_eq!(me["login"], "inspector");
        assert_eq!(me["device"]["id"], json!(phone.device));
        assert_eq!(me["roles"][0]["role"], "R1");
        assert_eq!(me["roles"][0]["villages"], json!([{ "code": VILLAGE, "name": "测试一村" }]));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_browser_signs_in_without_a_device() {
    both_servers(|app| async move {
        let user = app.person("clerk").await?;
        let body = app.post(None, "/v1/auth/login", &login(" clerk ", PASSWORD, &Value::Null)).await?.ok()?;
        assert_eq!(body["device"], Value::Null);
        assert_eq!(body["user"]["id"], json!(user));
        assert_eq!(body["expires_in_s"], 1800);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_unknown_login_and_a_wrong_password_get_the_same_answer() {
    both_servers(|app| async move {
        app.person("clerk").await?;
        let wrong = app.post(None, "/v1/auth/login", &login("clerk", "another password", &Value::Null)).await?;
        assert_eq!((wrong.status, wrong.code()), (StatusCode::UNAUTHORIZED, "wrong-credentials"));
        for unknown in ["nobody", "", "nul\u{0}", &"a".repeat(500)] {
            let answer = app.post(None, "/v1/auth/login", &login(unknown, "another password", &Value::Null)).await?;
            assert_eq!(answer, wrong, "{unknown}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_known_device_is_kept_and_anybody_elses_is_not_taken() {
    both_servers(|app| async move {
        let first = inspector(&app).await?;
        let again = app.sign_in("inspector", Some(first.device)).await?;
        assert_eq!(again.device, first.device);
        let other = app.user("other", Role::R1, &[VILLAGE]).await?;
        assert_ne!(app.sign_in("other", Some(first.device)).await?.device, first.device);
        let unknown = app.app.ids.new_id().into();
        let enrolled = app.sign_in("other", Some(unknown)).await?.device;
        assert!(enrolled != unknown && enrolled != other.device);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn somebody_without_a_role_enrols_no_phone_and_a_revoked_role_still_does() {
    both_servers(|app| async move {
        inspector(&app).await?;
        let nobody = app.person("nobody").await?;
        let device = json!({ "id": null, "label": "", "model": "" });
        let refused = app.post(None, "/v1/auth/login", &login("nobody", PASSWORD, &device)).await?;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
        let mut tx = app.app.database.begin_write().await?;
        paicha_db::accounts::put_grant(&mut tx, nobody.0, "R1", VILLAGE, 1).await?;
        paicha_db::accounts::revoke_grant(&mut tx, nobody.0, "R1", VILLAGE, 2).await?;
        tx.commit().await?;
        // What was done under the old grant must get in.
        app.sign_in("nobody", None).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_lost_reply_of_refresh_is_given_again() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let first = refresh(&app, &phone.refresh_token).await?.ok()?;
        app.clock.advance(DAY_US);
        let second = refresh(&app, &phone.refresh_token).await?.ok()?;
        assert_eq!(first["refresh_token"], second["refresh_token"]);
        // Whichever reply arrived, the phone goes on with the same token.
        let third = SignedIn::of(&refresh(&app, SignedIn::of(&second)?.refresh_token.as_str()).await?.ok()?)?;
        assert_eq!(third.device, phone.device);
        app.get(Some(&third), "/v1/me").await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn refreshes_at_once_all_get_the_same_successor() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (app, token) = (app.clone(), phone.refresh_token.clone());
                tokio::spawn(async move { refresh(&app, &token).await?.ok() })
            })
            .collect();
        let mut successors = std::collections::BTreeSet::new();
        for task in tasks {
            successors.insert(task.await??["refresh_token"].to_string());
        }
        assert_eq!(successors.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_token_replaced_long_ago_closes_the_session() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let next = SignedIn::of(&refresh(&app, &phone.refresh_token).await?.ok()?)?;
        let newest = SignedIn::of(&refresh(&app, &next.refresh_token).await?.ok()?)?;
        // The first token comes back: somebody else holds it too.
        let alarm = refresh(&app, &phone.refresh_token).await?;
        assert_eq!((alarm.status, alarm.code()), (StatusCode::UNAUTHORIZED, "session-revoked"));
        for dead in [&next, &newest] {
            assert_eq!(refresh(&app, &dead.refresh_token).await?.code(), "session-revoked");
            assert_eq!(app.get(Some(dead), "/v1/me").await?.code(), "session-revoked");
        }
        // The person is not locked out, and the phone stays the same one.
        assert_eq!(app.sign_in("inspector", Some(phone.device)).await?.device, phone.device);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn invented_refresh_tokens_are_refused() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let mut foreign = phone.refresh_token.clone().into_bytes();
        foreign.swap(6, 12);
        foreign.swap(7, 20);
        for token in ["", "pcr1.", phone.access_token.as_str(), &String::from_utf8(foreign)?] {
            assert_eq!(refresh(&app, token).await?.code(), "unauthenticated", "{token}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_access_token_ends_after_half_an_hour_and_a_drawer_after_half_a_year() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        app.clock.advance(30 * 60 * SECOND_US + 59 * SECOND_US);
        app.get(Some(&phone), "/v1/me").await?.ok()?;
        app.clock.advance(SECOND_US);
        assert_eq!(app.get(Some(&phone), "/v1/me").await?.code(), "unauthenticated");
        app.clock.advance(179 * DAY_US);
        let phone = SignedIn::of(&refresh(&app, &phone.refresh_token).await?.ok()?)?;
        app.clock.advance(180 * DAY_US);
        assert_eq!(refresh(&app, &phone.refresh_token).await?.code(), "unauthenticated");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_this_session_only() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let other = app.sign_in("inspector", Some(phone.device)).await?;
        for _ in 0..2 {
            assert_eq!(app.post(Some(&phone), "/v1/auth/logout", &json!({})).await?.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(app.get(Some(&phone), "/v1/me").await?.code(), "session-revoked");
        assert_eq!(refresh(&app, &phone.refresh_token).await?.code(), "session-revoked");
        app.get(Some(&other), "/v1/me").await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_a_right_password_forgives() {
    both_servers(|app| async move {
        app.person("clerk").await?;
        let wrong = login("clerk", "another password", &Value::Null);
        for _ in 0..9 {
            assert_eq!(app.post(None, "/v1/auth/login", &wrong).await?.code(), "wrong-credentials");
        }
        app.post(None, "/v1/auth/login", &login("clerk", PASSWORD, &Value::Null)).await?.ok()?;
        for _ in 0..10 {
            assert_eq!(app.post(None, "/v1/auth/login", &wrong).await?.code(), "wrong-credentials");
        }
        let refused = app.post(None, "/v1/auth/login", &login("clerk", PASSWORD, &Value::Null)).await?;
        assert_eq!((refused.status, refused.retry_after_s), (StatusCode::TOO_MANY_REQUESTS, Some(30)));
        app.clock.advance(30 * SECOND_US);
        app.post(None, "/v1/auth/login", &login("clerk", PASSWORD, &Value::Null)).await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_server_is_refused() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let other = TestApp::start(paicha_db::Engine::Sqlite).await?;
        assert_eq!(other.get(Some(&phone), "/v1/me").await?.code(), "unauthenticated");
        assert_eq!(refresh(&other, &phone.refresh_token).await?.code(), "unauthenticated");
        other.remove().await
    })
    .await;
}

#[tokio::test]
async fn a_token_that_chooses_its_own_algorithm_is_refused() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let parts: Vec<&str> = phone.access_token.split('.').collect();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0])?)?;
        let mut forged = vec![format!("{}.{}.", parts[0], parts[1]), format!("{}.{}", parts[0], parts[1])];
        for algorithm in ["none", "HS256", "RS256", "ES256"] {
            let mut header = header.clone();
            header["alg"] = json!(algorithm);
            let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
            forged.push(format!("{header}.{}.{}", parts[1], parts[2]));
            forged.push(format!("{header}.{}.", parts[1]));
        }
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1])?)?;
        claims["sub"] = json!(app.app.ids.new_id());
        forged.push(format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?), parts[2]));
        for token in forged {
            let answer = app.send(Method::GET, Some(&token), "/v1/me", None).await?;
            assert_eq!(answer.code(), "unauthenticated", "{token}");
        }
        app.get(Some(&phone), "/v1/me").await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_told_so_after_the_right_password_only() {
    both_servers(|app| async move {
        let phone = inspector(&app).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let path = format!("/v1/users/{}/disable", phone.user);
        assert_eq!(app.post(Some(&admin), &path, &json!({})).await?.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get(Some(&phone), "/v1/me").await?.code(), "session-revoked");
        assert_eq!(refresh(&app, &phone.refresh_token).await?.code(), "session-revoked");
        let wrong = app.post(None, "/v1/auth/login", &login("inspector", "another password", &Value::Null)).await?;
        let right = app.post(None, "/v1/auth/login", &login("inspector", PASSWORD, &Value::Null)).await?;
        assert_eq!((wrong.code(), right.code()), ("wrong-credentials", "wrong-credentials"));
        assert_eq!(wrong.body["detail"], Value::Null);
        assert!(right.body["detail"].as_str().is_some_and(|detail| detail.contains("已停用")), "{right:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_old_hash_is_replaced_when_its_owner_signs_in() {
    both_servers(|app| async move {
        let user = app.person("clerk").await?;
        // 8 MiB and one pass, as an older version might have stored it.
        let params = argon2::Params::new(8 * 1024, 1, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
        let old = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let old = argon2::PasswordHasher::hash_password(&old, b"correct horse")
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut tx = app.app.database.begin_write().await?;
        paicha_db::accounts::put_password(&mut tx, user.0, &old.to_string()).await?;
        tx.commit().await?;
        app.post(None, "/v1/auth/login", &login("clerk", "correct horse", &Value::Null)).await?.ok()?;
        let stored = app.user_row(user).await?.password_hash;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        app.post(None, "/v1/auth/login", &login("clerk", "correct horse", &Value::Null)).await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_broken_body_is_a_problem_that_quotes_nothing() {
    both_servers(|app: Arc<TestApp>| async move {
        for body in ["", "{", r#"{"login":"a"}"#, r#"{"login":"a","password":"hunter42","extra":1}"#, r#"["hunter42"]"#]
        {
            let request = app.request(Method::POST, "/v1/auth/login").body(body);
            let response = request.send().await?;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
            let text = response.text().await?;
            assert!(text.contains("malformed-request") && !text.contains("hunter42"), "{text}");
        }
        let big = app.request(Method::POST, "/v1/auth/login").body(vec![b' '; 70_000]).send().await?;
        assert_eq!(big.status(), StatusCode::PAYLOAD_TOO_LARGE);
        Ok(())
    })
    .await;
}
