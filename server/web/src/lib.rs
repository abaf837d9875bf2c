//! The web apps as `npm run build` left them in `web/*/dist`: embedded in a release, read from the folder in a debug build. What a newcomer gets
//! wrong: the server builds without Node too; then nothing is here, and whoever serves says so.

use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

/// One of the two apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebApp {
    /// The phone app.
    Field,
    /// The supervisors' console.
    Console,
}

#[derive(RustEmbed)]
#[folder = "../../web/field/dist"]
#[allow_missing = true]
#[exclude = "*.map"]
struct Field;

#[derive(RustEmbed)]
#[folder = "../../web/console/dist"]
#[allow_missing = true]
#[exclude = "*.map"]
struct Console;

/// A file of an app.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The file.
    pub bytes: Cow<'static, [u8]>,
    /// `text/html; charset=utf-8`, ...
    pub mime: &'static str,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// Its name holds a hash of its content, so it never changes.
    pub immutable: bool,
}

/// The page that every address of an app opens.
pub const INDEX: &str = "index.html";

/// Folder of files whose names hold a hash of their content.
const HASHED_FOLDER: &str = "assets/";

/// Ending of the files that the build compressed; asked for under the name of the plain file only.
const BROTLI: &str = ".br";

/// A file as the build compressed it with Brotli, by the path of the plain one; nothing where it was not worth it.
pub fn find_brotli(app: WebApp, path: &str) -> Option<Cow<'static, [u8]>> {
    read(app, &format!("{path}{BROTLI}")).map(|file| file.data)
}

/// A file by its path within the app, `assets/index-1a2b.js`; nothing for folders, paths that leave the app, and apps that were not built.
pub fn find_asset(app: WebApp, path: &str) -> Option<Asset> {
    if path.ends_with(BROTLI) {
        return None;
    }
    let EmbeddedFile { data, metadata } = read(app, path)?;
    let immutable = path.starts_with(HASHED_FOLDER);
    Some(Asset { bytes: data, mime: mime_of(path), sha256: metadata.sha256_hash(), immutable })
}

fn read(app: WebApp, path: &str) -> Option<EmbeddedFile> {
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains(['\\', '\0']) {
        return None;
    }
    match app {
        WebApp::Field => Field::get(path),
        WebApp::Console => Console::get(path),
    }
}

/// Whether an app was built.
pub fn is_built(app: WebApp) -> bool {
    find_asset(app, INDEX).is_some()
}

/// Media types of what a web build makes; anything else is bytes that a browser does not open.
fn mime_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_the_app_finds_nothing() {
        for path in ["", "/index.html", "../field/package.json", "assets/../../package.json", "assets//x", "a\\b", "."]
        {
            assert!(find_asset(WebApp::Field, path).is_none(), "{path}");
        }
    }
}
