//! SIGKILL at moments that nobody chose, while two phones capture and hand in without a pause.

use super::{Captured, World};
use anyhow::Result;
use paicha_client::Phone;
use paicha_db::Engine;
use paicha_tests::phones::{long_photo, sync};
use paicha_tests::program::Program;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Lives of the server.
const ROUNDS_MAX: u64 = 12;
/// No new life begins after this.
const TIME_MAX: Duration = Duration::from_secs(40);
/// Captures of one phone.
const CAPTURES_MAX: u64 = 60;
/// Between two captures.
const PAUSE: Duration = Duration::from_millis(150);
/// Every so many captures a photo is large enough for two pieces.
const LARGE_EVERY: u64 = 4;

/// A life of the server in milliseconds: spread over the length of a push, a photo and a job, the same in every run.
fn life_ms(round: u64) -> u64 {
    50 + round.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_500
}

async fn work(phone: &Phone, name: u64, over: &AtomicBool) -> Result<Captured> {
    let mut captured = Captured::default();
    for number in 0..CAPTURES_MAX {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let bytes = if number % LARGE_EVERY == 0 { 600 << 10 } else { 20 << 10 };
        let photo = long_photo(name * 1_000 + number, bytes);
        captured.capture(phone, format!("手机{name}第{number:03}条"), vec![photo]).await?;
        // The server may be dead or dying; the next round tries again.
        let _ = sync(phone).await;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(captured)
}

/// Lets the server live and die; the last life goes on.
async fn live_and_die(world: &World, over: &AtomicBool) -> Result<Program> {
    let began = Instant::now();
    for round in 1..=ROUNDS_MAX {
        if began.elapsed() > TIME_MAX {
            break;
        }
        let program = world.start("").await?;
        tokio::time::sleep(Duration::from_millis(life_ms(round))).await;
        program.kill().await?;
    }
    over.store(true, Ordering::SeqCst);
    world.start("").await
}

async fn kill_whenever(engine: Engine) -> Result<()> {
    let world = World::new(engine, &["one", "two"]).await?;
    let program = world.start("").await?;
    let (one, two) = (world.phone("one").await?, world.phone("two").await?);
    program.kill().await?;
    let over = AtomicBool::new(false);
    let (program, first, second) =
        tokio::try_join!(live_and_die(&world, &over), work(&one, 1, &over), work(&two, 2, &over))?;
    let mut captured = first;
    captured.hazards.extend(second.hazards);
    captured.photos.extend(second.photos);
    world.hand_in(&one).await?;
    world.hand_in(&two).await?;
    world.check(&[&one, &two], &captured).await?;
    program.kill().await?;
    one.close().await;
    two.close().await;
    world.remove().await
}

#[tokio::test]
async fn a_server_killed_whenever_loses_and_doubles_nothing_on_sqlite() -> Result<()> {
    kill_whenever(Engine::Sqlite).await
}

#[tokio::test]
async fn a_server_killed_whenever_loses_and_doubles_nothing_on_postgresql() -> Result<()> {
    kill_whenever(Engine::Postgres).await
}
