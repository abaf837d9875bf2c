//! 一患一档: one hazard's whole file as a Word document: what it is, the five, the double report, the review, its photos and everything that
//! happened. What a newcomer gets wrong: nothing is left blank to look tidy; a section without entries says 无.

use sha2::{Digest, Sha256};

use crate::appendix1::CellPicture;
use crate::error::ReportError;
use crate::pictures::is_jpeg;
use crate::properties::{FormProperties, add_text};
use crate::wml::{self, About, Document, Face, Merge, Page, Side};

/// Photos printed in one file; the rest is named and lies in the archive.
pub const DOSSIER_PHOTOS_MAX: usize = 40;

const TITLE: &str = "重大事故隐患一患一档";
const PAGE: Page = Page { landscape: false, side_mm: 22.0, end_mm: 20.0 };
const FACT_WIDTHS_MM: [f64; 2] = [42.0, 124.0];
const EVENT_WIDTHS_MM: [f64; 3] = [38.0, 24.0, 104.0];
const PHOTO_WIDTHS_MM: [f64; 2] = [83.0, 83.0];
const PHOTO_BOX_MM: (f64, f64) = (78.0, 70.0);
const ROW_HEIGHT_MM: f64 = 8.0;
const NOTHING: &str = "无";

/// One hazard's file.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Office that keeps it.
    pub office_name: String,
    /// 隐患编号 and place, under the title.
    pub label: String,
    /// Facts by section, in order.
    pub sections: Vec<DossierSection>,
    /// Photos, in order.
    pub photos: Vec<DossierPhoto>,
    /// Everything that happened, oldest first.
    pub events: Vec<DossierEvent>,
    /// Properties of the file.
    pub properties: FormProperties,
}

/// Facts that belong together.
#[derive(Debug, Clone)]
pub struct DossierSection {
    /// 基本情况, 五落实, ...
    pub title: String,
    /// Label and text.
    pub facts: Vec<(String, String)>,
}

/// One photo.
#[derive(Debug, Clone)]
pub struct DossierPhoto {
    /// What it shows, when, by whom, and its hash.
    pub caption: String,
    /// The picture; nothing when it is not here or cannot be shown.
    pub picture: Option<CellPicture>,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct DossierEvent {
    /// When, in words.
    pub at: String,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
}

/// Writes the file as DOCX.
///
/// # Errors
/// [`ReportError::Package`] when packing fails, which is a defect.
pub fn dossier_docx(dossier: &Dossier) -> Result<Vec<u8>, ReportError> {
    let mut digest = Sha256::new();
    let mut document = Document::default();
    document.body.push_str(&wml::paragraph(&wml::run(TITLE, Face::TITLE), Side::Centre));
    document.body.push_str(&wml::paragraph(&wml::run(&dossier.label, Face::BODY_12), Side::Centre));
    add_text(&mut digest, &dossier.label);
    for section in &dossier.sections {
        heading(&mut document, &section.title);
        let facts = section.facts.iter().map(|(label, text)| [label.as_str(), text.as_str()]);
        let mut rows = String::new();
        for [label, text] in facts {
            add_text(&mut digest, label);
            add_text(&mut digest, text);
            rows.push_str(&row(&[(label, Face::LABEL, Side::Centre), (text, Face::BODY, Side::Left)], &FACT_WIDTHS_MM));
        }
        table_or_nothing(&mut document, &FACT_WIDTHS_MM, &rows);
    }
    heading(&mut document, "照片");
    let rows = photo_rows(&mut document, &dossier.photos);
    table_or_nothing(&mut document, &PHOTO_WIDTHS_MM, &rows);
    heading(&mut document, "办理过程");
    let mut rows = String::new();
    for event in &dossier.events {
        for text in [&event.at, &event.who, &event.what] {
            add_text(&mut digest, text);
        }
        let cells = [
            (event.at.as_str(), Face::BODY, Side::Centre),
            (event.who.as_str(), Face::BODY, Side::Centre),
            (event.what.as_str(), Face::BODY, Side::Left),
        ];
        rows.push_str(&row(&cells, &EVENT_WIDTHS_MM));
    }
    table_or_nothing(&mut document, &EVENT_WIDTHS_MM, &rows);
    let about = About {
        title: TITLE,
        author: &dossier.office_name,
        properties: &dossier.properties,
        content_sha256: &hex::encode(digest.finalize()),
    };
    document.finish(PAGE, &about)
}

fn heading(document: &mut Document, title: &str) {
    document.body.push_str(&wml::paragraph("", Side::Left));
    document.body.push_str(&wml::paragraph(&wml::run(title, Face::LABEL), Side::Left));
}

fn table_or_nothing(document: &mut Document, widths_mm: &[f64], rows: &str) {
    let body = if rows.is_empty() {
        wml::paragraph(&wml::run(NOTHING, Face::BODY), Side::Left)
    } else {
        wml::table(widths_mm, rows)
    };
    document.body.push_str(&body);
}

fn row(cells: &[(&str, Face, Side)], widths_mm: &[f64]) -> String {
    let cells: String = cells
        .iter()
        .zip(widths_mm)
        .map(|((text, face, side), width_mm)| {
            wml::cell(*width_mm, Merge::None, &wml::paragraph(&wml::run(text, *face), *side))
        })
        .collect();
    wml::row(ROW_HEIGHT_MM, false, &cells)
}

/// Two photos a row, each over its caption.
fn photo_rows(document: &mut Document, photos: &[DossierPhoto]) -> String {
    let mut rows = String::new();
    for pair in photos.chunks(2) {
        let mut cells = String::new();
        for (index, width_mm) in PHOTO_WIDTHS_MM.iter().enumerate() {
            let content = match pair.get(index) {
                Some(photo) => photo_cell(document, photo),
                None => wml::paragraph("", Side::Centre),
            };
            cells.push_str(&wml::cell(*width_mm, Merge::None, &content));
        }
        rows.push_str(&wml::row(ROW_HEIGHT_MM, false, &cells));
    }
    rows
}

fn photo_cell(document: &mut Document, photo: &DossierPhoto) -> String {
    let caption = wml::paragraph(&wml::run(&photo.caption, Face::BODY), Side::Centre);
    let Some(picture) = photo.picture.as_ref().filter(|picture| is_jpeg(picture)) else { return caption };
    let (width, height) = (f64::from(picture.width_px), f64::from(picture.height_px));
    let scale = (PHOTO_BOX_MM.0 / width).min(PHOTO_BOX_MM.1 / height);
    let drawn = document.picture(picture.jpeg.clone(), (width * scale).max(0.5), (height * scale).max(0.5), "照片");
    format!("{}{caption}", wml::paragraph(&drawn, Side::Centre))
}
