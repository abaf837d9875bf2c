//! The task (任务): a visit that somebody is asked to make, or something they are reminded of. What a newcomer gets wrong: nobody ticks one off;
//! a visit that names it is its end, a reminder ends with what it reminded of, and no number of a form depends on either.

use super::FieldType::{Code, Day, Flag, Object, Reference, Text};
use super::MergeRule::{Ask, KeepBoth, TrueWins};
use super::Required::{Always, No, When};
use super::codes::*;
use super::kinds::{by, field};
use super::{FieldSpec, KindSpec, Ownership};
use crate::workflow::ASSIGNERS;

pub(super) const TASK: KindSpec = KindSpec {
    name: "task",
    title_zh: "任务（派查、提醒）",
    ownership: Ownership::Shared,
    carries_photos: false,
    number_prefix: None,
    initial_state: None,
    fields: &[
        assigned(field("what", "任务类型", Code(TASK_KINDS), Ask, Always)),
        assigned(field("visit_kind", "排查类型", Code(INSPECTION_KINDS), Ask, When("what", &["inspect"]))),
        assigned(field("place", "排查场所", Reference("place"), Ask, No)),
        assigned(field("free_place", "排查地点（未登记）", Object, Ask, No)),
        assigned(field("reminds", "提醒事项", Code(REMINDED_OF), Ask, When("what", &["remind"]))),
        assigned(field("hazard", "隐患", Reference("hazard"), Ask, No)),
        assigned(field("form_kind", "表", Text, Ask, No)),
        assigned(field("month", "月份", Text, Ask, No)),
        assigned(field("text", "提醒内容", Text, Ask, No)),
        assigned(field("assignee", "承办人", Object, Ask, No)),
        assigned(field("assigned_by", "派发人", Object, Ask, No)),
        assigned(field("due", "完成时限", Day, Ask, Always)),
        assigned(field("note", "工作要求", Text, Ask, No)),
        assigned(field("cancelled", "已取消", Flag, TrueWins, No)),
        assigned(field("cancelled_reason", "取消原因", Text, KeepBoth, No)),
    ],
};

const fn assigned(spec: FieldSpec) -> FieldSpec {
    by(spec, ASSIGNERS)
}
