//! Bad lines: connections cut anywhere, sessions that ended meanwhile. The phone sends again; the effect is one.

use super::{VILLAGE, check_handed_in, hazards, inspector, on_both_engines, states};
use anyhow::{Context as _, Result, ensure};
use paicha::auth::sessions::SESSION_LIFETIME_US;
use paicha_client::pure::outbox::OpState;
use paicha_client::{Phone, PhoneError};
use paicha_db::Engine;
use paicha_tests::app::TestApp;
use paicha_tests::phones::{enrol, finding, sync};
use paicha_tests::proxy::Proxy;
use std::collections::BTreeMap;

/// Bytes between two cuts: a prime, so that the cuts fall everywhere.
const STEP_BYTES: u64 = 97;
/// Operations of the push; one full batch.
const OPS: usize = 500;

async fn capture_a_full_batch(phone: &Phone) -> Result<()> {
    let mut ops = 0;
    while ops < OPS {
        ops += phone.capture(finding(VILLAGE, "临时用电线路老化", Vec::new())).await?.ops;
    }
    Ok(())
}

async fn queued(phone: &Phone) -> Result<usize> {
    Ok(states(phone).await?.values().filter(|state| **state == OpState::Queued).count())
}

/// Cuts the request after every so many bytes: nothing of it has an effect until the last byte is there.
async fn cut_requests(phone: &Phone, line: &Proxy, step: u64) -> Result<u64> {
    let total = states(phone).await?.len();
    for cut in 0.. {
        line.cut_after(cut * step, 0);
        ensure!(phone.push_once().await.is_err(), "the answer was cut too");
        ensure!(queued(phone).await? == total, "cut {cut}: nothing is answered");
        let (_, answered) = line.seen();
        if answered > 0 {
            return Ok(cut);
        }
    }
    unreachable!("the request ends somewhere")
}

/// Cuts the answer after every so many bytes, until one comes whole.
async fn cut_answers(phone: &Phone, line: &Proxy, step: u64) -> Result<u64> {
    for cut in 1.. {
        line.cut_after(u64::MAX, cut * step);
        match phone.push_once().await {
            Err(PhoneError::Transport(_) | PhoneError::Answer(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(round) => {
                ensure!(round.sent > 0 && round.sent == round.answered, "{round:?}");
                return Ok(cut);
            }
        }
    }
    unreachable!("the answer ends somewhere")
}

async fn push_over_a_line_that_is_cut_everywhere(app: &TestApp, step: u64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let line = Proxy::start(Some(&app.url)).await?;
    let phone = inspector(app, folder.path(), "inspector", &line.url).await?;
    capture_a_full_batch(&phone).await?;
    let requests = cut_requests(&phone, &line, step).await?;
    let first: BTreeMap<_, _> = super::ledger(&app.app.database, VILLAGE).await?;
    ensure!(first.len() >= OPS - 20, "the whole batch arrived, its answer did not: {}", first.len());
    let answers = cut_answers(&phone, &line, step).await?;
    ensure!(requests > 10 && answers > 10, "{requests} cuts of requests, {answers} of answers");
    ensure!(super::ledger(&app.app.database, VILLAGE).await? == first, "sending again had an effect");
    for row in phone.store().list_outbox(10_000).await? {
        let Some(result) = row.result else { continue };
        let mut tx = app.app.database.begin_read().await?;
        let stored = paicha_db::ops::find_op(&mut tx, row.id.0).await?.context("answered and not stored")?;
        tx.rollback().await?;
        ensure!(result.outcome == serde_json::from_str(&stored.outcome)?, "another answer than the first");
    }
    line.cut_after(u64::MAX, u64::MAX);
    sync(&phone).await?;
    check_handed_in(&app.app.database, &phone, VILLAGE).await?;
    phone.close().await;
    Ok(())
}

#[tokio::test]
async fn a_push_cut_at_every_97th_byte_has_one_effect_on_sqlite() -> Result<()> {
    let app = TestApp::start(Engine::Sqlite).await?;
    push_over_a_line_that_is_cut_everywhere(&app, STEP_BYTES).await?;
    app.remove().await
}

#[tokio::test]
async fn a_push_cut_at_every_97th_byte_has_one_effect_on_postgresql() -> Result<()> {
    let app = TestApp::start(Engine::Postgres).await?;
    push_over_a_line_that_is_cut_everywhere(&app, STEP_BYTES).await?;
    app.remove().await
}

#[tokio::test]
async fn work_waits_for_a_new_sign_in_when_the_session_ended() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        app.clock.advance(SESSION_LIFETIME_US + 1);
        phone.capture(finding(VILLAGE, "安全出口上锁", Vec::new())).await?;
        let refused = phone.sync(&mut |_| {}).await;
        ensure!(matches!(refused, Err(PhoneError::Problem { status: 401, .. })), "{refused:?}");
        ensure!(queued(&phone).await? > 0 && hazards(&app.app.database, VILLAGE).await?.is_empty());
        enrol(&phone, &app.url, "inspector").await?;
        sync(&phone).await?;
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["安全出口上锁"]);
        check_handed_in(&app.app.database, &phone, VILLAGE).await?;
        phone.close().await;
        Ok(())
    })
    .await
}
