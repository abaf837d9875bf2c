//! How fast operations are stored: through the use case in this process, over HTTP on loopback, and as bare inserts, in turns. Two phones
//! push at once. What a newcomer gets wrong: reading JSON and hashing it count too, as they do in the server.

use crate::floor;
use crate::measure::{median, rate};
use crate::operations::{BATCH_OPS, Batch, batches};
use crate::world::{Phone, World};
use anyhow::{Result, ensure};
use paicha::usecases::push_operations::{PushBatch, push_operations};
use paicha_db::Engine;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Phones, spread over the villages.
const PHONES: u128 = 8;
/// Phones that push at the same time.
const PHONES_AT_ONCE: usize = 2;
/// Rounds; each does the floor, the use case and HTTP.
const ROUNDS: usize = 5;

#[derive(Clone, Copy)]
enum Way {
    Floor,
    UseCase,
    Http,
}

/// What the tasks of one round share.
struct Bench {
    world: World,
    phones: Vec<Phone>,
    http: reqwest::Client,
    address: SocketAddr,
}

pub(crate) async fn run(engine: Engine, ops: usize) -> Result<()> {
    let world = World::start(engine).await?;
    floor::create_table(&world.floor, engine).await?;
    let mut phones = Vec::new();
    for number in 0..PHONES {
        phones.push(world.phone(number).await?);
    }
    let address = world.serve().await?;
    let bench = Arc::new(Bench { world, phones, http: reqwest::Client::new(), address });
    let mut sequences = vec![0; bench.phones.len()];
    // Whole turns of all phones, so that two phones at once are always two different ones.
    let turn = BATCH_OPS * bench.phones.len();
    let round_ops = (ops / ROUNDS / turn).max(1) * turn;
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        for (slot, way) in [Way::Floor, Way::UseCase, Way::Http].into_iter().enumerate() {
            let mut unused = sequences.clone();
            let own = if matches!(way, Way::Floor) { &mut unused } else { &mut sequences };
            let round = batches(&bench.phones, round_ops, own);
            bytes = round.iter().flat_map(|batch| &batch.ops).map(|(_, body)| body.len()).sum::<usize>() / round_ops;
            rates[slot].push(rate(round_ops, run_round(&bench, round, way).await?));
        }
    }
    let [floor, usecase, http] = rates;
    report(engine, round_ops, bytes, &floor, &usecase, &http);
    if let Ok(bench) = Arc::try_unwrap(bench) {
        bench.world.remove().await?;
    }
    Ok(())
}

fn report(engine: Engine, round_ops: usize, bytes: usize, floor: &[f64], usecase: &[f64], http: &[f64]) {
    let ratio = |rates: &[f64]| median(rates.iter().zip(floor).map(|(own, floor)| own / floor).collect());
    println!(
        "push, {engine:?}: {ROUNDS} rounds of {round_ops} operations of {bytes} bytes, {PHONES_AT_ONCE} phones at once"
    );
    println!(
        "  use case / floor {:.2}   over HTTP / floor {:.2}   (medians of the rounds)",
        ratio(usecase),
        ratio(http)
    );
    let line = |name: &str, rates: &[f64]| {
        let each: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
        println!("  {name} {:>8.0} operations/s   rounds: {}", median(rates.to_vec()), each.join(" "));
    };
    line("floor    ", floor);
    line("use case ", usecase);
    line("over HTTP", http);
}

/// Runs the batches, each phone's in order, `PHONES_AT_ONCE` phones at once.
async fn run_round(bench: &Arc<Bench>, batches: Vec<Batch>, way: Way) -> Result<Duration> {
    let mut lanes: Vec<Vec<Batch>> = (0..PHONES_AT_ONCE).map(|_| Vec::new()).collect();
    for batch in batches {
        lanes[batch.phone % PHONES_AT_ONCE].push(batch);
    }
    let started = Instant::now();
    let tasks: Vec<_> = lanes
        .into_iter()
        .map(|lane| {
            let bench = bench.clone();
            tokio::spawn(async move {
                for batch in lane {
                    bench.send(batch, way).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(started.elapsed())
}

impl Bench {
    async fn send(&self, batch: Batch, way: Way) -> Result<()> {
        let phone = &self.phones[batch.phone];
        match way {
            Way::Floor => floor::insert(&self.world.floor, &batch).await,
            Way::UseCase => {
                let request = serde_json::from_str(&batch.envelope)?;
                let pushed =
                    push_operations(self.world.app.clone(), phone.caller.clone(), PushBatch::of_request(&request))
                        .await?;
                ensure!(
                    pushed.results.len() == BATCH_OPS,
                    "only {} results: {:?}",
                    pushed.results.len(),
                    pushed.stopped
                );
                check(&serde_json::to_value(&pushed.results)?)
            }
            Way::Http => {
                let url = format!("http://{}/v1/sync/push", self.address);
                let answer = self.http.post(url).bearer_auth(&phone.token).body(batch.envelope).send().await?;
                let answer: serde_json::Value = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
                check(&answer["results"])
            }
        }
    }
}

/// A push that refuses is fast and worth nothing.
fn check(results: &serde_json::Value) -> Result<()> {
    let results = results.as_array().map(Vec::as_slice).unwrap_or_default();
    let applied = results.iter().filter(|result| result["status"] == "applied").count();
    ensure!(applied == BATCH_OPS, "only {applied} of {BATCH_OPS} were applied: {:?}", results.first());
    Ok(())
}
