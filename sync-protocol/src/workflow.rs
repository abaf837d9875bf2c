//! The state machine of a hazard (domain 2.5) as a table of edges: who may take one, who has to agree, and what has to be there first.
//! Whatever makes a situation look more dangerous is final offline; whatever makes it look safer needs the people of its slots. What a
//! newcomer gets wrong: an edge that lacks somebody or something is not refused; it stands as soon as what it lacks arrives.

mod approval;
mod guards;

pub use approval::{
    ANYONE, ANYONE_THEN_INSPECTOR, ANYONE_THEN_LEADER, ANYONE_THEN_OFFICE, DOWNGRADE, Needs, OFFICE, OFFICE_AND_LEADER,
    OFFICE_NOT_FINDER, Person, Slot, are_covered,
};
use approval::{ANYONE_THEN_REGULATOR, FIELD, FIELD_THEN_OFFICE};
pub use guards::{Guard, five_missing, lacking};

use crate::role::Role;

/// One edge of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Number in domain 2.5.
    pub code: &'static str,
    /// What people read.
    pub title_zh: &'static str,
    /// States it leaves.
    pub from: &'static [&'static str],
    /// State it enters.
    pub to: &'static str,
    /// Roles that may ask for it.
    pub roles: &'static [Role],
    /// Who has to agree, for hazards that are 一般.
    pub general: Needs,
    /// Who has to agree, for all others.
    pub major: Needs,
    /// What has to be there first.
    pub guards: &'static [Guard],
}

use Role::{R1, R2, R3, R4, R5, R6, R7, R8};

/// Who may ask others to inspect, or remind them: the village's own head, the office, its leaders, a department.
pub const ASSIGNERS: &[Role] = &[R2, R3, R4, R5];

/// States in which somebody has to do something about a hazard.
pub const OPEN_STATES: [&str; 4] = ["reg", "plan", "fixing", "verify"];

/// Every edge between states.
pub const HAZARD_EDGES: &[Edge] = &[
    Edge {
        code: "T02",
        title_zh: "即查即改",
        from: &["reg"],
        to: "accepted",
        roles: &[R1, R2, R3, R5],
        general: FIELD,
        major: FIELD_THEN_OFFICE,
        guards: &[Guard::BeforePhoto, Guard::AfterPhoto, Guard::NoHardFlag],
    },
    Edge {
        code: "T03",
        title_zh: "即查即改，待复查",
        from: &["reg"],
        to: "verify",
        roles: &[R1, R2, R3, R5],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T04",
        title_zh: "下达整改",
        from: &["reg"],
        to: "plan",
        roles: &[R1, R2, R3, R5],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T05",
        title_zh: "五落实确认",
        from: &["plan"],
        to: "fixing",
        roles: &[R1, R2, R3, R5, R7],
        general: FIELD,
        major: ANYONE_THEN_REGULATOR,
        guards: &[Guard::FivePlaced, Guard::MajorNames, Guard::MajorDualReport],
    },
    Edge {
        code: "T06",
        title_zh: "申请复查",
        from: &["fixing"],
        to: "verify",
        roles: &[R1, R2, R3, R5, R7],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T07",
        title_zh: "复查不合格",
        from: &["verify"],
        to: "fixing",
        roles: &[R1, R2, R3, R5],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T07",
        title_zh: "复查不合格，待落实五项",
        from: &["verify"],
        to: "plan",
        roles: &[R1, R2, R3, R5],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T08",
        title_zh: "复查合格",
        from: &["verify"],
        to: "accepted",
        roles: &[R1, R2, R3, R5],
        general: FIELD,
        major: FIELD_THEN_OFFICE,
        guards: &[Guard::Verdict, Guard::ProofOfRepair, Guard::OtherThanRectifier, Guard::NoHardFlag],
    },
    Edge {
        code: "T09",
        title_zh: "销号",
        from: &["accepted"],
        to: "closed",
        roles: &[R3, R4],
        general: OFFICE,
        major: OFFICE_AND_LEADER,
        guards: &[Guard::MajorAnalogies, Guard::Delisted],
    },
    Edge {
        code: "T10",
        title_zh: "重新打开",
        from: &["accepted", "closed"],
        to: "fixing",
        roles: &[R1, R2, R3, R5, R6],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T10",
        title_zh: "重新打开，待落实五项",
        from: &["accepted", "closed"],
        to: "plan",
        roles: &[R1, R2, R3, R5, R6],
        general: ANYONE,
        major: ANYONE,
        guards: &[],
    },
    Edge {
        code: "T13",
        title_zh: "作废",
        from: &["reg", "plan", "fixing", "verify", "accepted"],
        to: "void",
        roles: &[R1, R2, R3, R4, R5, R7, R8],
        general: ANYONE_THEN_OFFICE,
        major: ANYONE_THEN_LEADER,
        guards: &[Guard::Reason],
    },
];

/// The edge from one state to another, if there is one.
pub fn find_edge(from: &str, to: &str) -> Option<&'static Edge> {
    HAZARD_EDGES.iter().find(|edge| edge.to == to && edge.from.contains(&from))
}

impl Edge {
    /// Who has to agree on a hazard of `level`; no level counts as dangerous.
    pub fn needs(&self, level: Option<&str>) -> Needs {
        if level == Some("general") { self.general } else { self.major }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::HAZARD_STATES;

    #[test]
    fn every_edge_joins_known_states() {
        for edge in HAZARD_EDGES {
            assert!(HAZARD_STATES.contains(&edge.to));
            assert!(edge.from.iter().all(|from| HAZARD_STATES.contains(from) && *from != edge.to));
        }
    }

    #[test]
    fn what_looks_safer_on_a_major_hazard_needs_two_people() {
        for edge in HAZARD_EDGES.iter().filter(|edge| ["accepted", "closed", "void"].contains(&edge.to)) {
            assert_eq!(edge.needs(Some("major_direct")).len(), 2, "{}", edge.code);
            assert_eq!(edge.needs(None).len(), 2, "{}: unknown level counts as dangerous", edge.code);
        }
    }

    #[test]
    fn what_looks_more_dangerous_needs_nobody_else() {
        for edge in HAZARD_EDGES.iter().filter(|edge| ["T04", "T06", "T07", "T10"].contains(&edge.code)) {
            assert_eq!(edge.needs(None), ANYONE, "{}", edge.code);
            assert!(edge.guards.is_empty(), "{}", edge.code);
        }
    }
}
