//! What one page of a pull changes on the phone. Rows are taken if their revision is not older than the local one; rows of a feed that is
//! fetched anew replace whatever is there, because a restored server may count revisions again. What a newcomer gets wrong: a village
//! that left the scope is only marked; its rows go when its outbox is empty, which is the store's business.

use std::collections::BTreeMap;
use sync_protocol::ids::{FeedId, RecordId};
use sync_protocol::pull::{ChangedRecord, FeedCheck, PullResponse, check_term, toggle};

/// Kind of a row that says: this record has left the feed.
pub const EXIT: &str = "exit";

/// What the phone has of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalRow {
    /// Revision.
    pub rev: i64,
    /// Place in the feed.
    pub vrev: i64,
    /// Left over from before a resync; anything newer replaces it, and it goes if nothing does.
    pub stale: bool,
}

/// What a page does.
#[derive(Debug, Clone, PartialEq)]
pub enum PagePlan<'a> {
    /// The server's history is another one: apply nothing, queue recent operations again and start from no cursor.
    NewEpoch,
    /// Write these changes together with the page's cursor.
    Apply(PageChanges<'a>),
}

/// The rows to write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageChanges<'a> {
    /// Records to insert or replace.
    pub upserts: Vec<(&'a FeedId, &'a ChangedRecord)>,
    /// Records that left the feed.
    pub exits: Vec<(&'a FeedId, RecordId)>,
    /// Rows that were older than what is there.
    pub ignored: usize,
}

/// Plans a page. `epoch` is the one the phone knows, `local` holds the rows of the page's records that exist.
#[must_use]
pub fn plan_page<'a>(
    page: &'a PullResponse<ChangedRecord>,
    epoch: Option<&str>,
    local: &BTreeMap<(FeedId, RecordId), LocalRow>,
) -> PagePlan<'a> {
    if epoch.is_some_and(|epoch| epoch != page.epoch) {
        return PagePlan::NewEpoch;
    }
    let mut changes = PageChanges::default();
    let rows = page.villages.iter().flat_map(|village| village.changes.iter().map(|change| (&village.id, change)));
    for (feed, change) in rows {
        let have = local.get(&(feed.clone(), change.id)).filter(|row| !row.stale);
        if change.t == EXIT {
            if have.is_none_or(|row| change.vrev >= row.vrev) {
                changes.exits.push((feed, change.id));
            } else {
                changes.ignored += 1;
            }
        } else if have.is_none_or(|row| change.rev >= row.rev) {
            changes.upserts.push((feed, change));
        } else {
            changes.ignored += 1;
        }
    }
    PagePlan::Apply(changes)
}

/// Whether the rows of a feed are exactly those the server counted.
#[must_use]
pub fn matches_check(check: &FeedCheck, rows: &[(RecordId, i64)]) -> bool {
    let mut sum = [0; 16];
    for (record, rev) in rows {
        toggle(&mut sum, &check_term(*record, *rev));
    }
    let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    i64::try_from(rows.len()).is_ok_and(|count| count == check.count) && sum == check.sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{changed, feed, page, uuid};

    fn local(rev: i64, stale: bool) -> BTreeMap<(FeedId, RecordId), LocalRow> {
        [((feed(), uuid(1).into()), LocalRow { rev, vrev: 10, stale })].into()
    }

    fn count(plan: &PagePlan<'_>) -> (usize, usize, usize) {
        match plan {
            PagePlan::NewEpoch => panic!("expected changes"),
            PagePlan::Apply(changes) => (changes.upserts.len(), changes.exits.len(), changes.ignored),
        }
    }

    #[test]
    fn only_rows_that_are_not_older_are_taken() {
        let page = page("e1", vec![changed("hazard", 1, 5, 20)]);
        for (rev, stale, expected) in
            [(4, false, (1, 0, 0)), (5, false, (1, 0, 0)), (6, false, (0, 0, 1)), (6, true, (1, 0, 0))]
        {
            assert_eq!(count(&plan_page(&page, Some("e1"), &local(rev, stale))), expected, "rev {rev}, stale {stale}");
        }
        assert_eq!(count(&plan_page(&page, None, &BTreeMap::new())), (1, 0, 0));
    }

    #[test]
    fn an_exit_removes_what_it_has_seen() {
        let late = page("e1", vec![changed(EXIT, 1, 0, 20)]);
        let early = page("e1", vec![changed(EXIT, 1, 0, 9)]);
        assert_eq!(count(&plan_page(&late, Some("e1"), &local(4, false))), (0, 1, 0));
        assert_eq!(count(&plan_page(&early, Some("e1"), &local(4, false))), (0, 0, 1));
    }

    #[test]
    fn another_epoch_changes_nothing_yet() {
        let page = page("e2", vec![changed("hazard", 1, 5, 20)]);
        assert_eq!(plan_page(&page, Some("e1"), &BTreeMap::new()), PagePlan::NewEpoch);
    }

    #[test]
    fn a_check_notices_a_missing_row_and_a_wrong_revision() {
        let rows: Vec<(RecordId, i64)> = vec![(uuid(1).into(), 3), (uuid(2).into(), 1)];
        let mut sum = [0; 16];
        rows.iter().for_each(|(record, rev)| toggle(&mut sum, &check_term(*record, *rev)));
        let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        let check = FeedCheck { village: feed(), at: 9, count: 2, sum };
        assert!(matches_check(&check, &rows));
        assert!(!matches_check(&check, &rows[..1]));
        assert!(!matches_check(&check, &[(uuid(1).into(), 3), (uuid(2).into(), 2)]));
    }
}
