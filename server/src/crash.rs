//! Named points at which the kill tests end the process, as a power cut would: no unwinding, no flush. Without the feature `failpoints`
//! every point is an empty function. Set `FAILPOINTS=push.before_commit=return` to die there, `2*off->return` for the third time.

/// The process ends here when the point is switched on.
#[cfg(feature = "failpoints")]
pub fn point(name: &str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Nothing, in every build but that of the kill tests.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn point(_name: &str) {}
