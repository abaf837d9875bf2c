//! The villages and communities a table may name, by code or by any usual form of the name. What a newcomer gets wrong:
//! a short form such as 河街 may fit two of them, and then it must be refused instead of guessed.

use std::collections::{BTreeSet, HashMap};

use crate::cells::key;

/// A village or community that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownVillage {
    /// Twelve digits.
    pub code: String,
    /// Name, such as 演示村 or 演示社区.
    pub name: String,
    /// Other names in use.
    pub aliases: Vec<String>,
}

/// All villages an import may name.
#[derive(Debug, Clone, Default)]
pub struct KnownVillages {
    exact: HashMap<String, BTreeSet<String>>,
    short: HashMap<String, BTreeSet<String>>,
    names: Vec<String>,
}

/// Why a text is not a village.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VillageMiss {
    Unknown,
    Ambiguous,
}

impl KnownVillages {
    /// Builds the look-up.
    #[must_use]
    pub fn new(villages: impl IntoIterator<Item = KnownVillage>) -> Self {
        let mut known = Self::default();
        for village in villages {
            for name in std::iter::once(&village.name).chain(&village.aliases) {
                known.exact.entry(key(name)).or_default().insert(village.code.clone());
                known.short.entry(short(&key(name))).or_default().insert(village.code.clone());
            }
            known.exact.entry(key(&village.code)).or_default().insert(village.code);
            known.names.push(village.name);
        }
        known
    }

    /// The code of the village a text names.
    pub(crate) fn find(&self, text: &str) -> Result<&str, VillageMiss> {
        let wanted = key(text);
        let codes = self.exact.get(&wanted).or_else(|| self.short.get(&short(&wanted))).ok_or(VillageMiss::Unknown)?;
        if codes.len() > 1 {
            return Err(VillageMiss::Ambiguous);
        }
        codes.first().map(String::as_str).ok_or(VillageMiss::Unknown)
    }

    /// What to tell the person whose text is not a village.
    pub(crate) fn message_zh(&self, miss: VillageMiss) -> String {
        const NAMES_SHOWN: usize = 12;
        match miss {
            VillageMiss::Ambiguous => "这个简称对应不止一个村（社区），请填写全称或12位代码".to_owned(),
            VillageMiss::Unknown => {
                let shown = self.names.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>().join("、");
                let more = if self.names.len() > NAMES_SHOWN { "等" } else { "" };
                format!("没有这个村（社区），可填：{shown}{more}")
            }
        }
    }
}

/// Drops the street in front and the committee and kind behind: 葛城街道演示村村民委员会 becomes 演示.
fn short(name: &str) -> String {
    let mut rest = name;
    if let Some((_, tail)) = rest.split_once("街道").filter(|(_, tail)| !tail.is_empty()) {
        rest = tail;
    }
    for ending in ["村民委员会", "居民委员会", "村委会", "居委会", "委员会"] {
        rest = rest.strip_suffix(ending).unwrap_or(rest);
    }
    for ending in ["社区", "村"] {
        match rest.strip_suffix(ending) {
            Some(stem) if !stem.is_empty() => rest = stem,
            Some(_) | None => {}
        }
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownVillages {
        let village = |code: &str, name: &str| KnownVillage { code: code.into(), name: name.into(), aliases: vec![] };
        KnownVillages::new([
            village("500229001001", "河滩社区"),
            village("500229001201", "云岭一村"),
            village("500229001202", "双名村"),
            village("500229001002", "双名社区"),
        ])
    }

    #[test]
    fn usual_forms_of_a_name_are_found() {
        for text in
            ["河滩社区", " 河滩 ", "河滩社区居民委员会", "葛城街道河滩社区", "500229001001", "５００２２９００１００１"]
        {
            assert_eq!(known().find(text), Ok("500229001001"), "{text}");
        }
        assert_eq!(known().find("云岭一村村委会"), Ok("500229001201"));
    }

    #[test]
    fn unknown_and_ambiguous_names_are_refused() {
        assert_eq!(known().find("双名"), Err(VillageMiss::Ambiguous));
        assert_eq!(known().find("双名村"), Ok("500229001202"));
        assert_eq!(known().find("河"), Err(VillageMiss::Unknown));
        assert!(known().message_zh(VillageMiss::Unknown).contains("河滩社区"));
    }
}
