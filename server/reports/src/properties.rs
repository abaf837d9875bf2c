//! What a file says about itself: cut-off, instant of computing, revision and the hash of its content. It is not for
//! anything printed. What a newcomer gets wrong: the creation time is the instant of computing, never the present, so
//! that equal input gives equal bytes.

use jiff::Timestamp;
use jiff::tz::Offset;
use rust_xlsxwriter::{DocProperties, ExcelDateTime};
use sha2::{Digest, Sha256};

use crate::error::ReportError;
use crate::text::printable_line;

/// Most characters of area and month at the foot of a page; spreadsheet programs take 255 in all.
const FOOT_CHARACTERS_MAX: usize = 60;

/// Properties of the file that tell two printouts apart.
#[derive(Debug, Clone)]
pub struct FormProperties {
    /// `{area} {YYYY-MM}`.
    pub subject: String,
    /// End of the window, exclusive.
    pub cutoff: Timestamp,
    /// Instant at which the content was computed; also the file's creation time, so that equal input gives equal bytes.
    pub as_of: Timestamp,
    /// Revision of the report, from 1.
    pub rev: u32,
}

impl FormProperties {
    /// The properties as a workbook carries them.
    pub(crate) fn for_workbook(&self, title: &str, author: &str, sha256: &str) -> Result<DocProperties, ReportError> {
        let mut properties = DocProperties::new()
            .set_title(printable_line(title))
            .set_subject(printable_line(&self.subject))
            .set_author(printable_line(author))
            .set_creation_datetime(&ExcelDateTime::from_timestamp(self.as_of.as_second())?);
        for (name, value) in self.custom(sha256) {
            properties = properties.set_custom_property(name, value);
        }
        Ok(properties)
    }

    /// What stands at the foot of each page, so that a loose sheet says where it belongs: area, month and revision.
    pub(crate) fn foot(&self) -> String {
        let subject: String = printable_line(&self.subject).chars().take(FOOT_CHARACTERS_MAX).collect();
        format!("{subject}　第{}版", self.rev)
    }

    /// The foot of a printed sheet, in the codes of spreadsheet programs.
    pub(crate) fn sheet_foot(&self) -> String {
        format!("&L&9{}&C&9第 &P 页 共 &N 页", self.foot().replace('&', "&&"))
    }

    /// Names and values of the custom properties, in their order.
    pub(crate) fn custom(&self, sha256: &str) -> [(&'static str, String); 4] {
        [
            ("cutoff", shanghai_text(self.cutoff)),
            ("as_of", shanghai_text(self.as_of)),
            ("rev", self.rev.to_string()),
            ("sha256", sha256.to_owned()),
        ]
    }
}

/// RFC 3339 with the offset of the people who read it.
fn shanghai_text(instant: Timestamp) -> String {
    instant.display_with_offset(Offset::constant(8)).to_string()
}

/// The length goes first, so that moving a character from one cell to the next changes the value.
pub(crate) fn add_text(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(text.as_bytes());
}
