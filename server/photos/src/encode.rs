//! Encodes derivatives as baseline JPEG 4:2:0 with averaged chroma and nothing else: no EXIF, no profile, no XMP, because previews
//! are forwarded and must not say who stood where. A newcomer's mistake: encoding anything but sRGB here; without a profile it would
//! be shown in wrong colours.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::raster::{Channels, Raster};

/// An encoded derivative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Baseline JPEG in sRGB without metadata.
    pub jpeg: Vec<u8>,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
}

/// `None` if the raster is not RGB or longer than a JPEG can be; neither happens after shrinking and colour conversion.
pub(crate) fn encode(raster: &Raster, quality: u8) -> Option<Picture> {
    if raster.channels != Channels::Rgb {
        return None;
    }
    let (width, height) = (u16::try_from(raster.width).ok()?, u16::try_from(raster.height).ok()?);
    let mut jpeg = Vec::with_capacity(raster.samples.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(&raster.samples, width, height, ColorType::Rgb).ok()?;
    Some(Picture { jpeg, width: raster.width, height: raster.height })
}
