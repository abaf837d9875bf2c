//! Who has to agree: a list of slots, each to be filled by a person of its own. The author of a change fills one if their role allows, people
//! who approve fill the rest. What a newcomer gets wrong: two slots are two people, whatever roles one person holds (separation of duty).

use crate::ids::UserId;
use crate::role::Role;
use Role::{R1, R2, R3, R4, R5, R6, R7, R8};

/// One person who has to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// With one of these roles in the village.
    pub roles: &'static [Role],
    /// Not somebody who found the hazard.
    pub not_finder: bool,
}

/// Everybody who has to agree.
pub type Needs = &'static [Slot];

/// Somebody who asked for a change or agreed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// Who.
    pub user: UserId,
    /// Who handed it in for them, if somebody else did: then both count as one.
    pub uploader: Option<UserId>,
    /// Their roles in the village when they said so.
    pub roles: &'a [Role],
}

const EVERYBODY: Slot = slot(&[R1, R2, R3, R4, R5, R6, R7, R8]);
const INSPECTOR: Slot = slot(&[R1, R2, R3, R5]);
const REGULATOR: Slot = slot(&[R3, R5]);
const OF_OFFICE: Slot = slot(&[R3]);
const OFFICE_OR_LEADER: Slot = slot(&[R3, R4]);
const LEADER: Slot = slot(&[R4]);

/// Whoever may ask decides.
pub const ANYONE: Needs = &[EVERYBODY];
/// One of those who inspect (an enterprise alone is not enough).
pub(super) const FIELD: Needs = &[INSPECTOR];
/// One who inspects, and another of the office.
pub(super) const FIELD_THEN_OFFICE: Needs = &[INSPECTOR, OFFICE_OR_LEADER];
/// Anybody, and another who inspects: what an enterprise fills in is confirmed so.
pub const ANYONE_THEN_INSPECTOR: Needs = &[EVERYBODY, INSPECTOR];
/// Anybody, and another who regulates (街道专班、行业站所).
pub(super) const ANYONE_THEN_REGULATOR: Needs = &[EVERYBODY, REGULATOR];
/// 街道专班/应急办.
pub const OFFICE: Needs = &[OF_OFFICE];
/// 街道专班/应急办, somebody who did not find the hazard.
pub const OFFICE_NOT_FINDER: Needs = &[Slot { roles: &[R3], not_finder: true }];
/// Anybody, and another of the office.
pub const ANYONE_THEN_OFFICE: Needs = &[EVERYBODY, OF_OFFICE];
/// Anybody, and a leader of the subdistrict.
pub const ANYONE_THEN_LEADER: Needs = &[EVERYBODY, LEADER];
/// The office, and a leader.
pub const OFFICE_AND_LEADER: Needs = &[OF_OFFICE, LEADER];
/// The office or a department, and a leader (T12).
pub const DOWNGRADE: Needs = &[REGULATOR, LEADER];

const fn slot(roles: &'static [Role]) -> Slot {
    Slot { roles, not_finder: false }
}

/// Whether every slot can be filled by a different person.
pub fn are_covered(needs: Needs, people: &[Person<'_>], is_finder: impl Fn(UserId) -> bool) -> bool {
    fill(needs, people, &mut Vec::new(), &is_finder)
}

fn fill(needs: &[Slot], people: &[Person<'_>], taken: &mut Vec<UserId>, is_finder: &impl Fn(UserId) -> bool) -> bool {
    let Some((slot, rest)) = needs.split_first() else { return true };
    let fits = |person: &Person<'_>| {
        person.roles.iter().any(|role| slot.roles.contains(role))
            && !(slot.not_finder && (is_finder(person.user) || person.uploader.is_some_and(&is_finder)))
    };
    for person in people.iter().filter(|person| fits(person)) {
        let ids = || std::iter::once(person.user).chain(person.uploader);
        if ids().any(|id| taken.contains(&id)) {
            continue;
        }
        let before = taken.len();
        taken.extend(ids());
        if fill(rest, people, taken, is_finder) {
            return true;
        }
        taken.truncate(before);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn person(id: u128, roles: &[Role]) -> Person<'_> {
        Person { user: UserId(Uuid::from_u128(id)), uploader: None, roles }
    }

    #[test]
    fn who_hands_in_for_another_is_no_second_person() {
        let other = Person { uploader: Some(UserId(Uuid::from_u128(1))), ..person(2, &[R3]) };
        assert!(!are_covered(ANYONE_THEN_OFFICE, &[other, person(1, &[R3])], |_| false));
        assert!(!are_covered(ANYONE_THEN_OFFICE, &[person(1, &[R3]), other], |_| false));
        assert!(are_covered(ANYONE_THEN_OFFICE, &[other, person(3, &[R3])], |_| false));
    }

    #[test]
    fn one_person_never_fills_two_slots() {
        let both = person(1, &[R3, R4]);
        assert!(!are_covered(OFFICE_AND_LEADER, &[both], |_| false));
        assert!(!are_covered(OFFICE_AND_LEADER, &[both, both], |_| false));
        assert!(are_covered(OFFICE_AND_LEADER, &[both, person(2, &[R4])], |_| false));
        assert!(are_covered(OFFICE_AND_LEADER, &[person(2, &[R3]), both], |_| false));
    }

    #[test]
    fn the_order_of_people_does_not_matter() {
        let (office, both) = (person(1, &[R3]), person(2, &[R3, R4]));
        assert!(are_covered(OFFICE_AND_LEADER, &[both, office], |_| false));
        assert!(are_covered(OFFICE_AND_LEADER, &[office, both], |_| false));
    }

    #[test]
    fn a_finder_does_not_clear_the_own_finding() {
        let found = |user: UserId| user.0 == Uuid::from_u128(1);
        assert!(!are_covered(OFFICE_NOT_FINDER, &[person(1, &[R3])], found));
        assert!(are_covered(OFFICE_NOT_FINDER, &[person(1, &[R3]), person(2, &[R3])], found));
    }

    #[test]
    fn an_enterprise_alone_accepts_nothing() {
        assert!(!are_covered(FIELD, &[person(1, &[R7])], |_| false));
        assert!(are_covered(FIELD, &[person(1, &[R7]), person(2, &[R1])], |_| false));
    }

    #[test]
    fn nobody_without_a_role_counts() {
        assert!(!are_covered(ANYONE, &[person(1, &[])], |_| false));
    }
}
