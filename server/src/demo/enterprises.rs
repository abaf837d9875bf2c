//! The table of enterprises and shops as an office would have it: a CSV with Chinese headings, which goes through the import like any other.
//! Names, addresses and codes are invented; the codes have right check digits and a county that does not exist.

use super::chance::Chance;
use super::ground::{VILLAGES, inside};
use super::words::{SHOPS, STEMS, WORKS};

const HEADINGS: &str =
    "企业名称,所属村（社区）,统一社会信用代码,类型,行业,从业人数,负责人,电话,地址,经度,纬度,坐标系,安全管理人员";

/// The table.
pub(super) fn csv(count: u32) -> Vec<u8> {
    let mut chance = Chance::named("enterprises");
    let mut lines = vec![format!("\u{feff}{HEADINGS}")];
    lines.extend((0..count).map(|index| line(index, &mut chance)));
    lines.join("\r\n").into_bytes()
}

fn line(index: u32, chance: &mut Chance) -> String {
    let home = usize::try_from(index).unwrap_or(0) % VILLAGES.len();
    let is_shop = chance.percent(45);
    let (what, sector) = if is_shop { *chance.pick(&SHOPS) } else { *chance.pick(&WORKS) };
    let stem = chance.pick(&STEMS);
    let owner = format!("业主{}", index + 1);
    let name = format!("演示{stem}{what}{}号", index + 1);
    let has_code = !is_shop || chance.percent(60);
    let code = if has_code { credit_code(index, is_shop) } else { String::new() };
    let employees = if is_shop { 1 + chance.below(6) } else { 4 + chance.below(60) };
    let (lat, lon) = inside(home, chance);
    let columns = [
        name,
        VILLAGES[home].name.to_owned(),
        code,
        if is_shop { "个体工商户" } else { "企业" }.to_owned(),
        sector.to_owned(),
        employees.to_string(),
        letters(&owner),
        format!("000{index:08}"),
        format!("云岫街道{stem}路{}号（虚构）", 1 + chance.below(180)),
        lon.to_string(),
        lat.to_string(),
        "WGS84".to_owned(),
        if is_shop { String::new() } else { letters(&format!("安全员{}", index + 1)) },
    ];
    columns.join(",")
}

/// A name may not contain digits.
fn letters(text: &str) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let spell = |letter: char| letter.to_digit(10).and_then(|digit| DIGITS.get(usize::try_from(digit).ok()?).copied());
    text.chars().map(|letter| spell(letter).unwrap_or(letter)).collect()
}

/// A code of the unassigned county 500299 with right check digits.
fn credit_code(index: u32, is_shop: bool) -> String {
    let organisation = format!("MA{:06}", 100_000 + index);
    let body =
        format!("{}500299{organisation}{}", if is_shop { "92" } else { "91" }, organisation_check(&organisation));
    let check = checked(&body, |position| 3_u32.pow(u32::try_from(position).unwrap_or(0)) % 31, 31);
    format!("{body}{}", SYMBOLS[check])
}

const SYMBOLS: [char; 31] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N',
    'P', 'Q', 'R', 'T', 'U', 'W', 'X', 'Y',
];

fn checked(text: &str, weight: impl Fn(usize) -> u32, modulus: u32) -> usize {
    let values = text.chars().map(|letter| SYMBOLS.iter().position(|symbol| *symbol == letter).unwrap_or(0));
    let sum: u32 =
        values.enumerate().map(|(position, value)| weight(position) * u32::try_from(value).unwrap_or(0)).sum();
    usize::try_from((modulus - sum % modulus) % modulus).unwrap_or(0)
}

/// The ninth character of an organisation's own code (GB 11714), where letters count on from A = 10.
fn organisation_check(organisation: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        organisation.chars().zip(WEIGHTS).map(|(letter, weight)| letter.to_digit(36).unwrap_or(0) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paicha_imports::{KnownVillage, KnownVillages, enterprises, parse_table};

    #[test]
    fn the_import_takes_every_row() {
        let villages = VILLAGES.iter().map(|village| KnownVillage {
            code: village.code.to_owned(),
            name: village.name.to_owned(),
            aliases: Vec::new(),
        });
        let table = parse_table(&csv(600), "演示.csv").unwrap();
        let outcome = enterprises(&table, &KnownVillages::new(villages));
        assert_eq!(outcome.errors, vec![]);
        assert_eq!(outcome.good_rows(), 600);
    }
}
