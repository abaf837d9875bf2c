//! Records and operations in the words of the people who read them (domain 9.3). Words only; what is shown was decided before. Codes
//! without a word print as they are, since a gap would hide that something stands there.

use serde_json::Value;
use sync_protocol::appendix::date_time_text;
use sync_protocol::canonical::to_json;
use sync_protocol::ids::OpId;
use sync_protocol::merge::{End, Outcome, Settled};
use sync_protocol::op::{Body, Op};
use sync_protocol::pull::OpOutcome;
use sync_protocol::record::Verdict;
use sync_protocol::schema::{FieldType, find_kind};
use sync_protocol::time::{Grade, Micros};
use sync_protocol::words::word;
use sync_protocol::workflow::find_edge;

/// What people call a kind of record.
pub fn kind_title(kind: &str) -> String {
    find_kind(kind).map_or_else(|| kind.to_owned(), |kind| kind.title_zh.to_owned())
}

/// What people call a field.
pub fn field_title(kind: &str, field: &str) -> String {
    if field == "photos" {
        return "照片".to_owned();
    }
    if let Some((_, words)) = LACKING.iter().find(|(name, _)| *name == field) {
        return (*words).to_owned();
    }
    let Some(spec) = find_kind(kind).and_then(|kind| kind.find_field(field)) else { return field.to_owned() };
    match spec.name.strip_suffix('*') {
        Some(prefix) => format!("{} {}", spec.title_zh, field.strip_prefix(prefix).unwrap_or(field)),
        None => spec.title_zh.to_owned(),
    }
}

/// A value as people read it.
pub fn value_text(kind: &str, field: &str, value: &Value) -> String {
    let holds = find_kind(kind).and_then(|kind| kind.find_field(field)).map(|spec| spec.holds);
    let coded = |code: &str| word(kind, field, code).unwrap_or(code).to_owned();
    match (holds, value) {
        (Some(FieldType::Instant), Value::String(text)) => {
            text.parse().map_or_else(|_| text.clone(), |at: Micros| instant_text(at))
        }
        (Some(FieldType::Day), Value::String(text)) => {
            text.parse().map_or_else(|_| text.clone(), sync_protocol::appendix::civil_date_text)
        }
        (Some(FieldType::Fix), Value::Object(_)) => fix_text(value),
        (_, Value::String(text)) => coded(text),
        (_, Value::Bool(flag)) => (if *flag { "是" } else { "否" }).to_owned(),
        (_, Value::Array(items)) => {
            let texts: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), coded)).collect();
            texts.join("、")
        }
        (_, Value::Object(_)) => object_text(value),
        (_, Value::Null) => String::new(),
        (_, Value::Number(number)) => number.to_string(),
    }
}

/// `2023-06-12 09:30` in Asia/Shanghai.
pub fn instant_text(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros()).map(date_time_text).unwrap_or_default()
}

fn fix_text(fix: &Value) -> String {
    let accuracy = fix["acc_m"].as_f64().map(|metres| format!("，精度约{metres:.0}米")).unwrap_or_default();
    let number = |name: &str| fix[name].as_f64().map_or_else(|| "?".to_owned(), |degrees| format!("{degrees:.6}"));
    let datum = match fix["crs"].as_str().unwrap_or("?") {
        "wgs84" => "WGS-84",
        "cgcs2000" => "CGCS2000",
        "gcj02" => "GCJ-02 火星坐标",
        "bd09" => "BD-09 百度坐标",
        other => other,
    };
    format!("纬度{}，经度{}（{datum}{accuracy}）", number("lat"), number("lon"))
}

fn object_text(value: &Value) -> String {
    match (value["name"].as_str(), value["address"].as_str()) {
        (Some(name), Some(address)) => format!("{name}，{address}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => value.to_string(),
    }
}

/// What became of an operation, in words.
pub fn status_words(status: &str) -> &str {
    match status {
        "applied" => "已生效",
        "merged" => "已合并",
        "review" => "已保存，待人工处理",
        "held" => "已保存，等待相关记录",
        "refused" => "已隔离保存，未生效",
        other => other,
    }
}

/// Names of things that a step may lack and that are no fields.
const LACKING: &[(&str, &str)] = &[
    ("photos.before", "整改前照片"),
    ("photos.after", "整改后照片（程序内拍摄）"),
    ("verdict", "复查结论（真改）"),
    ("another_reviewer", "由整改人以外的人复查"),
    ("delisted", "摘牌"),
    ("reason", "原因"),
    ("resp.find", "排查责任人"),
    ("resp.treat", "治理责任人"),
    ("resp.control", "管控责任人"),
];

/// Why somebody is asked, or what became of a field, in words.
pub fn outcome_words(why: &str) -> &str {
    match why {
        "disputed" => "多人填写不一致，请确认",
        "proposal" => "申请中，待批准",
        "lacks" => "还差内容，补齐后生效",
        "invalid_value" => "填写的内容不符合要求，请核实",
        "illegal_transition" => "状态不能这样变更，请核实",
        "not_allowed" => "填写人的角色不能这样修改，请核实",
        "too_many" => "待处理的内容过多，请核实",
        other => other,
    }
}

/// What became of an operation that waited, as it is told to the phone that sent it.
pub fn outcome_of(op: OpId, settled: &str) -> OpOutcome {
    if let Ok(Settled { field, end, .. }) = serde_json::from_str::<Settled>(settled) {
        let title = field_title("hazard", &field);
        let (status, text_zh) = match end {
            End::Approved => ("approved", format!("“{title}”的申请已批准，现在生效")),
            End::Refused => {
                ("refused", format!("“{title}”的申请未获批准，原内容不变；如仍需修改，请重新申请并说明理由"))
            }
            End::Overtaken => ("overtaken", format!("“{title}”的申请已不适用：情况已经变化；内容仍保存在记录里")),
        };
        return OpOutcome { op, status: status.to_owned(), field: Some(field), text_zh };
    }
    let status = serde_json::from_str::<Outcome>(settled).map(|outcome| to_json(&outcome.status)).unwrap_or_default();
    let status = status.trim_matches('"').to_owned();
    let text_zh = match status.as_str() {
        "applied" | "merged" => "所等的记录已到，这项内容现在生效".to_owned(),
        "review" => "所等的记录已到，这项内容已保存，待人工处理".to_owned(),
        other => status_words(other).to_owned(),
    };
    OpOutcome { op, status, field: None, text_zh }
}

/// Why an operation took no effect, in words.
pub fn reason_words(why: &str) -> &str {
    match why {
        "out_of_scope" => "填写人当时无权在该村填报，内容已保存，未生效",
        "unknown_village" => "所填的村不存在，内容已保存，未生效",
        "already_exists" => "同一编号的记录已存在，内容已保存，未生效",
        "server_fault" => "服务器处理失败，内容已保存，未生效",
        "unreadable" => "内容无法读取，原文已保存",
        "wrong_digest" => "内容在传输中损坏，原文已保存",
        "group_refused" => "同一次保存的其他内容无法读取，整组未生效",
        "unknown_kind" | "unknown_type" => "本版本不认识的内容，升级后处理",
        "unknown_record" => "等待的记录长时间没有上传，请联系填写人",
        "seq_reuse" => "序号已被其他内容使用，原文已隔离保存",
        "id_reuse" => "操作编号已被其他内容使用，原文已隔离保存",
        "too_many" => "这条记录已有很多待处理的内容，这一项只保存了原文，请查看操作原文",
        other => other,
    }
}

/// How well a time is known, in words.
pub fn grade_words(grade: Grade) -> &'static str {
    match grade {
        Grade::A => "时间可靠（服务器授时）",
        Grade::B => "时间可靠（卫星授时）",
        Grade::C => "手机时间，基本可信",
        Grade::D => "按收到时间计",
    }
}

/// What an operation did, in one line.
pub fn op_words(kind: &str, op: Option<&Op>) -> String {
    let Some(op) = op else { return "无法读取的内容，原文已保存".to_owned() };
    let titles = |names: Vec<&String>| {
        let titles: Vec<String> = names.into_iter().map(|name| field_title(kind, name)).collect();
        titles.join("、")
    };
    match &op.body {
        Body::Create(_) => format!("登记{}", kind_title(kind)),
        Body::Patch(set) => format!("修改：{}", titles(set.keys().collect())),
        Body::Supplement(fields) => format!("补充：{}", titles(fields.keys().collect())),
        Body::Submit => "提交".to_owned(),
        Body::Transition { from, to, reason, .. } => {
            let edge = find_edge(from, to).map_or("变更状态", |edge| edge.title_zh);
            let state = |code: &str| word(kind, "state", code).unwrap_or(code).to_owned();
            let reason = reason.as_deref().map(|reason| format!("（{reason}）")).unwrap_or_default();
            format!("{edge}：{}→{}{reason}", state(from), state(to))
        }
        Body::PhotoAttach(photo) => {
            let role = photo.role.as_deref().and_then(|role| word("photo", "roles", role));
            format!("添加照片{}", role.map(|role| format!("（{role}）")).unwrap_or_default())
        }
        Body::PhotoRetract { reason, .. } => {
            format!("不采用一张照片{}", reason.as_deref().map(|reason| format!("（{reason}）")).unwrap_or_default())
        }
        Body::Resolve { verdict, reason, .. } => {
            let said = match verdict {
                Verdict::Approve => "同意申请",
                Verdict::Refuse => "不同意申请",
            };
            format!("{said}{}", reason.as_deref().map(|reason| format!("（{reason}）")).unwrap_or_default())
        }
        Body::LinkDuplicate { survivor, reason } => {
            let what = if survivor.is_some() { "与另一条隐患合并（同一处）" } else { "取消合并" };
            format!("{what}{}", reason.as_deref().map(|reason| format!("（{reason}）")).unwrap_or_default())
        }
        Body::Unknown => "本版本不认识的操作，原文已保存".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_people_write_them() {
        let cases = [
            ("hazard", "level", json!("major_direct"), "重大（直接判定）"),
            ("hazard", "level", json!("of_tomorrow"), "of_tomorrow"),
            ("hazard", "deadline", json!("2023-06-20"), "2023年6月20日"),
            ("hazard", "found_at", json!("2023-06-12T01:30:00Z"), "2023-06-12 09:30"),
            ("hazard", "actions", json!(["A1", "A6"]), "属地、属事责任强化行动、“三大作业”集中排查整治行动"),
            (
                "hazard",
                "fix",
                json!({"lat": 31.9475, "lon": 108.664, "crs": "wgs84", "acc_m": 8.4}),
                "纬度31.947500，经度108.664000（WGS-84，精度约8米）",
            ),
            ("hazard", "free_place", json!({"name": "演示沟口"}), "演示沟口"),
            ("place", "high_risk", json!(true), "是"),
            ("place", "employees", json!(12), "12"),
        ];
        for (kind, field, value, text) in cases {
            assert_eq!(value_text(kind, field, &value), text, "{field}");
        }
        assert_eq!(field_title("inspection", "finding.k7b"), "抽查发现 k7b");
        assert_eq!(field_title("hazard", "of_tomorrow"), "of_tomorrow");
    }
}
