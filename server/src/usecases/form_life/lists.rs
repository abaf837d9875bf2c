//! The records behind the numbers of a content. A few stand in the content itself; many are kept in parts, each under the hash of its ids, and
//! the content names the hashes, so that what was handed in is still hashed to the last record. What a newcomer gets wrong: a part is read when it
//! is asked for, so a number of a stored content may seem to rest on nothing when its `records` are looked at.

use super::content::{ContentNumber, FormContent};
use paicha_db::projections::{self, FormPartRow};
use paicha_db::{DbError, Tx};
use serde::{Deserialize, Serialize};
use sync_protocol::digest::{from_hex, sha256, to_hex};
use sync_protocol::ids::RecordId;
use uuid::Uuid;

/// Records of one part; a number with more than that many is kept in parts.
const PART_RECORDS: usize = 1_000;
/// Parts written in one statement.
const PARTS_AT_ONCE: usize = 64;

/// A part of the records behind a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentPart {
    /// The last of its records.
    pub last: RecordId,
    /// How many.
    pub count: usize,
    /// SHA-256 of their ids in order, 16 bytes each, as 64 hex digits.
    pub sha256: String,
}

impl ContentNumber {
    /// Whether it rests on more records than stand in a content.
    fn is_long(&self) -> bool {
        self.records.len() > PART_RECORDS
    }
}

/// Keeps the records of long numbers in parts, so that the content only names them.
pub(super) async fn keep_parts(tx: &mut Tx, content: &mut FormContent) -> Result<(), DbError> {
    let mut waiting = Vec::new();
    for number in content.appendix2.iter_mut().flat_map(|numbers| numbers.values_mut()).filter(|one| one.is_long()) {
        for some in std::mem::take(&mut number.records).chunks(PART_RECORDS) {
            let records: Vec<u8> = some.iter().flat_map(|id| *id.0.as_bytes()).collect();
            let hash = sha256(&records);
            let last = *some.last().unwrap_or(&RecordId(Uuid::nil()));
            number.parts.push(ContentPart { last, count: some.len(), sha256: to_hex(&hash) });
            waiting.push(FormPartRow { sha256: hash.to_vec(), records });
            if waiting.len() == PARTS_AT_ONCE {
                projections::put_form_parts(tx, std::mem::take(&mut waiting)).await?;
            }
        }
    }
    projections::put_form_parts(tx, waiting).await
}

/// The records of a part.
///
/// # Errors
/// When the database fails, or what is kept is not what was hashed.
async fn read_part(tx: &mut Tx, part: &ContentPart) -> Result<Vec<RecordId>, DbError> {
    let wrong = || DbError::InvalidValue { reason: "the records of a form are missing or not what was hashed" };
    let hash = from_hex(&part.sha256).ok_or_else(wrong)?;
    let row = projections::find_form_part(tx, &hash).await?.ok_or_else(wrong)?;
    if sha256(&row.records) != hash {
        return Err(wrong());
    }
    let (ids, _) = row.records.as_chunks::<16>();
    Ok(ids.iter().map(|id| RecordId(Uuid::from_bytes(*id))).collect())
}

/// The records behind a number in order of id, `limit` at most, after `after`.
///
/// # Errors
/// When the database fails, or what is kept is not what was hashed.
pub(in crate::usecases) async fn page_of_number(
    tx: &mut Tx,
    number: &ContentNumber,
    (after, limit): (Option<RecordId>, usize),
) -> Result<Vec<RecordId>, DbError> {
    let comes = |id: &RecordId| after.is_none_or(|after| *id > after);
    let mut found: Vec<RecordId> = number.records.iter().copied().filter(comes).take(limit).collect();
    for part in number.parts.iter().filter(|part| comes(&part.last)) {
        if found.len() >= limit {
            break;
        }
        found.extend(read_part(tx, part).await?.into_iter().filter(comes));
    }
    found.truncate(limit);
    Ok(found)
}

/// All records behind a number, in order of id.
///
/// # Errors
/// When the database fails, or what is kept is not what was hashed.
pub(in crate::usecases) async fn records_of_number(
    tx: &mut Tx,
    number: &ContentNumber,
) -> Result<Vec<RecordId>, DbError> {
    page_of_number(tx, number, (None, usize::MAX)).await
}

/// Every hazard and inspection that a content rests on, in order of id: 16 bytes for each.
///
/// # Errors
/// When the database fails, or what is kept is not what was hashed.
pub(super) async fn records_of(tx: &mut Tx, content: &FormContent) -> Result<Vec<RecordId>, DbError> {
    let mut all: Vec<RecordId> = content.inspections().collect();
    for number in content.appendix2.iter().flat_map(|numbers| numbers.values()) {
        all.extend(records_of_number(tx, number).await?);
        // Most numbers count some of what another one counts.
        all.sort_unstable();
        all.dedup();
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Parts that a content names and that are missing or are not what was hashed: how many.
///
/// # Errors
/// When the database fails.
pub(in crate::usecases) async fn count_wrong_parts(tx: &mut Tx, content: &FormContent) -> Result<usize, DbError> {
    let mut wrong = 0;
    for part in content.appendix2.iter().flat_map(|numbers| numbers.values()).flat_map(|number| &number.parts) {
        match read_part(tx, part).await {
            Ok(records) if records.len() == part.count && records.last() == Some(&part.last) => {}
            Ok(_) | Err(DbError::InvalidValue { .. }) => wrong += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(wrong)
}

/// In one of two lists in order and not in the other: those of `one`, `limit` at most.
pub(in crate::usecases) fn only_in(one: &[RecordId], other: &[RecordId], limit: usize) -> Vec<RecordId> {
    one.iter().filter(|id| other.binary_search(id).is_err()).take(limit).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_list_has_is_found_in_order() {
        let list = |ids: &[u128]| ids.iter().map(|id| RecordId(Uuid::from_u128(*id))).collect::<Vec<_>>();
        assert_eq!(only_in(&list(&[1, 2, 3, 5]), &list(&[2, 4]), 9), list(&[1, 3, 5]));
        assert_eq!(only_in(&list(&[1, 2, 3]), &list(&[]), 2), list(&[1, 2]));
    }
}
