//! Finds villages that overlap, as a warning for the person who uploads a map; `locate` has an answer either way. Work is
//! bounded by a budget of positions, and the report says when it ran out. What a newcomer gets wrong: bounding boxes of
//! neighbours nearly always meet, so only the area of the true intersection counts.

use crate::locate::{VillageArea, VillageIndex, whole_square_metres};
use geo::{BooleanOps, ChamberlainDuquetteArea};
use sync_protocol::geo::VillageCode;

/// Overlaps below this many square metres are digitising noise.
pub const OVERLAP_M2_MIN: u64 = 10;
/// Most overlaps listed.
pub const WARNINGS_MAX: usize = 200;
/// Most positions compared, counted once per pair of villages.
pub const OVERLAP_VERTICES_MAX: usize = 20_000_000;

/// Two villages that claim the same ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The village `locate` answers there: the smaller one.
    pub winner: VillageCode,
    /// The other one.
    pub other: VillageCode,
    /// Shared ground in whole square metres.
    pub area_m2: u64,
    /// The warning as a sentence, in Chinese.
    pub message_zh: String,
}

/// The overlaps that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OverlapReport {
    /// At most [`WARNINGS_MAX`], smaller villages first.
    pub overlaps: Vec<Overlap>,
    /// False when a limit was reached before all neighbours were compared.
    pub complete: bool,
}

/// Compares all neighbours except a village with its own subdistrict.
pub(crate) fn find_overlaps(index: &VillageIndex) -> OverlapReport {
    let mut report = OverlapReport { overlaps: Vec::new(), complete: true };
    let mut compared_vertices = 0;
    for (position, village) in index.villages().iter().enumerate() {
        for neighbour in index.later_neighbours(position) {
            let other = &index.villages()[neighbour];
            if village.parent == Some(other.code) || other.parent == Some(village.code) {
                continue;
            }
            compared_vertices += village.vertices() + other.vertices();
            if compared_vertices > OVERLAP_VERTICES_MAX || report.overlaps.len() >= WARNINGS_MAX {
                return OverlapReport { complete: false, ..report };
            }
            report.overlaps.extend(overlap(village, other));
        }
    }
    report
}

fn overlap(village: &VillageArea, other: &VillageArea) -> Option<Overlap> {
    let shared = village.shape.intersection(&other.shape);
    let area_m2 = whole_square_metres(shared.chamberlain_duquette_unsigned_area());
    if area_m2 < OVERLAP_M2_MIN {
        return None;
    }
    let message_zh = format!(
        "{}（{}）与{}（{}）重叠约{area_m2}平方米，落在重叠处的位置按面积较小的{}计，请核对村界",
        village.name, village.code, other.name, other.code, village.name
    );
    Some(Overlap { winner: village.code, other: other.code, area_m2, message_zh })
}
