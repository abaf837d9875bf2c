//! Every role against every endpoint of the OpenAPI document, and nobody beyond the villages of the own grants.
//!
//! The expectations are in `endpoints`; they name the action of the permission table, which another test spells out. What a newcomer
//! gets wrong: an endpoint without a row fails here, on purpose.

use super::endpoints::{Asked, FOREIGN_VILLAGE, OURS, ROWS, Scene, THEIRS, VILLAGE};
use anyhow::{Context as _, Result};
use paicha::auth::permissions::{Action, Reach, allows};
use paicha_tests::app::{PASSWORD, SignedIn, TestApp, both_servers};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

/// Stands in a record of the foreign village, and must never be seen by anybody of ours.
const MARK: &str = "外村配电箱门敞开";

/// Methods and paths of the document.
fn documented() -> Result<BTreeSet<(String, bool)>> {
    let document = serde_json::to_value(paicha::http::openapi())?;
    let mut found = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().context("paths")? {
        for (method, operation) in operations.as_object().context("operations")? {
            if method != "parameters" {
                let needs_token = operation["security"].is_array();
                found.insert((format!("{} {path}", method.to_uppercase()), needs_token));
            }
        }
    }
    Ok(found)
}

#[test]
fn every_endpoint_has_a_row_and_says_whether_it_needs_a_token() -> Result<()> {
    let documented = documented()?;
    assert!(documented.len() > 10, "the document is empty");
    for (endpoint, needs_token) in documented {
        let rows: Vec<_> = ROWS.iter().filter(|row| row.endpoint == endpoint).collect();
        assert!(!rows.is_empty(), "{endpoint} has no row in tests/it/api/endpoints.rs: say who may ask for it");
        assert!(rows.iter().all(|row| row.expected.is_public() != needs_token), "{endpoint}: security in the document");
    }
    Ok(())
}

async fn ask(app: &TestApp, endpoint: &str, asked: Asked, token: Option<&str>) -> Result<(u16, String)> {
    let method: Method = endpoint.split(' ').next().unwrap_or_default().parse()?;
    let mut request = app.request(method, &asked.path).body(asked.body);
    for (name, value) in asked.headers {
        request = request.header(name, value);
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

/// A person with the role in our village. Who may not enrol a phone comes by browser, with a device that is nobody's.
async fn walker(app: &TestApp, role: Role) -> Result<SignedIn> {
    let login = format!("walker-{role}");
    if allows(role, Action::Enrol) != Reach::No {
        return app.user(&login, role, &[VILLAGE]).await;
    }
    let user = app.person(&login).await?;
    let mut tx = app.app.database.begin_write().await?;
    paicha_db::accounts::put_grant(&mut tx, user.0, role.code(), VILLAGE, 1).await?;
    tx.commit().await?;
    let body = json!({ "login": login, "password": PASSWORD, "device": null });
    let mut body = app.post(None, "/v1/auth/login", &body).await?.ok()?;
    body["device"] = json!(Uuid::from_u128(1));
    SignedIn::of(&body)
}

/// A hazard in each village, made by an inspector of each; answers the one of the foreign village.
async fn leave_mark(app: &TestApp) -> Result<SignedIn> {
    app.village(VILLAGE, "测试一村").await?;
    app.village(FOREIGN_VILLAGE, "测试二村").await?;
    leave_hazard(app, "ours", VILLAGE, OURS, "本村配电箱门敞开").await?;
    leave_hazard(app, "theirs", FOREIGN_VILLAGE, THEIRS, MARK).await
}

async fn leave_hazard(
    app: &TestApp,
    login: &str,
    village: &str,
    (record, id): (Uuid, Uuid),
    description: &str,
) -> Result<SignedIn> {
    let inspector = app.user(login, Role::R1, &[village]).await?;
    let op = json!({
        "type": "hazard", "kind": "create", "village": village, "record": record, "base_rev": 0,
        "made_at": "2023-06-01T07:00:00+08:00", "hlc": "000000000001-0001", "author": inspector.user,
        "fields": { "level": "general", "description": description },
    });
    let digest = op_digest(op.to_string().as_bytes());
    let ops = json!([{ "seq": 1, "id": id, "digest": digest, "op": op }]);
    let envelope = json!({ "proto": 1, "device": inspector.device, "incarnation": inspector.device, "ops": ops });
    let pushed = app.post(Some(&inspector), "/v1/sync/push", &envelope).await?.ok()?;
    assert_eq!(pushed["results"][0]["status"], "applied", "{pushed}");
    Ok(inspector)
}

async fn pull(app: &TestApp, who: &SignedIn) -> Result<Value> {
    let body = json!({ "proto": 1, "device": who.device, "incarnation": Uuid::from_u128(0xeee) });
    app.post(Some(who), "/v1/sync/pull", &body).await?.ok()
}

#[tokio::test]
async fn every_role_gets_from_every_endpoint_what_the_table_says() {
    both_servers(|app| async move {
        leave_mark(&app).await?;
        let documented: BTreeSet<String> = documented()?.into_iter().map(|(endpoint, _)| endpoint).collect();
        let rows: Vec<_> = ROWS.iter().filter(|row| documented.contains(row.endpoint)).collect();
        let mut wrong = Vec::new();
        for role in Role::ALL {
            let who = walker(&app, role).await?;
            let victim = app.user(&format!("victim-{role}"), Role::R1, &[FOREIGN_VILLAGE]).await?;
            let scene = Scene { role, device: who.device, victim };
            for row in &rows {
                let expected = row.expected.status(role);
                if !row.expected.is_public() {
                    let (status, _) = ask(&app, row.endpoint, (row.request)(&scene), None).await?;
                    if status != 401 {
                        wrong.push(format!("nobody: {}: {status} instead of 401", row.endpoint));
                    }
                }
                let asked = (row.request)(&scene);
                let (status, text) = ask(&app, row.endpoint, asked, Some(&who.access_token)).await?;
                if status != expected {
                    wrong.push(format!("{role}: {}: {status} instead of {expected}: {text}", row.endpoint));
                }
                if text.contains(MARK) || text.contains("测试二村") {
                    wrong.push(format!("{role}: {} shows another village: {text}", row.endpoint));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_pull_holds_the_villages_of_the_grants_and_no_others() {
    both_servers(|app| async move {
        let inspector = leave_mark(&app).await?;
        assert!(pull(&app, &inspector).await?.to_string().contains(MARK), "the mark is there to be found");
        for role in Role::ALL {
            if allows(role, Action::Enrol) == Reach::No {
                continue;
            }
            let ours = app.user(&format!("ours-{role}"), role, &[VILLAGE]).await?;
            let page = pull(&app, &ours).await?.to_string();
            assert!(!page.contains(MARK) && !page.contains(FOREIGN_VILLAGE), "{role} reads a foreign village: {page}");
            let theirs = app.user(&format!("theirs-{role}"), role, &[FOREIGN_VILLAGE]).await?;
            let sees = pull(&app, &theirs).await?.to_string().contains(MARK);
            assert_eq!(sees, allows(role, Action::SyncPull) == Reach::OwnVillages, "{role} in the own village");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_revoked_village_is_not_read_any_more() {
    both_servers(|app| async move {
        let inspector = leave_mark(&app).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let path = format!("/v1/users/{}/grants/R1/{FOREIGN_VILLAGE}", inspector.user);
        app.delete(Some(&admin), &path).await?.ok()?;
        assert!(!pull(&app, &inspector).await?.to_string().contains(MARK));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_may_not_write_in_a_village_changes_nothing_there() {
    both_servers(|app| async move {
        leave_mark(&app).await?;
        for (number, role) in (1_u128..).zip([Role::R1, Role::R6, Role::R10, Role::R11]) {
            let who = app.user(&format!("writer-{role}"), role, &[VILLAGE]).await?;
            let op = json!({
                "type": "hazard", "kind": "patch", "village": FOREIGN_VILLAGE, "record": THEIRS.0,
                "base_rev": 1, "made_at": "2023-06-01T07:30:00+08:00", "hlc": "000000000002-0002", "author": who.user,
                "set": { "description": { "base": MARK, "new": "已改写" } },
            });
            let digest = op_digest(op.to_string().as_bytes());
            let ops = json!([{ "seq": 1, "id": Uuid::from_u128(0x5000 + number), "digest": digest, "op": op }]);
            let life = Uuid::from_u128(0x6000 + number);
            let envelope = json!({ "proto": 1, "device": who.device, "incarnation": life, "ops": ops });
            let pushed = app.post(Some(&who), "/v1/sync/push", &envelope).await?.ok()?;
            let status = pushed["results"][0]["status"].as_str().unwrap_or_default().to_owned();
            assert!(status == "review" || status == "refused", "{role}: {pushed}");
        }
        let office = app.user("office", Role::R3, &["*"]).await?;
        let page = pull(&app, &office).await?.to_string();
        assert!(page.contains(MARK) && !page.contains("\"已改写\""), "{page}");
        Ok(())
    })
    .await;
}
