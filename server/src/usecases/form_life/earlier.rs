//! W7 over the months before: a 重大 that came to a visit after the form that prints it was handed in. What a newcomer gets wrong: such a
//! visit prints in no later form by itself, so only a correction of its own form says so, however long ago it was.

use super::checks::{Check, hard};
use super::content::{ContentRow, stored_content};
use crate::usecases::load_linked::load_linked;
use crate::usecases::push_operations::read_record;
use crate::usecases::read_appendix1::LATE_MONTHS_MAX;
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, Villages};
use paicha_db::{DbError, Tx, records};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::ids::RecordId;
use sync_protocol::merge::is_merged_away;
use sync_protocol::time::Month;
use uuid::Uuid;

/// Forms of one area in so many months, with room.
const FORMS_MAX: i64 = 64;
/// Visits asked for in one statement.
const AT_ONCE: usize = 100;
/// Hazards of so many visits: more than anybody finds.
const ROWS_MAX: i64 = 20_000;
/// How 有无重大隐患 begins where there is one.
const FOUND: &str = "有。";
/// Place of 有无重大隐患及隐患描述 among the columns.
const FINDING: usize = 5;

/// What the handed-in forms of the last months should name and do not.
pub(super) async fn unprinted(tx: &mut Tx, area: &FeedRow, month: Month) -> Result<Option<Check>, DbError> {
    let mut first = month;
    for _ in 0..LATE_MONTHS_MAX {
        first = first.previous();
    }
    let villages = Villages::Only(vec![area.id.clone()]);
    let span = (first.to_string(), month.to_string());
    let forms = projections::list_forms(tx, &villages, (&span.0, &span.1), FORMS_MAX).await?;
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    for form in forms.iter().filter(|form| form.form_kind == "appendix1") {
        let Some(hash) = form.content.as_ref() else { continue };
        let Some(content) = stored_content(tx, hash).await? else { continue };
        let of_month: Vec<ContentRow> = content.appendix1.unwrap_or_default();
        let found = majors_by_row(tx, &of_month).await?;
        for (row, unnamed) in of_month.iter().zip(found).filter(|(_, unnamed)| !unnamed.is_empty()) {
            rows.push(format!("{}第{}行", content.month, row.cells[0]));
            missed.extend(unnamed);
        }
    }
    let words = format!(
        "已报的表中{}后来有重大隐患，表上没有，以后的表也不会再列。请先更正该表（已锁定的申请更正，未锁定的由街道退回重报）",
        rows.join("、")
    );
    Ok((!rows.is_empty()).then(|| hard("W7", words, missed)))
}

/// Of each row, the 重大 that were found on its visits and that it does not name.
async fn majors_by_row(tx: &mut Tx, rows: &[ContentRow]) -> Result<Vec<Vec<RecordId>>, DbError> {
    let visits: Vec<Uuid> = rows.iter().flat_map(|row| &row.inspections).map(|visit| visit.0).collect();
    let mut of_visit: BTreeMap<Uuid, Vec<RecordId>> = BTreeMap::new();
    for some in visits.chunks(AT_ONCE) {
        let hazards = projections::list_hazards_of_inspections(tx, some, ROWS_MAX).await?;
        let grave = hazards.into_iter().filter(|hazard| {
            hazard.state != "void" && matches!(hazard.level.as_deref(), Some("major_direct" | "major_collective"))
        });
        for (visit, hazard) in grave.filter_map(|hazard| Some((hazard.inspection?, hazard.id))) {
            of_visit.entry(visit).or_default().push(hazard.into());
        }
    }
    let unnamed = |row: &ContentRow| {
        // A form of an older program names none; there the words tell whether it knew of one.
        let told = row.majors.is_empty() && row.cells[FINDING].starts_with(FOUND);
        let found = row.inspections.iter().filter(|_| !told).filter_map(|visit| of_visit.get(&visit.0)).flatten();
        found.copied().filter(|hazard| !row.majors.contains(hazard)).collect::<Vec<_>>()
    };
    let mut unnamed: Vec<Vec<RecordId>> = rows.iter().map(unnamed).collect();
    let suspects: Vec<Uuid> = unnamed.iter().flatten().map(|hazard| hazard.0).collect();
    let mut merged = BTreeSet::new();
    for some in suspects.chunks(AT_ONCE) {
        for row in records::find_records(tx, some).await? {
            let hazard = read_record(&row)?;
            if is_merged_away(&hazard, &load_linked(tx, &[&hazard]).await?, None) {
                // The one that counts for both prints where it was found.
                merged.insert(hazard.id);
            }
        }
    }
    unnamed.iter_mut().for_each(|hazards| hazards.retain(|hazard| !merged.contains(hazard)));
    Ok(unnamed)
}
