//! One record with everything a person needs to judge it: what is shown for each field and what stands beside it, changes that wait, what is
//! still missing, photos and their debt, and every operation ever made about it. What a newcomer gets wrong: nothing is left out because
//! it lost; alternatives and retracted photos are evidence.

mod fields;
mod photos;
mod timeline;

pub use fields::{AdditionView, FieldView, MissingField, PendingView, ValueView};
pub use photos::{PhotoView, PhotosView};
pub(crate) use timeline::entry as timeline_entry;
pub use timeline::{TimelineEntry, TimelineView};

use crate::app::App;
use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use crate::usecases::list_flags::{FlagItem, flag_item};
use crate::usecases::push_operations::read_record as parse_record;
use crate::usecases::reading::{ReadError, area_names, instant, links, readable};
use crate::usecases::wording::kind_title;
use paicha_db::projections::{self, Villages};
use paicha_db::records::RecordRow;
use paicha_db::{DbError, Tx, accounts, records};
use serde::Serialize;
use std::collections::BTreeMap;
use sync_protocol::digest::{sha256, to_hex};
use sync_protocol::ids::UserId;
use sync_protocol::record::Record;
use sync_protocol::time::Micros;
use utoipa::ToSchema;
use uuid::Uuid;

/// One record, as a person reads it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RecordView {
    /// Its id.
    pub id: Uuid,
    /// Its kind: `hazard`, `inspection`, `place`.
    pub kind: String,
    /// The same in words.
    pub kind_text: String,
    /// 隐患编号.
    pub number: Option<String>,
    /// The feed it syncs in.
    pub feed: String,
    /// The village it counts for.
    pub village: String,
    /// What people call that.
    pub village_name: String,
    /// What that rests on: `registered`, `located`, `inspector`.
    pub village_basis: String,
    /// Registration and fix disagree: a question for people.
    pub village_disputed: bool,
    /// Raised by one with every operation that took effect.
    pub rev: i64,
    /// When the server first heard of it.
    pub received_at: Micros,
    /// When it was submitted, if it was.
    pub submitted_at: Option<Micros>,
    /// Its fields in the order of the schema.
    pub fields: Vec<FieldView>,
    /// Changes that wait for a person.
    pub pending: Vec<PendingView>,
    /// What was added to it after it was submitted.
    pub additions: Vec<AdditionView>,
    /// What is still asked for.
    pub incomplete: Vec<MissingField>,
    /// What the integrity rules found about it.
    pub flags: Vec<FlagItem>,
    /// Where it is, if that is known.
    pub position: Option<Position>,
    /// Its photos.
    pub photos: PhotosView,
    /// Every operation about it.
    pub timeline: TimelineView,
}

/// A point on the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Position {
    /// Latitude, degrees, WGS-84.
    pub lat84: f64,
    /// Longitude, degrees, WGS-84.
    pub lon84: f64,
}

/// Flags of one record that are shown.
const FLAGS_MAX: i64 = 200;

/// Names of people by their id; each is looked up once.
pub(crate) struct Names {
    server: UserId,
    known: BTreeMap<UserId, Option<String>>,
}

impl Names {
    pub(crate) fn new(app: &App) -> Self {
        Self { server: app.installation.user, known: BTreeMap::new() }
    }

    /// A person's name; the server calls itself 系统.
    pub(crate) async fn of(&mut self, tx: &mut Tx, user: UserId) -> Result<String, DbError> {
        if user == self.server {
            return Ok("系统".to_owned());
        }
        let known = match self.known.get(&user) {
            Some(known) => known.clone(),
            None => {
                let found = accounts::find_user(tx, user.0).await?.map(|row| row.name);
                self.known.insert(user, found.clone());
                found
            }
        };
        Ok(known.unwrap_or_else(|| "未知人员".to_owned()))
    }
}

/// A record of this kind, if the caller may read it.
///
/// # Errors
/// [`ReadError`].
pub async fn read_record(app: &App, caller: &Caller, kind: &str, id: Uuid) -> Result<RecordView, ReadError> {
    let villages = readable(caller, Action::ReadFindings)?;
    let mut tx = app.database.begin_read().await?;
    let row = records::find_records(&mut tx, &[id]).await?.into_iter().find(|row| row.kind == kind);
    let row = row.ok_or(ReadError::NotFound)?;
    let counted = find_counted(&mut tx, &row).await?;
    if !villages.contain(&row.feed) && !villages.contain(&counted.village) {
        return Err(ReadError::NotFound);
    }
    let record = parse_record(&row)?;
    let mut names = Names::new(app);
    let village_name = area_names(&mut tx, std::iter::once(counted.village.as_str())).await?.into_values().next();
    let flags = projections::list_flags_of_records(&mut tx, &[id], FLAGS_MAX).await?;
    let view = RecordView {
        id,
        flags: flags.into_iter().map(|flag| flag_item(flag, kind.to_owned(), row.number.clone())).collect(),
        position: counted.position,
        kind_text: kind_title(kind),
        kind: row.kind,
        number: row.number,
        feed: row.feed,
        village_name: village_name.unwrap_or_default(),
        village: counted.village,
        village_basis: counted.basis,
        village_disputed: counted.disputed,
        rev: row.rev,
        received_at: instant(record.received_at.as_micros()),
        submitted_at: record.submitted.as_ref().map(|stamp| stamp.at),
        fields: fields::fields(&mut tx, &mut names, &record, &villages).await?,
        pending: fields::pending(&mut tx, &mut names, &record).await?,
        additions: fields::additions(&mut tx, &mut names, &record).await?,
        incomplete: fields::incomplete(&record),
        photos: photos::photos(app, &mut tx, caller, &mut names, &record).await?,
        timeline: timeline::timeline(&mut tx, &mut names, &record).await?,
    };
    tx.rollback().await?;
    Ok(view)
}

/// What changes when the answer of [`read_record`] does: the record, its photos, its flags, the links, which hold for a while only. Names of people and
/// places that are told beside it are not looked at; they come with the next links.
///
/// # Errors
/// As [`read_record`].
pub async fn read_version(app: &App, caller: &Caller, kind: &str, id: Uuid) -> Result<String, ReadError> {
    let villages = readable(caller, Action::ReadFindings)?;
    let mut tx = app.database.begin_read().await?;
    let row = records::find_records(&mut tx, &[id]).await?.into_iter().find(|row| row.kind == kind);
    let row = row.ok_or(ReadError::NotFound)?;
    if !is_readable(&mut tx, &villages, &row).await? {
        return Err(ReadError::NotFound);
    }
    let photos: Vec<Uuid> = parse_record(&row)?.photos.keys().map(|photo| photo.0).collect();
    let photos = projections::find_photos(&mut tx, &photos).await?;
    let flags = projections::list_flags_of_records(&mut tx, &[id], FLAGS_MAX).await?;
    tx.rollback().await?;
    let seen =
        format!("{} {} {:?} {photos:?} {flags:?} {}", caller.user, row.state, row.number, links::span(app.now()));
    Ok(to_hex(&sha256(seen.as_bytes()))[..32].to_owned())
}

/// The village a record counts for.
struct Counted {
    village: String,
    basis: String,
    disputed: bool,
    position: Option<Position>,
}

async fn find_counted(tx: &mut Tx, row: &RecordRow) -> Result<Counted, DbError> {
    let found = match row.kind.as_str() {
        "hazard" => projections::find_hazard(tx, &Villages::All, row.id).await?.map(|hazard| Counted {
            position: position(hazard.lat84, hazard.lon84),
            village: hazard.village,
            basis: hazard.village_basis,
            disputed: hazard.village_disputed,
        }),
        "inspection" => projections::find_inspection(tx, &Villages::All, row.id).await?.map(|inspection| Counted {
            position: position(inspection.lat84, inspection.lon84),
            village: inspection.village,
            basis: inspection.village_basis,
            disputed: inspection.village_disputed,
        }),
        _ => None,
    };
    let unlocated =
        || Counted { village: row.feed.clone(), basis: "registered".to_owned(), disputed: false, position: None };
    Ok(found.unwrap_or_else(unlocated))
}

fn position(lat84: Option<f64>, lon84: Option<f64>) -> Option<Position> {
    Some(Position { lat84: lat84?, lon84: lon84? })
}

/// Whether a record syncs in or counts for one of these villages.
pub(crate) async fn is_readable(tx: &mut Tx, villages: &Villages, row: &RecordRow) -> Result<bool, DbError> {
    Ok(villages.contain(&row.feed) || villages.contain(&find_counted(tx, row).await?.village))
}

/// The person and moment behind a value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Written {
    /// The operation.
    pub op: Uuid,
    /// Who did the work.
    pub author: Uuid,
    /// Their name.
    pub author_name: String,
    /// When, as far as it can be known.
    pub at: Micros,
    /// How well that is known.
    pub grade: sync_protocol::time::Grade,
}

pub(crate) async fn written(
    tx: &mut Tx,
    names: &mut Names,
    stamp: &sync_protocol::record::Stamp,
) -> Result<Written, DbError> {
    Ok(Written {
        op: stamp.op.0,
        author: stamp.author.0,
        author_name: names.of(tx, stamp.author).await?,
        at: stamp.at,
        grade: stamp.grade,
    })
}

/// Fields that people do not need to read: they are told elsewhere in the answer.
pub(crate) fn is_shown_elsewhere(record: &Record, field: &str) -> bool {
    record.kind == "photo" && field == "derived"
}
