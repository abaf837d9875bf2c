//! One page of what changed in the phone's villages since its cursor (protocol 3.6): a keyset scan on (village, position) inside one
//! read snapshot, bounded in bytes. A village that the phone does not have starts from nothing with the same scan, because a state feed
//! from position 0 is a snapshot. What a newcomer gets wrong: cutting a page inside one position, which may hold several records.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::auth::seal::Purpose;
use crate::usecases::caller::Caller;
use crate::usecases::open_installation::{begin_history, find_epoch};
use crate::usecases::wording::outcome_of;
use paicha_db::feeds::{self, FeedRow};
use paicha_db::ops::{self, Stretch};
use paicha_db::projections::Villages;
use paicha_db::records::{self, Changed};
use paicha_db::{DbError, Tx, incarnations, meta};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use sync_protocol::canonical::to_json;
use sync_protocol::cursor::Cursor;
use sync_protocol::ids::{DeviceId, FeedId};
use sync_protocol::limits::{
    PROTO, PULL_OUTCOMES_MAX, PULL_PAGE_BYTES_DEFAULT, PULL_PAGE_BYTES_MAX, PULL_ROWS_MAX, RETENTION_DAYS,
    SCOPE_FEEDS_MAX,
};
use sync_protocol::pull::{
    Acknowledged, ChangedRecordOut, FeedCheck, FeedMode, FeedPage, OpOutcome, PullRequest, PullResponse, RemovedFeed,
    ScopeChange,
};
use sync_protocol::time::DAY_US;

/// Why a page was not made.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The envelope is too new or too old to answer.
    #[error("this version of the protocol is not answered")]
    Upgrade,
    /// The token belongs to another phone than the envelope.
    #[error("the envelope names another device than the token")]
    WrongDevice,
    /// The cursor is not one of ours.
    #[error("the cursor cannot be read")]
    BadCursor,
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// A change on its way out: its JSON, made from the stored state without reading it.
pub type RawChange = Box<RawValue>;

/// The next page for a phone.
///
/// # Errors
/// [`PullError`]; asking again with the same cursor is always safe.
pub async fn pull_changes(
    app: &App,
    caller: &Caller,
    request: PullRequest,
) -> Result<PullResponse<RawChange>, PullError> {
    if request.proto != PROTO {
        return Err(PullError::Upgrade);
    }
    if caller.device != Some(request.device) {
        return Err(PullError::WrongDevice);
    }
    let mut tx = app.database.begin_read().await?;
    let mut epoch = find_epoch(&mut tx).await?;
    let mut cursor = open_cursor(app, request.cursor.as_deref(), &epoch)?;
    let mut feeds = readable_feeds(&mut tx, caller).await?;
    if is_ahead(&cursor, &feeds) {
        // We sealed these positions ourselves, so this database was put back to an older copy since.
        tx.rollback().await?;
        begin_history(app, Some(&epoch)).await?;
        tx = app.database.begin_read().await?;
        epoch = find_epoch(&mut tx).await?;
        cursor = Cursor::start(&epoch);
        feeds = readable_feeds(&mut tx, caller).await?;
    }
    let scope = follow_scope(app, caller, &mut cursor, &feeds);
    let budget = usize::try_from(request.max_bytes.unwrap_or(0)).unwrap_or(0);
    let budget = if budget == 0 { PULL_PAGE_BYTES_DEFAULT } else { budget.min(PULL_PAGE_BYTES_MAX) };
    let mut page = Page {
        villages: Vec::new(),
        outcomes: Vec::new(),
        check: Vec::new(),
        bytes_left: budget,
        bytes_taken: 0,
        rows_taken: 0,
        more: false,
    };
    for feed in &feeds {
        if page.bytes_left == 0 {
            page.more |= !is_whole(&cursor, feed);
            continue;
        }
        page.add_feed(&mut tx, &mut cursor, feed, request.device).await?;
    }
    let ack = acknowledged(&mut tx, app, &request).await?;
    tx.rollback().await?;
    let server_time = app.now();
    Ok(PullResponse {
        epoch,
        server_time,
        anchor: super::push_operations::seal_anchor(app, server_time),
        cursor: seal_cursor(app, &cursor)?,
        more: page.more,
        scope,
        ack,
        outcomes: page.outcomes,
        villages: page.villages,
        check: page.check,
    })
}

/// How far the server has this phone's operations, and how far they are safe even if it burns down: in its last backup, or, without
/// one, received longer ago than phones keep their own copies.
async fn acknowledged(tx: &mut Tx, app: &App, request: &PullRequest) -> Result<Acknowledged, DbError> {
    let life = incarnations::find_incarnation(tx, request.incarnation.0).await?;
    let Some(life) = life.filter(|life| life.device == request.device.0) else {
        return Ok(Acknowledged { consumed_to: 0, durable_to: 0 });
    };
    let backed_up = meta::find_meta(tx, BACKUP_META_KEY).await?.and_then(|at| at.parse::<i64>().ok());
    let aged = app.now().saturating_add(-RETENTION_DAYS * DAY_US).as_micros();
    let since = backed_up.map_or(aged, |at| at.max(aged));
    let durable_to = ops::find_last_seq_before(tx, life.id, since).await?.min(life.consumed);
    Ok(Acknowledged { consumed_to: life.consumed, durable_to })
}

/// Where the newest backup says up to when (microseconds UTC of receipt) it holds everything.
pub const BACKUP_META_KEY: &str = "durable.backup_at";

/// Whether the phone is still fetching a village for the first time: a long read, which must not keep out those that want what is new. A
/// cursor that cannot be read counts as one; the pull itself says what is wrong with it.
pub fn is_first_sync(app: &App, request: &PullRequest) -> bool {
    let sealed = request.cursor.as_deref();
    let bytes = sealed.and_then(|sealed| app.seals.open(Purpose::PullCursor, sealed).ok());
    bytes.and_then(|bytes| Cursor::decode(&bytes)).is_none_or(|cursor| !cursor.snapshots.is_empty())
}

fn open_cursor(app: &App, sealed: Option<&str>, epoch: &str) -> Result<Cursor, PullError> {
    let start = Cursor::start(epoch);
    let Some(sealed) = sealed else { return Ok(start) };
    let bytes = app.seals.open(Purpose::PullCursor, sealed).map_err(|_| PullError::BadCursor)?;
    let cursor = Cursor::decode(&bytes).ok_or(PullError::BadCursor)?;
    // A cursor of another history means that the server was restored: the phone starts anew, and its answer names the new epoch.
    Ok(if cursor.epoch == epoch { cursor } else { start })
}

fn seal_cursor(app: &App, cursor: &Cursor) -> Result<String, PullError> {
    app.seals.seal(Purpose::PullCursor, &cursor.encode()).map_err(|_| PullError::BadCursor)
}

async fn readable_feeds(tx: &mut Tx, caller: &Caller) -> Result<Vec<FeedRow>, DbError> {
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut feeds = match caller.villages(Action::SyncPull) {
        Villages::All => feeds::list_feeds(tx, limit).await?,
        Villages::Only(ids) => feeds::find_feeds(tx, &ids).await?,
    };
    feeds.retain(|feed| feed.id.bytes().any(|digit| digit != b'0'));
    Ok(feeds)
}

/// Brings the cursor to the caller's scope: what left it is forgotten at once, what is new starts from nothing.
fn follow_scope(app: &App, caller: &Caller, cursor: &mut Cursor, feeds: &[FeedRow]) -> ScopeChange {
    let readable: BTreeMap<FeedId, ()> = feeds.iter().filter_map(|feed| Some((feed.id.parse().ok()?, ()))).collect();
    let removed: Vec<FeedId> = cursor.positions.keys().filter(|id| !readable.contains_key(*id)).cloned().collect();
    let added = readable.keys().filter(|id| !cursor.positions.contains_key(*id)).cloned().collect();
    let drain_until = app.now().saturating_add(super::push_operations::GRACE_DAYS * DAY_US);
    for id in &removed {
        cursor.positions.remove(id);
        cursor.snapshots.remove(id);
    }
    cursor.scope_version = caller.scope_version;
    let removed = removed.into_iter().map(|village| RemovedFeed { village, drain_until }).collect();
    ScopeChange { version: caller.scope_version, added, removed }
}

fn position(cursor: &Cursor, feed: &FeedRow) -> i64 {
    feed.id.parse().ok().and_then(|id: FeedId| cursor.positions.get(&id).copied()).unwrap_or(0)
}

/// Whether the phone has seen more of a village than there is.
fn is_ahead(cursor: &Cursor, feeds: &[FeedRow]) -> bool {
    feeds.iter().any(|feed| position(cursor, feed) > feed.vrev)
}

fn is_whole(cursor: &Cursor, feed: &FeedRow) -> bool {
    position(cursor, feed) >= feed.vrev
}

struct Page {
    villages: Vec<FeedPage<RawChange>>,
    outcomes: Vec<OpOutcome>,
    check: Vec<FeedCheck>,
    bytes_left: usize,
    bytes_taken: usize,
    rows_taken: usize,
    more: bool,
}

/// Bytes of one change, before a page has any to judge by.
const CHANGE_BYTES_GUESS: usize = 800;
/// Rows read at least: more than one operation changes, so that a read is never all one position.
const PULL_ROWS_MIN: i64 = 64;

impl Page {
    /// Fills the page with one village, as far as there is room.
    async fn add_feed(
        &mut self,
        tx: &mut Tx,
        cursor: &mut Cursor,
        feed: &FeedRow,
        device: DeviceId,
    ) -> Result<(), DbError> {
        let Ok(id) = feed.id.parse::<FeedId>() else { return Ok(()) };
        let known = cursor.positions.get(&id).copied();
        let from = known.unwrap_or(0);
        // A village that was at 0 once stays a snapshot until its first pass reaches the position it had then.
        let mode = if known.is_none() { FeedMode::Snapshot } else { self.mode(cursor, &id, from) };
        if known.is_none() {
            cursor.snapshots.insert(id.clone(), feed.vrev);
        }
        let mut to = from;
        let mut changes = Vec::new();
        while to < feed.vrev && self.bytes_left > 0 {
            let limit = self.rows_wanted();
            let rows = records::list_changed(tx, &feed.id, to, limit).await?;
            let whole = rows.len() < usize::try_from(limit).unwrap_or(usize::MAX);
            let last = rows.last().map_or(feed.vrev, |row| row.vrev);
            to = self.take_rows(&rows, whole, last, &mut changes).unwrap_or(to);
            if whole && to == last {
                to = feed.vrev;
            }
        }
        to = self.add_outcomes(tx, device, Stretch { feed: &feed.id, after: from, to }, &mut changes).await?;
        self.more |= to < feed.vrev;
        cursor.positions.insert(id.clone(), to);
        if cursor.snapshots.get(&id).is_some_and(|end| to >= *end) {
            cursor.snapshots.remove(&id);
        }
        if to == feed.vrev && (to > from || known.is_none()) {
            self.check.push(check(feed, &id));
        }
        if to > from || known.is_none() {
            let changes = changes.into_iter().map(|(_, change)| change).collect();
            self.villages.push(FeedPage { id, mode, to, head: feed.vrev, changes });
        }
        Ok(())
    }

    /// Adds what the phone's operations came to on the way; where there is more than fits, the village's part ends earlier.
    async fn add_outcomes(
        &mut self,
        tx: &mut Tx,
        device: DeviceId,
        stretch: Stretch<'_>,
        changes: &mut Vec<(i64, RawChange)>,
    ) -> Result<i64, DbError> {
        let limit = i64::try_from(PULL_OUTCOMES_MAX + 1).unwrap_or(i64::MAX);
        let mut settled = ops::list_settled(tx, device.0, stretch, limit).await?;
        let mut to = stretch.to;
        if settled.len() > PULL_OUTCOMES_MAX {
            let last = settled.last().map_or(to, |one| one.vrev);
            // Whole positions only; one operation never settles as many as fit a page.
            settled.retain(|one| one.vrev < last);
            to = last - 1;
            changes.retain(|(vrev, _)| *vrev <= to);
        }
        self.outcomes.extend(settled.iter().map(|one| outcome_of(one.id.into(), &one.settled)));
        Ok(to)
    }

    /// Rows that will about fill the page, judged by those on it: what is read and does not fit is read again for the next page.
    fn rows_wanted(&self) -> i64 {
        let average = self.bytes_taken.checked_div(self.rows_taken).unwrap_or(CHANGE_BYTES_GUESS).max(1);
        let fitting = i64::try_from(self.bytes_left / average).unwrap_or(i64::MAX).saturating_add(1);
        fitting.clamp(PULL_ROWS_MIN, PULL_ROWS_MAX)
    }

    fn mode(&self, cursor: &Cursor, id: &FeedId, from: i64) -> FeedMode {
        let first_pass = cursor.snapshots.get(id).is_some_and(|end| from < *end);
        if first_pass { FeedMode::Snapshot } else { FeedMode::Delta }
    }

    /// Adds rows while there is room, whole positions only; answers the last position that is complete.
    fn take_rows(
        &mut self,
        rows: &[Changed],
        whole: bool,
        last: i64,
        changes: &mut Vec<(i64, RawChange)>,
    ) -> Option<i64> {
        let mut done = None;
        for position in rows.chunk_by(|a, b| a.vrev == b.vrev) {
            let vrev = position[0].vrev;
            // The rows read may end inside the last position; it is left to the next read unless nothing else was in them.
            let perhaps_cut = !whole && vrev == last && done.is_some();
            if perhaps_cut || (self.bytes_left == 0 && done.is_some()) {
                break;
            }
            for row in position {
                let change = raw_change(row);
                let bytes = change.get().len();
                self.bytes_left = self.bytes_left.saturating_sub(bytes);
                self.bytes_taken += bytes;
                self.rows_taken += 1;
                changes.push((vrev, change));
            }
            done = Some(vrev);
        }
        if rows.is_empty() { Some(last) } else { done }
    }
}

fn check(feed: &FeedRow, id: &FeedId) -> FeedCheck {
    let sum: [u8; 16] = feed.check_sum.as_slice().try_into().unwrap_or_default();
    FeedCheck { village: id.clone(), at: feed.vrev, count: feed.check_count, sum: hex::encode(sum) }
}

fn raw_change(row: &Changed) -> RawChange {
    let state = if row.gone { None } else { RawValue::from_string(row.state.clone()).ok() };
    let out = ChangedRecordOut {
        t: if row.gone { "exit" } else { &row.kind },
        id: row.id.into(),
        rev: row.rev,
        vrev: row.vrev,
        number: row.number.as_deref(),
        v: state.as_deref(),
    };
    RawValue::from_string(to_json(&out)).expect("compact JSON that was just written is JSON")
}
