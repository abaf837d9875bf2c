//! The one table of who may ask the server for what: role x action -> reach, and the rule that combines a person's grants.
//!
//! It decides about *requests*. What a role may write into a record, and who must approve what, is decided by the record
//! schema and the state machine in `sync-protocol`. A newcomer gets wrong that `SyncPush` is not a filter on ops: work
//! done under an older grant is never refused at the door (it goes to the ledger or to review), so push asks
//! [`Reached::is_nothing`] and leaves villages to the merge.

use std::collections::BTreeSet;

use sync_protocol::ids::RecordId;
use sync_protocol::role::Role;

/// What somebody asks for: one per group of endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The own account: profile, password, own sessions, signing out.
    ReadOwnAccount,
    /// Enrolling a device for oneself.
    Enrol,
    /// Revoking a device: the own one, or anybody's for an administrator.
    RevokeDevice,
    /// Reading which phones there are, when they were heard and what they still hold.
    ReadDevices,
    /// Handing the work of one inspector to another.
    HandOver,
    /// Accounts, grants, passwords of others, enrolment codes.
    ManageUsers,
    /// Handing in ops.
    SyncPush,
    /// Pulling feeds and snapshots.
    SyncPull,
    /// Lists and details of inspections, hazards, enterprises, places.
    ReadFindings,
    /// Doing something about a hazard at the console; who may do what is decided by its rules.
    ActOnFindings,
    /// Asking somebody to inspect, or reminding them.
    AssignTasks,
    /// Photos and their derivatives.
    ReadPhotos,
    /// Handing in photo bytes.
    UploadPhoto,
    /// 附件1 and 附件2 as numbers or files.
    ReadForms,
    /// A village hands in its monthly forms.
    SubmitForm,
    /// Freezing the forms of a month.
    LockForm,
    /// Approving a correction of locked forms.
    UnlockForm,
    /// Village polygons.
    ImportAreas,
    /// Lists of enterprises and places.
    ImportEnterprises,
    /// Lists of people with their accounts and grants.
    ImportPeople,
    /// Rescue files: what phones could not send.
    ImportRescue,
    /// The exact stored bytes of an op with its context and result.
    ReadOperationBytes,
    /// The list of conflicts, proposals and flags that wait for a person.
    ReadReviewItems,
    /// Deciding one of them.
    Review,
    /// The audit log: sign-ins, grants, overrides, downloads.
    ReadAudit,
    /// Process and storage numbers.
    ReadMetrics,
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 26] = [
        Self::ReadOwnAccount,
        Self::Enrol,
        Self::RevokeDevice,
        Self::ReadDevices,
        Self::HandOver,
        Self::ManageUsers,
        Self::SyncPush,
        Self::SyncPull,
        Self::ReadFindings,
        Self::ActOnFindings,
        Self::AssignTasks,
        Self::ReadPhotos,
        Self::UploadPhoto,
        Self::ReadForms,
        Self::SubmitForm,
        Self::LockForm,
        Self::UnlockForm,
        Self::ImportAreas,
        Self::ImportEnterprises,
        Self::ImportPeople,
        Self::ImportRescue,
        Self::ReadOperationBytes,
        Self::ReadReviewItems,
        Self::Review,
        Self::ReadAudit,
        Self::ReadMetrics,
    ];
}

/// How far a role reaches with one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Not at all.
    No,
    /// Only what is the person's own: the account, the enterprise (R7), the assignments (R8). Who asks filters the records.
    OwnRecords,
    /// Everything in the villages of the grant.
    OwnVillages,
    /// Not bound to a village: accounts, areas, the audit log.
    All,
}

/// The table. The row is an exhaustive match and the column too, so a new role or action breaks the build here.
#[must_use]
pub fn allows(role: Role, action: Action) -> Reach {
    row(action)[column(role)]
}

/// One row per action, one column per role.
///
/// * R1 and R5 ask for the same things; which ops they may write differs in the record schema.
/// * R2 sees what waits for a decision in the own village; the decisions are those of R3 and R4.
/// * R3 locks forms and R4 approves unlocking them: the second pair of eyes stays a second one.
/// * R3 sees the phones of the own villages, because the work on them is missing there; taking one out of use is for R10 and its holder.
/// * R3 hands work over: who answers for what is the office's decision, and it moves the role of inspector that somebody holds, never a new one.
/// * Area polygons cross village borders (whoever moves one moves its neighbour), so importing them has no village.
/// * R7 and R8 see only their own enterprise and their assignments.
/// * R9 gives tips without an account; until that door is built the role opens nothing.
/// * R10 runs accounts and devices and reads no business record; R11 reads everything and changes nothing.
#[rustfmt::skip]
fn row(action: Action) -> [Reach; Role::ALL.len()] {
    use Reach::{All as A, No as N, OwnRecords as O, OwnVillages as V};
    match action {
        //                            R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11
        Action::ReadOwnAccount    => [O, O, O, O, O, O, O, O, N, O, O],
        Action::Enrol             => [O, O, O, O, O, O, O, O, N, O, O],
        Action::RevokeDevice      => [O, O, O, O, O, O, O, O, N, A, O],
        Action::ReadDevices       => [O, O, V, O, O, O, O, O, N, A, O],
        Action::HandOver          => [N, N, V, N, N, N, N, N, N, N, N],
        Action::ManageUsers       => [N, N, N, N, N, N, N, N, N, A, N],
        Action::SyncPush          => [V, V, V, V, V, V, O, O, N, N, N],
        Action::SyncPull          => [V, V, V, V, V, V, O, O, N, N, V],
        Action::ReadFindings      => [V, V, V, V, V, V, O, O, N, N, V],
        Action::ActOnFindings     => [V, V, V, V, V, V, N, N, N, N, N],
        Action::AssignTasks       => [N, V, V, V, V, N, N, N, N, N, N],
        Action::ReadPhotos        => [V, V, V, V, V, V, O, O, N, N, V],
        Action::UploadPhoto       => [V, V, V, V, V, V, O, O, N, N, N],
        Action::ReadForms         => [V, V, V, V, V, V, N, N, N, N, V],
        Action::SubmitForm        => [N, V, V, N, N, N, N, N, N, N, N],
        Action::LockForm          => [N, N, V, N, N, N, N, N, N, N, N],
        Action::UnlockForm        => [N, N, N, V, N, N, N, N, N, N, N],
        Action::ImportAreas       => [N, N, A, N, N, N, N, N, N, N, N],
        Action::ImportEnterprises => [N, N, V, N, N, N, N, N, N, N, N],
        Action::ImportPeople      => [N, N, N, N, N, N, N, N, N, A, N],
        Action::ImportRescue      => [N, N, V, N, N, N, N, N, N, N, N],
        Action::ReadOperationBytes=> [N, N, V, V, N, N, N, N, N, N, V],
        Action::ReadReviewItems   => [N, V, V, V, N, N, N, N, N, N, V],
        Action::Review            => [N, N, V, V, N, N, N, N, N, N, N],
        Action::ReadAudit         => [N, N, N, N, N, N, N, N, N, N, A],
        Action::ReadMetrics       => [N, N, N, N, N, N, N, N, N, A, A],
    }
}

/// The column of a role in [`row`].
fn column(role: Role) -> usize {
    match role {
        Role::R1 => 0,
        Role::R2 => 1,
        Role::R3 => 2,
        Role::R4 => 3,
        Role::R5 => 4,
        Role::R6 => 5,
        Role::R7 => 6,
        Role::R8 => 7,
        Role::R9 => 8,
        Role::R10 => 9,
        Role::R11 => 10,
    }
}

/// The villages of a grant, by 12-digit area code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole subdistrict, villages added later included.
    All,
    /// These villages only. An empty set covers nothing.
    Set(BTreeSet<String>),
}

impl Scope {
    /// The scope of exactly these villages.
    pub fn of<I: IntoIterator<Item = S>, S: Into<String>>(villages: I) -> Self {
        Self::Set(villages.into_iter().map(Into::into).collect())
    }

    /// Covers no village at all.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Set(BTreeSet::new())
    }

    /// Whether this village lies inside. `None` is the whole subdistrict, which only [`Scope::All`] covers.
    #[must_use]
    pub fn covers(&self, village: Option<&str>) -> bool {
        match (self, village) {
            (Self::All, _) => true,
            (Self::Set(villages), Some(village)) => villages.contains(village),
            (Self::Set(_), None) => false,
        }
    }

    /// Whether no village lies inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Set(villages) => villages.is_empty(),
        }
    }

    fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::Set(_), Self::All) => *self = Self::All,
            (Self::Set(mine), Self::Set(theirs)) => mine.extend(theirs.iter().cloned()),
        }
    }
}

/// One role of a person with the villages it holds in. Expired and revoked grants are left out by whoever loads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub villages: Scope,
    /// Of an enterprise (R7) or an expert (R8): the places they act for.
    pub places: BTreeSet<RecordId>,
}

/// What all grants of a person together reach with one action: the filter for lists, feeds and exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Some grant reaches without regard to villages.
    pub everything: bool,
    /// Villages in which everything is reached.
    pub villages: Scope,
    /// Villages in which only the person's own records are reached (those of `villages` may appear again).
    pub own_records: Scope,
    /// Some grant reaches the person's own records, whatever its villages.
    pub own: bool,
}

impl Reached {
    /// Whether no grant opens this action at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.everything && !self.own && self.villages.is_empty()
    }
}

/// Adds up the grants for one action.
#[must_use]
pub fn reached(grants: &[Grant], action: Action) -> Reached {
    let mut sum = Reached { everything: false, villages: Scope::nothing(), own_records: Scope::nothing(), own: false };
    for grant in grants {
        match allows(grant.role, action) {
            Reach::No => {}
            Reach::OwnRecords => {
                sum.own = true;
                sum.own_records.add(&grant.villages);
            }
            Reach::OwnVillages => sum.villages.add(&grant.villages),
            Reach::All => sum.everything = true,
        }
    }
    sum
}

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Go on.
    Allowed,
    /// Go on, but only with records that are the person's own; everything else looks as if it did not exist.
    AllowedOwnRecords,
    /// No grant of this person opens this action.
    DeniedRole,
    /// A grant opens this action, but not in this village (or not for the whole subdistrict).
    DeniedVillage,
}

impl Decision {
    /// Whether the request may go on, possibly limited to own records.
    #[must_use]
    pub fn may_proceed(self) -> bool {
        match self {
            Self::Allowed | Self::AllowedOwnRecords => true,
            Self::DeniedRole | Self::DeniedVillage => false,
        }
    }

    /// What the person is told when the request may not go on.
    #[must_use]
    pub fn message(self) -> Option<&'static str> {
        match self {
            Self::Allowed | Self::AllowedOwnRecords => None,
            Self::DeniedRole => {
                Some("您的角色不能进行此操作。手机中已保存的内容不受影响。如需此权限，请联系系统管理员。")
            }
            Self::DeniedVillage => {
                Some("此内容不在您负责的村（社区）范围内。手机中已保存的内容不受影响。如范围有误，请联系街道专班。")
            }
        }
    }
}

/// May a person with these grants do this in this village?
///
/// `village` is `None` for what concerns the whole subdistrict (the summary forms, an import over all villages); lists do
/// not ask with `None` but filter by [`reached`]. The widest grant wins: grants only ever add.
#[must_use]
pub fn decide(grants: &[Grant], action: Action, village: Option<&str>) -> Decision {
    let reached = reached(grants, action);
    if reached.everything || reached.villages.covers(village) {
        return Decision::Allowed;
    }
    // Own records without a village (the own account, the own device list) need no village either.
    if reached.own && (village.is_none() || reached.own_records.covers(village)) {
        return Decision::AllowedOwnRecords;
    }
    let opened_somewhere = grants.iter().any(|grant| allows(grant.role, action) != Reach::No);
    if opened_somewhere { Decision::DeniedVillage } else { Decision::DeniedRole }
}

#[cfg(test)]
#[path = "permissions_tests.rs"]
mod tests;
