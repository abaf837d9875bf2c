//! Enterprise points, searchable by nearness: who is within so many metres of this fix. It finds candidates for a person
//! to choose from and decides nothing. What a newcomer gets wrong: nearness in degrees is not nearness in metres (a
//! degree of longitude shrinks northwards), so the index lives on a sphere in three dimensions.

use rstar::RTree;
use rstar::primitives::GeomWithData;
use sync_protocol::geo::{EARTH_RADIUS_M, Wgs84Point, haversine_m};

/// Most points in one index.
pub const ENTERPRISES_MAX: usize = 200_000;
/// Largest radius that is searched, in metres.
pub const RADIUS_M_MAX: f64 = 50_000.0;
/// Most results of one search.
pub const RESULTS_MAX: usize = 200;

/// More than [`ENTERPRISES_MAX`] points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("企业位置超过{ENTERPRISES_MAX}个，无法建立索引，请按区县分开")]
pub struct TooManyEnterprises;

/// An enterprise near a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearby<Id> {
    /// What the caller calls it.
    pub id: Id,
    /// Its place.
    pub point: Wgs84Point,
    /// Distance in metres.
    pub distance_m: f64,
}

/// All enterprise points. `Id` is the caller's id and breaks ties, so that equal distances have one order.
#[derive(Debug)]
pub struct EnterpriseIndex<Id: Ord + Clone> {
    tree: RTree<GeomWithData<[f64; 3], (Wgs84Point, Id)>>,
}

impl<Id: Ord + Clone> EnterpriseIndex<Id> {
    /// Builds the index.
    ///
    /// # Errors
    /// `TooManyEnterprises` above [`ENTERPRISES_MAX`] points.
    pub fn build(points: Vec<(Id, Wgs84Point)>) -> Result<EnterpriseIndex<Id>, TooManyEnterprises> {
        if points.len() > ENTERPRISES_MAX {
            return Err(TooManyEnterprises);
        }
        let entries = points.into_iter().map(|(id, point)| GeomWithData::new(on_sphere(point), (point, id))).collect();
        Ok(EnterpriseIndex { tree: RTree::bulk_load(entries) })
    }

    /// Enterprises within `radius_m` metres (at most [`RADIUS_M_MAX`], inclusive), nearest first, then by id; at most
    /// `limit` and [`RESULTS_MAX`]. A radius that is negative or no number finds nothing.
    #[must_use]
    pub fn nearest_enterprises(&self, point: Wgs84Point, radius_m: f64, limit: usize) -> Vec<Nearby<Id>> {
        let limit = limit.min(RESULTS_MAX);
        if limit == 0 || radius_m.is_nan() || radius_m < 0.0 {
            return Vec::new();
        }
        let radius_m = radius_m.min(RADIUS_M_MAX);
        let mut found: Vec<Nearby<Id>> = Vec::new();
        for entry in self.tree.nearest_neighbor_iter(on_sphere(point)) {
            let (place, id) = &entry.data;
            let distance_m = haversine_m(point, *place);
            // The tree orders by chord, which can differ from the arc in the last digit. A millimetre of patience keeps
            // ties together, so that the id can decide them.
            let farthest_m = if found.len() < limit { radius_m } else { found[limit - 1].distance_m };
            if distance_m > farthest_m + 0.001 {
                break;
            }
            if distance_m <= radius_m {
                found.push(Nearby { id: id.clone(), point: *place, distance_m });
            }
        }
        found.sort_by(|left, right| left.distance_m.total_cmp(&right.distance_m).then_with(|| left.id.cmp(&right.id)));
        found.truncate(limit);
        found
    }
}

/// Metres from the centre of the earth; the chord between two such points grows with their distance.
fn on_sphere(point: Wgs84Point) -> [f64; 3] {
    let (lat, lon) = (point.lat84().to_radians(), point.lon84().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()].map(|axis| axis * EARTH_RADIUS_M)
}
