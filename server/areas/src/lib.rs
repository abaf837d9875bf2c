//! Village polygons and enterprise points: load, check, index, locate. Pure: bytes in, answers out; no files, no
//! database, no clock. What a newcomer gets wrong: GeoJSON counts longitude first, everything else here names its
//! numbers; and a file is taken whole or not at all, because a map with a missing village gives wrong answers quietly.

mod enterprises;
mod findings;
mod load;
mod locate;
mod overlap;
mod ring;

pub use enterprises::{ENTERPRISES_MAX, EnterpriseIndex, Nearby, RADIUS_M_MAX, RESULTS_MAX, TooManyEnterprises};
pub use findings::{FindingFeature, findings_to_geojson};
pub use load::{
    AreaError, ERRORS_MAX, LoadError, LoadedVillages, MAX_AREAS_BYTES, MAX_FEATURE_BYTES, MAX_VERTICES, MAX_VILLAGES,
    load_villages,
};
pub use locate::{Located, VillageArea, VillageIndex};
pub use overlap::{OVERLAP_M2_MIN, OVERLAP_VERTICES_MAX, Overlap, OverlapReport, WARNINGS_MAX};
pub use sync_protocol::geo::{Basis, Disagreement, VillageCode, VillageOfRecord, village_of_record};
