//! Shrinks a raster with Lanczos3 in its own channel layout. It never enlarges. Alpha is multiplied in while averaging, so that
//! transparent pixels do not bleed their hidden colour. A newcomer's mistake: shrinking after rotating; this comes first because it
//! leaves forty times fewer pixels to rotate.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::raster::{Channels, Raster};

/// `raster` shrunk to fit `long_edge`; the same raster if it fits already.
pub(crate) fn shrink(raster: Raster, long_edge: u32) -> Option<Raster> {
    let (width, height) = raster.fitted_size(long_edge);
    if (width, height) == (raster.width, raster.height) {
        return Some(raster);
    }
    resized(&raster, width, height, FilterType::Lanczos3)
}

/// `raster` at exactly this size, larger or smaller. `None` only for sizes the resizer refuses.
pub(crate) fn resized(raster: &Raster, width: u32, height: u32, filter: FilterType) -> Option<Raster> {
    let pixel_type = match raster.channels {
        Channels::Grey => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
        Channels::Rgba | Channels::Cmyk | Channels::CmykInverted | Channels::Ycck => PixelType::U8x4,
    };
    let source = ImageRef::new(raster.width, raster.height, &raster.samples, pixel_type).ok()?;
    let mut target = Image::new(width, height, pixel_type);
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(raster.channels == Channels::Rgba);
    Resizer::new().resize(&source, &mut target, &options).ok()?;
    Raster::new(width, height, raster.channels, target.into_vec())
}
