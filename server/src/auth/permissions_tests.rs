//! The permission table spelled out a second time, and the rules that combine grants.

use super::*;

/// Written by hand from the roles of the domain, not from the code: `-` no, `o` own records, `v` own villages, `A` all.
const EXPECTED: &str = "
action              R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11
ReadOwnAccount      o  o  o  o  o  o  o  o  -  o   o
Enrol               o  o  o  o  o  o  o  o  -  o   o
RevokeDevice        o  o  o  o  o  o  o  o  -  A   o
ReadDevices         o  o  v  o  o  o  o  o  -  A   o
HandOver            -  -  v  -  -  -  -  -  -  -   -
ManageUsers         -  -  -  -  -  -  -  -  -  A   -
SyncPush            v  v  v  v  v  v  o  o  -  -   -
SyncPull            v  v  v  v  v  v  o  o  -  -   v
ReadFindings        v  v  v  v  v  v  o  o  -  -   v
ActOnFindings       v  v  v  v  v  v  -  -  -  -   -
AssignTasks         -  v  v  v  v  -  -  -  -  -   -
ReadPhotos          v  v  v  v  v  v  o  o  -  -   v
UploadPhoto         v  v  v  v  v  v  o  o  -  -   -
ReadForms           v  v  v  v  v  v  -  -  -  -   v
SubmitForm          -  v  v  -  -  -  -  -  -  -   -
LockForm            -  -  v  -  -  -  -  -  -  -   -
UnlockForm          -  -  -  v  -  -  -  -  -  -   -
ImportAreas         -  -  A  -  -  -  -  -  -  -   -
ImportEnterprises   -  -  v  -  -  -  -  -  -  -   -
ImportPeople        -  -  -  -  -  -  -  -  -  A   -
ImportRescue        -  -  v  -  -  -  -  -  -  -   -
ReadOperationBytes  -  -  v  v  -  -  -  -  -  -   v
ReadReviewItems     -  v  v  v  -  -  -  -  -  -   v
Review              -  -  v  v  -  -  -  -  -  -   -
ReadAudit           -  -  -  -  -  -  -  -  -  -   A
ReadMetrics         -  -  -  -  -  -  -  -  -  A   A
";

const EAST: &str = "900000001001";
const WEST: &str = "900000001002";

fn printed_table() -> String {
    let mut lines = vec![String::new()];
    let heads: Vec<_> = Role::ALL.iter().map(|role| format!("{:<3}", role.code())).collect();
    lines.push(format!("{:<20}{}", "action", heads.concat().replace("R10R11", "R10 R11")));
    for action in Action::ALL {
        let mut line = format!("{:<20}", format!("{action:?}"));
        for role in Role::ALL {
            let sign = match allows(role, action) {
                Reach::No => '-',
                Reach::OwnRecords => 'o',
                Reach::OwnVillages => 'v',
                Reach::All => 'A',
            };
            let width = if role == Role::R10 { 4 } else { 3 };
            line.push_str(&format!("{sign:<width$}"));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n") + "\n"
}

fn grant(role: Role, villages: &[&str]) -> Grant {
    Grant { role, villages: Scope::of(villages.iter().copied()), places: BTreeSet::new() }
}

fn whole(role: Role) -> Grant {
    Grant { role, villages: Scope::All, places: BTreeSet::new() }
}

#[test]
fn every_role_and_action_reaches_what_the_table_says() {
    assert_eq!(printed_table(), EXPECTED);
}

#[test]
fn administrator_reaches_no_business_record() {
    let business = [
        Action::SyncPush,
        Action::SyncPull,
        Action::ReadFindings,
        Action::AssignTasks,
        Action::ReadPhotos,
        Action::UploadPhoto,
        Action::ReadForms,
        Action::SubmitForm,
        Action::LockForm,
        Action::UnlockForm,
        Action::ImportAreas,
        Action::ImportEnterprises,
        Action::ImportRescue,
        Action::ReadOperationBytes,
        Action::ReadReviewItems,
        Action::Review,
    ];
    for action in business {
        assert_eq!(decide(&[whole(Role::R10)], action, Some(EAST)), Decision::DeniedRole, "{action:?}");
        assert_eq!(decide(&[whole(Role::R10)], action, None), Decision::DeniedRole, "{action:?}");
    }
}

#[test]
fn tipster_reaches_nothing() {
    for action in Action::ALL {
        assert_eq!(decide(&[whole(Role::R9)], action, Some(EAST)), Decision::DeniedRole, "{action:?}");
    }
}

#[test]
fn nobody_without_a_grant_reaches_anything() {
    for action in Action::ALL {
        assert_eq!(decide(&[], action, Some(EAST)), Decision::DeniedRole);
        assert_eq!(decide(&[], action, None), Decision::DeniedRole);
        assert!(reached(&[], action).is_nothing());
    }
}

#[test]
fn a_person_sees_only_the_villages_of_the_grants() {
    let grants = [grant(Role::R1, &[EAST])];
    assert_eq!(decide(&grants, Action::ReadFindings, Some(EAST)), Decision::Allowed);
    assert_eq!(decide(&grants, Action::ReadFindings, Some(WEST)), Decision::DeniedVillage);
    assert_eq!(decide(&grants, Action::ReadFindings, None), Decision::DeniedVillage);
}

#[test]
fn a_role_in_one_village_does_not_lend_its_power_to_another() {
    let grants = [grant(Role::R3, &[EAST]), grant(Role::R1, &[WEST])];
    assert_eq!(decide(&grants, Action::LockForm, Some(EAST)), Decision::Allowed);
    assert_eq!(decide(&grants, Action::LockForm, Some(WEST)), Decision::DeniedVillage);
    assert_eq!(decide(&grants, Action::ReadForms, Some(WEST)), Decision::Allowed);
}

#[test]
fn two_villages_are_not_the_whole_subdistrict() {
    let grants = [grant(Role::R3, &[EAST, WEST])];
    assert_eq!(decide(&grants, Action::LockForm, None), Decision::DeniedVillage);
    assert_eq!(decide(&[whole(Role::R3)], Action::LockForm, None), Decision::Allowed);
}

#[test]
fn a_grant_without_villages_opens_nothing_in_any() {
    let grants = [grant(Role::R3, &[])];
    assert_eq!(decide(&grants, Action::ReadFindings, Some(EAST)), Decision::DeniedVillage);
    assert!(reached(&grants, Action::ReadFindings).is_nothing());
}

#[test]
fn an_enterprise_reaches_its_own_records_in_its_own_villages() {
    let grants = [grant(Role::R7, &[EAST])];
    assert_eq!(decide(&grants, Action::ReadFindings, Some(EAST)), Decision::AllowedOwnRecords);
    assert_eq!(decide(&grants, Action::ReadFindings, Some(WEST)), Decision::DeniedVillage);
    assert_eq!(decide(&grants, Action::ReadForms, Some(EAST)), Decision::DeniedRole);
}

#[test]
fn the_widest_grant_wins() {
    let grants = [grant(Role::R7, &[EAST, WEST]), grant(Role::R1, &[WEST])];
    assert_eq!(decide(&grants, Action::ReadFindings, Some(EAST)), Decision::AllowedOwnRecords);
    assert_eq!(decide(&grants, Action::ReadFindings, Some(WEST)), Decision::Allowed);
    let sum = reached(&grants, Action::ReadFindings);
    assert_eq!(sum.villages, Scope::of([WEST]));
    assert_eq!(sum.own_records, Scope::of([EAST, WEST]));
}

#[test]
fn the_own_account_needs_no_village() {
    let grants = [grant(Role::R1, &[])];
    assert_eq!(decide(&grants, Action::ReadOwnAccount, None), Decision::AllowedOwnRecords);
    assert_eq!(decide(&[whole(Role::R10)], Action::RevokeDevice, None), Decision::Allowed);
}

#[test]
fn only_denials_carry_a_message() {
    assert_eq!(Decision::Allowed.message(), None);
    assert_eq!(Decision::AllowedOwnRecords.message(), None);
    assert!(Decision::DeniedRole.message().is_some_and(|text| text.contains("系统管理员")));
    assert!(Decision::DeniedVillage.message().is_some_and(|text| text.contains("村（社区）")));
}
