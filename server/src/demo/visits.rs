//! What the people of the demo do in two months: visits on working days, hazards they find, photos they take. A plan only; nothing is
//! stored here. It follows from the start instant alone.

use super::Scale;
use super::chance::{Chance, demo_id};
use super::ground::{OFFICE, VILLAGES, middle};
use super::people::{INSPECTORS, Person};
use super::phone::{Act, Save};
use super::pictures::{Photo, Shot};
use super::words::{BLOCKED, Finding, GENERAL, MAJOR, SPOT_FIELDS};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::digest::to_hex;
use sync_protocol::geo::{Datum, Fix, LatLon, Provider, wgs84_to_gcj02};
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::op::{Body, PhotoAttach};
use sync_protocol::time::{BUSINESS_OFFSET_US, DAY_US, HOUR_US, MINUTE_US, Micros, SECOND_US};

/// Words of the campaign in every record.
pub(super) const CAMPAIGN: &str = "重大事故隐患专项排查整治（演示）";
/// Every so many visits, one photo stays on its phone.
const OWED_EVERY: u32 = 15;

/// The visit whose fix came from a program that makes fixes up: what the integrity rules then say can be seen in the demo.
const MOCKED: u32 = 13;
/// The visit whose photos were chosen from the album.
const FROM_ALBUM: u32 = 18;
/// The visit that shows the picture of an earlier one, [`REPEATS`], again.
const REPEATED: u32 = 20;
const REPEATS: u32 = 7;

/// A place that may be visited.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) id: RecordId,
    /// Index of its village.
    pub(super) village: usize,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// A hazard of a visit.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) id: RecordId,
    pub(super) finding: Finding,
    pub(super) level: &'static str,
    pub(super) criterion: Option<&'static str>,
    pub(super) instant: bool,
}

/// One visit.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) number: u32,
    pub(super) at: Micros,
    /// Which phone; the last is the office's.
    pub(super) phone: usize,
    pub(super) spot: Spot,
    pub(super) fix: Fix,
    pub(super) blocked: Option<&'static str>,
    pub(super) found: Vec<Found>,
    pub(super) shots: Vec<Shot>,
}

/// The visits between the first day of the month before `base` and `base`.
pub(super) fn plan(base: Micros, scale: Scale, spots: &[Spot]) -> Vec<Visit> {
    let days = working_days(base);
    let mut chance = Chance::named("visits");
    let mut photos_left = scale.photos.saturating_sub(scale.visits);
    let mut visits = Vec::new();
    for number in 0..scale.visits {
        let day = days[usize::try_from(u64::from(number) * days.len() as u64 / u64::from(scale.visits)).unwrap_or(0)];
        let at = day.saturating_add(9 * HOUR_US + i64::from(number * 37 % 420) * MINUTE_US);
        let phone = usize::try_from(number).unwrap_or(0) % (INSPECTORS + 1);
        let round = usize::try_from(number).unwrap_or(0) / (INSPECTORS + 1);
        let home = if phone == INSPECTORS { round } else { phone } % VILLAGES.len();
        let here: Vec<&Spot> = spots.iter().filter(|spot| spot.village == home).collect();
        if here.is_empty() {
            continue;
        }
        let spot = (*chance.pick(&here)).clone();
        let visit = Visit {
            number,
            at,
            phone,
            fix: fix(number, at, &spot, &mut chance),
            spot,
            blocked: (number % 23 == 11).then(|| *chance.pick(&BLOCKED)),
            found: Vec::new(),
            shots: Vec::new(),
        };
        let visit = filled(visit, &mut chance, &mut photos_left);
        if at.saturating_add(HOUR_US) < base {
            visits.push(visit);
        }
    }
    visits
}

/// Local midnights of Mondays to Fridays from the first of the month before.
fn working_days(base: Micros) -> Vec<Micros> {
    let mut day = base.local_month().previous().first_instant();
    let mut days = Vec::new();
    while day < base {
        // 1970-01-01 was a Thursday.
        let weekday = ((day.as_micros() + BUSINESS_OFFSET_US).div_euclid(DAY_US) + 4).rem_euclid(7);
        if (1..=5).contains(&weekday) {
            days.push(day);
        }
        day = day.saturating_add(DAY_US);
    }
    if days.is_empty() { vec![base.local_month().previous().first_instant()] } else { days }
}

fn filled(mut visit: Visit, chance: &mut Chance, photos_left: &mut u32) -> Visit {
    let number = visit.number;
    if visit.blocked.is_some() {
        return visit;
    }
    let count = if number % 8 < 3 { 1 + chance.below(2) } else { usize::from(is_grave(number)) };
    for index in 0..count {
        visit.found.push(found(number, index, chance));
    }
    let second = !visit.found.is_empty() && *photos_left > 0;
    *photos_left -= u32::from(second);
    for index in 0..=u32::from(second) {
        visit.shots.push(Shot {
            id: demo_id(&format!("photo {number} {index}")).into(),
            seed: u64::from(if number == REPEATED { REPEATS } else { number }) * 7 + u64::from(index) + 1,
            at: visit.at.saturating_add(i64::from(5 + 4 * index) * MINUTE_US),
            fix: visit.fix.clone(),
            album: number == FROM_ALBUM,
            owed: index == 0 && number % OWED_EVERY == OWED_EVERY - 1,
        });
    }
    visit
}

/// Visits that find something graver than 一般.
fn is_grave(number: u32) -> bool {
    number % 20 == 12
}

fn found(number: u32, index: usize, chance: &mut Chance) -> Found {
    let id = demo_id(&format!("hazard {number} {index}")).into();
    if is_grave(number) && index == 0 {
        let which = usize::try_from(number / 20).unwrap_or(0);
        let (finding, criterion) = MAJOR[which % MAJOR.len()];
        // 疑似 first, so that even a small demo has one for its two phones to disagree about.
        let level = if which % 2 == 0 { "suspected" } else { "major_direct" };
        return Found { id, finding, level, criterion: (level == "major_direct").then_some(criterion), instant: false };
    }
    Found { id, finding: *chance.pick(&GENERAL), level: "general", criterion: None, instant: chance.percent(40) }
}

/// A satellite fix at the place; one visit reports in the datum of Chinese maps, one from another village than the place's.
fn fix(number: u32, at: Micros, spot: &Spot, chance: &mut Chance) -> Fix {
    let near = |degrees: f64, chance: &mut Chance| degrees + (chance.fraction() - 0.5) * 0.0002;
    let (lat, lon) = if number == 9 { middle((spot.village + 1) % VILLAGES.len()) } else { (spot.lat, spot.lon) };
    let (lat, lon) = (near(lat, chance), near(lon, chance));
    let (point, crs) = if number == 5 {
        (wgs84_to_gcj02(LatLon { lat, lon }), Datum::Gcj02)
    } else {
        (LatLon { lat, lon }, Datum::Wgs84)
    };
    let shown = |degrees: f64| (degrees * 1e7).round() / 1e7;
    Fix {
        lat: shown(point.lat),
        lon: shown(point.lon),
        crs,
        acc_m: Some(f64::from(u8::try_from(4 + chance.below(9)).unwrap_or(5))),
        alt_m: Some(f64::from(u16::try_from(720 + chance.below(400)).unwrap_or(800))),
        provider: Some(Provider::Gnss),
        gnss_at: Some(at.saturating_add(24 * MINUTE_US - 3 * SECOND_US)),
        mock: Some(number == MOCKED),
        age_ms: Some(3000),
    }
}

/// What the phone saves at the end of a visit.
pub(super) fn save(visit: &Visit, person: &Person, photos: &BTreeMap<RecordId, Photo>) -> Option<Save> {
    let inspection: RecordId = demo_id(&format!("inspection {}", visit.number)).into();
    let act = |record, kind, body| Act { record, kind, body };
    let attach = |record, kind, role: &str, photo: &Photo| act(record, kind, attached(photo, role));
    let mut acts = vec![act(inspection, "inspection", Body::Create(inspection_fields(visit, person)))];
    let taken: Vec<&Photo> = visit.shots.iter().filter_map(|shot| photos.get(&shot.id)).collect();
    acts.extend(taken.iter().map(|photo| attach(inspection, "inspection", "site", photo)));
    for found in &visit.found {
        acts.push(act(found.id, "hazard", Body::Create(hazard_fields(visit, found, inspection, person))));
        acts.extend(taken.first().map(|photo| attach(found.id, "hazard", "before", photo)));
        if let Some(after) = taken.get(1).filter(|_| found.instant) {
            acts.push(attach(found.id, "hazard", "after", after));
            let body = Body::Transition {
                from: "reg".to_owned(),
                to: "accepted".to_owned(),
                reason: Some("现场立即整改完毕，已复查".to_owned()),
                evidence: BTreeMap::new(),
            };
            acts.push(act(found.id, "hazard", body));
        }
    }
    acts.push(act(inspection, "inspection", Body::Submit));
    Some(Save {
        at: visit.at.saturating_add(24 * MINUTE_US),
        phone: visit.phone,
        name: format!("visit {}", visit.number),
        village: village_of(visit)?,
        acts,
    })
}

/// The feed of a visit.
pub(super) fn village_of(visit: &Visit) -> Option<FeedId> {
    VILLAGES[visit.spot.village].code.parse().ok()
}

fn inspection_fields(visit: &Visit, person: &Person) -> BTreeMap<String, Value> {
    let office = visit.phone == INSPECTORS;
    let unit = if office { OFFICE } else { VILLAGES[visit.spot.village].name };
    let kind = match (office, visit.number % 4) {
        (true, _) => "spot",
        (false, 0) => "special",
        (false, _) => "patrol",
    };
    let inspectors = if office { json!([person.name, "演示专家甲"]) } else { json!([person.name]) };
    let mut fields = vec![
        ("kind".to_owned(), json!(kind)),
        ("campaign".to_owned(), json!(CAMPAIGN)),
        ("actions".to_owned(), json!(["A3"])),
        ("place".to_owned(), json!(visit.spot.id)),
        ("inspecting_unit".to_owned(), json!(unit)),
        ("inspectors".to_owned(), inspectors),
        ("started_at".to_owned(), json!(visit.at)),
        ("ended_at".to_owned(), json!(visit.at.saturating_add(23 * MINUTE_US))),
        ("fix".to_owned(), json!(visit.fix)),
        ("checklist_version".to_owned(), json!("JZ-2023")),
        ("remark".to_owned(), json!("演示数据，虚构")),
    ];
    if let Some(reason) = visit.blocked {
        fields.push(("blocked_reason".to_owned(), json!(reason)));
        fields.push(("no_photo_reason".to_owned(), json!("未能进入现场")));
    } else if office {
        let mut chance = Chance::named(&format!("spot {}", visit.number));
        fields.extend(SPOT_FIELDS.iter().map(|name| {
            let value = if chance.percent(14) { "N" } else { "Y" };
            (format!("finding.{name}"), json!(value))
        }));
    }
    fields.into_iter().collect()
}

fn hazard_fields(visit: &Visit, found: &Found, inspection: RecordId, person: &Person) -> BTreeMap<String, Value> {
    let origin = if visit.phone == INSPECTORS { "spot" } else { "village" };
    let grave = found.level != "general";
    let days = if grave { 30 } else { 10 };
    let deadline = visit.at.saturating_add(days * DAY_US).local_date().to_iso();
    let mut fields = vec![
        ("inspection", json!(inspection)),
        ("campaign", json!(CAMPAIGN)),
        ("place", json!(visit.spot.id)),
        ("position_text", json!(found.finding.position)),
        ("description", json!(found.finding.description)),
        ("fix", json!(visit.fix)),
        ("found_at", json!(visit.at.saturating_add(8 * MINUTE_US))),
        ("finders", json!([person.name])),
        ("origin", json!(origin)),
        ("level", json!(found.level)),
        ("sector", json!([found.finding.sector])),
        ("fix_mode", json!(if found.instant { "instant" } else { "timed" })),
    ];
    if !found.instant {
        fields.push(("deadline", json!(deadline)));
    }
    if grave {
        fields.push(("control", json!("partial_stop")));
        fields.push(("suggestion", json!("建议挂牌督办")));
    }
    if let Some(criterion) = found.criterion {
        fields.push(("criterion_ids", json!([criterion])));
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn attached(photo: &Photo, role: &str) -> Body {
    Body::PhotoAttach(Box::new(PhotoAttach {
        photo: photo.shot.id,
        sha256: to_hex(&photo.sha256),
        bytes: u64::try_from(photo.jpeg.len()).unwrap_or(u64::MAX),
        mime: "image/jpeg".to_owned(),
        role: Some(role.to_owned()),
        taken_at: Some(photo.shot.at),
        fix: Some(photo.shot.fix.clone()),
        source: Some(if photo.shot.album { "album" } else { "camera_inapp" }.to_owned()),
        caption: None,
    }))
}
