//! Declared photos whose original is here already become stored: after a crash between original and operation, or when the same
//! original is declared by a second record. What a newcomer gets wrong: a photo that cannot be settled must not stop those after it,
//! so the pass walks on by id.

use crate::app::App;
use crate::usecases::settle_photos::settle_photos;

/// Photos in one step.
const STEP: i64 = 100;

/// Settles everything there is; a failure is logged and the next pass tries again.
pub(super) async fn settle_all(app: &App) {
    let mut after = None;
    loop {
        match settle_photos(app, after, STEP).await {
            Ok(None) => return,
            Ok(last) => after = last,
            Err(error) => {
                tracing::warn!(%error, "photos cannot be settled now");
                return;
            }
        }
    }
}
