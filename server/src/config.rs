//! The settings: the defaults, overlaid by a file, the environment and the command line, checked and never printed raw.
//!
//! `server/config/default.toml` is at once the documentation, the list of known names and their types: a name that is not
//! in it is refused. This module reads no file and no environment by itself, the command line hands both in. A newcomer
//! gets wrong to add a field here only: the defaults are the first layer, so it must be there too (a test says so).

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::auth::secret::Secret;

mod base_map;
mod forms;
mod layers;

pub use base_map::BaseMap;
pub use forms::{Appendix1, Appendix2, Cutoff, SpotScope, TimeNotation, Window, Workflow};
pub use layers::{ConfigError, Sources};

/// The time zone of every business date. Not a setting: the forms of one campaign cannot change their days.
pub const ZONE: &str = "Asia/Shanghai";
/// The commented defaults, for `paicha config --defaults` and as the first layer.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// All settings, checked.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and TLS.
    pub server: Server,
    /// Where things lie.
    pub data: Data,
    /// The database.
    pub database: Database,
    /// The photo store.
    pub blobs: Blobs,
    /// Whose forms these are.
    pub office: Office,
    /// 附件1.
    pub appendix1: Appendix1,
    /// 附件2.
    pub appendix2: Appendix2,
    /// How long the office may take.
    pub workflow: Workflow,
    /// How much at once.
    pub limits: Limits,
    /// Making previews.
    pub photos: Photos,
    /// What the integrity rules compare with.
    pub integrity: paicha_integrity::Thresholds,
    /// The raster base map of the console.
    pub map: BaseMap,
    /// What is logged.
    pub log: Log,
}

/// Listening and TLS.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// PEM file of the certificate chain, or empty.
    pub tls_certificate: PathBuf,
    /// PEM file of its key, or empty.
    pub tls_key: PathBuf,
    /// Seconds for requests under way at shutdown.
    pub shutdown_seconds: u64,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Where things lie.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The data folder.
    pub folder: PathBuf,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// URL as written, possibly empty and possibly with a password; use [`Config::database_url`].
    pub url: Secret<String>,
    /// Connections per process.
    pub connections_max: u32,
}

/// The photo store.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Blobs {
    /// Folder as written, possibly empty; use [`Config::blobs_folder`].
    pub folder: PathBuf,
}

/// Whose forms these are.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// The office in the titles of the forms.
    pub name: String,
    /// The campaign's year.
    pub campaign_year: i16,
}

/// How much at once.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Pushes at once.
    pub pushes_at_once: usize,
    /// Pulls at once.
    pub pulls_at_once: usize,
    /// Snapshots at once.
    pub snapshots_at_once: usize,
    /// Uploads at once.
    pub uploads_at_once: usize,
    /// Password checks at once.
    pub passwords_at_once: usize,
    /// The biggest photo, in MiB.
    pub photo_mib_max: u64,
}

/// Making previews.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    /// Workers as written, 0 for automatic; use [`Config::photo_workers`].
    pub workers: usize,
    /// Memory shared by all workers, in MiB.
    pub memory_mib: u64,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a terminal.
    Human,
    /// For a collector.
    Json,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// Levels by module.
    pub filter: String,
}

impl Config {
    /// Overlays the sources and checks the result.
    ///
    /// # Errors
    /// An unreadable source, an unknown name, a wrong type or a value out of range; the message names the setting and
    /// its source, never its value.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let config: Self = layers::overlay(DEFAULTS, sources)?;
        config.check()?;
        Ok(config)
    }

    /// Where the database is: the setting, or an SQLite file in the data folder.
    #[must_use]
    pub fn database_url(&self) -> Secret<String> {
        if self.database.url.expose().is_empty() {
            return Secret::new(format!("sqlite:{}", self.data.folder.join("paicha.db").display()));
        }
        self.database.url.clone()
    }

    /// Where the photos are.
    #[must_use]
    pub fn blobs_folder(&self) -> PathBuf {
        if is_unset(&self.blobs.folder) { self.data.folder.join("blobs") } else { self.blobs.folder.clone() }
    }

    /// Keys of the access tokens.
    #[must_use]
    pub fn token_keys_folder(&self) -> PathBuf {
        self.data.folder.join("keys").join("tokens")
    }

    /// Keys of the seals.
    #[must_use]
    pub fn seal_keys_folder(&self) -> PathBuf {
        self.data.folder.join("keys").join("seals")
    }

    /// Where `paicha cert` puts its files.
    #[must_use]
    pub fn tls_folder(&self) -> PathBuf {
        self.data.folder.join("tls")
    }

    /// Certificate and key, when TLS is on.
    #[must_use]
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        let (certificate, key) = (&self.server.tls_certificate, &self.server.tls_key);
        (!is_unset(certificate) && !is_unset(key)).then_some((certificate, key))
    }

    /// How many photos are made into previews at once, on a machine with this many cores.
    #[must_use]
    pub fn photo_workers(&self, cores: usize) -> usize {
        if self.photos.workers == 0 { cores.saturating_sub(1).max(1) } else { self.photos.workers }
    }

    /// The settings in force as TOML, with secrets hidden and of the database's URL only what is not secret.
    #[must_use]
    pub fn printed(&self) -> String {
        let mut shown = toml::Table::try_from(self).expect("settings came from TOML and go back into it");
        if let Some(toml::Value::Table(database)) = shown.get_mut("database") {
            let place = redacted_url(self.database_url().expose());
            database.insert("url".to_owned(), toml::Value::String(place));
        }
        toml::to_string(&shown).expect("a table of plain values is always TOML")
    }

    /// What is allowed but probably not meant, in Chinese, for the start of the log.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.tls_files().is_none() && !self.server.listen.ip().is_loopback() {
            warnings.push(
                "服务器对外监听但没有证书：密码将以明文传输，手机也无法使用相机和离线功能。请运行 paicha cert，或在前面放置带证书的代理。"
                    .to_owned(),
            );
        }
        warnings
    }

    fn check(&self) -> Result<(), ConfigError> {
        let tls = (is_unset(&self.server.tls_certificate), is_unset(&self.server.tls_key));
        let limits = &self.limits;
        let lanes = [
            ("limits.pushes_at_once", limits.pushes_at_once),
            ("limits.pulls_at_once", limits.pulls_at_once),
            ("limits.snapshots_at_once", limits.snapshots_at_once),
            ("limits.uploads_at_once", limits.uploads_at_once),
            ("limits.passwords_at_once", limits.passwords_at_once),
        ];
        for (key, value) in lanes {
            require((1..=4096).contains(&value), key, "应在 1 到 4096 之间")?;
        }
        require(tls.0 == tls.1, "server.tls_key", "证书和私钥必须同时设置或同时留空")?;
        require(self.server.shutdown_seconds <= 3600, "server.shutdown_seconds", "最多 3600 秒")?;
        require(!is_unset(&self.data.folder), "data.folder", "不能为空")?;
        require(
            is_known_database(self.database.url.expose()),
            "database.url",
            "应为空，或以 sqlite: 或 postgres:// 开头",
        )?;
        require(
            (1..=1000).contains(&self.database.connections_max),
            "database.connections_max",
            "应在 1 到 1000 之间",
        )?;
        require(!self.office.name.trim().is_empty(), "office.name", "不能为空")?;
        require(self.office.name.chars().count() <= 50, "office.name", "最多 50 个字")?;
        require((2023..=2100).contains(&self.office.campaign_year), "office.campaign_year", "应在 2023 到 2100 之间")?;
        self.appendix1.check()?;
        self.appendix2.check()?;
        self.workflow.check()?;
        require((1..=1024).contains(&limits.photo_mib_max), "limits.photo_mib_max", "应在 1 到 1024 之间")?;
        require(self.photos.workers <= 256, "photos.workers", "最多 256")?;
        require((64..=1_048_576).contains(&self.photos.memory_mib), "photos.memory_mib", "应在 64 到 1048576 之间")?;
        if let Some((key, why)) = self.map.fault() {
            require(false, key, why)?;
        }
        Ok(())
    }
}

fn require(holds: bool, key: &'static str, why: &'static str) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Value { key: key.to_owned(), why: why.to_owned() }) }
}

fn is_unset(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

fn is_known_database(url: &str) -> bool {
    url.is_empty() || ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
}

/// A database URL without user, password and parameters (a password can hide in those too).
fn redacted_url(url: &str) -> String {
    let without_query = url.split(['?', '#']).next().unwrap_or_default();
    match without_query.split_once("://") {
        Some((scheme, rest)) => {
            // The last @ ends the user part: an unescaped one in a password must not show its tail.
            let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
            format!("{scheme}://{place}")
        }
        None => without_query.to_owned(),
    }
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
