//! Turns the raw rings of one polygon into canonical WGS-84 geometry, or says in Chinese what is wrong with them. It
//! checks form (closed, long enough, in range, longitude first), not topology. What a newcomer gets wrong: positions
//! are converted one by one and rounded alike, so a border that two neighbours share stays shared after conversion.

use geo_types::{Coord, LineString, Polygon};
use geojson::Position;
use sync_protocol::geo::{Datum, LatLon, in_china_box, to_wgs84};

/// Fewest positions of a closed ring: a triangle and its first corner again.
const RING_POSITIONS_MIN: usize = 4;

/// One polygon: outer ring first, then holes. The error is a Chinese sentence without a full stop.
pub(crate) fn polygon(rings: &[Vec<Position>], datum: Datum) -> Result<Polygon<f64>, String> {
    let mut converted = rings.iter().enumerate().map(|(index, positions)| {
        ring(positions, datum).map_err(|reason| {
            let which = if index == 0 { "外边界".to_owned() } else { format!("第{index}个内边界") };
            format!("{which}：{reason}")
        })
    });
    let exterior = converted.next().ok_or("没有边界坐标")??;
    Ok(Polygon::new(exterior, converted.collect::<Result<Vec<_>, _>>()?))
}

fn ring(positions: &[Position], datum: Datum) -> Result<LineString<f64>, String> {
    if positions.len() < RING_POSITIONS_MIN {
        return Err(format!("只有{}个坐标点，至少要{RING_POSITIONS_MIN}个（首尾相同）", positions.len()));
    }
    let pairs = positions.iter().map(lat_lon).collect::<Result<Vec<_>, _>>()?;
    if pairs.iter().all(|&pair| looks_swapped(pair)) {
        return Err(
            "坐标像是把经度、纬度写反了。GeoJSON 每个点应先写经度、后写纬度，例如 [108.664, 31.9475]".to_owned()
        );
    }
    if pairs.first() != pairs.last() {
        return Err("没有闭合，最后一个点应与第一个点相同".to_owned());
    }
    let coords = pairs
        .iter()
        .map(|&pair| to_wgs84(pair, datum).map(|point| Coord { x: point.lon84(), y: point.lat84() }))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "有坐标超出范围（经度 -180 至 180，纬度 -90 至 90；百度坐标须在中国范围内）".to_owned())?;
    let ring = LineString::new(coords);
    if encloses_nothing(&ring) {
        return Err("没有围成面积（各点在一条线上，或边界自己交叉）".to_owned());
    }
    Ok(ring)
}

fn lat_lon(position: &Position) -> Result<LatLon, String> {
    match position.as_slice() {
        [lon, lat] | [lon, lat, _] => Ok(LatLon { lat: *lat, lon: *lon }),
        other => Err(format!("坐标点应有2个数（经度、纬度），这里有{}个", other.len())),
    }
}

/// A pair that lies in China only when read the wrong way round.
fn looks_swapped(pair: LatLon) -> bool {
    in_china_box(LatLon { lat: pair.lon, lon: pair.lat }) && !in_china_box(pair)
}

/// Twice the signed area relative to the first corner, which keeps the digits of small villages.
fn encloses_nothing(ring: &LineString<f64>) -> bool {
    let Some(origin) = ring.0.first() else { return true };
    let twice: f64 = ring
        .0
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0] - *origin, pair[1] - *origin);
            from.x * to.y - to.x * from.y
        })
        .sum();
    // Below 1e-13 square degrees (about a thousandth of a square metre) nothing can stand.
    twice.abs() < 1e-13
}
