//! Where something was captured: the position as a phone sends it (`Fix`), its one canonical form (`Wgs84Point`), the
//! distance between two of them, and the rule that names the village of record. It holds no polygons and no index;
//! those live in the server's areas crate. What a newcomer gets wrong: a pair of numbers means nothing without its
//! datum. The same pair read as GCJ-02 instead of WGS-84 lies half a kilometre away, which looks exactly like an
//! inspector who was not on site (rule R-09, `explain_offset`).

mod datum;
mod distance;
mod village;

pub use datum::{LatLon, bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, in_china_box, wgs84_to_gcj02};
pub use distance::{DatumMixUp, EARTH_RADIUS_M, Shifted, explain_offset, haversine_m};
pub use village::{Basis, Disagreement, VillageCode, VillageCodeError, VillageOfRecord, village_of_record};

use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// The datum a pair of coordinates is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Datum {
    /// What satellites and the phone's own location service give.
    Wgs84,
    /// China's survey datum; for phones the same as WGS-84 (the plates moved less than a metre since epoch 2000).
    Cgcs2000,
    /// The shifted datum of Chinese public maps (高德, 腾讯).
    Gcj02,
    /// Baidu's datum, shifted once more.
    Bd09,
}

/// What made a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Provider {
    /// Satellites.
    Gnss,
    /// Radio cells or wireless networks.
    Network,
    /// The phone's own mixture.
    Fused,
    /// A person who put a pin on a map.
    Manual,
}

/// A position as it came over the wire. It is stored as received, together with its canonical form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fix {
    /// Latitude in degrees, north positive, in the datum `crs`.
    pub lat: f64,
    /// Longitude in degrees, east positive, in the datum `crs`.
    pub lon: f64,
    /// The datum the phone asked for.
    pub crs: Datum,
    /// Radius the phone claims, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acc_m: Option<f64>,
    /// Height in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_m: Option<f64>,
    /// What made the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Time inside the satellite fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gnss_at: Option<Micros>,
    /// Whether the phone says that the location is simulated; absent when it cannot know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mock: Option<bool>,
    /// How long before the capture the fix was made, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<i64>,
}

/// Why a position cannot be used. The record it came with is kept all the same. Messages are Chinese, for people.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum GeoError {
    /// Not a number, or infinite.
    #[error("坐标不是有效数字，位置未采用，其他内容已保留，请重新定位")]
    NotANumber,
    /// Latitude outside -90 to 90 degrees.
    #[error("纬度 {0} 超出 -90 至 90 度，可能经纬度写反了；位置未采用，其他内容已保留，请重新定位")]
    LatitudeOutOfRange(f64),
    /// Longitude outside -180 to 180 degrees.
    #[error("经度 {0} 超出 -180 至 180 度；位置未采用，其他内容已保留，请重新定位")]
    LongitudeOutOfRange(f64),
    /// BD-09 is not defined outside the China box.
    #[error("坐标（纬度 {lat}，经度 {lon}）标为百度坐标，但不在中国范围内，无法换算；位置未采用，其他内容已保留")]
    BaiduOutsideChina {
        /// Latitude as received.
        lat: f64,
        /// Longitude as received.
        lon: f64,
    },
}

/// The canonical position: WGS-84 degrees, valid, rounded to 7 decimals (about 1 cm).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CanonicalPair", into = "CanonicalPair")]
pub struct Wgs84Point {
    lat84: f64,
    lon84: f64,
}

/// The canonical names on the wire and in tables.
#[derive(Serialize, Deserialize)]
struct CanonicalPair {
    lat84: f64,
    lon84: f64,
}

impl Wgs84Point {
    /// A checked point from WGS-84 degrees, rounded to 7 decimals.
    ///
    /// # Errors
    /// `NotANumber`, `LatitudeOutOfRange` or `LongitudeOutOfRange`.
    pub fn new(lat84: f64, lon84: f64) -> Result<Wgs84Point, GeoError> {
        let checked = LatLon { lat: lat84, lon: lon84 }.checked()?;
        Ok(Wgs84Point { lat84: round_7(checked.lat), lon84: round_7(checked.lon) })
    }

    /// Latitude in degrees.
    #[must_use]
    pub const fn lat84(self) -> f64 {
        self.lat84
    }

    /// Longitude in degrees.
    #[must_use]
    pub const fn lon84(self) -> f64 {
        self.lon84
    }

    /// The same pair without its promise of a datum, for conversions.
    #[must_use]
    pub const fn lat_lon(self) -> LatLon {
        LatLon { lat: self.lat84, lon: self.lon84 }
    }
}

/// Geometry libraries and GeoJSON count x (longitude) first.
impl From<Wgs84Point> for geo_types::Point<f64> {
    fn from(point: Wgs84Point) -> Self {
        geo_types::Point::new(point.lon84, point.lat84)
    }
}

impl From<Wgs84Point> for CanonicalPair {
    fn from(point: Wgs84Point) -> Self {
        CanonicalPair { lat84: point.lat84, lon84: point.lon84 }
    }
}

impl TryFrom<CanonicalPair> for Wgs84Point {
    type Error = GeoError;
    fn try_from(pair: CanonicalPair) -> Result<Wgs84Point, GeoError> {
        Wgs84Point::new(pair.lat84, pair.lon84)
    }
}

/// The canonical position of a fix.
///
/// # Errors
/// A `GeoError` when the numbers are no position, or are BD-09 outside the China box.
///
/// ```
/// use sync_protocol::geo::{Fix, canonical};
/// let fix: Fix = serde_json::from_str(r#"{"lat": 31.94522163, "lon": 108.66837795, "crs": "gcj02"}"#)?;
/// let point = canonical(&fix)?;
/// assert_eq!((point.lat84(), point.lon84()), (31.9475, 108.664));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn canonical(fix: &Fix) -> Result<Wgs84Point, GeoError> {
    to_wgs84(LatLon { lat: fix.lat, lon: fix.lon }, fix.crs)
}

/// The canonical position of a bare pair in the given datum.
///
/// # Errors
/// As [`canonical`].
pub fn to_wgs84(pair: LatLon, datum: Datum) -> Result<Wgs84Point, GeoError> {
    let pair = pair.checked()?;
    let converted = match datum {
        Datum::Wgs84 | Datum::Cgcs2000 => pair,
        Datum::Gcj02 => gcj02_to_wgs84(pair),
        Datum::Bd09 => {
            let found = gcj02_to_wgs84(bd09_to_gcj02(pair));
            if !in_china_box(found) {
                return Err(GeoError::BaiduOutsideChina { lat: pair.lat, lon: pair.lon });
            }
            found
        }
    };
    Wgs84Point::new(converted.lat, converted.lon)
}

/// Adding zero turns -0.0 into 0.0, so that equal points print alike.
fn round_7(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(lat: f64, lon: f64, crs: Datum) -> Fix {
        Fix { lat, lon, crs, acc_m: None, alt_m: None, provider: None, gnss_at: None, mock: None, age_ms: None }
    }

    #[test]
    fn a_fix_has_the_names_of_the_protocol() {
        let wire = r#"{"lat":31.9475,"lon":108.664,"crs":"wgs84","acc_m":6.5,"provider":"gnss","mock":false}"#;
        let parsed: Fix = serde_json::from_str(wire).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), wire);
        let full = r#"{"lat":1.0,"lon":2.0,"crs":"bd09","acc_m":6.5,"alt_m":820.0,"provider":"manual","gnss_at":"2023-06-12T00:00:00Z","mock":true,"age_ms":-3}"#;
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Fix>(full).unwrap()).unwrap(), full);
        for crs in ["wgs84", "cgcs2000", "gcj02", "bd09"] {
            assert!(serde_json::from_str::<Fix>(&format!(r#"{{"lat":1,"lon":2,"crs":"{crs}"}}"#)).is_ok());
        }
        assert!(serde_json::from_str::<Fix>(r#"{"lat":1,"lon":2}"#).is_err(), "no datum, no meaning");
    }

    #[test]
    fn survey_and_satellite_datums_pass_unchanged_to_seven_decimals() {
        for crs in [Datum::Wgs84, Datum::Cgcs2000] {
            let point = canonical(&fix(31.947_500_04, 108.663_999_96, crs)).unwrap();
            assert_eq!((point.lat84(), point.lon84()), (31.9475, 108.664));
        }
        assert!(canonical(&fix(-0.0, -1e-9, Datum::Wgs84)).unwrap().lon84().is_sign_positive());
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for crs in [Datum::Wgs84, Datum::Cgcs2000, Datum::Gcj02, Datum::Bd09] {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(canonical(&fix(bad, 108.0, crs)), Err(GeoError::NotANumber));
                assert_eq!(canonical(&fix(31.0, bad, crs)), Err(GeoError::NotANumber));
            }
            assert_eq!(canonical(&fix(90.1, 108.0, crs)), Err(GeoError::LatitudeOutOfRange(90.1)));
            assert_eq!(canonical(&fix(31.0, -180.1, crs)), Err(GeoError::LongitudeOutOfRange(-180.1)));
        }
        assert!(canonical(&fix(-90.0, 180.0, Datum::Wgs84)).is_ok());
    }

    #[test]
    fn outside_the_box_gcj_is_unchanged_and_bd_is_refused() {
        let tokyo = canonical(&fix(35.6812, 139.7671, Datum::Gcj02)).unwrap();
        assert_eq!((tokyo.lat84(), tokyo.lon84()), (35.6812, 139.7671));
        let refused = canonical(&fix(35.6812, 139.7671, Datum::Bd09));
        assert_eq!(refused, Err(GeoError::BaiduOutsideChina { lat: 35.6812, lon: 139.7671 }));
    }

    #[test]
    fn a_canonical_point_checks_itself_when_read() {
        let point: Wgs84Point = serde_json::from_str(r#"{"lat84":31.9475,"lon84":108.664}"#).unwrap();
        assert_eq!(serde_json::to_string(&point).unwrap(), r#"{"lat84":31.9475,"lon84":108.664}"#);
        assert!(serde_json::from_str::<Wgs84Point>(r#"{"lat84":108.664,"lon84":31.9475}"#).is_err());
        assert_eq!(geo_types::Point::from(point).x_y(), (108.664, 31.9475));
    }
}
