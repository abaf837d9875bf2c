//! Spot checks of the random histories, by villages, the subdistrict and its stations alike, and what becomes of their findings later.

use super::LINES;
use super::world::World;
use super::{What, Where};
use anyhow::Result;
use serde_json::json;
use std::collections::BTreeSet;
use sync_protocol::time::{DAY_US, Micros};
use uuid::Uuid;

struct Check {
    id: Uuid,
    at: Micros,
    feed: usize,
    wrong: BTreeSet<&'static str>,
}

/// Those that may be corrected.
#[derive(Default)]
pub(super) struct Spots(Vec<Check>);

pub(super) fn spot_check(world: &mut World<'_>, spots: &mut Spots, history: usize) -> Result<()> {
    if world.chance.once_in(3) {
        world.take_phone();
    }
    let mut place: Where = world.some_where(history);
    let mut fields = world.fields_of(&place);
    let named = format!("未登记厂{history}-{}", world.chance.below(3));
    if place.site.is_none() {
        fields["free_place"] = json!({ "name": named });
    }
    let made = world.made_at();
    let ended = made.saturating_add(-DAY_US * i64::try_from(world.chance.below(4))?);
    let kind = ["spot", "spot", "spot", "spot", "patrol", "self_week", "guide"][world.chance.below(7)];
    fields["kind"] = json!(kind);
    fields["started_at"] = json!(ended);
    fields["ended_at"] = json!(ended);
    let mut wrong = BTreeSet::new();
    for atom in LINES.iter().flat_map(|(_, atoms)| *atoms) {
        let value = ["Y", "Y", "Y", "Y", "Y", "Y", "NA", "U", "N"][world.chance.below(9)];
        fields[format!("finding.{atom}")] = value.into();
        if value == "N" {
            wrong.insert(*atom);
        }
    }
    let inspection = world.id();
    world.say("inspector", place.feed, inspection, "inspection", json!({ "kind": "create", "fields": fields }))?;
    if place.site.is_some() && world.chance.once_in(6) {
        // Still a draft, the phone corrects where it was.
        let site = world.some_site(history);
        let set = json!({ "kind": "patch", "set": { "place": { "new": site } } });
        world.say("inspector", place.feed, inspection, "inspection", set)?;
        place.site = Some(site);
    }
    let submitted = world.chance.below(6) > 0;
    if submitted {
        world.say("inspector", place.feed, inspection, "inspection", json!({ "kind": "submit" }))?;
    }
    world.put_phone_away();
    let (feed, counts) = (place.feed, submitted && kind == "spot");
    if counts {
        spots.0.push(Check { id: inspection, at: ended, feed, wrong: wrong.clone() });
    }
    world.note(inspection, ended, What::Checked { place, named, wrong, counts });
    Ok(())
}

impl Spots {
    /// A wrong 不符合 is corrected, another one is added, a whole check was a mistake; the office asks and the leader agrees, or does not.
    pub(super) fn correct(&mut self, world: &mut World<'_>) -> Result<()> {
        if self.0.is_empty() || !world.chance.once_in(2) {
            return Ok(());
        }
        let index = world.chance.below(self.0.len());
        let agrees = world.chance.below(3) > 0;
        let Check { id, at, feed, ref mut wrong } = self.0[index];
        let atoms: Vec<&'static str> = LINES.iter().flat_map(|(_, atoms)| atoms.iter().copied()).collect();
        let (what, asked) = match world.chance.below(4) {
            0 => (What::CheckVoided, json!({ "voided": { "new": true } })),
            1 => {
                let atom = atoms[world.chance.below(atoms.len())];
                let more = json!({ "kind": "supplement", "fields": { format!("finding.{atom}"): "N" } });
                world.say("colleague", feed, id, "inspection", more)?;
                wrong.insert(atom);
                world.note(id, at, What::AlsoWrong { atom });
                return Ok(());
            }
            _ => {
                let Some(atom) = wrong.iter().nth(world.chance.below(wrong.len().max(1))).copied() else {
                    return Ok(());
                };
                (What::Corrected { atom }, json!({ format!("finding.{atom}"): { "new": "Y" } }))
            }
        };
        let op = world.say("office", feed, id, "inspection", json!({ "kind": "patch", "set": asked }))?;
        if agrees {
            world.agree("leader", feed, (id, "inspection"), op)?;
            match what {
                What::CheckVoided => drop(self.0.remove(index)),
                What::Corrected { atom } => drop(wrong.remove(atom)),
                _ => {}
            }
            world.note(id, at, what);
        }
        Ok(())
    }
}
