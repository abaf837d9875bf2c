//! The server's data is put back to an older copy while phones go on: everything they had handed in since comes again, photos too, without
//! anybody saying so. What a newcomer gets wrong: SQLite's file may only be copied while nobody has it open.

use super::{Captured, SETTLED_WITHIN, VILLAGE, World, binary};
use anyhow::{Context as _, Result, ensure};
use paicha_db::records::list_records;
use paicha_db::{Database, Engine};
use paicha_tests::phones::{long_photo, sync};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let copied = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &copied)?;
        } else {
            std::fs::copy(entry.path(), copied)?;
        }
    }
    Ok(())
}

/// The folders of a world that hold everything of the server: database, photos and keys.
fn folders(world: &World) -> Result<[PathBuf; 2]> {
    let file = world.database.config.url.strip_prefix("sqlite:").context("SQLite")?;
    Ok([Path::new(file).parent().context("folder")?.to_path_buf(), world.data()])
}

fn back_up(world: &World) -> Result<()> {
    for (number, folder) in folders(world)?.iter().enumerate() {
        copy(folder, &world.folder.path().join(format!("backup{number}")))?;
    }
    Ok(())
}

fn put_back(world: &World) -> Result<()> {
    for (number, folder) in folders(world)?.iter().enumerate() {
        std::fs::remove_dir_all(folder)?;
        copy(&world.folder.path().join(format!("backup{number}")), folder)?;
    }
    Ok(())
}

/// Whom each human number of the village was given to.
async fn numbers(world: &mut World) -> Result<BTreeMap<String, Uuid>> {
    world.database.database = Database::connect(&world.database.config).await?;
    let mut tx = world.database.database.begin_read().await?;
    let rows = list_records(&mut tx, VILLAGE, None, 100).await?;
    tx.rollback().await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.number?, row.id))).collect())
}

#[tokio::test]
async fn a_server_put_back_to_an_older_copy_gets_everything_again() -> Result<()> {
    let mut world = World::new(Engine::Sqlite, &["one", "two"]).await?;
    let mut captured = Captured::default();
    let program = world.start("").await?;
    let (one, two) = (world.phone("one").await?, world.phone("two").await?);
    captured.capture(&one, "甲：备份之前".to_owned(), vec![long_photo(1, 20 << 10)]).await?;
    world.hand_in(&one).await?;
    program.kill().await?;
    world.database.database.close().await;
    back_up(&world)?;

    let program = world.start("").await?;
    captured.capture(&one, "乙：备份之后".to_owned(), vec![long_photo(2, 20 << 10)]).await?;
    world.hand_in(&one).await?;
    captured.capture(&two, "丙：另一部手机，备份之后".to_owned(), vec![long_photo(3, 600 << 10)]).await?;
    world.hand_in(&two).await?;
    world.hand_in(&one).await?;
    program.kill().await?;
    let given = numbers(&mut world).await?;
    world.database.database.close().await;
    put_back(&world)?;

    let program = world.start("").await?;
    // The one that hears of it first has nothing to say but that it had seen more.
    for phone in [&two, &one, &two, &one] {
        world.hand_in(phone).await?;
        sync(phone).await?;
    }
    let again = numbers(&mut world).await?;
    ensure!(given.len() == 3 && again.len() == 3, "{given:?} {again:?}");
    for (number, record) in &again {
        ensure!(
            given.get(number).is_none_or(|before| before == record),
            "{number} was given twice: {given:?} {again:?}"
        );
    }
    world.check(&[&one, &two], &captured).await?;
    let mut doctor = tokio::process::Command::new(binary()?);
    doctor.env_clear().arg("--data").arg(world.data()).args(["--database", &world.database.config.url, "doctor"]);
    let said = doctor.output().await?.stdout;
    ensure!(String::from_utf8_lossy(&said).contains("从备份恢复过"), "{}", String::from_utf8_lossy(&said));
    program.kill().await?;
    world.remove().await
}

#[tokio::test]
async fn photos_that_are_gone_come_again_when_the_office_says_so() -> Result<()> {
    let world = World::new(Engine::Sqlite, &["one"]).await?;
    let mut captured = Captured::default();
    let program = world.start("").await?;
    let one = world.phone("one").await?;
    for number in 0..2 {
        captured.capture(&one, format!("第{number}条"), vec![long_photo(number, 20 << 10)]).await?;
    }
    world.hand_in(&one).await?;
    tokio::time::timeout(SETTLED_WITHIN, world.check_photos(&captured)).await.context("photos are not settled")??;
    let originals = world.config.blobs_folder();
    std::fs::remove_dir_all(&originals)?;
    std::fs::create_dir_all(&originals)?;
    sync(&one).await?;
    ensure!(world.check_photos(&captured).await.is_err(), "nobody has said anything yet");
    let mut restored = tokio::process::Command::new(binary()?);
    restored.env_clear().arg("--data").arg(world.data()).args(["--database", &world.database.config.url, "restored"]);
    let done = restored.output().await?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    world.hand_in(&one).await?;
    sync(&one).await?;
    world.hand_in(&one).await?;
    world.check(&[&one], &captured).await?;
    program.kill().await?;
    world.remove().await
}
