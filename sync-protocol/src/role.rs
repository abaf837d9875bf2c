//! The eleven roles of the campaign (排查员 to 审计), as they stand in grants, in the record schema and on the wire.
//!
//! A role is only a name here: what it may ask the server for is decided in the server's permission table, what it may
//! write into a record is decided by the schema. A newcomer gets wrong that a person holds *grants*, each a role with
//! its villages, so one person may be R2 in one village and R1 in another.

use serde::{Deserialize, Serialize};

/// A role code, `R1` to `R11` on the wire. The order is that of the codes and says nothing about power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// 排查员/网格员: inspects, registers, raises levels, starts control, re-inspects.
    R1,
    /// 村（社区）负责人: R1, and looks after the own village and its monthly forms.
    R2,
    /// 街道专班/应急办: judges levels, orders rectification, accepts, closes, locks forms, handles conflicts.
    R3,
    /// 街道领导: second approvals.
    R4,
    /// 行业站所/科室: R1 in its sector, the regulator's party.
    R5,
    /// 县级: reads, lists and delists, receives forms.
    R6,
    /// 企业人员: the own enterprise only.
    R7,
    /// 专家/第三方: inspects on assignment, closes nothing.
    R8,
    /// 举报人: gives a tip and queries it by its code.
    R9,
    /// 系统管理员: accounts, devices, templates; no business decisions.
    R10,
    /// 审计/纪检: reads everything, with the audit log.
    R11,
}

impl Role {
    /// Every role, in the order of the codes.
    pub const ALL: [Self; 11] = [
        Self::R1,
        Self::R2,
        Self::R3,
        Self::R4,
        Self::R5,
        Self::R6,
        Self::R7,
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
    ];

    /// The code as it is stored and sent: `R1` to `R11`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3 => "R3",
            Self::R4 => "R4",
            Self::R5 => "R5",
            Self::R6 => "R6",
            Self::R7 => "R7",
            Self::R8 => "R8",
            Self::R9 => "R9",
            Self::R10 => "R10",
            Self::R11 => "R11",
        }
    }

    /// The Chinese title that people see.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::R1 => "排查员/网格员",
            Self::R2 => "村（社区）负责人",
            Self::R3 => "街道专班/应急办",
            Self::R4 => "街道领导",
            Self::R5 => "行业站所/科室",
            Self::R6 => "县级（县安委办/部门）",
            Self::R7 => "企业主要负责人/安全员/员工",
            Self::R8 => "专家/第三方",
            Self::R9 => "举报人",
            Self::R10 => "系统管理员",
            Self::R11 => "审计/纪检",
        }
    }

    /// The role with this code, or nothing. Codes are exact: `r1` and `R01` are not codes.
    #[must_use]
    pub fn find_by_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_its_role() {
        for role in Role::ALL {
            assert_eq!(Role::find_by_code(role.code()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{}\"", role.code()));
            assert_eq!(serde_json::from_str::<Role>(&format!("\"{role}\"")).unwrap(), role);
        }
    }

    #[test]
    fn strange_codes_are_no_role() {
        for code in ["", "r1", "R01", "R0", "R12", " R1", "R1 "] {
            assert_eq!(Role::find_by_code(code), None, "{code:?}");
        }
    }

    #[test]
    fn titles_are_distinct() {
        let titles: std::collections::BTreeSet<_> = Role::ALL.into_iter().map(Role::title).collect();
        assert_eq!(titles.len(), Role::ALL.len());
    }
}
