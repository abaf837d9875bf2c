//! What a form says, as the exact text that is hashed and kept: every printed word or number with the records it rests on. What a newcomer
//! gets wrong: the hash is over this text and not over a file, because a file cannot contain its own hash and programs rewrite files.

use super::lists::{ContentPart, keep_parts};
use super::{FormKind, LifeError};
use crate::config::{Appendix2, Config};
use crate::usecases::read_appendix1::{Appendix1Form, FormPicture, FormRow, area_form};
use crate::usecases::read_appendix2::{Appendix2Form, Counted, FormNumbers, counting_until, numbers_of};
use paicha_db::feeds::FeedRow;
use paicha_db::projections::{self, FormContentRow};
use paicha_db::{DbError, Tx};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::canonical::to_json;
use sync_protocol::digest::{from_hex, sha256, to_hex};
use sync_protocol::ids::RecordId;
use sync_protocol::time::{Micros, Month};

/// A form as it is handed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormContent {
    /// `appendix1` or `appendix2`.
    pub form_kind: String,
    /// Village or subdistrict, by its code.
    pub area: String,
    /// What people called it.
    pub area_name: String,
    /// The office in the title.
    pub office_name: String,
    /// `YYYY-MM`.
    pub month: String,
    /// How the window was chosen: by the names of the settings.
    pub policy: String,
    /// End of what is counted, exclusive.
    pub cutoff: Micros,
    /// When it was computed.
    pub as_of: Micros,
    /// The rows of 附件1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appendix1: Option<Vec<ContentRow>>,
    /// The numbers of 附件2, by code, with the records behind each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appendix2: Option<BTreeMap<String, ContentNumber>>,
    /// Enterprises with something 未查, by line of part 二.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unchecked: BTreeMap<String, i64>,
}

/// One number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentNumber {
    /// What prints.
    pub value: i64,
    /// Hazards or spot checks it rests on, in order of id; several checks of one enterprise count once.
    #[serde(default)]
    pub records: Vec<RecordId>,
    /// Instead of `records`, where they are many: parts of the list, in order (see `lists`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ContentPart>,
}

/// One row of 附件1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentRow {
    /// Inspections it rests on.
    pub inspections: Vec<RecordId>,
    /// The 重大 that were found by them, so that one that comes later is missed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub majors: Vec<RecordId>,
    /// The eight columns in order, the fourth as the words under the pictures.
    pub cells: [String; 8],
    /// The pictures that print.
    pub pictures: Vec<ContentPicture>,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentPicture {
    /// The photo.
    pub photo: RecordId,
    /// SHA-256 of its original, 64 hex digits.
    pub sha256: String,
    /// Version of the code that made the thumbnail.
    pub derive_version: i64,
}

impl FormContent {
    /// The exact text and its hash.
    pub fn sealed(&self) -> (String, [u8; 32]) {
        let text = to_json(self);
        let hash = sha256(text.as_bytes());
        (text, hash)
    }

    /// The inspections that the rows of 附件1 rest on.
    pub fn inspections(&self) -> impl Iterator<Item = RecordId> {
        self.appendix1.iter().flatten().flat_map(|row| row.inspections.iter().copied())
    }

    /// Whether it says that there is nothing: the form then needs an explicit 零报告.
    pub fn is_zero(&self) -> bool {
        self.appendix1.iter().all(Vec::is_empty)
            && self.appendix2.iter().flat_map(BTreeMap::values).all(|number| number.value == 0)
    }

    /// A number, or 0.
    pub fn number(&self, code: &str) -> i64 {
        self.appendix2.as_ref().and_then(|numbers| numbers.get(code)).map_or(0, |number| number.value)
    }

    /// 附件1 as it prints.
    pub fn as_appendix1(&self) -> Appendix1Form {
        let rows = self.appendix1.iter().flatten().zip(1..);
        let rows = rows.map(|(row, number)| row.printed(number)).collect();
        Appendix1Form { area: self.area.clone(), area_name: self.area_name.clone(), rows }
    }

    /// 附件2 as it prints.
    pub fn as_appendix2(&self) -> Appendix2Form {
        let line = |part: u8, line: usize| self.number(&format!("{part}.{line}"));
        Appendix2Form {
            area: self.area.clone(),
            area_name: self.area_name.clone(),
            hazards: [1, 2, 3, 4, 5, 6].map(|number| line(1, number)),
            spots: [1, 2, 3, 4, 5, 6, 7, 8].map(|number| line(2, number)),
            unchecked: self.unchecked.clone(),
        }
    }
}

impl ContentRow {
    fn of(row: FormRow) -> Self {
        let picture = |picture: FormPicture| ContentPicture {
            photo: picture.photo,
            sha256: to_hex(&picture.sha256),
            derive_version: picture.derive_version,
        };
        Self {
            inspections: row.inspections,
            majors: row.majors,
            cells: [
                row.number.to_string(),
                row.inspecting_unit,
                row.inspected_at,
                row.picture_note,
                row.place,
                row.finding,
                row.handling,
                row.remark,
            ],
            pictures: row.pictures.into_iter().map(picture).collect(),
        }
    }

    fn printed(&self, number: u32) -> FormRow {
        let [_, inspecting_unit, inspected_at, picture_note, place, finding, handling, remark] = self.cells.clone();
        let picture = |picture: &ContentPicture| {
            let sha256 = from_hex(&picture.sha256)?;
            Some(FormPicture { photo: picture.photo, sha256, derive_version: picture.derive_version })
        };
        FormRow {
            inspections: self.inspections.clone(),
            majors: self.majors.clone(),
            number,
            inspecting_unit,
            inspected_at,
            pictures: self.pictures.iter().filter_map(picture).collect(),
            picture_note,
            place,
            finding,
            handling,
            remark,
        }
    }
}

/// What a form is computed for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// Printing: the numbers of 附件2 name no records, and may have been counted before together with those of other areas.
    Print(Option<&'a FormNumbers>),
    /// Handing in: every number names its records.
    HandIn,
    /// Comparing with this: as handing in, by the choices of then.
    Compare(&'a FormContent),
    /// Correcting this: as handing in, and 附件1 lists exactly the visits that the form listed.
    Correct(&'a FormContent),
}

impl<'a> Purpose<'a> {
    /// What was handed in before, and by its choices.
    fn standing(self) -> Option<&'a FormContent> {
        match self {
            Self::Compare(standing) | Self::Correct(standing) => Some(standing),
            Self::Print(_) | Self::HandIn => None,
        }
    }
}

/// What the form of an area says now.
pub(super) async fn compute(
    tx: &mut Tx,
    (kind, month): (FormKind, Month),
    (area, villages): (&FeedRow, &[FeedRow]),
    config: &Config,
    as_of: Micros,
    purpose: Purpose<'_>,
) -> Result<FormContent, LifeError> {
    let standing = purpose.standing();
    let choice =
        standing.map_or_else(|| config.appendix1.clone(), |standing| config.appendix1.as_was(&standing.policy));
    let counted_by =
        standing.map_or_else(|| config.appendix2.clone(), |standing| Appendix2::of_policy(&standing.policy));
    let (policy, cutoff) = match kind {
        FormKind::Appendix1 => (choice.policy(), choice.window_of(month).1),
        FormKind::Appendix2 => {
            let cutoff = standing.map_or_else(|| counted_by.cutoff_of(month, as_of), |standing| standing.cutoff);
            (counted_by.policy(), cutoff)
        }
    };
    let mut content = FormContent {
        form_kind: kind.code().to_owned(),
        area: area.id.clone(),
        area_name: area.name.clone(),
        office_name: config.office.name.clone(),
        month: month.to_string(),
        policy,
        cutoff,
        as_of,
        appendix1: None,
        appendix2: None,
        unchecked: BTreeMap::new(),
    };
    match kind {
        FormKind::Appendix1 => {
            let only = match purpose {
                Purpose::Correct(standing) => Some(standing.inspections().collect::<BTreeSet<_>>()),
                Purpose::Print(_) | Purpose::HandIn | Purpose::Compare(_) => None,
            };
            let form = area_form(tx, (area, villages), (month, &choice), only.as_ref()).await?;
            content.appendix1 = Some(form.rows.into_iter().map(ContentRow::of).collect());
        }
        FormKind::Appendix2 => {
            let counting = counting_until(&counted_by, cutoff);
            let FormNumbers { numbers, unchecked } = match purpose {
                Purpose::Print(Some(counted)) => counted.clone(),
                Purpose::Print(None) => Counted::read(tx, area, villages, (month, &counting)).await?.of_all(),
                Purpose::HandIn | Purpose::Compare(_) | Purpose::Correct(_) => {
                    numbers_of(tx, area, villages, (month, &counting)).await?
                }
            };
            let number = |(code, (value, records))| (code, ContentNumber { value, records, parts: Vec::new() });
            content.appendix2 = Some(numbers.into_iter().map(number).collect());
            content.unchecked = unchecked;
        }
    }
    Ok(content)
}

/// Keeps a content under its hash, and the records of its long numbers in parts.
pub(super) async fn keep(tx: &mut Tx, form: RecordId, mut content: FormContent) -> Result<String, DbError> {
    keep_parts(tx, &mut content).await?;
    let (text, hash) = content.sealed();
    let made_at = content.as_of.as_micros();
    let row = FormContentRow { sha256: hash.to_vec(), form: form.0, content: text, made_at };
    projections::put_form_content(tx, row).await?;
    Ok(to_hex(&hash))
}

/// The content with this hash, if it is kept.
///
/// # Errors
/// When the database fails, or what is kept is not what was hashed.
pub async fn stored_content(tx: &mut Tx, hash: &[u8]) -> Result<Option<FormContent>, DbError> {
    let Some(row) = projections::find_form_content(tx, hash).await? else { return Ok(None) };
    if sha256(row.content.as_bytes()).as_slice() != hash {
        return Err(DbError::InvalidValue { reason: "the content of a form is not what was hashed" });
    }
    let content = serde_json::from_str(&row.content).map_err(|error| DbError::Corrupt { source: Box::new(error) })?;
    Ok(Some(content))
}
