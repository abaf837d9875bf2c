//! What the rules are told about an inspection.

use super::photo_facts::{self, Clocks, fix_fact};
use super::{Judge, read_record};
use paicha_db::projections::{self, VisitRow, VisitsOf};
use paicha_db::{DbError, Tx, records};
use paicha_integrity::{FixFact, Neighbour, SiteFact, Thresholds, VisitFacts};
use serde_json::Value;
use sync_protocol::geo::{Fix, Wgs84Point};
use sync_protocol::record::Record;
use sync_protocol::time::{MINUTE_US, Micros};
use uuid::Uuid;

/// Earlier visits of a person that are looked at for one that has a position.
const BEFORE_MAX: i64 = 50;
/// How far a place reaches when nobody said so, metres.
const RADIUS_DEFAULT_M: f64 = 150.0;

/// Facts about one inspection.
pub(super) async fn of(
    tx: &mut Tx,
    judge: &Judge,
    limits: &Thresholds,
    record: &Record,
) -> Result<VisitFacts, DbError> {
    let visit = projections::find_visit(tx, record.id.0).await?.ok_or(DbError::NotFound)?;
    let clocks = Clocks::of(tx, record.id).await?;
    let started = crate::usecases::reading::instant(visit.started_at);
    let month = started.local_month();
    let span = (month.first_instant().as_micros(), month.next().first_instant().as_micros());
    let counted = projections::count_visits(tx, visit.author, span, limits.poor_fix_m).await?;
    let mine = list_before(tx, VisitsOf::Author(visit.author), &visit).await?;
    let of_phone = list_before(tx, VisitsOf::Phone(visit.incarnation), &visit).await?;
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let fix: Option<Fix> = record.shown("fix").and_then(|fix| serde_json::from_value(fix).ok());
    let neighbours = [last_with_fix(&mine, false), last_with_fix(&of_phone, true)];
    Ok(VisitFacts {
        spot: record.shown_text("kind").as_deref() == Some("spot"),
        started,
        ended: crate::usecases::reading::instant(visit.ended_at),
        submitted: record.submitted.is_some(),
        fix: fix.as_ref().and_then(fix_fact),
        no_photo_reason: record.shown("no_photo_reason").is_some(),
        photos: photo_facts::of(tx, judge, limits, record, &clocks).await?,
        site: site(tx, record).await?,
        before: neighbours.into_iter().flatten().collect(),
        same_spot: same_spot(&visit, &mine, limits),
        poor_fixes: (number(counted.poor_fixes), number(counted.visits)),
        reasons: (number(counted.without_photo), number(counted.visits)),
        clock: clocks.worst(),
    })
}

async fn list_before(tx: &mut Tx, whose: VisitsOf, visit: &VisitRow) -> Result<Vec<VisitRow>, DbError> {
    projections::list_visits_before(tx, whose, (visit.started_at, visit.record), BEFORE_MAX).await
}

fn point_of(visit: &VisitRow) -> Option<Wgs84Point> {
    Wgs84Point::new(visit.lat84?, visit.lon84?).ok()
}

fn last_with_fix(before: &[VisitRow], same_phone: bool) -> Option<Neighbour> {
    before.iter().find_map(|visit| {
        let fix = FixFact { point: point_of(visit)?, acc_m: visit.acc_m, mock: false };
        let ended = crate::usecases::reading::instant(visit.ended_at);
        Some(Neighbour { record: visit.record.into(), ended, fix, same_phone })
    })
}

/// How many visits of this person, this one included, were at exactly these coordinates, each long enough before the next.
fn same_spot(visit: &VisitRow, before: &[VisitRow], limits: &Thresholds) -> u32 {
    let here = |other: &&VisitRow| other.lat84 == visit.lat84 && other.lon84 == visit.lon84 && visit.lat84.is_some();
    let mut last = visit.started_at;
    let mut count = 1;
    for other in before.iter().filter(here) {
        if last - other.started_at >= limits.same_spot_minutes * MINUTE_US {
            count += 1;
            last = other.started_at;
        }
    }
    count
}

/// The registered position of the place that was inspected.
async fn site(tx: &mut Tx, record: &Record) -> Result<Option<SiteFact>, DbError> {
    let Some(place) = record.shown_text("place").and_then(|id| id.parse::<Uuid>().ok()) else { return Ok(None) };
    let found = records::find_records(tx, &[place]).await?;
    let Some(row) = found.first().filter(|row| row.kind == "place" && row.feed == record.feed.as_str()) else {
        return Ok(None);
    };
    let place = read_record(row)?;
    let fix: Option<Fix> = place.shown("point").and_then(|fix| serde_json::from_value(fix).ok());
    let radius = place.shown("radius_m").and_then(|radius| radius.as_f64()).unwrap_or(RADIUS_DEFAULT_M);
    let confirmed = place.shown("point_confirmed") == Some(Value::Bool(true));
    let site = fix.as_ref().and_then(fix_fact);
    Ok(site.map(|site| SiteFact { point: site.point, confirmed, radius_m: radius.max(0.0) }))
}

/// The instant of a text field.
pub(super) fn shown_instant(record: &Record, field: &str) -> Option<Micros> {
    record.shown_text(field)?.parse().ok()
}
