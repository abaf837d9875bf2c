//! How much memory the real server takes: idle, and while phones upload photos over slow links and previews are made. The server is the
//! release program in a process of its own; its data folder was filled here before. What a newcomer gets wrong: a phone that is told to
//! come back later (the lane is full) is no error; that answer is what bounds the memory.

mod phones;
pub(crate) mod process;

use crate::world::{World, fill_feeds};
use anyhow::Result;
use paicha::blobs::original_key;
use paicha::clock::SystemClock;
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha_db::{Database, DatabaseConfig, Statement};
use phones::{Photo, UploadingPhone, declare, upload};
use process::Server;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync_protocol::digest::sha256;

/// Resident memory the idle server should stay below.
const IDLE_AIM_MB: f64 = 60.0;
/// Resident memory it should stay below under load.
const PEAK_AIM_MB: f64 = 300.0;
/// The server is called idle after so long.
const SETTLE: Duration = Duration::from_secs(5);
/// Previews are waited for at most so long after the last upload.
const DERIVE_WAIT: Duration = Duration::from_mins(20);

pub(crate) async fn run(program: &Path, phones: usize, bits_per_second: u64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let base = Photo::draw_base();
    println!("memory: {phones} phones, a photo of {} bytes each, {bits_per_second} bit/s each, SQLite", base.len());
    let phones = prepare(folder.path(), phones, &base).await?;
    let server = Server::start(program, folder.path()).await?;
    tokio::time::sleep(SETTLE).await;
    let idle = server.resident_mb()?;
    println!("  idle {idle:.1} MB (aim < {IDLE_AIM_MB})");
    let started = Instant::now();
    let http = reqwest::Client::builder().pool_max_idle_per_host(phones.len()).build()?;
    let tasks: Vec<_> = phones
        .iter()
        .cloned()
        .map(|phone| tokio::spawn(upload(http.clone(), server.address.clone(), phone, bits_per_second)))
        .collect();
    let (mut waits, mut errors) = (0, 0);
    for task in tasks {
        match task.await? {
            Ok(asked_to_wait) => waits += asked_to_wait,
            Err(error) => {
                errors += 1;
                println!("  an upload failed: {error:#}");
            }
        }
    }
    let uploaded = started.elapsed();
    let (at_upload_end, _) = server.peaks_mb()?;
    let derived = wait_for_previews(folder.path(), phones.len()).await?;
    let (sampled, kernel) = server.peaks_mb()?;
    let after = server.resident_mb()?;
    server.stop().await?;
    let lost = lost_bytes(folder.path(), &phones).await?;
    println!(
        "  peak {kernel:.1} MB as the kernel saw it, {sampled:.1} MB in samples each 200 ms (aim < {PEAK_AIM_MB})"
    );
    println!("  {at_upload_end:.1} MB at most when the last upload ended, after {:.0} s", uploaded.as_secs_f64());
    println!(
        "  {derived} of {} previews after {:.0} s; {after:.1} MB then",
        phones.len(),
        started.elapsed().as_secs_f64()
    );
    println!("  errors {errors}, lost bytes {lost}, told to come back later {waits} times");
    Ok(())
}

fn config(folder: &Path) -> Result<Config> {
    let flags = vec![("data.folder".to_owned(), folder.display().to_string())];
    Ok(Config::load(&Sources { file: None, environment: vec![], flags })?)
}

/// Villages, people, phones and declared photos in the folder, with the server closed again.
async fn prepare(folder: &Path, count: usize, base: &Arc<Vec<u8>>) -> Result<Vec<UploadingPhone>> {
    let clock = Arc::new(SystemClock);
    let app = paicha::start::start(config(folder)?, clock.clone(), Arc::new(SystemIds::new(clock))).await?;
    fill_feeds(&app).await?;
    let mut phones = Vec::with_capacity(count);
    for number in 0..count {
        let phone = World::sign_in(&app, u128::try_from(number)?).await?;
        phones.push(declare(&app, phone, base).await?);
    }
    app.database.close().await;
    Ok(phones)
}

fn database_url(folder: &Path) -> Result<String> {
    Ok(config(folder)?.database_url().expose().clone())
}

/// Waits until every photo has ended in a state; how many have.
async fn wait_for_previews(folder: &Path, photos: usize) -> Result<usize> {
    let database = Database::connect(&DatabaseConfig::new(database_url(folder)?)).await?;
    let until = Instant::now() + DERIVE_WAIT;
    loop {
        let mut tx = database.begin_read().await?;
        let derived = Statement::new("SELECT count(*) AS derived FROM photos WHERE derive_state IS NOT NULL");
        let derived = usize::try_from(tx.fetch_one(derived).await?.i64("derived")?)?;
        tx.rollback().await?;
        if derived >= photos || Instant::now() > until {
            database.close().await;
            return Ok(derived);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Reads every original again; the bytes of those that are missing or altered.
async fn lost_bytes(folder: &Path, phones: &[UploadingPhone]) -> Result<usize> {
    let blobs = paicha::blobs::Blobs::in_folder(&config(folder)?.blobs_folder())?;
    let mut lost = 0;
    for phone in phones {
        let expected = phone.photo.sha256;
        let stored = blobs.get(&original_key(&expected)).await;
        if !stored.is_ok_and(|bytes| sha256(&bytes) == expected) {
            lost += phone.photo.len();
        }
    }
    Ok(lost)
}
