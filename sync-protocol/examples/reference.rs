//! Prints the generated parts of the documentation: `fields` (docs/fields.md) or `problems` (docs/problems.md). The gate compares.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use sync_protocol::problem::Problem;
use sync_protocol::schema::{FieldSpec, FieldType, KINDS, MergeRule, Ownership, Required};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("fields") => print!("{}", fields()),
        Some("problems") => print!("{}", problems()),
        Some(_) | None => println!("say fields or problems"),
    }
}

fn problems() -> String {
    let mut text = "# Problems\n\nGenerated from `sync-protocol/src/problem.rs`. Codes are never reused. Answers are \
        `application/problem+json` (RFC 9457) with `type` = `/problems/` and the code.\n\n\
        | code | status | for people | in short |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for problem in Problem::ALL {
        text += &format!(
            "| `{}` | {} | {} | {} |\n",
            problem.code(),
            problem.status(),
            problem.title_zh(),
            problem.title_en()
        );
    }
    text
}

fn fields() -> String {
    let mut text =
        "# Record kinds and fields\n\nGenerated from `sync-protocol/src/schema/kinds.rs`, which merge, validation and \
        this page read alike.\n\"Asked for\" never turns a record away: what is missing is asked for.\n"
            .to_owned();
    for kind in KINDS {
        let owner = match kind.ownership {
            Ownership::Shared => "everybody in the village changes it, fields merge",
            Ownership::UntilSubmitted => {
                "the phone that made it changes it until it submits; everybody else supplements"
            }
        };
        text += &format!("\n## `{}` {}\n\n{owner}.", kind.name, kind.title_zh);
        if let Some(state) = kind.initial_state {
            text += &format!(" It begins in state `{state}`.");
        }
        if let Some(prefix) = kind.number_prefix {
            text += &format!(" The server numbers it `{prefix}-area-year-sequence`.");
        }
        text += "\n\n| field | 名称 | holds | who wins | asked for |\n| --- | --- | --- | --- | --- |\n";
        for field in kind.fields {
            text += &row(field);
        }
    }
    text
}

fn row(field: &FieldSpec) -> String {
    let holds = match field.holds {
        FieldType::Text => "text".to_owned(),
        FieldType::Code(codes) => codes.join(", "),
        FieldType::Codes(codes) => format!("set of {}", codes.join(", ")),
        FieldType::Texts => "set of texts".to_owned(),
        FieldType::Integer => "whole number".to_owned(),
        FieldType::Flag => "true, false".to_owned(),
        FieldType::Instant => "instant (RFC 3339)".to_owned(),
        FieldType::Day => "day (YYYY-MM-DD, Asia/Shanghai)".to_owned(),
        FieldType::Fix => "position with datum".to_owned(),
        FieldType::Reference(kind) => format!("id of a {kind}"),
        FieldType::References(kind) => format!("ids of {kind}s"),
        FieldType::Sha256 => "64 hex digits".to_owned(),
        FieldType::Object => "object".to_owned(),
    };
    let wins = match field.rule {
        MergeRule::ServerOnly => "only the server writes it".to_owned(),
        MergeRule::MaxDanger(order) => format!("the more dangerous: {}", order.join(" < ")),
        MergeRule::MostOpen(order) => format!("newest; of concurrent ones the more open: {}", order.join(" < ")),
        MergeRule::Earliest => "the earlier".to_owned(),
        MergeRule::Latest => "the later".to_owned(),
        MergeRule::TrueWins => "once true, true".to_owned(),
        MergeRule::Union => "everything anybody added".to_owned(),
        MergeRule::BestFix => "all kept; the most accurate that is not mocked is shown".to_owned(),
        MergeRule::KeepBoth => "both kept and shown side by side".to_owned(),
        MergeRule::Longest => "all kept; the longest is shown".to_owned(),
        MergeRule::Ask => "all kept; a person is asked".to_owned(),
        MergeRule::Append => "every text is added".to_owned(),
    };
    let asked = match field.required {
        Required::No => String::new(),
        Required::Always => "always".to_owned(),
        Required::Unless(other) => format!("unless `{other}`"),
        Required::Submitted => "once submitted".to_owned(),
        Required::When(other, values) => format!("when `{other}` is {}", values.join(" or ")),
    };
    format!("| `{}` | {} | {holds} | {wins} | {asked} |\n", field.name, field.title_zh)
}
