//! Finds the place that a row means: by its code in the village, else by its name in the village, else by the id that an earlier import gave
//! it. What a newcomer gets wrong: a name that was corrected since must not come back from an old file, so a place found by its id
//! alone keeps its name and takes the file's as an alias.

use super::derived_id;
use crate::usecases::import_report::ImportFailure;
use crate::usecases::push_operations::read_record;
use paicha_db::{Tx, projections, records};
use paicha_imports::EnterpriseRow;
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::digest::Sha256Bytes;
use sync_protocol::ids::RecordId;
use sync_protocol::record::Record;
use uuid::Uuid;

/// Places that are read at a time.
const PAGE_ROWS: i64 = 1000;

/// Places that a table may mean.
pub(super) struct KnownPlaces {
    records: BTreeMap<RecordId, Record>,
    by_code: BTreeMap<(String, String), RecordId>,
    /// With the code, if the place has one.
    by_name: BTreeMap<(String, String), (RecordId, Option<String>)>,
}

/// What a row means.
pub(super) enum Match<'a> {
    /// A place to be made with this id.
    New(RecordId),
    /// A known place.
    Known {
        /// As it stands.
        record: &'a Record,
        /// Somebody renamed it since an import made it.
        renamed: bool,
    },
}

impl KnownPlaces {
    /// Loads what the rows may mean: everything in their villages is compared, only what fits is read whole.
    pub(super) async fn load(tx: &mut Tx, rows: &[EnterpriseRow], digest: &Sha256Bytes) -> Result<Self, ImportFailure> {
        let mut known = Self { records: BTreeMap::new(), by_code: BTreeMap::new(), by_name: BTreeMap::new() };
        for village in rows.iter().map(|row| row.village_code.as_str()).collect::<BTreeSet<_>>() {
            let mut after: Option<Uuid> = None;
            loop {
                let page = projections::list_places_of_feed(tx, village, after, PAGE_ROWS).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                for place in page {
                    known.add(village, place.id.into(), &place.name, place.uscc);
                }
            }
        }
        let wanted: BTreeSet<Uuid> = rows.iter().flat_map(|row| known.candidates(row, digest)).map(|id| id.0).collect();
        let wanted: Vec<Uuid> = wanted.into_iter().collect();
        for ids in wanted.chunks(usize::try_from(PAGE_ROWS).unwrap_or(1)) {
            for row in records::find_records(tx, ids).await? {
                let record = read_record(&row)?;
                known.records.insert(record.id, record);
            }
        }
        Ok(known)
    }

    fn add(&mut self, village: &str, id: RecordId, name: &str, code: Option<String>) {
        if let Some(code) = &code {
            self.by_code.entry((village.to_owned(), code.clone())).or_insert(id);
        }
        self.by_name.entry((village.to_owned(), plain(name))).or_insert((id, code));
    }

    fn by_code(&self, row: &EnterpriseRow) -> Option<RecordId> {
        let code = row.uscc.as_ref()?.as_str().to_owned();
        self.by_code.get(&(row.village_code.clone(), code)).copied()
    }

    /// Two places of one name with different codes are two enterprises.
    fn by_name(&self, row: &EnterpriseRow) -> Option<RecordId> {
        let (id, code) = self.by_name.get(&(row.village_code.clone(), plain(&row.name)))?;
        let differ = code.as_deref().zip(row.uscc.as_ref()).is_some_and(|(known, read)| known != read.as_str());
        if differ { None } else { Some(*id) }
    }

    fn candidates(&self, row: &EnterpriseRow, digest: &Sha256Bytes) -> Vec<RecordId> {
        let made = [identity_id(row), row_id(row, digest)];
        made.into_iter().chain(self.by_code(row)).chain(self.by_name(row)).collect()
    }

    /// What the row means.
    pub(super) fn find(&self, row: &EnterpriseRow, digest: &Sha256Bytes) -> Match<'_> {
        if let Some(record) = self.by_code(row).or_else(|| self.by_name(row)).and_then(|id| self.records.get(&id)) {
            return Match::Known { record, renamed: false };
        }
        let identity = identity_id(row);
        let Some(record) = self.records.get(&identity) else { return Match::New(identity) };
        let recoded = record.shown_text("uscc").zip(row.uscc.as_ref());
        if recoded.is_none_or(|(known, read)| known == read.as_str()) {
            return Match::Known { record, renamed: true };
        }
        // The id that the name would give belongs to a place with another code now.
        let own = row_id(row, digest);
        self.records.get(&own).map_or(Match::New(own), |record| Match::Known { record, renamed: true })
    }
}

/// What a new place is called by: its code in the village, or its name there. Two offices that import the same list make one place.
fn identity_id(row: &EnterpriseRow) -> RecordId {
    let name = plain(&row.name);
    let identity = row.uscc.as_ref().map_or(name.as_str(), |code| code.as_str());
    derived_id("paicha import: place", &[row.village_code.as_bytes(), identity.as_bytes()]).into()
}

/// The row of this very file.
fn row_id(row: &EnterpriseRow, digest: &Sha256Bytes) -> RecordId {
    derived_id("paicha import: place row", &[digest, &row.row_number.to_be_bytes()]).into()
}

/// A name without what people type differently.
fn plain(name: &str) -> String {
    let narrow = |character| match character {
        '（' => '(',
        '）' => ')',
        character => character,
    };
    name.chars().filter(|character| !character.is_whitespace()).map(narrow).flat_map(char::to_lowercase).collect()
}
