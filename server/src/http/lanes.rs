//! Admission (protocol 3.10): pushes, pulls, first syncs and bodies of photos each have a lane of their own, so that a morning of first
//! syncs cannot keep a finding out. Who finds a lane full for some seconds is told when to come back, with a random part, so that they do not
//! all come back at once. What a newcomer gets wrong: a request takes its place before its body is read, because an unread body costs the
//! server nothing.

use super::problem::ApiError;
use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::problem::Problem;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waits for a place in its lane.
const LANE_WAIT: Duration = Duration::from_secs(3);
/// Seconds after which a phone that found the lane full comes back, at least; a random part is added.
const FULL_RETRY_AFTER_S: u64 = 2;
/// The random part, in seconds.
const FULL_RETRY_JITTER_S: u64 = 8;

/// A place in the lane, given back when it is dropped. Waiting for one costs little, since an unread body stays with the phone; a phone
/// that is refused while it sends may see nothing but a broken connection.
///
/// # Errors
/// 503 with `Retry-After`: the lane stayed full; nothing was read.
pub(in crate::http) async fn admit(app: &App, lane: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    match tokio::time::timeout(LANE_WAIT, lane.clone().acquire_owned()).await {
        Ok(Ok(place)) => Ok(place),
        Ok(Err(_)) | Err(_) => {
            let random = u64::from(app.ids.secret_bytes()[31]) % (FULL_RETRY_JITTER_S + 1);
            Err(ApiError::new(Problem::Unavailable).retry_after(FULL_RETRY_AFTER_S + random))
        }
    }
}
