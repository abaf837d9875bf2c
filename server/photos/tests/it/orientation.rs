//! Photos end upright whatever the phone wrote.

use paicha_photos::DeriveState;
use paicha_photos::sample::{Stamp, field_photo};

use crate::pictures::{decoded, derive_default, mean_difference};

fn stamped(orientation: u8) -> Vec<u8> {
    field_photo(3, 900, 600, &Stamp { orientation, ..Stamp::example() })
}

#[test]
fn all_eight_orientations_end_upright_with_the_same_pixels() {
    let upright = derive_default(&stamped(1));
    let expected = decoded(upright.thumbnail.as_ref().unwrap());
    // The scene is asymmetric enough to notice a wrong turn.
    assert!(mean_difference(&image::imageops::flip_horizontal(&expected), &expected) > 15.0);
    assert!(mean_difference(&image::imageops::flip_vertical(&expected), &expected) > 15.0);
    for orientation in 2..=8 {
        let derived = derive_default(&stamped(orientation));
        assert_eq!(derived.facts.orientation, orientation);
        let thumbnail = decoded(derived.thumbnail.as_ref().unwrap());
        let difference = mean_difference(&thumbnail, &expected);
        assert!(difference < 3.0, "orientation {orientation} differs by {difference}");
        let distance = (derived.phash.unwrap() ^ upright.phash.unwrap()).count_ones();
        assert!(distance <= 4, "orientation {orientation} is {distance} bits away");
    }
}

#[test]
fn missing_or_illegal_orientation_means_upright() {
    for orientation in [0, 9, 200] {
        let derived = derive_default(&stamped(orientation));
        assert_eq!(derived.facts.orientation, 1);
        assert_eq!(derived.state, DeriveState::Derived);
        assert_eq!(derived.preview, derive_default(&stamped(1)).preview);
    }
}

#[test]
fn size_in_the_facts_is_the_stored_one_and_in_the_preview_the_upright_one() {
    let derived = derive_default(&field_photo(3, 2000, 1000, &Stamp { orientation: 6, ..Stamp::default() }));
    assert_eq!((derived.facts.width, derived.facts.height), (Some(1000), Some(2000)));
    let preview = derived.preview.unwrap();
    assert_eq!((preview.width, preview.height), (1600, 800));
    let thumbnail = derived.thumbnail.unwrap();
    assert_eq!((thumbnail.width, thumbnail.height), (320, 160));
}
