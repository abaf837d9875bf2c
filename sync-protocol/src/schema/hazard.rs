//! The hazard (隐患): everything its closed loop reads stands on the one record, so that whether a step may be taken never depends on which
//! of several records arrived first. What a newcomer gets wrong: a plan, a listing or a double report is a group of fields here (`plan.*`,
//! `listed.*`, `dual.*`), not a record of its own; a review with its photos is one.

use super::FieldType::{Code, Codes, Day, Fix, Instant, Integer, Object, Reference, Text, Texts};
use super::MergeRule::{Append, Ask, BestFix, Earliest, KeepBoth, Longest, MaxDanger, MostOpen, Union};
use super::Required::{Always, No, Unless, When};
use super::codes::*;
use super::kinds::{by, field, guarded, server};
use super::{FieldSpec, Guarding, KindSpec, Ownership, Writers};
use crate::role::Role;
use crate::workflow::{
    ANYONE_THEN_LEADER, ANYONE_THEN_OFFICE, DOWNGRADE, OFFICE, OFFICE_AND_LEADER, OFFICE_NOT_FINDER,
};

pub(super) const HAZARD: KindSpec = KindSpec {
    name: "hazard",
    title_zh: "隐患",
    ownership: Ownership::Shared,
    carries_photos: true,
    number_prefix: Some("YH"),
    initial_state: Some("reg"),
    fields: &[
        guarded(field("inspection", "排查记录", Reference("inspection"), Ask, No), Guarding::Change(OFFICE)),
        field("campaign", "专项行动", Text, Ask, No),
        guarded(field("place", "场所", Reference("place"), Ask, Unless("free_place")), Guarding::Change(OFFICE)),
        field("free_place", "地点（未登记）", Object, Ask, No),
        field("position_text", "部位", Text, KeepBoth, Always),
        field("fix", "定位", Fix, BestFix, Unless("no_fix_reason")),
        field("no_fix_reason", "无定位原因", Text, KeepBoth, No),
        field("no_photo_reason", "无照片原因", Text, KeepBoth, No),
        guarded(field("description", "隐患描述", Text, Longest, Always), Guarding::Shortening(OFFICE)),
        guarded(field("found_at", "发现时间", Instant, Earliest, Always), Guarding::Change(OFFICE)),
        field("finders", "发现人", Texts, Union, Always),
        guarded(field("origin", "来源", Code(ORIGINS), MaxDanger(ORIGINS), Always), Guarding::Safer(OFFICE_AND_LEADER)),
        guarded(
            field("level", "等级", Code(LEVELS), MaxDanger(LEVELS), Always),
            Guarding::Level(OFFICE_NOT_FINDER, DOWNGRADE),
        ),
        field("criterion_ids", "判定标准", Texts, Union, When("level", &["major_direct"])),
        field("sector", "行业领域", Codes(SECTORS), Union, No),
        field("actions", "行动", Codes(ACTIONS), Union, No),
        guarded(field("fix_mode", "整改方式", Code(FIX_MODES), MaxDanger(FIX_MODES), No), Guarding::Safer(OFFICE)),
        guarded(
            field("deadline", "整改时限", Day, Earliest, No),
            Guarding::SaferByLevel(ANYONE_THEN_OFFICE, ANYONE_THEN_LEADER),
        ),
        guarded(
            field(
                "control",
                "管控措施",
                Code(CONTROLS),
                MaxDanger(CONTROLS),
                When("level", &["suspected", "major_direct", "major_collective"]),
            ),
            Guarding::Safer(OFFICE),
        ),
        field("control_measure", "管控措施说明", Text, KeepBoth, No),
        field("control_guards", "看守人员", Texts, Union, No),
        field("suggestion", "处置建议", Text, KeepBoth, No),
        field("remark", "备注", Text, Append, No),
        field("state", "状态", Code(HAZARD_STATES), MostOpen(HAZARD_STATES), No),
        // 判定.
        field("judge_members", "集体研判人员", Texts, Union, When("level", &["major_collective"])),
        field("judge_basis", "判定依据", Text, KeepBoth, No),
        // 下达整改 and 五落实; the deadline above is one of the five. Of two names both are asked, of two measures both hold, of two sums neither.
        field("notice_no", "整改通知书编号", Text, Ask, No),
        field("responsible_unit", "整改责任单位", Text, Ask, No),
        field("plan.owner", "整改责任人", Text, KeepBoth, No),
        field("plan.owner_post", "责任人职务", Text, Ask, No),
        field("plan.measures", "整改措施", Text, KeepBoth, No),
        field("plan.funds_fen", "整改资金（分）", Integer, Ask, No),
        field("plan.funds_source", "资金来源", Code(FUND_SOURCES), Ask, No),
        field("plan.contingency", "应急预案", Text, KeepBoth, No),
        field("plan.goal", "治理目标", Text, Ask, No),
        // 三环节 by 三方, as `resp.{find|treat|control}.{site|village|regulator}`.
        field("resp.*", "责任人（排查、治理、管控）", Text, KeepBoth, No),
        // 双报告.
        field("dual.regulator_unit", "报告的监管部门", Text, Ask, No),
        field("dual.regulator_at", "报告监管部门时间", Instant, Earliest, No),
        field("dual.regulator_ack_at", "监管部门签收时间", Instant, Earliest, No),
        field("dual.workers_body", "报告的职工会议", Code(WORKERS_BODIES), Ask, No),
        field("dual.workers_at", "报告职工会议时间", Instant, Earliest, No),
        field("dual.situation", "隐患现状及产生原因", Text, Ask, No),
        field("dual.harm", "危害程度和整改难易程度", Text, Ask, No),
        field("dual.scheme", "治理方案", Text, Ask, No),
        field("dual.signed_by", "签字的主要负责人", Text, Ask, No),
        // 整改 and 复查.
        field("work_done", "整改情况", Text, KeepBoth, No),
        field("spent_fen", "实际投入资金（分）", Integer, Ask, No),
        field("closure", "销号依据", Code(CLOSURES), Ask, No),
        field("analogies", "举一反三排查情况", Text, KeepBoth, No),
        // 挂牌督办 by each level of government: the authority's own record.
        by(field("listed.town", "街道挂牌", Object, Ask, No), &[Role::R4]),
        by(field("listed.county", "县级挂牌", Object, Ask, No), &[Role::R6]),
        by(field("listed.city", "市级挂牌", Object, Ask, No), &[Role::R6]),
        by(field("listed.prov", "省级挂牌", Object, Ask, No), &[Role::R6]),
        by(field("delisted.town", "街道摘牌", Object, Ask, No), &[Role::R4]),
        by(field("delisted.county", "县级摘牌", Object, Ask, No), &[Role::R6]),
        by(field("delisted.city", "市级摘牌", Object, Ask, No), &[Role::R6]),
        by(field("delisted.prov", "省级摘牌", Object, Ask, No), &[Role::R6]),
        // 移送, 跨界, 专题字段.
        by(field("referred_to", "移送单位", Text, KeepBoth, No), &[Role::R3, Role::R4]),
        by(field("referral_doc", "移送文书", Text, KeepBoth, No), &[Role::R3, Role::R4]),
        field("crossings", "跨区域/行业/领域", Codes(CROSSINGS), Union, No),
        by(field("keeper", "责任排查员", Object, Ask, No), &[Role::R3]),
        field("lead_unit", "牵头单位", Text, Ask, No),
        field("responsible_units", "责任单位", Texts, Union, No),
        field("fire_facilities", "消防设施类别", Codes(FIRE_FACILITIES), Union, No),
        field("fire_legacies", "消防遗留问题", Codes(FIRE_LEGACIES), Union, No),
        field("fire_violations", "消防违规行为", Codes(FIRE_VIOLATIONS), Union, No),
        field("work_types", "三大作业类别", Codes(WORK_TYPES), Union, No),
        field("work_faults", "三大作业五“不”", Codes(WORK_FAULTS), Union, No),
        // 重复与复发.
        FieldSpec {
            writers: Writers::Link,
            ..guarded(field("duplicate_of", "与之重复的隐患", Reference("hazard"), Ask, No), Guarding::Always(OFFICE))
        },
        field("recurrence_of", "复发自", Reference("hazard"), Ask, No),
        // 真实性.
        server("integrity", "真实性提示", Object),
        field("explanation.*", "情况说明（申诉）", Text, Append, No),
        by(field("cleared.*", "提示处理结论", Text, KeepBoth, No), &[Role::R3]),
    ],
};
