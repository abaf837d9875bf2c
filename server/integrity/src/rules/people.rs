//! ways nobody can travel, clocks that are wrong, and one person in two roles.

use crate::facts::{Clock, Evidence, HazardFacts, Neighbour, VisitFacts};
use crate::flag::{Flag, Level};
use crate::rules::graded;
use crate::thresholds::Thresholds;
use serde_json::json;
use sync_protocol::geo::{explain_offset, haversine_m};
use sync_protocol::time::{HOUR_US, MINUTE_US};

/// Accuracy is the radius of two thirds of all fixes; nearly all lie within one and a half times that.
const ACCURACY_FACTOR: f64 = 1.5;

/// from one visit to the next faster than anybody drives here.
pub(super) fn impossible_travel(facts: &VisitFacts, limits: &Thresholds) -> Option<Flag> {
    let worst = facts.before.iter().filter_map(|before| travel(facts, before, limits));
    worst.max_by(|a, b| a.level.cmp(&b.level).then_with(|| b.other.cmp(&a.other)))
}

fn travel(facts: &VisitFacts, before: &Neighbour, limits: &Thresholds) -> Option<Flag> {
    let fix = facts.fix?;
    let distance = haversine_m(before.fix.point, fix.point);
    let accuracy = ACCURACY_FACTOR * (before.fix.acc_m.unwrap_or(0.0) + fix.acc_m.unwrap_or(0.0));
    let way = distance - accuracy;
    if way <= limits.speed_distance_m || explain_offset(before.fix.point, fix.point).is_some() {
        return None;
    }
    let micros = facts.started.since(before.ended).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a span of hours in microseconds fits a float many times over")]
    let hours = micros as f64 / HOUR_US as f64;
    let speed = way / 1000.0 / hours;
    let level = graded(speed, limits.speed_kmh, limits.speed_kmh_hard)?;
    let who = if before.same_phone { "同一部手机" } else { "同一人" };
    let minutes = micros / MINUTE_US;
    let words = format!("{who}{minutes}分钟前在{:.1}公里外检查，请核对时间和地点", distance / 1000.0);
    let measured = json!({ "distance_m": distance.round(), "minutes": minutes, "speed_kmh": speed.min(1e6).round() });
    let threshold =
        json!({ "speed_kmh": [limits.speed_kmh, limits.speed_kmh_hard], "distance_m": limits.speed_distance_m });
    Some(Flag::new("R-12", level, words, measured, threshold).beside(before.record))
}

/// the phone's clock is wrong, or went back.
pub(super) fn clock(clock: Clock, limits: &Thresholds) -> Option<Flag> {
    let minutes = clock.off_us.map_or(0, |off| off.abs() / MINUTE_US);
    let level = if minutes >= limits.clock_minutes_hard {
        Level::Hard
    } else if minutes >= limits.clock_minutes || clock.contradicts {
        Level::Soft
    } else {
        return None;
    };
    let words = if minutes > 0 {
        format!("手机时间与实际时间相差约{minutes}分钟，请打开自动校时")
    } else {
        "手机时间前后矛盾，请打开自动校时".to_owned()
    };
    let measured = json!({ "off_minutes": clock.off_us.map(|off| off / MINUTE_US), "contradicts": clock.contradicts });
    let threshold = json!({ "minutes": [limits.clock_minutes, limits.clock_minutes_hard] });
    Some(Flag::new("R-16", level, words, measured, threshold))
}

/// somebody did what somebody else has to do.
pub(super) fn separation(facts: &HazardFacts) -> Option<Flag> {
    let (what, measured) = facts.separation.first()?;
    let words = match what {
        Evidence::ReviewedOwnRepair => "申请复查的人又自己复查，请换人复查",
        Evidence::ReviewerOfEnterprise => "复查人是企业自己的人，请由村、街道或部门复查",
        Evidence::ApprovedOwnRequest => "申请人自己批准了申请，请由另一人批准",
    };
    let threshold = json!({ "people": 2 });
    Some(Flag::new("R-18", Level::Hard, words.to_owned(), measured.clone(), threshold))
}
