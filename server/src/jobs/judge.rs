//! One step of the integrity rules in each pass. What a newcomer gets wrong: a failure here must never stop photos from being derived, so it
//! is logged and the next pass tries again.

use crate::app::App;
use crate::usecases::judge_integrity::{Judge, judge_changes};

/// Judges some of what changed; whether there may be more at once.
pub(super) async fn judge_step(app: &App, judge: &mut Judge) -> bool {
    match judge_changes(app, judge).await {
        Ok(more) => more,
        Err(error) => {
            let source = std::error::Error::source(&error);
            tracing::warn!(%error, ?source, "the integrity rules cannot be applied now");
            false
        }
    }
}
