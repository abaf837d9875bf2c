//! Every way we know to get a token accepted that was not issued.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOW_US: i64 = 1_690_000_000_000_000;
const NOW_S: i64 = 1_690_000_000;

fn ring() -> (TokenRing, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (TokenRing::load_or_create(folder.path()).unwrap(), folder)
}

fn new_access() -> NewAccess {
    NewAccess {
        user_id: Uuid::from_u128(1),
        device_id: Some(Uuid::from_u128(2)),
        session_id: Uuid::from_u128(3),
        token_id: Uuid::from_u128(4),
    }
}

fn signed(ring: &TokenRing) -> String {
    ring.sign(new_access(), NOW_US).unwrap().token.expose().clone()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(3),
        "jti": Uuid::from_u128(4), "iat": NOW_S, "exp": NOW_S + ACCESS_LIFETIME_S,
    })
}

/// Signs any header and claims with the ring's own key, as a bug in another part might.
fn forge(ring: &TokenRing, header: &Header, claims: &Value) -> String {
    encode(header, claims, &ring.newest().encoding).unwrap()
}

fn header(ring: &TokenRing) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TOKEN_TYPE.to_owned());
    header.kid = Some(ring.newest().kid.clone());
    header
}

fn raw(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_signed_token_says_who_asks() {
    let (ring, _folder) = ring();
    let access = ring.verify(&signed(&ring), NOW_US).unwrap();
    assert_eq!(
        access,
        Access {
            user_id: Uuid::from_u128(1),
            device_id: Some(Uuid::from_u128(2)),
            session_id: Uuid::from_u128(3),
            token_id: Uuid::from_u128(4),
            expires_at_us: NOW_US + ACCESS_LIFETIME_S * 1_000_000,
        }
    );
}

#[test]
fn a_console_token_has_no_device() {
    let (ring, _folder) = ring();
    let token = ring.sign(NewAccess { device_id: None, ..new_access() }, NOW_US).unwrap().token;
    assert_eq!(ring.verify(token.expose(), NOW_US).unwrap().device_id, None);
}

#[test]
fn a_token_ends_after_its_lifetime_and_the_leeway() {
    let (ring, _folder) = ring();
    let token = signed(&ring);
    let last_us = NOW_US + (ACCESS_LIFETIME_S + LEEWAY_S) * 1_000_000 - 1;
    assert!(ring.verify(&token, last_us).is_ok());
    assert_eq!(ring.verify(&token, last_us + 1), Err(TokenError::Expired));
}

#[test]
fn a_token_from_a_clock_far_ahead_is_not_yet_valid() {
    let (ring, _folder) = ring();
    let token = signed(&ring);
    assert!(ring.verify(&token, NOW_US - LEEWAY_S * 1_000_000).is_ok());
    assert_eq!(ring.verify(&token, NOW_US - (LEEWAY_S + 1) * 1_000_000), Err(TokenError::NotYetValid));
}

#[test]
fn the_unsigned_algorithm_is_refused() {
    let (ring, _folder) = ring();
    for alg in ["none", "None", "NONE", ""] {
        let head = json!({"alg": alg, "typ": TOKEN_TYPE, "kid": ring.newest().kid});
        assert_eq!(ring.verify(&raw(&head, &claims(), b""), NOW_US), Err(TokenError::Invalid), "{alg}");
    }
}

#[test]
fn hmac_with_the_public_key_as_secret_is_refused() {
    let (ring, _folder) = ring();
    let public = ring.newest().decoding.try_get_as_bytes().unwrap().to_vec();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let mut head = header(&ring);
        head.alg = algorithm;
        let token = encode(&head, &claims(), &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(ring.verify(&token, NOW_US), Err(TokenError::Invalid), "{algorithm:?}");
    }
}

#[test]
fn another_algorithm_in_the_header_of_a_good_token_is_refused() {
    let (ring, _folder) = ring();
    let token = signed(&ring);
    let (_, rest) = token.split_once('.').unwrap();
    for alg in ["HS256", "RS256", "ES256", "EdDsa", "ed25519"] {
        let head = json!({"alg": alg, "typ": TOKEN_TYPE, "kid": ring.newest().kid}).to_string();
        let changed = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head));
        assert_eq!(ring.verify(&changed, NOW_US), Err(TokenError::Invalid), "{alg}");
    }
}

#[test]
fn a_changed_claim_breaks_the_signature() {
    let (ring, _folder) = ring();
    let token = signed(&ring);
    let parts: Vec<_> = token.split('.').collect();
    let mut other = claims();
    other["sub"] = json!(Uuid::from_u128(99));
    let changed = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(other.to_string()), parts[2]);
    assert_eq!(ring.verify(&changed, NOW_US), Err(TokenError::Signature));
}

#[test]
fn a_key_of_another_installation_is_unknown_and_cannot_borrow_our_kid() {
    let (ours, _one) = ring();
    let (theirs, _two) = ring();
    assert_eq!(ours.verify(&signed(&theirs), NOW_US), Err(TokenError::UnknownKey));
    assert_eq!(ours.verify(&forge(&theirs, &header(&ours), &claims()), NOW_US), Err(TokenError::Signature));
}

#[test]
fn a_key_inside_the_token_is_not_used() {
    let (ours, _one) = ring();
    let (theirs, _two) = ring();
    let public = theirs.newest().decoding.try_get_as_bytes().unwrap();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public)});
    let mut head = header(&ours);
    head.jwk = Some(serde_json::from_value(jwk).unwrap());
    assert_eq!(ours.verify(&forge(&theirs, &head, &claims()), NOW_US), Err(TokenError::Signature));
}

#[test]
fn claims_that_are_not_ours_are_refused_though_our_key_signed_them() {
    let (ring, _folder) = ring();
    let cases = [
        ("iss", json!("somebody")),
        ("aud", json!("paicha-files")),
        ("aud", Value::Null),
        ("sub", json!("not-a-uuid")),
        ("sid", Value::Null),
        ("exp", Value::Null),
        ("exp", json!("1690000000")),
        ("exp", json!(NOW_S + ACCESS_LIFETIME_S + 1)),
        ("exp", json!(i64::MAX)),
    ];
    for (claim, value) in cases {
        let mut changed = claims();
        changed[claim] = value.clone();
        assert_eq!(
            ring.verify(&forge(&ring, &header(&ring), &changed), NOW_US),
            Err(TokenError::Invalid),
            "{claim} = {value}"
        );
    }
    assert!(ring.verify(&forge(&ring, &header(&ring), &claims()), NOW_US).is_ok());
}

#[test]
fn headers_that_are_not_ours_are_refused_though_our_key_signed_them() {
    let (ring, _folder) = ring();
    let mut other_type = header(&ring);
    other_type.typ = Some("JWT".to_owned());
    let mut critical = header(&ring);
    critical.crit = Some(vec!["b64".to_owned()]);
    let mut keyless = header(&ring);
    keyless.kid = None;
    for head in [other_type, critical, keyless] {
        assert_eq!(ring.verify(&forge(&ring, &head, &claims()), NOW_US), Err(TokenError::Invalid), "{head:?}");
    }
}

#[test]
fn rubbish_is_refused() {
    let (ring, _folder) = ring();
    let long = format!("{}.", "a".repeat(ACCESS_TOKEN_BYTES_MAX));
    for token in ["", ".", "..", "...", "a.b.c", "e30.e30.", "é.é.é", &long] {
        assert_eq!(ring.verify(token, NOW_US), Err(TokenError::Invalid), "{token:?}");
    }
}

#[test]
fn after_a_rotation_the_new_key_signs_and_the_old_one_still_verifies() {
    let (before, folder) = ring();
    let old_token = signed(&before);
    TokenRing::rotate(folder.path()).unwrap();
    let after = TokenRing::load_or_create(folder.path()).unwrap();
    let new_token = signed(&after);
    assert_ne!(decode_header(&old_token).unwrap().kid, decode_header(&new_token).unwrap().kid);
    assert!(after.verify(&old_token, NOW_US).is_ok());
    assert!(after.verify(&new_token, NOW_US).is_ok());
    assert_eq!(before.verify(&new_token, NOW_US), Err(TokenError::UnknownKey));

    std::fs::remove_file(folder.path().join("000001.key")).unwrap();
    let pruned = TokenRing::load_or_create(folder.path()).unwrap();
    assert_eq!(pruned.verify(&old_token, NOW_US), Err(TokenError::UnknownKey));
}

#[test]
fn keys_survive_a_restart_and_never_show_in_debug() {
    let (first, folder) = ring();
    let again = TokenRing::load_or_create(folder.path()).unwrap();
    assert!(again.verify(&signed(&first), NOW_US).is_ok());
    assert_eq!(format!("{again:?}"), format!("[{:?}]", first.newest().kid));
    assert!(format!("{:?}", first.sign(new_access(), NOW_US).unwrap()).contains("[secret]"));
}

#[test]
fn a_broken_key_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    key_file::create_private(&folder.path().join("000001.key"), b"no key").unwrap();
    let error = TokenRing::load_or_create(folder.path()).unwrap_err();
    assert!(matches!(&error, KeyError::Content(path) if path.ends_with("000001.key")), "{error}");
}
