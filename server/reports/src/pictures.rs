//! Places the pictures of a row as ordinary drawings over the picture cell. They are put in as they are, never
//! re-encoded. What a newcomer gets wrong: a picture inside the cell (`embed_image`, or the DISPIMG of WPS) shows as
//! `#NAME?` in other programs, so only two-cell anchors are used.

use rust_xlsxwriter::{Image, ObjectMovement, Worksheet};

use crate::ReportError;
use crate::appendix1::CellPicture;

/// Largest box of one picture.
pub(crate) const PICTURE_WIDTH_MM: f64 = 29.0;
/// Largest box of one picture.
pub(crate) const PICTURE_HEIGHT_MM: f64 = 27.0;

/// Spreadsheet programs count 96 pixels to the inch.
const PIXELS_PER_MM: f64 = 96.0 / 25.4;

/// The cell the pictures lie over, in millimetres; `height_mm` is the part of the row that is theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PictureCell {
    pub(crate) row: u32,
    pub(crate) column: u16,
    pub(crate) width_mm: f64,
    pub(crate) height_mm: f64,
}

/// Whole pixels of a length, rounded. Lengths here are below a metre, so nothing is lost.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a form's lengths are small and positive")]
pub(crate) fn pixels(length_mm: f64) -> u32 {
    (length_mm * PIXELS_PER_MM).round().max(0.0) as u32
}

/// Reads a picture; `None` when the bytes are not a JPEG or the size is nothing.
pub(crate) fn readable(picture: &CellPicture) -> Option<Image> {
    if !is_jpeg(picture) {
        return None;
    }
    Image::new_from_buffer(&picture.jpeg).ok()
}

/// Whether the bytes begin as a JPEG and the size is something.
pub(crate) fn is_jpeg(picture: &CellPicture) -> bool {
    picture.width_px > 0 && picture.height_px > 0 && picture.jpeg.starts_with(&[0xff, 0xd8, 0xff])
}

/// Puts pictures side by side into the middle of the cell, each scaled into its box with its aspect kept.
pub(crate) fn place(
    sheet: &mut Worksheet,
    cell: PictureCell,
    pictures: &[(&CellPicture, Image)],
) -> Result<(), ReportError> {
    let sizes: Vec<(f64, f64)> = pictures.iter().map(|(picture, _)| fitted(picture)).collect();
    let used_mm: f64 = sizes.iter().map(|(width_mm, _)| width_mm).sum();
    let gap_mm = (cell.width_mm - used_mm) / f64::from(u8::try_from(sizes.len()).unwrap_or(u8::MAX).saturating_add(1));
    let mut left_mm = gap_mm;
    for ((width_mm, height_mm), (_, image)) in sizes.into_iter().zip(pictures) {
        let image = image
            .clone()
            .set_scale_to_size(width_mm * PIXELS_PER_MM, height_mm * PIXELS_PER_MM, false)
            .set_object_movement(ObjectMovement::MoveAndSizeWithCells)
            .set_alt_text("排查图片");
        let top_mm = (cell.height_mm - height_mm) / 2.0;
        sheet.insert_image_with_offset(cell.row, cell.column, &image, pixels(left_mm), pixels(top_mm))?;
        left_mm += width_mm + gap_mm;
    }
    Ok(())
}

/// Width and height in millimetres of a picture scaled into its box.
pub(crate) fn fitted(picture: &CellPicture) -> (f64, f64) {
    let (width, height) = (f64::from(picture.width_px), f64::from(picture.height_px));
    let scale = (PICTURE_WIDTH_MM / width).min(PICTURE_HEIGHT_MM / height);
    // A panorama a thousand times wider than high would vanish; a hair line still shows that a picture is there.
    ((width * scale).max(0.5), (height * scale).max(0.5))
}
