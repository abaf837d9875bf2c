//! The fourteen numbers against a model of a few dozen plain lines: random histories of hazards and spot checks go through the real push, and the
//! model counts them from what was said, in the order in which it was said. What a newcomer gets wrong: the model knows nothing of registers,
//! slots or projections; when both differ, read the history, not the model.

use anyhow::{Context as _, Result};
use paicha::usecases::caller::Caller;
use paicha::usecases::load_grants::load_grants;
use paicha::usecases::push_operations::{PushBatch, push_operations};
use paicha_tests::app::{SUBDISTRICT, SignedIn, TestApp, both_servers};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use sync_protocol::op::Op;
use sync_protocol::role::Role;
use sync_protocol::time::{DAY_US, Micros, Month};
use uuid::Uuid;

const VILLAGES: usize = 12;
const HAZARDS: usize = 8;
/// How many histories of all villages are lived through on each engine, where [`SEEDS_VARIABLE`] does not say.
const SEEDS: u64 = 1;
/// For a long run on demand, say `PAICHA_TEST_SEEDS=100`.
const SEEDS_VARIABLE: &str = "PAICHA_TEST_SEEDS";
const TICKS: i64 = 36;
const ATOMS: [(&str, &[&str]); 7] = [
    ("2.2", &["k2"]),
    ("2.3", &["k3"]),
    ("2.4", &["k4"]),
    ("2.5", &["k5a", "k5b"]),
    ("2.6", &["k6a", "k6b"]),
    ("2.7", &["k7a", "k7a2", "k7b", "k7c", "k7d"]),
    ("2.8", &["k8a", "k8b"]),
];

/// What somebody said: when, in which village, about what, and what became of it.
#[derive(Debug, Clone)]
struct Said {
    at: Micros,
    village: usize,
    about: Uuid,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Found { own: bool, major: bool },
    Level { major: bool },
    Accepted,
    Reopened,
    Listed,
    Voided,
    Checked { enterprise: Uuid, wrong: BTreeSet<&'static str> },
}

/// The fourteen numbers of a village, or of all, before an instant.
fn count(said: &[Said], village: Option<usize>, cutoff: Micros) -> BTreeMap<String, i64> {
    let here: Vec<&Said> =
        said.iter().filter(|one| one.at < cutoff && village.is_none_or(|village| village == one.village)).collect();
    let (mut own, mut major, mut fixed, mut listed, mut void) =
        (BTreeMap::new(), BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut checks: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
    for one in here {
        match &one.what {
            What::Found { own: by_itself, major: is } => {
                own.insert(one.about, *by_itself);
                major.insert(one.about, *is);
            }
            What::Level { major: is } => drop(major.insert(one.about, *is)),
            What::Accepted => drop(fixed.insert(one.about)),
            What::Reopened => drop(fixed.remove(&one.about)),
            What::Listed => drop(listed.insert(one.about)),
            What::Voided => drop(void.insert(one.about)),
            What::Checked { enterprise, wrong } => {
                checks.entry("2.1").or_default().insert(*enterprise);
                for (line, atoms) in ATOMS {
                    if atoms.iter().any(|atom| wrong.contains(atom)) {
                        checks.entry(line).or_default().insert(*enterprise);
                    }
                }
            }
        }
    }
    let counted: Vec<Uuid> = own.keys().filter(|id| major[*id] && !void.contains(*id)).copied().collect();
    let number =
        |of: &dyn Fn(&Uuid) -> bool| i64::try_from(counted.iter().filter(|id| of(id)).count()).unwrap_or(i64::MAX);
    let mut numbers: BTreeMap<String, i64> = [
        ("1.1", number(&|id| own[id])),
        ("1.2", number(&|id| own[id] && fixed.contains(id))),
        ("1.3", number(&|id| !own[id])),
        ("1.4", number(&|id| !own[id] && fixed.contains(id))),
        ("1.5", number(&|id| listed.contains(id))),
        ("1.6", number(&|id| listed.contains(id) && fixed.contains(id))),
    ]
    .map(|(code, number)| (code.to_owned(), number))
    .into();
    for line in std::iter::once("2.1").chain(ATOMS.map(|(line, _)| line)) {
        let enterprises = checks.get(line).map_or(0, BTreeSet::len);
        numbers.insert(line.to_owned(), i64::try_from(enterprises).unwrap_or(i64::MAX));
    }
    numbers
}

/// A small generator, so that a seed tells the same history every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Open(&'static str),
    Accepted,
    Void,
}

/// People by name, and what each says at one instant, in order.
struct World<'a> {
    app: &'a TestApp,
    people: BTreeMap<&'static str, Caller>,
    queue: Vec<(&'static str, Uuid, Op)>,
    said: Vec<Said>,
    chance: Chance,
    ids: u128,
}

impl World<'_> {
    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.ids)
    }

    fn say(&mut self, who: &'static str, village: usize, record: Uuid, kind: &str, body: Value) -> Result<Uuid> {
        let id = self.id();
        let mut op = json!({ "village": village_code(village), "record": record, "base_rev": 1_000_000, "type": kind,
            "made_at": self.app.app.now(), "hlc": format!("{:012}", self.ids), "author": self.people[who].user });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let op = Op::parse(op.to_string().as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
        self.queue.push((who, id, op));
        Ok(id)
    }

    /// Hands in what was said, in its order, each run of one person as a batch.
    async fn hand_in(&mut self) -> Result<()> {
        let queue = std::mem::take(&mut self.queue);
        for run in queue.chunk_by(|one, other| one.0 == other.0) {
            let caller = &self.people[run[0].0];
            for some in run.chunks(400) {
                let ops = some.iter().map(|(_, id, op)| (*id, op.clone())).collect();
                let batch = PushBatch::of_console(&self.app.app, caller.user, ops);
                let asker = Caller { device: Some(batch.device), ..caller.clone() };
                let pushed = push_operations(self.app.app.clone(), asker, batch).await?;
                assert!(pushed.stopped.is_none(), "{pushed:?}");
            }
        }
        Ok(())
    }
}

fn village_code(number: usize) -> String {
    format!("{}{:03}", &SUBDISTRICT[..9], 100 + number)
}

async fn caller(app: &TestApp, who: &SignedIn) -> Result<Caller> {
    let mut tx = app.app.database.begin_read().await?;
    let grants = load_grants(&mut tx, who.user).await?.now;
    tx.rollback().await?;
    Ok(Caller { user: who.user, device: None, grants, scope_version: 1, server: false })
}

/// What happens to one hazard at one instant. Everybody has seen everything, so each step counts at once.
fn step(world: &mut World<'_>, village: usize, hazard: Uuid, state: &mut State, major: &mut bool) -> Result<()> {
    let go = |from: &str, to: &str, evidence: Value| json!({ "kind": "transition", "from": from, "to": to, "reason": "现场核实", "evidence": evidence });
    let agree = |op: Uuid| json!({ "kind": "resolve", "target": op, "verdict": "approve", "reason": "同意" });
    let level = |code: &str| json!({ "kind": "patch", "set": { "level": { "new": code } } });
    let at = world.app.app.now();
    let note = |world: &mut World<'_>, what| world.said.push(Said { at, village, about: hazard, what });
    match (*state, world.chance.below(14)) {
        (State::Unknown, 0..=4) => {
            let own = world.chance.below(2) == 0;
            *major = world.chance.below(3) > 0;
            let code = if *major { "major_direct" } else { ["general", "suspected"][world.chance.below(2)] };
            let origin = if own { "self_week" } else { "village" };
            let fields = json!({ "level": code, "origin": origin, "description": "配电箱门敞开" });
            world.say("inspector", village, hazard, "hazard", json!({ "kind": "create", "fields": fields }))?;
            *state = State::Open("reg");
            note(world, What::Found { own, major: *major });
        }
        (State::Open(_) | State::Accepted, 0) if !*major => {
            *major = true;
            world.say("inspector", village, hazard, "hazard", level("major_direct"))?;
            note(world, What::Level { major: true });
        }
        (State::Open(_), 1) if *major => {
            *major = false;
            let op = world.say("office", village, hazard, "hazard", level("general"))?;
            world.say("leader", village, hazard, "hazard", agree(op))?;
            note(world, What::Level { major: false });
        }
        (State::Open(from), 2..=4) => {
            world.say("colleague", village, hazard, "hazard", go(from, "verify", json!({})))?;
            let document = json!({ "closure": "removed", "document": "拆除公告1号" });
            let op = world.say("inspector", village, hazard, "hazard", go("verify", "accepted", document))?;
            world.say("office", village, hazard, "hazard", agree(op))?;
            *state = State::Accepted;
            note(world, What::Accepted);
        }
        (State::Accepted, 5 | 6) => {
            world.say("colleague", village, hazard, "hazard", go("accepted", "fixing", json!({})))?;
            *state = State::Open("fixing");
            note(world, What::Reopened);
        }
        (State::Open(_) | State::Accepted, 7) => {
            let listing = json!({ "doc_no": "1号", "deadline": "2023-12-01", "issuer": "街道" });
            let set = json!({ "kind": "patch", "set": { "listed.town": { "new": listing } } });
            world.say("leader", village, hazard, "hazard", set)?;
            note(world, What::Listed);
        }
        (State::Open(from), 8) => {
            let op = world.say("inspector", village, hazard, "hazard", go(from, "void", json!({})))?;
            world.say("office", village, hazard, "hazard", agree(op))?;
            world.say("leader", village, hazard, "hazard", agree(op))?;
            *state = State::Void;
            note(world, What::Voided);
        }
        _ => {}
    }
    Ok(())
}

fn spot_check(world: &mut World<'_>, village: usize, places: &[Uuid]) -> Result<()> {
    let at = world.app.app.now();
    let enterprise = places[world.chance.below(places.len())];
    let mut fields = json!({ "kind": "spot", "place": enterprise, "started_at": at, "ended_at": at });
    let mut wrong = BTreeSet::new();
    for atom in ATOMS.iter().flat_map(|(_, atoms)| *atoms) {
        let value = ["Y", "Y", "Y", "Y", "NA", "U", "N"][world.chance.below(7)];
        fields[format!("finding.{atom}")] = value.into();
        if value == "N" {
            wrong.insert(*atom);
        }
    }
    let inspection = world.id();
    world.say("inspector", village, inspection, "inspection", json!({ "kind": "create", "fields": fields }))?;
    world.say("inspector", village, inspection, "inspection", json!({ "kind": "submit" }))?;
    world.said.push(Said { at, village, about: inspection, what: What::Checked { enterprise, wrong } });
    Ok(())
}

async fn live_through(app: &TestApp, seed: u64) -> Result<()> {
    let start: Micros = "2023-03-01T08:00:00+08:00".parse()?;
    app.clock.set(start.as_micros());
    let mut people = BTreeMap::new();
    let all = [("inspector", Role::R1), ("colleague", Role::R1), ("office", Role::R3), ("leader", Role::R4)];
    for village in 0..VILLAGES {
        app.village(&village_code(village), &format!("演示{village}村")).await?;
    }
    for (name, role) in all {
        let who = app.user(&format!("{name}{seed}"), role, &["*"]).await?;
        people.insert(name, caller(app, &who).await?);
    }
    let ids = u128::from(seed) << 40;
    let mut world = World { app, people, queue: Vec::new(), said: Vec::new(), chance: Chance(seed + 1), ids };
    let mut places = Vec::new();
    for village in 0..VILLAGES {
        let mut own = Vec::new();
        for number in 0..3 {
            let place = world.id();
            let fields = json!({ "name": format!("演示厂{number}"), "place_type": "enterprise" });
            world.say("inspector", village, place, "place", json!({ "kind": "create", "fields": fields }))?;
            own.push(place);
        }
        places.push(own);
    }
    let mut hazards: Vec<(usize, Uuid, State, bool)> = Vec::new();
    for village in 0..VILLAGES {
        for _ in 0..HAZARDS {
            let id = world.id();
            hazards.push((village, id, State::Unknown, false));
        }
    }
    for tick in 0..TICKS {
        app.clock.set(start.saturating_add(tick * 5 * DAY_US).as_micros());
        for (village, id, state, major) in &mut hazards {
            step(&mut world, *village, *id, state, major)?;
        }
        for (village, place) in places.iter().enumerate() {
            if world.chance.below(4) == 0 {
                spot_check(&mut world, village, place)?;
            }
        }
        world.hand_in().await?;
    }
    compare(app, &world.said, seed).await
}

async fn compare(app: &TestApp, said: &[Said], seed: u64) -> Result<()> {
    let reader = app.user(&format!("reader{seed}"), Role::R3, &["*"]).await?;
    let mut compared = 0;
    for month in 3..=10 {
        let month = Month::new(2023, month)?;
        let path = format!("/v1/forms/appendix2?village={SUBDISTRICT}&month={month}&format=json");
        let forms = app.get(Some(&reader), &path).await?.ok()?;
        let cutoff = month.first_instant();
        assert_eq!(forms["form"]["numbers"], json!(count(said, None, cutoff)), "seed {seed}, {month}, all villages");
        for form in forms["villages"].as_array().context("villages")? {
            let number = (0..VILLAGES).find(|number| form["area"] == village_code(*number));
            let Some(number) = number else { continue };
            assert_eq!(
                form["numbers"],
                json!(count(said, Some(number), cutoff)),
                "seed {seed}, {month}, village {number}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 8 * VILLAGES);
    let last = count(said, None, Month::new(2023, 10)?.first_instant());
    assert!(
        last.values().all(|number| *number > 0),
        "a history in which something never happens tests nothing: {last:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_model_of_plain_lines_counts_the_same() {
    let seeds = std::env::var(SEEDS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    for seed in 0..seeds {
        both_servers(|app| async move { live_through(&app, seed).await }).await;
    }
}
