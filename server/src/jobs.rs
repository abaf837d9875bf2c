//! What the server does by itself: settles photos whose originals are here, derives previews and facts, judges what
//! changed by the integrity rules, sweeps what was given up. One
//! task that is woken by uploads and by a timer, works in bounded batches and stops when it is told to. What a newcomer gets wrong:
//! several processes may run this at once; every step can be done twice, so nobody needs a lock for correctness.

mod derive;
mod judge;
mod settle;
mod sweep;

use crate::app::App;
use crate::usecases::judge_integrity::Judge;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long nothing may happen before everything is looked at anyway.
const PASS_EVERY: Duration = Duration::from_mins(1);
/// How often what was given up is looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// The shortest time between two passes: pushes wake the jobs too, and most bring no photo.
const PAUSE: Duration = Duration::from_millis(200);

/// Starts the jobs; the task ends soon after `shutdown` holds true, or its sender is gone.
pub fn spawn(app: Arc<App>, shutdown: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(run(app, shutdown))
}

async fn run(app: Arc<App>, mut shutdown: watch::Receiver<bool>) {
    let mut deriver = derive::Deriver::new(app.clone());
    let mut judge = Judge::default();
    let mut swept_at: Option<Instant> = None;
    tokio::select! {
        () = stopped(&mut shutdown) => {}
        () = async {
            loop {
                settle::settle_all(&app).await;
                let more = deriver.derive_batch().await;
                let more = judge::judge_step(&app, &mut judge).await || more;
                if swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
                    sweep::sweep(&app).await;
                    swept_at = Some(Instant::now());
                }
                if more {
                    continue;
                }
                tokio::time::sleep(PAUSE).await;
                // A pass that takes long must not miss a wake-up: `notify_one` keeps one for whoever asks next.
                let _ = tokio::time::timeout(PASS_EVERY, app.photos_waiting.notified()).await;
            }
        } => {}
    }
    tracing::info!("the photo jobs have stopped");
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it everybody who could still want the jobs.
    let _ = shutdown.wait_for(|stop| *stop).await;
}
