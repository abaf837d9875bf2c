//! what photos say about each other and about the visit.

use super::day;
use crate::facts::{Alike, HazardFacts, PhotoFact, VisitFacts};
use crate::flag::{Flag, Level};
use crate::thresholds::Thresholds;
use serde_json::json;
use sync_protocol::time::{HOUR_US, MINUTE_US};

/// a photo that another visit used before, or one that looks the same.
pub(super) fn reused(photos: &[PhotoFact], limits: &Thresholds) -> Vec<Flag> {
    photos.iter().filter_map(|photo| reused_one(photo, limits)).collect()
}

fn reused_one(photo: &PhotoFact, limits: &Thresholds) -> Option<Flag> {
    // One flag a photo: the worst, and of equals the one used first.
    let ranked = photo.alike.iter().filter_map(|alike| Some((likeness(alike, limits)?, alike)));
    let ((level, rule), alike) =
        ranked.min_by_key(|((level, rule), alike)| (std::cmp::Reverse(*level), *rule, alike.at, alike.record))?;
    let measured = json!({ "same_file": alike.same_file, "dhash_bits": alike.dhash_bits, "phash_bits": alike.phash_bits,
        "entropy_bits": alike.entropy_bits, "photo": alike.photo });
    let threshold = json!({ "dhash_bits": [limits.same_dhash_bits, limits.similar_dhash_bits],
        "phash_bits": limits.similar_phash_bits, "entropy_bits": limits.entropy_bits_min });
    let same = if rule == "R-01" { "相同" } else { "几乎一样" };
    let words = format!("照片与{}另一处照片{same}，请重新拍摄或说明", day(alike.at));
    Some(Flag::new(rule, level, words, measured, threshold).about(photo.id).beside(alike.record))
}

fn likeness(alike: &Alike, limits: &Thresholds) -> Option<(Level, &'static str)> {
    if alike.same_file {
        return Some((Level::Hard, "R-01"));
    }
    if alike.phash_bits > limits.similar_phash_bits || alike.dhash_bits > limits.similar_dhash_bits {
        return None;
    }
    let same = alike.dhash_bits <= limits.same_dhash_bits && alike.entropy_bits >= limits.entropy_bits_min;
    Some((if same { Level::Hard } else { Level::Soft }, "R-02"))
}

/// the picture after the repair is the picture before it.
pub(super) fn before_is_after(photos: &[PhotoFact], limits: &Thresholds) -> Vec<Flag> {
    let of = |role: &'static str| photos.iter().filter(move |photo| photo.is(role));
    let compare = |after: &PhotoFact, before: &PhotoFact| {
        let bits = after.dhash.zip(before.dhash).map(|(one, other)| (one ^ other).count_ones());
        let same_file = after.sha256 == before.sha256;
        let same = same_file || bits.is_some_and(|bits| bits <= limits.before_after_dhash_bits);
        same.then(|| json!({ "same_file": same_file, "dhash_bits": bits, "photo": before.id }))
    };
    let flag = |after: &PhotoFact| {
        let measured = of("before").find_map(|before| compare(after, before))?;
        let words = "整改后照片与整改前照片相同，请重新拍摄或说明".to_owned();
        let threshold = json!({ "dhash_bits": limits.before_after_dhash_bits });
        Some(Flag::new("R-03", Level::Hard, words, measured, threshold).about(after.id))
    };
    of("after").filter_map(flag).collect()
}

/// the picture after the repair is older than the finding, or than the last repair.
pub(super) fn after_too_old(facts: &HazardFacts, limits: &Thresholds) -> Vec<Flag> {
    let earliest = facts.repair_began.map_or(facts.found, |began| began.max(facts.found));
    let slack = limits.after_photo_minutes * MINUTE_US;
    let flag = |photo: &PhotoFact| {
        let by_phone = photo.taken.filter(|taken| taken.at < earliest);
        let by_camera = photo.exif_at.filter(|at| earliest.since(*at) > slack);
        let sure = by_phone.is_some_and(|taken| taken.trusted) || (by_phone.is_some() && by_camera.is_some());
        let at = by_phone.map(|taken| taken.at).or(by_camera)?;
        let level = if sure { Level::Hard } else { Level::Soft };
        let words = format!("整改后照片拍摄于{}，早于整改开始，请重新拍摄或说明", day(at));
        let measured = json!({ "taken_at": photo.taken.map(|taken| taken.at), "exif_at": photo.exif_at,
            "trusted": photo.taken.is_some_and(|taken| taken.trusted) });
        let threshold = json!({ "not_before": earliest, "exif_minutes": limits.after_photo_minutes });
        Some(Flag::new("R-04", level, words, measured, threshold).about(photo.id))
    };
    facts.photos.iter().filter(|photo| photo.is("after")).filter_map(flag).collect()
}

/// a photo that was taken before or after the visit.
pub(super) fn outside_visit(facts: &VisitFacts, limits: &Thresholds) -> Vec<Flag> {
    let flag = |photo: &PhotoFact| {
        let at = photo.taken?.at;
        let outside = facts.started.since(at).max(at.since(facts.ended)).max(0);
        if outside <= limits.outside_visit_hours * HOUR_US {
            return None;
        }
        let hard = facts.spot && outside > limits.outside_visit_hours_hard * HOUR_US;
        let level = if hard { Level::Hard } else { Level::Soft };
        let words = format!("照片拍摄于{}，不在检查时间内，请说明（如补传）", day(at));
        let measured = json!({ "outside_minutes": outside / MINUTE_US });
        let threshold = json!({ "hours": [limits.outside_visit_hours, limits.outside_visit_hours_hard] });
        Some(Flag::new("R-05", level, words, measured, threshold).about(photo.id))
    };
    facts.photos.iter().filter_map(flag).collect()
}

/// not taken by the app's camera.
pub(super) fn not_in_app(photos: &[PhotoFact], serious: bool) -> Vec<Flag> {
    let flag = |photo: &PhotoFact| {
        let proof = serious && photo.is("after");
        let level = if proof { Level::Hard } else { Level::Info };
        let words = if proof {
            "重大隐患的整改照片请用软件内的相机拍摄，相册照片不能作为整改证明"
        } else {
            "照片来自相册或文件，不是现场拍摄"
        };
        Flag::new("R-06", level, words.to_owned(), json!({ "in_app": false }), json!({ "in_app": true }))
            .about(photo.id)
    };
    photos.iter().filter(|photo| !photo.in_app).map(flag).collect()
}

/// no photo at all.
pub(super) fn missing(facts: &VisitFacts, limits: &Thresholds) -> Option<Flag> {
    if !facts.submitted || !facts.photos.is_empty() {
        return None;
    }
    let (without, all) = facts.reasons;
    let measured = json!({ "photos": 0, "visits_without": without, "visits": all });
    if !facts.no_photo_reason {
        let words = "没有现场照片，也没有说明原因，请补拍或说明".to_owned();
        return Some(Flag::new("R-17", Level::Hard, words, measured, json!({ "photos": 1 })));
    }
    let share = u64::from(without) * 100 > u64::from(all) * u64::from(limits.no_photo_percent);
    let words = format!("本月{all}次检查中{without}次没有照片，请说明");
    share.then(|| Flag::new("R-17", Level::Soft, words, measured, json!({ "percent": limits.no_photo_percent })))
}
