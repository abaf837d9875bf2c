//! Where the web apps stand among the addresses, with and without built apps. How they work is tested in a browser, in `web/e2e`.

use anyhow::Result;
use paicha_tests::app::both_servers;
use paicha_web::{WebApp, is_built};
use reqwest::Method;

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
