//! Where the web apps stand among the addresses, with and without built apps. How they work is tested in a browser, in `web/e2e`.

use anyhow::Result;
use paicha_db::Engine;
use paicha_tests::app::{TestApp, both_servers};
use paicha_web::{WebApp, is_built};
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::role::Role;

#[tokio::test]
async fn a_page_is_served_or_says_that_it_was_not_built_and_nothing_runs_in_it_but_our_own() -> Result<()> {
    both_servers(|app| async move {
        for (path, which) in [("/", WebApp::Console), ("/hazards/17", WebApp::Console), ("/app/", WebApp::Field)] {
            let response = app.request(Method::GET, path).send().await?;
            let expected = if is_built(which) { 200 } else { 404 };
            assert_eq!(response.status().as_u16(), expected, "{path}");
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
            assert!(header("content-type").starts_with("text/html"), "{path}");
            assert!(header("content-security-policy").contains("script-src 'self'"), "{path}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert!(response.text().await?.contains("排查"), "{path}");
        }
        Ok(())
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn what_is_no_page_stays_a_problem() -> Result<()> {
    both_servers(|app| async move {
        let asks = [
            (Method::GET, "/v1/nothing"),
            (Method::GET, "/v1"),
            (Method::POST, "/"),
            (Method::GET, "/app/assets/none.js"),
            (Method::GET, "/assets/none.js"),
            (Method::GET, "/app/..%2f..%2fpackage.json"),
            (Method::GET, "/favicon.none"),
        ];
        for (method, path) in asks {
            let response = app.request(method, path).send().await?;
            assert_eq!(response.status().as_u16(), 404, "{path}");
            let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
            assert_eq!(kind, "application/problem+json", "{path}");
        }
        let moved = app.request(Method::GET, "/app").send().await?;
        assert_eq!(moved.url().path(), "/app/");
        Ok(())
    })
    .await;
    Ok(())
}

/// What the pages of the console and of the phone may fetch pictures and data from.
async fn policies(app: &TestApp) -> Result<[String; 2]> {
    let mut found = [String::new(), String::new()];
    for (path, policy) in ["/", "/app/"].into_iter().zip(&mut found) {
        let response = app.request(Method::GET, path).send().await?;
        let header = response.headers().get("content-security-policy").and_then(|value| value.to_str().ok());
        *policy = header.unwrap_or_default().to_owned();
    }
    Ok(found)
}

#[tokio::test]
async fn a_base_map_opens_the_console_to_its_host_and_to_no_other() -> Result<()> {
    let plain = TestApp::start(Engine::Sqlite).await?;
    let user = plain.user("office", Role::R3, &["*"]).await?;
    assert_eq!(plain.get(Some(&user), "/v1/map").await?.ok()?, json!({ "base": Value::Null }));
    let [console, phone] = policies(&plain).await?;
    assert_eq!(console, phone);
    plain.remove().await?;

    let settings = [
        ("map.tiles", "https://tiles.example.org:8443/{z}/{x}/{y}.png?tk=key"),
        ("map.attribution", "测试底图"),
        ("map.datum", "gcj02"),
    ];
    let set = TestApp::start_with(Engine::Sqlite, &settings).await?;
    let user = set.user("office", Role::R3, &["*"]).await?;
    let base = set.get(Some(&user), "/v1/map").await?.ok()?["base"].clone();
    assert_eq!(
        (&base["datum"], &base["zoom_max"], &base["tiles"]),
        (&json!("gcj02"), &json!(18), &json!(settings[0].1))
    );
    let [opened, phone_still] = policies(&set).await?;
    assert_eq!(phone_still, phone, "the phone app draws no base map");
    let without = opened.replace(" https://tiles.example.org:8443", "");
    assert_eq!(without, console, "nothing else is different");
    for part in ["img-src", "connect-src"] {
        let rule = opened.split(';').find(|rule| rule.trim().starts_with(part)).unwrap_or_default();
        assert!(rule.ends_with(" https://tiles.example.org:8443"), "{rule}");
    }
    set.remove().await
}
