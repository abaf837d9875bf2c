//! A wrapper for values that must never be printed: passwords in settings, key bytes, refresh tokens.
//!
//! `Debug`, `Display` and `Serialize` all say `[secret]`, so a secret cannot leak through a log line, an error or the
//! print of the effective settings. It is no encryption and does not wipe memory. A newcomer gets wrong to call
//! [`Secret::expose`] early and pass the plain value on: expose it in the very call that needs it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is printed instead of the value.
pub const REDACTED: &str = "[secret]";

/// A value that no formatter shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one call that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> std::fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(REDACTED)
    }
}

impl<T> std::fmt::Display for Secret<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(REDACTED)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_formatter_shows_the_value() {
        let secret = Secret::new("hunter-42".to_owned());
        let shown = [format!("{secret}"), format!("{secret:?}"), serde_json::to_string(&secret).unwrap()];
        assert_eq!(shown, ["[secret]", "[secret]", "\"[secret]\""]);
        assert_eq!(format!("{:?}", Some(&secret)), "Some([secret])");
        assert_eq!(secret.expose(), "hunter-42");
    }

    #[test]
    fn a_setting_reads_into_a_secret() {
        let secret: Secret<String> = serde_json::from_str("\"hunter-42\"").unwrap();
        assert_eq!(secret.expose(), "hunter-42");
    }
}
