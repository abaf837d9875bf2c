//! 附件2 over many records of one subdistrict: how long the numbers take over HTTP, warm, against a bare count of the rows that they are counted
//! from. Records are put straight into the tables, with the projections that the real code computes from them, since pushing a million would
//! take the time of the measurement many times over. What a newcomer gets wrong: a wrong number ends the run.

use super::expected::Expected;
use super::histories::{RECORDS_A_PLACE, live_through};
use super::{Asked, office};
use crate::measure::median;
use crate::world::{SUBDISTRICT, World};
use anyhow::{Context as _, Result, ensure};
use paicha::usecases::push_operations::store_projections;
use paicha_db::records::{self, RecordRow};
use paicha_db::{Database, Engine, Statement, Tx, feeds};
use std::sync::mpsc;
use std::time::Instant;
use sync_protocol::canonical::to_json;
use sync_protocol::record::Record;
use sync_protocol::time::Month;

/// Villages of the subdistrict.
const VILLAGES: usize = 20;
/// Places written in one transaction, all of one village.
const PLACES_AT_ONCE: u64 = 50;
/// Transactions that wait to be written.
const AHEAD: usize = 4;
/// Records after which the progress is shown.
const SHOWN_EVERY: usize = 100_000;
/// Rounds; each asks once in every format.
const ROUNDS: usize = 15;
/// Rounds before, which are not counted.
const WARM_UP: usize = 2;
/// One in the middle of the campaign and one after it.
const MONTHS: [(u16, u8); 2] = [(2023, 8), (2024, 2)];
/// Median that an answer should stay below.
const AIM_MS: f64 = 100.0;

pub(crate) async fn run(engine: Engine, count: usize) -> Result<()> {
    let world = World::start(engine).await?;
    let started = Instant::now();
    let (filled, expected) = fill(&world, count).await?;
    println!(
        "附件2, {engine:?}: {filled} records of {VILLAGES} villages, put in in {:.0} s",
        started.elapsed().as_secs_f64()
    );
    let token = office(&world.app).await?;
    let asked = Asked::new(format!("http://{}", world.serve().await?), token);
    check(&asked, &expected).await?;
    let mut floors = Vec::new();
    let mut taken = [("json", Vec::new()), ("xlsx", Vec::new()), ("docx", Vec::new())];
    let (year, month) = MONTHS[1];
    let month = Month::new(year, month)?;
    for round in 0..ROUNDS + WARM_UP {
        let floor = bare_count(&world.app.database).await?;
        for (format, seconds) in &mut taken {
            let path = format!("/v1/forms/appendix2?village={SUBDISTRICT}&month={month}&format={format}");
            let (_, took) = asked.get(&path).await?;
            seconds.push(took);
        }
        floors.push(floor);
        if round + 1 == WARM_UP {
            floors.clear();
            taken.iter_mut().for_each(|(_, seconds)| seconds.clear());
        }
    }
    println!("  the numbers of the subdistrict and of each village were right for {} months", MONTHS.len());
    let floor = median(floors);
    println!("  floor (bare counts of the same rows) {:.1} ms", floor * 1000.0);
    for (format, seconds) in taken {
        let slowest = seconds.iter().copied().fold(0.0, f64::max);
        let own = median(seconds);
        println!(
            "  {format} {:.1} ms (aim < {AIM_MS}), slowest {:.1} ms, floor / it {:.3}",
            own * 1000.0,
            slowest * 1000.0,
            floor / own
        );
    }
    super::hand_in::run(&asked).await?;
    world.remove().await
}

async fn check(asked: &Asked, expected: &Expected) -> Result<()> {
    for (slot, (year, month)) in MONTHS.into_iter().enumerate() {
        let month = Month::new(year, month)?;
        let path = format!("/v1/forms/appendix2?village={SUBDISTRICT}&month={month}&format=json");
        let answer: serde_json::Value = serde_json::from_slice(&asked.get(&path).await?.0)?;
        let villages = answer["villages"].as_array().context("villages")?;
        ensure!(villages.len() == VILLAGES, "{} villages", villages.len());
        for form in villages.iter().chain([&answer["form"]]) {
            let area = form["area"].as_str().filter(|area| *area != SUBDISTRICT).unwrap_or_default();
            let wanted = expected.numbers(slot, area);
            ensure!(form["numbers"] == wanted, "{month} {area}: {} and not {wanted}", form["numbers"]);
        }
    }
    Ok(())
}

/// Counts the rows that the numbers are counted from, and nothing else; seconds.
async fn bare_count(database: &Database) -> Result<f64> {
    let started = Instant::now();
    let mut tx = database.begin_read().await?;
    let sql = "SELECT (SELECT COUNT(*) FROM hazard_periods) + (SELECT COUNT(*) FROM spot_items) AS found";
    let found = tx.fetch_one(Statement::new(sql)).await?.i64("found")?;
    tx.rollback().await?;
    ensure!(found > 0, "nothing to count");
    Ok(started.elapsed().as_secs_f64())
}

fn village(number: usize) -> String {
    format!("{}{:03}", &SUBDISTRICT[..9], 201 + number)
}

/// Puts the records in; how many, and what the forms should say.
async fn fill(world: &World, count: usize) -> Result<(usize, Expected)> {
    let mut tx = world.floor.begin_write().await?;
    for number in 0..VILLAGES {
        feeds::put_feed(&mut tx, &village(number), &format!("云杉{number}村"), Some(SUBDISTRICT), None).await?;
    }
    tx.commit().await?;
    let (sender, receiver) = mpsc::sync_channel(AHEAD);
    let teller = std::thread::spawn(move || tell(count, &sender));
    let mut positions = [0_i64; VILLAGES];
    let (mut filled, mut told_of) = (0, 0);
    while let Ok((number, told)) = receiver.recv() {
        filled += told.len();
        let mut tx = world.floor.begin_write().await?;
        write(&mut tx, &village(number), &told, &mut positions[number]).await?;
        tx.commit().await?;
        if filled / SHOWN_EVERY > told_of {
            told_of = filled / SHOWN_EVERY;
            println!("  … {filled} of {count} records");
        }
    }
    let expected = teller.join().ok().context("the thread that tells the histories died")??;
    world.analyze().await?;
    Ok((filled, expected))
}

/// Tells the histories of all places, those of one village together.
fn tell(count: usize, sender: &mpsc::SyncSender<(usize, Vec<Record>)>) -> Result<Expected> {
    let cutoffs = MONTHS.map(|(year, month)| Ok(Month::new(year, month)?.first_instant().as_micros()));
    let mut expected = Expected::new(cutoffs.into_iter().collect::<Result<_>>()?);
    let villages = u64::try_from(VILLAGES)?;
    let rounds = u64::try_from(count.div_ceil(RECORDS_A_PLACE))?.div_ceil(villages * PLACES_AT_ONCE);
    for round in 0..rounds {
        for number in 0..VILLAGES {
            let first = round * PLACES_AT_ONCE;
            let places = (first..first + PLACES_AT_ONCE).map(|place| place * villages + number as u64);
            let mut told = Vec::new();
            for place in places {
                told.extend(live_through(place, &village(number), &mut expected)?);
            }
            sender.send((number, told)).ok().context("nobody writes")?;
        }
    }
    Ok(expected)
}

async fn write(tx: &mut Tx, feed: &str, told: &[Record], position: &mut i64) -> Result<()> {
    let row = |record: &Record| RecordRow {
        id: record.id.0,
        kind: record.kind.clone(),
        feed: record.feed.as_str().to_owned(),
        rev: record.rev,
        number: None,
        state: to_json(record),
    };
    records::create_records(tx, told.iter().map(row).collect()).await?;
    store_projections(tx, &told.iter().collect::<Vec<_>>()).await?;
    let entries: Vec<_> = told.iter().map(|record| record.id.0).zip(*position + 1..).collect();
    records::put_entries(tx, feed, &entries).await?;
    let count = i64::try_from(told.len())?;
    *position += count;
    feeds::take_positions(tx, feeds::Taken { feed, positions: count, numbers: 0, records: count }).await?;
    Ok(())
}
