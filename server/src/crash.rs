//! Named points at which the kill tests end the process, as a power cut would: no unwinding, no flush. Without the feature `failpoints`
//! every point is an empty function. Set `FAILPOINTS=push.before_commit=return` to die there, `2*off->return` for the third time.

/// Reads from `FAILPOINTS` at which points to end. Once, before anything is served.
#[cfg(feature = "failpoints")]
pub fn arm() {
    // The guard would switch the points off again when it goes.
    std::mem::forget(fail::FailScenario::setup());
}

/// Nothing, in every build but that of the kill tests.
#[cfg(not(feature = "failpoints"))]
pub fn arm() {}

/// The process ends here when the point is switched on.
#[cfg(feature = "failpoints")]
pub fn point(name: &str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Nothing, in every build but that of the kill tests.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn point(_name: &str) {}
