//! Records of one scene, owned by the phone that made them until it submits: the inspection (排查记录) and the review (复查). What a
//! newcomer gets wrong: after submission everything else is a supplement, and a wrong 不符合 is corrected by two people, never edited.

use super::FieldType::{Code, Codes, Day, Fix, Flag, Instant, Object, Reference, References, Text, Texts};
use super::MergeRule::{Append, Ask, BestFix, Earliest, KeepBoth, Latest, MaxDanger, TrueWins, Union};
use super::Required::{Always, No, Submitted, Unless};
use super::codes::*;
use super::kinds::{by, field, guarded, server};
use super::{Guarding, KindSpec, Ownership};
use crate::role::Role;
use crate::workflow::OFFICE_AND_LEADER;

pub(super) const INSPECTION: KindSpec = KindSpec {
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
        field("task", "所派任务", Reference("task"), Ask, No),
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
        guarded(
            field("answer.*", "检查项", Code(FINDINGS), MaxDanger(FINDINGS), No),
            Guarding::Safer(OFFICE_AND_LEADER),
        ),
        guarded(
            field("finding.*", "抽查发现", Code(FINDINGS), MaxDanger(FINDINGS), No),
            Guarding::Safer(OFFICE_AND_LEADER),
        ),
        field("finding_note.*", "抽查情况说明", Text, KeepBoth, No),
        field("summary", "有无重大隐患及隐患描述", Text, KeepBoth, No),
        field("handling", "处置情况及建议", Text, KeepBoth, No),
        field("remark", "备注", Text, KeepBoth, No),
        field("joint_visit", "联合检查", References("inspection"), Union, No),
        guarded(field("voided", "误录作废", Flag, TrueWins, No), Guarding::Always(OFFICE_AND_LEADER)),
        field("voided_reason", "作废原因", Text, KeepBoth, No),
        server("integrity", "真实性提示", Object),
        field("explanation.*", "情况说明（申诉）", Text, Append, No),
        by(field("cleared.*", "提示处理结论", Text, KeepBoth, No), &[Role::R3]),
    ],
};

pub(super) const REVIEW: KindSpec = KindSpec {
    name: "review",
    title_zh: "复查记录",
    ownership: Ownership::UntilSubmitted,
    carries_photos: true,
    number_prefix: None,
    initial_state: None,
    fields: &[
        field("hazard", "隐患", Reference("hazard"), Ask, Always),
        field("reviewers", "复查人员", Texts, Union, Always),
        field("reviewed_at", "复查时间", Instant, Earliest, Always),
        field("fix", "定位", Fix, BestFix, Unless("no_fix_reason")),
        field("no_fix_reason", "无定位原因", Text, KeepBoth, No),
        field("no_photo_reason", "无照片原因", Text, KeepBoth, No),
        field("verdict", "复查结论", Code(VERDICTS), MaxDanger(VERDICTS), Always),
        field("opinion", "复查意见", Text, KeepBoth, Always),
        field("new_deadline", "重新整改时限", Day, Earliest, No),
        field("remark", "备注", Text, Append, No),
    ],
};
