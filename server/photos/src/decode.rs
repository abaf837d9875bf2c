//! Turns the bytes of a checked photo into a raster in the file's own colours, with its profile. Sizes and memory were checked from
//! the header; decoders get the same limits again, and a decoder that disagrees with the header about the size is not believed.
//! A newcomer's mistake: taking a successful decode for a complete photo; decoders fill what is missing with grey and say nothing.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::header::Header;
use crate::jpeg::Outline;
use crate::limits::{DeriveLimits, PROFILE_BYTES_MAX};
use crate::outcome::UnsupportedReason;
use crate::raster::{Channels, Raster};
use crate::sniff::PhotoType;

/// A decoded photo, not yet upright and not yet sRGB.
pub(crate) struct Decoded {
    pub(crate) raster: Raster,
    pub(crate) profile: Option<Vec<u8>>,
    /// Whether the decoder stopped before the last row.
    pub(crate) partial: bool,
}

/// Decodes a photo whose header has passed [`Header::check`]. A panic inside a decoder counts as a damaged file: these crates parse
/// hostile bytes, and one photo must not end a worker.
pub(crate) fn decode(bytes: &[u8], header: &Header, limits: &DeriveLimits) -> Result<Decoded, UnsupportedReason> {
    let attempt = || match (header.photo_type, &header.jpeg) {
        (PhotoType::Jpeg, Some(outline)) => decode_jpeg(bytes, outline, limits),
        (PhotoType::Png, _) => decode_png(bytes, header, limits),
        (PhotoType::WebP, _) => decode_webp(bytes, header, limits),
        (PhotoType::Jpeg | PhotoType::Heic | PhotoType::Unknown, _) => None,
    };
    let decoded = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_default();
    decoded.ok_or(if header.truncated { UnsupportedReason::NoPixels } else { UnsupportedReason::DecodeFailed })
}

fn decode_jpeg(bytes: &[u8], outline: &Outline, limits: &DeriveLimits) -> Option<Decoded> {
    let frame = outline.decodable_frame().ok()?;
    let clean = outline.clean_copy(bytes);
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(limits.scans_max as usize + 1);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(clean.as_slice()), options);
    decoder.decode_headers().ok()?;
    if decoder.dimensions()? != (frame.width as usize, frame.height as usize) {
        return None;
    }
    let (space, channels) = match decoder.input_colorspace()? {
        ColorSpace::Luma => (ColorSpace::Luma, Channels::Grey),
        ColorSpace::YCCK => (ColorSpace::YCCK, Channels::Ycck),
        // Programs that write inks write the Adobe segment and invert; without the segment nothing is inverted.
        ColorSpace::CMYK if outline.adobe_transform.is_some() => (ColorSpace::CMYK, Channels::CmykInverted),
        ColorSpace::CMYK => (ColorSpace::CMYK, Channels::Cmyk),
        _ => (ColorSpace::RGB, Channels::Rgb),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let mut samples = vec![0; decoder.output_buffer_size()?];
    decoder.decode_into(&mut samples).ok()?;
    let raster = Raster::new(frame.width, frame.height, channels, samples)?;
    Some(Decoded { raster, profile: outline.profile(bytes), partial: false })
}

fn decode_png(bytes: &[u8], header: &Header, limits: &DeriveLimits) -> Option<Decoded> {
    let copy = header.png.clean_copy(bytes);
    let clean = copy.as_deref().unwrap_or(bytes);
    let decoder = PngDecoder::with_limits(Cursor::new(clean), image_limits(limits.memory_bytes_max)).ok()?;
    decode_with_image(decoder, header, header.png.profile(bytes))
}

fn decode_webp(bytes: &[u8], header: &Header, limits: &DeriveLimits) -> Option<Decoded> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).ok()?;
    decoder.set_limits(image_limits(limits.memory_bytes_max)).ok()?;
    // Nothing is packed in this container, so the copy is never longer than the file.
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| profile.len() <= PROFILE_BYTES_MAX);
    decode_with_image(decoder, header, profile)
}

fn image_limits(memory_bytes_max: u64) -> Limits {
    let mut image_limits = Limits::default();
    image_limits.max_alloc = Some(memory_bytes_max);
    image_limits
}

fn decode_with_image(decoder: impl ImageDecoder, header: &Header, profile: Option<Vec<u8>>) -> Option<Decoded> {
    let (width, height) = decoder.dimensions();
    if header.size != Some((width, height)) {
        return None;
    }
    let color_type = decoder.color_type();
    let mut samples = vec![0; usize::try_from(decoder.total_bytes()).ok()?];
    let complete = decoder.read_image(&mut samples).is_ok();
    // Rows before the end of a cut file are there; a damaged file that claims to be whole is not shown in parts.
    if !complete && (!header.truncated || samples.iter().all(|&sample| sample == 0)) {
        return None;
    }
    let byte_order = if complete { u16::from_ne_bytes } else { u16::from_be_bytes };
    let (channels, samples) = to_eight_bits(color_type, samples, byte_order)?;
    let raster = Raster::new(width, height, channels, samples)?;
    Some(Decoded { raster, profile, partial: !complete })
}

fn to_eight_bits(
    color_type: ColorType,
    samples: Vec<u8>,
    byte_order: fn([u8; 2]) -> u16,
) -> Option<(Channels, Vec<u8>)> {
    let narrow = |samples: Vec<u8>| -> Vec<u8> {
        samples.as_chunks::<2>().0.iter().map(|&pair| to_eight_bit(byte_order(pair))).collect()
    };
    let grey_alpha = |samples: &[u8]| -> Vec<u8> {
        samples.as_chunks::<2>().0.iter().flat_map(|&[grey, alpha]| [grey, grey, grey, alpha]).collect()
    };
    Some(match color_type {
        ColorType::L8 => (Channels::Grey, samples),
        ColorType::La8 => (Channels::Rgba, grey_alpha(&samples)),
        ColorType::Rgb8 => (Channels::Rgb, samples),
        ColorType::Rgba8 => (Channels::Rgba, samples),
        ColorType::L16 => (Channels::Grey, narrow(samples)),
        ColorType::La16 => (Channels::Rgba, grey_alpha(&narrow(samples))),
        ColorType::Rgb16 => (Channels::Rgb, narrow(samples)),
        ColorType::Rgba16 => (Channels::Rgba, narrow(samples)),
        _ => return None,
    })
}

/// 0 to 65,535 onto 0 to 255, rounded.
fn to_eight_bit(value: u16) -> u8 {
    u8::try_from((u32::from(value) + 128) / 257).unwrap_or(u8::MAX)
}
