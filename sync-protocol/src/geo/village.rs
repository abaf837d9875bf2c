//! The village a record counts for in the forms, from the evidence there is (domain rule 2.6.8), and the code that names
//! a village. Not the village in whose feed a record syncs: that one follows the phone's claim. What a newcomer gets
//! wrong: a fix in another village than the registered one does not move the record, it raises a question.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const CODE_DIGITS: usize = 12;

/// A 12-digit area code: county (6), subdistrict or town (3), village or community (3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct VillageCode([u8; CODE_DIGITS]);

/// The text is not a 12-digit area code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("行政区划代码“{0}”应为12位数字")]
pub struct VillageCodeError(pub String);

impl VillageCode {
    /// Whether it names a village or community, and not a whole subdistrict or town (last three digits 000).
    #[must_use]
    pub fn is_village(&self) -> bool {
        !self.as_str().ends_with("000")
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("parsing lets only ASCII digits in")
    }
}

impl fmt::Display for VillageCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for VillageCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for VillageCode {
    type Err = VillageCodeError;
    fn from_str(text: &str) -> Result<VillageCode, VillageCodeError> {
        match <[u8; CODE_DIGITS]>::try_from(text.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(VillageCode(digits)),
            Ok(_) | Err(_) => Err(VillageCodeError(text.chars().take(40).collect())),
        }
    }
}

impl From<VillageCode> for String {
    fn from(code: VillageCode) -> String {
        code.as_str().to_owned()
    }
}

impl TryFrom<String> for VillageCode {
    type Error = VillageCodeError;
    fn try_from(text: String) -> Result<VillageCode, VillageCodeError> {
        text.parse()
    }
}

/// What the village of record rests on, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Basis {
    /// The registered village of the enterprise's site.
    Registered,
    /// The polygon that contains the fix.
    Located,
    /// The village of the inspector.
    Inspector,
}

/// Registration and fix name different villages: a question for the console, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disagreement {
    /// The registered village, which stays the village of record.
    pub registered: VillageCode,
    /// The village the fix lies in.
    pub located: VillageCode,
}

/// The village a record counts for, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VillageOfRecord {
    /// The village.
    pub code: VillageCode,
    /// What it rests on.
    pub basis: Basis,
    /// Set when registration and fix differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<Disagreement>,
}

/// The village of record by the order of evidence; `None` when there is none at all.
#[must_use]
pub fn village_of_record(
    registered: Option<VillageCode>,
    located: Option<VillageCode>,
    inspector: Option<VillageCode>,
) -> Option<VillageOfRecord> {
    let (code, basis) = registered
        .map(|code| (code, Basis::Registered))
        .or_else(|| located.map(|code| (code, Basis::Located)))
        .or_else(|| inspector.map(|code| (code, Basis::Inspector)))?;
    let disagreement = registered
        .zip(located)
        .filter(|(registered, located)| registered != located)
        .map(|(registered, located)| Disagreement { registered, located });
    Some(VillageOfRecord { code, basis, disagreement })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(last: u8) -> Option<VillageCode> {
        Some(format!("5002290012{last:02}").parse().unwrap())
    }

    #[test]
    fn evidence_is_taken_in_order() {
        let cases = [
            ((code(1), code(2), code(3)), code(1), Some(Basis::Registered), true),
            ((code(1), code(1), code(3)), code(1), Some(Basis::Registered), false),
            ((code(1), None, code(3)), code(1), Some(Basis::Registered), false),
            ((None, code(2), code(3)), code(2), Some(Basis::Located), false),
            ((None, None, code(3)), code(3), Some(Basis::Inspector), false),
            ((None, None, None), None, None, false),
        ];
        for ((registered, located, inspector), expected, basis, disagrees) in cases {
            let found = village_of_record(registered, located, inspector);
            assert_eq!(found.map(|record| record.code), expected);
            assert_eq!(found.map(|record| record.basis), basis);
            let question = found.and_then(|record| record.disagreement);
            assert_eq!(question.is_some(), disagrees);
            assert!(question.is_none_or(|both| Some(both.registered) == registered && Some(both.located) == located));
        }
    }

    #[test]
    fn codes_have_twelve_digits() {
        let parsed: VillageCode = serde_json::from_str("\"500229001203\"").unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), "\"500229001203\"");
        for bad in ["", "50022900120", "5002290012034", "50022900120a", "５００２", " 50022900120", "-50022900120"]
        {
            assert!(bad.parse::<VillageCode>().is_err(), "{bad}");
        }
    }
}
