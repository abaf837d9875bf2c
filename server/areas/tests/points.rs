//! Enterprise points and the export of findings. All places are invented.

use paicha_areas::{EnterpriseIndex, FindingFeature, Nearby, findings_to_geojson};
use serde_json::{Value, json};
use sync_protocol::geo::{Wgs84Point, haversine_m};

fn at(lat: f64, lon: f64) -> Wgs84Point {
    Wgs84Point::new(lat, lon).expect("a valid test point")
}

fn ids(found: &[Nearby<u32>]) -> Vec<u32> {
    found.iter().map(|nearby| nearby.id).collect()
}

#[test]
fn enterprises_come_nearest_first_and_within_the_radius() {
    // One thousandth of a degree is 111.2 m northwards but only 94.4 m eastwards here.
    let index =
        EnterpriseIndex::build(vec![(1, at(31.001, 108.0)), (2, at(31.0, 108.001)), (3, at(31.01, 108.0))]).unwrap();
    let here = at(31.0, 108.0);
    let found = index.nearest_enterprises(here, 200.0, 10);
    assert_eq!(ids(&found), [2, 1]);
    assert_eq!(found[1].distance_m, haversine_m(here, at(31.001, 108.0)));
    assert_eq!(ids(&index.nearest_enterprises(here, 2000.0, 10)), [2, 1, 3]);
    assert_eq!(ids(&index.nearest_enterprises(here, 2000.0, 1)), [2]);
    let exactly = haversine_m(here, at(31.01, 108.0));
    assert_eq!(index.nearest_enterprises(here, exactly, 10).len(), 3);
    assert_eq!(index.nearest_enterprises(here, exactly - 1e-6, 10).len(), 2);
}

#[test]
fn equal_distances_are_ordered_by_id_even_at_the_limit() {
    let here = at(31.0, 108.0);
    let points = (0..50_u32).map(|number| (49 - number, at(31.001, 108.0))).collect();
    let index = EnterpriseIndex::build(points).unwrap();
    assert_eq!(ids(&index.nearest_enterprises(here, 500.0, 3)), [0, 1, 2]);
}

#[test]
fn impossible_searches_find_nothing_and_large_ones_are_bounded() {
    let here = at(31.0, 108.0);
    let points = (0..1000_u32).map(|number| (number, at(31.0 + f64::from(number) / 1000.0, 108.0))).collect();
    let index = EnterpriseIndex::build(points).unwrap();
    for radius_m in [f64::NAN, -1.0, f64::NEG_INFINITY] {
        assert_eq!(index.nearest_enterprises(here, radius_m, 10), []);
    }
    assert_eq!(index.nearest_enterprises(here, 500.0, 0), []);
    assert_eq!(ids(&index.nearest_enterprises(here, 0.0, 10)), [0]);
    assert_eq!(index.nearest_enterprises(here, f64::INFINITY, usize::MAX).len(), paicha_areas::RESULTS_MAX);
    assert_eq!(EnterpriseIndex::<u32>::build(Vec::new()).unwrap().nearest_enterprises(here, 500.0, 10), []);
    let too_many = vec![(1, here); paicha_areas::ENTERPRISES_MAX + 1];
    assert!(EnterpriseIndex::build(too_many).is_err());
}

#[test]
fn findings_are_points_with_longitude_first() {
    let properties = json!({"number": "YH-990001000001-2023-0001", "level": "重大"});
    let finding = FindingFeature {
        id: "0193-a1".into(),
        point: at(31.9475, 108.664),
        properties: properties.as_object().unwrap().clone(),
    };
    let text = findings_to_geojson(&[finding]);
    let expected = json!({"type": "FeatureCollection", "features": [{
        "type": "Feature", "id": "0193-a1", "properties": properties,
        "geometry": {"type": "Point", "coordinates": [108.664, 31.9475]},
    }]});
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    assert_eq!(findings_to_geojson(&[]), r#"{"type":"FeatureCollection","features":[]}"#);
}
