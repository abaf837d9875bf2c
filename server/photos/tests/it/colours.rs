//! Colours arrive as sRGB from every kind of file.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, SamplingFactor};
use moxcms::ColorProfile;
use paicha_photos::{DeriveState, UnsupportedReason};

use crate::pictures::{assert_near, derive_default, flat, jpeg, jpeg_with, middle_colour};

const SIZE: (u16, u16) = (40, 30);

fn jpeg_with_profile(pixel: &[u8], color_type: ColorType, profile: &ColorProfile) -> Vec<u8> {
    let profile = profile.encode().unwrap();
    jpeg_with(&flat(pixel, SIZE), SIZE, color_type, |encoder| encoder.add_icc_profile(&profile).unwrap())
}

#[test]
fn display_p3_photo_is_converted_to_srgb() {
    let photo = jpeg_with_profile(&[200, 60, 40], ColorType::Rgb, &ColorProfile::new_display_p3());
    // The published matrices give 217, 42, 23.
    assert_near(middle_colour(&derive_default(&photo)), [217, 42, 23], 5);
}

#[test]
fn adobe_rgb_photo_is_converted_to_srgb() {
    let photo = jpeg_with_profile(&[100, 160, 100], ColorType::Rgb, &ColorProfile::new_adobe_rgb());
    let [red, green, blue] = middle_colour(&derive_default(&photo));
    // Greens of Adobe RGB lie outside: red falls, green stays.
    assert!(red < 70 && green.abs_diff(161) < 6 && blue.abs_diff(96) < 8, "{red} {green} {blue}");
}

#[test]
fn srgb_profile_and_no_profile_keep_the_colours() {
    let with_profile = jpeg_with_profile(&[200, 60, 40], ColorType::Rgb, &ColorProfile::new_srgb());
    let without = jpeg(&flat(&[200, 60, 40], SIZE), SIZE, ColorType::Rgb);
    assert_near(middle_colour(&derive_default(&with_profile)), [200, 60, 40], 4);
    assert_near(middle_colour(&derive_default(&without)), [200, 60, 40], 4);
}

#[test]
fn grey_jpeg_stays_grey() {
    let derived = derive_default(&jpeg(&flat(&[90], SIZE), SIZE, ColorType::Luma));
    assert_eq!(derived.state, DeriveState::Derived);
    assert_near(middle_colour(&derived), [90, 90, 90], 2);
}

#[test]
fn cmyk_and_ycck_with_an_adobe_segment_become_light() {
    // Full magenta and yellow ink and some black: a dark red.
    let inks = flat(&[0, 255, 255, 60], SIZE);
    for color_type in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let photo = jpeg(&inks, SIZE, color_type);
        let derived = derive_default(&photo);
        assert_eq!(derived.state, DeriveState::Derived, "{color_type:?}");
        assert_near(middle_colour(&derived), [195, 0, 0], 6);
    }
}

#[test]
fn every_common_sampling_keeps_the_colours() {
    use SamplingFactor as Factor;
    let samples = flat(&[40, 90, 180], SIZE);
    for sampling in [Factor::F_1_1, Factor::F_2_1, Factor::F_1_2, Factor::F_2_2] {
        let photo = jpeg_with(&samples, SIZE, ColorType::Rgb, |encoder| encoder.set_sampling_factor(sampling));
        assert_near(middle_colour(&derive_default(&photo)), [40, 90, 180], 4);
    }
}

#[test]
fn rare_sampling_is_right_or_unsupported_but_never_in_wrong_colours() {
    use SamplingFactor as Factor;
    let samples = flat(&[40, 90, 180], SIZE);
    for sampling in [Factor::F_4_1, Factor::F_4_2, Factor::F_1_4, Factor::F_2_4] {
        let photo = |progressive| {
            jpeg_with(&samples, SIZE, ColorType::Rgb, |encoder| {
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(progressive);
            })
        };
        let unsupported = DeriveState::Unsupported { reason: UnsupportedReason::JpegSampling };
        assert_eq!(derive_default(&photo(false)).state, unsupported);
        assert_near(middle_colour(&derive_default(&photo(true))), [40, 90, 180], 4);
    }
}

fn png(samples: &[u8], color: ExtendedColorType) -> Vec<u8> {
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(samples, SIZE.0.into(), SIZE.1.into(), color).unwrap();
    png
}

#[test]
fn sixteen_bit_png_keeps_its_colours() {
    let pixel: Vec<u8> = [200_u16 * 257, 60 * 257, 40 * 257].into_iter().flat_map(u16::to_ne_bytes).collect();
    let derived = derive_default(&png(&flat(&pixel, SIZE), ExtendedColorType::Rgb16));
    assert_near(middle_colour(&derived), [200, 60, 40], 3);
}

#[test]
fn transparent_png_stands_on_white() {
    let clear = derive_default(&png(&flat(&[0, 0, 0, 0], SIZE), ExtendedColorType::Rgba8));
    assert_near(middle_colour(&clear), [255, 255, 255], 1);
    let half = derive_default(&png(&flat(&[0, 128], SIZE), ExtendedColorType::La8));
    assert_near(middle_colour(&half), [127, 127, 127], 3);
}
