//! What the server knows when operations arrive: rights of their authors, villages, clocks, places on the map. It is written down with
//! each operation, so that nothing that changes later can change what the operation meant.

use super::decide::Fresh;
use super::intake::{PushBatch, Rescued, admitted_life, rescued_life};
use crate::app::App;
use crate::auth::permissions::{Action, Grant, allows};
use crate::auth::seal::Purpose;
use crate::usecases::caller::Caller;
use crate::usecases::load_grants::{LoadedGrants, load_grants};
use paicha_db::incarnations::Incarnation;
use paicha_db::{DbError, Tx, feeds, incarnations, projections};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::geo::{Fix, canonical};
use sync_protocol::ids::{FeedId, GroupId, IncarnationId, OpId, RecordId, UserId};
use sync_protocol::merge::{Context, EventTime, Scope};
use sync_protocol::op::{Body, Change, Head, Op};
use sync_protocol::role::Role;
use sync_protocol::time::{Anchor, Captured, DAY_US, Grade, Micros, grade};
use uuid::Uuid;

/// Days after a person lost a village in which work done before is taken as usual.
pub const GRACE_DAYS: i64 = 14;

/// Roles in which somebody does field work.
const FIELD_ROLES: [Role; 5] = [Role::R1, Role::R2, Role::R5, Role::R7, Role::R8];

/// Everything about arrival that the operations of a chunk need.
#[derive(Clone)]
pub(super) struct Facts<'a> {
    incarnation: IncarnationId,
    app: &'a App,
    caller: &'a Caller,
    made_here: bool,
    /// By how much the phone's clock is ahead now, microseconds; nothing when it does not say.
    clock_ahead_us: Option<i64>,
    admitted: BTreeMap<OpId, EventTime>,
    rescued: Option<Rescued>,
    received_at: Micros,
    ancestors: Vec<IncarnationId>,
    feeds: BTreeSet<String>,
    authors: BTreeMap<UserId, LoadedGrants>,
    places: BTreeMap<Uuid, String>,
    last_event_at: Option<Micros>,
}

/// Loads, in a few queries for the whole chunk, what its contexts are made of.
pub(super) async fn load_facts<'a>(
    tx: &mut Tx,
    app: &'a App,
    (caller, batch): (&'a Caller, &PushBatch),
    life: &Incarnation,
    fresh: &[Fresh<'_>],
    received_at: Micros,
) -> Result<Facts<'a>, DbError> {
    let ops: Vec<&Op> = fresh.iter().filter_map(|fresh| fresh.op.op.as_ref().ok()).collect();
    // What the office took in from this phone is its own.
    let lives: Vec<Uuid> = std::iter::once(life.id).chain(life.parent).collect();
    let beside = lives
        .iter()
        .flat_map(|id| [admitted_life(app, (*id).into()).0, rescued_life(app, life.device.into(), (*id).into()).0]);
    let beside = incarnations::find_incarnations(tx, &beside.collect::<Vec<_>>()).await?;
    let villages: BTreeSet<String> = ops.iter().map(|op| op.head.village.as_str().to_owned()).collect();
    let villages: Vec<String> = villages.into_iter().collect();
    let feeds = feeds::find_feeds(tx, &villages).await?.into_iter().map(|feed| feed.id).collect();
    let mut authors = BTreeMap::new();
    for author in ops.iter().map(|op| op.head.author).collect::<BTreeSet<_>>() {
        authors.insert(author, load_grants(tx, author).await?);
    }
    let places: Vec<Uuid> = ops.iter().filter_map(|op| place_id(op)).collect();
    // Most chunks name no place; a statement for nothing costs as much as one for something.
    let places = if places.is_empty() { Vec::new() } else { projections::find_places(tx, &places).await? };
    let places = places.into_iter().map(|place| (place.id, place.village)).collect();
    Ok(Facts {
        incarnation: life.id.into(),
        app,
        caller,
        made_here: batch.made_here,
        clock_ahead_us: batch.clock.as_ref().map(|clock| clock.wall.since(received_at)),
        admitted: batch.admitted.clone(),
        rescued: batch.rescued.clone(),
        received_at,
        ancestors: life
            .parent
            .into_iter()
            .chain(beside.into_iter().map(|life| life.id))
            .map(IncarnationId::from)
            .collect(),
        feeds,
        authors,
        places,
        last_event_at: life.last_event_at.and_then(|at| Micros::from_micros(at).ok()),
    })
}

fn place_id(op: &Op) -> Option<Uuid> {
    op.written("place")?.as_str()?.parse().ok()
}

fn written_fix(op: &Op) -> Option<Fix> {
    let value = match &op.body {
        Body::PhotoAttach(photo) => return photo.fix.clone(),
        Body::Create(_) | Body::Patch(_) | Body::Supplement(_) => op.written("fix").or_else(|| op.written("point"))?,
        Body::Transition { .. }
        | Body::Resolve { .. }
        | Body::LinkDuplicate { .. }
        | Body::Submit
        | Body::PhotoRetract { .. }
        | Body::Unknown => return None,
    };
    serde_json::from_value(value.clone()).ok()
}

impl Facts<'_> {
    /// Whether a village of that code exists.
    pub(super) fn knows_feed(&self, feed: &FeedId) -> bool {
        self.feeds.contains(feed.as_str())
    }

    /// The context of an operation that cannot be read.
    pub(super) fn unreadable(&self) -> Context {
        self.context(
            Vec::new(),
            Scope::Outside,
            EventTime { at: self.received_at, grade: Grade::D, uncertainty_us: None, clock_suspect: false },
        )
    }

    /// The context of `op`, advancing what is known of the phone's clock.
    pub(super) fn of(&mut self, id: OpId, op: &Op) -> Context {
        let (roles, scope) = self.rights(op);
        let fix = written_fix(op);
        let admitted = self.admitted.get(&id).copied();
        let (roles, scope) = if admitted.is_some() { self.vouched_for(op, roles) } else { (roles, scope) };
        let mut event = admitted.unwrap_or_else(|| self.event(op, fix.as_ref()));
        if matches!(op.body, Body::Resolve { .. } | Body::LinkDuplicate { .. }) {
            // What was asked for counts from when it is agreed to, and that is when the server hears of it (Rulings).
            event.at = self.received_at;
        }
        let mut context = self.context(roles, scope, event);
        let located = fix
            .filter(|fix| self.tells_village(fix))
            .and_then(|fix| canonical(&fix).ok())
            .and_then(|point| self.app.village_map().locate(point));
        context.fix_village = located.and_then(|located| located.code.as_str().parse().ok());
        context.places = self.places_of(op);
        context.place_village =
            place_id(op).and_then(|id| self.places.get(&id)).and_then(|village| village.parse().ok());
        context
    }

    /// A fix that is mocked, or that knows its place no better than a village is wide, says nothing of the village.
    fn tells_village(&self, fix: &Fix) -> bool {
        fix.mock != Some(true) && fix.acc_m.is_none_or(|radius| radius <= self.app.config.integrity.poor_fix_m)
    }

    fn context(&self, roles: Vec<Role>, scope: Scope, event: EventTime) -> Context {
        Context {
            received_at: self.received_at,
            uploader: self.caller.user,
            roles,
            scope,
            server: self.caller.server,
            ancestors: self.ancestors.clone(),
            event,
            fix_village: None,
            place_village: None,
            places: Vec::new(),
        }
    }

    /// Whoever takes work in vouches that its author was sent there: it counts with the roles in which its author inspects elsewhere.
    fn vouched_for(&self, op: &Op, roles: Vec<Role>) -> (Vec<Role>, Scope) {
        if !roles.is_empty() {
            return (roles, Scope::Inside);
        }
        let grants = self.authors.get(&op.head.author).into_iter().flat_map(|loaded| &loaded.now);
        let field = grants.map(|grant| grant.role).filter(|role| FIELD_ROLES.contains(role));
        let field: BTreeSet<Role> = field.collect();
        (if field.is_empty() { vec![Role::R1] } else { field.into_iter().collect() }, Scope::Inside)
    }

    /// Whether it came in a rescue file, by somebody who may bring one of this village.
    fn is_carried(&self, village: &str) -> bool {
        self.rescued.is_some() && self.caller.may(Action::ImportRescue, Some(village))
    }

    fn rights(&self, op: &Op) -> (Vec<Role>, Scope) {
        if self.caller.server {
            return (Vec::new(), Scope::Inside);
        }
        let Some(loaded) = self.authors.get(&op.head.author) else { return (Vec::new(), Scope::Outside) };
        let village = op.head.village.as_str();
        let holds = |grant: &Grant| {
            grant.villages.covers(Some(village))
                && allows(grant.role, Action::SyncPush) != crate::auth::permissions::Reach::No
        };
        // Another author than the uploader (a shared phone) counts only with roles that the uploader has there too, or anybody could
        // borrow a supervisor's roles by writing their name.
        let uploader: BTreeSet<Role> =
            self.caller.grants.iter().filter(|grant| holds(grant)).map(|grant| grant.role).collect();
        // Whoever brings a rescue file vouches for the field work in it, as for work taken in, and for nothing that decides.
        let carried = self.is_carried(village);
        let vouched = |role: &Role| {
            op.head.author == self.caller.user || uploader.contains(role) || carried && FIELD_ROLES.contains(role)
        };
        let roles = loaded.now.iter().filter(|grant| holds(grant)).map(|grant| grant.role);
        let roles: BTreeSet<Role> = roles.filter(vouched).collect();
        if !roles.is_empty() {
            return (roles.into_iter().collect(), Scope::Inside);
        }
        if carried && loaded.now.iter().any(holds) {
            return (vec![Role::R1], Scope::Inside);
        }
        let open = |revoked_at: i64| {
            op.head.made_at.as_micros() < revoked_at && self.received_at.as_micros() < revoked_at + GRACE_DAYS * DAY_US
        };
        let lost = loaded.lost.iter().filter(|(grant, revoked_at)| holds(grant) && open(*revoked_at));
        // Work done before is evidence and is taken; what decides (approvals, listings) ended with the role.
        let roles = lost.map(|(grant, _)| grant.role).filter(|role| carried || vouched(role));
        let roles: BTreeSet<Role> =
            roles.map(|role| if FIELD_ROLES.contains(&role) { role } else { Role::R1 }).collect();
        let scope = if roles.is_empty() { Scope::Outside } else { Scope::Grace };
        (roles.into_iter().collect(), scope)
    }

    /// The places that the author acts for in the village; on somebody else's phone only those that both act for, but all of them in a rescue file.
    fn places_of(&self, op: &Op) -> Vec<RecordId> {
        let village = op.head.village.as_str();
        let open = |revoked_at: i64| {
            op.head.made_at.as_micros() < revoked_at && self.received_at.as_micros() < revoked_at + GRACE_DAYS * DAY_US
        };
        let Some(loaded) = self.authors.get(&op.head.author) else { return Vec::new() };
        let lost = loaded.lost.iter().filter(|(_, revoked_at)| open(*revoked_at)).map(|(grant, _)| grant);
        let places = |grant: &Grant| {
            let there = grant.villages.covers(Some(village));
            grant.places.iter().copied().filter(|_| there).collect::<Vec<_>>()
        };
        let named: BTreeSet<RecordId> = loaded.now.iter().chain(lost).flat_map(places).collect();
        if op.head.author == self.caller.user || self.is_carried(village) {
            return named.into_iter().collect();
        }
        let of_caller: BTreeSet<RecordId> = self.caller.grants.iter().flat_map(places).collect();
        named.intersection(&of_caller).copied().collect()
    }

    fn event(&mut self, op: &Op, fix: Option<&Fix>) -> EventTime {
        let head = &op.head;
        if self.made_here && !self.caller.server {
            return EventTime { at: self.received_at, grade: Grade::A, uncertainty_us: None, clock_suspect: false };
        }
        let graded = grade(&Captured {
            wall: head.made_at,
            mono_us: head.times.mono_us,
            boot_id: head.times.boot_id.clone(),
            gnss_at: head.times.gnss_at.or(fix.and_then(|fix| fix.gnss_at)),
            gnss_age_us: fix.and_then(|fix| fix.age_ms).and_then(|age_ms| age_ms.checked_mul(1000)),
            mock: fix.and_then(|fix| fix.mock),
            received_at: self.received_at,
            anchor: self.anchor(head),
            previous_event_at: self.last_event_at,
            ahead_us: self.clock_ahead_us,
        });
        // A time of receipt says nothing of the phone's clock: whatever it captured before would look impossible after it.
        if graded.grade != Grade::D {
            self.last_event_at = self.last_event_at.max(Some(graded.event_at));
        }
        EventTime {
            at: graded.event_at,
            grade: graded.grade,
            uncertainty_us: graded.uncertainty_us,
            clock_suspect: graded.clock_suspect,
        }
    }

    fn anchor(&self, head: &Head) -> Option<Anchor> {
        let sealed = head.times.anchor.as_deref()?;
        let payload = self.app.seals.open(Purpose::TimeAnchor, sealed).ok()?;
        let SealedAnchor { at } = serde_json::from_slice(&payload).ok()?;
        Some(Anchor {
            server_time: at,
            mono_us: head.times.anchor_mono_us?,
            boot_id: head.times.boot_id.clone()?,
            rtt_us: head.times.anchor_rtt_us.unwrap_or(0),
        })
    }

    /// Event time of the newest operation seen from this phone, in microseconds.
    pub(super) fn last_event_at(&self) -> Option<i64> {
        self.last_event_at.map(Micros::as_micros)
    }

    /// Groups of which an operation came broken in a rescue file.
    pub(super) fn broken_groups(&self) -> impl Iterator<Item = GroupId> {
        self.rescued.iter().flat_map(|rescued| rescued.broken_groups.iter().copied())
    }

    /// The life of the phone's database.
    pub(super) fn incarnation(&self) -> IncarnationId {
        self.incarnation
    }

    /// When the chunk was received.
    pub(super) fn received_at(&self) -> Micros {
        self.received_at
    }
}

#[derive(Deserialize)]
struct SealedAnchor {
    at: Micros,
}

/// A sealed statement of the server's time, for phones to keep.
pub fn seal_anchor(app: &App, at: Micros) -> Option<String> {
    let payload = serde_json::json!({ "at": at }).to_string();
    app.seals.seal(Purpose::TimeAnchor, payload.as_bytes()).ok()
}

/// A server-made operation that sets fields of a record.
pub(super) fn server_patch(app: &App, feed: FeedId, record: RecordId, set: Vec<(&str, Value)>) -> Op {
    let set = set.into_iter().map(|(name, new)| (name.to_owned(), Change { base: None, new }));
    Op {
        head: Head {
            kind: "patch".to_owned(),
            record_kind: None,
            village: feed,
            record,
            base_rev: 0,
            made_at: app.now(),
            hlc: String::new(),
            author: app.installation.user,
            authored_scope: 0,
            times: sync_protocol::op::CapturedTimes::default(),
        },
        body: Body::Patch(set.collect()),
    }
}
