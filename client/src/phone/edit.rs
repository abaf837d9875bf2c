//! Looking at records and changing them offline. A change names what the person saw (base revision and base values), so the server can tell
//! a conflict from a correction. Nothing is merged here; what is shown is the server's state with this phone's own work over it.

use std::collections::BTreeMap;

use serde_json::Value;
use sync_protocol::ids::{FeedId, OpId, RecordId};
use sync_protocol::op::{Body, Change, Op};
use sync_protocol::record::Record;
use sync_protocol::schema::find_kind;

use super::capture::{Draft, draft};
use super::{Phone, PhoneError};
use crate::pure::outbox::OpState;
use crate::pure::overlay::{ShownRecord, lay_over};
use crate::store::{OutboxRow, StoreError};
use crate::surroundings::new_id;

impl Phone {
    /// A record as the screen shows it.
    ///
    /// # Errors
    /// `Store`.
    pub async fn view(&self, record: RecordId) -> Result<Option<ShownRecord>, PhoneError> {
        let row = self.store.find_record(record).await?;
        let server: Option<Record> = row.and_then(|row| serde_json::from_str(&row.state).ok());
        let ops = self.store.list_ops_about(record).await?;
        let pending: Vec<Op> = ops
            .iter()
            .filter(|row| is_laid_over(row, server.is_some()))
            .filter_map(|row| Op::parse(&row.bytes).ok())
            .collect();
        Ok(lay_over(record, server.as_ref(), &pending))
    }

    /// Sets fields of a record. Base values are what [`Phone::view`] shows now.
    ///
    /// # Errors
    /// `NoSuchRecord`, `NotEnrolled`, `Freeze`, `Store`; nothing was saved then.
    pub async fn edit(&self, record: RecordId, set: BTreeMap<String, Value>) -> Result<OpId, PhoneError> {
        let shown = self.view(record).await?.ok_or(PhoneError::NoSuchRecord)?;
        let changes = set.into_iter().map(|(name, new)| {
            let base = shown.fields.get(&name).cloned();
            (name, Change { base, new })
        });
        let body = Body::Patch(changes.collect());
        self.save_about(&shown, body).await
    }

    /// Takes an edge of the record's state machine, from the state shown now.
    ///
    /// # Errors
    /// As [`Phone::edit`].
    pub async fn transition(
        &self,
        record: RecordId,
        to: &str,
        reason: Option<&str>,
        evidence: BTreeMap<String, Value>,
    ) -> Result<OpId, PhoneError> {
        let shown = self.view(record).await?.ok_or(PhoneError::NoSuchRecord)?;
        let initial = find_kind(&shown.kind).and_then(|kind| kind.initial_state).unwrap_or_default();
        let from = shown.fields.get("state").and_then(Value::as_str).unwrap_or(initial).to_owned();
        let body = Body::Transition { from, to: to.to_owned(), reason: reason.map(str::to_owned), evidence };
        self.save_about(&shown, body).await
    }

    /// Adds to a record without changing it.
    ///
    /// # Errors
    /// As [`Phone::edit`].
    pub async fn supplement(&self, record: RecordId, fields: BTreeMap<String, Value>) -> Result<OpId, PhoneError> {
        let shown = self.view(record).await?.ok_or(PhoneError::NoSuchRecord)?;
        self.save_about(&shown, Body::Supplement(fields)).await
    }

    /// Makes a record of any kind of the schema, for example a place. Fields may be missing; they are asked for.
    ///
    /// # Errors
    /// `NoSuchRecord` for a kind that the schema does not have; otherwise as [`Phone::edit`].
    pub async fn create(
        &self,
        village: &FeedId,
        record_kind: &str,
        fields: BTreeMap<String, Value>,
    ) -> Result<RecordId, PhoneError> {
        let kind = find_kind(record_kind).ok_or(PhoneError::NoSuchRecord)?;
        let record = RecordId::from(new_id(&*self.surroundings));
        self.save(vec![draft(village, record, kind.name, Body::Create(fields))], &[]).await?;
        Ok(record)
    }

    /// Withdraws a photo from a record (不采用). The photo itself is still owed to the server.
    ///
    /// # Errors
    /// As [`Phone::edit`].
    pub async fn retract_photo(&self, record: RecordId, photo: RecordId, reason: &str) -> Result<OpId, PhoneError> {
        let shown = self.view(record).await?.ok_or(PhoneError::NoSuchRecord)?;
        self.save_about(&shown, Body::PhotoRetract { photo, reason: Some(reason.to_owned()) }).await
    }

    async fn save_about(&self, shown: &ShownRecord, body: Body) -> Result<OpId, PhoneError> {
        let record_kind = find_kind(&shown.kind).map_or("", |kind| kind.name);
        let patch = Draft { village: shown.feed.clone(), record: shown.id, record_kind, base_rev: shown.rev, body };
        let ids = self.save(vec![patch], &[]).await?;
        ids.first().copied().ok_or(PhoneError::Store(StoreError::Damaged("op_id")))
    }
}

/// Whether an operation is laid over the server's state. What waits for a person is shown only while the server has nothing else to
/// show of the record, so that nobody's own capture seems to vanish.
fn is_laid_over(row: &OutboxRow, on_server: bool) -> bool {
    match row.state {
        OpState::Queued | OpState::Inflight | OpState::Acked => !row.seen || !on_server,
        OpState::Waiting => !on_server,
        OpState::Refused | OpState::Acknowledged | OpState::Archived => false,
    }
}
