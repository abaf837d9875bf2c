//! The shifts between WGS-84, GCJ-02 and BD-09, written from the published formulas. For display, export and the
//! canonical form only; nothing here decides which datum a pair is in. What a newcomer gets wrong: one step back
//! (2g - f(g)) misses by up to 4.5 m, so the inverse iterates; and the Baidu formula uses k = π·3000/180, although
//! some published test vectors (the Python ones of eviltransform: 29.199786,120.019809 and 29.210504,120.036455)
//! were made with k = π and are 10.5 m and 41.5 m wrong. They are left out here on purpose.

use super::GeoError;
use std::f64::consts::PI;

/// Semi-major axis of the ellipsoid inside the GCJ-02 formula, in metres. Not the one of WGS-84: the published vectors
/// are only met with this value.
const GCJ_AXIS_M: f64 = 6_378_245.0;
/// First eccentricity squared of the same ellipsoid.
const GCJ_ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
const BAIDU_K: f64 = PI * 3000.0 / 180.0;
/// The inverse stops when a step is smaller than this, in degrees (about 0.01 mm).
const INVERSE_STEP_DEG: f64 = 1e-10;
/// The inverse needs at most 6 steps inside the box; more means that the pair is far outside.
const INVERSE_STEPS_MAX: u32 = 30;
/// The China box: south, north, west, east, in degrees, borders included. It also holds Seoul, Hanoi and Taipei.
const BOX_DEG: [f64; 4] = [0.8293, 55.8271, 72.004, 137.8347];
/// No shift reaches this far, in degrees; a pair farther from the box cannot stem from a point inside.
const BOX_MARGIN_DEG: f64 = 0.1;

/// A pair of degrees in a datum that the context names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatLon {
    /// Latitude in degrees, north positive.
    pub lat: f64,
    /// Longitude in degrees, east positive.
    pub lon: f64,
}

impl LatLon {
    /// The same pair, when both numbers can be a position.
    pub(super) fn checked(self) -> Result<LatLon, GeoError> {
        if !(self.lat.is_finite() && self.lon.is_finite()) {
            Err(GeoError::NotANumber)
        } else if self.lat.abs() > 90.0 {
            Err(GeoError::LatitudeOutOfRange(self.lat))
        } else if self.lon.abs() > 180.0 {
            Err(GeoError::LongitudeOutOfRange(self.lon))
        } else {
            Ok(self)
        }
    }
}

/// Whether a WGS-84 pair lies in the box inside which GCJ-02 is shifted. Borders are inside.
#[must_use]
pub fn in_china_box(wgs84: LatLon) -> bool {
    in_box(wgs84, 0.0)
}

fn in_box(pair: LatLon, margin_deg: f64) -> bool {
    let [south, north, west, east] = BOX_DEG;
    (south - margin_deg..=north + margin_deg).contains(&pair.lat)
        && (west - margin_deg..=east + margin_deg).contains(&pair.lon)
}

/// WGS-84 to GCJ-02; unchanged outside the box.
#[must_use]
pub fn wgs84_to_gcj02(wgs84: LatLon) -> LatLon {
    if in_china_box(wgs84) { shifted(wgs84) } else { wgs84 }
}

/// GCJ-02 to WGS-84, to a hundredth of a millimetre. The box is judged on the WGS-84 side in both directions, so that
/// every point inside comes back; what does not stem from a point inside is unchanged.
#[must_use]
pub fn gcj02_to_wgs84(gcj02: LatLon) -> LatLon {
    if !in_box(gcj02, BOX_MARGIN_DEG) {
        return gcj02;
    }
    let mut found = gcj02;
    for _ in 0..INVERSE_STEPS_MAX {
        let image = shifted(found);
        let (lat_step, lon_step) = (image.lat - gcj02.lat, image.lon - gcj02.lon);
        found = LatLon { lat: found.lat - lat_step, lon: found.lon - lon_step };
        if lat_step.abs().max(lon_step.abs()) < INVERSE_STEP_DEG {
            break;
        }
    }
    // A border of the box itself comes back within the step size, possibly on its outer side.
    if in_box(found, INVERSE_STEP_DEG) { found } else { gcj02 }
}

/// GCJ-02 to BD-09. Meaningful inside the China box only.
#[must_use]
pub fn gcj02_to_bd09(gcj02: LatLon) -> LatLon {
    let radius = gcj02.lon.hypot(gcj02.lat) + 0.000_02 * (gcj02.lat * BAIDU_K).sin();
    let angle = gcj02.lat.atan2(gcj02.lon) + 0.000_003 * (gcj02.lon * BAIDU_K).cos();
    LatLon { lat: radius * angle.sin() + 0.006, lon: radius * angle.cos() + 0.0065 }
}

/// BD-09 to GCJ-02, within 0.22 m. Meaningful inside the China box only.
#[must_use]
pub fn bd09_to_gcj02(bd09: LatLon) -> LatLon {
    let (lat, lon) = (bd09.lat - 0.006, bd09.lon - 0.0065);
    let radius = lon.hypot(lat) - 0.000_02 * (lat * BAIDU_K).sin();
    let angle = lat.atan2(lon) - 0.000_003 * (lon * BAIDU_K).cos();
    LatLon { lat: radius * angle.sin(), lon: radius * angle.cos() }
}

/// The GCJ-02 shift without asking where the pair lies.
fn shifted(pair: LatLon) -> LatLon {
    let (east, north) = (pair.lon - 105.0, pair.lat - 35.0);
    let lat_radians = pair.lat.to_radians();
    let flatness = 1.0 - GCJ_ECCENTRICITY_2 * lat_radians.sin().powi(2);
    let meridian_radius_m = GCJ_AXIS_M * (1.0 - GCJ_ECCENTRICITY_2) / (flatness * flatness.sqrt());
    let parallel_radius_m = GCJ_AXIS_M / flatness.sqrt() * lat_radians.cos();
    LatLon {
        lat: pair.lat + (north_shift_m(east, north) / meridian_radius_m).to_degrees(),
        lon: pair.lon + (east_shift_m(east, north) / parallel_radius_m).to_degrees(),
    }
}

fn north_shift_m(east: f64, north: f64) -> f64 {
    -100.0
        + 2.0 * east
        + 3.0 * north
        + 0.2 * north * north
        + 0.1 * east * north
        + 0.2 * east.abs().sqrt()
        + ripple(east)
        + waves(north, [(20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)])
}

fn east_shift_m(east: f64, north: f64) -> f64 {
    300.0
        + east
        + 2.0 * north
        + 0.1 * east * east
        + 0.1 * east * north
        + 0.1 * east.abs().sqrt()
        + ripple(east)
        + waves(east, [(20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)])
}

/// The two short waves along the east axis that both shifts share.
fn ripple(east: f64) -> f64 {
    20.0 * ((6.0 * east * PI).sin() + (2.0 * east * PI).sin()) * 2.0 / 3.0
}

/// The long waves: amplitudes in metres and lengths in degrees.
fn waves(along: f64, terms: [(f64, f64); 4]) -> f64 {
    terms.iter().map(|(amplitude, length)| amplitude * (along / length * PI).sin()).sum::<f64>() * 2.0 / 3.0
}

#[cfg(test)]
mod tests {
    use super::super::distance::between_m;
    use super::*;
    use proptest::prelude::*;

    const fn at(lat: f64, lon: f64) -> LatLon {
        LatLon { lat, lon }
    }

    #[track_caller]
    fn near(found: LatLon, expected: LatLon, tolerance_m: f64) {
        let distance = between_m(found, expected);
        assert!(distance <= tolerance_m, "{found:?} is {distance} m from {expected:?}");
    }

    #[test]
    fn published_vectors_are_met_exactly() {
        // eviltransform, made with a = 6378245; the table says 0.0 m.
        let cases = [
            (at(31.177_427_6, 121.527_210_6), at(31.175_303_983_645_97, 121.531_541_859_215)),
            (at(22.543_847, 113.912_316), at(22.540_796_131_694_766, 113.917_176_480_836_3)),
            (at(39.911_954, 116.377_817), at(39.913_345_455_360_69, 116.384_047_224_556_57)),
        ];
        for (wgs84, gcj02) in cases {
            near(wgs84_to_gcj02(wgs84), gcj02, 0.000_001);
            near(gcj02_to_wgs84(gcj02), wgs84, 0.000_1);
        }
    }

    #[test]
    fn city_vectors_of_an_online_service_are_met_within_its_rounding() {
        // gcoord's china-cities.json: WGS to GCJ within 0.74 m, GCJ to BD within 0.012 m.
        let cases = [
            (at(29.565_849, 106.547_834_3), at(29.563_013, 106.551_564_1), at(29.569_306_1, 106.557_998_9)),
            (at(18.254_541_7, 109.507_813), at(18.252_852_4, 109.511_913_5), at(18.258_587_8, 109.518_470_3)),
            (at(45.801_778_3, 126.528_903), at(45.803_780_4, 126.534_972_6), at(45.809_407_4, 126.541_587_5)),
            (at(29.655_277, 91.170_641_4), at(29.652_495_4, 91.172_116_7), at(29.658_529_4, 91.178_618_4)),
            (at(33.013_355_6, 114.016_432_2), at(33.011_532_4, 114.022_306), at(33.017_669_7, 114.028_778_1)),
        ];
        for (wgs84, gcj02, bd09) in cases {
            near(wgs84_to_gcj02(wgs84), gcj02, 0.74);
            near(gcj02_to_bd09(gcj02), bd09, 0.012);
            near(bd09_to_gcj02(bd09), gcj02, 0.22 + 0.012);
        }
    }

    #[test]
    fn our_own_vectors_are_met_to_their_eighth_decimal() {
        // (wgs84, gcj02, bd09, shift to gcj02 in metres, shift to bd09 in metres)
        let cases = [
            (at(31.9475, 108.664), at(31.945_221_63, 108.668_377_95), at(31.950_931_96, 108.674_983_31), 484.6, 1104.3),
            (at(29.563, 106.5516), at(29.560_151_27, 106.555_317_65), at(29.566_465_99, 106.561_748_23), 479.2, 1054.5),
            (
                at(39.9087, 116.3975),
                at(39.910_103_50, 116.403_743_57),
                at(39.916_442_75, 116.410_116_59),
                554.9,
                1378.1,
            ),
            (at(39.4704, 75.9898), at(39.470_627_03, 75.992_754_99), at(39.476_589_91, 75.999_263_65), 254.9, 1064.7),
            (
                at(45.8038, 126.5350),
                at(45.805_781_53, 126.541_040_35),
                at(45.811_395_82, 126.547_659_21),
                517.5,
                1294.7,
            ),
            (
                at(18.2528, 109.5119),
                at(18.251_094_79, 109.515_984_29),
                at(18.256_876_55, 109.522_531_79),
                471.1,
                1210.8,
            ),
            (at(29.6525, 91.1721), at(29.649_710_61, 91.173_567_38), at(29.655_764_41, 91.180_060_12), 341.0, 850.5),
        ];
        for (wgs84, gcj02, bd09, gcj_shift_m, bd_shift_m) in cases {
            near(wgs84_to_gcj02(wgs84), gcj02, 0.001);
            near(gcj02_to_bd09(wgs84_to_gcj02(wgs84)), bd09, 0.001);
            near(gcj02_to_wgs84(gcj02), wgs84, 0.002);
            near(gcj02_to_wgs84(bd09_to_gcj02(bd09)), wgs84, 0.22);
            assert!((between_m(wgs84, gcj02) - gcj_shift_m).abs() < 0.06, "{wgs84:?}");
            assert!((between_m(wgs84, bd09) - bd_shift_m).abs() < 0.06, "{wgs84:?}");
        }
    }

    #[test]
    fn box_edges_belong_to_the_box() {
        near(wgs84_to_gcj02(at(0.8293, 72.004)), at(0.830_562_77, 72.007_709_10), 0.001);
        assert!(in_china_box(at(55.8271, 137.8347)));
        for outside in
            [at(0.8292, 100.0), at(55.8272, 100.0), at(30.0, 72.0039), at(30.0, 137.8348), at(35.6812, 139.7671)]
        {
            assert_eq!(wgs84_to_gcj02(outside), outside);
        }
        for corner in [at(0.8293, 72.004), at(0.8293, 137.8347), at(55.8271, 72.004), at(55.8271, 137.8347)] {
            near(gcj02_to_wgs84(wgs84_to_gcj02(corner)), corner, 0.000_1);
        }
        // Near the western border the point that would be shifted here lies outside, where nothing is shifted.
        for far in [at(30.0, 72.0039), at(-80.0, -170.0), at(90.0, 180.0), at(0.0, 0.0), at(35.6812, 139.7671)] {
            assert_eq!(gcj02_to_wgs84(far), far);
        }
    }

    #[test]
    fn converting_twice_at_the_test_point_is_970_metres_wrong() {
        let start = at(31.9475, 108.664);
        let twice = wgs84_to_gcj02(wgs84_to_gcj02(start));
        assert!((between_m(start, twice) - 970.0).abs() < 2.0, "{}", between_m(start, twice));
    }

    #[test]
    fn a_grid_over_the_box_comes_back_within_a_tenth_of_a_millimetre() {
        let mut worst_m = 0.0_f64;
        for row in 0..=100_u32 {
            for column in 0..=100_u32 {
                let share = |index: u32| f64::from(index) / 100.0;
                let start = at(0.8293 + share(row) * 54.9978, 72.004 + share(column) * 65.8307);
                worst_m = worst_m.max(between_m(gcj02_to_wgs84(wgs84_to_gcj02(start)), start));
            }
        }
        assert!(worst_m < 0.000_1, "{worst_m}");
    }

    proptest! {
        #[test]
        fn round_trips_stay_within_the_stated_errors(lat in 0.8293..=55.8271_f64, lon in 72.004..=137.8347_f64) {
            let start = at(lat, lon);
            let gcj02 = wgs84_to_gcj02(start);
            prop_assert!(between_m(gcj02_to_wgs84(gcj02), start) < 0.000_1);
            // 0.22 m over the country; 0.235 m in the far north-east corner of the box (54.9 N, 137.7 E), which is sea.
            prop_assert!(between_m(bd09_to_gcj02(gcj02_to_bd09(gcj02)), gcj02) <= 0.24);
        }

        #[test]
        fn the_inverse_never_yields_nonsense(lat in -90.0..=90.0_f64, lon in -180.0..=180.0_f64) {
            let found = gcj02_to_wgs84(at(lat, lon));
            prop_assert!((found.lat - lat).abs() < 0.1 && (found.lon - lon).abs() < 0.1);
        }
    }
}
