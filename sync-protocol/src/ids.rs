//! Identifiers, one newtype each, so that a photo's id can never be passed where a record's is wanted.
//! All are UUIDs made by phones (version 7, except incarnations, which are version 4), save [`FeedId`], which is an area code.
//! Nothing here makes ids: whoever needs a new one passes it in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

uuid_newtype! {
    /// A record of any kind: place, inspection, hazard, photo.
    RecordId,
    /// One operation; the same id with the same bytes is always the same operation.
    OpId,
    /// One local save on a phone: operations that are validated together.
    GroupId,
    /// An enrolled device (or one of the server's own).
    DeviceId,
    /// One life of a phone's local database; see protocol 3.8.
    IncarnationId,
    /// A person with an account.
    UserId,
}

/// A feed: the 12-digit area code of a village, or of the subdistrict for what all its villages share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FeedId(String);

/// Digits of an area code: 6 county, 3 subdistrict, 3 village (GB/T 2260 and the statistical codes).
pub const AREA_CODE_DIGITS: usize = 12;

/// Why a text is not a feed id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an area code has 12 digits, this has not: {0:?}")]
pub struct BadFeedId(pub String);

impl FeedId {
    /// The feed of operations that name no readable feed. Only supervisors read it; nothing is lost for want of a village.
    pub fn quarantine() -> Self {
        Self("0".repeat(AREA_CODE_DIGITS))
    }

    /// Whether this is [`FeedId::quarantine`].
    pub fn is_quarantine(&self) -> bool {
        self.0.bytes().all(|digit| digit == b'0')
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The feed of the subdistrict that this area lies in: the first nine digits and `000`.
    pub fn subdistrict(&self) -> Self {
        Self(format!("{}000", &self.0[..9]))
    }
}

impl FromStr for FeedId {
    type Err = BadFeedId;
    fn from_str(text: &str) -> Result<Self, BadFeedId> {
        let good = text.len() == AREA_CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        if good { Ok(Self(text.to_owned())) } else { Err(BadFeedId(text.chars().take(40).collect())) }
    }
}

impl<'de> Deserialize<'de> for FeedId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
