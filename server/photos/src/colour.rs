//! Brings a shrunk raster to 8-bit sRGB: profiles through `moxcms`, alpha on white, inks to light. It never fails: a profile that
//! cannot be used is ignored, as viewers do. A newcomer's mistake: keeping the samples and dropping the profile; photos of new
//! phones are Display P3 and would look pale.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::raster::{Channels, Raster};

/// `raster` as sRGB without alpha, converted from the profile if there is a usable one.
pub(crate) fn to_srgb(raster: Raster, profile: Option<&[u8]>) -> Raster {
    let raster = match raster.channels {
        Channels::Rgba => on_white(&raster),
        Channels::CmykInverted | Channels::Ycck => to_inks(raster),
        Channels::Grey | Channels::Rgb | Channels::Cmyk => raster,
    };
    if let Some(converted) = profile.and_then(|profile| through_profile(&raster, profile)) {
        return converted;
    }
    match raster.channels {
        Channels::Grey => map_pixels::<1>(&raster, |[grey]| [grey; 3]),
        Channels::Cmyk => map_pixels::<4>(&raster, |[cyan, magenta, yellow, black]| {
            [cyan, magenta, yellow].map(|ink| product(255 - ink, 255 - black))
        }),
        Channels::Rgb | Channels::Rgba | Channels::CmykInverted | Channels::Ycck => raster,
    }
}

/// `None` if the profile is broken or is not for this kind of picture.
fn through_profile(raster: &Raster, profile: &[u8]) -> Option<Raster> {
    let source = ColorProfile::new_from_slice(profile).ok()?;
    let (space, layout) = match raster.channels {
        Channels::Grey => (DataColorSpace::Gray, Layout::Gray),
        Channels::Rgb => (DataColorSpace::Rgb, Layout::Rgb),
        // Four inks travel in the library's four-channel layout.
        Channels::Cmyk => (DataColorSpace::Cmyk, Layout::Rgba),
        Channels::Rgba | Channels::CmykInverted | Channels::Ycck => return None,
    };
    if source.color_space != space {
        return None;
    }
    let target = ColorProfile::new_srgb();
    let transform = source.create_transform_8bit(layout, &target, Layout::Rgb, TransformOptions::default()).ok()?;
    let mut samples = vec![0; raster.samples.len() / raster.channels.count() * 3];
    transform.transform(&raster.samples, &mut samples).ok()?;
    Raster::new(raster.width, raster.height, Channels::Rgb, samples)
}

fn on_white(raster: &Raster) -> Raster {
    map_pixels::<4>(raster, |[red, green, blue, alpha]| {
        [red, green, blue].map(|light| product(light, alpha) + (255 - alpha))
    })
}

/// Ink amounts, 255 = full ink, from what Adobe stores.
fn to_inks(mut raster: Raster) -> Raster {
    let from_luma = raster.channels == Channels::Ycck;
    for pixel in raster.samples.as_chunks_mut::<4>().0 {
        let [first, second, third, black] = *pixel;
        // The luma form encodes 255 minus the stored inks, which is the ink amount itself.
        let [cyan, magenta, yellow] =
            if from_luma { from_ycc([first, second, third]) } else { [255 - first, 255 - second, 255 - third] };
        *pixel = [cyan, magenta, yellow, 255 - black];
    }
    raster.channels = Channels::Cmyk;
    raster
}

/// JFIF's YCbCr to RGB.
fn from_ycc([luma, blue_difference, red_difference]: [u8; 3]) -> [u8; 3] {
    let luma = f32::from(luma);
    let blue = f32::from(blue_difference) - 128.0;
    let red = f32::from(red_difference) - 128.0;
    [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue].map(to_byte)
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the byte's range first")]
#[expect(clippy::cast_sign_loss, reason = "clamped to the byte's range first")]
fn to_byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// Two fractions of 255 multiplied.
fn product(left: u8, right: u8) -> u8 {
    let rounded = (u16::from(left) * u16::from(right) + 127) / 255;
    u8::try_from(rounded).unwrap_or(u8::MAX)
}

fn map_pixels<const N: usize>(raster: &Raster, pixel: impl Fn([u8; N]) -> [u8; 3]) -> Raster {
    let samples = raster.samples.as_chunks::<N>().0.iter().flat_map(|&samples| pixel(samples)).collect();
    Raster { width: raster.width, height: raster.height, channels: Channels::Rgb, samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_pixel(channels: Channels, samples: &[u8]) -> Raster {
        Raster::new(1, 1, channels, samples.to_vec()).unwrap()
    }

    #[test]
    fn inks_and_alpha_become_light() {
        let cases: [(Channels, &[u8], [u8; 3]); 8] = [
            (Channels::Grey, &[77], [77, 77, 77]),
            (Channels::Rgba, &[255, 0, 0, 0], [255, 255, 255]),
            (Channels::Rgba, &[255, 0, 0, 255], [255, 0, 0]),
            (Channels::Rgba, &[0, 0, 0, 128], [127, 127, 127]),
            (Channels::Cmyk, &[0, 255, 255, 0], [255, 0, 0]),
            (Channels::CmykInverted, &[255, 0, 0, 255], [255, 0, 0]),
            (Channels::CmykInverted, &[255, 255, 255, 0], [0, 0, 0]),
            // Inks 255, 255, 255 as luma 255 without colour: black in spite of no black ink.
            (Channels::Ycck, &[255, 128, 128, 255], [0, 0, 0]),
        ];
        for (channels, samples, expected) in cases {
            assert_eq!(to_srgb(one_pixel(channels, samples), None).samples, expected, "{channels:?} {samples:?}");
        }
    }

    #[test]
    fn display_p3_red_becomes_a_brighter_srgb_red() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let converted = to_srgb(one_pixel(Channels::Rgb, &[200, 60, 40]), Some(&profile));
        let [red, green, blue] = converted.samples[..] else { panic!("three samples") };
        // The published matrices give 217.5, 41.6, 22.7.
        assert!(red.abs_diff(217) <= 2 && green.abs_diff(42) <= 3 && blue.abs_diff(23) <= 3, "{red} {green} {blue}");
    }

    #[test]
    fn broken_or_foreign_profile_is_ignored() {
        let grey_profile = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
        for profile in [&b"not a profile"[..], &grey_profile] {
            let converted = to_srgb(one_pixel(Channels::Rgb, &[200, 60, 40]), Some(profile));
            assert_eq!(converted.samples, [200, 60, 40]);
        }
    }
}
