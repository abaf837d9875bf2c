//! 更正说明 of a corrected revision: every printed cell that is another one than in the revision before. What a newcomer gets wrong: it compares
//! what was locked with what was locked, not with what the records say today.

use crate::app::App;
use crate::usecases::caller::Caller;
use crate::usecases::export_appendix1::{ExportedFile, file_name, properties};
use crate::usecases::form_area::FormAreaError;
use crate::usecases::form_life::checks::line_name;
use crate::usecases::form_life::content::{ContentRow, FormContent};
use crate::usecases::form_life::lists::{only_in, records_of_number};
use crate::usecases::form_life::{FormQuery, LifeError, read_form_life, read_printed_forms};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use paicha_db::records;
use paicha_reports::{Correction, CorrectionRow, appendix2_label, correction_docx};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::ids::RecordId;
use uuid::Uuid;

/// Names of the columns of 附件1, as they print.
const COLUMNS: [&str; 8] = [
    "序号",
    "排查单位",
    "排查时间",
    "排查图片",
    "排查地点",
    "有无重大隐患及隐患描述",
    "重大隐患处置情况及建议",
    "备注",
];
/// Records that are named beside one cell.
const NUMBERS_MAX: usize = 20;
/// Records that made a number another one, of each kind (more, fewer), among which those beside a cell are looked for.
const CHANGED_MAX: usize = 500;

/// The document.
///
/// # Errors
/// [`LifeError`]; revision 1 corrects nothing.
pub async fn export_correction(
    app: &App,
    caller: &Caller,
    query: &FormQuery,
    revision: u32,
) -> Result<ExportedFile, LifeError> {
    let life = read_form_life(app, caller, query).await?;
    if revision < 2 {
        return Err(LifeError::Unsound("第1版没有更正说明".to_owned()));
    }
    let (new, _) = read_printed_forms(app, caller, query, Some(revision)).await?;
    let (old, _) = read_printed_forms(app, caller, query, Some(revision - 1)).await?;
    let reason = life.revisions.iter().find(|known| known.number == revision).and_then(|known| known.reason.clone());
    let mut changes = numbers(app, &old.content, &new.content).await?;
    changes.extend(rows(&old.content, &new.content));
    let named = find_numbers(app, changes.iter().flat_map(|change| change.records.iter().copied())).await?;
    let row = |change: Change| CorrectionRow {
        label: change.label,
        old: change.old,
        new: change.new,
        reason: reason.clone().unwrap_or_default(),
        record_numbers: change.records.iter().filter_map(|id| named.get(&id.0).cloned()).take(NUMBERS_MAX).collect(),
    };
    let content = &new.content;
    let label = format!("{} {} {} 第{revision}版", query.kind.title(), content.area_name, query.month.to_chinese());
    let correction = Correction {
        office_name: content.office_name.clone(),
        report_label: label,
        rows: changes.into_iter().map(row).collect(),
        properties: properties(&new),
    };
    let name = file_name("更正说明", &content.area_name, &query.month.to_string(), "docx");
    write_audit_alone(app, Entry::new(caller.actor(), Deed::Export, Subject::file(&name))).await?;
    Ok(ExportedFile { name, bytes: correction_docx(&correction).map_err(FormAreaError::from)? })
}

struct Change {
    label: String,
    old: Option<String>,
    new: Option<String>,
    records: BTreeSet<RecordId>,
}

/// Numbers of 附件2 that are others now, with the records that made them so.
async fn numbers(app: &App, old: &FormContent, new: &FormContent) -> Result<Vec<Change>, LifeError> {
    let (Some(was), Some(is)) = (&old.appendix2, &new.appendix2) else { return Ok(Vec::new()) };
    let mut tx = app.database.begin_read().await?;
    let mut changes = Vec::new();
    for (code, number) in is {
        let Some(before) = was.get(code).filter(|before| before.value != number.value) else { continue };
        let (then, now) = (records_of_number(&mut tx, before).await?, records_of_number(&mut tx, number).await?);
        let other = only_in(&now, &then, CHANGED_MAX).into_iter().chain(only_in(&then, &now, CHANGED_MAX));
        changes.push(Change {
            label: printed_line(code),
            old: Some(before.value.to_string()),
            new: Some(number.value.to_string()),
            records: other.collect(),
        });
    }
    tx.rollback().await?;
    Ok(changes)
}

/// The number as the form prints it: where it stands and the words beside it.
fn printed_line(code: &str) -> String {
    let place = code.split_once('.').and_then(|(part, line)| Some((part.parse().ok()?, line.parse().ok()?)));
    let words = place.and_then(|(part, line)| appendix2_label(part, line)).unwrap_or_default();
    format!("{} {words}", line_name(code))
}

/// Cells of 附件1 that say something else now. Rows are the same by the visits they rest on, wherever they stand.
fn rows(old: &FormContent, new: &FormContent) -> Vec<Change> {
    let by_visit = |content: &FormContent| -> BTreeMap<RecordId, ContentRow> {
        let rows = content.appendix1.iter().flatten();
        rows.filter_map(|row| Some((*row.inspections.first()?, row.clone()))).collect()
    };
    let (was, is) = (by_visit(old), by_visit(new));
    let keys: BTreeSet<&RecordId> = was.keys().chain(is.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        let (before, after) = (was.get(key), is.get(key));
        let number = after.or(before).map(|row| row.cells[0].clone()).unwrap_or_default();
        for (column, title) in COLUMNS.iter().enumerate().skip(1) {
            let cell = |row: Option<&ContentRow>| row.map(|row| row.cells[column].clone());
            if cell(before) != cell(after) {
                let label = format!("第{number}行 {title}");
                changes.push(Change { label, old: cell(before), new: cell(after), records: [*key].into() });
            }
        }
    }
    changes
}

async fn find_numbers(app: &App, ids: impl Iterator<Item = RecordId>) -> Result<BTreeMap<Uuid, String>, LifeError> {
    let ids: Vec<Uuid> = ids.map(|id| id.0).collect::<BTreeSet<_>>().into_iter().collect();
    let mut tx = app.database.begin_read().await?;
    let numbers = records::find_numbers(&mut tx, &ids).await?;
    tx.rollback().await?;
    Ok(numbers.into_iter().collect())
}
