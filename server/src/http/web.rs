//! The web apps: the phone app under `/app/`, the console under `/`. Any other address of an app opens its page, so that an address in the app can
//! be opened again. What a newcomer gets wrong: nothing under `/v1/` ever answers a page, whatever is asked.

use super::body::{compressed, encoded_response, is_unchanged, reads_encoding};
use super::problem::ApiError;
use crate::app::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use paicha_web::{Asset, INDEX, WebApp, find_asset, find_brotli, is_built};
use std::borrow::Cow;
use std::sync::Arc;
use sync_protocol::problem::Problem;

/// Only our own scripts run and only our own server is talked to, and by the console the host of the base map where one is set. Styles may stand in the
/// page because the components set them there.
fn policy(tiles: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:{tiles}; media-src 'self' blob:; \
         worker-src 'self' blob:; connect-src 'self'{tiles}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

const FOREVER: &str = "public, max-age=31536000, immutable";

/// Folder of an app's files; a file that is missing there is missing, not a page.
const FILES: &str = "assets/";

/// Answers everything that no route answers.
pub(super) async fn serve_web(State(server): State<Arc<App>>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    if path == "/app" {
        return Redirect::permanent("/app/").into_response();
    }
    if path == "/v1" || path.starts_with("/v1/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::new(Problem::NotFound).into_response();
    }
    let (app, rest) = path
        .strip_prefix("/app/")
        .map_or((WebApp::Console, path.strip_prefix('/').unwrap_or(path)), |rest| (WebApp::Field, rest));
    let rest = if rest.is_empty() { INDEX } else { rest };
    let own = find_asset(app, rest).map(|asset| (asset, rest));
    let found = own.or_else(|| find_asset(app, INDEX).filter(|_| is_page(rest)).map(|asset| (asset, INDEX)));
    let tiles = server.config.map.origin().filter(|_| matches!(app, WebApp::Console));
    let policy = policy(&tiles.map_or_else(String::new, |origin| format!(" {origin}")));
    match found {
        Some((asset, name)) => {
            let brotli = if reads_encoding(request.headers(), "br") { find_brotli(app, name) } else { None };
            asset_response(request.headers(), asset, brotli, &policy)
        }
        None if !is_built(app) && is_page(rest) => not_built(&policy),
        None => ApiError::new(Problem::NotFound).into_response(),
    }
}

/// An address that the app itself reads: no file, and none of the app's own files.
fn is_page(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    path == INDEX || (!path.starts_with(FILES) && !last.contains('.'))
}

/// The file, as small as the asker can read it: compressed when it was built, since that takes longer than anybody waits, else now.
fn asset_response(asked: &HeaderMap, asset: Asset, brotli: Option<Cow<'static, [u8]>>, policy: &str) -> Response {
    let tag = format!("\"{}\"", hex::encode(&asset.sha256[..16]));
    let unchanged = is_unchanged(asked, &tag);
    let is_text = asset.mime.starts_with("text/") || asset.mime.contains("json") || asset.mime.contains("svg");
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else if let Some(brotli) = brotli {
        encoded_response(brotli, "br")
    } else if is_text {
        compressed(asked, asset.bytes.into_owned())
    } else {
        asset.bytes.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(if asset.immutable { FOREVER } else { "no-cache" }));
    // Weak, because the same file goes out compressed in several ways.
    if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
        headers.insert(header::ETAG, tag);
    }
    guard(headers, policy);
    response
}

/// What keeps a page from being used against the person who has it open.
fn guard(headers: &mut HeaderMap, policy: &str) {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let rules = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(self), microphone=(self)"),
    ];
    for (name, value) in rules {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn not_built(policy: &str) -> Response {
    let mut response = Html(NOT_BUILT).into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    guard(response.headers_mut(), policy);
    response
}

const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>排查 Paicha</title>\
<h1>排查服务正在运行，但没有带网页</h1>\
<p>这个程序编译时没有网页。装好 Node 以后运行 <code>cargo xtask web</code>，再重新编译。命令行和接口照常可用：<a href=\"/v1/openapi.json\">/v1/openapi.json</a>。</p>\
<p>The server runs, but it was built without its web pages. Install Node, run <code>cargo xtask web</code> and build again. \
The command line and the interface work as ever.</p></html>";
