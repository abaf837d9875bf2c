//! The demo, small: it is made from nothing twice and must be there once.
//!
//! What a newcomer gets wrong: the second run starts with a fresh application on the same folder, as a second start of the program does.

use anyhow::Result;
use paicha::app::App;
use paicha::clock::TestClock;
use paicha::config::{Config, Sources};
use paicha::demo::{Built, Scale, build_demo};
use paicha::ids::SystemIds;
use paicha_db::projections::{FlagFilter, FlagPage, Villages, list_flags, list_photos_owed, list_reviews_of_feed};
use paicha_db::{feeds, ops};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use sync_protocol::time::Micros;

/// 2023-06-28 12:00 in Beijing.
const BASE: &str = "2023-06-28T04:00:00Z";

/// What a folder holds: per village the newest position and its hash, then owed photos and open reviews.
type Held = (Vec<(String, i64, Vec<u8>)>, usize, usize);

async fn run(folder: &Path) -> Result<(Arc<App>, Built)> {
    let flags = vec![("data.folder".to_owned(), folder.display().to_string())];
    let config = Config::load(&Sources { flags, ..Sources::default() })?;
    let base: Micros = BASE.parse()?;
    let clock = TestClock::at(base.as_micros());
    let ids = Arc::new(SystemIds::new(Arc::new(clock.clone())));
    let app = paicha::start::start(config, Arc::new(clock.clone()), ids).await?;
    let built = build_demo(&app, &clock, base, Scale::SMALL, Arc::new(|_, _, _| {})).await?;
    Ok((app, built))
}

async fn held(app: &App) -> Result<Held> {
    let mut tx = app.database.begin_read().await?;
    let mut ledgers = Vec::new();
    let mut reviews = 0;
    for feed in feeds::list_feeds(&mut tx, 100).await? {
        let ledger = ops::list_ledger(&mut tx, &feed.id, 0, 10_000).await?;
        let positions: Vec<i64> = ledger.iter().map(|entry| entry.vrev).collect();
        assert_eq!(positions, (1..=feed.vrev).collect::<Vec<i64>>(), "{}", feed.id);
        reviews += list_reviews_of_feed(&mut tx, &feed.id, None, 1000).await?.len();
        ledgers.push((feed.id, feed.vrev, feed.head_hash));
    }
    let owed = list_photos_owed(&mut tx, &Villages::All, i64::MAX, 1000).await?.len();
    Ok((ledgers, owed, reviews))
}

#[tokio::test]
async fn a_second_run_of_the_demo_doubles_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (app, first) = run(folder.path()).await?;
    let before = held(&app).await?;
    app.database.close().await;
    let (app, second) = run(folder.path()).await?;
    assert_eq!(held(&app).await?, before);
    assert_eq!(first, second);
    assert_eq!((first.places, first.visits, first.owed), (60, 24, 1));
    assert_eq!(before.1, first.owed, "exactly the owed photos are not here");
    let mut tx = app.database.begin_read().await?;
    let page = FlagPage { after: None, limit: 200 };
    let flags = list_flags(&mut tx, &Villages::All, &FlagFilter::default(), page).await?;
    tx.rollback().await?;
    let rules: BTreeSet<&str> = flags.iter().map(|flag| flag.rule.as_str()).collect();
    assert!(rules.is_superset(&BTreeSet::from(["R-06", "R-10"])), "there is something to look at: {rules:?}");
    assert!(before.2 >= 4 && first.hazards >= 8, "there is something to decide: {first:?} {}", before.2);
    app.database.close().await;
    Ok(())
}
