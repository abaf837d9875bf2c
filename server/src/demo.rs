//! An invented subdistrict to try the program with: villages, people, enterprises, two months of inspections with drawn photos. Everything
//! goes the way real things go: imports, operations from phones, uploads. Nothing here exists, and the data says so. What a newcomer
//! gets wrong: adding a random number somewhere; the same start instant must give the same operations, or a second run would double
//! them.

mod build;
mod chance;
mod enterprises;
mod ground;
mod people;
mod phone;
mod pictures;
mod recheck;
mod visits;
mod words;

pub use build::{Built, DemoError, Step, Watch, build_demo};
pub use ground::{OFFICE, SUBDISTRICT_CODE};
pub use people::{DEMO_PASSWORD, Person, people};

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Enterprises and shops.
    pub places: u32,
    /// Visits of the two months.
    pub visits: u32,
    /// Photos that are drawn at most; every visit gets one, some a second.
    pub photos: u32,
    /// Width of a photo in pixels; height is three quarters of it.
    pub photo_width_px: u32,
}

impl Scale {
    /// What `paicha demo` makes.
    pub const FULL: Self = Self { places: 600, visits: 160, photos: 200, photo_width_px: 960 };
    /// For tests: everything once, quickly.
    pub const SMALL: Self = Self { places: 60, visits: 24, photos: 26, photo_width_px: 160 };
}
