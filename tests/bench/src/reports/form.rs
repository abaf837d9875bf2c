//! 附件1 with hundreds of rows and two pictures in each, asked of the real server in a process of its own: how long until the last byte, against
//! writing the same picture bytes into a ZIP, and how much memory. The visits are pushed by a phone, the photos are drawn, and their thumbnails
//! are those that the server's own jobs made. What a newcomer gets wrong: the pictures are read from the photo store in every round.

use super::{Asked, office};
use crate::measure::median;
use crate::memory::process::Server;
use crate::world::{DESCRIPTION, Phone, SUBDISTRICT, World, fill_feeds};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use paicha::app::App;
use paicha::blobs::{Blobs, Derivative, derived_key, original_key};
use paicha::clock::SystemClock;
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha::usecases::push_operations::{PushBatch, push_operations};
use paicha::usecases::seed_demo::count_underived_photos;
use paicha::usecases::settle_photos::settle_original;
use paicha_db::Engine;
use paicha_db::uploads::{BlobRow, put_blob};
use paicha_photos::DERIVE_VERSION;
use paicha_photos::sample::{Stamp, field_photo};
use paicha_tests::databases::TestDatabase;
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use sync_protocol::digest::{Sha256Bytes, op_digest, sha256, to_hex};
use sync_protocol::time::{LocalDate, Micros, Month};
use uuid::Uuid;
use zip::write::SimpleFileOptions;

/// Pictures of a row.
const PICTURES: usize = 2;
/// Pixels of a drawn photo, 2 megapixels of some hundred kilobytes.
const PHOTO_PIXELS: (u32, u32) = (1600, 1200);
/// Places that were visited.
const PLACES: usize = 100;
/// Rounds of each case; each with its floor.
const ROUNDS: usize = 5;
/// The server is called idle after so long.
const SETTLE: Duration = Duration::from_secs(3);
/// Thumbnails are waited for at most so long.
const DERIVE_WAIT: Duration = Duration::from_mins(30);
/// Seconds until the last byte.
const AIM_S: f64 = 3.0;
/// Resident memory.
const AIM_MB: f64 = 200.0;
/// Photos after which the progress is shown.
const SHOWN_EVERY: usize = 200;
/// Operations of one batch.
const BATCH_OPS: usize = 500;

pub(crate) async fn run(engine: Engine, program: &Path, rows: usize) -> Result<()> {
    let database = TestDatabase::create(engine).await?;
    let folder = tempfile::tempdir()?;
    let settings = vec![
        ("data.folder".to_owned(), folder.path().display().to_string()),
        ("database.url".to_owned(), database.config.url.clone()),
    ];
    let config = Config::load(&Sources { file: None, environment: vec![], flags: settings.clone() })?;
    let prepared = prepare(config, rows).await?;
    let (originals, thumbnails) =
        (prepared.original_bytes / (rows * PICTURES), prepared.thumbnail_bytes(folder.path()).await?);
    println!(
        "附件1, {engine:?}: {rows} rows, {} pictures; originals of {originals} bytes, thumbnails of {} bytes, on average",
        rows * PICTURES,
        thumbnails / (rows * PICTURES)
    );
    for (area, format) in [
        (prepared.village, "json"),
        (prepared.village, "xlsx"),
        (prepared.village, "docx"),
        (SUBDISTRICT, "xlsx"),
        (SUBDISTRICT, "docx"),
    ] {
        let server = Server::start_with(program, folder.path(), &[("database.url", &database.config.url)]).await?;
        let asked = Asked::new(server.address.clone(), prepared.token.clone());
        tokio::time::sleep(SETTLE).await;
        let case = Case { area, format, rows, month: prepared.month };
        measure(&case, &server, &asked, &prepared.hashes, folder.path()).await?;
        server.stop().await?;
    }
    database.remove().await
}

struct Case {
    area: &'static str,
    format: &'static str,
    rows: usize,
    month: Month,
}

async fn measure(case: &Case, server: &Server, asked: &Asked, hashes: &[Sha256Bytes], folder: &Path) -> Result<()> {
    let Case { area, format, month, .. } = case;
    let path = format!("/v1/forms/appendix1?village={area}&month={month}&format={format}");
    let idle = server.resident_mb()?;
    let (file, first) = asked.get(&path).await?;
    check(case, &file)?;
    let (_, peak_of_one) = server.peaks_mb()?;
    let (mut floors, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floors.push(zip_pictures(folder, hashes).await?);
        taken.push(asked.get(&path).await?.1);
    }
    let (_, peak) = server.peaks_mb()?;
    let (floor, own) = (median(floors), median(taken));
    let of = if *area == SUBDISTRICT { "subdistrict and its villages" } else { "village" };
    println!(
        "  {format} of a {of}: {own:.2} s (aim < {AIM_S}), first {first:.2} s, floor (ZIP of the pictures) {floor:.2} s, floor / it {:.2}",
        floor / own
    );
    println!(
        "    {:.1} MB of file; resident {idle:.1} MB before, at most {peak_of_one:.1} MB after one, {peak:.1} MB after {} (aim < {AIM_MB})",
        f64::from(u32::try_from(file.len())?) / 1_000_000.0,
        ROUNDS + 1
    );
    Ok(())
}

/// A file without its rows or pictures is fast and worth nothing.
fn check(case: &Case, file: &[u8]) -> Result<()> {
    let pictures = case.rows * PICTURES;
    if case.format == "json" {
        let form: Value = serde_json::from_slice(file)?;
        let rows = form["form"]["rows"].as_array().context("rows")?;
        let shown: usize = rows.iter().map(|row| row["pictures"].as_array().map_or(0, Vec::len)).sum();
        ensure!(rows.len() == case.rows && shown == pictures, "{} rows with {shown} pictures", rows.len());
        return Ok(());
    }
    let archive = zip::ZipArchive::new(Cursor::new(file))?;
    let media = archive.file_names().filter(|name| name.as_ref().is_ok_and(|name| name.contains("/media/"))).count();
    ensure!(media == pictures, "{media} pictures in the file");
    Ok(())
}

/// Reads the thumbnails and writes them into a ZIP as they are; seconds.
async fn zip_pictures(folder: &Path, hashes: &[Sha256Bytes]) -> Result<f64> {
    let started = Instant::now();
    let blobs = store(folder)?;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (number, hash) in hashes.iter().enumerate() {
        let jpeg = blobs.get(&derived_key(hash, DERIVE_VERSION, Derivative::Thumbnail)).await?;
        archive.start_file(format!("xl/media/image{number}.jpeg"), stored)?;
        archive.write_all(&jpeg)?;
    }
    ensure!(!archive.finish()?.into_inner().is_empty(), "an empty archive");
    Ok(started.elapsed().as_secs_f64())
}

fn store(folder: &Path) -> Result<Blobs> {
    let flags = vec![("data.folder".to_owned(), folder.display().to_string())];
    let config = Config::load(&Sources { file: None, environment: vec![], flags })?;
    Ok(Blobs::in_folder(&config.blobs_folder())?)
}

/// What there is to ask for.
struct Prepared {
    token: String,
    village: &'static str,
    month: Month,
    hashes: Vec<Sha256Bytes>,
    original_bytes: usize,
}

impl Prepared {
    async fn thumbnail_bytes(&self, folder: &Path) -> Result<usize> {
        let blobs = store(folder)?;
        let mut bytes = 0;
        for hash in &self.hashes {
            bytes += blobs.get(&derived_key(hash, DERIVE_VERSION, Derivative::Thumbnail)).await?.len();
        }
        Ok(bytes)
    }
}

/// Visits, hazards and photos of this month, with the server closed again.
async fn prepare(config: Config, rows: usize) -> Result<Prepared> {
    let clock = Arc::new(SystemClock);
    let app = paicha::start::start(config, clock.clone(), Arc::new(SystemIds::new(clock))).await?;
    fill_feeds(&app).await?;
    let phone = World::sign_in(&app, 0).await?;
    let photos = draw(&app, rows * PICTURES).await?;
    let now = app.now();
    push(&app, &phone, &operations(&phone, rows, now, &photos)).await?;
    let feed = phone.village.parse()?;
    for (hash, bytes) in &photos {
        let mut tx = app.database.begin_write().await?;
        let blob = BlobRow { sha256: hash.to_vec(), bytes: i64::try_from(*bytes)?, stored_at: now.as_micros() };
        put_blob(&mut tx, blob).await?;
        tx.commit().await?;
        settle_original(&app, &feed, hash).await?;
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let jobs = paicha::jobs::spawn(app.clone(), stopped);
    let until = Instant::now() + DERIVE_WAIT;
    println!("  … thumbnails");
    while count_underived_photos(&app).await? > 0 {
        ensure!(Instant::now() < until, "the thumbnails are not made");
        app.photos_waiting.notify_one();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    stop.send(true)?;
    jobs.await?;
    let token = office(&app).await?;
    app.database.close().await;
    let original_bytes = photos.iter().map(|(_, bytes)| bytes).sum();
    let hashes = photos.into_iter().map(|(hash, _)| hash).collect();
    Ok(Prepared { token, village: phone.village, month: LocalDate::of(now).month_of(), hashes, original_bytes })
}

/// Draws photos into the store, two at a time; the hash and length of each.
async fn draw(app: &Arc<App>, count: usize) -> Result<Vec<(Sha256Bytes, usize)>> {
    let mut drawn = Vec::with_capacity(count);
    let seeds: Vec<u64> = (0..count as u64).collect();
    for some in seeds.chunks(2) {
        let (width, height) = PHOTO_PIXELS;
        let tasks: Vec<_> = some
            .iter()
            .copied()
            .map(|seed| tokio::task::spawn_blocking(move || field_photo(seed, width, height, &Stamp::example())))
            .collect();
        for task in tasks {
            let jpeg = task.await?;
            let hash = sha256(&jpeg);
            drawn.push((hash, jpeg.len()));
            app.blobs.put(&original_key(&hash), Bytes::from(jpeg)).await?;
        }
        if drawn.len().is_multiple_of(SHOWN_EVERY) {
            println!("  … {} of {count} photos drawn", drawn.len());
        }
    }
    Ok(drawn)
}

fn id(space: u64, number: usize) -> Uuid {
    Uuid::from_u64_pair(((number as u64) << 16) | space, 0x8000_0000_0000_0000 | space)
}

/// What the phone says: places, then visit after visit, each with a hazard and two photos.
fn operations(phone: &Phone, rows: usize, now: Micros, photos: &[(Sha256Bytes, usize)]) -> Vec<Value> {
    let mut said = Vec::new();
    let made = |at: Micros, kind: &str, record: Uuid, body: Value| {
        let mut op = json!({ "type": kind, "village": phone.village, "record": record, "base_rev": 0, "made_at": at,
            "author": phone.caller.user });
        op.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        op
    };
    let created = |fields: Value| json!({ "kind": "create", "fields": fields });
    for place in 0..PLACES {
        let fields = json!({ "name": format!("云杉{place}号加工厂"), "place_type": "enterprise", "address": "云杉街道工业园二路" });
        said.push(made(now, "place", id(1, place), created(fields)));
    }
    for row in 0..rows {
        let (inspection, hazard, place) = (id(2, row), id(3, row), id(1, row % PLACES).to_string());
        let fields = json!({ "kind": "patrol", "inspecting_unit": "云杉村安全生产排查组", "inspectors": ["演示甲"], "place": place, "started_at": now, "ended_at": now });
        said.push(made(now, "inspection", inspection, created(fields)));
        let fields = json!({ "level": if row % 4 == 0 { "major_direct" } else { "general" }, "origin": "village", "place": place,
            "inspection": inspection.to_string(), "description": DESCRIPTION, "position_text": "一层东侧配电间", "found_at": now,
            "control": "warned", "deadline": "2030-06-20", "suggestion": "立即断电并清理可燃物，由持证电工恢复箱门和接线，三日内报村委会复查" });
        said.push(made(now, "hazard", hazard, created(fields)));
        let carriers = [("inspection", inspection, "site"), ("hazard", hazard, "before")];
        for ((kind, record, role), number) in carriers.into_iter().zip(row * PICTURES..) {
            let (hash, bytes) = photos[number];
            let body = json!({ "kind": "photo.attach", "photo": id(4, number), "sha256": to_hex(&hash), "bytes": bytes,
                "mime": "image/jpeg", "role": role, "source": "camera_inapp", "taken_at": now });
            said.push(made(now, kind, record, body));
        }
        said.push(made(now, "inspection", inspection, json!({ "kind": "submit" })));
    }
    said
}

async fn push(app: &Arc<App>, phone: &Phone, said: &[Value]) -> Result<()> {
    let numbered: Vec<Value> = said
        .iter()
        .zip(1_usize..)
        .map(|(op, seq)| {
            json!({ "seq": seq, "id": id(5, seq), "digest": op_digest(op.to_string().as_bytes()), "op": op })
        })
        .collect();
    for some in numbered.chunks(BATCH_OPS) {
        let envelope =
            json!({ "proto": 1, "device": phone.caller.device, "incarnation": phone.incarnation, "ops": some });
        let batch = PushBatch::of_request(&serde_json::from_str(&envelope.to_string())?);
        let pushed = push_operations(app.clone(), phone.caller.clone(), batch).await?;
        let results = serde_json::to_value(&pushed.results)?;
        let results = results.as_array().context("results")?;
        let other = results.iter().find(|result| result["status"] != "applied");
        ensure!(results.len() == some.len() && other.is_none(), "not applied: {other:?} {:?}", pushed.stopped);
    }
    Ok(())
}
