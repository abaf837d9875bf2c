//! Checks a table of people (人员名册) who are to get accounts. What a newcomer gets wrong: the role of the system
//! administrator is never given by a table, since whoever can edit a spreadsheet could then make one.

use std::collections::HashMap;

use crate::cells::key;
use crate::columns::{Field, Headings};
use crate::outcome::ImportOutcome;
use crate::row_check::RowCheck;
use crate::table::Table;
use crate::villages::KnownVillages;

/// One checked row: a person to be given an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Row number in the sheet.
    pub row_number: u32,
    /// Real name.
    pub name: String,
    /// Digits only.
    pub phone: String,
    /// Role codes such as `R1`, without repetition, in the order of the table.
    pub roles: Vec<&'static str>,
    /// Village codes, without repetition; at least one for `R1` and `R2`.
    pub villages: Vec<String>,
    /// Login name in small letters; the phone number when the table gives none.
    pub login: String,
}

const NAME: usize = 0;
const PHONE: usize = 1;
const ROLES: usize = 2;
const VILLAGES: usize = 3;
const LOGIN: usize = 4;

/// In the order of the constants above; the first synonym heads the template.
pub(crate) const FIELDS: [Field; 5] = [
    Field { required: true, synonyms: &["姓名", "人员姓名", "名字"] },
    Field {
        required: true, synonyms: &["电话", "手机号", "手机", "手机号码", "联系电话", "联系方式"]
    },
    Field { required: true, synonyms: &["角色", "岗位", "职责", "身份"] },
    Field {
        required: false,
        synonyms: &[
            "所属村（社区）",
            "负责村（社区）",
            "所属村社区",
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
    Field { required: false, synonyms: &["登录名", "账号", "用户名"] },
];

/// The administrator (R10) and the anonymous reporter (R9) are left out on purpose.
const ROLE_WORDS: [(&str, &[&str]); 9] = [
    ("R1", &["排查员", "网格员", "排查员/网格员"]),
    ("R2", &["村（社区）负责人", "村负责人", "社区负责人", "村社区负责人"]),
    ("R3", &["街道专班", "应急办", "专班", "街道专班/应急办"]),
    ("R4", &["街道领导", "分管领导", "主要领导"]),
    ("R5", &["行业站所", "站所", "科室", "行业站所/科室"]),
    ("R6", &["县级", "县安委办", "县级部门"]),
    ("R7", &["企业", "企业负责人", "企业安全员", "企业主要负责人"]),
    ("R8", &["专家", "第三方", "专家/第三方"]),
    ("R11", &["审计", "纪检", "审计/纪检"]),
];

/// Several roles or villages in one cell are separated by these.
const SEPARATORS: [char; 6] = ['、', '，', ',', ';', '；', '\n'];

/// Checks every row of a table of people.
#[must_use]
pub fn people(table: &Table, villages: &KnownVillages) -> ImportOutcome<PersonRow> {
    let mut outcome = ImportOutcome::new();
    let Some(headings) = Headings::find(table, &FIELDS, &mut outcome) else { return outcome };
    let (mut logins, mut phones) = (HashMap::new(), HashMap::new());
    for row in headings.data_rows(table, NAME, &mut outcome) {
        let mut check = RowCheck { row, headings: &headings, fields: &FIELDS, outcome: &mut outcome, failed: false };
        let read = read_row(&mut check, villages);
        if let Some(read) = &read {
            if let Some(earlier) = phones.insert(read.phone.clone(), read.row_number) {
                check.fail(PHONE, format!("与第{earlier}行的电话相同；一人有几个角色请写在同一行，用顿号分开"));
            } else if let Some(earlier) = logins.insert(read.login.clone(), read.row_number) {
                check.fail(LOGIN, format!("与第{earlier}行的登录名相同，请改一个"));
            }
        }
        let failed = check.failed;
        if let Some(read) = read.filter(|_| !failed) {
            outcome.push(read);
        }
    }
    outcome
}

fn read_row(check: &mut RowCheck<'_, PersonRow>, villages: &KnownVillages) -> Option<PersonRow> {
    let name = check.person_name(NAME);
    let phone = check.phone(PHONE);
    let roles = roles(check);
    let village_codes = village_codes(check, villages);
    let login = login(check);
    let needs_village = roles.as_ref().is_some_and(|roles| roles.iter().any(|role| matches!(*role, "R1" | "R2")));
    if needs_village && village_codes.as_ref().is_some_and(Vec::is_empty) {
        check.fail(VILLAGES, "排查员、村（社区）负责人必须填写所属村（社区）");
        return None;
    }
    let (phone, login) = (phone?, login?);
    Some(PersonRow {
        row_number: check.row.number,
        name: name?,
        roles: roles?,
        villages: village_codes?,
        login: login.unwrap_or_else(|| phone.clone()),
        phone,
    })
}

fn roles(check: &mut RowCheck<'_, PersonRow>) -> Option<Vec<&'static str>> {
    let text = check.text(ROLES)?;
    let mut roles = Vec::new();
    for word in parts(&text) {
        let wanted = key(word);
        if matches!(wanted.as_str(), "r10" | "系统管理员" | "管理员") {
            check.fail(ROLES, "系统管理员不能用表格导入，请由现有管理员在后台单独授权");
            return None;
        }
        let found =
            ROLE_WORDS.iter().find(|(code, words)| key(code) == wanted || words.iter().any(|word| key(word) == wanted));
        let Some((code, _)) = found else {
            let allowed =
                ROLE_WORDS.iter().filter_map(|(_, words)| words.first().copied()).collect::<Vec<_>>().join("、");
            check.fail(ROLES, format!("没有角色“{word}”，可填：{allowed}"));
            return None;
        };
        if !roles.contains(code) {
            roles.push(*code);
        }
    }
    Some(roles)
}

/// The codes of all villages of the cell; empty when blank, `None` after an error.
fn village_codes(check: &mut RowCheck<'_, PersonRow>, villages: &KnownVillages) -> Option<Vec<String>> {
    let before = check.failed;
    check.failed = false;
    let text = check.text(VILLAGES);
    let broken = check.failed;
    check.failed |= before;
    let Some(text) = text else { return (!broken).then(Vec::new) };
    let mut codes: Vec<String> = Vec::new();
    for name in parts(&text) {
        match villages.find(name) {
            Ok(code) if codes.iter().any(|known| known == code) => {}
            Ok(code) => codes.push(code.to_owned()),
            Err(miss) => {
                check.fail(VILLAGES, format!("“{name}”：{}", villages.message_zh(miss)));
                return None;
            }
        }
    }
    Some(codes)
}

/// `Some(None)` when the table gives no login name, `None` after an error.
fn login(check: &mut RowCheck<'_, PersonRow>) -> Option<Option<String>> {
    const LOGIN_CHARACTERS: std::ops::RangeInclusive<usize> = 3..=32;
    let Some(text) = check.text(LOGIN) else { return Some(None) };
    let login = text.to_ascii_lowercase();
    let legal = login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if legal && LOGIN_CHARACTERS.contains(&login.len()) {
        return Some(Some(login));
    }
    check.fail(LOGIN, "登录名应为3到32位字母、数字、点、横线或下划线；留空则用手机号登录");
    None
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty())
}
