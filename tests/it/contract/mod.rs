//! The contract of `paicha-db`: what every function does, the same on both engines.
//!
//! One file per file of `server/db/src`. Rules of the domain are not tested here. What a newcomer gets wrong: a new public
//! function of `paicha-db` must be called here by name, or `coverage` fails.

mod accounts;
mod audit;
mod catalogue;
mod coverage;
mod devices;
mod engine;
mod engine_cancel;
mod engine_errors;
mod feeds;
mod forms;
mod hazards;
mod health;
mod incarnations;
mod inspections;
mod integrity;
mod meta;
mod numbers;
mod ops;
mod photos;
mod photos_to_settle;
mod places;
mod reading;
mod records;
mod reviews;
mod sessions;
mod tasks;
mod totals;
mod unsettled;
mod uploads;
mod verify;

use std::time::Duration;

use paicha_db::feeds::put_feed;
use paicha_db::projections::{BoundingBox, Villages};
use paicha_db::{DbError, Tx};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// An invented village, the first in order.
const UPPER: &str = "990000000001";
/// An invented village, the second in order.
const LOWER: &str = "990000000002";

/// A box that is only the point 31.5 N 108.25 E.
const AT_POINT: BoundingBox = BoundingBox { south: 31.5, west: 108.25, north: 31.5, east: 108.25 };
/// Boxes that miss that point by one edge each.
const BESIDE_POINT: [BoundingBox; 4] = [
    BoundingBox { south: 31.6, west: 108.0, north: 32.0, east: 109.0 },
    BoundingBox { south: 31.0, west: 108.3, north: 32.0, east: 109.0 },
    BoundingBox { south: 31.0, west: 108.0, north: 31.4, east: 109.0 },
    BoundingBox { south: 31.0, west: 108.0, north: 32.0, east: 108.2 },
];

/// Far longer than a transaction that need not wait takes.
const WAITING: Duration = Duration::from_millis(200);

/// The id with this number; ids order as the numbers do.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn only(villages: &[&str]) -> Villages {
    Villages::Only(villages.iter().map(ToString::to_string).collect())
}

/// Makes both villages.
async fn put_villages(tx: &mut Tx) -> Result<(), DbError> {
    put_feed(tx, UPPER, "上湾村", None, None).await?;
    put_feed(tx, LOWER, "下湾村", None, None).await
}

/// Whether a transaction running elsewhere still waits after a while, for a lock that this test holds.
async fn waits<T>(task: &mut JoinHandle<T>) -> bool {
    tokio::time::timeout(WAITING, task).await.is_err()
}
