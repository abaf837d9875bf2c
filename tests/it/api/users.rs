//! Accounts and grants as the administrator changes them, and how soon that counts.

use anyhow::Result;
use paicha_tests::app::{PASSWORD, SUBDISTRICT, TestApp, both_servers};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "900000001001";
const OTHER_VILLAGE: &str = "900000001002";

fn new_user(login: &str) -> Value {
    json!({ "login": login, "name": "测试新人", "unit": "测试单位", "phone": "", "password": PASSWORD })
}

async fn villages_of_me(app: &TestApp, who: &paicha_tests::app::SignedIn) -> Result<Vec<String>> {
    let me = app.get(Some(who), "/v1/me").await?.ok()?;
    let villages = me["roles"][0]["villages"].as_array().cloned().unwrap_or_default();
    Ok(villages.iter().map(|village| village["code"].as_str().unwrap_or_default().to_owned()).collect())
}

#[tokio::test]
async fn an_account_is_made_granted_and_used() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let made = app.post(Some(&admin), "/v1/users", &new_user(" newcomer ")).await?;
        assert_eq!(made.status, StatusCode::CREATED);
        assert_eq!((&made.body["login"], &made.body["grants"]), (&json!("newcomer"), &json!([])));
        assert_eq!(made.body["password_hash"], Value::Null);
        let path = format!("/v1/users/{}", made.body["id"].as_str().unwrap_or_default());
        let grant = json!({ "role": "R1", "village": VILLAGE });
        let granted = app.post(Some(&admin), &format!("{path}/grants"), &grant).await?.ok()?;
        assert_eq!((&granted["scope_version"], &granted["grants"][0]["role"]), (&json!(2), &json!("R1")));
        let again = app.post(Some(&admin), &format!("{path}/grants"), &grant).await?.ok()?;
        assert_eq!(again["scope_version"], 2, "a grant that holds already changes nothing");
        let newcomer = app.sign_in("newcomer", None).await?;
        assert_eq!(villages_of_me(&app, &newcomer).await?, [VILLAGE]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_revoked_grant_counts_at_the_next_request_and_raises_the_scope_version() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        app.village(OTHER_VILLAGE, "测试二村").await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let inspector = app.user("inspector", Role::R1, &[VILLAGE, OTHER_VILLAGE]).await?;
        let path = format!("/v1/users/{}/grants/R1/{VILLAGE}", inspector.user);
        let after = app.delete(Some(&admin), &path).await?.ok()?;
        assert_eq!(after["scope_version"], 4);
        assert!(after["grants"][0]["revoked_at"].is_string() && after["grants"][1]["revoked_at"].is_null());
        assert_eq!(villages_of_me(&app, &inspector).await?, [OTHER_VILLAGE]);
        let pull = json!({ "proto": 1, "device": inspector.device, "incarnation": Uuid::from_u128(1) });
        let scope = app.post(Some(&inspector), "/v1/sync/pull", &pull).await?.ok()?["scope"].clone();
        assert_eq!((&scope["version"], &scope["added"]), (&json!(4), &json!([OTHER_VILLAGE])));
        assert_eq!(app.delete(Some(&admin), &path).await?.ok()?["scope_version"], 4, "revoking twice changes nothing");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_grant_of_the_subdistrict_holds_in_all_its_villages() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let office = app.user("office", Role::R3, &[SUBDISTRICT]).await?;
        app.village(OTHER_VILLAGE, "测试二村").await?;
        assert_eq!(villages_of_me(&app, &office).await?, [SUBDISTRICT, VILLAGE, OTHER_VILLAGE]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_and_only_it_opens_new_ones() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let inspector = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        let path = format!("/v1/users/{}/password", inspector.user);
        let short = app.post(Some(&admin), &path, &json!({ "password": "1234567" })).await?;
        assert_eq!(short.code(), "bad-parameter");
        app.get(Some(&inspector), "/v1/me").await?.ok()?;
        let set = app.post(Some(&admin), &path, &json!({ "password": "another password" })).await?;
        assert_eq!(set.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get(Some(&inspector), "/v1/me").await?.code(), "session-revoked");
        let sign_in = |password: &str| json!({ "login": "inspector", "password": password, "device": null });
        assert_eq!(app.post(None, "/v1/auth/login", &sign_in(PASSWORD)).await?.code(), "wrong-credentials");
        app.post(None, "/v1/auth/login", &sign_in("another password")).await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_administrator_cannot_shut_out_himself() {
    both_servers(|app| async move {
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let path = format!("/v1/users/{}", admin.user);
        assert_eq!(app.post(Some(&admin), &format!("{path}/disable"), &json!({})).await?.code(), "bad-parameter");
        assert_eq!(app.delete(Some(&admin), &format!("{path}/grants/R10/*")).await?.code(), "bad-parameter");
        app.get(Some(&admin), &path).await?.ok()?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_with_a_sentence() {
    both_servers(|app| async move {
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let with = |field: &str, value: &str| {
            let mut user = new_user("newcomer");
            user[field] = json!(value);
            user
        };
        let long = "长".repeat(61);
        let broken = [
            ("login", ""),
            ("login", "two words"),
            ("login", long.as_str()),
            ("login", "nul\u{0}"),
            ("name", " "),
            ("name", long.as_str()),
            ("unit", "nul\u{0}"),
            ("phone", long.as_str()),
            ("password", "short"),
        ];
        for (field, value) in broken {
            let answer = app.post(Some(&admin), "/v1/users", &with(field, value)).await?;
            assert_eq!(answer.code(), "bad-parameter", "{field} {value}");
            assert!(answer.body["detail"].is_string(), "{field} {value}");
        }
        app.post(Some(&admin), "/v1/users", &new_user("newcomer")).await?.ok()?;
        assert_eq!(app.post(Some(&admin), "/v1/users", &new_user("newcomer")).await?.code(), "already-exists");
        let nobody = format!("/v1/users/{}", Uuid::from_u128(5));
        let grant = json!({ "role": "R1", "village": VILLAGE });
        assert_eq!(app.get(Some(&admin), &nobody).await?.code(), "not-found");
        assert_eq!(app.post(Some(&admin), &format!("{nobody}/grants"), &grant).await?.code(), "not-found");
        let path = format!("/v1/users/{}/grants", admin.user);
        assert_eq!(app.post(Some(&admin), &path, &grant).await?.code(), "bad-parameter", "an unknown village");
        let role = json!({ "role": "R12", "village": "*" });
        assert_eq!(app.post(Some(&admin), &path, &role).await?.code(), "malformed-request");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_of_accounts_join_in_order_of_login() {
    both_servers(|app| async move {
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        for login in ["b", "c", "张三（测试）", "d"] {
            app.person(login).await?;
        }
        let (mut logins, mut after) = (Vec::new(), String::new());
        loop {
            // One row a page: the last place is a name that the address has to encode.
            let page = app.get(Some(&admin), &format!("/v1/users?limit=1{after}")).await?.ok()?;
            let items = page["items"].as_array().cloned().unwrap_or_default();
            logins.extend(items.iter().map(|item| item["login"].as_str().unwrap_or_default().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(logins, ["admin", "b", "c", "d", "张三（测试）"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_is_enabled_again_with_its_password_and_roles() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let inspector = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        let path = format!("/v1/users/{}", inspector.user);
        app.post(Some(&admin), &format!("{path}/disable"), &json!({})).await?;
        assert!(app.sign_in("inspector", None).await.is_err());
        for _ in 0..2 {
            let enabled = app.post(Some(&admin), &format!("{path}/enable"), &json!({})).await?;
            assert_eq!(enabled.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(app.get(Some(&admin), &path).await?.ok()?["disabled_at"], Value::Null);
        let back = app.sign_in("inspector", None).await?;
        assert_eq!(villages_of_me(&app, &back).await?, [VILLAGE]);
        let unknown = app.post(Some(&admin), &format!("/v1/users/{}/enable", Uuid::from_u128(5)), &json!({})).await?;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_keeps_the_accounts_reads_the_names_of_the_villages_of_the_own_grant() {
    both_servers(|app| async move {
        app.village(VILLAGE, "测试一村").await?;
        app.village(OTHER_VILLAGE, "测试二村").await?;
        let names = |body: &Value| -> Vec<String> {
            let items = body["items"].as_array().into_iter().flatten();
            items.map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
        };
        let one = app.user("one", Role::R10, &[VILLAGE]).await?;
        assert_eq!(names(&app.get(Some(&one), "/v1/areas").await?.ok()?), ["测试一村"]);
        let all = app.user("all", Role::R10, &["*"]).await?;
        let everything = names(&app.get(Some(&all), "/v1/areas").await?.ok()?);
        assert!(everything.contains(&"测试一村".to_owned()) && everything.contains(&"测试二村".to_owned()));
        let whole = app.user("whole", Role::R10, &[SUBDISTRICT]).await?;
        assert_eq!(
            names(&app.get(Some(&whole), "/v1/areas").await?.ok()?),
            everything,
            "a subdistrict has its villages"
        );
        Ok(())
    })
    .await;
}
