//! Village maps, made up here: invented codes and names, squares of a hundredth of a degree in the mountains.

use paicha_areas::{LoadError, LoadedVillages, Located, VillageCode, load_villages};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use sync_protocol::geo::{Datum, LatLon, Wgs84Point, gcj02_to_bd09, wgs84_to_gcj02};

fn at(lat: f64, lon: f64) -> Wgs84Point {
    Wgs84Point::new(lat, lon).expect("a valid test point")
}

fn code(number: u32) -> VillageCode {
    format!("990001{number:06}").parse().expect("twelve digits")
}

/// A closed rectangle, longitude first.
fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn feature(number: u32, geometry: &Value) -> Value {
    json!({"type": "Feature", "properties": {"code": code(number), "name": format!("示例{number}村")}, "geometry": geometry})
}

fn square(number: u32, west: f64, south: f64, side: f64) -> Value {
    polygon(number, &json!([rectangle(west, south, west + side, south + side)]))
}

fn polygon(number: u32, rings: &Value) -> Value {
    feature(number, &json!({"type": "Polygon", "coordinates": rings}))
}

fn file(features: &[Value]) -> Vec<u8> {
    json!({"type": "FeatureCollection", "features": features}).to_string().into_bytes()
}

fn load(features: &[Value]) -> LoadedVillages {
    load_villages(&file(features), Datum::Wgs84).expect("a good file")
}

#[track_caller]
fn faults(features: &[Value]) -> Vec<(usize, String)> {
    match load_villages(&file(features), Datum::Wgs84) {
        Err(LoadError::Features(errors)) => {
            errors.into_iter().map(|error| (error.feature_index, error.message_zh)).collect()
        }
        other => panic!("expected faulty features, got {other:?}"),
    }
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    match load_villages(bytes, Datum::Wgs84) {
        Err(LoadError::File(message)) => message,
        other => panic!("expected a refused file, got {other:?}"),
    }
}

#[test]
fn a_point_is_located_inside_and_not_outside() {
    let index = load(&[square(1, 108.0, 31.0, 1.0), square(2, 109.0, 31.0, 1.0)]).index;
    assert_eq!(index.locate(at(31.5, 108.5)), Some(Located { code: code(1), on_border: false }));
    assert_eq!(index.locate(at(31.5, 109.5)), Some(Located { code: code(2), on_border: false }));
    assert_eq!(index.locate(at(32.1, 108.5)), None);
    assert_eq!(index.locate(at(31.5, 107.999_999_9)), None);
}

#[test]
fn shared_borders_go_to_the_smaller_area_whatever_the_order() {
    // The southern one of two equal squares is larger on the ground.
    let (large, small) = (square(1, 108.0, 31.0, 1.0), square(2, 108.0, 32.0, 1.0));
    for features in [[large.clone(), small.clone()], [small, large]] {
        let index = load(&features).index;
        for point in [at(32.0, 108.5), at(32.0, 108.0), at(32.0, 109.0)] {
            assert_eq!(index.locate(point), Some(Located { code: code(2), on_border: true }));
        }
    }
}

#[test]
fn equal_areas_go_to_the_smaller_code() {
    let (west, east) = (square(7, 108.0, 31.0, 1.0), square(3, 109.0, 31.0, 1.0));
    for features in [[west.clone(), east.clone()], [east, west]] {
        let index = load(&features).index;
        assert_eq!(index.locate(at(31.25, 109.0)), Some(Located { code: code(3), on_border: true }));
        assert_eq!(index.locate(at(31.0, 109.0)), Some(Located { code: code(3), on_border: true }), "a shared corner");
    }
}

#[test]
fn no_point_near_a_slanted_border_falls_between_neighbours() {
    let west = json!([[[108.0, 31.0], [108.4, 31.0], [108.73, 32.0], [108.0, 32.0], [108.0, 31.0]]]);
    let east = json!([[[108.4, 31.0], [109.0, 31.0], [109.0, 32.0], [108.73, 32.0], [108.4, 31.0]]]);
    let index = load(&[polygon(1, &west), polygon(2, &east)]).index;
    for step in 0..=1000_u32 {
        let share = f64::from(step) / 1000.0;
        for nudge in [-1e-7, 0.0, 1e-7] {
            let point = at(31.0 + share, 108.4 + 0.33 * share + nudge);
            assert!(index.locate(point).is_some(), "{point:?}");
        }
    }
}

#[test]
fn a_hole_is_not_part_of_the_village() {
    let ring = json!([rectangle(108.0, 31.0, 109.0, 32.0), rectangle(108.4, 31.4, 108.6, 31.6)]);
    let index = load(&[polygon(1, &ring)]).index;
    assert_eq!(index.locate(at(31.5, 108.5)), None);
    assert_eq!(index.locate(at(31.4, 108.5)), Some(Located { code: code(1), on_border: true }));
    assert_eq!(index.locate(at(31.2, 108.5)), Some(Located { code: code(1), on_border: false }));
}

#[test]
fn an_enclave_in_a_hole_is_its_own_village() {
    let ring = json!([rectangle(108.0, 31.0, 109.0, 32.0), rectangle(108.4, 31.4, 108.6, 31.6)]);
    let loaded = load(&[polygon(1, &ring), polygon(2, &json!([rectangle(108.4, 31.4, 108.6, 31.6)]))]);
    assert_eq!(loaded.index.locate(at(31.5, 108.5)).unwrap().code, code(2));
    assert_eq!(loaded.index.locate(at(31.4, 108.5)), Some(Located { code: code(2), on_border: true }));
    assert!(loaded.overlaps.overlaps.is_empty() && loaded.overlaps.complete);
}

#[test]
fn all_parts_of_a_multipolygon_count_and_so_does_their_seam() {
    let parts = json!([
        [rectangle(108.0, 31.0, 108.5, 32.0)],
        [rectangle(108.5, 31.0, 109.0, 32.0)],
        [rectangle(110.0, 31.0, 110.5, 32.0)]
    ]);
    let index = load(&[feature(1, &json!({"type": "MultiPolygon", "coordinates": parts}))]).index;
    for (lat, lon, on_border) in
        [(31.5, 108.2, false), (31.5, 110.2, false), (31.5, 108.5, true), (32.0, 108.5, true), (31.5, 110.0, true)]
    {
        assert_eq!(index.locate(at(lat, lon)), Some(Located { code: code(1), on_border }), "{lat} {lon}");
    }
    assert_eq!(index.locate(at(31.5, 109.5)), None, "inside the bounding box only");
}

#[test]
fn overlaps_are_warned_of_and_answered_by_the_smaller_village() {
    let loaded = load(&[square(1, 108.0, 31.0, 0.2), square(2, 108.1, 31.1, 0.1), square(3, 108.3, 31.0, 0.1)]);
    assert_eq!(loaded.index.locate(at(31.15, 108.15)).unwrap().code, code(2));
    let [overlap] = &loaded.overlaps.overlaps[..] else { panic!("{:?}", loaded.overlaps) };
    assert_eq!((overlap.winner, overlap.other), (code(2), code(1)));
    assert!((100_000_000..110_000_000).contains(&overlap.area_m2), "{overlap:?}");
    assert!(overlap.message_zh.starts_with("示例2村（990001000002）与示例1村（990001000001）重叠约"));
}

#[test]
fn neighbours_and_a_subdistrict_with_its_villages_are_no_overlap() {
    let street = square(9, 108.0, 31.0, 1.0);
    let mut village = square(1, 108.2, 31.2, 0.1);
    village["properties"]["parent"] = json!(code(9));
    let mut neighbour = square(2, 108.3, 31.2, 0.1);
    neighbour["properties"]["parent"] = json!(code(9));
    let loaded = load(&[street, village, neighbour]);
    assert_eq!(loaded.overlaps.overlaps, []);
    assert_eq!(loaded.index.locate(at(31.25, 108.25)).unwrap().code, code(1));
    assert_eq!(loaded.index.locate(at(31.9, 108.9)).unwrap().code, code(9));
    assert_eq!(loaded.index.villages()[0].parent, Some(code(9)));
}

#[test]
fn swapped_coordinates_are_recognised_and_explained() {
    let [fault] = &faults(&[square(1, 31.0, 108.0, 0.1)])[..] else { panic!() };
    assert_eq!(fault.0, 0);
    assert!(fault.1.contains("经度、纬度写反了"), "{}", fault.1);
    // Where both readings are possible numbers, the order still shows.
    assert!(faults(&[square(1, 22.0, 88.0, 0.1)])[0].1.contains("写反了"));
}

#[test]
fn every_faulty_feature_is_named_and_nothing_is_usable() {
    let ring = |positions: Value| polygon(1, &json!([positions]));
    let mut nameless = square(6, 108.0, 31.0, 0.1);
    nameless["properties"]["name"] = json!(" ");
    let mut short_code = square(7, 108.0, 31.0, 0.1);
    short_code["properties"]["code"] = json!("123");
    let mut bad_crs = square(8, 108.0, 31.0, 0.1);
    bad_crs["properties"]["crs"] = json!("EPSG:4509");
    let features = [
        square(1, 108.0, 31.0, 0.1),
        ring(json!([[108.0, 31.0], [108.1, 31.0], [108.0, 31.0]])),
        ring(json!([[108.0, 31.0], [108.1, 31.0], [108.1, 31.1], [108.0, 31.1]])),
        ring(json!([[108.0, 31.0], [190.0, 31.0], [108.1, 31.1], [108.0, 31.0]])),
        ring(json!([[108.0, 31.0], [108.1, 31.1], [108.2, 31.2], [108.0, 31.0]])),
        feature(5, &json!({"type": "Point", "coordinates": [108.0, 31.0]})),
        nameless,
        short_code,
        bad_crs,
        square(1, 109.0, 31.0, 0.1),
        json!({"type": "Feature", "properties": {"name": "示例村"}, "geometry": null}),
        json!({"nonsense": true}),
        feature(12, &Value::Null),
        polygon(13, &json!([])),
        ring(json!([[108.0, null], [108.1, 31.0], [108.1, 31.1], [108.0, 31.0]])),
    ];
    let expected = [
        (1, "至少要4个"),
        (2, "没有闭合"),
        (3, "超出范围"),
        (4, "没有围成面积"),
        (5, "不是有内容的面"),
        (6, "缺少属性 name"),
        (7, "应为12位数字"),
        (8, "坐标系“epsg:4509”不认识"),
        (9, "与第1个要素重复"),
        (10, "缺少属性 code"),
        (11, "不是有效的GeoJSON要素"),
        (12, "没有图形"),
        (13, "没有边界坐标"),
        (14, "不是有效的GeoJSON要素"),
    ];
    let found = faults(&features);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((index, message), (expected_index, part)) in found.iter().zip(expected) {
        assert_eq!(*index, expected_index);
        assert!(message.contains(part), "{index}: {message}");
    }
}

#[test]
fn files_that_are_no_map_are_refused_with_a_reason() {
    for (bytes, part) in [
        (&b""[..], "空的"),
        (b"  \n", "空的"),
        (b"\xef\xbb\xbf", "空的"),
        (b"\xb4\xe5", "UTF-8"),
        (b"{\"type\":\"FeatureCollection\",\"features\":[", "第1行"),
        (b"[1,2]", "FeatureCollection"),
        (b"{\"type\":\"FeatureCollection\",\"features\":[]}", "没有任何村界"),
        (b"{\"type\":\"Topology\",\"features\":[{}]}", "FeatureCollection"),
        (b"{\"type\":\"FeatureCollection\",\"crs\":\"EPSG:3857\",\"features\":[{}]}", "坐标系"),
    ] {
        let message = refused(bytes);
        assert!(message.contains(part), "{message}");
    }
    assert!(refused(&vec![b' '; paicha_areas::MAX_AREAS_BYTES + 1]).contains("32MB"));
    assert!(refused("[".repeat(100_000).as_bytes()).contains("FeatureCollection"), "deep nesting does not overflow");
    let too_many = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}0]}}", "0,".repeat(20_000));
    assert!(refused(too_many.as_bytes()).contains("20000"));
}

#[test]
fn one_village_may_not_be_a_whole_file() {
    let positions: Vec<Value> = (0..100_000).map(|_| json!([108.123_456_7, 31.123_456_7])).collect();
    assert!(faults(&[polygon(1, &json!([positions]))])[0].1.contains("超过2MB"));
}

#[test]
fn a_border_that_crosses_itself_still_has_one_answer() {
    let bow = json!([[[108.0, 31.0], [108.3, 31.2], [108.3, 31.0], [108.0, 31.1], [108.0, 31.0]]]);
    let loaded = load(&[polygon(1, &bow), square(2, 108.0, 31.0, 0.3)]);
    assert_eq!(loaded.index.locate(at(31.1, 108.25)), loaded.index.locate(at(31.1, 108.25)));
    assert!(loaded.index.locate(at(31.05, 108.02)).is_some());
}

#[test]
fn a_pile_of_overlaps_is_cut_and_says_so() {
    let features: Vec<Value> = (1..=300).map(|number| square(number, 108.0, 31.0, 0.1)).collect();
    let loaded = load(&features);
    assert_eq!(loaded.overlaps.overlaps.len(), paicha_areas::WARNINGS_MAX);
    assert!(!loaded.overlaps.complete);
    assert_eq!(loaded.index.locate(at(31.05, 108.05)).unwrap().code, code(1));
}

#[test]
fn a_thousand_faults_are_cut_at_a_hundred() {
    let features: Vec<Value> = (0..1000).map(|number| square(number, 31.0, 108.0, 0.1)).collect();
    assert_eq!(faults(&features).len(), paicha_areas::ERRORS_MAX);
}

#[test]
fn a_windows_file_with_numeric_codes_is_read() {
    let mut numeric = square(1, 108.0, 31.0, 0.1);
    numeric["properties"]["code"] = json!(990_001_000_001_u64);
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(file(&[numeric]));
    let loaded = load_villages(&bytes, Datum::Wgs84).unwrap();
    assert_eq!(loaded.index.locate(at(31.05, 108.05)).unwrap().code, code(1));
}

#[test]
fn maps_in_other_datums_are_converted_and_the_nearest_declaration_wins() {
    let in_datum = |convert: fn(LatLon) -> LatLon| {
        let corner = |lat, lon| {
            let moved = convert(LatLon { lat, lon });
            json!([moved.lon, moved.lat])
        };
        let (south_west, north_east) = (corner(31.0, 108.0), corner(31.1, 108.1));
        let ring = json!([south_west, corner(31.0, 108.1), north_east, corner(31.1, 108.0), south_west]);
        polygon(1, &json!([ring]))
    };
    let gcj02 = in_datum(wgs84_to_gcj02);
    let bd09 = in_datum(|pair| gcj02_to_bd09(wgs84_to_gcj02(pair)));
    let just_inside = at(31.000_01, 108.000_01);
    let just_outside = at(30.999_99, 107.999_99);
    let check = |bytes: &[u8], argument| {
        let index = load_villages(bytes, argument).unwrap().index;
        assert!(index.locate(just_inside).is_some() && index.locate(just_outside).is_none());
    };
    check(&file(std::slice::from_ref(&gcj02)), Datum::Gcj02);
    check(&file(std::slice::from_ref(&bd09)), Datum::Bd09);
    let mut declared = gcj02;
    declared["properties"]["crs"] = json!("gcj02");
    check(&file(std::slice::from_ref(&declared)), Datum::Wgs84);
    let survey_name = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}});
    let whole = json!({"type": "FeatureCollection", "crs": survey_name, "features": [declared]});
    check(whole.to_string().as_bytes(), Datum::Bd09);
    let plain = json!({"type": "FeatureCollection", "crs": survey_name, "features": [square(1, 108.0, 31.0, 0.1)]});
    check(plain.to_string().as_bytes(), Datum::Gcj02);
}

#[test]
fn ten_thousand_villages_load_and_locate() {
    // No village's code ends in 000.
    let village = |number: u32| number + number / 999 + 1;
    let features: Vec<Value> = (0..10_000_u32)
        .map(|number| {
            let (row, column) = (f64::from(number / 100), f64::from(number % 100));
            let (west, south) = (105.0 + column / 100.0, 28.0 + row / 100.0);
            polygon(
                village(number),
                &json!([rectangle(west, south, 105.0 + (column + 1.0) / 100.0, 28.0 + (row + 1.0) / 100.0)]),
            )
        })
        .collect();
    let bytes = file(&features);
    let started = Instant::now();
    let loaded = load_villages(&bytes, Datum::Wgs84).unwrap();
    assert_eq!(loaded.overlaps.overlaps, []);
    assert!(loaded.overlaps.complete);
    for number in 0..10_000_u32 {
        let point = at(28.005 + f64::from(number / 100) / 100.0, 105.005 + f64::from(number % 100) / 100.0);
        assert_eq!(loaded.index.locate(point), Some(Located { code: code(village(number)), on_border: false }));
    }
    eprintln!("10,000 villages: {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}
