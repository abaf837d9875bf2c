//! Checks a table of enterprises (企业台账), one row per site. What a newcomer gets wrong: an enterprise with sites in two
//! villages stands in two rows with the same code, and that is no duplicate; only the same enterprise in the same village
//! is.

use std::collections::HashMap;

use sync_protocol::uscc::Uscc;

use crate::cells::key;
use crate::columns::{Field, Headings};
use crate::outcome::ImportOutcome;
use crate::row_check::RowCheck;
use crate::table::Table;
use crate::villages::KnownVillages;

/// Which system coordinates are in; as received, never converted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoordinateSystem {
    /// GPS.
    Wgs84,
    /// 国家2000, 天地图.
    Cgcs2000,
    /// 高德、腾讯.
    Gcj02,
    /// 百度.
    Bd09,
}

impl CoordinateSystem {
    /// The code of the wire and of the tables.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Cgcs2000 => "cgcs2000",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }
}

/// A position in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Of both.
    pub system: CoordinateSystem,
}

/// One checked row: an enterprise at a site.
#[derive(Debug, Clone, PartialEq)]
pub struct EnterpriseRow {
    /// Row number in the sheet.
    pub row_number: u32,
    /// Name.
    pub name: String,
    /// Twelve digits.
    pub village_code: String,
    /// Many stalls and forest sites have none.
    pub uscc: Option<Uscc>,
    /// Code of `place.type`; `enterprise` when the table says nothing.
    pub place_type: &'static str,
    /// Code of `sector`.
    pub sector: Option<&'static str>,
    /// People employed.
    pub employees: Option<u32>,
    /// 负责人 or 法定代表人.
    pub legal_rep: Option<String>,
    /// 安全管理人员.
    pub safety_officer: Option<String>,
    /// Digits only.
    pub phone: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Both coordinates and their system, or nothing.
    pub point: Option<Point>,
}

const NAME: usize = 0;
const VILLAGE: usize = 1;
const USCC: usize = 2;
const PLACE_TYPE: usize = 3;
const SECTOR: usize = 4;
const EMPLOYEES: usize = 5;
const LEGAL_REP: usize = 6;
const PHONE: usize = 7;
const ADDRESS: usize = 8;
const LONGITUDE: usize = 9;
const LATITUDE: usize = 10;
const SYSTEM: usize = 11;
const SAFETY_OFFICER: usize = 12;

/// In the order of the constants above; the first synonym heads the template.
pub(crate) const FIELDS: [Field; 13] = [
    Field {
        required: true, synonyms: &["企业名称", "单位名称", "商户名", "商户名称", "场所名称", "店名", "名称"]
    },
    Field {
        required: true,
        synonyms: &[
            "所属村（社区）",
            "所属村社区",
            "所属村居",
            "所在村（社区）",
            "村（社区）",
            "村社区",
            "村居",
            "村（居）",
            "所属社区",
            "所属村",
            "社区",
            "村",
        ],
    },
    Field { required: false, synonyms: &["统一社会信用代码", "社会信用代码", "信用代码"] },
    Field { required: false, synonyms: &["类型", "单位类型", "场所类型", "企业类型"] },
    Field { required: false, synonyms: &["行业", "行业领域", "所属行业", "行业类别"] },
    Field {
        required: false, synonyms: &["从业人数", "员工数", "从业人员数", "从业人员", "员工人数", "人数"]
    },
    Field {
        required: false, synonyms: &["负责人", "主要负责人", "企业负责人", "法人", "法定代表人", "法人代表"]
    },
    Field {
        required: false, synonyms: &["电话", "联系方式", "联系电话", "手机", "手机号", "手机号码", "负责人电话"]
    },
    Field { required: false, synonyms: &["地址", "详细地址", "单位地址", "企业地址", "经营地址"] },
    Field { required: false, synonyms: &["经度", "lng", "lon", "longitude"] },
    Field { required: false, synonyms: &["纬度", "lat", "latitude"] },
    Field { required: false, synonyms: &["坐标系", "坐标系统", "坐标类型"] },
    Field { required: false, synonyms: &["安全管理人员", "安全员", "安全负责人"] },
];

const PLACE_TYPES: [(&str, &[&str]); 7] = [
    ("enterprise", &["企业", "公司", "工厂"]),
    ("self_employed", &["个体工商户", "个体户", "个体", "商户", "个体经营者"]),
    ("unit", &["机关事业单位/人员密集场所", "机关事业单位", "事业单位", "机关单位", "人员密集场所", "单位"]),
    ("site", &["在建工程", "工地", "建筑工地"]),
    ("forest", &["林区"]),
    ("public", &["公共部位", "公共场所"]),
    ("other", &["其他"]),
];

const SECTORS: [(&str, &[&str]); 11] = [
    ("traffic", &["交通运输", "交通"]),
    ("construction", &["建设施工", "建筑施工", "建筑", "建设"]),
    ("hazchem", &["危险化学品", "危化品", "危化"]),
    ("industry", &["工贸", "工贸行业"]),
    ("gas", &["燃气", "城镇燃气"]),
    ("fire", &["消防安全", "消防"]),
    ("municipal", &["城市管理", "城管"]),
    ("forest", &["林区", "林业", "森林"]),
    ("fireworks", &["烟花爆竹"]),
    ("care", &["养老机构", "养老"]),
    ("other", &["其他"]),
];

const SYSTEMS: [(CoordinateSystem, &[&str]); 4] = [
    (CoordinateSystem::Wgs84, &["wgs84", "wgs-84", "gps"]),
    (CoordinateSystem::Cgcs2000, &["cgcs2000", "国家2000", "2000", "天地图"]),
    (CoordinateSystem::Gcj02, &["gcj02", "gcj-02", "高德", "腾讯", "国测局", "火星坐标"]),
    (CoordinateSystem::Bd09, &["bd09", "bd-09", "百度"]),
];

/// Checks every row of a table of enterprises.
#[must_use]
pub fn enterprises(table: &Table, villages: &KnownVillages) -> ImportOutcome<EnterpriseRow> {
    let mut outcome = ImportOutcome::new();
    let Some(headings) = Headings::find(table, &FIELDS, &mut outcome) else { return outcome };
    let mut seen = Seen::default();
    for row in headings.data_rows(table, NAME, &mut outcome) {
        let mut check = RowCheck { row, headings: &headings, fields: &FIELDS, outcome: &mut outcome, failed: false };
        let read = read_row(&mut check, villages);
        if let Some(read) = &read {
            seen.check(&mut check, read);
        }
        let failed = check.failed;
        if let Some(read) = read.filter(|_| !failed) {
            outcome.push(read);
        }
    }
    outcome
}

fn read_row(check: &mut RowCheck<'_, EnterpriseRow>, villages: &KnownVillages) -> Option<EnterpriseRow> {
    const NAME_CHARACTERS_MAX: usize = 100;
    const ADDRESS_CHARACTERS_MAX: usize = 200;
    let name = check.short_text(NAME, NAME_CHARACTERS_MAX);
    let village_code = check.village(VILLAGE, villages);
    let uscc = check.text(USCC).and_then(|text| {
        let read = Uscc::parse(&text);
        read.map_err(|error| check.fail(USCC, format!("{error}；没有代码的请留空"))).ok()
    });
    let place_type = choice(check, PLACE_TYPE, &PLACE_TYPES).unwrap_or("enterprise");
    let sector = choice(check, SECTOR, &SECTORS);
    let employees = employees(check);
    let legal_rep = check.person_name(LEGAL_REP);
    let safety_officer = check.person_name(SAFETY_OFFICER);
    let phone = check.phone(PHONE);
    let address = check.short_text(ADDRESS, ADDRESS_CHARACTERS_MAX);
    let point = point(check);
    Some(EnterpriseRow {
        row_number: check.row.number,
        name: name?,
        village_code: village_code?,
        uscc,
        place_type,
        sector,
        employees,
        legal_rep,
        safety_officer,
        phone,
        address,
        point,
    })
}

/// The code whose words, or which itself, the field holds.
fn choice<C: ChoiceCode, const N: usize>(
    check: &mut RowCheck<'_, EnterpriseRow>,
    field: usize,
    choices: &[(C, &'static [&'static str]); N],
) -> Option<C> {
    let text = check.text(field)?;
    let wanted = key(&text);
    let found =
        choices.iter().find(|(code, words)| code.code() == wanted || words.iter().any(|word| key(word) == wanted));
    if found.is_none() {
        let allowed = choices.iter().filter_map(|(_, words)| words.first().copied()).collect::<Vec<_>>().join("、");
        check.fail(field, format!("不在可选范围，可填：{allowed}"));
    }
    found.map(|(code, _)| *code)
}

/// What a choice is called on the wire.
trait ChoiceCode: Copy {
    fn code(&self) -> &'static str;
}

impl ChoiceCode for &'static str {
    fn code(&self) -> &'static str {
        self
    }
}

impl ChoiceCode for CoordinateSystem {
    fn code(&self) -> &'static str {
        (*self).code()
    }
}

fn employees(check: &mut RowCheck<'_, EnterpriseRow>) -> Option<u32> {
    const EMPLOYEES_MAX: u32 = 100_000;
    let text = check.text(EMPLOYEES)?;
    let number =
        text.trim_end_matches(['人', '名']).trim().parse::<u32>().ok().filter(|number| *number <= EMPLOYEES_MAX);
    if number.is_none() {
        check.fail(EMPLOYEES, "人数应为整数，如 12；不清楚的请留空");
    }
    number
}

fn point(check: &mut RowCheck<'_, EnterpriseRow>) -> Option<Point> {
    // Wide enough for every place in China, narrow enough to notice exchanged columns.
    const LONGITUDES: std::ops::RangeInclusive<f64> = 73.0..=136.0;
    const LATITUDES: std::ops::RangeInclusive<f64> = 3.0..=54.0;
    let (longitude, latitude) = (check.text(LONGITUDE), check.text(LATITUDE));
    let system = choice(check, SYSTEM, &SYSTEMS);
    let (longitude, latitude) = match (longitude, latitude) {
        (None, None) => return None,
        (Some(longitude), Some(latitude)) => (longitude, latitude),
        (Some(_), None) => {
            check.fail(LATITUDE, "有经度没有纬度，请补上或都留空");
            return None;
        }
        (None, Some(_)) => {
            check.fail(LONGITUDE, "有纬度没有经度，请补上或都留空");
            return None;
        }
    };
    let (Ok(longitude), Ok(latitude)) = (longitude.parse::<f64>(), latitude.parse::<f64>()) else {
        check.fail(LONGITUDE, "经纬度应为小数，如 108.66、31.95");
        return None;
    };
    if LONGITUDES.contains(&latitude) && LATITUDES.contains(&longitude) {
        check.fail(LONGITUDE, "经度和纬度填反了，请对调");
        return None;
    }
    if !LONGITUDES.contains(&longitude) || !LATITUDES.contains(&latitude) {
        check.fail(LONGITUDE, "经纬度不在国内，请核对");
        return None;
    }
    if check.headings.text(check.row, SYSTEM).is_empty() {
        check.fail(SYSTEM, "填了经纬度就要注明坐标系：WGS84、国家2000、高德或百度，否则位置会差几百米");
        return None;
    }
    Some(Point { latitude, longitude, system: system? })
}

/// What earlier rows of the file said, with their row numbers.
#[derive(Default)]
struct Seen {
    name_in_village: HashMap<(String, String), u32>,
    code_in_village: HashMap<(Uscc, String), u32>,
    name_of_code: HashMap<Uscc, (String, u32)>,
}

impl Seen {
    fn check(&mut self, check: &mut RowCheck<'_, EnterpriseRow>, read: &EnterpriseRow) {
        let number = read.row_number;
        let name = key(&read.name);
        if let Some(earlier) = self.name_in_village.insert((name.clone(), read.village_code.clone()), number) {
            check.fail(NAME, format!("与第{earlier}行重复（同一村（社区）、同一名称），请只留一行"));
            return;
        }
        let Some(uscc) = &read.uscc else { return };
        if let Some(earlier) = self.code_in_village.insert((uscc.clone(), read.village_code.clone()), number) {
            check.fail(USCC, format!("与第{earlier}行的代码相同，请核对是否同一家"));
            return;
        }
        let (first_name, earlier) = self.name_of_code.entry(uscc.clone()).or_insert((name.clone(), number));
        if *first_name != name {
            let message = format!("与第{earlier}行的代码相同而名称不同，请核对");
            check.fail(USCC, message);
        }
    }
}
