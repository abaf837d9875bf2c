//! Prints the generated parts of the documentation: `fields` (docs/fields.md) or `problems` (docs/problems.md). The gate compares.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use sync_protocol::problem::Problem;
use sync_protocol::role::Role;
use sync_protocol::schema::{FieldSpec, FieldType, Guarding, KINDS, MergeRule, Ownership, Required, Writers};
use sync_protocol::workflow::{HAZARD_EDGES, Needs};

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
        this page read alike.\n\"Asked for\" never turns a record away: what is missing is asked for.\n\n\
        An enterprise (R7) or an expert (R8) writes records of its own, and of hazards at the places of its grant what belongs to\n\
        the repair; its `plan.*`, `resp.*` and `dual.*` wait for R1/R2/R3/R5. An `origin` of 企业自查 that somebody else writes waits\n\
        for R3 and another R4. `listed.*` and `delisted.*` have a `doc_no`.\n"
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
        text += "\n\n| field | 名称 | holds | who wins | asked for | who writes, what waits |\n| --- | --- | --- | --- | --- | --- |\n";
        for field in kind.fields {
            text += &row(field);
        }
    }
    text + &edges()
}

fn edges() -> String {
    let mut text =
        "\n## The closed loop of a hazard\n\nWho may ask, who has to agree (each a person of their own), and what has \
        to be there first. A step that lacks somebody or something waits and stands as soon as it arrives.\n\n\
        | step | | from | to | asked by | 一般 | others | what has to be there |\n\
        | --- | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for edge in HAZARD_EDGES {
        let guards: Vec<String> = edge.guards.iter().map(|guard| format!("{guard:?}")).collect();
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            edge.code,
            edge.title_zh,
            edge.from.join(", "),
            edge.to,
            codes(edge.roles),
            people(edge.general),
            people(edge.major),
            guards.join(", ")
        );
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
    format!("| `{}` | {} | {holds} | {wins} | {asked} | {} |\n", field.name, field.title_zh, guarding(field))
}

fn guarding(field: &FieldSpec) -> String {
    let writers = match field.writers {
        Writers::Anyone => String::new(),
        Writers::Declaration => "its declaration alone; ".to_owned(),
        Writers::Link => "`link_duplicate` alone; ".to_owned(),
        Writers::Roles(roles) => format!("{}; ", codes(roles)),
        Writers::Server => "the server; ".to_owned(),
    };
    let waits = match field.guarding {
        Guarding::Open => String::new(),
        Guarding::Safer(needs) => format!("a safer value waits for {}", people(needs)),
        Guarding::SaferByLevel(general, major) => {
            format!("a safer value waits for {} (一般) or {} (others)", people(general), people(major))
        }
        Guarding::Level(suspected, judged) => {
            format!("lower waits for {} (from 疑似) or {} (from 重大)", people(suspected), people(judged))
        }
        Guarding::Change(needs) => format!("another value waits for {}", people(needs)),
        Guarding::Shortening(needs) => format!("a shorter text by another person waits for {}", people(needs)),
        Guarding::Always(needs) => format!("waits for {}", people(needs)),
    };
    format!("{writers}{waits}").trim_end_matches("; ").to_owned()
}

/// Roles that write records at all.
const EVERY_WRITER: usize = 8;

fn people(needs: Needs) -> String {
    let slots: Vec<String> = needs
        .iter()
        .map(|slot| match slot.roles.len() {
            EVERY_WRITER => "anybody".to_owned(),
            _ if slot.not_finder => format!("{} (not the finder)", codes(slot.roles)),
            _ => codes(slot.roles),
        })
        .collect();
    slots.join(" and another ")
}

fn codes(roles: &[Role]) -> String {
    roles.iter().map(|role| role.code()).collect::<Vec<_>>().join("/")
}
