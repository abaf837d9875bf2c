//! The state machine of a hazard (domain 2.5) as a table of edges: who may go where, and whether a phone without signal decides or only
//! proposes. Whatever makes a situation look more dangerous is final offline; whatever makes it look safer waits for the server
//! side. Guards that look at other records arrive with the records they look at.

use crate::role::Role;

/// Whether an edge taken offline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offline {
    /// It takes effect when it arrives.
    Final,
    /// It is stored as a proposal and waits for a person.
    Proposal,
}

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
    /// Roles that may take it.
    pub roles: &'static [Role],
    /// For hazards that are 一般.
    pub general: Offline,
    /// For all others.
    pub major: Offline,
}

use Offline::{Final, Proposal};
use Role::{R1, R2, R3, R4, R5, R6, R7, R8};

/// Every edge between states.
pub const HAZARD_EDGES: &[Edge] = &[
    Edge {
        code: "T02",
        title_zh: "即查即改",
        from: &["reg"],
        to: "accepted",
        roles: &[R1, R2, R3, R5],
        general: Final,
        major: Proposal,
    },
    Edge {
        code: "T03",
        title_zh: "即查即改，待复查",
        from: &["reg"],
        to: "verify",
        roles: &[R1, R2, R3, R5],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T04",
        title_zh: "下达整改",
        from: &["reg"],
        to: "plan",
        roles: &[R1, R2, R3, R5],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T05",
        title_zh: "五落实确认",
        from: &["plan"],
        to: "fixing",
        roles: &[R1, R2, R3, R5, R7],
        general: Proposal,
        major: Proposal,
    },
    Edge {
        code: "T06",
        title_zh: "申请复查",
        from: &["fixing"],
        to: "verify",
        roles: &[R1, R2, R3, R7],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T07",
        title_zh: "复查不合格",
        from: &["verify"],
        to: "fixing",
        roles: &[R1, R2, R3, R5],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T07",
        title_zh: "复查不合格，待落实五项",
        from: &["verify"],
        to: "plan",
        roles: &[R1, R2, R3, R5],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T08",
        title_zh: "复查合格",
        from: &["verify"],
        to: "accepted",
        roles: &[R1, R2, R3, R5],
        general: Final,
        major: Proposal,
    },
    Edge {
        code: "T09",
        title_zh: "销号",
        from: &["accepted"],
        to: "closed",
        roles: &[R3, R4],
        general: Proposal,
        major: Proposal,
    },
    Edge {
        code: "T10",
        title_zh: "重新打开",
        from: &["accepted", "closed"],
        to: "fixing",
        roles: &[R1, R2, R3, R5, R6],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T10",
        title_zh: "重新打开，待落实五项",
        from: &["accepted", "closed"],
        to: "plan",
        roles: &[R1, R2, R3, R5, R6],
        general: Final,
        major: Final,
    },
    Edge {
        code: "T13",
        title_zh: "作废",
        from: &["reg", "plan", "fixing", "verify", "accepted"],
        to: "void",
        roles: &[R1, R2, R3, R4, R5, R7, R8],
        general: Proposal,
        major: Proposal,
    },
];

/// The edge from one state to another, if there is one.
pub fn find_edge(from: &str, to: &str) -> Option<&'static Edge> {
    HAZARD_EDGES.iter().find(|edge| edge.to == to && edge.from.contains(&from))
}

impl Edge {
    /// Whether the edge stands when taken offline on a hazard of `level`; no level counts as dangerous.
    pub fn offline(&self, level: Option<&str>) -> Offline {
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
    fn what_looks_safer_on_a_major_hazard_is_never_final_offline() {
        for edge in HAZARD_EDGES.iter().filter(|edge| ["accepted", "closed", "void"].contains(&edge.to)) {
            assert_eq!(edge.offline(Some("major_direct")), Proposal, "{}", edge.code);
            assert_eq!(edge.offline(None), Proposal, "{}: unknown level counts as dangerous", edge.code);
        }
    }
}
