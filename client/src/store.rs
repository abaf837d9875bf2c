//! The phone's own SQLite file: operations, records, photos' progress, cursor, tokens. Every writing transaction is `BEGIN IMMEDIATE`
//! with `synchronous=FULL`, so what a call reports as saved survives a dead battery. Photos' bytes lie in a folder beside the file.
//! What a newcomer gets wrong: the file must stay out of the phone's own backups (protocol 3.8); the server notices when it does not.

mod ops;
mod photos;
mod records;

pub use ops::{OutboxRow, QueuedRow};
pub(crate) use ops::{begin_life, insert_ops, requeue_from, requeue_recent, write_answers};
pub use photos::{NewPhoto, PhotoRow};
pub(crate) use photos::{insert_photos, owe_again_from, owe_recent_again};
pub use records::{FeedRow, PageOutcome, RecordRow};
pub(crate) use records::{drop_drained, start_over};

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row as _, Sqlite, Transaction};
use sync_protocol::ids::IncarnationId;

/// A writing transaction.
pub type Tx = Transaction<'static, Sqlite>;

/// Version of the tables, in `PRAGMA user_version`.
const SCHEMA_VERSION: i64 = 1;
/// How long another process may hold the file.
const BUSY_TIMEOUT_MS: u64 = 5_000;

const TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE outbox (
        saved INTEGER PRIMARY KEY, op_id TEXT NOT NULL UNIQUE, incarnation TEXT NOT NULL, seq INTEGER NOT NULL,
        group_id TEXT NOT NULL, group_i INTEGER NOT NULL, group_n INTEGER NOT NULL,
        digest TEXT NOT NULL, bytes BLOB NOT NULL, village TEXT NOT NULL, record TEXT NOT NULL,
        made_at INTEGER NOT NULL, state TEXT NOT NULL, result TEXT, seen INTEGER NOT NULL DEFAULT 0,
        UNIQUE (incarnation, seq)
    );
    CREATE INDEX outbox_by_state ON outbox (state, incarnation, seq);
    CREATE INDEX outbox_by_record ON outbox (record);
    CREATE TABLE feeds (
        feed TEXT PRIMARY KEY, position INTEGER NOT NULL, head INTEGER NOT NULL, drain_until INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE records (
        feed TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, rev INTEGER NOT NULL, vrev INTEGER NOT NULL,
        number TEXT, state TEXT NOT NULL, stale INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (feed, id)
    ) WITHOUT ROWID;
    CREATE INDEX records_by_id ON records (id);
    CREATE TABLE photos (
        photo TEXT PRIMARY KEY, op_id TEXT NOT NULL, record TEXT NOT NULL, sha256 TEXT NOT NULL,
        length INTEGER NOT NULL, urgency INTEGER NOT NULL, made_at INTEGER NOT NULL,
        location TEXT, sent INTEGER NOT NULL DEFAULT 0, stored_at INTEGER
    );
    CREATE INDEX photos_by_debt ON photos (stored_at, urgency, made_at);
    CREATE TABLE outcomes (op_id TEXT PRIMARY KEY, status TEXT NOT NULL, text_zh TEXT NOT NULL, told_at INTEGER NOT NULL)
    WITHOUT ROWID;
";

/// Why the store cannot do something. Nothing of the failed call was kept; everything before it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("手机数据库出错，本次没有保存：{0}")]
    Database(#[from] sqlx::Error),
    /// The folder of the photos.
    #[error("照片文件无法读写，本次没有保存：{0}")]
    File(#[from] std::io::Error),
    /// The tables are of a newer program.
    #[error("数据库是更新版本的程序建立的，请更新程序；内容都还在")]
    TooNew,
    /// A value in the database cannot be read: the file was changed from outside.
    #[error("数据库中的“{0}”无法识别；内容都还在，请联系技术人员")]
    Damaged(&'static str),
}

/// What names this life of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// This life.
    pub incarnation: IncarnationId,
    /// The one before, if this database knows one.
    pub parent: Option<IncarnationId>,
    /// Last sequence number given out; 0 for none.
    pub last_seq: i64,
}

/// Keys of the `meta` table.
pub(crate) mod key {
    pub(crate) const INCARNATION: &str = "incarnation";
    pub(crate) const PARENT: &str = "parent";
    pub(crate) const LAST_SEQ: &str = "last_seq";
    pub(crate) const SERVER: &str = "server";
    pub(crate) const DEVICE: &str = "device";
    pub(crate) const USER: &str = "user";
    pub(crate) const USER_NAME: &str = "user_name";
    pub(crate) const USER_UNIT: &str = "user_unit";
    pub(crate) const ACCESS_TOKEN: &str = "access_token";
    pub(crate) const ACCESS_UNTIL: &str = "access_until";
    pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
    pub(crate) const CURSOR: &str = "cursor";
    pub(crate) const EPOCH: &str = "epoch";
    pub(crate) const SCOPE_VERSION: &str = "scope_version";
    pub(crate) const HLC: &str = "hlc";
    pub(crate) const ANCHOR: &str = "anchor";
    pub(crate) const ANCHOR_BOOT: &str = "anchor_boot";
    pub(crate) const ANCHOR_MONO: &str = "anchor_mono_us";
    pub(crate) const ANCHOR_RTT: &str = "anchor_rtt_us";
    pub(crate) const DURABLE_TO: &str = "durable_to";
    pub(crate) const LAST_SYNC: &str = "last_sync";
}

/// An open phone database. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    path: PathBuf,
}

impl Store {
    /// Opens the file, creating it with its tables when it is missing; an empty database begins its life as `incarnation`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be used or is of a newer program.
    pub async fn open(path: &Path, incarnation: IncarnationId) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        // One connection: one writer at a time, and no reader ever sees half of a save.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let store = Self { pool, path: path.to_owned() };
        std::fs::create_dir_all(store.photo_folder())?;
        store.create_tables(incarnation).await?;
        Ok(store)
    }

    async fn create_tables(&self, incarnation: IncarnationId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let version: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *tx).await?.try_get(0)?;
        if version > SCHEMA_VERSION {
            return Err(StoreError::TooNew);
        }
        if version == 0 {
            sqlx::raw_sql(TABLES).execute(&mut *tx).await?;
            sqlx::raw_sql("PRAGMA user_version = 1").execute(&mut *tx).await?;
        }
        if find_meta(&mut tx, key::INCARNATION).await?.is_none() {
            set_meta(&mut tx, key::INCARNATION, &incarnation.to_string()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Begins a writing transaction; nothing else runs on this database until it ends.
    ///
    /// # Errors
    /// `Database` when another process holds the file.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes the file; later calls fail.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder with the photos' bytes.
    #[must_use]
    pub fn photo_folder(&self) -> PathBuf {
        photo_folder_of(&self.path)
    }

    /// Copies the database and its photos to another path, as a phone's own backup would (protocol 3.8). The copy has the same
    /// incarnation; opening both is exactly the accident that the server notices.
    ///
    /// # Errors
    /// `Database` or `File`; the target must not exist.
    pub async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO $1").bind(target.to_string_lossy().into_owned()).execute(&self.pool).await?;
        let folder = photo_folder_of(target);
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(self.photo_folder())? {
            let entry = entry?;
            std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        Ok(())
    }

    pub(crate) async fn meta(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// This life of the database.
    ///
    /// # Errors
    /// `Database`, `Damaged`.
    pub async fn life(&self) -> Result<Life, StoreError> {
        let mut tx = self.begin().await?;
        read_life(&mut tx).await
    }
}

fn photo_folder_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".photos");
    path.with_file_name(name)
}

pub(crate) async fn find_meta(tx: &mut Tx, key: &'static str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(crate) async fn set_meta(tx: &mut Tx, key: &'static str, value: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(key)
        .bind(value)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn remove_meta(tx: &mut Tx, key: &'static str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM meta WHERE key = $1").bind(key).execute(&mut **tx).await?;
    Ok(())
}

pub(crate) async fn read_life(tx: &mut Tx) -> Result<Life, StoreError> {
    let incarnation = find_meta(tx, key::INCARNATION).await?.and_then(|text| text.parse().ok());
    let parent = find_meta(tx, key::PARENT).await?.and_then(|text| text.parse().ok());
    let last_seq = find_meta(tx, key::LAST_SEQ).await?.map_or(Some(0), |text| text.parse().ok());
    Ok(Life {
        incarnation: incarnation.ok_or(StoreError::Damaged(key::INCARNATION))?,
        parent,
        last_seq: last_seq.ok_or(StoreError::Damaged(key::LAST_SEQ))?,
    })
}
