//! Where the demo lies: nine villages with shared, winding borders, drawn by code over mountains where no such subdistrict exists. The area
//! code is well-formed and given to nobody. What a newcomer gets wrong: two neighbours must get the very same border points, so
//! a border is drawn once, by its own name, and walked in both directions.

use super::chance::Chance;
use serde_json::{Value, json};

/// Whose forms these are. Invented.
pub const OFFICE: &str = "云岫街道办事处（演示）";
/// Code of the subdistrict; no county has the prefix 500299.
pub const SUBDISTRICT_CODE: &str = "500299001000";

/// Villages along one side of the map.
const SIDE: usize = 3;
/// South-western corner, degrees: a mountain range, chosen by its emptiness.
const CORNER: (f64, f64) = (31.36, 107.92);
/// Height and width of one village before its borders wind, degrees (about 1.6 km).
const CELL: (f64, f64) = (0.0145, 0.0165);
/// Pieces of one border.
const BORDER_PIECES: u8 = 8;

/// A village of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Village {
    /// 12 digits.
    pub(super) code: &'static str,
    /// Invented.
    pub(super) name: &'static str,
}

/// The nine, row by row from the south-west.
pub(super) const VILLAGES: [Village; SIDE * SIDE] = [
    Village { code: "500299001001", name: "临溪社区" },
    Village { code: "500299001002", name: "石桥头社区" },
    Village { code: "500299001003", name: "望岫社区" },
    Village { code: "500299001004", name: "松涛社区" },
    Village { code: "500299001005", name: "南坡社区" },
    Village { code: "500299001201", name: "云上村" },
    Village { code: "500299001202", name: "茶坪湾村" },
    Village { code: "500299001203", name: "竹影溪村" },
    Village { code: "500299001204", name: "梨花岭村" },
];

/// The map as a GeoJSON file.
pub(super) fn geojson() -> Vec<u8> {
    let features = VILLAGES.iter().enumerate().map(|(index, village)| {
        json!({
            "type": "Feature",
            "properties": { "code": village.code, "name": village.name, "parent": SUBDISTRICT_CODE, "remark": "演示数据，虚构" },
            "geometry": { "type": "Polygon", "coordinates": [outline(index % SIDE, index / SIDE)] },
        })
    });
    let features: Vec<Value> = features.collect();
    json!({ "type": "FeatureCollection", "crs": "wgs84", "features": features }).to_string().into_bytes()
}

/// About the middle of a village: latitude, longitude.
pub(super) fn middle(index: usize) -> (f64, f64) {
    let (column, row) = (index % SIDE, index / SIDE);
    (CORNER.0 + CELL.0 * (number(row) + 0.5), CORNER.1 + CELL.1 * (number(column) + 0.5))
}

/// A point of the village, well away from its borders: latitude, longitude to seven decimals.
pub(super) fn inside(index: usize, chance: &mut Chance) -> (f64, f64) {
    let (lat, lon) = middle(index);
    let off = |fraction: f64, cell: f64| (fraction - 0.5) * cell * 0.62;
    let shown = |degrees: f64| (degrees * 1e7).round() / 1e7;
    (shown(lat + off(chance.fraction(), CELL.0)), shown(lon + off(chance.fraction(), CELL.1)))
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(0.0, f64::from)
}

/// A closed ring, anticlockwise, longitude first.
fn outline(column: usize, row: usize) -> Vec<[f64; 2]> {
    let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
    let mut ring: Vec<[f64; 2]> = Vec::new();
    for (index, from) in corners.iter().enumerate() {
        let to = corners[(index + 1) % corners.len()];
        ring.extend(border(*from, to));
    }
    ring.extend(ring.first().copied());
    ring
}

/// The points of a border from one corner up to, without, the other.
fn border(from: (usize, usize), to: (usize, usize)) -> Vec<[f64; 2]> {
    let forwards = from < to;
    let (first, last) = if forwards { (from, to) } else { (to, from) };
    let mut chance = Chance::named(&format!("border {first:?} {last:?}"));
    let (start, end) = (corner(first), corner(last));
    let mut points = vec![start];
    for piece in 1..BORDER_PIECES {
        let along = f64::from(piece) / f64::from(BORDER_PIECES);
        let mut wind = || (chance.fraction() - 0.5) * 0.0014;
        let between = |start: f64, end: f64| start + (end - start) * along;
        points.push([shown(between(start[0], end[0]) + wind()), shown(between(start[1], end[1]) + wind())]);
    }
    points.push(end);
    if !forwards {
        points.reverse();
    }
    points.pop();
    points
}

fn corner((column, row): (usize, usize)) -> [f64; 2] {
    let mut chance = Chance::named(&format!("corner {column} {row}"));
    let mut wind = || (chance.fraction() - 0.5) * 0.002;
    [shown(CORNER.1 + CELL.1 * number(column) + wind()), shown(CORNER.0 + CELL.0 * number(row) + wind())]
}

fn shown(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests {
    use super::*;
    use paicha_areas::load_villages;
    use sync_protocol::geo::{Datum, Wgs84Point};

    #[test]
    fn villages_share_borders_and_contain_their_points() {
        let loaded = load_villages(&geojson(), Datum::Wgs84).unwrap();
        assert_eq!(loaded.overlaps.overlaps, vec![]);
        let mut chance = Chance::named("test");
        for (index, village) in VILLAGES.iter().enumerate() {
            for _ in 0..100 {
                let (lat, lon) = inside(index, &mut chance);
                let located = loaded.index.locate(Wgs84Point::new(lat, lon).unwrap()).unwrap();
                assert_eq!(located.code.as_str(), village.code);
            }
        }
    }
}
