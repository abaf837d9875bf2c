//! Who works in the demo: names made of syllables so that they are nobody's, telephone numbers that no network gives out, and one password
//! for all, which is printed. None of this belongs into a real installation.

use super::chance::demo_id;
use super::ground::VILLAGES;
use crate::usecases::load_grants::EVERYWHERE;
use sync_protocol::ids::UserId;
use sync_protocol::role::Role;

/// The password of every account of the demo.
pub const DEMO_PASSWORD: &str = "paicha-demo";
/// Inspectors.
pub(super) const INSPECTORS: usize = 12;

/// A person of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// What is typed to sign in.
    pub login: String,
    /// Invented.
    pub name: String,
    /// 单位.
    pub unit: String,
    /// Begins with 000, so that it is nobody's.
    pub phone: String,
    /// The role.
    pub role: Role,
    /// Feeds in which it holds.
    pub feeds: Vec<String>,
}

const SURNAMES: [&str; 9] = ["演安", "演平", "演宁", "演和", "演清", "演顺", "演康", "演泰", "演祥"];
const GIVEN: [&str; 3] = ["一", "二", "三"];

/// Everybody: inspectors, heads of villages, the office, the county, the administrator and the auditor.
pub fn people() -> Vec<Person> {
    let mut everybody: Vec<Person> = (0..INSPECTORS).map(inspector).collect();
    everybody.extend(VILLAGES.iter().enumerate().map(|(index, village)| {
        let login = format!("head{}", index + 1);
        person(&login, INSPECTORS + index, village.name, Role::R2, &[village.code])
    }));
    let office = [
        ("safety", "应急办", Role::R3),
        ("leader", "街道领导", Role::R4),
        ("county", "县安委办（演示）", Role::R6),
        ("admin", "信息中心（演示）", Role::R10),
        ("auditor", "街道纪工委（演示）", Role::R11),
    ];
    everybody.extend(office.iter().enumerate().map(|(index, (login, unit, role))| {
        person(login, INSPECTORS + VILLAGES.len() + index, unit, *role, &[EVERYWHERE])
    }));
    everybody
}

/// The nth inspector: one for each village, and a second one for the first three.
fn inspector(index: usize) -> Person {
    let home = index % VILLAGES.len();
    let login = format!("inspector{}", index + 1);
    person(&login, index, VILLAGES[home].name, Role::R1, &[VILLAGES[home].code])
}

fn person(login: &str, index: usize, unit: &str, role: Role, feeds: &[&str]) -> Person {
    Person {
        id: demo_id(&format!("person {login}")).into(),
        login: login.to_owned(),
        phone: format!("000{index:08}"),
        name: name(index),
        unit: unit.to_owned(),
        role,
        feeds: feeds.iter().map(|feed| (*feed).to_owned()).collect(),
    }
}

fn name(index: usize) -> String {
    format!("{}{}", SURNAMES[index % SURNAMES.len()], GIVEN[index / SURNAMES.len() % GIVEN.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_has_an_own_name_and_login() {
        let everybody = people();
        assert_eq!(everybody.len(), 26);
        let names: BTreeSet<_> = everybody.iter().map(|person| &person.name).collect();
        let logins: BTreeSet<_> = everybody.iter().map(|person| &person.login).collect();
        assert_eq!((names.len(), logins.len()), (26, 26));
    }
}
