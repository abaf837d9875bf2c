//! Distance between canonical points, and the explanation of a distance by a mixed-up datum (rule R-09), which comes
//! before any suspicion of fraud. Not for areas or tracks. What a newcomer gets wrong: accuracies are not subtracted
//! here; rules that compare with a threshold do that themselves, in favour of the inspector.

use super::datum::{LatLon, gcj02_to_bd09, in_china_box, wgs84_to_gcj02};
use super::{Datum, Wgs84Point};
use std::ops::RangeInclusive;

/// Mean radius of the earth, in metres.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Distances that a GCJ-02 mix-up can explain, in metres.
const GCJ_OFFSET_M: RangeInclusive<f64> = 250.0..=700.0;
/// Distances that a BD-09 mix-up can explain, in metres.
const BD_OFFSET_M: RangeInclusive<f64> = 850.0..=1450.0;
/// How well the vector must match the local shift, in metres.
const MISMATCH_MAX_M: f64 = 40.0;

/// Great-circle distance in metres.
#[must_use]
pub fn haversine_m(from: Wgs84Point, to: Wgs84Point) -> f64 {
    between_m(from.lat_lon(), to.lat_lon())
}

/// The same for pairs of any one datum.
pub(super) fn between_m(from: LatLon, to: LatLon) -> f64 {
    let lat_half = (to.lat - from.lat).to_radians() / 2.0;
    let lon_half = (to.lon - from.lon).to_radians() / 2.0;
    let across = from.lat.to_radians().cos() * to.lat.to_radians().cos() * lon_half.sin().powi(2);
    // Rounding may push the sum past 1 for opposite points, where the arc sine would be no number.
    let haversine = (lat_half.sin().powi(2) + across).clamp(0.0, 1.0);
    2.0 * EARTH_RADIUS_M * haversine.sqrt().asin()
}

/// Which of two compared points carries the shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shifted {
    /// The first one.
    First,
    /// The second one.
    Second,
}

/// A distance that is explained by a datum instead of by the place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatumMixUp {
    /// Which point lies where the other one would lie in `datum`.
    pub shifted: Shifted,
    /// The datum whose shift was found: `Gcj02` or `Bd09`.
    pub datum: Datum,
    /// Distance between the two points, in metres.
    pub offset_m: f64,
    /// What the shift leaves unexplained, in metres, at most 40.
    pub mismatch_m: f64,
}

/// Whether the distance between two canonical points is just the local shift of GCJ-02 or BD-09 (rule R-09). Both may
/// be reasons to relabel a datum: the shifted point came in that datum under a WGS-84 label, or the other one was
/// converted although it already was WGS-84. `None` when the distance has another cause.
#[must_use]
pub fn explain_offset(first: Wgs84Point, second: Wgs84Point) -> Option<DatumMixUp> {
    let offset_m = haversine_m(first, second);
    let candidate = |shifted, datum, range: &RangeInclusive<f64>| {
        let (plain, moved) = match shifted {
            Shifted::First => (second.lat_lon(), first.lat_lon()),
            Shifted::Second => (first.lat_lon(), second.lat_lon()),
        };
        if !range.contains(&offset_m) || !in_china_box(plain) {
            return None;
        }
        let gcj02 = wgs84_to_gcj02(plain);
        let image = if datum == Datum::Bd09 { gcj02_to_bd09(gcj02) } else { gcj02 };
        let mismatch_m = between_m(image, moved);
        (mismatch_m <= MISMATCH_MAX_M).then_some(DatumMixUp { shifted, datum, offset_m, mismatch_m })
    };
    [
        candidate(Shifted::First, Datum::Gcj02, &GCJ_OFFSET_M),
        candidate(Shifted::Second, Datum::Gcj02, &GCJ_OFFSET_M),
        candidate(Shifted::First, Datum::Bd09, &BD_OFFSET_M),
        candidate(Shifted::Second, Datum::Bd09, &BD_OFFSET_M),
    ]
    .into_iter()
    .flatten()
    .min_by(|left, right| left.mismatch_m.total_cmp(&right.mismatch_m))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lat: f64, lon: f64) -> Wgs84Point {
        Wgs84Point::new(lat, lon).unwrap()
    }

    #[test]
    fn the_reference_distance_is_met() {
        // Shanghai to Beijing, the GCJ points of the published vectors.
        let shanghai = LatLon { lat: 31.175_303_983_645_97, lon: 121.531_541_859_215 };
        let beijing = LatLon { lat: 39.913_345_455_360_69, lon: 116.384_047_224_556_57 };
        assert!((between_m(shanghai, beijing) - 1_076_959.8).abs() < 0.1);
        assert!((between_m(beijing, shanghai) - between_m(shanghai, beijing)).abs() < 1e-6);
    }

    #[test]
    fn distances_at_the_ends_are_finite() {
        let half_circle_m = std::f64::consts::PI * EARTH_RADIUS_M;
        assert!((haversine_m(point(90.0, 0.0), point(-90.0, 0.0)) - half_circle_m).abs() < 0.01);
        assert!((haversine_m(point(31.3, 40.7), point(-31.3, -139.3)) - half_circle_m).abs() < 1.0);
        assert!(haversine_m(point(0.0, 180.0), point(0.0, -180.0)) < 0.01);
        assert_eq!(haversine_m(point(31.9475, 108.664), point(31.9475, 108.664)), 0.0);
    }

    #[test]
    fn a_mixed_up_datum_is_recognised_and_named() {
        let site = point(31.9475, 108.664);
        for (lat, lon, datum, offset_m) in
            [(31.945_221_63, 108.668_377_95, Datum::Gcj02, 484.6), (31.950_931_96, 108.674_983_31, Datum::Bd09, 1104.3)]
        {
            let fix = point(lat, lon);
            let found = explain_offset(fix, site).unwrap();
            assert_eq!((found.datum, found.shifted), (datum, Shifted::First));
            assert!((found.offset_m - offset_m).abs() < 0.1 && found.mismatch_m < 0.1, "{found:?}");
            assert_eq!(explain_offset(site, fix).unwrap().shifted, Shifted::Second);
        }
    }

    #[test]
    fn a_conversion_of_what_was_already_wgs84_is_recognised() {
        let site = point(31.9475, 108.664);
        let converted = super::super::to_wgs84(site.lat_lon(), Datum::Gcj02).unwrap();
        assert_eq!(explain_offset(converted, site).unwrap().shifted, Shifted::Second);
    }

    #[test]
    fn the_match_must_be_within_forty_metres() {
        let site = point(31.9475, 108.664);
        let moved = |north_m: f64| point(31.945_221_63 + (north_m / EARTH_RADIUS_M).to_degrees(), 108.668_377_95);
        assert!(explain_offset(moved(39.9), site).is_some());
        assert!(explain_offset(moved(40.1), site).is_none());
    }

    #[test]
    fn a_real_distance_is_not_explained_away() {
        let site = point(31.9475, 108.664);
        assert_eq!(explain_offset(point(31.9519, 108.664), site), None, "490 m, but straight north");
        assert_eq!(explain_offset(site, site), None);
        assert_eq!(explain_offset(point(32.5, 108.664), site), None);
        assert_eq!(
            explain_offset(point(35.6835, 139.7627), point(35.6812, 139.7671)),
            None,
            "no shift outside the box"
        );
    }
}
