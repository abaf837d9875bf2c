//! Findings as GeoJSON for maps and survey tools: points in WGS-84, longitude first. An export only; nothing reads it
//! back. What a newcomer gets wrong: printing coordinates on public documents is off by default, and so is this file:
//! the caller must have decided that the reader may see it.

use geojson::{Feature, FeatureCollection, Geometry, JsonObject, feature::Id};
use sync_protocol::geo::Wgs84Point;

/// One finding on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingFeature {
    /// Id of the record.
    pub id: String,
    /// Where it was found.
    pub point: Wgs84Point,
    /// What the map shows of it; the caller chooses.
    pub properties: JsonObject,
}

/// The findings as the text of a GeoJSON FeatureCollection, in the given order. The caller bounds their number.
#[must_use]
pub fn findings_to_geojson(findings: &[FindingFeature]) -> String {
    let features = findings.iter().map(|finding| Feature {
        geometry: Some(Geometry::new_point([finding.point.lon84(), finding.point.lat84()])),
        id: Some(Id::String(finding.id.clone())),
        properties: Some(finding.properties.clone()),
        ..Feature::default()
    });
    // Not `FeatureCollection::new`: for no features that writes an empty bounding box, which is not valid GeoJSON.
    FeatureCollection { bbox: None, features: features.collect(), foreign_members: None }.to_string()
}
