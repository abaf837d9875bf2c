//! The criteria catalogue (domain 6): standards as packs, each with its document, the days it was in force, and items with a status of their own.
//! A visit is judged by what was in force on its day. What a newcomer gets wrong: codes are stable for ever; a new edition is a new pack with new
//! codes, and only items that somebody compared with the official text (`verified`) reach phones.

mod pack;

pub use pack::{Item, Pack, PackError, PackKind, Status, read_pack};

use sync_protocol::time::LocalDate;

/// The packs that come with the program, as text: the subdistrict's own checklist and the standards that were read in full.
const SHIPPED: [&str; 9] = [
    include_str!("../packs/JZ-2023.json"),
    include_str!("../packs/GM-2023.json"),
    include_str!("../packs/GM-2017.json"),
    include_str!("../packs/HC-2017.json"),
    include_str!("../packs/FW-2017.json"),
    include_str!("../packs/FZ-2022.json"),
    include_str!("../packs/RQ-2023.json"),
    include_str!("../packs/HZ-2017.json"),
    include_str!("../packs/YL-2023.json"),
];

/// All packs, one of each code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    packs: Vec<Pack>,
}

impl Catalogue {
    /// What comes with the program, with imported packs over it: one of a shipped code takes its place.
    ///
    /// # Errors
    /// [`PackError`] of the first text that is no pack.
    pub fn with(imported: &[String]) -> Result<Self, PackError> {
        let mut catalogue = Self::default();
        for text in SHIPPED.into_iter().chain(imported.iter().map(String::as_str)) {
            let pack = read_pack(text)?;
            catalogue.packs.retain(|known| known.code != pack.code);
            catalogue.packs.push(pack);
        }
        catalogue.packs.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(catalogue)
    }

    /// Every pack, in order of code.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// Packs in force on a day, in order of code.
    pub fn in_force(&self, on: LocalDate) -> impl Iterator<Item = &Pack> {
        self.packs.iter().filter(move |pack| pack.is_in_force(on))
    }

    /// Packs in force on some day of a stretch, in order of code: a phone without signal takes tomorrow's edition along.
    pub fn in_force_within(&self, from: LocalDate, until: LocalDate) -> impl Iterator<Item = &Pack> {
        self.packs.iter().filter(move |pack| pack.is_in_force_within(from, until))
    }

    /// The pack with this code.
    pub fn find_pack(&self, code: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.code == code)
    }

    /// The item with this code, with its pack.
    pub fn find(&self, code: &str) -> Option<(&Pack, &Item)> {
        let found = self.packs.iter().find_map(|pack| Some((pack, pack.items.iter().find(|item| item.code == code)?)));
        found.filter(|(_, item)| item.status != Status::Withdrawn)
    }

    /// Whether a criterion was in force on a day.
    pub fn is_in_force(&self, code: &str, on: LocalDate) -> bool {
        self.find(code).is_some_and(|(pack, _)| pack.kind == PackKind::Criteria && pack.is_in_force(on))
    }

    /// Whether a pack may take the place of the one with its code: its codes are stable for ever.
    ///
    /// # Errors
    /// [`PackError::Vanished`] names the first item that would be gone.
    pub fn check_replacement(&self, pack: &Pack) -> Result<(), PackError> {
        let known = self.find_pack(&pack.code).into_iter().flat_map(|known| &known.items);
        let gone = known.into_iter().find(|item| !pack.items.iter().any(|other| other.code == item.code));
        gone.map_or(Ok(()), |item| Err(PackError::Vanished(item.code.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_shipped_pack_is_sound_and_has_what_was_read() {
        let catalogue = Catalogue::with(&[]).unwrap();
        let verified = |code: &str| {
            let pack = catalogue.find_pack(code).unwrap();
            pack.items.iter().filter(|item| item.status == Status::Verified).count()
        };
        let counts = [
            ("HC-2017", 20),
            ("FW-2017", 20),
            ("GM-2023", 27),
            ("FZ-2022", 16),
            ("RQ-2023", 7),
            ("HZ-2017", 5),
            ("YL-2023", 4),
            ("GM-2017", 0),
        ];
        for (code, count) in counts {
            assert_eq!(verified(code), count, "{code}");
        }
        assert_eq!(catalogue.packs().len(), SHIPPED.len());
        assert_eq!(verified("JZ-2023"), 29);
    }

    #[test]
    fn the_standard_for_industry_changes_on_the_15th_of_may_2023() {
        let catalogue = Catalogue::with(&[]).unwrap();
        let on = |text: &str| -> Vec<&str> {
            let packs = catalogue.in_force(day(text)).map(|pack| pack.code.as_str());
            packs.filter(|code| code.starts_with("GM-")).collect()
        };
        assert_eq!(on("2023-05-14"), ["GM-2017"]);
        assert_eq!(on("2023-05-15"), ["GM-2023"]);
        let within = |from: &str, until: &str| -> Vec<&str> {
            let packs = catalogue.in_force_within(day(from), day(until)).map(|pack| pack.code.as_str());
            packs.filter(|code| code.starts_with("GM-")).collect()
        };
        assert_eq!(within("2023-05-14", "2023-05-15"), ["GM-2017", "GM-2023"]);
        assert_eq!(within("2023-05-10", "2023-05-14"), ["GM-2017"]);
        assert!(!catalogue.is_in_force("GM-2023-13.1", day("2023-05-14")));
        assert!(catalogue.is_in_force("GM-2023-13.1", day("2023-05-15")));
        assert!(!catalogue.is_in_force("GM-2023-99.9", day("2023-06-01")));
        assert!(!catalogue.is_in_force("JZ-2023-k2", day("2023-06-01")), "a checklist item is no criterion");
    }

    #[test]
    fn an_imported_pack_takes_the_place_of_a_shipped_one_and_loses_no_code() {
        let catalogue = Catalogue::with(&[]).unwrap();
        let mut pack = catalogue.find_pack("RQ-2023").unwrap().clone();
        pack.items.iter_mut().for_each(|item| item.status = Status::Verified);
        catalogue.check_replacement(&pack).unwrap();
        let text = serde_json::to_string(&pack).unwrap();
        let replaced = Catalogue::with(&[text]).unwrap();
        assert!(replaced.find_pack("RQ-2023").unwrap().items.iter().all(|item| item.status == Status::Verified));
        let gone = pack.items.remove(0).code;
        assert_eq!(catalogue.check_replacement(&pack), Err(PackError::Vanished(gone)));
    }
}
