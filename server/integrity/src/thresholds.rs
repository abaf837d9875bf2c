//! What the rules compare with, as settings: the section `[integrity]` of the settings file, with the defaults of domain 5. What a newcomer
//! gets wrong: a changed threshold judges everything again, because what was found is stored with what it was compared with.

use serde::{Deserialize, Serialize};

/// Every threshold. Distances in metres, speeds in km/h, hashes in differing bits of 64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// difference hash, same picture.
    pub same_dhash_bits: u32,
    /// difference hash, similar picture.
    pub similar_dhash_bits: u32,
    /// DCT hash, for both.
    pub similar_phash_bits: u32,
    /// pictures with less entropy are never more than soft.
    pub entropy_bits_min: f64,
    /// how many months back.
    pub similar_months: u32,
    /// difference hash of before and after.
    pub before_after_dhash_bits: u32,
    /// minutes by which the camera's clock may precede the finding.
    pub after_photo_minutes: i64,
    /// hours outside the visit, soft.
    pub outside_visit_hours: i64,
    /// hours outside the visit, hard for spot checks.
    pub outside_visit_hours_hard: i64,
    /// distance from the site, soft.
    pub site_distance_m: f64,
    /// distance from the site, hard.
    pub site_distance_m_hard: f64,
    /// a fix with a larger radius is poor.
    pub poor_fix_m: f64,
    /// distance between before and after, soft.
    pub before_after_m: f64,
    /// distance between before and after, hard.
    pub before_after_m_hard: f64,
    /// fixes at one spot to seven decimals.
    pub same_spot_fixes: u32,
    /// minutes between them.
    pub same_spot_minutes: i64,
    /// share of a person's month without a good fix from which on it is soft, in percent.
    pub poor_fix_percent: u32,
    /// share of a person's month without a photo from which on it is soft, in percent.
    pub no_photo_percent: u32,
    /// speed, soft.
    pub speed_kmh: f64,
    /// speed, hard.
    pub speed_kmh_hard: f64,
    /// shorter ways are not looked at.
    pub speed_distance_m: f64,
    /// minutes by which the phone's clock is wrong, soft.
    pub clock_minutes: i64,
    /// the same, hard.
    pub clock_minutes_hard: i64,
    /// days after closing in which the same hazard is a recurrence of the same repair.
    pub recurrence_days: i64,
    /// days after closing in which it is looked at.
    pub recurrence_days_max: i64,
    /// other places with the same criterion.
    pub elsewhere_places: usize,
    /// days in which they were found.
    pub elsewhere_days: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            same_dhash_bits: 4,
            similar_dhash_bits: 10,
            similar_phash_bits: 8,
            entropy_bits_min: 4.0,
            similar_months: 24,
            before_after_dhash_bits: 3,
            after_photo_minutes: 10,
            outside_visit_hours: 2,
            outside_visit_hours_hard: 24,
            site_distance_m: 200.0,
            site_distance_m_hard: 1000.0,
            poor_fix_m: 100.0,
            before_after_m: 100.0,
            before_after_m_hard: 500.0,
            same_spot_fixes: 3,
            same_spot_minutes: 10,
            poor_fix_percent: 50,
            no_photo_percent: 20,
            speed_kmh: 120.0,
            speed_kmh_hard: 200.0,
            speed_distance_m: 2000.0,
            clock_minutes: 5,
            clock_minutes_hard: 30,
            recurrence_days: 90,
            recurrence_days_max: 365,
            elsewhere_places: 3,
            elsewhere_days: 60,
        }
    }
}
