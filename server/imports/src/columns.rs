//! Finds the headings of a table and tells which column holds what. Each kind of import gives its fields with all the
//! headings people use. What a newcomer gets wrong: two columns may mean the same field (负责人 and 法人); the first
//! heading in the list of synonyms wins, the other fills only its gaps.

use crate::cells::{Cell, key};
use crate::outcome::{ImportOutcome, SkipReason, SkippedRow};
use crate::table::{Table, TableRow};

/// A field of an import.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// Its first synonym is its name in messages and templates.
    pub(crate) synonyms: &'static [&'static str],
    pub(crate) required: bool,
}

/// Headings are looked for in rows up to this number.
const HEADING_ROW_MAX: u32 = 10;
/// Known headings that make a row the row of headings.
const HEADINGS_MIN: usize = 2;
/// Columns that mean nothing here and are not worth a remark.
const SILENT_HEADINGS: [&str; 4] = ["序号", "编号", "no", "no."];

/// Which columns hold which field.
pub(crate) struct Headings {
    row_number: u32,
    /// Per field: columns in order of preference, with their headings as written.
    columns: Vec<Vec<(usize, String)>>,
    first_data_row: usize,
}

impl Headings {
    /// Finds the headings; reports missing ones and unknown ones to `outcome`. `None` when no row looks like headings.
    pub(crate) fn find<T>(table: &Table, fields: &[Field], outcome: &mut ImportOutcome<T>) -> Option<Self> {
        let candidates = table.rows.iter().take_while(|row| row.number <= HEADING_ROW_MAX).enumerate();
        // Of equal rows the later one: under headings merged over two rows stand the finer ones.
        let best = candidates.max_by_key(|(_, row)| known_headings(row, fields));
        let Some((index, row)) = best.filter(|(_, row)| known_headings(row, fields) >= HEADINGS_MIN) else {
            let wanted = fields.iter().filter(|field| field.required).map(Field::name).collect::<Vec<_>>().join("、");
            outcome.fail(1, "", "", format!("前{HEADING_ROW_MAX}行里没有找到表头，请使用模板，至少要有：{wanted}"));
            return None;
        };
        let columns: Vec<Vec<(usize, String)>> = fields.iter().map(|field| columns_of(row, field)).collect();
        for (field, found) in fields.iter().zip(&columns) {
            if field.required && found.is_empty() {
                outcome.fail(row.number, field.name(), "", format!("缺少“{}”一列，请补上后再导入", field.name()));
            }
        }
        for (column, cell) in row.cells.iter().enumerate() {
            let read = columns.iter().any(|found| found.first().is_some_and(|(used, _)| *used == column));
            if !cell.is_blank() && !read && !SILENT_HEADINGS.contains(&key(&cell.text()).as_str()) {
                outcome.unknown_columns.push(cell.text());
            }
        }
        Some(Self { row_number: row.number, columns, first_data_row: index + 1 })
    }

    /// The rows below the headings that hold data; totals, notes, examples and blank rows are noted as skipped.
    pub(crate) fn data_rows<'table, T>(
        &self,
        table: &'table Table,
        name_field: usize,
        outcome: &mut ImportOutcome<T>,
    ) -> Vec<&'table TableRow> {
        let mut previous = self.row_number;
        let mut rows = Vec::new();
        for row in &table.rows[self.first_data_row..] {
            for row_number in previous + 1..row.number {
                outcome.skipped.push(SkippedRow { row_number, reason: SkipReason::Blank });
            }
            previous = row.number;
            match skip_reason(row, &self.text(row, name_field)) {
                Some(reason) => outcome.skipped.push(SkippedRow { row_number: row.number, reason }),
                None => rows.push(row),
            }
        }
        if rows.is_empty() {
            outcome.fail(self.row_number, "", "", "表头下面没有数据行，请检查是否选错文件或工作表");
        }
        rows
    }

    /// The cell of a field and the heading it stands under: the first filled one of its columns.
    pub(crate) fn cell(&self, row: &TableRow, field: usize) -> Cell {
        let columns = &self.columns[field];
        let filled = columns.iter().map(|(column, _)| row.cell(*column)).find(|cell| !cell.is_blank());
        filled.unwrap_or_else(Cell::blank)
    }

    /// The text of a field; empty when blank.
    pub(crate) fn text(&self, row: &TableRow, field: usize) -> String {
        self.cell(row, field).text()
    }

    /// The heading of the column a field is read from in this row, as written in the file.
    pub(crate) fn heading(&self, row: &TableRow, field: usize, fields: &[Field]) -> String {
        let columns = &self.columns[field];
        let used = columns.iter().find(|(column, _)| !row.cell(*column).is_blank()).or(columns.first());
        used.map_or_else(|| fields[field].name().to_owned(), |(_, heading)| heading.clone())
    }
}

impl Field {
    /// Name in messages and templates.
    pub(crate) fn name(&self) -> &'static str {
        self.synonyms.first().copied().unwrap_or_default()
    }
}

fn known_headings(row: &TableRow, fields: &[Field]) -> usize {
    fields.iter().filter(|field| !columns_of(row, field).is_empty()).count()
}

fn columns_of(row: &TableRow, field: &Field) -> Vec<(usize, String)> {
    let mut columns = Vec::new();
    for synonym in field.synonyms {
        let wanted = key(synonym);
        for (column, cell) in row.cells.iter().enumerate() {
            let heading = cell.text();
            let known = columns.iter().any(|(taken, _)| *taken == column);
            if !known && !cell.is_blank() && heading_forms(&heading).contains(&wanted) {
                columns.push((column, heading));
            }
        }
    }
    columns
}

/// A heading as compared: without marks for required fields, and also without what stands in brackets.
fn heading_forms(heading: &str) -> [String; 2] {
    let whole = key(heading).replace('*', "").trim_end_matches(':').to_owned();
    let without_brackets = match (whole.find('('), whole.rfind(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", &whole[..open], &whole[close + 1..]),
        _ => whole.clone(),
    };
    [whole, without_brackets]
}

fn skip_reason(row: &TableRow, name: &str) -> Option<SkipReason> {
    let first = row.cells.iter().find(|cell| !cell.is_blank()).map(|cell| key(&cell.text())).unwrap_or_default();
    let filled = row.cells.iter().filter(|cell| !cell.is_blank()).count();
    if is_total(&first) || is_total(&key(name)) {
        return Some(SkipReason::Total);
    }
    if first.starts_with("示例") || key(name).starts_with("示例") {
        return Some(SkipReason::Example);
    }
    let note = ["注:", "备注:", "说明:", "填表人", "填报人", "制表", "审核人"]
        .iter()
        .any(|opening| first.starts_with(opening));
    (note && filled <= 2).then_some(SkipReason::Footnote)
}

/// 合计 alone or followed by a count; an enterprise whose name begins so is not a total.
fn is_total(text: &str) -> bool {
    ["合计", "总计", "小计", "共计"]
        .iter()
        .filter_map(|word| text.strip_prefix(word))
        .any(|rest| rest.chars().all(|character| character.is_ascii_digit() || ":()家个人户名".contains(character)))
}
