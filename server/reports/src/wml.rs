//! WordprocessingML by hand: runs, paragraphs, tables, pictures, and the package around them. It is not a model of Word;
//! it writes just what the forms need, so that pictures stay the bytes they were and equal input gives equal files.
//! What a newcomer gets wrong: Word sees an unescaped or forbidden character as a broken file, so text enters the body
//! only through [`run`].

use std::io::{Cursor, Write};
use std::sync::Arc;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::ReportError;
use crate::properties::FormProperties;
use crate::text::{printable, printable_line};

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const RELATIONSHIP: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const FIRST_PICTURE_RELATION: usize = 3;

/// Look of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    pub(crate) font: &'static str,
    /// Half points, as Word counts.
    pub(crate) half_points: u32,
    pub(crate) bold: bool,
    pub(crate) underlined: bool,
}

impl Face {
    pub(crate) const MARK: Self = Self::plain("黑体", 32);
    pub(crate) const TITLE: Self = Self::plain("方正小标宋简体", 44);
    pub(crate) const BODY: Self = Self::plain("仿宋_GB2312", 22);
    pub(crate) const BODY_12: Self = Self::plain("仿宋_GB2312", 24);
    pub(crate) const LABEL: Self = Self { bold: true, ..Self::plain("黑体", 24) };

    const fn plain(font: &'static str, half_points: u32) -> Self {
        Self { font, half_points, bold: false, underlined: false }
    }
}

/// The side a paragraph stands on; the values are Word's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Left,
    Centre,
}

/// A4, upright or lying, with margins in millimetres.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) landscape: bool,
    pub(crate) side_mm: f64,
    pub(crate) end_mm: f64,
}

/// Twentieths of a point of a length.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a form's lengths are small and positive")]
pub(crate) fn twips(length_mm: f64) -> u32 {
    (length_mm * 1440.0 / 25.4).round().max(0.0) as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a form's lengths are small and positive")]
fn emu(length_mm: f64) -> u64 {
    (length_mm * 36_000.0).round().max(1.0) as u64
}

/// Escapes text for element content and attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    escaped
}

/// A run of text, made printable; line ends become breaks.
pub(crate) fn run(text: &str, face: Face) -> String {
    let mut xml = String::from("<w:r><w:rPr>");
    let font = face.font;
    xml.push_str(&format!(r#"<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>"#));
    if face.bold {
        xml.push_str("<w:b/>");
    }
    xml.push_str(&format!(r#"<w:sz w:val="{0}"/><w:szCs w:val="{0}"/>"#, face.half_points));
    if face.underlined {
        xml.push_str(r#"<w:u w:val="single"/>"#);
    }
    xml.push_str(r#"<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr>"#);
    for (index, line) in printable(text).split('\n').enumerate() {
        if index > 0 {
            xml.push_str("<w:br/>");
        }
        xml.push_str(&format!(r#"<w:t xml:space="preserve">{}</w:t>"#, escape(line)));
    }
    xml.push_str("</w:r>");
    xml
}

/// A paragraph of finished runs. An empty one keeps its height.
pub(crate) fn paragraph(runs: &str, side: Side) -> String {
    let side = match side {
        Side::Left => "left",
        Side::Centre => "center",
    };
    format!(r#"<w:p><w:pPr><w:spacing w:before="0" w:after="0"/><w:jc w:val="{side}"/></w:pPr>{runs}</w:p>"#)
}

/// A paragraph whose tab stands right at the given width.
pub(crate) fn split_paragraph(left_runs: &str, right_runs: &str, width_mm: f64) -> String {
    let stop = twips(width_mm);
    format!(
        r#"<w:p><w:pPr><w:tabs><w:tab w:val="right" w:pos="{stop}"/></w:tabs><w:spacing w:before="60" w:after="60"/></w:pPr>{left_runs}<w:r><w:tab/></w:r>{right_runs}</w:p>"#
    )
}

/// How a cell takes part in a vertical merge.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Merge {
    None,
    Restart,
    Continue,
}

/// A table cell of finished paragraphs.
pub(crate) fn cell(width_mm: f64, merge: Merge, paragraphs: &str) -> String {
    let merge = match merge {
        Merge::None => "",
        Merge::Restart => r#"<w:vMerge w:val="restart"/>"#,
        Merge::Continue => r#"<w:vMerge w:val="continue"/>"#,
    };
    let width = twips(width_mm);
    format!(
        r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{merge}<w:vAlign w:val="center"/></w:tcPr>{paragraphs}</w:tc>"#
    )
}

/// A table row; it never breaks over two pages, and a heading repeats on each.
pub(crate) fn row(height_mm: f64, heading: bool, cells: &str) -> String {
    let heading = if heading { "<w:tblHeader/>" } else { "" };
    let height = twips(height_mm);
    format!(
        r#"<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="atLeast"/>{heading}</w:trPr>{cells}</w:tr>"#
    )
}

/// A bordered table of finished rows.
pub(crate) fn table(widths_mm: &[f64], rows: &str) -> String {
    let mut xml = format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="{}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>"#,
        widths_mm.iter().map(|width_mm| twips(*width_mm)).sum::<u32>()
    );
    for side in ["top", "left", "bottom", "right", "insideH", "insideV"] {
        xml.push_str(&format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>"#));
    }
    xml.push_str(r#"</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>"#);
    for width_mm in widths_mm {
        xml.push_str(&format!(r#"<w:gridCol w:w="{}"/>"#, twips(*width_mm)));
    }
    xml.push_str("</w:tblGrid>");
    xml.push_str(rows);
    xml.push_str("</w:tbl>");
    xml
}

/// A document being written: its body and the pictures it shows.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) body: String,
    pictures: Vec<Arc<[u8]>>,
}

/// What the package says about itself.
pub(crate) struct About<'a> {
    pub(crate) title: &'a str,
    pub(crate) author: &'a str,
    pub(crate) properties: &'a FormProperties,
    pub(crate) content_sha256: &'a str,
}

impl Document {
    /// An inline drawing of a JPEG, as a run; the bytes go into the package as they are.
    pub(crate) fn picture(&mut self, jpeg: Arc<[u8]>, width_mm: f64, height_mm: f64, alt: &str) -> String {
        self.pictures.push(jpeg);
        let id = self.pictures.len();
        let relation = id - 1 + FIRST_PICTURE_RELATION;
        let (width, height, alt) = (emu(width_mm), emu(height_mm), escape(&printable_line(alt)));
        format!(
            r#"<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{id}" name="图片{id}" descr="{alt}"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="{id}" name="image{id}.jpg"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"#
        )
    }

    /// Packs the document. Parts carry the zip format's first day as their time, so equal input gives equal bytes.
    pub(crate) fn finish(self, page: Page, about: &About<'_>) -> Result<Vec<u8>, ReportError> {
        let mut package = ZipWriter::new(Cursor::new(Vec::new()));
        let fixed = SimpleFileOptions::default().last_modified_time(DateTime::default());
        let packed = fixed.compression_method(CompressionMethod::Deflated);
        let parts = [
            ("[Content_Types].xml", content_types()),
            ("_rels/.rels", package_relations()),
            ("docProps/core.xml", core_properties(about)),
            ("docProps/custom.xml", custom_properties(about)),
            ("word/_rels/document.xml.rels", self.relations()),
            ("word/styles.xml", styles()),
            ("word/footer1.xml", footer(about)),
        ];
        for (name, text) in parts {
            package.start_file(name, packed)?;
            package.write_all(text.as_bytes())?;
        }
        package.start_file("word/document.xml", packed)?;
        package.write_all(document_head().as_bytes())?;
        package.write_all(self.body.as_bytes())?;
        package.write_all(section(page).as_bytes())?;
        package.write_all(b"</w:body></w:document>")?;
        let stored = fixed.compression_method(CompressionMethod::Stored);
        for (index, jpeg) in self.pictures.iter().enumerate() {
            package.start_file(format!("word/media/image{}.jpg", index + 1), stored)?;
            package.write_all(jpeg)?;
        }
        Ok(package.finish()?.into_inner())
    }

    fn relations(&self) -> String {
        let mut xml = format!(
            r#"{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONSHIP}/styles" Target="styles.xml"/><Relationship Id="rId2" Type="{RELATIONSHIP}/footer" Target="footer1.xml"/>"#
        );
        for index in 0..self.pictures.len() {
            let (relation, number) = (index + FIRST_PICTURE_RELATION, index + 1);
            xml.push_str(&format!(
                r#"<Relationship Id="rId{relation}" Type="{RELATIONSHIP}/image" Target="media/image{number}.jpg"/>"#
            ));
        }
        xml.push_str("</Relationships>");
        xml
    }
}

fn document_head() -> String {
    format!(
        r#"{DECLARATION}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{RELATIONSHIP}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>"#
    )
}

fn section(page: Page) -> String {
    let size = if page.landscape {
        r#"<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>"#
    } else {
        r#"<w:pgSz w:w="11906" w:h="16838"/>"#
    };
    let (side, end, edge) = (twips(page.side_mm), twips(page.end_mm), twips(8.0));
    format!(
        r#"<w:sectPr><w:footerReference w:type="default" r:id="rId2"/>{size}<w:pgMar w:top="{end}" w:right="{side}" w:bottom="{end}" w:left="{side}" w:header="{edge}" w:footer="{edge}" w:gutter="0"/></w:sectPr>"#
    )
}

fn content_types() -> String {
    let office = "application/vnd.openxmlformats-officedocument";
    format!(
        r#"{DECLARATION}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="jpg" ContentType="image/jpeg"/><Override PartName="/word/document.xml" ContentType="{office}.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="{office}.wordprocessingml.styles+xml"/><Override PartName="/word/footer1.xml" ContentType="{office}.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/docProps/custom.xml" ContentType="{office}.custom-properties+xml"/></Types>"#
    )
}

fn package_relations() -> String {
    format!(
        r#"{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONSHIP}/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/><Relationship Id="rId3" Type="{RELATIONSHIP}/custom-properties" Target="docProps/custom.xml"/></Relationships>"#
    )
}

fn core_properties(about: &About<'_>) -> String {
    let text = |text: &str| escape(&printable_line(text));
    let (title, subject, author) = (text(about.title), text(&about.properties.subject), text(about.author));
    // Whole seconds: Word refuses some longer fractions.
    let created = jiff::Timestamp::from_second(about.properties.as_of.as_second()).unwrap_or_default();
    format!(
        r#"{DECLARATION}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:subject>{subject}</dc:subject><dc:creator>{author}</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">{created}</dcterms:created></cp:coreProperties>"#
    )
}

fn custom_properties(about: &About<'_>) -> String {
    let mut xml = format!(
        r#"{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">"#
    );
    for (pid, (name, value)) in (2..).zip(about.properties.custom(about.content_sha256)) {
        let value = escape(&value);
        xml.push_str(&format!(
            r#"<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{pid}" name="{name}"><vt:lpwstr>{value}</vt:lpwstr></property>"#
        ));
    }
    xml.push_str("</Properties>");
    xml
}

/// Room between two runs: texts are trimmed, so they cannot bring it.
const GAP: &str = r#"<w:r><w:t xml:space="preserve">　　</w:t></w:r>"#;

/// The foot of every page: what the sheet belongs to, and 第 x 页 共 y 页, which the program that shows it counts.
fn footer(about: &About<'_>) -> String {
    let face = Face { half_points: 18, ..Face::BODY };
    let field = |name: &str| format!(r#"<w:fldSimple w:instr=" {name} ">{}</w:fldSimple>"#, run("1", face));
    let pages = [run("第", face), field("PAGE"), run("页 共", face), field("NUMPAGES"), run("页", face)];
    let line = paragraph(&format!("{}{GAP}{}", run(&about.properties.foot(), face), pages.concat()), Side::Centre);
    format!(
        r#"{DECLARATION}<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{RELATIONSHIP}">{line}</w:ftr>"#
    )
}

fn styles() -> String {
    let font = Face::BODY.font;
    format!(
        r#"{DECLARATION}<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/><w:sz w:val="22"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults></w:styles>"#
    )
}
