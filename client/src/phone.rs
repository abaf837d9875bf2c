//! A whole phone: its store, its way to the server and what surrounds it. Capturing needs no server; everything that does is resumable at
//! any point, because each step first asks the pure core and then writes what followed. What a newcomer gets wrong: no method
//! here takes anything out of the outbox; read [`Phone::status`] for what the server has not accepted yet.

mod capture;
mod edit;
mod finding;
mod pull;
mod push;
mod rescue;
mod session;
mod sync;
mod upload;

#[cfg(test)]
mod tests;

pub use finding::{CaptureReceipt, Finding, HazardDraft, PhotoDraft, PlaceRef, Position};
pub use pull::PullRound;
pub use push::PushRound;
pub use rescue::RescueReceipt;
pub use session::Enrolment;
pub use sync::{SyncProgress, SyncReport};
pub use upload::{DamagedPhoto, UploadRound};

use std::path::Path;
use std::sync::Arc;

use sync_protocol::ids::{DeviceId, FeedId, UserId};
use sync_protocol::time::Micros;
use tokio::sync::Mutex;

use crate::http::{Http, HttpOptions, HttpSetupError};
use crate::pure::batch::BatchSize;
use crate::pure::outbox::{FreezeError, OpState};
use crate::store::{FeedRow, Life, Store, StoreError, key};
use crate::surroundings::{Surroundings, new_random_id};
use crate::system::System;
use crate::transport::{Transport, TransportError};

/// Why a phone cannot do something. What was saved stays saved in every case.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// Nobody has signed in on this phone yet, so there is no author.
    #[error("此手机还没有登录过；请在有网络时登录一次，之后可以离线使用")]
    NotEnrolled,
    /// The save cannot be frozen; nothing was saved.
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    /// A photo cannot be used; nothing was saved.
    #[error("第 {index} 张照片有 {bytes} 字节，应在 1 字节到 64 MiB 之间；尚未保存，请换一张照片")]
    Photo {
        /// Place in the finding, from 1.
        index: usize,
        /// Its length.
        bytes: usize,
    },
    /// A photo names a hazard that the finding does not have; nothing was saved.
    #[error("照片指向不存在的隐患（程序错误），尚未保存")]
    NoSuchHazard,
    /// The record is not on this phone.
    #[error("手机上没有这条记录")]
    NoSuchRecord,
    /// The photos do not fit into one file; none was made.
    #[error("未上传的照片超过 4 GiB，一个文件装不下，没有生成文件；内容都在手机上，请先联网上传一部分")]
    RescueTooLarge,
    /// The way to the server cannot be made.
    #[error(transparent)]
    Setup(#[from] HttpSetupError),
    /// The phone's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The server answered with a problem.
    #[error("{title}（{code}）")]
    Problem {
        /// HTTP status.
        status: u16,
        /// Code of the problem catalogue; empty when the answer was not one of ours.
        code: String,
        /// For people.
        title: String,
        /// Seconds after which to try again.
        retry_after_s: Option<u64>,
    },
    /// The answer has a good status but cannot be read: a proxy's page, or a newer server.
    #[error("服务器的回应无法识别；内容都在手机上，请稍后重试或更新程序")]
    Answer(#[source] serde_json::Error),
}

impl PhoneError {
    /// Whether trying again later, without anybody doing anything, can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) | Self::Answer(_) => true,
            Self::Problem { status, .. } => matches!(status, 408 | 413 | 425 | 429 | 500..=599),
            Self::NotEnrolled
            | Self::Freeze(_)
            | Self::Photo { .. }
            | Self::NoSuchHazard
            | Self::NoSuchRecord
            | Self::RescueTooLarge
            | Self::Setup(_)
            | Self::Store(_) => false,
        }
    }

    /// `Retry-After`, if the server named one.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        if let Self::Problem { retry_after_s, .. } = self { *retry_after_s } else { None }
    }

    pub(crate) fn is_problem(&self, wanted: &str) -> bool {
        matches!(self, Self::Problem { code, .. } if code == wanted)
    }
}

/// What the phone remembers of the link only while it runs.
#[derive(Debug, Default)]
pub(crate) struct Link {
    greeted: bool,
    batch: BatchSize,
}

/// A phone.
#[derive(Clone)]
pub struct Phone {
    store: Store,
    transport: Arc<dyn Transport>,
    surroundings: Arc<dyn Surroundings>,
    link: Arc<Mutex<Link>>,
}

/// What waits on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Who is signed in.
    pub user: Option<(UserId, String)>,
    /// The device, once enrolled.
    pub device: Option<DeviceId>,
    /// This life of the database.
    pub life: Life,
    /// Operations the server has not answered for.
    pub waiting_ops: i64,
    /// Operations in each state; states with none are left out.
    pub ops_by_state: Vec<(OpState, i64)>,
    /// Photos whose bytes the server does not have.
    pub photos_owed: i64,
    /// Bytes of those photos that the server has already.
    pub photo_bytes_sent: i64,
    /// Bytes of those photos in all.
    pub photo_bytes_total: i64,
    /// The villages on the phone.
    pub villages: Vec<FeedRow>,
    /// When a sync last came to its end.
    pub last_sync: Option<Micros>,
}

impl Phone {
    /// Opens a phone on its database file, creating it when it is missing.
    ///
    /// # Errors
    /// `Store`.
    pub async fn open(
        path: &Path,
        transport: Arc<dyn Transport>,
        surroundings: Arc<dyn Surroundings>,
    ) -> Result<Self, PhoneError> {
        let store = Store::open(path, new_random_id(&*surroundings).into()).await?;
        Ok(Self { store, transport, surroundings, link: Arc::default() })
    }

    /// Opens a phone that talks HTTP and uses the system's clocks.
    ///
    /// # Errors
    /// `Setup` for a bad address or certificate, `Store`.
    pub async fn open_over_http(path: &Path, options: &HttpOptions) -> Result<Self, PhoneError> {
        let http = Http::new(options)?;
        Self::open(path, Arc::new(http), Arc::new(System::new())).await
    }

    /// The same phone behind another way to the server (another network, another address).
    #[must_use]
    pub fn with_transport(&self, transport: Arc<dyn Transport>) -> Self {
        Self { transport, ..self.clone() }
    }

    /// The store, for raw access to the outbox, the records and the photos.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Closes the database file.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// What waits on the phone. Counts of what is accepted come from the server's results, never from local rows.
    ///
    /// # Errors
    /// `Store`.
    pub async fn status(&self) -> Result<Status, PhoneError> {
        let ops_by_state = self.store.count_by_state().await?;
        let (photos_owed, photo_bytes_sent, photo_bytes_total) = self.store.count_owed_photos().await?;
        let last_sync: Option<String> = self.store.meta(key::LAST_SYNC).await?;
        Ok(Status {
            user: self.store.find_user().await?,
            device: self.store.find_device().await?,
            life: self.store.life().await?,
            waiting_ops: ops_by_state.iter().filter(|(state, _)| !state.is_answered()).map(|(_, n)| n).sum(),
            ops_by_state,
            photos_owed,
            photo_bytes_sent,
            photo_bytes_total,
            villages: self.store.list_feeds().await?,
            last_sync: last_sync.and_then(|text| text.parse().ok()),
        })
    }

    /// The villages the phone may work in now.
    ///
    /// # Errors
    /// `Store`.
    pub async fn list_villages(&self) -> Result<Vec<FeedId>, PhoneError> {
        let feeds = self.store.list_feeds().await?;
        Ok(feeds.into_iter().filter(|feed| feed.drain_until.is_none()).map(|feed| feed.feed).collect())
    }
}
