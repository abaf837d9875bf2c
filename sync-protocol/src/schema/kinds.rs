//! The table itself: every kind and field there is, with the wording of domain 2.3 and 2.4 and the rules of domain 4.2.
//! Codes and field names are stable for ever; a new one is added at the end of its list (orders of danger excepted).

use super::FieldType::{
    self, Code, Codes, Day, Fix, Flag, Instant, Integer, Object, Reference, References, Text, Texts,
};
use super::MergeRule::{
    self, Append, Ask, BestFix, Earliest, KeepBoth, Latest, Longest, MaxDanger, MostOpen, ServerOnly, TrueWins, Union,
};
use super::Required::{self, Always, No, Submitted, Unless, When};
use super::{FieldSpec, KindSpec, Ownership, Writers};

/// 行动 A1 to A7 of the notice.
pub const ACTIONS: &[&str] = &["A1", "A2", "A3", "A4", "A5", "A6", "A7"];
/// 行业领域.
pub const SECTORS: &[&str] = &[
    "traffic",
    "construction",
    "hazchem",
    "industry",
    "gas",
    "fire",
    "municipal",
    "forest",
    "fireworks",
    "care",
    "other",
];
/// 场所类型.
pub const PLACE_TYPES: &[&str] = &["enterprise", "self_employed", "unit", "site", "forest", "public", "other"];
/// 排查类型.
pub const INSPECTION_KINDS: &[&str] = &[
    "patrol",
    "special",
    "spot",
    "open",
    "covert",
    "supervise",
    "leader",
    "review",
    "guide",
    "self_day",
    "self_week",
    "self_month",
];
/// 未能检查的原因.
pub const BLOCKED_REASONS: &[&str] = &[
    "locked",
    "not_found",
    "moved",
    "stopped",
    "closed",
    "sealed",
    "demolished",
    "vacant",
    "renovating",
    "refused",
    "ex_zone",
    "other",
];
/// 隐患等级, safest first.
pub const LEVELS: &[&str] = &["general", "suspected", "major_direct", "major_collective"];
/// 隐患来源: the enterprise's own first.
pub const ORIGINS: &[&str] = &[
    "self_day",
    "self_week",
    "self_month",
    "self_special",
    "self_staff",
    "self_expert",
    "village",
    "street",
    "dept",
    "county",
    "spot",
    "covert",
    "expert",
    "tip_public",
    "tip_internal",
    "assigned",
    "media",
];
/// 整改方式, mildest first.
pub const FIX_MODES: &[&str] = &["instant", "timed", "stop"];
/// 管控措施, weakest first.
pub const CONTROLS: &[&str] = &["none", "warned", "guarded", "partial_stop", "stopped", "evacuated"];
/// 隐患状态, most settled first.
pub const HAZARD_STATES: &[&str] = &["void", "closed", "accepted", "verify", "fixing", "plan", "reg"];
/// 抽查发现: N wins over U over Y over NA.
pub const FINDINGS: &[&str] = &["NA", "Y", "U", "N"];
/// 场所状态: 在业 wins, so that it keeps being inspected.
pub const PLACE_STATUSES: &[&str] = &["closed", "stopped", "open"];
/// 照片用途.
pub const PHOTO_ROLES: &[&str] = &["site", "before", "after", "sign", "ticket", "cert", "other"];
/// 照片来源.
pub const PHOTO_SOURCES: &[&str] = &["camera_inapp", "album", "file"];
/// 照片原件: has the server got the bytes?
pub const PHOTO_STATES: &[&str] = &["declared", "stored"];

const fn field(
    name: &'static str,
    title_zh: &'static str,
    holds: FieldType,
    rule: MergeRule,
    required: Required,
) -> FieldSpec {
    FieldSpec { name, title_zh, holds, rule, writers: Writers::Anyone, required }
}

const fn server(name: &'static str, title_zh: &'static str, holds: FieldType) -> FieldSpec {
    FieldSpec { name, title_zh, holds, rule: ServerOnly, writers: Writers::Server, required: No }
}

const fn declared(name: &'static str, title_zh: &'static str, holds: FieldType) -> FieldSpec {
    FieldSpec { name, title_zh, holds, rule: Ask, writers: Writers::Declaration, required: Always }
}

/// Every record kind.
pub const KINDS: &[KindSpec] = &[PLACE, INSPECTION, HAZARD, PHOTO];

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
        field("uscc", "统一社会信用代码", Text, Ask, No),
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
    ],
};

const INSPECTION: KindSpec = KindSpec {
    name: "inspection",
    title_zh: "排查记录",
    ownership: Ownership::UntilSubmitted,
    carries_photos: true,
    number_prefix: None,
    initial_state: None,
    fields: &[
        field("kind", "排查类型", Code(INSPECTION_KINDS), Ask, Always),
        field("campaign", "专项行动", Text, Ask, No),
        field("actions", "行动", Codes(ACTIONS), Union, No),
        field("place", "排查场所", Reference("place"), Ask, Unless("free_place")),
        field("free_place", "排查地点（未登记）", Object, Ask, No),
        field("inspecting_unit", "排查单位", Text, Ask, Always),
        field("inspectors", "排查人员", Texts, Union, Always),
        field("led_by", "带队领导", Text, Ask, No),
        field("started_at", "开始时间", Instant, Earliest, Always),
        field("ended_at", "结束时间", Instant, Latest, Submitted),
        field("fix", "定位", Fix, BestFix, Unless("no_fix_reason")),
        field("no_fix_reason", "无定位原因", Text, KeepBoth, No),
        field("no_photo_reason", "无照片原因", Text, KeepBoth, No),
        field("blocked_reason", "未能检查原因", Code(BLOCKED_REASONS), Ask, No),
        field("checklist_version", "检查表版本", Text, Ask, No),
        field("answer.*", "检查项", Code(FINDINGS), MaxDanger(FINDINGS), No),
        field("finding.*", "抽查发现", Code(FINDINGS), MaxDanger(FINDINGS), No),
        field("summary", "有无重大隐患及隐患描述", Text, KeepBoth, No),
        field("handling", "处置情况及建议", Text, KeepBoth, No),
        field("remark", "备注", Text, KeepBoth, No),
        field("joint_visit", "联合检查", References("inspection"), Union, No),
    ],
};

const HAZARD: KindSpec = KindSpec {
    name: "hazard",
    title_zh: "隐患",
    ownership: Ownership::Shared,
    carries_photos: true,
    number_prefix: Some("YH"),
    initial_state: Some("reg"),
    fields: &[
        field("inspection", "排查记录", Reference("inspection"), Ask, No),
        field("campaign", "专项行动", Text, Ask, No),
        field("place", "场所", Reference("place"), Ask, Unless("free_place")),
        field("free_place", "地点（未登记）", Object, Ask, No),
        field("position_text", "部位", Text, KeepBoth, Always),
        field("fix", "定位", Fix, BestFix, Unless("no_fix_reason")),
        field("no_fix_reason", "无定位原因", Text, KeepBoth, No),
        field("no_photo_reason", "无照片原因", Text, KeepBoth, No),
        field("description", "隐患描述", Text, Longest, Always),
        field("found_at", "发现时间", Instant, Earliest, Always),
        field("finders", "发现人", Texts, Union, Always),
        field("origin", "来源", Code(ORIGINS), MaxDanger(ORIGINS), Always),
        field("level", "等级", Code(LEVELS), MaxDanger(LEVELS), Always),
        field("criterion_ids", "判定标准", Texts, Union, When("level", &["major_direct"])),
        field("sector", "行业领域", Codes(SECTORS), Union, No),
        field("actions", "行动", Codes(ACTIONS), Union, No),
        field("fix_mode", "整改方式", Code(FIX_MODES), MaxDanger(FIX_MODES), No),
        field("deadline", "整改时限", Day, Earliest, No),
        field(
            "control",
            "管控措施",
            Code(CONTROLS),
            MaxDanger(CONTROLS),
            When("level", &["suspected", "major_direct", "major_collective"]),
        ),
        field("suggestion", "处置建议", Text, KeepBoth, No),
        field("remark", "备注", Text, Append, No),
        field("state", "状态", Code(HAZARD_STATES), MostOpen(HAZARD_STATES), No),
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
    ],
};
