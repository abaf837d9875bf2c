//! `paicha doctor` on an installation that is well and on broken ones: each check is seen failing.

use super::{VILLAGE, inspector, on_both_engines};
use anyhow::{Context as _, Result, ensure};
use paicha::auth::secret::Secret;
use paicha::config::Config;
use paicha::usecases::examine_installation::{Examined, Verdict, examine_installation};
use paicha_tests::app::{START_US, TestApp};
use paicha_tests::phones::{finding, long_photo};
use sync_protocol::time::{DAY_US, HOUR_US};

async fn examine(config: &Config, now_us: i64) -> Vec<Examined> {
    examine_installation(config, now_us).await
}

fn verdict(all: &[Examined], check: &str) -> Result<Verdict> {
    Ok(all.iter().find(|examined| examined.check == check).with_context(|| format!("no check {check}"))?.verdict)
}

fn faults(all: &[Examined]) -> Vec<&str> {
    all.iter().filter(|examined| examined.verdict == Verdict::Fault).map(|examined| examined.check).collect()
}

#[tokio::test]
async fn a_fresh_installation_has_no_fault_and_asks_for_a_backup() -> Result<()> {
    on_both_engines(|app| async move {
        let all = examine(&app.app.config, START_US).await;
        ensure!(faults(&all).is_empty(), "{all:?}");
        ensure!(verdict(&all, "backup")? == Verdict::Warning, "{all:?}");
        ensure!(all.iter().all(|one| one.advice_zh.is_empty() == (one.verdict == Verdict::Good)), "{all:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_waits_too_long_is_named() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        phone.capture(finding(VILLAGE, "护栏缺失", vec![long_photo(1, 2_000)])).await?;
        phone.push_once().await?;
        let now_us = START_US + 15 * DAY_US;
        ensure!(verdict(&examine(&app.app.config, START_US).await, "photos_owed")? == Verdict::Good, "not yet");
        ensure!(verdict(&examine(&app.app.config, now_us).await, "photos_owed")? == Verdict::Warning, "after 15 days");
        let early = examine(&app.app.config, START_US - HOUR_US).await;
        ensure!(verdict(&early, "clock")? == Verdict::Fault, "{early:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_broken_is_a_fault_with_advice() -> Result<()> {
    let app = TestApp::start(paicha_db::Engine::Sqlite).await?;
    let sound = app.app.config.clone();
    let changed = |change: fn(&mut Config)| {
        let mut config = sound.clone();
        change(&mut config);
        config
    };
    let cases: [(&str, Verdict, Config); 5] = [
        ("data_folder", Verdict::Fault, changed(|config| config.data.folder = "/nowhere/at/all".into())),
        (
            "database",
            Verdict::Fault,
            changed(|config| config.database.url = Secret::new("sqlite:/nowhere/at/all.db".to_owned())),
        ),
        ("photo_store", Verdict::Fault, changed(|config| config.blobs.folder = "/nowhere/at/all".into())),
        ("certificate", Verdict::Fault, changed(|config| config.server.tls_certificate = "/nowhere/cert.pem".into())),
        ("exposure", Verdict::Warning, changed(|config| config.server.listen = ([0, 0, 0, 0], 8080).into())),
    ];
    for (check, expected, config) in cases {
        let all = examine(&config, START_US).await;
        ensure!(verdict(&all, check)? == expected, "{check}: {all:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = std::fs::read_dir(sound.token_keys_folder())?.next().context("a key")??.path();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644))?;
        ensure!(verdict(&examine(&sound, START_US).await, "keys")? == Verdict::Fault, "a key that others can read");
    }
    app.remove().await
}
