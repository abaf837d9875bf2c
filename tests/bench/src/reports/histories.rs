//! Invented histories for 附件2: what people said about places, told to the real merge, one place after another, and beside it the numbers that
//! follow from what was said. What a newcomer gets wrong: the numbers are counted here from the plot alone and never from the records.

use crate::reports::expected::{Expected, Plot};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sync_protocol::ids::{FeedId, IncarnationId, OpId, UserId};
use sync_protocol::merge::{Context, EventTime, Scope, Submission, World, decide};
use sync_protocol::op::Op;
use sync_protocol::record::Record;
use sync_protocol::role::Role;
use sync_protocol::time::{DAY_US, Grade, Micros};
use uuid::Uuid;

/// Records of one place with everything about it.
pub(crate) const RECORDS_A_PLACE: usize = 1 + INSPECTIONS + HAZARDS + PHOTOS;
/// Visits of one place.
const INSPECTIONS: usize = 6;
/// Of those, the first are spot checks by part 二.
const SPOT_CHECKS: usize = 3;
/// Hazards of one place; nearly half of them 重大, which is harsher than any village.
const HAZARDS: usize = 7;
/// Photos of one place, the first seven on its hazards.
const PHOTOS: usize = 11;
/// 2023-05-01T00:00:00+08:00.
const START_US: i64 = 1_682_870_400_000_000;
/// Days over which things are found.
const DAYS: u64 = 200;
/// The atoms of part 二 with their lines.
pub(crate) const ATOMS: [(&str, usize); 14] = [
    ("k2", 2),
    ("k3", 3),
    ("k4", 4),
    ("k5a", 5),
    ("k5b", 5),
    ("k6a", 6),
    ("k6b", 6),
    ("k7a", 7),
    ("k7a2", 7),
    ("k7b", 7),
    ("k7c", 7),
    ("k7d", 7),
    ("k8a", 8),
    ("k8b", 8),
];

const DESCRIPTION: &str =
    "配电箱门敞开，线头裸露，下方堆放纸箱等可燃物；值班人员称昨日检修后未恢复，现场未见警示标识和灭火器材。";

#[derive(Clone, Copy)]
enum Who {
    Inspector = 1,
    Colleague = 2,
    Office = 3,
    Leader = 4,
    Firm = 5,
}

impl Who {
    fn role(self) -> Role {
        match self {
            Self::Inspector | Self::Colleague => Role::R1,
            Self::Office => Role::R3,
            Self::Leader => Role::R4,
            Self::Firm => Role::R7,
        }
    }
}

/// The story of one place.
pub(crate) struct Story<'a> {
    world: World,
    place: u64,
    village: &'a str,
    chance: u64,
    ops: u64,
    records: u64,
}

/// A number that looks random and is the same every time.
pub(crate) fn mixed(seed: u64) -> u64 {
    let mut value = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x2545_f491_4f6c_dd1d);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// All records of the place of that number, in order of id; what follows for the form goes into `expected`.
pub(crate) fn live_through(place: u64, village: &str, expected: &mut Expected) -> Result<Vec<Record>> {
    let mut story = Story { world: World::default(), place, village, chance: mixed(place), ops: 0, records: 0 };
    let own = story.place()?;
    let mut carriers = Vec::new();
    for number in 0..HAZARDS {
        let (hazard, at, plot) = story.hazard(own)?;
        expected.add(village, &plot);
        if number < PHOTOS {
            story.photo("hazard", hazard, at, "before")?;
        }
    }
    for number in 0..INSPECTIONS {
        let (inspection, at, plot) = story.inspection(own, number < SPOT_CHECKS)?;
        if let Some(plot) = plot {
            expected.add(village, &plot);
        }
        carriers.push((inspection, at));
    }
    for (inspection, at) in carriers.into_iter().take(PHOTOS - HAZARDS) {
        story.photo("inspection", inspection, at, "site")?;
    }
    Ok(story.world.records.into_values().collect())
}

impl Story<'_> {
    fn below(&mut self, limit: u64) -> u64 {
        self.chance = mixed(self.chance);
        (self.chance >> 11) % limit
    }

    fn next_id(&mut self) -> Uuid {
        self.records += 1;
        // Neighbours in time are neighbours in the index, as with version 7; the tail is spread.
        Uuid::from_u64_pair((self.place << 16) | self.records, mixed(self.place ^ (self.records << 40)))
    }

    /// Some instant of the campaign.
    fn instant(&mut self) -> i64 {
        let (day, rest) = (self.below(DAYS), self.below(86_400_000_000));
        START_US + day.cast_signed() * DAY_US + rest.cast_signed()
    }

    fn say(&mut self, who: Who, at: i64, kind: &str, record: Uuid, body: &Value) -> Result<OpId> {
        self.ops += 1;
        let at = Micros::from_micros(at)?;
        let author = Uuid::from_u128(0xa000 + u128::from(who as u8));
        let mut op = json!({ "type": kind, "village": self.village, "record": record, "base_rev": 1_000_000, "made_at": at,
            "hlc": format!("{:020}", at.as_micros()), "author": author });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let op = Op::parse(op.to_string().as_bytes())?;
        let places =
            self.world.records.values().filter(|record| record.kind == "place").map(|record| record.id).collect();
        let context = Context {
            received_at: at,
            uploader: UserId(author),
            roles: vec![who.role()],
            scope: Scope::Inside,
            server: false,
            ancestors: Vec::new(),
            event: EventTime { at, grade: Grade::A, uncertainty_us: None, clock_suspect: false },
            fix_village: None,
            place_village: Some(self.village.parse::<FeedId>()?),
            places,
        };
        let id = OpId(Uuid::from_u64_pair((self.place << 16) | self.ops, u64::MAX ^ self.place));
        let incarnation = IncarnationId(Uuid::from_u128(0xb000 + u128::from(who as u8)));
        let submission = Submission { id, incarnation, seq: self.ops.cast_signed(), op: &op, context: &context };
        decide(&mut self.world, submission);
        Ok(id)
    }

    fn place(&mut self) -> Result<Uuid> {
        let id = self.next_id();
        let mut fields = json!({ "name": format!("云杉{}号加工厂", self.place), "place_type": "enterprise",
            "address": "云杉街道工业园二路", "sector": "industry" });
        if let Some(code) = uscc(self.place)? {
            fields["uscc"] = code.into();
        }
        self.say(Who::Inspector, START_US, "place", id, &json!({ "kind": "create", "fields": fields }))?;
        Ok(id)
    }

    fn photo(&mut self, kind: &str, carrier: Uuid, at: i64, role: &str) -> Result<()> {
        let id = self.next_id();
        let body = json!({ "kind": "photo.attach", "photo": id, "sha256": format!("{:064x}", id.as_u128()), "bytes": 412_345,
            "mime": "image/jpeg", "role": role, "source": "camera_inapp" });
        self.say(Who::Inspector, at, kind, carrier, &body)?;
        Ok(())
    }

    fn inspection(&mut self, place: Uuid, spot: bool) -> Result<(Uuid, i64, Option<Plot>)> {
        let (id, at) = (self.next_id(), self.instant());
        let instant = Micros::from_micros(at)?;
        let kind = if spot { "spot" } else { "patrol" };
        let mut fields =
            json!({ "kind": kind, "inspecting_unit": "云杉村", "started_at": instant, "ended_at": instant });
        let mut enterprise = enterprise_of(self.place);
        if self.below(50) == 0 {
            let stall = self.below(500);
            fields["free_place"] = json!({ "name": format!("流动摊点{stall}"), "address": "集市" });
            // A name without a registered place is one enterprise in each village.
            enterprise = (1 << 60) | (self.village.parse::<u64>()? << 10) | stall;
        } else {
            fields["place"] = place.to_string().into();
        }
        let mut wrong = [false; 9];
        if spot {
            for (atom, line) in ATOMS {
                let finding = match self.below(32) {
                    0 | 1 => "N",
                    2 => "U",
                    3..7 => "NA",
                    _ => "Y",
                };
                fields[format!("finding.{atom}")] = finding.into();
                wrong[line] |= finding == "N";
            }
        }
        self.say(Who::Inspector, at, "inspection", id, &json!({ "kind": "create", "fields": fields }))?;
        self.say(Who::Inspector, at, "inspection", id, &json!({ "kind": "submit" }))?;
        Ok((id, at, spot.then_some(Plot::Checked { at, enterprise, wrong })))
    }

    fn hazard(&mut self, place: Uuid) -> Result<(Uuid, i64, Plot)> {
        let (id, at, turn) = (self.next_id(), self.instant(), self.below(20));
        let own = self.below(2) == 0;
        let level = ["general", "major_direct", "suspected"][if turn < 10 { 0 } else { 1 + usize::from(turn == 19) }];
        let fields = json!({ "level": level, "origin": if own { "self_week" } else { "village" }, "place": place.to_string(),
            "description": DESCRIPTION, "position_text": "一层东侧配电间", "found_at": Micros::from_micros(at)?,
            "control": "warned", "sector": ["industry"], "suggestion": "立即断电并清理可燃物，三日内复查",
            "finders": ["演示甲"], "no_fix_reason": "室内", "criterion_ids": ["GM-2017-y1", "GM-2023-3.1"] });
        let finder = if own { Who::Firm } else { Who::Inspector };
        self.say(finder, at, "hazard", id, &json!({ "kind": "create", "fields": fields }))?;
        let mut plot =
            Plot::Found { major_at: (turn > 9).then_some(at), own, accepted: None, listed: None, void: None };
        let Plot::Found { major_at, accepted, listed, void, .. } = &mut plot else { return Ok((id, at, plot)) };
        if turn == 19 {
            let judged = at + 2 * DAY_US;
            let set = json!({ "kind": "patch", "set": { "level": { "new": "major_direct" } } });
            self.say(Who::Office, judged, "hazard", id, &set)?;
            *major_at = Some(judged);
        }
        if major_at.is_some() && self.below(10) == 0 {
            let day = at + 3 * DAY_US;
            let listing = json!({ "doc_no": "1号", "deadline": "2023-12-01", "issuer": "街道" });
            let set = json!({ "kind": "patch", "set": { "listed.town": { "new": listing } } });
            self.say(Who::Leader, day, "hazard", id, &set)?;
            *listed = Some(day);
        }
        match self.below(20) {
            0 => *void = Some(self.void(id, at + 4 * DAY_US)?),
            1..14 => {
                let days = 5 + self.below(55).cast_signed();
                *accepted = Some(self.accept(id, at + days * DAY_US)?);
            }
            _ => {}
        }
        Ok((id, at, plot))
    }

    fn void(&mut self, id: Uuid, at: i64) -> Result<i64> {
        let op = self.go(Who::Inspector, at, id, ("reg", "void"), &json!({}))?;
        self.agree(Who::Office, at, id, op)?;
        self.agree(Who::Leader, at, id, op)?;
        Ok(at)
    }

    fn accept(&mut self, id: Uuid, at: i64) -> Result<i64> {
        self.go(Who::Colleague, at, id, ("reg", "verify"), &json!({}))?;
        let document = json!({ "closure": "removed", "document": "拆除公告1号" });
        let op = self.go(Who::Inspector, at, id, ("verify", "accepted"), &document)?;
        self.agree(Who::Office, at, id, op)?;
        Ok(at)
    }

    fn go(&mut self, who: Who, at: i64, id: Uuid, (from, to): (&str, &str), evidence: &Value) -> Result<OpId> {
        let body = json!({ "kind": "transition", "from": from, "to": to, "reason": "现场核实", "evidence": evidence });
        self.say(who, at, "hazard", id, &body)
    }

    fn agree(&mut self, who: Who, at: i64, id: Uuid, op: OpId) -> Result<()> {
        let body = json!({ "kind": "resolve", "target": op, "verdict": "approve", "reason": "同意" });
        self.say(who, at, "hazard", id, &body)?;
        Ok(())
    }
}

/// Of ten places, the second is another site of the first one's enterprise.
pub(crate) fn enterprise_of(place: u64) -> u64 {
    if place % 10 == 1 { place - 1 } else { place }
}

/// The code of the place's enterprise; seven of ten have one.
fn uscc(place: u64) -> Result<Option<String>> {
    if place % 10 > 6 {
        return Ok(None);
    }
    let stem = format!("91500999{:09}", enterprise_of(place));
    let code = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|check| format!("{stem}{check}"));
    let code = code.into_iter().find(|code| sync_protocol::uscc::Uscc::parse(code).is_ok());
    Ok(Some(code.context("one check digit fits")?))
}
