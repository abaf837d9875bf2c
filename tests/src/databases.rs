//! A fresh database for each test, on each engine.
//!
//! `both_engines` runs one test body twice; `TestDatabase` is for tests that build more around it. A SQLite database is a file
//! in a temporary directory, a PostgreSQL one is a copy of the migrated template. What a newcomer gets wrong: call `remove`
//! at the end. A test that fails leaves its PostgreSQL database behind, which goes away with the server.

use anyhow::Result;
use paicha_db::{Database, DatabaseConfig, Engine};
use tempfile::TempDir;

use crate::postgres;

/// Both, in the order tests run them.
pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// Connections of one test database. Few, since many tests share one server; more than one, to let a test interleave.
const CONNECTIONS_MAX: u32 = 4;

/// A database that nobody else uses.
#[derive(Debug)]
pub struct TestDatabase {
    /// The open database.
    pub database: Database,
    /// How it was opened, to open it a second time.
    pub config: DatabaseConfig,
    /// Holds the file of SQLite until the end.
    directory: Option<TempDir>,
}

impl TestDatabase {
    /// A migrated, empty database.
    ///
    /// # Errors
    /// When PostgreSQL is missing; says what to run.
    pub async fn create(engine: Engine) -> Result<Self> {
        Self::create_with(engine, true, |_| ()).await
    }

    /// A database whose limits the test changes, with or without tables.
    ///
    /// # Errors
    /// When PostgreSQL is missing; says what to run.
    pub async fn create_with(engine: Engine, migrated: bool, change: impl FnOnce(&mut DatabaseConfig)) -> Result<Self> {
        let (url, directory) = match engine {
            Engine::Sqlite => {
                let directory = tempfile::tempdir()?;
                (format!("sqlite:{}", directory.path().join("paicha.db").display()), Some(directory))
            }
            Engine::Postgres => (postgres::create_database(migrated).await?, None),
        };
        let mut config = DatabaseConfig::new(url);
        config.readers_max = CONNECTIONS_MAX;
        config.pool_max = CONNECTIONS_MAX;
        change(&mut config);
        let database = Database::connect(&config).await?;
        if migrated && engine == Engine::Sqlite {
            database.migrate().await?;
        }
        Ok(Self { database, config, directory })
    }

    /// Closes the database and removes its file or drops it on the server.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn remove(self) -> Result<()> {
        self.database.close().await;
        if self.directory.is_none() {
            postgres::drop_database(&self.config.url).await?;
        }
        Ok(())
    }
}

/// Runs the test on a fresh, migrated database of each engine and names the engine when it fails.
///
/// # Panics
/// When the test does, or a database cannot be made.
pub async fn both_engines<Test, Running>(test: Test)
where
    Test: Fn(Database) -> Running,
    Running: Future<Output = Result<()>> + Send + 'static,
{
    for engine in ENGINES {
        let fresh = match TestDatabase::create(engine).await {
            Ok(fresh) => fresh,
            Err(error) => panic!("{error:?}"),
        };
        // A task of its own, so that a panic leaves time to drop the database.
        let outcome = tokio::spawn(test(fresh.database.clone())).await;
        if let Err(error) = fresh.remove().await {
            panic!("the database of a test cannot be removed: {error:?}");
        }
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => panic!("on {engine:?}: {error:?}"),
            Err(error) => panic!("on {engine:?}: {error}"),
        }
    }
}
