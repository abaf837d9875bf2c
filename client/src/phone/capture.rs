//! Saving: a finding becomes operations, they are frozen, numbered and written in one durable transaction, with no server involved. The
//! photos' files are on the disk before their declarations are. What a newcomer gets wrong: clocks and numbers are read inside the
//! transaction, so two saves at once cannot take the same sequence number.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sync_protocol::digest::{sha256, to_hex};
use sync_protocol::ids::{FeedId, GroupId, OpId, RecordId};
use sync_protocol::limits::PHOTO_BYTES_MAX;
use sync_protocol::op::{Body, CapturedTimes, Head, Op, PhotoAttach};
use sync_protocol::time::Micros;

use super::finding::{CaptureReceipt, Finding, HazardDraft, PhotoDraft, PlaceRef, Position};
use super::{Phone, PhoneError};
use crate::pure::hlc::Hlc;
use crate::pure::outbox::freeze_save;
use crate::pure::upload::Urgency;
use crate::store::{NewPhoto, StoreError, Tx, find_meta, insert_ops, insert_photos, key, read_life, set_meta};
use crate::surroundings::new_id;

/// An operation before its clocks and author are known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) village: FeedId,
    pub(crate) record: RecordId,
    pub(crate) record_kind: &'static str,
    pub(crate) base_rev: i64,
    pub(crate) body: Body,
}

/// A photo whose file is written and whose declaration is draft number `draft`.
#[derive(Debug, Clone)]
pub(crate) struct DraftPhoto {
    photo: RecordId,
    draft: usize,
    sha256: String,
    length: u64,
    urgency: Urgency,
}

impl Phone {
    /// Saves a finding: inspection, hazards, photos, submission. Durable when it returns; needs no server.
    ///
    /// # Errors
    /// `NotEnrolled`, `Freeze`, `Photo`, `NoSuchHazard`, `Store`; nothing was saved then.
    pub async fn capture(&self, finding: Finding) -> Result<CaptureReceipt, PhoneError> {
        check_photos(&finding)?;
        let now = self.surroundings.now();
        let new_record = || RecordId::from(new_id(&*self.surroundings));
        let receipt = CaptureReceipt {
            inspection: new_record(),
            hazards: finding.hazards.iter().map(|_| new_record()).collect(),
            photos: finding.photos.iter().map(|_| new_record()).collect(),
            ops: 0,
        };
        let mut drafts = vec![inspection_draft(&finding, &receipt, now)];
        let hazards = finding.hazards.iter().zip(&receipt.hazards);
        drafts.extend(hazards.map(|(hazard, id)| hazard_draft(&finding, &receipt, hazard, *id, now)));
        let mut photos = Vec::with_capacity(finding.photos.len());
        for (photo, id) in finding.photos.iter().zip(&receipt.photos) {
            let attach = describe(photo, *id, now);
            let urgency = photo.hazards.iter().map(|at| Urgency::of_level(&finding.hazards[*at].level)).min();
            photos.push(DraftPhoto {
                photo: *id,
                draft: drafts.len(),
                sha256: attach.sha256.clone(),
                length: attach.bytes,
                urgency: urgency.unwrap_or(Urgency::Other),
            });
            let hazards = photo.hazards.iter().map(|at| (receipt.hazards[*at], "hazard"));
            let records = std::iter::once((receipt.inspection, "inspection")).chain(hazards);
            drafts.extend(records.map(|(record, record_kind)| {
                let body = Body::PhotoAttach(Box::new(attach.clone()));
                Draft { village: finding.village.clone(), record, record_kind, base_rev: 0, body }
            }));
        }
        drafts.push(draft(&finding.village, receipt.inspection, "inspection", Body::Submit));
        let saved = match self.write_photo_files(finding.photos, &receipt.photos).await {
            Ok(()) => self.save(drafts, &photos).await,
            Err(error) => Err(error),
        };
        match saved {
            Ok(ops) => Ok(CaptureReceipt { ops: ops.len(), ..receipt }),
            Err(error) => {
                self.remove_files_of_failed_save(&receipt.photos).await;
                Err(error)
            }
        }
    }

    /// A save that failed leaves no files behind, or a full phone would stay full. A commit may have come through in spite of its error, so
    /// the database is asked first; while it cannot answer, the files stay.
    async fn remove_files_of_failed_save(&self, photos: &[RecordId]) {
        let mut undeclared = Vec::new();
        for photo in photos {
            if matches!(self.store.find_photo(*photo).await, Ok(None)) {
                undeclared.push(*photo);
            }
        }
        let store = self.store.clone();
        drop(tokio::task::spawn_blocking(move || store.remove_undeclared_files(&undeclared)).await);
    }

    async fn write_photo_files(&self, photos: Vec<PhotoDraft>, ids: &[RecordId]) -> Result<(), PhoneError> {
        let (store, ids) = (self.store.clone(), ids.to_vec());
        let write =
            move || photos.iter().zip(&ids).try_for_each(|(photo, id)| store.write_photo_file(*id, &photo.bytes));
        let written = tokio::task::spawn_blocking(write).await;
        Ok(written.map_err(|error| StoreError::File(std::io::Error::other(error)))??)
    }

    /// Saves operations exactly as they are given, author and clocks included, as one save. For tests and simulations that need what
    /// no screen produces; everything else uses [`Phone::capture`] and its siblings.
    ///
    /// # Errors
    /// `Freeze`, `Store`; nothing was saved then.
    pub async fn save_raw(&self, ops: &[Op]) -> Result<Vec<OpId>, PhoneError> {
        let mut tx = self.store.begin().await?;
        let ids = self.freeze_into(&mut tx, ops, self.surroundings.now()).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(ids)
    }

    /// Freezes drafts as one save and writes them durably. Answers the operations' ids in order.
    pub(crate) async fn save(&self, drafts: Vec<Draft>, photos: &[DraftPhoto]) -> Result<Vec<OpId>, PhoneError> {
        let now = self.surroundings.now();
        let mut tx = self.store.begin().await?;
        let ops = self.complete(&mut tx, drafts, now).await?;
        let ids = self.freeze_into(&mut tx, &ops, now).await?;
        let photos: Vec<NewPhoto> = photos
            .iter()
            .map(|photo| NewPhoto {
                photo: photo.photo,
                op: ids[photo.draft],
                record: ops[photo.draft].head.record,
                sha256: photo.sha256.clone(),
                length: photo.length,
                urgency: photo.urgency,
                made_at: now,
            })
            .collect();
        insert_photos(&mut tx, &photos).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(ids)
    }

    async fn freeze_into(&self, tx: &mut Tx, ops: &[Op], now: Micros) -> Result<Vec<OpId>, PhoneError> {
        let ids: Vec<OpId> = ops.iter().map(|_| new_id(&*self.surroundings).into()).collect();
        let groups: Vec<GroupId> = ops.iter().map(|_| new_id(&*self.surroundings).into()).collect();
        let life = read_life(tx).await?;
        let frozen = freeze_save(life.incarnation, life.last_seq + 1, ops, &ids, &groups)?;
        let records: Vec<RecordId> = ops.iter().map(|op| op.head.record).collect();
        insert_ops(tx, &frozen, &records, now).await?;
        Ok(ids)
    }

    /// Gives drafts their author, scope and clocks.
    async fn complete(&self, tx: &mut Tx, drafts: Vec<Draft>, now: Micros) -> Result<Vec<Op>, PhoneError> {
        let author = find_meta(tx, key::USER).await?.and_then(|id| id.parse().ok()).ok_or(PhoneError::NotEnrolled)?;
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
        let authored_scope = number(find_meta(tx, key::SCOPE_VERSION).await?);
        let times = self.times(tx).await?;
        let mut hlc: Hlc = find_meta(tx, key::HLC).await?.and_then(|text| text.parse().ok()).unwrap_or_default();
        let ops = drafts
            .into_iter()
            .map(|draft| {
                hlc = hlc.tick(now.as_micros() / 1_000);
                let head = Head {
                    kind: draft.body.kind().to_owned(),
                    record_kind: Some(draft.record_kind.to_owned()),
                    village: draft.village,
                    record: draft.record,
                    base_rev: draft.base_rev,
                    made_at: now,
                    hlc: hlc.to_string(),
                    author,
                    authored_scope,
                    times: CapturedTimes { gnss_at: gnss_at(&draft.body), ..times.clone() },
                };
                Op { head, body: draft.body }
            })
            .collect();
        set_meta(tx, key::HLC, &hlc.to_string()).await?;
        Ok(ops)
    }

    /// The clocks of this moment, with the server's anchor if it was brought in this boot: after another one the monotonic clock began anew.
    async fn times(&self, tx: &mut Tx) -> Result<CapturedTimes, StoreError> {
        let boot_id = self.surroundings.boot_id();
        let times = CapturedTimes {
            mono_us: Some(self.surroundings.monotonic_us()),
            boot_id: Some(boot_id.clone()),
            ..CapturedTimes::default()
        };
        if find_meta(tx, key::ANCHOR_BOOT).await? != Some(boot_id) {
            return Ok(times);
        }
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Ok(CapturedTimes {
            anchor: find_meta(tx, key::ANCHOR).await?,
            anchor_mono_us: number(find_meta(tx, key::ANCHOR_MONO).await?),
            anchor_rtt_us: number(find_meta(tx, key::ANCHOR_RTT).await?),
            ..times
        })
    }
}

/// The time inside the satellite fix that the operation carries.
fn gnss_at(body: &Body) -> Option<Micros> {
    match body {
        Body::PhotoAttach(photo) => photo.fix.as_ref()?.gnss_at,
        Body::Create(fields) => fields.get("fix")?.get("gnss_at")?.as_str()?.parse().ok(),
        Body::Patch(_)
        | Body::Transition { .. }
        | Body::Resolve { .. }
        | Body::LinkDuplicate { .. }
        | Body::Submit
        | Body::Supplement(_)
        | Body::PhotoRetract { .. }
        | Body::Unknown => None,
    }
}

pub(crate) fn draft(village: &FeedId, record: RecordId, record_kind: &'static str, body: Body) -> Draft {
    Draft { village: village.clone(), record, record_kind, base_rev: 0, body }
}

fn check_photos(finding: &Finding) -> Result<(), PhoneError> {
    for (index, photo) in finding.photos.iter().enumerate() {
        if photo.bytes.is_empty() || photo.bytes.len() as u64 > PHOTO_BYTES_MAX {
            return Err(PhoneError::Photo { index: index + 1, bytes: photo.bytes.len() });
        }
        if photo.hazards.iter().any(|at| *at >= finding.hazards.len()) {
            return Err(PhoneError::NoSuchHazard);
        }
    }
    Ok(())
}

fn inspection_draft(finding: &Finding, receipt: &CaptureReceipt, now: Micros) -> Draft {
    let mut fields = place_fields(finding);
    fields.insert("kind".to_owned(), json!(finding.kind));
    fields.insert("inspecting_unit".to_owned(), json!(finding.inspecting_unit));
    fields.insert("inspectors".to_owned(), json!(finding.inspectors));
    fields.insert("started_at".to_owned(), json!(finding.started_at.unwrap_or(now)));
    fields.insert("ended_at".to_owned(), json!(now));
    if let Some(summary) = &finding.summary {
        fields.insert("summary".to_owned(), json!(summary));
    }
    if let Some(reason) = finding.no_photo_reason.as_ref().filter(|_| finding.photos.is_empty()) {
        fields.insert("no_photo_reason".to_owned(), json!(reason));
    }
    fields.extend(finding.more.clone());
    draft(&finding.village, receipt.inspection, "inspection", Body::Create(fields))
}

fn hazard_draft(finding: &Finding, receipt: &CaptureReceipt, hazard: &HazardDraft, id: RecordId, now: Micros) -> Draft {
    let mut fields = place_fields(finding);
    fields.insert("inspection".to_owned(), json!(receipt.inspection));
    fields.insert("level".to_owned(), json!(hazard.level));
    fields.insert("position_text".to_owned(), json!(hazard.position_text));
    fields.insert("description".to_owned(), json!(hazard.description));
    fields.insert("found_at".to_owned(), json!(finding.started_at.unwrap_or(now)));
    fields.insert("finders".to_owned(), json!(finding.inspectors));
    fields.insert("origin".to_owned(), json!(hazard.origin));
    if let Some(control) = &hazard.control {
        fields.insert("control".to_owned(), json!(control));
    }
    if !hazard.criterion_ids.is_empty() {
        fields.insert("criterion_ids".to_owned(), json!(hazard.criterion_ids));
    }
    if let Some(reason) = finding.no_photo_reason.as_ref().filter(|_| finding.photos.is_empty()) {
        fields.insert("no_photo_reason".to_owned(), json!(reason));
    }
    fields.extend(hazard.more.clone());
    draft(&finding.village, id, "hazard", Body::Create(fields))
}

fn place_fields(finding: &Finding) -> BTreeMap<String, Value> {
    let place = match &finding.place {
        PlaceRef::Registered(place) => ("place".to_owned(), json!(place)),
        PlaceRef::Free(place) => ("free_place".to_owned(), place.clone()),
    };
    let position = match &finding.position {
        Position::Fix(fix) => ("fix".to_owned(), json!(fix)),
        Position::Missing { reason } => ("no_fix_reason".to_owned(), json!(reason)),
    };
    [place, position].into()
}

fn describe(photo: &PhotoDraft, id: RecordId, now: Micros) -> PhotoAttach {
    PhotoAttach {
        photo: id,
        sha256: to_hex(&sha256(&photo.bytes)),
        bytes: photo.bytes.len() as u64,
        mime: media_type(&photo.bytes).to_owned(),
        role: Some(photo.role.clone()),
        taken_at: Some(photo.taken_at.unwrap_or(now)),
        fix: photo.fix.clone(),
        source: Some(photo.source.clone()),
        caption: photo.caption.clone(),
    }
}

/// The media type that the first bytes tell; the name of a file tells nothing.
fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [_, _, _, _, b'f', b't', b'y', b'p', b'h', b'e', b'i' | b'v', ..] => "image/heic",
        [_, _, _, _, b'f', b't', b'y', b'p', b'm', b'i', b'f', b'1', ..] => "image/heif",
        _ => "application/octet-stream",
    }
}
