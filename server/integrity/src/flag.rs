//! A flag as it is stored and shown. What a newcomer gets wrong: its key must stay the same for the same finding, because the inspector's
//! answer and the office's decision are kept under it; a finding that becomes hard has a new key, so that it is decided anew.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_protocol::ids::RecordId;

/// Raised with every change of a rule's meaning; stored with what the rules found.
pub const RULES_VERSION: i64 = 2;

/// How much a flag withholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// 提示: nothing.
    Info,
    /// 待核: somebody looks again.
    Soft,
    /// 暂不采信: no proof of repair and no clean credit until the office clears it.
    Hard,
}

/// One finding of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// Rule, what it is about and, if hard, that it is: `R-03.{photo}.hard`.
    pub key: String,
    /// `R-01` to `R-23`.
    pub rule: String,
    /// How much it withholds.
    pub level: Level,
    /// What was measured, with its unit in the name.
    pub measured: Value,
    /// What it was compared with.
    pub threshold: Value,
    /// The photo it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<RecordId>,
    /// The other record it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<RecordId>,
    /// What the inspector reads.
    pub words: String,
}

impl Flag {
    /// A flag about the record as a whole.
    pub(crate) fn new(rule: &str, level: Level, words: String, measured: Value, threshold: Value) -> Self {
        let key = Self::key_of(rule, None, level);
        Self { key, rule: rule.to_owned(), level, measured, threshold, photo: None, other: None, words }
    }

    /// The same, about one photo.
    pub(crate) fn about(mut self, photo: RecordId) -> Self {
        self.key = Self::key_of(&self.rule, Some(photo), self.level);
        self.photo = Some(photo);
        self
    }

    /// The same, found by comparing with another record.
    pub(crate) fn beside(mut self, other: RecordId) -> Self {
        self.other = Some(other);
        self
    }

    fn key_of(rule: &str, photo: Option<RecordId>, level: Level) -> String {
        let about = photo.map(|photo| format!(".{photo}")).unwrap_or_default();
        let hard = if level == Level::Hard { ".hard" } else { "" };
        format!("{rule}{about}{hard}")
    }
}
