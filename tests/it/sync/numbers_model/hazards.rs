//! What happens to the hazards of the random histories, step by step, as a person would do it who has seen everything so far.

use super::world::{HISTORIES, World};
use super::{What, Where};
use anyhow::Result;
use paicha::usecases::act_error::ActError;
use paicha::usecases::act_on_hazard::{Act, ActRequest, act_on_hazard};
use serde_json::{Value, json};
use sync_protocol::schema::LEVELS;
use sync_protocol::time::{DAY_US, Micros};
use uuid::Uuid;

/// Hazards of each history.
const HAZARDS: usize = 10;
/// Place of 直接判定的重大 among the levels.
const MAJOR: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Open(&'static str),
    Accepted,
    Closed,
    Gone,
}

struct Life {
    history: usize,
    id: Uuid,
    state: State,
    level: usize,
    /// Whether anybody said anything about the level since it was found.
    judged: bool,
    listed: bool,
    place: Where,
    by_itself: bool,
    trusted: bool,
    made: Micros,
}

pub(super) struct Hazards(Vec<Life>);

fn go(from: &str, to: &str, evidence: Value) -> Value {
    json!({ "kind": "transition", "from": from, "to": to, "reason": "现场核实", "evidence": evidence })
}

fn set(field: &str, value: impl Into<Value>) -> Value {
    json!({ "kind": "patch", "set": { field: { "new": value.into() } } })
}

impl Hazards {
    pub(super) fn new(world: &mut World<'_>) -> Self {
        let nowhere = || Where { site: None, located: None, feed: 0 };
        let life = |history| Life {
            history,
            id: world.id(),
            state: State::Unknown,
            level: 0,
            judged: false,
            listed: false,
            place: nowhere(),
            by_itself: false,
            trusted: false,
            made: Micros::MIN,
        };
        Self((0..HISTORIES * HAZARDS).map(|number| number / HAZARDS).map(life).collect())
    }

    pub(super) fn step(&mut self, world: &mut World<'_>) -> Result<()> {
        self.0.iter_mut().try_for_each(|life| life.step(world))
    }

    /// The office clears some of what the rules found against 企业自查.
    pub(super) async fn clear_flags(&self, world: &mut World<'_>) -> Result<()> {
        for life in self.0.iter().filter(|life| life.by_itself && life.state != State::Unknown) {
            if world.chance.once_in(8) {
                world.say("office", life.place.feed, life.id, "hazard", set("cleared.R-23", "核实为企业先发现"))?;
                world.note(life.id, world.now(), What::Cleared);
            }
        }
        Ok(())
    }
}

impl Life {
    fn is_major(&self) -> bool {
        self.level >= MAJOR
    }

    fn say(&self, world: &mut World<'_>, who: &'static str, body: Value) -> Result<Uuid> {
        world.say(who, self.place.feed, self.id, "hazard", body)
    }

    fn agree(&self, world: &mut World<'_>, who: &'static str, op: Uuid) -> Result<()> {
        world.agree(who, self.place.feed, (self.id, "hazard"), op)
    }

    fn note(&self, world: &mut World<'_>, what: What) {
        world.note(self.id, world.now(), what);
    }

    fn step(&mut self, world: &mut World<'_>) -> Result<()> {
        match (self.state, world.chance.below(20)) {
            (State::Unknown, 0..=4) => self.find(world)?,
            (State::Open(_) | State::Accepted | State::Closed, 0) if !self.is_major() => self.raise(world)?,
            (State::Open(_), 1) if self.is_major() => {
                let op = self.say(world, "office", set("level", "general"))?;
                // A request changes nothing; the leader agrees, or does not.
                if world.chance.once_in(2) {
                    self.agree(world, "leader", op)?;
                    self.level = 0;
                    self.judged = true;
                    self.note(world, What::Level { major: false });
                }
            }
            (State::Open(from), 2..=5) => self.repair(world, from)?,
            (State::Accepted, 5) => self.close(world)?,
            (State::Accepted, 6) => self.reopen(world, "accepted")?,
            (State::Closed, 5..=7) => self.reopen(world, "closed")?,
            (State::Open(_) | State::Accepted, 8) => self.list(world)?,
            (State::Accepted, 9) if self.listed => {
                self.say(world, "leader", set("delisted.town", json!({ "doc_no": "摘牌1号" })))?;
                self.say(world, "county", set("delisted.county", json!({ "doc_no": "摘牌2号" })))?;
            }
            (State::Open(from), 10) => {
                let op = self.say(world, "inspector", go(from, "void", json!({})))?;
                self.agree(world, "office", op)?;
                if world.chance.once_in(2) {
                    self.agree(world, "leader", op)?;
                    self.state = State::Gone;
                    self.note(world, What::Voided);
                } else {
                    // Refused, so that nobody agrees to it later.
                    let no = json!({ "kind": "resolve", "target": op, "verdict": "refuse", "reason": "材料不足" });
                    self.say(world, "leader", no)?;
                    if !self.is_major() && self.level == 0 {
                        self.state = State::Gone;
                        self.note(world, What::Voided);
                    }
                }
            }
            (State::Open(_) | State::Accepted | State::Closed, 11) => {
                let site = world.some_site(self.history);
                self.place.site = Some(site);
                self.say(world, "office", set("place", json!(site)))?;
                self.note(world, What::Moved { site });
            }
            (State::Open(_) | State::Accepted, 12) if self.by_itself && world.chance.once_in(2) => {
                // Somebody else of another phone says that others found it: that wins.
                self.by_itself = false;
                self.say(world, "colleague", set("origin", "dept"))?;
                self.note(world, What::FoundByOthers);
            }
            _ => {}
        }
        Ok(())
    }

    fn find(&mut self, world: &mut World<'_>) -> Result<()> {
        let offline = world.chance.once_in(3);
        if offline {
            world.take_phone();
        }
        self.trusted = !offline;
        self.made = world.made_at();
        self.place = world.some_where(self.history);
        self.by_itself = world.chance.once_in(2);
        self.level = [0, 1, 2, 2, 3][world.chance.below(5)];
        let own = ["self_week", "self_expert", "self_staff"][world.chance.below(3)];
        let other = ["village", "tip_public", "expert", "street"][world.chance.below(4)];
        let criterion = world.chance.below(2);
        let mut fields = world.fields_of(&self.place);
        fields["level"] = json!(LEVELS[self.level]);
        fields["origin"] = json!(if self.by_itself { own } else { other });
        fields["description"] = json!("配电箱门敞开");
        fields["criterion_ids"] = json!([format!("演示-{criterion}")]);
        let claimed = world.chance.once_in(3).then(|| world.some_time_ago());
        if let Some(claimed) = claimed {
            fields["found_at"] = json!(claimed);
        }
        // At its own place an enterprise says for itself that it found something; elsewhere others say so for it.
        let who = if self.by_itself && self.place.site.is_some() { "firm" } else { "inspector" };
        let op = self.say(world, who, json!({ "kind": "create", "fields": fields }))?;
        world.put_phone_away();
        self.state = State::Open("reg");
        let said_for_it = self.by_itself && who == "inspector";
        self.by_itself &= !said_for_it;
        let (place, by_itself, trusted, major) = (self.place.clone(), self.by_itself, self.trusted, self.is_major());
        let found = claimed.map_or(self.made, |claimed| claimed.min(self.made));
        let what = What::Found { place, by_itself, trusted, major, criterion, received: world.now() };
        world.note(self.id, found, what);
        if said_for_it && world.chance.once_in(2) {
            self.agree(world, "office", op)?;
            self.agree(world, "leader", op)?;
            self.by_itself = true;
            self.note(world, What::FoundByItself);
        }
        Ok(())
    }

    /// 疑似 or 一般 becomes 重大; now, or days ago on a phone that knew only how the hazard was found.
    fn raise(&mut self, world: &mut World<'_>) -> Result<()> {
        let level = MAJOR + world.chance.below(2);
        let since = world.some_time_ago();
        let offline = !self.judged && since > self.made && world.chance.once_in(2);
        if offline {
            world.take_phone_at(since);
        }
        let at = world.made_at();
        let place = (self.place.feed, self.id);
        let seen = if offline { 1 } else { 1_000_000 };
        world.say_having_seen(seen, "inspector", place, "hazard", set("level", LEVELS[level]))?;
        world.put_phone_away();
        (self.level, self.judged) = (level, true);
        world.note(self.id, at, What::Level { major: true });
        Ok(())
    }

    fn repair(&mut self, world: &mut World<'_>, from: &'static str) -> Result<()> {
        if from != "verify" {
            self.say(world, "colleague", go(from, "verify", json!({})))?;
        }
        let document = json!({ "closure": "removed", "document": "拆除公告1号" });
        let op = self.say(world, "inspector", go("verify", "accepted", document))?;
        // One word alone completes nothing on a 重大 (rule 12).
        if self.is_major() && world.chance.once_in(3) {
            self.state = State::Open("verify");
            return Ok(());
        }
        self.agree(world, "office", op)?;
        self.state = State::Accepted;
        self.note(world, What::Accepted);
        Ok(())
    }

    fn close(&mut self, world: &mut World<'_>) -> Result<()> {
        if self.listed {
            return Ok(());
        }
        self.say(world, "inspector", set("analogies", "已排查同类设备"))?;
        let op = self.say(world, "office", go("accepted", "closed", json!({})))?;
        self.agree(world, "leader", op)?;
        self.state = State::Closed;
        self.note(world, What::Closed);
        Ok(())
    }

    fn reopen(&mut self, world: &mut World<'_>, from: &'static str) -> Result<()> {
        self.say(world, "colleague", go(from, "fixing", json!({})))?;
        self.state = State::Open("fixing");
        self.note(world, What::Reopened);
        Ok(())
    }

    /// 挂牌 by the subdistrict or the county, from the day of the document or from its entry, whichever is earlier.
    fn list(&mut self, world: &mut World<'_>) -> Result<()> {
        let (who, field) = [("leader", "listed.town"), ("county", "listed.county")][world.chance.below(2)];
        let mut listing = json!({ "doc_no": world.id(), "deadline": "2023-12-01", "issuer": "演示" });
        let mut at = world.now();
        if world.chance.once_in(2) {
            let days = i64::try_from(world.chance.below(40))? - 30;
            let day = at.saturating_add(days * DAY_US).local_date();
            let day = format!("{}-{:02}-{:02}", day.year(), day.month(), day.day());
            listing["listed_on"] = json!(day);
            at = at.min(format!("{day}T00:00:00+08:00").parse()?);
        }
        self.say(world, who, set(field, listing))?;
        self.listed = true;
        world.note(self.id, at, What::Listed);
        Ok(())
    }
}

/// Whether one hazard may stay for both: in the same feed, not gone, not less dangerous, and, where one is the enterprise's own finding and one
/// is not, of the origin of the earliest whose time is known, else of the one that others found (rule 4).
fn may_stay(survivor: &Life, merged: &Life) -> bool {
    let known = [survivor, merged].into_iter().filter(|life| life.trusted);
    let by_itself = known.min_by_key(|life| (life.made, life.id)).is_some_and(|life| life.by_itself);
    survivor.place.feed == merged.place.feed
        && survivor.state != State::Gone
        && survivor.level >= merged.level
        && (survivor.by_itself == merged.by_itself || survivor.by_itself == by_itself)
}

/// The office takes two hazards of a history for one; the server says whether that can be.
pub(super) async fn merge_some(world: &mut World<'_>, hazards: &mut Hazards) -> Result<()> {
    for history in 0..HISTORIES {
        let pick = |world: &mut World<'_>| history * HAZARDS + world.chance.below(HAZARDS);
        let (merged, survivor) = (pick(world), pick(world));
        let (one, other) = (&hazards.0[merged], &hazards.0[survivor]);
        let found = |life: &Life| life.state != State::Unknown;
        if merged == survivor || !found(one) || !found(other) || one.state == State::Gone || !world.chance.once_in(3) {
            continue;
        }
        let act = Act::LinkDuplicate { survivor: other.id, reason: "同一处".to_owned() };
        let request = ActRequest { kind: "hazard", record: one.id, request: world.id(), base_rev: 1_000_000, act };
        let done = act_on_hazard(&world.app.app, &world.people["office"], request).await;
        let expected = may_stay(other, one);
        match done {
            Ok(done) => {
                assert!(expected, "the server merges what must not be merged");
                let op = done.operations[0].op;
                let life = &mut hazards.0[merged];
                life.agree(world, "leader", op)?;
                life.state = State::Gone;
                life.note(world, What::MergedAway);
            }
            Err(ActError::Unsound(why)) => assert!(!expected, "{why}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
