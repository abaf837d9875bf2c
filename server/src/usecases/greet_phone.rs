//! A phone that opens its database asks whether server and phone still agree on its past (protocol 3.8). When the phone's database was
//! restored from an older copy they do not, and it starts a new incarnation; nothing is lost either way.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::open_installation::find_epoch;
use crate::usecases::push_operations::PushError;
use paicha_db::{incarnations, ops};
use serde::{Deserialize, Serialize};
use sync_protocol::digest::to_hex;
use sync_protocol::ids::{DeviceId, IncarnationId};

/// What the phone says of itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Hello {
    /// The phone.
    pub device: DeviceId,
    /// The life of its database.
    pub incarnation: IncarnationId,
    /// The last number of its sequence that it gave out.
    #[serde(default)]
    pub last_seq: i64,
    /// Hex SHA-256 of the operation that the phone has at the number the server answered last, if it still has it.
    #[serde(default)]
    pub digests: std::collections::BTreeMap<i64, String>,
}

/// What the server holds of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Greeting {
    /// This history.
    pub epoch: String,
    /// Every operation up to here is stored.
    pub consumed_to: i64,
    /// Hex SHA-256 of that operation.
    pub digest: Option<String>,
}

/// Compares the phone's past with the server's.
///
/// # Errors
/// [`PushError::IncarnationTaken`] when the phone must start a new incarnation.
pub async fn greet_phone(app: &App, caller: &Caller, hello: Hello) -> Result<Greeting, PushError> {
    if caller.device != Some(hello.device) {
        return Err(PushError::WrongDevice);
    }
    let mut tx = app.database.begin_read().await?;
    let life = incarnations::find_incarnation(&mut tx, hello.incarnation.0).await?;
    let consumed_to = life.as_ref().map_or(0, |life| life.consumed);
    let stored = ops::list_answers(&mut tx, hello.incarnation.0, consumed_to, consumed_to).await?;
    let epoch = find_epoch(&mut tx).await?;
    tx.rollback().await?;
    let digest = stored.first().and_then(|answer| answer.digest.as_slice().try_into().ok()).map(|hash| to_hex(&hash));
    let foreign = life.is_some_and(|life| life.device != hello.device.0);
    let differs = hello.digests.get(&consumed_to).zip(digest.as_ref()).is_some_and(|(phone, server)| phone != server);
    if foreign || consumed_to > hello.last_seq || differs {
        return Err(PushError::IncarnationTaken);
    }
    Ok(Greeting { epoch, consumed_to, digest })
}
