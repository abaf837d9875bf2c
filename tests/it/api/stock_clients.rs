//! Clients that others wrote finish an upload over a link that breaks.
//!
//! `cargo xtask test` installs them outside the clone and names the folder. What a newcomer gets wrong: without them these
//! tests fail; they are never skipped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use paicha::blobs::original_key;
use paicha_db::Engine;
use serde_json::{Value, json};
use sync_protocol::digest::to_hex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::photo_rig::{Rig, VILLAGE, noise};

/// Holds the folder of the installed clients.
const FOLDER_VARIABLE: &str = "PAICHA_TEST_STOCK_CLIENTS";

fn folder() -> Result<PathBuf> {
    match std::env::var(FOLDER_VARIABLE) {
        Ok(folder) if !folder.is_empty() => Ok(folder.into()),
        Ok(_) | Err(_) => bail!(
            "no stock clients for the tests: run `cargo xtask test`, or `cargo xtask stock-clients` once and set \
             {FOLDER_VARIABLE} as it says (these tests are never skipped)"
        ),
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stock-clients").join(name)
}

/// How one connection ends.
#[derive(Debug, Clone, Copy)]
enum Link {
    Whole,
    /// Cut after so many bytes from the client.
    CutAfter(usize),
    /// Everything reaches the server, its first answer does not reach the client.
    LostAnswer,
}

/// A link between client and server whose n-th connection ends as the n-th entry says; those after the last are whole.
async fn broken_link(server: String, links: Vec<Link>) -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let broken = Arc::new(AtomicUsize::new(0));
    let counter = broken.clone();
    tokio::spawn(async move {
        let mut links = links.into_iter();
        while let Ok((client, _)) = listener.accept().await {
            let (link, server, counter) = (links.next().unwrap_or(Link::Whole), server.clone(), counter.clone());
            tokio::spawn(async move {
                if let Ok(server) = TcpStream::connect(server).await {
                    counter.fetch_add(usize::from(carry(client, server, link).await), Ordering::SeqCst);
                }
            });
        }
    });
    Ok((address, broken))
}

/// Carries bytes until the link breaks or both sides have ended; whether it broke.
async fn carry(mut client: TcpStream, mut server: TcpStream, link: Link) -> bool {
    let (mut up, mut down) = (vec![0; 16_384], vec![0; 16_384]);
    let mut carried = 0;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(length @ 1..) = read else { return false };
                carried += length;
                if matches!(link, Link::CutAfter(limit) if carried > limit) {
                    return true;
                }
                if server.write_all(&up[..length]).await.is_err() {
                    return false;
                }
            }
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return false };
                if matches!(link, Link::LostAnswer) {
                    return true;
                }
                if client.write_all(&down[..length]).await.is_err() {
                    return false;
                }
            }
        }
    }
}

/// Has `client` upload a photo over such a link; the original must be stored as it was.
async fn uploads_over(client: fn(&Path) -> Command, links: Vec<Link>, options: Value) -> Result<()> {
    let folder = folder()?;
    let rig = Rig::start(Engine::Sqlite, &[]).await?;
    let phone = rig.phone(VILLAGE).await?;
    let bytes = noise(40, 3_000_000);
    let photo = rig.declare(&phone, VILLAGE, &bytes).await?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), &bytes)?;
    let breaks = links.iter().filter(|link| !matches!(link, Link::Whole)).count();
    let (address, broken) = broken_link(rig.address.clone(), links).await?;
    let mut order = json!({
        "endpoint": format!("http://{address}/v1/uploads"),
        "token": phone.token,
        "file": file.path(),
        "metadata": { "photo": photo.id, "record": photo.record, "sha256": to_hex(&photo.sha256) },
    });
    for (name, value) in options.as_object().into_iter().flatten() {
        order[name] = value.clone();
    }
    let output = client(&folder).arg(order.to_string()).env("NO_PROXY", "127.0.0.1").output().await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{said}");
    assert_eq!(broken.load(Ordering::SeqCst), breaks, "every break must have happened");
    assert!(rig.photo(photo.id).await?.stored);
    assert_eq!(rig.app.blobs.get(&original_key(&photo.sha256)).await.context("the original")?, bytes);
    assert_eq!(rig.staged().await?, Vec::<String>::new());
    rig.stop().await
}

fn tus_js_client(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(script("upload.cjs")).env("NODE_PATH", folder.join("node_modules"));
    command
}

fn tuspy(folder: &Path) -> Command {
    let mut command = Command::new(folder.join("venv/bin/python"));
    command.arg(script("upload.py"));
    command
}

#[tokio::test]
async fn tus_js_client_sends_a_photo_in_one_piece() -> Result<()> {
    let links = vec![Link::CutAfter(400_000), Link::LostAnswer, Link::CutAfter(1_200_000)];
    uploads_over(tus_js_client, links, json!({})).await
}

#[tokio::test]
async fn tus_js_client_sends_a_photo_in_chunks() -> Result<()> {
    let links = vec![Link::LostAnswer, Link::CutAfter(700_000), Link::CutAfter(900_000), Link::LostAnswer];
    uploads_over(tus_js_client, links, json!({ "chunk_bytes": 524_288 })).await
}

#[tokio::test]
async fn tus_js_client_sends_bytes_with_the_creation() -> Result<()> {
    let links = vec![Link::CutAfter(400_000), Link::LostAnswer];
    uploads_over(tus_js_client, links, json!({ "chunk_bytes": 524_288, "with_creation": true })).await
}

#[tokio::test]
async fn tuspy_sends_a_photo_in_chunks() -> Result<()> {
    // Its first connection makes the upload, and it gives up when that fails.
    let links = vec![Link::Whole, Link::CutAfter(300_000), Link::Whole, Link::LostAnswer];
    uploads_over(tuspy, links, json!({ "chunk_bytes": 1_000_000 })).await
}

#[tokio::test]
async fn tuspy_sends_a_photo_with_checksums() -> Result<()> {
    let links = vec![Link::Whole, Link::CutAfter(300_000), Link::Whole, Link::LostAnswer];
    uploads_over(tuspy, links, json!({ "chunk_bytes": 1_000_000, "checksum": true })).await
}
