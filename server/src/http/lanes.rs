//! Admission: who finds a lane full for some seconds is told when to come back, with a random part, so that they do not all come back at
//! once. What a newcomer gets wrong: a body that is held in memory is read before its request takes a place, or whoever sends slowly would
//! hold the lane; one that is passed on as it comes takes its place first, because an unread body costs the server nothing.

use super::problem::ApiError;
use crate::app::App;
use crate::lanes::{Lane, Place};
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::ids::UserId;
use sync_protocol::problem::Problem;

/// How long a request waits for a place in its lane.
const LANE_WAIT: Duration = Duration::from_secs(3);
/// Seconds after which a phone that found the lane full comes back, at least; a random part is added.
const FULL_RETRY_AFTER_S: u64 = 2;
/// The random part, in seconds.
const FULL_RETRY_JITTER_S: u64 = 8;

/// A place in the lane, given back when it is dropped. Waiting for one costs little; a phone that is refused while it sends may see nothing
/// but a broken connection.
///
/// # Errors
/// 503 with `Retry-After`: the lane, or what one person may have of it, stayed full; nothing was done.
pub(in crate::http) async fn admit(app: &App, lane: &Arc<Lane>, person: UserId) -> Result<Place, ApiError> {
    match tokio::time::timeout(LANE_WAIT, lane.enter(person)).await {
        Ok(Some(place)) => Ok(place),
        Ok(None) | Err(_) => {
            let random = u64::from(app.ids.secret_bytes()[31]) % (FULL_RETRY_JITTER_S + 1);
            Err(ApiError::new(Problem::Unavailable).retry_after(FULL_RETRY_AFTER_S + random))
        }
    }
}
