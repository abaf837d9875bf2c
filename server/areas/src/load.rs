//! Reads a GeoJSON file of village polygons. Every feature is checked and every fault is named with its feature, so that
//! one upload shows all that must be mended; with any fault nothing is usable. Overlaps between villages are warnings,
//! since real survey borders overlap by centimetres. What a newcomer gets wrong: the datum may stand in three places,
//! and the nearest one wins: feature property `crs`, then the file's `crs`, then the argument.

use crate::locate::{VillageArea, VillageIndex};
use crate::overlap::{OverlapReport, find_overlaps};
use crate::ring;
use geo_types::MultiPolygon;
use geojson::{Feature, GeometryValue, JsonValue};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;
use sync_protocol::geo::{Datum, VillageCode};

/// Largest file, in bytes (32 MiB).
pub const MAX_AREAS_BYTES: usize = 32 * 1024 * 1024;
/// Largest single feature, in bytes (2 MiB, some 80,000 positions); parsing takes many times that in memory.
pub const MAX_FEATURE_BYTES: usize = 2 * 1024 * 1024;
/// Most villages in one file.
pub const MAX_VILLAGES: usize = 20_000;
/// Most positions in one file.
pub const MAX_VERTICES: usize = 2_000_000;
/// Most faults listed for one file; the rest is counted by its absence: reading stops.
pub const ERRORS_MAX: usize = 100;
/// Longest village name, in characters.
const NAME_CHARS_MAX: usize = 60;

/// One fault of the file. `message_zh` is a whole sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第{}个要素：{message_zh}", feature_index + 1)]
pub struct AreaError {
    /// Place of the feature in the file, from 0.
    pub feature_index: usize,
    /// What is wrong and what to do, in Chinese.
    pub message_zh: String,
}

/// Why a file gave no index. Messages are Chinese, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The file as a whole cannot be read.
    #[error("{0}；原有的村界没有改动")]
    File(String),
    /// These features are faulty; at most [`ERRORS_MAX`], in file order.
    #[error("村界文件有{}处错误，整个文件未采用，原有的村界没有改动，请改正后重新上传", .0.len())]
    Features(Vec<AreaError>),
}

/// A file that is good throughout.
#[derive(Debug)]
pub struct LoadedVillages {
    /// Answers where a point lies.
    pub index: VillageIndex,
    /// Overlaps between villages, for a person to look at.
    pub overlaps: OverlapReport,
}

#[derive(Deserialize)]
struct RawCollection<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    crs: Option<JsonValue>,
    #[serde(borrow)]
    features: RawFeatures<'a>,
}

/// The features of a file as unread text, at most one more than allowed: a file of millions of tiny ones must not fill
/// the memory before it is refused.
struct RawFeatures<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for RawFeatures<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RawFeaturesVisitor).map(RawFeatures)
    }
}

struct RawFeaturesVisitor;

impl<'de> Visitor<'de> for RawFeaturesVisitor {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() <= MAX_VILLAGES {
            let Some(feature) = elements.next_element()? else { return Ok(kept) };
            kept.push(feature);
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept)
    }
}

/// Loads villages from a GeoJSON FeatureCollection of Polygon or MultiPolygon features with the properties `code` (12
/// digits), `name` and optionally `parent` (12 digits) and `crs`.
///
/// # Errors
/// `LoadError::File` when the file is too large, empty or no FeatureCollection; `LoadError::Features` with every fault
/// otherwise.
pub fn load_villages(bytes: &[u8], default_datum: Datum) -> Result<LoadedVillages, LoadError> {
    let collection = read_collection(bytes)?;
    let datum = match &collection.crs {
        Some(declared) => datum_of(declared).map_err(LoadError::File)?,
        None => default_datum,
    };
    let mut errors = Vec::new();
    let mut villages = Vec::with_capacity(collection.features.0.len());
    let mut seen: HashMap<VillageCode, usize> = HashMap::new();
    let mut vertices = 0;
    for (feature_index, raw) in collection.features.0.iter().enumerate() {
        if errors.len() >= ERRORS_MAX {
            break;
        }
        let mut fault = |message_zh| errors.push(AreaError { feature_index, message_zh });
        match read_village(raw, datum) {
            Ok(village) => {
                if let Some(first) = seen.insert(village.code, feature_index) {
                    fault(format!("代码{}与第{}个要素重复，请改正其中一个", village.code, first + 1));
                }
                vertices += village.vertices();
                villages.push(village);
            }
            Err(message_zh) => fault(message_zh),
        }
        if vertices > MAX_VERTICES {
            return Err(LoadError::File(format!("坐标点超过{MAX_VERTICES}个，请简化边界后重新上传")));
        }
    }
    if !errors.is_empty() {
        return Err(LoadError::Features(errors));
    }
    let index = VillageIndex::build(villages);
    let overlaps = find_overlaps(&index);
    Ok(LoadedVillages { index, overlaps })
}

fn read_collection(bytes: &[u8]) -> Result<RawCollection<'_>, LoadError> {
    let refuse = |message: &str| Err(LoadError::File(message.to_owned()));
    if bytes.len() > MAX_AREAS_BYTES {
        let limit_mib = MAX_AREAS_BYTES / (1024 * 1024);
        return refuse(&format!("文件超过{limit_mib}MB，请简化边界后重新上传"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return refuse("文件不是UTF-8编码，请另存为UTF-8后重新上传");
    };
    // Windows editors put a byte order mark in front, which JSON forbids.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return refuse("文件是空的，请检查后重新上传");
    }
    let collection: RawCollection<'_> = match serde_json::from_str(text) {
        Ok(collection) => collection,
        Err(cause) => {
            let (line, column) = (cause.line(), cause.column());
            return refuse(&format!("文件不是GeoJSON要素集（FeatureCollection），第{line}行第{column}列读不下去"));
        }
    };
    if collection.kind != "FeatureCollection" {
        return refuse("文件不是GeoJSON要素集（FeatureCollection），请重新导出");
    }
    if collection.features.0.is_empty() {
        return refuse("文件里没有任何村界，请检查后重新上传");
    }
    if collection.features.0.len() > MAX_VILLAGES {
        return refuse(&format!("村界超过{MAX_VILLAGES}个，请分文件上传"));
    }
    Ok(collection)
}

fn read_village(raw: &RawValue, file_datum: Datum) -> Result<VillageArea, String> {
    if raw.get().len() > MAX_FEATURE_BYTES {
        return Err(format!("边界数据超过{}MB，请简化这个村的边界", MAX_FEATURE_BYTES / (1024 * 1024)));
    }
    let feature: Feature =
        serde_json::from_str(raw.get()).map_err(|_| "不是有效的GeoJSON要素（Feature）".to_owned())?;
    let code = code_property(&feature, "code")?.ok_or("缺少属性 code（12位行政区划代码）")?;
    let parent = code_property(&feature, "parent")?;
    let name = feature.property("name").and_then(JsonValue::as_str).map(str::trim).unwrap_or_default();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("缺少属性 name（村、社区名称），或超过{NAME_CHARS_MAX}个字"));
    }
    let datum = match feature.property("crs") {
        None | Some(JsonValue::Null) => file_datum,
        Some(declared) => datum_of(declared)?,
    };
    let polygons = match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => vec![ring::polygon(coordinates, datum)?],
        Some(GeometryValue::MultiPolygon { coordinates }) if !coordinates.is_empty() => {
            coordinates.iter().map(|rings| ring::polygon(rings, datum)).collect::<Result<Vec<_>, _>>()?
        }
        Some(other) => return Err(format!("图形类型 {} 不是有内容的面（Polygon 或 MultiPolygon）", other.type_name())),
        None => return Err("没有图形（geometry）".to_owned()),
    };
    Ok(VillageArea::new(code, name.to_owned(), parent, MultiPolygon::new(polygons)))
}

/// A 12-digit code; spreadsheets export it as a number, which is accepted when all twelve digits are there.
fn code_property(feature: &Feature, key: &str) -> Result<Option<VillageCode>, String> {
    let text = match feature.property(key) {
        None | Some(JsonValue::Null) => return Ok(None),
        Some(JsonValue::String(text)) => text.trim().to_owned(),
        Some(JsonValue::Number(number)) => number.to_string(),
        Some(JsonValue::Bool(_) | JsonValue::Array(_) | JsonValue::Object(_)) => String::new(),
    };
    text.parse().map(Some).map_err(|cause| format!("属性 {key}：{cause}"))
}

/// Our own names, and the names that survey tools write into GeoJSON (`{"type":"name","properties":{"name":...}}`).
fn datum_of(declared: &JsonValue) -> Result<Datum, String> {
    let name = declared
        .as_str()
        .or_else(|| declared.pointer("/properties/name").and_then(JsonValue::as_str))
        .unwrap_or_default()
        .to_ascii_lowercase();
    match name.as_str() {
        "wgs84" | "epsg:4326" | "urn:ogc:def:crs:epsg::4326" | "urn:ogc:def:crs:ogc:1.3:crs84" => Ok(Datum::Wgs84),
        "cgcs2000" | "epsg:4490" | "urn:ogc:def:crs:epsg::4490" => Ok(Datum::Cgcs2000),
        "gcj02" => Ok(Datum::Gcj02),
        "bd09" => Ok(Datum::Bd09),
        _ => {
            let quoted: String = name.chars().take(60).collect();
            Err(format!("坐标系“{quoted}”不认识，应为 wgs84、cgcs2000、gcj02 或 bd09（经纬度，不能是投影坐标）"))
        }
    }
}
