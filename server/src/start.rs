//! From settings to a running application: opens database, photo store and keys, brings the tables up to date, loads the village map.
//! Used by every command that works on the data, so that all see the same installation.

use crate::app::{App, Lanes};
use crate::auth::seal::SealRing;
use crate::auth::throttle::Throttle;
use crate::auth::tokens::TokenRing;
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::IdSource;
use crate::usecases::load_village_map::load_village_map;
use crate::usecases::open_installation::{ensure_quarantine, load_installation, load_newest_event};
use paicha_db::{Database, DatabaseConfig};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, RwLock};

/// Opens everything.
///
/// # Errors
/// A sentence that says what could not be opened; nothing is half started.
pub async fn start(config: Config, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> anyhow::Result<Arc<App>> {
    // The database holds personal data: on a shared machine only the owner may look.
    crate::auth::key_file::make_private_folder(&config.data.folder)?;
    let mut database_config = DatabaseConfig::new(config.database_url().expose().clone());
    database_config.pool_max = config.database.connections_max;
    let database = Database::connect(&database_config).await?;
    database.migrate().await?;
    let installation = load_installation(&database, ids.as_ref()).await?;
    ensure_quarantine(&database).await?;
    let map = load_village_map(&database).await?;
    let newest_event_us = load_newest_event(&database).await?;
    let app = App {
        blobs: Blobs::in_folder(&config.blobs_folder())?,
        tokens: TokenRing::load_or_create(&config.token_keys_folder())?,
        seals: SealRing::load_or_create(&config.seal_keys_folder())?,
        throttle: Mutex::new(Throttle::new()),
        password_checks: Arc::new(tokio::sync::Semaphore::new(config.limits.passwords_at_once)),
        newest_event_us: AtomicI64::new(newest_event_us),
        lanes: Lanes::new(&config.limits),
        config,
        database,
        clock,
        ids,
        installation,
        map: RwLock::new(Arc::new(map)),
        photos_waiting: tokio::sync::Notify::new(),
        previews_missed: Mutex::default(),
    };
    Ok(Arc::new(app))
}
