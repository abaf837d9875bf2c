//! What happens to people, end to end: the real client over real HTTP against a whole server, on both engines. Each file tells stories of
//! one kind. What a newcomer gets wrong: the server's clock stands still and the phones share it; waits of phones are hurried.

mod command_line;
mod doctor;
mod dossier;
mod helping_out;
mod lines;
mod main_job;
mod phones;
mod rescue;

use anyhow::{Context as _, Result};
use paicha_client::Phone;
use paicha_client::pure::outbox::OpState;
use paicha_tests::app::TestApp;
use paicha_tests::databases::ENGINES;
use paicha_tests::phones::{enrol, open_phone, sync};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use sync_protocol::ids::OpId;
use sync_protocol::role::Role;

pub(crate) const VILLAGE: &str = "900000001001";

/// Runs the story against a fresh server on each engine and names the engine when it fails. In this task, unlike `both_servers`: the
/// compiler cannot prove that a story with phones in it may move between threads.
pub(crate) async fn on_both_engines<Story>(story: impl Fn(Arc<TestApp>) -> Story) -> Result<()>
where
    Story: Future<Output = Result<()>>,
{
    for engine in ENGINES {
        let app = Arc::new(TestApp::start(engine).await?);
        story(app.clone()).await.with_context(|| format!("on {engine:?}"))?;
        Arc::into_inner(app).context("the story still holds the server")?.remove().await?;
    }
    Ok(())
}

/// A server with one village, and its inspector's phone, enrolled and in step with the server at `url`.
pub(crate) async fn inspector(app: &TestApp, folder: &Path, login: &str, url: &str) -> Result<Phone> {
    app.village(VILLAGE, "云杉村").await?;
    app.user(login, Role::R1, &[VILLAGE]).await?;
    let phone = open_phone(&folder.join(format!("{login}.db")), url, Arc::new(app.clock.clone())).await?;
    enrol(&phone, url, login).await?;
    sync(&phone).await?;
    Ok(phone)
}

/// Every operation on the phone with its state.
pub(crate) async fn states(phone: &Phone) -> Result<BTreeMap<OpId, OpState>> {
    Ok(phone.store().list_outbox(10_000).await?.into_iter().map(|row| (row.id, row.state)).collect())
}

/// How often each operation stands in the village's ledger.
pub(crate) async fn ledger(database: &paicha_db::Database, village: &str) -> Result<BTreeMap<OpId, usize>> {
    let mut tx = database.begin_read().await?;
    let entries = paicha_db::ops::list_ledger(&mut tx, village, 0, 100_000).await?;
    tx.rollback().await?;
    let positions: Vec<i64> = entries.iter().map(|entry| entry.vrev).collect();
    let dense: Vec<i64> = (1..).take(positions.len()).collect();
    anyhow::ensure!(positions == dense, "the ledger has holes: {positions:?}");
    let mut found = BTreeMap::new();
    for entry in entries {
        *found.entry(OpId::from(entry.op.id)).or_default() += 1;
    }
    Ok(found)
}

/// Every operation of the phone was adopted and stands in the ledger exactly once.
pub(crate) async fn check_handed_in(database: &paicha_db::Database, phone: &Phone, village: &str) -> Result<()> {
    let ledger = ledger(database, village).await?;
    for (op, state) in states(phone).await? {
        anyhow::ensure!(state == OpState::Acked, "{op} is {state:?}");
        let times = ledger.get(&op).copied().unwrap_or(0);
        anyhow::ensure!(times == 1, "{op} stands {times} times in the ledger");
    }
    Ok(())
}

/// The descriptions of the hazards that the server counts in a village, in order.
pub(crate) async fn hazards(database: &paicha_db::Database, village: &str) -> Result<Vec<String>> {
    let mut tx = database.begin_read().await?;
    let rows = paicha_db::projections::list_hazards_of_feed(&mut tx, village, None, 10_000).await?;
    tx.rollback().await?;
    let mut found: Vec<String> =
        rows.into_iter().map(|row| row.description.context("no description")).collect::<Result<_>>()?;
    found.sort();
    Ok(found)
}
