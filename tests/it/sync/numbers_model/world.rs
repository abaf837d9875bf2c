//! The people, villages and enterprises of the random histories, and how what they say reaches the server: at the console or, days later,
//! from a phone. What a newcomer gets wrong: each history has a subdistrict of its own, so many fit into one database.

use super::hazards::{Hazards, merge_some};
use super::spots::{Spots, spot_check};
use super::{Choice, Said, What, Where, compare};
use anyhow::{Context as _, Result};
use paicha::usecases::caller::Caller;
use paicha::usecases::judge_integrity::{Judge, judge_changes};
use paicha::usecases::load_grants::load_grants;
use paicha::usecases::load_village_map::load_village_map;
use paicha::usecases::manage_users::{Manager, grant_role, grant_role_for};
use paicha::usecases::push_operations::{IncomingOp, PushBatch, push_operations};
use paicha_db::feeds::put_feed;
use paicha_tests::app::TestApp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::digest::sha256;
use sync_protocol::ids::{DeviceId, UserId};
use sync_protocol::op::Op;
use sync_protocol::role::Role;
use sync_protocol::time::{DAY_US, Micros, Month};
use sync_protocol::uscc::Uscc;
use uuid::Uuid;

/// Subdistricts that live through a history of their own at the same time.
pub(super) const HISTORIES: usize = 5;
/// Villages of each.
pub(super) const VILLAGES: usize = 3;
/// Sites of enterprises in each village.
const SITES: usize = 2;
const TICKS: i64 = 34;
/// Ticks between two comparisons, so that what was said later must not show in what was asked before.
const TICKS_BETWEEN: i64 = 17;

/// The code of a history's subdistrict.
pub(super) fn subdistrict(history: usize) -> String {
    format!("900000{:03}000", 100 + history)
}

/// The code of a village; villages are numbered across the histories.
pub(super) fn village_code(village: usize) -> String {
    format!("900000{:03}{:03}", 100 + village / VILLAGES, 1 + village % VILLAGES)
}

/// A small generator, so that a seed tells the same history every time.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// What waits to be handed in: by whom, on which phone (`None` for the console).
struct Queued {
    who: &'static str,
    phone: Option<Uuid>,
    id: Uuid,
    op: Op,
}

/// People by name, and what each says at one instant, in order.
pub(super) struct World<'a> {
    pub(super) app: &'a TestApp,
    pub(super) people: BTreeMap<&'static str, Caller>,
    devices: BTreeMap<&'static str, DeviceId>,
    pub(super) said: Vec<Said>,
    pub(super) chance: Chance,
    pub(super) sites: Vec<Vec<Uuid>>,
    queue: Vec<Queued>,
    phone: Option<(Uuid, Micros)>,
    ids: u128,
}

impl World<'_> {
    pub(super) fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.ids)
    }

    pub(super) fn now(&self) -> Micros {
        self.app.app.now()
    }

    /// When what is said now was made: now, or on a phone that was offline since then.
    pub(super) fn made_at(&self) -> Micros {
        self.phone.map_or(self.now(), |(_, at)| at)
    }

    /// From now on people speak through a phone that has been offline for some days.
    pub(super) fn take_phone(&mut self) {
        let at = self.some_time_ago();
        self.take_phone_at(at);
    }

    pub(super) fn take_phone_at(&mut self, offline_since: Micros) {
        self.phone = Some((self.id(), offline_since));
    }

    pub(super) fn put_phone_away(&mut self) {
        self.phone = None;
    }

    /// Some days ago; often at an instant that decides about a month.
    pub(super) fn some_time_ago(&mut self) -> Micros {
        let now = self.now();
        let day = now.local_date();
        let month = Month::new(day.year(), day.month()).map_or(now, Month::first_instant);
        match self.chance.below(6) {
            0 if month < now => month,
            1 if month < now => month.saturating_add(-1),
            _ => now.saturating_add(-DAY_US * i64::try_from(1 + self.chance.below(25)).unwrap_or(1)),
        }
    }

    pub(super) fn note(&mut self, about: Uuid, at: Micros, what: What) {
        self.said.push(Said { at, about, what });
    }

    /// Somebody who has seen everything says something about a record in a village's feed; the id of the operation.
    pub(super) fn say(
        &mut self,
        who: &'static str,
        feed: usize,
        record: Uuid,
        kind: &str,
        body: Value,
    ) -> Result<Uuid> {
        self.say_having_seen(1_000_000, who, (feed, record), kind, body)
    }

    pub(super) fn say_having_seen(
        &mut self,
        base_rev: i64,
        who: &'static str,
        (feed, record): (usize, Uuid),
        kind: &str,
        body: Value,
    ) -> Result<Uuid> {
        let id = self.id();
        let mut op = json!({ "village": village_code(feed), "record": record, "base_rev": base_rev, "type": kind,
            "made_at": self.made_at(), "hlc": format!("{:012}", self.ids), "author": self.people[who].user });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let op = Op::parse(op.to_string().as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
        self.queue.push(Queued { who, phone: self.phone.map(|(phone, _)| phone), id, op });
        Ok(id)
    }

    pub(super) fn agree(&mut self, who: &'static str, feed: usize, record: (Uuid, &str), op: Uuid) -> Result<()> {
        let body = json!({ "kind": "resolve", "target": op, "verdict": "approve", "reason": "同意" });
        self.say(who, feed, record.0, record.1, body).map(drop)
    }

    /// Hands in what was said, in its order, each run of one person and phone as a batch.
    pub(super) async fn hand_in(&mut self) -> Result<()> {
        let queue = std::mem::take(&mut self.queue);
        for run in queue.chunk_by(|one, other| (one.who, one.phone) == (other.who, other.phone)) {
            let caller = &self.people[run[0].who];
            for some in run.chunks(400) {
                let batch = match run[0].phone {
                    None => PushBatch::of_console(
                        &self.app.app,
                        caller.user,
                        some.iter().map(|one| (one.id, one.op.clone())).collect(),
                    ),
                    Some(phone) => of_phone(self.devices[run[0].who], phone, some),
                };
                let asker = Caller { device: Some(batch.device), ..caller.clone() };
                let pushed = push_operations(self.app.app.clone(), asker, batch).await?;
                assert!(pushed.stopped.is_none(), "{pushed:?}");
            }
        }
        Ok(())
    }

    /// A place that a record may name: a registered site, or a fix, or nothing; and the feed of whoever writes.
    pub(super) fn some_where(&mut self, history: usize) -> Where {
        let feed = history * VILLAGES + self.chance.below(VILLAGES);
        let site = (self.chance.below(4) > 0).then(|| self.some_site(history));
        let located = self.chance.once_in(2).then(|| history * VILLAGES + self.chance.below(VILLAGES));
        Where { site, located, feed }
    }

    pub(super) fn some_site(&mut self, history: usize) -> Uuid {
        let of = self.chance.below(self.sites[history].len());
        self.sites[history][of]
    }

    /// The fields that say so.
    pub(super) fn fields_of(&mut self, place: &Where) -> Value {
        let mut fields = json!({});
        if let Some(site) = place.site {
            fields["place"] = json!(site);
        }
        if let Some(village) = place.located {
            // Never the same spot twice: that is what a fake position looks like.
            let aside = f64::from(u32::try_from(self.ids % 100_000).unwrap_or(0)) * 1e-7;
            let (lat, lon) = corner(village);
            fields["fix"] = json!({ "lat": lat + 0.005 + aside, "lon": lon + 0.005, "crs": "wgs84", "acc_m": 10.0 });
        }
        fields
    }

    /// Sites get a code, and with an equal one become one enterprise; or the office corrects it and they are two again.
    fn identify(&mut self, history: usize) -> Result<()> {
        let (site, other) = (self.some_site(history), self.chance.below(3));
        let code = uscc(u64::try_from(history * 10 + other)?);
        let feed = self.registered_in(site);
        self.say("office", feed, site, "place", json!({ "kind": "patch", "set": { "uscc": { "new": code } } }))?;
        self.note(site, self.now(), What::Identified { code });
        Ok(())
    }

    fn registered_in(&self, site: Uuid) -> usize {
        let village = |said: &Said| match said.what {
            What::Registered { village } if said.about == site => Some(village),
            _ => None,
        };
        self.said.iter().find_map(village).unwrap_or_default()
    }
}

/// What a phone hands in; every time a new life of its database, since its clock may not run backwards.
fn of_phone(device: DeviceId, phone: Uuid, some: &[Queued]) -> PushBatch {
    let ops = some.iter().zip(1..).map(|(one, seq)| {
        let bytes = one.op.freeze();
        let (id, digest, op) = (one.id.into(), sha256(&bytes), Ok(one.op.clone()));
        IncomingOp { seq, id, group: None, digest_fits: true, digest, bytes, op }
    });
    PushBatch {
        device,
        incarnation: phone.into(),
        parent: None,
        app_version: "1".to_owned(),
        clock: None,
        pending_total: 0,
        made_here: false,
        rescued: None,
        admitted: BTreeMap::new(),
        ops: ops.collect(),
        cut_off: false,
    }
}

/// A valid 统一社会信用代码 of an invented enterprise.
fn uscc(number: u64) -> String {
    let body = format!("91900000MA{number:07}");
    let mut checks = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|check| format!("{body}{check}"));
    checks.find(|code| Uscc::parse(code).is_ok()).unwrap_or_default()
}

/// South-west corner of a village, which is a square.
fn corner(village: usize) -> (f64, f64) {
    let degrees = |number: usize| f64::from(u32::try_from(number).unwrap_or(0)) * 0.02;
    (31.0 + degrees(village / VILLAGES), 108.0 + degrees(village % VILLAGES))
}

async fn caller(app: &TestApp, user: UserId) -> Result<Caller> {
    let mut tx = app.app.database.begin_read().await?;
    let grants = load_grants(&mut tx, user).await?.now;
    tx.rollback().await?;
    Ok(Caller { user, device: None, grants, scope_version: 1, server: false })
}

async fn put_villages(app: &TestApp) -> Result<()> {
    let mut tx = app.app.database.begin_write().await?;
    for history in 0..HISTORIES {
        put_feed(&mut tx, &subdistrict(history), &format!("演示街道{history}"), None, None).await?;
        for village in history * VILLAGES..(history + 1) * VILLAGES {
            let (south, west) = corner(village);
            let (north, east) = (south + 0.02, west + 0.02);
            let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
            let boundary = json!({ "type": "Polygon", "coordinates": [ring] }).to_string();
            let (code, name) = (village_code(village), format!("演示{village}村"));
            put_feed(&mut tx, &code, &name, Some(&subdistrict(history)), Some(&boundary)).await?;
        }
    }
    tx.commit().await?;
    app.app.replace_village_map(load_village_map(&app.app.database).await?);
    Ok(())
}

async fn begin<'a>(app: &'a TestApp, seed: u64) -> Result<World<'a>> {
    put_villages(app).await?;
    let all = [
        ("inspector", Role::R1),
        ("colleague", Role::R1),
        ("office", Role::R3),
        ("leader", Role::R4),
        ("county", Role::R6),
    ];
    let mut people = BTreeMap::new();
    for (name, role) in all {
        let user = app.person(name).await?;
        grant_role(&app.app, Manager::CommandLine, user, role, "*").await?;
        people.insert(name, caller(app, user).await?);
    }
    // Only the inspector and the enterprises have a phone.
    let firm = app.person("firm").await?;
    grant_role(&app.app, Manager::CommandLine, firm, Role::R7, "*").await?;
    let mut devices = BTreeMap::new();
    for name in ["inspector", "firm"] {
        devices.insert(name, app.sign_in(name, None).await?.device);
    }
    let (said, queue, sites, phone) = (Vec::new(), Vec::new(), Vec::new(), None);
    let mut world = World {
        app,
        people,
        devices,
        said,
        chance: Chance(seed + 1),
        sites,
        queue,
        phone,
        ids: u128::from(seed) << 40,
    };
    for history in 0..HISTORIES {
        let mut sites = Vec::new();
        for village in (0..VILLAGES * SITES).map(|number| history * VILLAGES + number % VILLAGES) {
            let site = world.id();
            let kind = ["enterprise", "self_employed", "unit"][world.chance.below(3)];
            let fields = json!({ "name": "演示厂", "place_type": kind });
            world.say("inspector", village, site, "place", json!({ "kind": "create", "fields": fields }))?;
            world.note(site, world.now(), What::Registered { village });
            sites.push(site);
        }
        world.sites.push(sites);
    }
    world.hand_in().await?;
    // One account acts for all of them.
    let sites: Vec<Uuid> = world.sites.iter().flatten().copied().collect();
    grant_role_for(&app.app, Manager::CommandLine, firm, (Role::R7, "*"), Some(&sites)).await?;
    world.people.insert("firm", caller(app, firm).await?);
    Ok(world)
}

/// Instants five days apart, and those at which months begin, to the microsecond.
fn instants(start: Micros) -> Result<Vec<Micros>> {
    let mut all: Vec<Micros> = (1..=TICKS).map(|tick| start.saturating_add(tick * 5 * DAY_US)).collect();
    for month in 4..=8 {
        let first = Month::new(2023, month)?.first_instant();
        all.extend([first.saturating_add(-1), first]);
    }
    all.sort_unstable();
    Ok(all)
}

/// Lives through the histories of one seed, comparing now and then and at the end; what was said.
pub(super) async fn live_through(app: &TestApp, seed: u64, choice: Choice) -> Result<Vec<Said>> {
    let start: Micros = "2023-03-01T08:00:00+08:00".parse()?;
    app.clock.set(start.as_micros());
    app.user("reader", Role::R3, &["*"]).await?;
    let mut world = begin(app, seed).await?;
    let (mut hazards, mut spots) = (Hazards::new(&mut world), Spots::default());
    let mut judge = Judge::default();
    for (tick, at) in (1..).zip(instants(start)?) {
        app.clock.set(at.as_micros());
        hazards.step(&mut world)?;
        for history in 0..HISTORIES {
            if world.chance.once_in(2) {
                spot_check(&mut world, &mut spots, history)?;
            }
            if world.chance.once_in(12) {
                world.identify(history)?;
            }
        }
        spots.correct(&mut world)?;
        world.hand_in().await?;
        merge_some(&mut world, &mut hazards).await?;
        world.hand_in().await?;
        if tick % TICKS_BETWEEN == 0 {
            judge_all(app, &mut judge).await?;
            hazards.clear_flags(&mut world).await?;
            world.hand_in().await?;
            compare(app, &world.said, seed, choice).await?;
        }
    }
    judge_all(app, &mut judge).await?;
    compare(app, &world.said, seed, choice).await?;
    Ok(world.said)
}

async fn judge_all(app: &TestApp, judge: &mut Judge) -> Result<()> {
    while judge_changes(&app.app, judge).await? {}
    while judge_changes(&app.app, judge).await? {}
    Ok(())
}
