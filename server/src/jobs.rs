//! What runs beside the requests: previews of photos, timers. Each job calls use cases like a request does.

use crate::app::App;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Starts the jobs. They end soon after `shutdown` says true; the handle then returns.
pub fn spawn(app: Arc<App>, mut shutdown: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        // An error means that the sender is gone, which is an end too.
        let _ = shutdown.wait_for(|ends| *ends).await;
        drop(app);
    })
}
