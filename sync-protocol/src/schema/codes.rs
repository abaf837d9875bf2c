//! The codes of the schema (domain 2.3), in the orders that merge rules need. Codes are stable for ever; a new one is added at the end of
//! its list, orders of danger excepted. What a newcomer gets wrong: the order of a list may be a rule, see `MaxDanger`.

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
/// 复查结论, best first: 真改 wins over nothing.
pub const VERDICTS: &[&str] = &["real", "partial", "not_done", "fake"];
/// 销号依据.
pub const CLOSURES: &[&str] = &["reviewed", "assessed", "third_party", "shut", "removed"];
/// 防灭火、疏散、分隔、林区设施.
pub const FIRE_FACILITIES: &[&str] = &["extinguish", "evacuate", "compartment", "forest"];
/// 消防遗留问题.
pub const FIRE_LEGACIES: &[&str] =
    &["no_acceptance", "illegal_extension", "class_misuse", "garage_convert", "use_changed"];
/// 消防违规行为.
pub const FIRE_VIOLATIONS: &[&str] = &["V1", "V2", "V3", "V4", "V5", "V6"];
/// 三大作业.
pub const WORK_TYPES: &[&str] = &["maint", "confined", "outsourced"];
/// 五“不”.
pub const WORK_FAULTS: &[&str] = &["W1", "W2", "W3", "W4", "W5"];
/// 跨区域、跨行业、跨领域.
pub const CROSSINGS: &[&str] = &["region", "industry", "field"];
/// 资金来源.
pub const FUND_SOURCES: &[&str] = &["enterprise", "government", "mixed"];
/// 双报告中的职工会议.
pub const WORKERS_BODIES: &[&str] = &["congress", "assembly", "not_applicable"];
/// 责任环节: 排查、治理、管控.
pub const RESPONSIBILITY_STAGES: &[&str] = &["find", "treat", "control"];
/// 责任方: 企业（单位、林区）、村（社区）、行业监管部门.
pub const RESPONSIBILITY_PARTIES: &[&str] = &["site", "village", "regulator"];
/// 任务类型: a visit to be made, or a thing to be reminded of.
pub const TASK_KINDS: &[&str] = &["inspect", "remind"];
/// 提醒事项: what somebody is reminded of.
pub const REMINDED_OF: &[&str] = &["deadline", "dual_report", "judge", "form"];
/// 抽查发现的各项, by the line of 附件2 part 二 they count for.
pub const SPOT_ITEMS: &[(&str, &[&str])] = &[
    ("2", &["k2"]),
    ("3", &["k3"]),
    ("4", &["k4"]),
    ("5", &["k5a", "k5b"]),
    ("6", &["k6a", "k6b"]),
    ("7", &["k7a", "k7a2", "k7b", "k7c", "k7d"]),
    ("8", &["k8a", "k8b"]),
];
