//! Access tokens: short-lived JWTs, signed with Ed25519 by the newest key of a ring and accepted from every key in it.
//!
//! A token says who asks, from which device and in which session, and nothing about rights: grants are read at each
//! request. Refresh tokens are in `sessions`. A newcomer gets wrong to trust the token's header: the algorithm is ours
//! (EdDSA, always), the header's `kid` only picks one of our keys, and time is the clock passed in.

use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::key_file::{self, KeyError, KeyFile};
use super::secret::Secret;

/// Who issues.
pub const ISSUER: &str = "paicha";
/// For whom.
pub const AUDIENCE: &str = "paicha-api";
/// The `typ` of the header (RFC 9068), so that no other JWT of ours can ever pass for an access token.
pub const TOKEN_TYPE: &str = "at+jwt";
/// How long an access token lives.
pub const ACCESS_LIFETIME_S: i64 = 30 * 60;
/// How far the clocks of two server processes may differ. The phone's clock plays no part.
pub const LEEWAY_S: i64 = 60;
/// Longest token looked at; ours have about 480 bytes.
pub const ACCESS_TOKEN_BYTES_MAX: usize = 2048;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Who asks, as a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The user.
    pub user_id: Uuid,
    /// The enrolled device, unless it is a session of the console.
    pub device_id: Option<Uuid>,
    /// The session, which the use case looks up: a revoked one ends the token early.
    pub session_id: Uuid,
    /// This token.
    pub token_id: Uuid,
    /// When it ends, in microseconds UTC.
    pub expires_at_us: i64,
}

/// What a new token is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAccess {
    /// The user.
    pub user_id: Uuid,
    /// The enrolled device, if any.
    pub device_id: Option<Uuid>,
    /// The session.
    pub session_id: Uuid,
    /// A fresh id for this token.
    pub token_id: Uuid,
}

/// A signed token, ready for the reply.
#[derive(Debug, Clone)]
pub struct SignedAccess {
    /// The token's text.
    pub token: Secret<String>,
    /// When it ends, in microseconds UTC.
    pub expires_at_us: i64,
}

/// Why a token is not accepted. Every reason is a 401; only [`Self::Expired`] is normal life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It ended; a refresh brings the next one.
    #[error("登录凭证已到期，已保存的内容不受影响。应用会自动续期；如仍提示，请重新登录。")]
    Expired,
    /// Not a token of ours: form, algorithm, type, issuer, audience or claims are wrong.
    #[error("登录凭证无效，已保存的内容不受影响。请重新登录。")]
    Invalid,
    /// Signed with a key that is not in the ring (any more).
    #[error("登录凭证的签名密钥已更换，已保存的内容不受影响。请重新登录。")]
    UnknownKey,
    /// The signature does not fit.
    #[error("登录凭证签名不符，已保存的内容不受影响。请重新登录。")]
    Signature,
    /// Issued in the future: a server's clock is wrong.
    #[error("登录凭证尚未生效：服务器时钟可能有误，已保存的内容不受影响。请联系系统管理员。")]
    NotYetValid,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dev: Option<Uuid>,
    sid: Uuid,
    jti: Uuid,
    iat: i64,
    exp: i64,
}

struct TokenKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The keys that sign and verify access tokens, oldest first. Never empty.
pub struct TokenRing {
    keys: Vec<TokenKey>,
}

impl std::fmt::Debug for TokenRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

impl TokenRing {
    /// Reads the keys of a folder, oldest first, and makes the first one when there is none.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load_or_create(folder: &Path) -> Result<Self, KeyError> {
        let files = key_file::load_or_create(folder, generate_key)?;
        let keys = files.iter().map(TokenKey::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { keys })
    }

    /// Adds a key to the folder. Processes sign with it after their next start and must all have it before one does.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn rotate(folder: &Path) -> Result<(), KeyError> {
        key_file::add(folder, generate_key).map(drop)
    }

    /// Signs a token with the newest key, valid from `now_us` for [`ACCESS_LIFETIME_S`].
    ///
    /// # Errors
    /// The signing library failed, which is a bug or a broken key.
    pub fn sign(&self, new: NewAccess, now_us: i64) -> Result<SignedAccess, KeyError> {
        let issued_at_s = now_us.div_euclid(MICROS_PER_SECOND);
        let expires_at_s = issued_at_s.saturating_add(ACCESS_LIFETIME_S);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: new.user_id,
            dev: new.device_id,
            sid: new.session_id,
            jti: new.token_id,
            iat: issued_at_s,
            exp: expires_at_s,
        };
        let key = self.newest();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        let token = encode(&header, &claims, &key.encoding).map_err(|_| KeyError::Generate)?;
        let expires_at_us = expires_at_s.saturating_mul(MICROS_PER_SECOND);
        Ok(SignedAccess { token: Secret::new(token), expires_at_us })
    }

    /// Checks a token and says who asks. Whether the session still stands is for the caller to look up.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str, now_us: i64) -> Result<Access, TokenError> {
        if token.len() > ACCESS_TOKEN_BYTES_MAX {
            return Err(TokenError::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        check_header(&header)?;
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = self.keys.iter().find(|key| key.kid == kid).ok_or(TokenError::UnknownKey)?;
        let claims = decode::<Claims>(token, &key.decoding, &validation()).map_err(|error| token_error(&error))?.claims;
        check_times(&claims, now_us)?;
        Ok(Access {
            user_id: claims.sub,
            device_id: claims.dev,
            session_id: claims.sid,
            token_id: claims.jti,
            expires_at_us: claims.exp.saturating_mul(MICROS_PER_SECOND),
        })
    }

    fn newest(&self) -> &TokenKey {
        self.keys.last().expect("load_or_create makes a key when there is none")
    }
}

impl TokenKey {
    fn parse(file: &KeyFile) -> Result<Self, KeyError> {
        let broken = || KeyError::Content(file.path.clone());
        let der = PrivatePkcs8KeyDer::from_pem_slice(file.text.expose().as_bytes()).map_err(|_| broken())?;
        let pair = Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| broken())?;
        let public = pair.public_key().as_ref();
        let digest = Sha256::digest(public);
        Ok(Self {
            kid: hex::encode(&digest[..8]),
            encoding: EncodingKey::from_ed_der(der.secret_pkcs8_der()),
            decoding: DecodingKey::from_ed_der(public),
        })
    }
}

/// A new Ed25519 key as PKCS#8 in PEM.
fn generate_key() -> Result<Secret<String>, KeyError> {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(|_| KeyError::Generate)?;
    Ok(Secret::new(pair.serialize_pem()))
}

fn check_header(header: &Header) -> Result<(), TokenError> {
    // A critical extension we do not know must refuse the token (RFC 7515, 4.1.11); we know none.
    let ours = header.alg == Algorithm::EdDSA && header.typ.as_deref() == Some(TOKEN_TYPE) && header.crit.is_none();
    if ours { Ok(()) } else { Err(TokenError::Invalid) }
}

/// Everything the library can check without a clock; it would read the system's, and ours is passed in.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

fn check_times(claims: &Claims, now_us: i64) -> Result<(), TokenError> {
    let now_s = now_us.div_euclid(MICROS_PER_SECOND);
    if now_s >= claims.exp.saturating_add(LEEWAY_S) {
        return Err(TokenError::Expired);
    }
    if claims.iat > now_s.saturating_add(LEEWAY_S) {
        return Err(TokenError::NotYetValid);
    }
    // A lifetime that we never give means a key of ours signed something that is not an access token.
    if claims.exp.saturating_sub(claims.iat) != ACCESS_LIFETIME_S {
        return Err(TokenError::Invalid);
    }
    Ok(())
}

fn token_error(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        _ => TokenError::Invalid,
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
