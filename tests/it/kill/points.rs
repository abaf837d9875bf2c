//! A server that dies at each crash point, the first and the second time it comes there.

use super::{Captured, World};
use anyhow::{Context as _, Result, ensure};
use paicha_client::Phone;
use paicha_db::Engine;
use paicha_tests::phones::{long_photo, sync};
use paicha_tests::workspace_root;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

/// Every crash point of the source.
const POINTS: [&str; 15] = [
    "push.before_begin",
    "push.after_lock",
    "push.after_decide",
    "push.after_store",
    "push.after_publish",
    "push.before_commit",
    "push.after_commit",
    "upload.before_piece",
    "upload.after_piece",
    "upload.after_advance",
    "upload.before_assemble",
    "upload.after_assemble",
    "upload.after_blob",
    "upload.after_finish",
    "upload.after_op",
];
/// `abort` ends a process so.
const SIGABRT: i32 = 6;
/// More than one chunk of the phone, so that a photo arrives in two pieces.
const PHOTO_BYTES: usize = 600 << 10;
/// Dies when the point is reached.
const FIRST_TIME: &str = "return";
/// Dies when the point is reached again: the second piece, the second photo, the server's own operation after the phone's.
const SECOND_TIME: &str = "1*off->return";

#[test]
fn every_crash_point_of_the_source_is_in_the_table() -> Result<()> {
    let mut found = BTreeSet::new();
    for entry in walkdir::WalkDir::new(workspace_root().join("server")) {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(entry.path())?;
            let named = text.split("crash::point(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(named.map(str::to_owned));
        }
    }
    let table: BTreeSet<String> = POINTS.map(str::to_owned).into();
    ensure!(found == table, "in the source: {found:?}; in the table: {table:?}");
    Ok(())
}

async fn die_at(world: &World, phone: &Phone, captured: &mut Captured, point: &str, action: &str) -> Result<()> {
    let mut dying = world.start(&format!("{point}={action}")).await?;
    let seed = u64::try_from(captured.photos.len())?;
    let photos = vec![long_photo(seed + 1, PHOTO_BYTES), long_photo(seed + 2, PHOTO_BYTES)];
    captured.capture(phone, format!("{point} {action}"), photos).await?;
    // It fails in whatever way the death is seen; what counts is what is kept.
    let _ = sync(phone).await;
    let death = dying.wait_for_death().await?;
    ensure!(death.signal() == Some(SIGABRT), "it ended otherwise: {death:?}; {}", dying.end_of_log());
    world.line.lead_to(None)?;

    let program = world.start("").await?;
    world.hand_in(phone).await?;
    world.check(&[phone], captured).await?;
    program.kill().await
}

async fn die_at_every_point(engine: Engine, action: &str) -> Result<()> {
    let world = World::new(engine, &["inspector"]).await?;
    let program = world.start("").await?;
    let phone = world.phone("inspector").await?;
    program.kill().await?;
    let mut captured = Captured::default();
    for point in POINTS {
        die_at(&world, &phone, &mut captured, point, action).await.with_context(|| format!("{point}={action}"))?;
    }
    phone.close().await;
    world.remove().await
}

#[tokio::test]
async fn a_death_at_any_point_loses_and_doubles_nothing_on_sqlite() -> Result<()> {
    die_at_every_point(Engine::Sqlite, FIRST_TIME).await
}

#[tokio::test]
async fn a_death_at_any_point_loses_and_doubles_nothing_on_postgresql() -> Result<()> {
    die_at_every_point(Engine::Postgres, FIRST_TIME).await
}

#[tokio::test]
async fn a_death_at_the_second_coming_to_any_point_loses_and_doubles_nothing_on_sqlite() -> Result<()> {
    die_at_every_point(Engine::Sqlite, SECOND_TIME).await
}

#[tokio::test]
async fn a_death_at_the_second_coming_to_any_point_loses_and_doubles_nothing_on_postgresql() -> Result<()> {
    die_at_every_point(Engine::Postgres, SECOND_TIME).await
}
