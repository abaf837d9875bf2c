//! Who asks: the person, the phone, and what their grants open. Loaded once per request; every use case takes it.

use crate::auth::permissions::{Action, Decision, Grant, Reached, decide, reached};
use paicha_db::projections::Villages;
use sync_protocol::ids::{DeviceId, UserId};

/// The asker of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The enrolled phone; a browser has none.
    pub device: Option<DeviceId>,
    /// Grants in force.
    pub grants: Vec<Grant>,
    /// The person's scope version.
    pub scope_version: i64,
    /// One of the server's own devices.
    pub server: bool,
}

impl Caller {
    /// Whether the caller may do this in that village.
    pub fn may(&self, action: Action, village: Option<&str>) -> bool {
        self.server || decide(&self.grants, action, village) == Decision::Allowed
    }

    /// Whom the audit log names: the person, and nobody when the server itself asks.
    pub fn actor(&self) -> Option<UserId> {
        (!self.server).then_some(self.user)
    }

    /// Villages in which the caller may do this.
    pub fn villages(&self, action: Action) -> Villages {
        if self.server {
            return Villages::All;
        }
        let Reached { everything, villages, .. } = reached(&self.grants, action);
        match (everything, villages) {
            (true, _) | (false, crate::auth::permissions::Scope::All) => Villages::All,
            (false, crate::auth::permissions::Scope::Set(ids)) => Villages::Only(ids.into_iter().collect()),
        }
    }
}
