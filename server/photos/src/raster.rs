//! Decoded pixels in memory: a size, a channel layout and 8-bit samples in rows without padding. It does no work on them.
//! A newcomer's mistake: assuming RGB; grey, alpha and ink pictures stay as they are until they have been shrunk.

/// What the samples of one pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    Grey,
    Rgb,
    /// With straight (not multiplied) alpha.
    Rgba,
    /// Inks, 255 = full ink.
    Cmyk,
    /// Inks as Adobe stores them, 255 = no ink.
    CmykInverted,
    /// YCbCr of the inverted inks, then black as Adobe stores it.
    Ycck,
}

impl Channels {
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk | Self::CmykInverted | Self::Ycck => 4,
        }
    }
}

/// A picture in memory. `samples.len()` is width x height x channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: Channels,
    pub(crate) samples: Vec<u8>,
}

impl Raster {
    /// `None` if the number of samples does not fit the size.
    pub(crate) fn new(width: u32, height: u32, channels: Channels, samples: Vec<u8>) -> Option<Self> {
        let expected = (width as usize).checked_mul(height as usize)?.checked_mul(channels.count())?;
        (samples.len() == expected && expected > 0).then_some(Self { width, height, channels, samples })
    }

    /// The size that fits into `long_edge`, never enlarged, never below one pixel.
    pub(crate) fn fitted_size(&self, long_edge: u32) -> (u32, u32) {
        let longest = self.width.max(self.height);
        if longest <= long_edge {
            return (self.width, self.height);
        }
        let fit = |side: u32| {
            let scaled = (u64::from(side) * u64::from(long_edge) * 2 + u64::from(longest)) / (2 * u64::from(longest));
            u32::try_from(scaled).unwrap_or(long_edge).clamp(1, long_edge)
        };
        (fit(self.width), fit(self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit_the_long_edge_and_never_grow_or_vanish() {
        let cases = [
            ((4000, 3000), (1600, 1200)),
            ((3000, 4000), (1200, 1600)),
            ((1, 5000), (1, 1600)),
            ((640, 480), (640, 480)),
            ((4001, 2999), (1600, 1199)),
        ];
        for ((width, height), expected) in cases {
            let raster = Raster { width, height, channels: Channels::Grey, samples: Vec::new() };
            assert_eq!(raster.fitted_size(1600), expected);
        }
    }

    #[test]
    fn raster_with_too_few_samples_is_refused() {
        assert!(Raster::new(2, 2, Channels::Rgb, vec![0; 11]).is_none());
        assert!(Raster::new(0, 2, Channels::Rgb, vec![]).is_none());
    }
}
