//! Refresh tokens: their form, their rotation, and what to do when an old one comes back.
//!
//! Replies get lost, so a phone may present the same token again: it gets the *same* successor again, because the successor
//! is derived from the presented token and the server's key (nothing secret is stored, only SHA-256). A token older than
//! that means two holders: the session is revoked. A newcomer gets wrong to revoke on the first repetition, which logs out
//! the phone in the valley, or to hand out a second, different successor, which logs out whichever copy arrives last.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::seal::{Purpose, SealRing};
use super::secret::Secret;

/// How long a session stays alive without a refresh: phones lie in drawers for a season.
pub const SESSION_IDLE_US: i64 = 180 * DAY_US;
/// How long a session lives at most; then the password is asked again. Nothing on the phone is lost by that.
pub const SESSION_LIFETIME_US: i64 = 365 * DAY_US;
const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// Starts every refresh token, so that scanners and people recognise one.
const PREFIX: &str = "pcr1.";
const SESSION_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
/// Exact length of a refresh token's text: the prefix and 48 bytes in base64.
pub const REFRESH_TOKEN_CHARS: usize = PREFIX.len() + (SESSION_BYTES + SECRET_BYTES) / 3 * 4;

/// SHA-256 of a refresh secret: all that is stored.
pub type RefreshHash = [u8; 32];

/// A refresh token in the hand, made here or presented by a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session it belongs to; the key for looking it up.
    pub session_id: Uuid,
    secret: Secret<[u8; SECRET_BYTES]>,
}

impl RefreshToken {
    /// The first token of a session, from 32 fresh random bytes.
    #[must_use]
    pub const fn first(session_id: Uuid, random: [u8; SECRET_BYTES]) -> Self {
        Self { session_id, secret: Secret::new(random) }
    }

    /// Reads a presented token. `None` for anything that does not have the exact form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != REFRESH_TOKEN_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (session, secret) = bytes.split_first_chunk::<SESSION_BYTES>()?;
        Some(Self { session_id: Uuid::from_bytes(*session), secret: Secret::new(secret.try_into().ok()?) })
    }

    /// The text for the reply.
    #[must_use]
    pub fn text(&self) -> Secret<String> {
        let bytes = [self.session_id.as_bytes().as_slice(), self.secret.expose()].concat();
        Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What is stored and compared.
    #[must_use]
    pub fn hash(&self) -> RefreshHash {
        Sha256::digest(self.secret.expose()).into()
    }

    /// The token that follows this one: the same each time, and not computable without the server's key.
    #[must_use]
    pub fn successor(&self, ring: &SealRing) -> Self {
        let message = [self.session_id.as_bytes().as_slice(), self.secret.expose()].concat();
        Self { session_id: self.session_id, secret: ring.derive(Purpose::RefreshChain, &message) }
    }
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// Hash of the token handed out last.
    pub current: RefreshHash,
    /// Hash of the token before it, valid until `current` is used for the first time.
    pub previous: Option<RefreshHash>,
    /// When the session began, in microseconds UTC.
    pub started_at_us: i64,
    /// When it ends unless it is refreshed, in microseconds UTC.
    pub expires_at_us: i64,
    /// Signed out, revoked with its device, or revoked by an alarm.
    pub is_revoked: bool,
}

/// What to do with a presented refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RotationDecision {
    /// Hand out the successor and store it as current, the presented one as previous.
    Rotate,
    /// The reply was lost: hand out the successor again. Nothing changes unless the seal key was rotated in between.
    ReplayPrevious,
    /// An older token or an invented one: revoke the session, write it into the audit log, ask for the password.
    Reuse,
    /// The session ended by time; the password is asked.
    Expired,
    /// The session was ended by somebody.
    Revoked,
}

impl RotationDecision {
    /// Whether new tokens are handed out.
    #[must_use]
    pub fn continues(self) -> bool {
        match self {
            Self::Rotate | Self::ReplayPrevious => true,
            Self::Reuse | Self::Expired | Self::Revoked => false,
        }
    }

    /// What the person is told when no new tokens are handed out.
    #[must_use]
    pub fn message(self) -> Option<&'static str> {
        match self {
            Self::Rotate | Self::ReplayPrevious => None,
            Self::Reuse => Some(
                "登录状态异常：同一登录凭证可能被他人使用，已为您退出。手机中未上传的内容仍然保留，重新登录后会继续上传。",
            ),
            Self::Expired => Some("登录已过期。手机中未上传的内容仍然保留，请重新登录后继续上传。"),
            Self::Revoked => {
                Some("此设备的登录已被停用。手机中未上传的内容仍然保留，请重新登录；如无法登录，请联系系统管理员。")
            }
        }
    }
}

/// The rule. Pure: the caller reads the session under a lock, acts, and stores [`SessionState::after`].
#[must_use]
pub fn rotate(state: &SessionState, presented: &RefreshHash, now_us: i64) -> RotationDecision {
    if state.is_revoked {
        return RotationDecision::Revoked;
    }
    let is_current = *presented == state.current;
    let is_previous = state.previous.as_ref() == Some(presented);
    let ends_at_us = state.expires_at_us.min(state.started_at_us.saturating_add(SESSION_LIFETIME_US));
    if now_us >= ends_at_us {
        return RotationDecision::Expired;
    }
    if is_current {
        RotationDecision::Rotate
    } else if is_previous {
        RotationDecision::ReplayPrevious
    } else {
        RotationDecision::Reuse
    }
}

impl SessionState {
    /// A new session whose first token has this hash.
    #[must_use]
    pub fn start(first: RefreshHash, now_us: i64) -> Self {
        Self {
            current: first,
            previous: None,
            started_at_us: now_us,
            expires_at_us: now_us.saturating_add(SESSION_IDLE_US),
            is_revoked: false,
        }
    }

    /// The session after a decision. `successor` is the hash of [`RefreshToken::successor`] of the presented token.
    #[must_use]
    pub fn after(
        &self,
        decision: RotationDecision,
        presented: RefreshHash,
        successor: RefreshHash,
        now_us: i64,
    ) -> Self {
        match decision {
            RotationDecision::Rotate | RotationDecision::ReplayPrevious => Self {
                current: successor,
                previous: Some(presented),
                expires_at_us: now_us.saturating_add(SESSION_IDLE_US),
                ..self.clone()
            },
            RotationDecision::Reuse => Self { is_revoked: true, ..self.clone() },
            RotationDecision::Expired | RotationDecision::Revoked => self.clone(),
        }
    }
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
