//! Builders of pictures and bytes for the tests, and a way to look at a derivative's pixels. Builders state only what a test needs.

use jpeg_encoder::{ColorType, Encoder};
use paicha_photos::{DeriveLimits, Derived, Picture, derive};

pub(crate) fn derive_default(bytes: &[u8]) -> Derived {
    derive(bytes, &DeriveLimits::default())
}

/// A JPEG of one colour or of the given samples, changed by `configure` before encoding.
pub(crate) fn jpeg_with(
    samples: &[u8],
    (width, height): (u16, u16),
    color_type: ColorType,
    configure: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 92);
    configure(&mut encoder);
    encoder.encode(samples, width, height, color_type).unwrap();
    jpeg
}

pub(crate) fn jpeg(samples: &[u8], size: (u16, u16), color_type: ColorType) -> Vec<u8> {
    jpeg_with(samples, size, color_type, |_| {})
}

/// `pixel` repeated over `size`.
pub(crate) fn flat(pixel: &[u8], (width, height): (u16, u16)) -> Vec<u8> {
    pixel.repeat(usize::from(width) * usize::from(height))
}

/// A derivative decoded again.
pub(crate) fn decoded(picture: &Picture) -> image::RgbImage {
    let decoded = image::load_from_memory_with_format(&picture.jpeg, image::ImageFormat::Jpeg).unwrap().to_rgb8();
    assert_eq!((decoded.width(), decoded.height()), (picture.width, picture.height));
    decoded
}

/// The colour in the middle of the preview.
pub(crate) fn middle_colour(derived: &Derived) -> [u8; 3] {
    let preview = decoded(derived.preview.as_ref().expect("derived pictures have a preview"));
    preview.get_pixel(preview.width() / 2, preview.height() / 2).0
}

#[track_caller]
pub(crate) fn assert_near(actual: [u8; 3], expected: [u8; 3], tolerance: u8) {
    let near = actual.iter().zip(expected).all(|(left, right)| left.abs_diff(right) <= tolerance);
    assert!(near, "{actual:?} is not within {tolerance} of {expected:?}");
}

/// Mean absolute difference per sample of two pictures of one size.
pub(crate) fn mean_difference(left: &image::RgbImage, right: &image::RgbImage) -> f64 {
    assert_eq!(left.dimensions(), right.dimensions());
    let samples = left.as_raw().iter().zip(right.as_raw());
    let sum: u64 = samples.map(|(left, right)| u64::from(left.abs_diff(*right))).sum();
    sum as f64 / left.as_raw().len() as f64
}

/// A segment with its marker and length.
pub(crate) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker], &length.to_be_bytes()[..], content].concat()
}

/// Where the first segment with this marker starts; plain search, good enough for our own files.
pub(crate) fn find_marker(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|pair| pair == [0xff, marker]).expect("the marker is there")
}
