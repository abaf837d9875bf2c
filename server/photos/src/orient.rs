//! The eight EXIF orientations: turns and mirrors a raster upright. It runs on the shrunk picture. A newcomer's mistake: reading
//! value 6 as "was turned by 90 degrees clockwise"; it says how the stored picture must be turned to stand upright.

use crate::raster::Raster;

/// A legal EXIF orientation; an illegal or missing tag is upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orientation(u8);

impl Orientation {
    pub(crate) const UPRIGHT: Self = Self(1);

    pub(crate) const fn from_tag(value: u32) -> Self {
        match value {
            2 => Self(2),
            3 => Self(3),
            4 => Self(4),
            5 => Self(5),
            6 => Self(6),
            7 => Self(7),
            8 => Self(8),
            _ => Self::UPRIGHT,
        }
    }

    /// The EXIF value, 1 to 8.
    pub(crate) const fn tag(self) -> u8 {
        self.0
    }

    /// The orientation that undoes this one.
    pub(crate) const fn inverse(self) -> Self {
        match self.0 {
            6 => Self(8),
            8 => Self(6),
            other => Self(other),
        }
    }

    const fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    /// Where the pixel of the upright picture at (`x`, `y`) is in the stored picture of this size.
    const fn source(self, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        match self.0 {
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (y, height - 1 - x),
            7 => (width - 1 - y, height - 1 - x),
            8 => (width - 1 - y, x),
            _ => (x, y),
        }
    }
}

/// `raster` as it should be seen.
pub(crate) fn upright(raster: Raster, orientation: Orientation) -> Raster {
    if orientation == Orientation::UPRIGHT {
        return raster;
    }
    let count = raster.channels.count();
    let (stored_width, stored_height) = (raster.width as usize, raster.height as usize);
    let (width, height) =
        if orientation.swaps_sides() { (raster.height, raster.width) } else { (raster.width, raster.height) };
    let mut samples = Vec::with_capacity(raster.samples.len());
    for y in 0..height as usize {
        for x in 0..width as usize {
            let (from_x, from_y) = orientation.source(x, y, stored_width, stored_height);
            let at = (from_y * stored_width + from_x) * count;
            samples.extend_from_slice(&raster.samples[at..at + count]);
        }
    }
    Raster { width, height, channels: raster.channels, samples }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Channels;

    fn grey(width: u32, samples: &[u8]) -> Raster {
        let height = u32::try_from(samples.len()).unwrap() / width;
        Raster::new(width, height, Channels::Grey, samples.to_vec()).unwrap()
    }

    /// The table of the EXIF standard, for a stored picture of two rows: 1 2 3 / 4 5 6.
    #[test]
    fn each_orientation_moves_pixels_as_the_standard_says() {
        let stored = grey(3, &[1, 2, 3, 4, 5, 6]);
        let cases: [(u32, u32, [u8; 6]); 10] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
            (0, 3, [1, 2, 3, 4, 5, 6]),
            (9, 3, [1, 2, 3, 4, 5, 6]),
        ];
        for (tag, width, expected) in cases {
            assert_eq!(upright(stored.clone(), Orientation::from_tag(tag)), grey(width, &expected), "tag {tag}");
        }
    }

    #[test]
    fn inverse_undoes_every_orientation() {
        let picture = grey(3, &[1, 2, 3, 4, 5, 6]);
        for tag in 1..=8 {
            let orientation = Orientation::from_tag(tag);
            let turned = upright(picture.clone(), orientation.inverse());
            assert_eq!(upright(turned, orientation), picture, "tag {tag}");
        }
    }
}
