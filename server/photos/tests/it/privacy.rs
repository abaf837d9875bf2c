//! Nothing about the person leaves through a derivative, and evidence is recognised when only its EXIF was edited.

use moxcms::ColorProfile;
use paicha_photos::sample::{Stamp, draw_scene, exif_block, field_photo};

use crate::pictures::{derive_default, jpeg_with, segment};

#[test]
fn derivatives_carry_no_exif_profile_or_xmp() {
    let block = exif_block(&Stamp::example()).unwrap();
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let photo = jpeg_with(&draw_scene(4, 500, 400), (500, 400), jpeg_encoder::ColorType::Rgb, |encoder| {
        encoder.add_exif_metadata(&block).unwrap();
        encoder.add_icc_profile(&profile).unwrap();
        encoder.add_app_segment(1, b"http://ns.adobe.com/xap/1.0/\0<x/>".to_vec()).unwrap();
    });
    let derived = derive_default(&photo);
    for picture in [derived.preview.unwrap(), derived.thumbnail.unwrap()] {
        for text in [&b"Exif"[..], b"ICC_PROFILE", b"ns.adobe.com", b"Yunxing"] {
            assert!(!picture.jpeg.windows(text.len()).any(|window| window == text));
        }
        let scan = picture.jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        let application_markers =
            picture.jpeg[..scan].windows(2).filter(|pair| pair[0] == 0xff && (0xe1..=0xef).contains(&pair[1]));
        assert_eq!(application_markers.count(), 0);
    }
}

#[test]
fn scan_hash_survives_edits_of_exif_and_appended_bytes_but_not_of_pixels() {
    let photo = field_photo(4, 300, 200, &Stamp::example());
    let edited = field_photo(4, 300, 200, &Stamp { make: Some("Other".to_owned()), ..Stamp::default() });
    let hash = derive_default(&photo).scan_sha256;
    assert!(hash.is_some());
    assert_eq!(derive_default(&edited).scan_sha256, hash);
    assert_eq!(
        derive_default(&[&photo[..2], &segment(0xfe, b"comment"), &photo[2..], b"tail"].concat()).scan_sha256,
        hash
    );
    assert_ne!(derive_default(&field_photo(5, 300, 200, &Stamp::example())).scan_sha256, hash);
}
