//! Passwords: hashing with Argon2id, checking, and the rule for what is long enough.
//!
//! Pure and slow on purpose (tens of milliseconds and 19 MiB each): the caller runs these in a blocking thread and bounds
//! how many at once. No account lives here. A newcomer gets wrong to skip the hash for a name that does not exist: then
//! the answer's speed tells who has an account, so call [`verify_unknown`] there.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

/// Memory of one hash, in KiB: 19 MiB, OWASP's choice for Argon2id with two passes.
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Lanes; more would only help on an idle machine.
pub const LANES: u32 = 1;
/// Shortest password, in characters (not bytes: eight Chinese characters are eight).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Longest password, in bytes: far beyond what people type, and it bounds the work of one request.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Limits on the cost a *stored* hash may ask for: a changed row must not make the server allocate gigabytes.
const STORED_MEMORY_KIB_MAX: u32 = 256 * 1024;
const STORED_PASSES_MAX: u32 = 16;
const STORED_LANES_MAX: u32 = 8;

/// Why a password or a stored hash cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The new password has too few characters.
    #[error("密码太短：至少需要 {PASSWORD_CHARS_MIN} 个字符，密码未修改。请换一个更长的密码。")]
    TooShort,
    /// The new password has too many bytes.
    #[error("密码太长：最多 {PASSWORD_BYTES_MAX} 字节，密码未修改。请换一个较短的密码。")]
    TooLong,
    /// The new password contains control characters, which cannot be typed on the next phone.
    #[error("密码含有无法输入的控制字符，密码未修改。请只使用可以输入的字符。")]
    ControlCharacter,
    /// The stored hash is not one of ours; an administrator sets a new password.
    #[error("账号的密码记录已损坏，无法登录；已采集的内容不受影响。请联系系统管理员重设密码。")]
    StoredHash,
    /// The operating system gave no random bytes or no memory.
    #[error("服务器暂时无法处理密码，密码未修改。请稍后再试。")]
    System,
}

/// What came of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Right.
    Match,
    /// Right, but stored with older parameters: hash again with the password at hand and store that.
    MatchNeedsRehash,
    /// Wrong.
    Mismatch,
}

/// Hashes a new password into a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$...`), with a random salt.
///
/// # Errors
/// The password breaks the rule, or the system gives no randomness.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    check_rule(password)?;
    let hashed: PasswordHash = hasher().hash_password(password.as_bytes()).map_err(|_| PasswordError::System)?;
    Ok(hashed.to_string())
}

/// Checks the rule for a new password; the form uses it before the slow part.
///
/// # Errors
/// Too short, too long, or with control characters.
pub fn check_rule(password: &str) -> Result<(), PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.chars().any(char::is_control) {
        return Err(PasswordError::ControlCharacter);
    }
    Ok(())
}

/// Checks a password against a stored hash; the comparison takes the same time wherever the difference is.
///
/// # Errors
/// The stored hash is unreadable, not Argon2id, or asks for absurd work. A wrong password is no error.
pub fn verify(password: &str, stored: &str) -> Result<Verification, PasswordError> {
    let parsed = parse_stored(stored)?;
    // Whoever sends more than a password can be pays the ordinary price, not a bigger one.
    if password.len() > PASSWORD_BYTES_MAX {
        verify_unknown("");
        return Ok(Verification::Mismatch);
    }
    match hasher().verify_password(password.as_bytes(), &parsed) {
        Ok(()) if needs_rehash(stored) => Ok(Verification::MatchNeedsRehash),
        Ok(()) => Ok(Verification::Match),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verification::Mismatch),
        Err(_) => Err(PasswordError::StoredHash),
    }
}

/// Spends what [`verify`] spends, for a name without an account. There is nothing to return: the answer is no.
pub fn verify_unknown(password: &str) {
    let end = password.floor_char_boundary(PASSWORD_BYTES_MAX);
    let mut output = [0_u8; 32];
    // The result is of no interest, the time is; a failure here would be as quick for a known name.
    let _ = hasher().hash_password_into(&password.as_bytes()[..end], b"no-such-account!", &mut output);
    std::hint::black_box(output);
}

/// Whether a stored hash was made with other parameters than today's.
#[must_use]
pub fn needs_rehash(stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return true };
    let Ok(params) = Params::try_from(&parsed) else { return true };
    parsed.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || parsed.version != Some(Version::V0x13.into())
        || (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY_KIB, PASSES, LANES)
}

fn parse_stored(stored: &str) -> Result<PasswordHash, PasswordError> {
    let parsed = PasswordHash::new(stored).map_err(|_| PasswordError::StoredHash)?;
    if parsed.algorithm.as_str() != Algorithm::Argon2id.as_str() {
        return Err(PasswordError::StoredHash);
    }
    let params = Params::try_from(&parsed).map_err(|_| PasswordError::StoredHash)?;
    let absurd = params.m_cost() > STORED_MEMORY_KIB_MAX
        || params.t_cost() > STORED_PASSES_MAX
        || params.p_cost() > STORED_LANES_MAX;
    if absurd { Err(PasswordError::StoredHash) } else { Ok(parsed) }
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants above are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash made with cheaper parameters, as an older version might have stored it.
    fn old_hash(password: &str) -> String {
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let hashed: PasswordHash =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(password.as_bytes()).unwrap();
        hashed.to_string()
    }

    #[test]
    fn the_right_password_matches_and_a_wrong_one_does_not() {
        let stored = hash("测试口令一二三四").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify("测试口令一二三四", &stored), Ok(Verification::Match));
        assert_eq!(verify("测试口令一二三五", &stored), Ok(Verification::Mismatch));
        assert_eq!(verify("", &stored), Ok(Verification::Mismatch));
        assert_eq!(verify(&"a".repeat(PASSWORD_BYTES_MAX + 1), &stored), Ok(Verification::Mismatch));
    }

    #[test]
    fn equal_passwords_have_different_hashes() {
        assert_ne!(hash("correct horse").unwrap(), hash("correct horse").unwrap());
    }

    #[test]
    fn a_hash_with_old_parameters_matches_and_asks_for_a_new_one() {
        let stored = old_hash("correct horse");
        assert_eq!(verify("correct horse", &stored), Ok(Verification::MatchNeedsRehash));
        assert_eq!(verify("wrong horses", &stored), Ok(Verification::Mismatch));
        assert!(needs_rehash(&stored));
        assert!(!needs_rehash(&hash("correct horse").unwrap()));
    }

    #[test]
    fn the_rule_counts_characters_up_and_bytes_down() {
        assert_eq!(check_rule("1234567"), Err(PasswordError::TooShort));
        assert_eq!(check_rule("12345678"), Ok(()));
        assert_eq!(check_rule("一二三四五六七"), Err(PasswordError::TooShort));
        assert_eq!(check_rule("一二三四五六七八"), Ok(()));
        assert_eq!(check_rule(&"a".repeat(PASSWORD_BYTES_MAX)), Ok(()));
        assert_eq!(check_rule(&"a".repeat(PASSWORD_BYTES_MAX + 1)), Err(PasswordError::TooLong));
        assert_eq!(check_rule("1234\u{0}5678"), Err(PasswordError::ControlCharacter));
        assert_eq!(hash("1234567"), Err(PasswordError::TooShort));
        assert!(PasswordError::TooShort.to_string().contains("至少需要 8 个字符"));
    }

    #[test]
    fn a_broken_stored_hash_is_an_error_and_never_a_match() {
        let absurd = "$argon2id$v=19$m=4000000,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let argon2i = "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for stored in ["", "plain", "$2b$10$abc", absurd, argon2i] {
            assert_eq!(verify("correct horse", stored), Err(PasswordError::StoredHash), "{stored}");
        }
    }

    #[test]
    fn an_unknown_name_takes_any_password_quietly() {
        verify_unknown("correct horse");
        verify_unknown(&"字".repeat(PASSWORD_BYTES_MAX));
    }
}
