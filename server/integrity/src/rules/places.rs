//! where things were done. A mix-up of datums is looked for first, because it looks exactly like somebody who was not there.

use crate::facts::{FixFact, PhotoFact, VisitFacts};
use crate::flag::{Flag, Level};
use crate::rules::graded;
use crate::thresholds::Thresholds;
use serde_json::json;
use sync_protocol::geo::{Datum, Wgs84Point, explain_offset, haversine_m};

/// instead: far from the registered and confirmed position.
pub(super) fn far_from_site(facts: &VisitFacts, limits: &Thresholds) -> Option<Flag> {
    let (fix, site) = (facts.fix?, facts.site?);
    let acc_m = fix.acc_m.filter(|acc| *acc <= limits.poor_fix_m)?;
    if !site.confirmed {
        return None;
    }
    let distance = haversine_m(fix.point, site.point);
    let beyond = distance - acc_m;
    let level =
        graded(beyond, limits.site_distance_m.max(site.radius_m), limits.site_distance_m_hard.max(site.radius_m))?;
    if let Some(flag) = mixed_up(site.point, fix.point) {
        return Some(flag);
    }
    let words = format!("离企业登记位置约{distance:.0}米，是否换了地点？（也可能是坐标偏差）");
    let measured = json!({ "distance_m": distance.round(), "acc_m": acc_m });
    let threshold =
        json!({ "distance_m": [limits.site_distance_m, limits.site_distance_m_hard], "radius_m": site.radius_m });
    Some(Flag::new("R-07", level, words, measured, threshold))
}

/// instead: before and after were taken in different places.
pub(super) fn before_after_apart(photos: &[PhotoFact], limits: &Thresholds) -> Vec<Flag> {
    let of = |role: &'static str| {
        photos.iter().filter(move |photo| photo.is(role)).filter_map(|photo| Some((photo, photo.fix?)))
    };
    let flag = |(photo, after): (&PhotoFact, FixFact)| {
        // The nearest of the pictures before the repair: each of them may show another side of it.
        let (before, distance) = of("before")
            .map(|(_, before)| (before, haversine_m(before.point, after.point)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let beyond = distance - before.acc_m.unwrap_or(0.0) - after.acc_m.unwrap_or(0.0);
        let level = graded(beyond, limits.before_after_m, limits.before_after_m_hard)?;
        if let Some(flag) = mixed_up(before.point, after.point) {
            return Some(flag.about(photo.id));
        }
        let words = format!("整改前后两张照片相距约{distance:.0}米，请确认是否同一处");
        let measured = json!({ "distance_m": distance.round(), "acc_m": [before.acc_m, after.acc_m] });
        let threshold = json!({ "distance_m": [limits.before_after_m, limits.before_after_m_hard] });
        Some(Flag::new("R-08", level, words, measured, threshold).about(photo.id))
    };
    of("after").filter_map(flag).collect()
}

/// the distance is the local shift between datums.
fn mixed_up(known: Wgs84Point, found: Wgs84Point) -> Option<Flag> {
    let mix = explain_offset(known, found)?;
    let datum = if mix.datum == Datum::Bd09 { "百度坐标（bd09）" } else { "火星坐标（gcj02）" };
    let words = format!("位置相差约{:.0}米，正好等于{datum}的偏移，多半是坐标系标错，不是没到现场", mix.offset_m);
    let measured =
        json!({ "offset_m": mix.offset_m.round(), "mismatch_m": mix.mismatch_m.round(), "datum": mix.datum });
    Some(Flag::new("R-09", Level::Info, words, measured, json!({ "mismatch_m": 40 })))
}

/// simulated, or the same to seven decimals again and again.
pub(super) fn simulated(facts: &VisitFacts, limits: &Thresholds) -> Option<Flag> {
    let fix = facts.fix?;
    let measured = json!({ "mock": fix.mock, "same_spot": facts.same_spot });
    let threshold = json!({ "same_spot": limits.same_spot_fixes, "minutes": limits.same_spot_minutes });
    if fix.mock {
        let words = "手机报告位置是模拟的，请关闭模拟定位后重新定位，或说明原因".to_owned();
        return Some(Flag::new("R-10", Level::Hard, words, measured, threshold));
    }
    let words = format!("{}次定位的经纬度完全相同，请重新定位或说明原因", facts.same_spot);
    (facts.same_spot >= limits.same_spot_fixes).then(|| Flag::new("R-10", Level::Hard, words, measured, threshold))
}

/// no position, or a poor one.
pub(super) fn poor_fix(facts: &VisitFacts, limits: &Thresholds) -> Option<Flag> {
    let acc_m = facts.fix.map(|fix| fix.acc_m);
    if !is_poor(facts.fix, limits.poor_fix_m) {
        return None;
    }
    let (poor, all) = facts.poor_fixes;
    let often = u64::from(poor) * 100 > u64::from(all) * u64::from(limits.poor_fix_percent) && all > 1;
    let level = if often { Level::Soft } else { Level::Info };
    let words = "没有定位或定位不准，请拍一张门牌或招牌".to_owned();
    let measured = json!({ "acc_m": acc_m.flatten(), "visits_poor": poor, "visits": all });
    let threshold = json!({ "acc_m": limits.poor_fix_m, "percent": limits.poor_fix_percent });
    Some(Flag::new("R-11", level, words, measured, threshold))
}

fn is_poor(fix: Option<FixFact>, poor_fix_m: f64) -> bool {
    // A fix without a radius is not known to be poor.
    fix.is_none_or(|fix| fix.acc_m.is_some_and(|acc| acc > poor_fix_m))
}
