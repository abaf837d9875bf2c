//! The rotation rule as a table, and as stories of phones that lose replies.

use super::*;

const NOW_US: i64 = 1_690_000_000_000_000;

fn ring() -> (SealRing, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (SealRing::load_or_create(folder.path()).unwrap(), folder)
}

fn first() -> RefreshToken {
    RefreshToken::first(Uuid::from_u128(7), [9; 32])
}

/// One refresh as the use case does it; gives the decision, and the successor when there is one.
fn refresh(
    ring: &SealRing,
    state: &mut SessionState,
    presented: &RefreshToken,
    now_us: i64,
) -> (RotationDecision, Option<RefreshToken>) {
    let decision = rotate(state, &presented.hash(), now_us);
    let successor = presented.successor(ring);
    *state = state.after(decision, presented.hash(), successor.hash(), now_us);
    (decision, decision.continues().then_some(successor))
}

#[test]
fn the_rule_as_a_table() {
    use RotationDecision::{Expired, ReplayPrevious, Reuse, Revoked, Rotate};
    let (current, previous, other) = ([1; 32], [2; 32], [3; 32]);
    let live = SessionState { previous: Some(previous), ..SessionState::start(current, NOW_US) };
    let fresh = SessionState::start(current, NOW_US);
    let revoked = SessionState { is_revoked: true, ..live.clone() };
    let end_us = NOW_US + SESSION_IDLE_US;
    let old = SessionState { expires_at_us: i64::MAX, ..live.clone() };
    let old_end_us = NOW_US + SESSION_LIFETIME_US;
    let cases = [
        ("current", &live, current, NOW_US, Rotate),
        ("previous", &live, previous, NOW_US, ReplayPrevious),
        ("older or invented", &live, other, NOW_US, Reuse),
        ("no previous yet", &fresh, previous, NOW_US, Reuse),
        ("last moment", &live, current, end_us - 1, Rotate),
        ("idle too long", &live, current, end_us, Expired),
        ("idle too long, previous", &live, previous, end_us, Expired),
        ("idle too long, older", &live, other, end_us, Expired),
        ("last moment of a long life", &old, current, old_end_us - 1, Rotate),
        ("lived too long", &old, current, old_end_us, Expired),
        ("revoked", &revoked, current, NOW_US, Revoked),
        ("revoked, previous", &revoked, previous, NOW_US, Revoked),
        ("revoked, older", &revoked, other, NOW_US, Revoked),
        ("revoked and expired", &revoked, current, end_us, Revoked),
    ];
    for (name, state, presented, now_us, expected) in cases {
        assert_eq!(rotate(state, &presented, now_us), expected, "{name}");
    }
}

#[test]
fn a_lost_reply_is_answered_with_the_same_token_and_changes_nothing() {
    let (ring, _folder) = ring();
    let mut state = SessionState::start(first().hash(), NOW_US);
    let (_, lost) = refresh(&ring, &mut state, &first(), NOW_US + 1);
    let after_loss = state.clone();
    let (decision, again) = refresh(&ring, &mut state, &first(), NOW_US + 1);
    assert_eq!(decision, RotationDecision::ReplayPrevious);
    assert_eq!(lost, again);
    assert_eq!(state, after_loss);
}

#[test]
fn a_late_first_reply_is_as_good_as_the_repeated_one() {
    let (ring, _folder) = ring();
    let mut state = SessionState::start(first().hash(), NOW_US);
    let (_, late) = refresh(&ring, &mut state, &first(), NOW_US);
    refresh(&ring, &mut state, &first(), NOW_US);
    let (decision, _) = refresh(&ring, &mut state, &late.unwrap(), NOW_US);
    assert_eq!(decision, RotationDecision::Rotate);
}

#[test]
fn the_old_token_ends_with_the_first_use_of_the_new_one_and_then_raises_the_alarm() {
    let (ring, _folder) = ring();
    let mut state = SessionState::start(first().hash(), NOW_US);
    let second = refresh(&ring, &mut state, &first(), NOW_US).1.unwrap();
    let third = refresh(&ring, &mut state, &second, NOW_US).1.unwrap();
    assert_eq!(refresh(&ring, &mut state, &first(), NOW_US), (RotationDecision::Reuse, None));
    assert!(state.is_revoked);
    assert_eq!(refresh(&ring, &mut state, &third, NOW_US), (RotationDecision::Revoked, None));
}

#[test]
fn a_rotated_seal_key_between_two_tries_logs_nobody_out() {
    let (ring, folder) = ring();
    let mut state = SessionState::start(first().hash(), NOW_US);
    refresh(&ring, &mut state, &first(), NOW_US);
    SealRing::rotate(folder.path()).unwrap();
    let rotated = SealRing::load_or_create(folder.path()).unwrap();
    let (decision, next) = refresh(&rotated, &mut state, &first(), NOW_US);
    assert_eq!(decision, RotationDecision::ReplayPrevious);
    let (decision, _) = refresh(&rotated, &mut state, &next.unwrap(), NOW_US);
    assert_eq!(decision, RotationDecision::Rotate);
}

#[test]
fn the_successor_depends_on_the_key_the_session_and_the_secret() {
    let (one, _one) = ring();
    let (two, _two) = ring();
    let other_session = RefreshToken::first(Uuid::from_u128(8), [9; 32]);
    let other_secret = RefreshToken::first(Uuid::from_u128(7), [8; 32]);
    let successors =
        [first().successor(&one), first().successor(&two), other_session.successor(&one), other_secret.successor(&one)];
    let hashes: std::collections::BTreeSet<_> = successors.iter().map(RefreshToken::hash).collect();
    assert_eq!(hashes.len(), successors.len());
}

#[test]
fn a_token_reads_back_and_shows_nowhere() {
    let text = first().text();
    assert_eq!(text.expose().len(), REFRESH_TOKEN_CHARS);
    assert_eq!(RefreshToken::parse(text.expose()), Some(first()));
    assert!(format!("{:?}", first()).contains("[secret]"));
}

#[test]
fn text_of_another_form_is_no_token() {
    let good = first().text().expose().clone();
    let wrong_prefix = good.replace("pcr1.", "pcr2.");
    let standard_alphabet = format!("{}+", &good[..good.len() - 1]);
    for text in ["", "pcr1.", &good[1..], &wrong_prefix, &standard_alphabet, &format!("{good}A")] {
        assert_eq!(RefreshToken::parse(text), None, "{text}");
    }
}
