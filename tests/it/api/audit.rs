//! The audit log: who did what to accounts, phones and sessions, at the console, and what files they took away.

use anyhow::Result;
use paicha_tests::app::{PASSWORD, SignedIn, TestApp, both_servers};
use serde_json::{Value, json};
use sync_protocol::role::Role;

const VILLAGE: &str = "900000001001";

/// Kind, name of who did it, what it was done to and the words, newest first.
async fn log(app: &TestApp, who: &SignedIn, query: &str) -> Result<Vec<(String, Value, String, String)>> {
    let page = app.get(Some(who), &format!("/v1/audit{query}")).await?.ok()?;
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let entry = |item: &Value| {
        (text(item, "kind"), item["actor_name"].clone(), text(item, "subject_text"), text(item, "detail"))
    };
    Ok(page["items"].as_array().into_iter().flatten().map(entry).collect())
}

fn kinds(log: &[(String, Value, String, String)]) -> Vec<&str> {
    log.iter().map(|entry| entry.0.as_str()).collect()
}

#[tokio::test]
async fn what_is_done_to_an_account_is_told_with_who_did_it() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let auditor = app.user("auditor", Role::R11, &["*"]).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        app.clock.advance(1);
        let new = json!({ "login": "newcomer", "name": "测试新人", "password": PASSWORD });
        let made = app.post(Some(&admin), "/v1/users", &new).await?;
        let path = format!("/v1/users/{}", made.body["id"].as_str().unwrap_or_default());
        app.clock.advance(1);
        let from = app.app.now();
        for _ in 0..2 {
            app.clock.advance(1);
            app.post(Some(&admin), &format!("{path}/grants"), &json!({ "role": "R1", "village": VILLAGE }))
                .await?
                .ok()?;
        }
        app.clock.advance(1);
        app.delete(Some(&admin), &format!("{path}/grants/R1/{VILLAGE}")).await?.ok()?;
        app.clock.advance(1);
        app.post(Some(&admin), &format!("{path}/password"), &json!({ "password": "another password" })).await?;
        for act in ["disable", "disable", "enable", "enable"] {
            app.clock.advance(1);
            app.post(Some(&admin), &format!("{path}/{act}"), &json!({})).await?;
        }
        let of_admin = log(&app, &auditor, &format!("?actor={}&from={from}", admin.user)).await?;
        let expected = ["user_enabled", "user_disabled", "password_set", "grant_revoked", "grant_given"];
        assert_eq!(kinds(&of_admin), expected, "what changed nothing is no entry");
        assert!(of_admin.iter().all(|entry| entry.1 == "测试admin" && entry.2 == "测试新人"), "{of_admin:?}");
        assert_eq!(of_admin[4].3, "R1 排查员/网格员");
        let made = log(&app, &auditor, "?kind=user_created").await?;
        assert_eq!((kinds(&made)[0], made[0].2.as_str()), ("user_created", "测试新人"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn sign_ins_are_told_and_failed_ones_without_what_was_typed() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let auditor = app.user("auditor", Role::R11, &["*"]).await?;
        let inspector = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        for (login, password) in [("inspector", "a wrong password"), ("secret-typed-as-login", "a wrong password")] {
            app.clock.advance(1);
            let body = json!({ "login": login, "password": password, "device": null });
            assert_eq!(app.post(None, "/v1/auth/login", &body).await?.code(), "wrong-credentials");
        }
        app.clock.advance(1);
        app.post(Some(&inspector), "/v1/auth/logout", &json!({})).await?;
        let failed = log(&app, &auditor, "?kind=sign_in_failed").await?;
        let subjects: Vec<&str> = failed.iter().map(|entry| entry.2.as_str()).collect();
        assert_eq!(subjects, ["", "测试inspector"]);
        assert!(failed.iter().all(|entry| entry.1.is_null()), "who it was is not known: {failed:?}");
        let all = app.get(Some(&auditor), "/v1/audit?limit=200").await?.ok()?.to_string();
        assert!(!all.contains("secret-typed") && !all.contains("wrong password"), "{all}");
        let own = log(&app, &auditor, &format!("?actor={}", inspector.user)).await?;
        assert_eq!(kinds(&own)[0], "sign_out");
        assert!(kinds(&own).contains(&"sign_in") && kinds(&own).contains(&"device_enrolled"), "{own:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn files_that_were_taken_away_are_told_by_name() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let auditor = app.user("auditor", Role::R11, &["*"]).await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        for path in
            ["/v1/exports/ledger?format=csv", "/v1/forms/appendix2?month=2023-06&format=docx&village=900000001001"]
        {
            app.clock.advance(1);
            let answer = app.request(reqwest::Method::GET, path).bearer_auth(&office.access_token).send().await?;
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
        }
        let exports = log(&app, &auditor, "?kind=export").await?;
        let names: Vec<&str> = exports.iter().map(|entry| entry.2.as_str()).collect();
        assert!(names[0].starts_with("附件2-测试一村") && names[1].ends_with(".csv"), "{names:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_log_join_and_a_place_belongs_to_its_conditions() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let auditor = app.user("auditor", Role::R11, &["*"]).await?;
        for step in 0..4 {
            app.clock.advance(step % 2);
            app.sign_in("auditor", None).await?;
        }
        let whole = app.get(Some(&auditor), "/v1/audit?limit=200").await?.ok()?["items"].clone();
        let (mut joined, mut query) = (Vec::new(), "?limit=2".to_owned());
        let mut first_next = None;
        loop {
            let page = app.get(Some(&auditor), &format!("/v1/audit{query}")).await?.ok()?;
            joined.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { break };
            first_next.get_or_insert(next.to_owned());
            query = format!("?limit=2&after={next}");
        }
        assert_eq!(json!(joined), whole);
        let elsewhere = format!("?kind=sign_in&after={}", first_next.unwrap_or_default());
        for query in [elsewhere.as_str(), "?kind=unknown", "?from=yesterday", "?limit=0", "?other=1"] {
            let answer = app.get(Some(&auditor), &format!("/v1/audit{query}")).await?;
            assert_eq!(answer.code(), "bad-parameter", "{query}");
        }
        Ok(())
    })
    .await;
}
