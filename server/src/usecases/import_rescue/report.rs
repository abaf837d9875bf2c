//! What a rescue file came to, in numbers and in words that the office reads. What a newcomer gets wrong: a save is what the person on the phone
//! counts; it counts as what became of its worst operation.

use super::hand_in::{Sorted, Way};
use super::read_file::RescueFile;
use super::store_photos::PhotoEnd;
use crate::usecases::wording::{op_words, reason_words};
use paicha_db::{DbError, Tx, accounts, devices};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::merge::Status;
use sync_protocol::rescue::RescuePart;
use sync_protocol::time::{BUSINESS_OFFSET_US, Micros};
use utoipa::ToSchema;
use uuid::Uuid;

/// Operations without effect that are listed.
const FAULTS_MAX: usize = 50;

/// Where a file comes from, as it says itself and as this server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RescueOrigin {
    /// The phone's clock when it made the file.
    pub made_at: Micros,
    /// Who was signed in on the phone.
    pub person: String,
    /// What the phone is called here; nothing where it is not known.
    pub phone: Option<String>,
    /// Whose phone it is here, if that is somebody else.
    pub owner: Option<String>,
    /// Since when the phone is out of use.
    pub revoked_at: Option<Micros>,
    /// Which file of how many; nothing where it is one.
    pub part: Option<[u32; 2]>,
}

impl RescueOrigin {
    pub(super) async fn read(tx: &mut Tx, rescue: &RescueFile) -> Result<Self, DbError> {
        let said = rescue.user.as_ref();
        let known = match said {
            Some(user) => accounts::find_user(tx, user.id.0).await?,
            None => None,
        };
        let device = match rescue.device {
            Some(device) => devices::find_device(tx, device.0).await?,
            None => None,
        };
        let owner = match device.as_ref().filter(|device| said.is_none_or(|user| user.id.0 != device.user)) {
            Some(device) => accounts::find_user(tx, device.user).await?.map(|user| user.name),
            None => None,
        };
        let name = known
            .map(|user| user.name)
            .or_else(|| said.map(|user| sync_protocol::text::clean(&user.name).into_owned()));
        Ok(Self {
            made_at: rescue.made_at,
            person: name.unwrap_or_else(|| "未知人员".to_owned()),
            revoked_at: device.as_ref().and_then(|device| Micros::from_micros(device.revoked_at?).ok()),
            phone: device.map(|device| device.label),
            owner,
            part: rescue.part.map(|RescuePart { i, n }| [i, n]),
        })
    }
}

/// How many there are, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RescueCounts {
    /// In the file.
    pub in_file: usize,
    /// Taken in now with effect; in a preview: new.
    pub taken: usize,
    /// Here before.
    pub here: usize,
    /// Stored now without effect: somebody has to decide, or something is not here yet.
    pub waiting: usize,
    /// Kept and refused: damaged, unreadable, or under an id that has other bytes.
    pub refused: usize,
}

/// The photos of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RescuePhotos {
    /// In the file.
    pub in_file: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Stored now; in a preview: would be.
    pub stored: usize,
    /// Here before.
    pub here: usize,
    /// Not stored because the work they belong to has no effect yet; the file is still needed.
    pub waiting: usize,
    /// Not the bytes that their name says, or too many of them; kept apart.
    pub wrong: usize,
    /// Belonging to nothing; not stored.
    pub undeclared: usize,
    /// Owed by the phone, and neither in the file nor here.
    pub missing: usize,
}

impl RescuePhotos {
    pub(super) fn count(&mut self, end: PhotoEnd, bytes: u64) {
        self.in_file += 1;
        self.bytes += bytes;
        *match end {
            PhotoEnd::Stored => &mut self.stored,
            PhotoEnd::Here => &mut self.here,
            PhotoEnd::Waiting => &mut self.waiting,
            PhotoEnd::Wrong | PhotoEnd::TooLarge => &mut self.wrong,
            PhotoEnd::Undeclared => &mut self.undeclared,
        } += 1;
    }
}

/// An operation that has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RescueFault {
    /// Its number on the phone.
    pub seq: i64,
    /// What it wanted, in words.
    pub what: String,
    /// Why it has none, in words.
    pub why: String,
}

/// What a rescue file came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RescueImported {
    /// Nothing was stored; this is what is new in the file.
    pub dry_run: bool,
    /// Where it comes from.
    pub origin: RescueOrigin,
    /// Saves, as the person on the phone counts them.
    pub saves: RescueCounts,
    /// Operations.
    pub operations: RescueCounts,
    /// Photos.
    pub photos: RescuePhotos,
    /// Operations without effect, at most 50.
    pub faults: Vec<RescueFault>,
    /// More of them.
    pub more_faults: usize,
    /// All of it in words.
    pub lines: Vec<String>,
}

/// What became of one operation; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Here,
    Taken,
    Waiting,
    Refused,
}

/// Everything that the report is made of.
pub(super) struct Tally<'a> {
    pub(super) rescue: &'a RescueFile,
    pub(super) sorted: &'a Sorted,
    /// How operations that are stored stand, and why.
    pub(super) outcomes: &'a BTreeMap<Uuid, (Status, String)>,
    pub(super) dry_run: bool,
}

impl Tally<'_> {
    pub(super) fn report(&self, origin: RescueOrigin, photos: RescuePhotos) -> RescueImported {
        let mut operations = RescueCounts::default();
        let mut saves: BTreeMap<Uuid, End> = BTreeMap::new();
        let mut faults = Vec::new();
        let mut more_faults = 0;
        for (op, way) in self.rescue.ops.iter().zip(&self.sorted.ways) {
            let was_here = self.sorted.known.get(&op.id.0).is_some_and(|digest| *digest == op.digest);
            let stored = self.outcomes.get(&op.id.0);
            let (end, why) = match (way, stored) {
                (Way::Quarantine(code), _) => (End::Refused, *code),
                _ if was_here => (End::Here, ""),
                (_, None) if self.dry_run => (End::Taken, ""),
                (_, None) => (End::Refused, "id_reuse"),
                (_, Some((status, why))) => (end_of(*status), why.as_str()),
            };
            count(&mut operations, end);
            let save = op.group.map_or(op.id.0, |group| group.id.0);
            saves.entry(save).and_modify(|worst| *worst = end.max(*worst)).or_insert(end);
            if end < End::Waiting {
                continue;
            }
            if faults.len() < FAULTS_MAX {
                let readable = op.op.as_ref().ok();
                let kind = readable.and_then(|op| op.head.record_kind.as_deref()).unwrap_or_default();
                let why = if why.is_empty() { "已收下，等待人工处理" } else { reason_words(why) };
                faults.push(RescueFault { seq: op.seq, what: op_words(kind, readable), why: why.to_owned() });
            } else {
                more_faults += 1;
            }
        }
        let mut of_saves = RescueCounts::default();
        saves.into_values().for_each(|end| count(&mut of_saves, end));
        let counts = (of_saves, operations, photos);
        let lines = self.lines(&origin, counts);
        let (dry_run, saves) = (self.dry_run, of_saves);
        RescueImported { dry_run, origin, saves, operations, photos, faults, more_faults, lines }
    }

    fn lines(&self, origin: &RescueOrigin, counts: (RescueCounts, RescueCounts, RescuePhotos)) -> Vec<String> {
        let (saves, operations, photos) = counts;
        let mut lines = vec![source_line(origin)];
        let (new, stored) = if self.dry_run { ("将收下", "将存入") } else { ("新收下", "新存入") };
        lines.push(format!(
            "内容 {} 条（{} 项操作）：{new} {} 条{}",
            saves.in_file,
            operations.in_file,
            saves.taken,
            more(&[
                ("服务器上已有", saves.here, "条"),
                ("已收下但等人处理", saves.waiting, "条"),
                ("不能生效、原文已隔离保存", saves.refused, "条"),
            ])
        ));
        if photos.in_file + photos.missing > 0 {
            lines.push(format!(
                "照片 {} 张：{stored} {} 张{}",
                photos.in_file,
                photos.stored,
                more(&[
                    ("服务器上已有", photos.here, "张"),
                    ("内容与登记不符、另行保存", photos.wrong, "张"),
                    ("没有登记、没有存入", photos.undeclared, "张"),
                    ("手机上还有、不在此文件里", photos.missing, "张"),
                ])
            ));
        }
        if photos.waiting > 0 {
            lines.push(format!(
                "另有 {} 张照片所属的内容还没有生效，没有存入：请保留此文件，内容处理后再导入一次，不会重复",
                photos.waiting
            ));
        }
        lines.extend(self.notes(origin));
        lines
    }

    /// What the office has to know before it relies on the file.
    fn notes(&self, origin: &RescueOrigin) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(revoked) = origin.revoked_at {
            let made =
                |op: &crate::usecases::push_operations::IncomingOp| op.op.as_ref().ok().map(|op| op.head.made_at);
            let after = self.rescue.ops.iter().filter(|op| made(op).is_some_and(|at| at > revoked)).count();
            let late = if after > 0 {
                format!("，其中 {after} 项写明是停用之后做的，请核实")
            } else {
                String::new()
            };
            notes.push(format!("注意：这部手机已于 {} 停用{late}", local(revoked)));
        }
        if origin.phone.is_none() && !self.rescue.ops.is_empty() {
            notes.push("注意：服务器上没有登记过这部手机，请核实文件来源".to_owned());
        }
        if let Some(owner) = &origin.owner {
            notes.push(format!("注意：这部手机登记在“{owner}”名下"));
        }
        if !self.rescue.is_intact {
            notes.push(
                "注意：文件在传送中损坏过；每项内容都有校验，坏的只隔离保存。手机还在时，请重新生成一份再导入"
                    .to_owned(),
            );
        }
        if let Some(part) = origin.part.filter(|[_, n]| *n > 1) {
            notes.push(format!("这是 {} 个文件中的第 {} 个，照片分在各个文件里，请逐个导入", part[1], part[0]));
        }
        for (first, last) in &self.sorted.holes {
            let numbers = if first == last { first.to_string() } else { format!("{first}–{last}") };
            notes.push(format!(
                "序号 {numbers} 不在文件里，服务器上也没有；文件里的内容照样收下，缺的部分等手机联网后由手机补上"
            ));
        }
        notes
    }
}

fn end_of(status: Status) -> End {
    match status {
        Status::Applied | Status::Merged => End::Taken,
        Status::Review | Status::Held => End::Waiting,
        Status::Refused => End::Refused,
    }
}

fn count(counts: &mut RescueCounts, end: End) {
    counts.in_file += 1;
    *match end {
        End::Here => &mut counts.here,
        End::Taken => &mut counts.taken,
        End::Waiting => &mut counts.waiting,
        End::Refused => &mut counts.refused,
    } += 1;
}

fn source_line(origin: &RescueOrigin) -> String {
    let phone = origin.phone.as_deref().map_or("未登记的手机".to_owned(), |label| format!("手机“{label}”"));
    format!("{}的{phone}，{} 生成", origin.person, local(origin.made_at))
}

/// Those that are not zero, behind a comma each.
fn more(parts: &[(&str, usize, &str)]) -> String {
    let some = parts.iter().filter(|(_, count, _)| *count > 0);
    some.map(|(what, count, unit)| format!("，{what} {count} {unit}")).collect()
}

/// An instant on the office's clock, to the minute.
fn local(at: Micros) -> String {
    let text = at.saturating_add(BUSINESS_OFFSET_US).to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}
