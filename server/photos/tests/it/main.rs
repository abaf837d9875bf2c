//! Whole-path tests of `paicha-photos`: each makes its own photo, derives it and looks at what came out. No file is read.
//! They are not for single steps; those are tested beside the step.

#![expect(clippy::unwrap_used, reason = "a helper that cannot build its picture should fail the test right there")]

mod colours;
mod facts;
mod formats;
mod hostile;
mod orientation;
mod pictures;
mod privacy;
mod profiles;
