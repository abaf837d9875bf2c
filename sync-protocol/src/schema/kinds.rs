//! The kinds themselves and how their fields are written down. What a newcomer gets wrong: field names are stable for ever, and a name
//! ending in `.*` is one entry for all fields with that prefix.

use super::FieldType::{self, Code, Codes, Fix, Flag, Instant, Integer, Object, Text, Texts};
use super::MergeRule::{self, Append, Ask, BestFix, KeepBoth, MostOpen, ServerOnly, TrueWins, Union};
use super::Required::{self, Always, No};
use super::codes::*;
use super::hazard::HAZARD;
use super::inspection::{INSPECTION, REVIEW};
use super::task::TASK;
use super::{FieldSpec, Guarding, KindSpec, Ownership, Writers};
use crate::role::Role;
use crate::workflow::OFFICE;

pub(super) const fn field(
    name: &'static str,
    title_zh: &'static str,
    holds: FieldType,
    rule: MergeRule,
    required: Required,
) -> FieldSpec {
    FieldSpec { name, title_zh, holds, rule, writers: Writers::Anyone, guarding: Guarding::Open, required }
}

/// The same field, with changes that wait for people.
pub(super) const fn guarded(spec: FieldSpec, guarding: Guarding) -> FieldSpec {
    FieldSpec { guarding, ..spec }
}

/// The same field, written by these roles alone.
pub(super) const fn by(spec: FieldSpec, roles: &'static [Role]) -> FieldSpec {
    FieldSpec { writers: Writers::Roles(roles), ..spec }
}

pub(super) const fn server(name: &'static str, title_zh: &'static str, holds: FieldType) -> FieldSpec {
    FieldSpec {
        name,
        title_zh,
        holds,
        rule: ServerOnly,
        writers: Writers::Server,
        guarding: Guarding::Open,
        required: No,
    }
}

const fn declared(name: &'static str, title_zh: &'static str, holds: FieldType) -> FieldSpec {
    FieldSpec {
        name,
        title_zh,
        holds,
        rule: Ask,
        writers: Writers::Declaration,
        guarding: Guarding::Open,
        required: Always,
    }
}

/// Every record kind.
pub const KINDS: &[KindSpec] = &[PLACE, INSPECTION, HAZARD, PHOTO, REVIEW, FORM, TASK];

const PLACE: KindSpec = KindSpec {
    name: "place",
    title_zh: "场所（企业、个体工商户、单位、林区等）",
    ownership: Ownership::Shared,
    carries_photos: true,
    number_prefix: None,
    initial_state: None,
    fields: &[
        field("name", "名称", Text, Ask, Always),
        field("place_type", "类型", Code(PLACE_TYPES), Ask, Always),
        // Enterprises count once by it, so one that stands is changed by the office.
        guarded(field("uscc", "统一社会信用代码", Text, Ask, No), Guarding::Change(OFFICE)),
        field("sector", "行业领域", Code(SECTORS), Ask, No),
        field("address", "地址", Text, KeepBoth, No),
        field("employees", "从业人数", Integer, Ask, No),
        field("high_risk", "高危行业", Flag, TrueWins, No),
        field("crowded_place", "人员密集场所", Flag, TrueWins, No),
        field("fire_key_unit", "消防重点单位", Flag, TrueWins, No),
        field("legal_rep", "主要负责人", Text, Ask, No),
        field("safety_officer", "安全管理人员", Text, Ask, No),
        field("phones", "联系电话", Texts, Union, No),
        field("point", "位置", Fix, BestFix, No),
        field("status", "经营状态", Code(PLACE_STATUSES), MostOpen(PLACE_STATUSES), No),
        field("aliases", "别名", Texts, Union, No),
        field("remark", "备注", Text, Append, No),
        field("radius_m", "场所半径（米）", Integer, Ask, No),
        by(field("point_confirmed", "位置已核实", Flag, TrueWins, No), &[Role::R2, Role::R3, Role::R5]),
    ],
};

const PHOTO: KindSpec = KindSpec {
    name: "photo",
    title_zh: "照片",
    ownership: Ownership::Shared,
    carries_photos: false,
    number_prefix: None,
    initial_state: None,
    fields: &[
        declared("sha256", "原件摘要", FieldType::Sha256),
        declared("bytes", "字节数", Integer),
        declared("mime", "类型", Text),
        field("taken_at", "拍摄时间（手机）", Instant, Ask, No),
        field("fix", "定位（手机）", Fix, BestFix, No),
        field("source", "来源", Code(PHOTO_SOURCES), Ask, No),
        field("roles", "用途", Codes(PHOTO_ROLES), Union, No),
        field("caption", "说明", Text, KeepBoth, No),
        server("state", "原件状态", Code(PHOTO_STATES)),
        server("derived", "派生结果", Object),
        by(field("written_off", "缺失照片已核销", Flag, TrueWins, No), &[Role::R3]),
        by(field("written_off_reason", "核销原因", Text, KeepBoth, No), &[Role::R3]),
    ],
};

/// A monthly form of an area: what happened to it, event by event. Only the server writes it, for the people who act at the console.
const FORM: KindSpec = KindSpec {
    name: "form",
    title_zh: "月度表",
    ownership: Ownership::Shared,
    carries_photos: false,
    number_prefix: None,
    initial_state: None,
    fields: &[
        server("form_kind", "表", Text),
        server("area", "村（社区）或街道", Text),
        server("month", "月份", Text),
        server("event.*", "办理记录", Object),
    ],
};
