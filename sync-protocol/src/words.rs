//! The Chinese words of every code in the schema (domain 2.3), for forms, lists and time lines. One table, beside the schema, so that
//! a phone, a form and the console never name one thing twice. What a newcomer gets wrong: a code means something only together with
//! its field; `stopped` is a control, a state of a business and a reason for not getting in.

/// Codes with their words.
pub type Words = &'static [(&'static str, &'static str)];

const ACTIONS: Words = &[
    ("A1", "属地、属事责任强化行动"),
    ("A2", "企业主要负责人依法履职行动"),
    ("A3", "小微企业安全监管服务行动"),
    ("A4", "安全监管盲区薄弱消除行动"),
    ("A5", "火灾防控“除险清患”行动"),
    ("A6", "“三大作业”集中排查整治行动"),
    ("A7", "问题清单督查检查行动"),
];
const SECTORS: Words = &[
    ("traffic", "交通运输"),
    ("construction", "建设施工"),
    ("hazchem", "危险化学品"),
    ("industry", "工贸"),
    ("gas", "燃气"),
    ("fire", "消防安全"),
    ("municipal", "城市管理"),
    ("forest", "林区"),
    ("fireworks", "烟花爆竹"),
    ("care", "养老机构"),
    ("other", "其他"),
];
const PLACE_TYPES: Words = &[
    ("enterprise", "企业"),
    ("self_employed", "个体工商户"),
    ("unit", "机关事业单位/人员密集场所"),
    ("site", "在建工程"),
    ("forest", "林区"),
    ("public", "公共部位"),
    ("other", "其他"),
];
const PLACE_STATUSES: Words = &[("closed", "关闭"), ("stopped", "停业/停产"), ("open", "在业")];
const INSPECTION_KINDS: Words = &[
    ("patrol", "日常排查"),
    ("special", "专项排查"),
    ("spot", "抽查检查"),
    ("open", "明查"),
    ("covert", "暗访"),
    ("supervise", "督导"),
    ("leader", "领导带队"),
    ("review", "复查"),
    ("guide", "指导服务"),
    ("self_day", "企业日排查"),
    ("self_week", "企业周排查"),
    ("self_month", "企业月排查"),
];
const BLOCKED_REASONS: Words = &[
    ("locked", "锁门"),
    ("not_found", "找不到"),
    ("moved", "搬迁"),
    ("stopped", "停业/停产"),
    ("closed", "关闭"),
    ("sealed", "查封"),
    ("demolished", "拆除"),
    ("vacant", "空置"),
    ("renovating", "装修"),
    ("refused", "拒绝检查"),
    ("ex_zone", "防爆区无法拍照"),
    ("other", "其他"),
];
const LEVELS: Words = &[
    ("general", "一般"),
    ("suspected", "疑似重大"),
    ("major_direct", "重大（直接判定）"),
    ("major_collective", "重大（集体/综合判定）"),
];
const ORIGINS: Words = &[
    ("self_day", "企业日排查"),
    ("self_week", "企业周排查"),
    ("self_month", "企业月排查"),
    ("self_special", "企业专项/举一反三"),
    ("self_staff", "员工报告"),
    ("self_expert", "企业自聘专家"),
    ("village", "村（社区）排查"),
    ("street", "街道排查"),
    ("dept", "部门检查"),
    ("county", "县级督查"),
    ("spot", "抽查检查"),
    ("covert", "暗访"),
    ("expert", "政府聘请专家/第三方"),
    ("tip_public", "社会举报"),
    ("tip_internal", "内部举报"),
    ("assigned", "上级交办"),
    ("media", "媒体曝光"),
];
const FIX_MODES: Words = &[("instant", "即查即改"), ("timed", "限期整改"), ("stop", "停产停业整改")];
const CONTROLS: Words = &[
    ("none", "未采取管控"),
    ("warned", "警示隔离"),
    ("guarded", "专人看守"),
    ("partial_stop", "局部停用/停产"),
    ("stopped", "停产停业"),
    ("evacuated", "撤离人员"),
];
const HAZARD_STATES: Words = &[
    ("void", "已作废"),
    ("closed", "已销号"),
    ("accepted", "已完成整改"),
    ("verify", "待复查"),
    ("fixing", "整改中"),
    ("plan", "待落实五项"),
    ("reg", "已登记"),
];
const FINDINGS: Words = &[("NA", "不适用"), ("Y", "符合"), ("U", "未查"), ("N", "不符合")];
const PHOTO_ROLES: Words = &[
    ("site", "现场"),
    ("before", "整改前"),
    ("after", "整改后"),
    ("sign", "签字"),
    ("ticket", "作业票"),
    ("cert", "证件"),
    ("other", "其他"),
];
const PHOTO_SOURCES: Words = &[("camera_inapp", "程序内拍摄"), ("album", "相册"), ("file", "文件")];
const PHOTO_STATES: Words = &[("declared", "待传"), ("stored", "已存")];

const VERDICTS: Words = &[("real", "真改"), ("partial", "部分整改"), ("not_done", "未改"), ("fake", "假改")];
const CLOSURES: Words = &[
    ("reviewed", "复查合格"),
    ("assessed", "企业自评估"),
    ("third_party", "第三方评估"),
    ("shut", "关闭取缔"),
    ("removed", "拆除/搬迁"),
];
const FIRE_FACILITIES: Words = &[
    ("extinguish", "防灭火设施"),
    ("evacuate", "安全疏散设施"),
    ("compartment", "防火分隔设施"),
    ("forest", "林区设施火患"),
];
const FIRE_LEGACIES: Words = &[
    ("no_acceptance", "未经消防验收"),
    ("illegal_extension", "违章改扩建"),
    ("class_misuse", "丁戊类用作甲乙丙类"),
    ("garage_convert", "地下车库改超市库房"),
    ("use_changed", "未经审批改变使用性质"),
];
const FIRE_VIOLATIONS: Words = &[
    ("V1", "违规用火用电"),
    ("V2", "违规动火作业"),
    ("V3", "违规易燃可燃材料装修"),
    ("V4", "违规生产经营"),
    ("V5", "占堵“生命通道”"),
    ("V6", "户外违规用火"),
];
const WORK_TYPES: Words = &[("maint", "检维修"), ("confined", "有限空间"), ("outsourced", "委外")];
const WORK_FAULTS: Words = &[
    ("W1", "不审查乱发包"),
    ("W2", "没协议不定责"),
    ("W3", "不交底不指导"),
    ("W4", "不检查不监护"),
    ("W5", "不报备不考核"),
];
const CROSSINGS: Words = &[("region", "跨区域"), ("industry", "跨行业"), ("field", "跨领域")];
const FUND_SOURCES: Words = &[("enterprise", "企业"), ("government", "政府"), ("mixed", "混合")];
const WORKERS_BODIES: Words = &[("congress", "职代会"), ("assembly", "职工大会"), ("not_applicable", "不适用")];

const TASK_KINDS: Words = &[("inspect", "排查"), ("remind", "提醒")];
const REMINDED_OF: Words =
    &[("deadline", "整改时限"), ("dual_report", "“双报告”"), ("judge", "核定等级"), ("form", "上报月度表")];

/// The words of a field's codes, or nothing when the field holds none.
pub fn words_of(kind: &str, field: &str) -> Option<Words> {
    let pattern = field.split_once('.').map_or(field, |(pattern, _)| pattern);
    let field = if matches!(pattern, "answer" | "finding") { pattern } else { field };
    match (kind, field) {
        ("inspection" | "hazard", "actions") => Some(ACTIONS),
        ("place" | "hazard", "sector") => Some(SECTORS),
        ("place", "place_type") => Some(PLACE_TYPES),
        ("place", "status") => Some(PLACE_STATUSES),
        ("inspection", "kind") | ("task", "visit_kind") => Some(INSPECTION_KINDS),
        ("inspection", "blocked_reason") => Some(BLOCKED_REASONS),
        ("inspection", "answer" | "finding") => Some(FINDINGS),
        ("hazard", "level") => Some(LEVELS),
        ("hazard", "origin") => Some(ORIGINS),
        ("hazard", "fix_mode") => Some(FIX_MODES),
        ("hazard", "control") => Some(CONTROLS),
        ("hazard", "state") => Some(HAZARD_STATES),
        ("hazard", "closure") => Some(CLOSURES),
        ("hazard", "fire_facilities") => Some(FIRE_FACILITIES),
        ("hazard", "fire_legacies") => Some(FIRE_LEGACIES),
        ("hazard", "fire_violations") => Some(FIRE_VIOLATIONS),
        ("hazard", "work_types") => Some(WORK_TYPES),
        ("hazard", "work_faults") => Some(WORK_FAULTS),
        ("hazard", "crossings") => Some(CROSSINGS),
        ("hazard", "plan.funds_source") => Some(FUND_SOURCES),
        ("hazard", "dual.workers_body") => Some(WORKERS_BODIES),
        ("task", "what") => Some(TASK_KINDS),
        ("task", "reminds") => Some(REMINDED_OF),
        ("review", "verdict") => Some(VERDICTS),
        ("photo", "roles") => Some(PHOTO_ROLES),
        ("photo", "source") => Some(PHOTO_SOURCES),
        ("photo", "state") => Some(PHOTO_STATES),
        _ => None,
    }
}

/// The word of one code, or nothing for a code this version does not know.
///
/// ```
/// assert_eq!(sync_protocol::words::word("hazard", "state", "fixing"), Some("整改中"));
/// ```
pub fn word(kind: &str, field: &str, code: &str) -> Option<&'static str> {
    words_of(kind, field)?.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{FieldType, KINDS};

    #[test]
    fn every_code_of_the_schema_has_its_word_and_no_word_is_left_over() {
        for kind in KINDS {
            for field in kind.fields {
                let name = field.name.replace('*', "x");
                let words: Vec<_> =
                    words_of(kind.name, &name).unwrap_or_default().iter().map(|(code, _)| *code).collect();
                let codes = match field.holds {
                    FieldType::Code(codes) | FieldType::Codes(codes) => codes,
                    _ => &[],
                };
                assert_eq!(words, codes, "{}.{}", kind.name, field.name);
            }
        }
    }
}
