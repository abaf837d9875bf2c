//! Each rule at its threshold and just beyond, and the honest cases that look like it.

use paicha_integrity::{
    Alike, Clock, EarlierHazard, Evidence, FixFact, Flag, HazardFacts, Level, Neighbour, OtherFinding, PhotoFact,
    SiteFact, Taken, Thresholds, VisitFacts, judge_hazard, judge_visit,
};
use serde_json::json;
use sync_protocol::geo::{LatLon, Wgs84Point, wgs84_to_gcj02};
use sync_protocol::ids::RecordId;
use sync_protocol::time::{DAY_US, HOUR_US, MINUTE_US, Micros};
use uuid::Uuid;

fn id(number: u128) -> RecordId {
    RecordId(Uuid::from_u128(number))
}

fn at(offset_us: i64) -> Micros {
    "2023-06-12T09:00:00+08:00".parse::<Micros>().expect("a valid instant").saturating_add(offset_us)
}

/// A point so many metres north of the invented workshop.
fn north(metres: f64) -> Wgs84Point {
    Wgs84Point::new(31.9475 + metres / 111_194.93, 108.664).expect("a valid point")
}

fn fix(metres: f64, acc_m: f64) -> FixFact {
    FixFact { point: north(metres), acc_m: Some(acc_m), mock: false }
}

fn photo(number: u128, role: &str) -> PhotoFact {
    PhotoFact {
        id: id(number),
        sha256: [u8::try_from(number % 256).unwrap_or_default(); 32],
        roles: vec![role.to_owned()],
        in_app: true,
        taken: Some(Taken { at: at(10 * MINUTE_US), trusted: true }),
        exif_at: None,
        fix: Some(fix(0.0, 5.0)),
        dhash: Some(0xff_00 * u64::try_from(number).unwrap_or_default()),
        alike: Vec::new(),
    }
}

fn visit() -> VisitFacts {
    VisitFacts {
        spot: true,
        started: at(0),
        ended: at(HOUR_US),
        submitted: true,
        fix: Some(fix(0.0, 5.0)),
        no_photo_reason: false,
        photos: vec![photo(1, "site")],
        site: Some(SiteFact { point: north(0.0), confirmed: true, radius_m: 150.0 }),
        before: Vec::new(),
        same_spot: 1,
        poor_fixes: (0, 1),
        reasons: (0, 1),
        clock: Clock { off_us: Some(0), contradicts: false },
    }
}

fn hazard() -> HazardFacts {
    HazardFacts {
        serious: true,
        self_found: false,
        found: at(0),
        found_trusted: true,
        received: at(HOUR_US),
        repair_began: None,
        photos: vec![photo(1, "before"), photo(90, "after")],
        earlier: Vec::new(),
        elsewhere: Vec::new(),
        others: Vec::new(),
        separation: Vec::new(),
    }
}

fn short(flags: &[Flag]) -> Vec<(&str, Level)> {
    flags.iter().map(|flag| (flag.rule.as_str(), flag.level)).collect()
}

fn of_visit(facts: &VisitFacts) -> Vec<(String, Level)> {
    let flags = judge_visit(facts, &Thresholds::default());
    short(&flags).into_iter().map(|(rule, level)| (rule.to_owned(), level)).collect()
}

fn of_hazard(facts: &HazardFacts) -> Vec<(String, Level)> {
    let flags = judge_hazard(facts, &Thresholds::default());
    short(&flags).into_iter().map(|(rule, level)| (rule.to_owned(), level)).collect()
}

fn one(rule: &str, level: Level) -> Vec<(String, Level)> {
    vec![(rule.to_owned(), level)]
}

#[test]
fn an_honest_visit_and_an_honest_repair_have_no_flag() {
    assert_eq!(of_visit(&visit()), []);
    assert_eq!(of_hazard(&hazard()), []);
}

fn alike(same_file: bool, dhash_bits: u32, phash_bits: u32, entropy_bits: f64) -> Vec<(String, Level)> {
    let other = Alike {
        record: id(7),
        photo: id(8),
        at: "2023-05-12T10:00:00+08:00".parse().expect("a valid instant"),
        same_file,
        dhash_bits,
        phash_bits,
        entropy_bits,
    };
    let mut facts = hazard();
    facts.photos[1].alike = vec![other];
    let flags = judge_hazard(&facts, &Thresholds::default());
    if let Some(flag) = flags.first() {
        assert_eq!((flag.photo, flag.other), (Some(id(90)), Some(id(7))));
        assert!(flag.words.starts_with("照片与2023年5月12日另一处照片"), "{}", flag.words);
    }
    of_hazard(&facts)
}

#[test]
fn r01_and_r02_a_used_picture() {
    assert_eq!(alike(true, 0, 0, 1.0), one("R-01", Level::Hard));
    assert_eq!(alike(false, 4, 8, 4.0), one("R-02", Level::Hard));
    assert_eq!(alike(false, 5, 8, 7.0), one("R-02", Level::Soft));
    assert_eq!(alike(false, 10, 8, 7.0), one("R-02", Level::Soft));
    assert_eq!(alike(false, 11, 8, 7.0), []);
    assert_eq!(alike(false, 4, 9, 7.0), [], "both hashes must agree");
    assert_eq!(alike(false, 0, 0, 3.9), one("R-02", Level::Soft), "a blank wall looks like every blank wall");
}

#[test]
fn r03_the_picture_after_is_the_picture_before() {
    let mut facts = hazard();
    facts.photos[1].dhash = facts.photos[0].dhash.map(|hash| hash ^ 0b111);
    assert_eq!(of_hazard(&facts), one("R-03", Level::Hard));
    facts.photos[1].dhash = facts.photos[0].dhash.map(|hash| hash ^ 0b1111);
    assert_eq!(of_hazard(&facts), [], "the same viewpoint is wanted");
    facts.photos[1].sha256 = facts.photos[0].sha256;
    assert_eq!(of_hazard(&facts), one("R-03", Level::Hard));
    facts.photos[1].roles = vec!["site".to_owned()];
    assert_eq!(of_hazard(&facts), []);
    facts.photos[1].roles = vec!["after".to_owned(), "before".to_owned()];
    assert_eq!(of_hazard(&facts), one("R-03", Level::Hard), "one picture for both");
}

#[test]
fn r04_the_picture_after_is_older_than_the_finding() {
    let mut facts = hazard();
    facts.photos[1].taken = Some(Taken { at: at(-1), trusted: true });
    assert_eq!(of_hazard(&facts), one("R-04", Level::Hard));
    facts.photos[1].taken = Some(Taken { at: at(-1), trusted: false });
    assert_eq!(of_hazard(&facts), one("R-04", Level::Soft), "only a clock that may be wrong");
    facts.photos[1].exif_at = Some(at(-10 * MINUTE_US - 1));
    assert_eq!(of_hazard(&facts), one("R-04", Level::Hard), "two clocks agree");
    facts.photos[1].taken = Some(Taken { at: at(0), trusted: true });
    assert_eq!(of_hazard(&facts), one("R-04", Level::Soft));
    facts.photos[1].exif_at = Some(at(-10 * MINUTE_US));
    assert_eq!(of_hazard(&facts), []);
    facts.repair_began = Some(at(DAY_US));
    assert_eq!(of_hazard(&facts), one("R-04", Level::Hard), "older than the last repair");
}

#[test]
fn r05_a_photo_outside_the_visit() {
    let mut facts = visit();
    let mut taken = |offset: i64| {
        facts.photos[0].taken = Some(Taken { at: at(offset), trusted: true });
        of_visit(&facts)
    };
    assert_eq!(taken(-2 * HOUR_US), []);
    assert_eq!(taken(-2 * HOUR_US - 1), one("R-05", Level::Soft));
    assert_eq!(taken(3 * HOUR_US + 1), one("R-05", Level::Soft));
    assert_eq!(taken(25 * HOUR_US + 1), one("R-05", Level::Hard));
    facts.spot = false;
    assert_eq!(of_visit(&facts), one("R-05", Level::Soft));
}

#[test]
fn r06_an_album_picture_proves_no_repair_of_a_major_hazard() {
    let mut facts = hazard();
    facts.photos[1].in_app = false;
    assert_eq!(of_hazard(&facts), one("R-06", Level::Hard));
    facts.serious = false;
    assert_eq!(of_hazard(&facts), one("R-06", Level::Info));
}

#[test]
fn r07_far_from_the_site_and_r09_a_datum_mixed_up() {
    let mut facts = visit();
    let mut distance = |metres: f64, acc_m: f64| {
        facts.fix = Some(fix(metres, acc_m));
        of_visit(&facts)
    };
    assert_eq!(distance(209.0, 10.0), []);
    assert_eq!(distance(212.0, 10.0), one("R-07", Level::Soft));
    assert_eq!(distance(1012.0, 10.0), one("R-07", Level::Hard));
    assert_eq!(distance(5000.0, 101.0), one("R-11", Level::Info), "a poor fix accuses nobody");
    facts.fix = Some(fix(820.0, 10.0));
    let flags = judge_visit(&facts, &Thresholds::default());
    assert_eq!(flags[0].words, "离企业登记位置约820米，是否换了地点？（也可能是坐标偏差）");
    facts.site = Some(SiteFact { point: north(0.0), confirmed: false, radius_m: 150.0 });
    assert_eq!(of_visit(&facts), [], "nobody has checked where the site is");
    facts.site = Some(SiteFact { point: north(0.0), confirmed: true, radius_m: 900.0 });
    assert_eq!(of_visit(&facts), [], "a large site");
    facts.site = Some(SiteFact { point: north(0.0), confirmed: true, radius_m: 150.0 });
    let shifted = wgs84_to_gcj02(LatLon { lat: 31.9475, lon: 108.664 });
    facts.fix =
        Some(FixFact { point: Wgs84Point::new(shifted.lat, shifted.lon).unwrap(), acc_m: Some(5.0), mock: false });
    assert_eq!(of_visit(&facts), one("R-09", Level::Info));
}

#[test]
fn r08_before_and_after_in_different_places() {
    let mut facts = hazard();
    let mut distance = |metres: f64| {
        facts.photos[1].fix = Some(fix(metres, 5.0));
        of_hazard(&facts)
    };
    assert_eq!(distance(109.0), []);
    assert_eq!(distance(112.0), one("R-08", Level::Soft));
    assert_eq!(distance(800.0), one("R-08", Level::Hard));
    let shifted = wgs84_to_gcj02(LatLon { lat: 31.9475, lon: 108.664 });
    facts.photos[1].fix =
        Some(FixFact { point: Wgs84Point::new(shifted.lat, shifted.lon).unwrap(), acc_m: Some(5.0), mock: false });
    assert_eq!(of_hazard(&facts), one("R-09", Level::Info), "explained before anyone is doubted");
}

#[test]
fn r10_and_r11_simulated_frozen_and_poor_positions() {
    let mut facts = visit();
    facts.fix = Some(FixFact { mock: true, ..fix(0.0, 5.0) });
    assert_eq!(of_visit(&facts), one("R-10", Level::Hard));
    facts.fix = Some(fix(0.0, 5.0));
    facts.same_spot = 3;
    assert_eq!(of_visit(&facts), one("R-10", Level::Hard));
    facts.same_spot = 2;
    assert_eq!(of_visit(&facts), []);
    facts.fix = None;
    facts.poor_fixes = (5, 10);
    assert_eq!(of_visit(&facts), one("R-11", Level::Info));
    facts.poor_fixes = (6, 10);
    assert_eq!(of_visit(&facts), one("R-11", Level::Soft));
}

#[test]
fn r12_faster_than_anybody_drives() {
    let mut facts = visit();
    let mut ended = |metres: f64, minutes: i64| {
        let ended = at(-minutes * MINUTE_US);
        facts.before = vec![Neighbour { record: id(5), ended, fix: fix(metres, 10.0), same_phone: false }];
        of_visit(&facts)
    };
    assert_eq!(ended(40_000.0, 21), []);
    assert_eq!(ended(40_000.0, 19), one("R-12", Level::Soft));
    assert_eq!(ended(40_000.0, 11), one("R-12", Level::Hard));
    assert_eq!(ended(40_000.0, -30), one("R-12", Level::Hard), "in two places at once");
    assert_eq!(ended(2_000.0, 0), [], "next door");
}

#[test]
fn r16_a_clock_that_is_wrong() {
    let mut facts = visit();
    let mut off = |minutes: i64, contradicts| {
        facts.clock = Clock { off_us: Some(minutes * MINUTE_US), contradicts };
        of_visit(&facts)
    };
    assert_eq!(off(4, false), []);
    assert_eq!(off(-5, false), one("R-16", Level::Soft));
    assert_eq!(off(30, false), one("R-16", Level::Hard));
    assert_eq!(off(0, true), one("R-16", Level::Soft));
}

#[test]
fn r17_no_photo() {
    let mut facts = visit();
    facts.photos.clear();
    assert_eq!(of_visit(&facts), one("R-17", Level::Hard));
    facts.no_photo_reason = true;
    facts.reasons = (1, 5);
    assert_eq!(of_visit(&facts), []);
    facts.reasons = (2, 9);
    assert_eq!(of_visit(&facts), one("R-17", Level::Soft));
    facts.submitted = false;
    assert_eq!(of_visit(&facts), [], "still at work");
}

#[test]
fn r18_one_person_in_two_roles() {
    let mut facts = hazard();
    facts.separation = vec![(Evidence::ReviewedOwnRepair, json!({ "op": "x" }))];
    assert_eq!(of_hazard(&facts), one("R-18", Level::Hard));
}

#[test]
fn r21_and_r22_hazards_that_come_back_and_that_are_everywhere() {
    let mut facts = hazard();
    let mut closed = |days: i64| {
        facts.earlier = vec![EarlierHazard { record: id(3), closed: at(-days * DAY_US) }];
        let flags = judge_hazard(&facts, &Thresholds::default());
        flags.first().map(|flag| flag.words.clone()).unwrap_or_default()
    };
    assert!(closed(90).contains("重新打开原隐患"));
    assert!(closed(91).contains("核查整改质量"));
    assert_eq!(closed(366), "");
    facts.earlier.clear();
    facts.elsewhere = vec![id(1), id(2)];
    assert_eq!(of_hazard(&facts), []);
    facts.elsewhere.push(id(3));
    assert_eq!(of_hazard(&facts), one("R-22", Level::Info));
}

#[test]
fn r23_a_self_check_that_claims_to_be_first() {
    let mut facts = hazard();
    facts.self_found = true;
    facts.found_trusted = false;
    let other = |received| OtherFinding { record: id(4), found: at(0), received, same_criterion: false, closed: None };
    facts.others = vec![other(at(HOUR_US - 1))];
    assert_eq!(of_hazard(&facts), one("R-23", Level::Soft));
    facts.found_trusted = true;
    assert_eq!(of_hazard(&facts), [], "an offline phone whose time is certain is honoured");
    facts.found_trusted = false;
    facts.others[0].received = at(HOUR_US);
    assert_eq!(of_hazard(&facts), [], "the enterprise's record was here first");
}

#[test]
fn r23_a_self_check_after_somebody_else_found_the_same() {
    let mut facts = hazard();
    facts.self_found = true;
    facts.found_trusted = false;
    let found = |found, closed| OtherFinding { record: id(4), found, received: found, same_criterion: true, closed };
    let received = facts.received;
    facts.others = vec![found(received, None)];
    assert_eq!(of_hazard(&facts), one("R-23", Level::Soft), "a tie is nobody's own finding");
    facts.others = vec![found(received.saturating_add(1), None)];
    assert_eq!(of_hazard(&facts), [], "the server knew of it before the other looked");
    facts.others = vec![found(facts.found.saturating_add(-DAY_US), Some(facts.found.saturating_add(-1)))];
    assert_eq!(of_hazard(&facts), [], "what was closed before is another story");
    facts.found_trusted = true;
    facts.others = vec![found(facts.found.saturating_add(1), None)];
    assert_eq!(of_hazard(&facts), [], "known to have been first, though it came later");
    facts.others = vec![found(facts.found, None)];
    assert_eq!(of_hazard(&facts), one("R-23", Level::Soft));
}

#[test]
fn a_finding_that_becomes_hard_has_a_key_of_its_own() {
    let mut facts = visit();
    facts.fix = Some(fix(300.0, 10.0));
    let soft = judge_visit(&facts, &Thresholds::default());
    facts.fix = Some(fix(3000.0, 10.0));
    let hard = judge_visit(&facts, &Thresholds::default());
    assert_eq!((soft[0].key.as_str(), hard[0].key.as_str()), ("R-07", "R-07.hard"));
}
