//! The index over village polygons and the one question it answers: which village contains this point. What a newcomer
//! gets wrong: a point may lie in several polygons (on a shared border, in an overlap, in a village inside its
//! subdistrict). The answer is then the smallest area, and of equal areas the smaller code, whatever the file's order.

use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::{BoundingRect, ChamberlainDuquetteArea, CoordsIter};
use geo_types::{Coord, MultiPolygon, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use sync_protocol::geo::{VillageCode, Wgs84Point};

/// A village with its shape in WGS-84 degrees (x longitude, y latitude, 7 decimals).
#[derive(Debug, Clone)]
pub struct VillageArea {
    /// 12-digit code.
    pub code: VillageCode,
    /// Name of the village or community.
    pub name: String,
    /// Code of the subdistrict or town it belongs to, when the file says so.
    pub parent: Option<VillageCode>,
    /// The shape; holes are not part of the village.
    pub shape: MultiPolygon<f64>,
    /// Area in whole square metres, so that the order of areas does not hang on the last digit of a sine.
    pub area_m2: u64,
}

impl VillageArea {
    pub(crate) fn new(
        code: VillageCode,
        name: String,
        parent: Option<VillageCode>,
        shape: MultiPolygon<f64>,
    ) -> VillageArea {
        let area_m2 = whole_square_metres(shape.chamberlain_duquette_unsigned_area());
        VillageArea { code, name, parent, shape, area_m2 }
    }

    /// Number of positions in all rings.
    #[must_use]
    pub fn vertices(&self) -> usize {
        self.shape.coords_count()
    }
}

/// Half the earth is 2.6e14 square metres, far below what both number types hold exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and clamped to 0..=1e15 first")]
pub(crate) fn whole_square_metres(area_m2: f64) -> u64 {
    area_m2.round().clamp(0.0, 1e15) as u64
}

/// The answer of [`VillageIndex::locate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    /// The village that contains the point.
    pub code: VillageCode,
    /// The point lies exactly on this village's border (outer or around a hole).
    pub on_border: bool,
}

type Box2 = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// All villages, searchable by place. Immutable: a new file makes a new index.
#[derive(Debug, Default)]
pub struct VillageIndex {
    /// In the order of the answer: area, then code.
    villages: Vec<VillageArea>,
    tree: RTree<Box2>,
}

impl VillageIndex {
    pub(crate) fn build(mut villages: Vec<VillageArea>) -> VillageIndex {
        villages.sort_by_key(|village| (village.area_m2, village.code));
        let boxes = villages
            .iter()
            .enumerate()
            .filter(|(_, village)| village.code.is_village())
            .filter_map(|(position, village)| {
                let bounds = village.shape.bounding_rect()?;
                let corners = Rectangle::from_corners(bounds.min().into(), bounds.max().into());
                Some(Box2::new(corners, position))
            })
            .collect();
        VillageIndex { villages, tree: RTree::bulk_load(boxes) }
    }

    /// The village that contains the point, or nothing. Borders belong to the village.
    #[must_use]
    pub fn locate(&self, point: Wgs84Point) -> Option<Located> {
        let coord = Coord { x: point.lon84(), y: point.lat84() };
        let mut candidates: Vec<usize> =
            self.tree.locate_all_at_point([coord.x, coord.y]).map(|entry| entry.data).collect();
        candidates.sort_unstable();
        candidates.into_iter().find_map(|position| {
            let village = &self.villages[position];
            let on_border = match position_in(&village.shape, coord) {
                CoordPos::Outside => return None,
                CoordPos::OnBoundary => true,
                CoordPos::Inside => false,
            };
            Some(Located { code: village.code, on_border })
        })
    }

    /// The villages, smallest area first, then by code.
    #[must_use]
    pub fn villages(&self) -> &[VillageArea] {
        &self.villages
    }

    /// Positions (in [`VillageIndex::villages`]) of later villages whose bounding box meets that of `position`, ascending.
    pub(crate) fn later_neighbours(&self, position: usize) -> Vec<usize> {
        let Some(bounds) = self.villages[position].shape.bounding_rect() else { return Vec::new() };
        let envelope = AABB::from_corners(bounds.min().into(), bounds.max().into());
        let mut found: Vec<usize> = self
            .tree
            .locate_in_envelope_intersecting(envelope)
            .map(|entry| entry.data)
            .filter(|&other| other > position)
            .collect();
        found.sort_unstable();
        found
    }
}

/// Where a point lies relative to a shape. Written here because the library counts borders modulo two, so that a point
/// on an edge which two parts of one village share would be outside.
fn position_in(shape: &MultiPolygon<f64>, coord: Coord<f64>) -> CoordPos {
    let mut on_border = false;
    for polygon in shape {
        match position_in_polygon(polygon, coord) {
            CoordPos::Inside => return CoordPos::Inside,
            CoordPos::OnBoundary => on_border = true,
            CoordPos::Outside => {}
        }
    }
    if on_border { CoordPos::OnBoundary } else { CoordPos::Outside }
}

fn position_in_polygon(polygon: &Polygon<f64>, coord: Coord<f64>) -> CoordPos {
    match coord_pos_relative_to_ring(coord, polygon.exterior()) {
        CoordPos::Inside => {}
        elsewhere @ (CoordPos::OnBoundary | CoordPos::Outside) => return elsewhere,
    }
    for hole in polygon.interiors() {
        match coord_pos_relative_to_ring(coord, hole) {
            CoordPos::Inside => return CoordPos::Outside,
            CoordPos::OnBoundary => return CoordPos::OnBoundary,
            CoordPos::Outside => {}
        }
    }
    CoordPos::Inside
}
