//! Handing in: greet the server once per run, send one batch, write what the answer says, follow what it asks for. One call is one batch,
//! so tests can stop anywhere between. What a newcomer gets wrong: when no answer comes, nothing is written; the same operations go
//! out again and the server repeats its first answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use sync_protocol::limits::{PROTO, SCHEMA};
use sync_protocol::problem::Problem;
use sync_protocol::push::{PhoneClock, PushRequest, PushResponse, PushedOp};
use sync_protocol::time::Micros;

use super::session::{post, read};
use super::{Link, Phone, PhoneError};
use crate::pure::answer::{Next, SentOp, read_answer};
use crate::pure::batch::{QueuedOp, plan_batch};
use crate::pure::hlc::Hlc;
use crate::pure::life::{HelloVerdict, judge_hello};
use crate::store::{
    QueuedRow, StoreError, Tx, begin_life, drop_drained, find_meta, key, owe_again_from, owe_recent_again,
    requeue_from, requeue_recent, set_meta, start_over, write_answers,
};
use crate::surroundings::new_random_id;
use crate::transport::{Method, Request, TransportError};

/// Level of zstd for batches: they are small, and a phone's battery counts.
const ZSTD_LEVEL: i32 = 3;
/// Hello asks at most this often before the numbers count as not fitting.
const HELLOS_MAX: u32 = 3;

/// What one batch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRound {
    /// Operations that were sent; 0 when none were queued.
    pub sent: usize,
    /// Operations that got an answer.
    pub answered: usize,
    /// Whether a new life of the database began.
    pub new_life: bool,
    /// Seconds the server wants to be left alone before the next batch.
    pub wait_s: u64,
}

impl PushRound {
    const IDLE: Self = Self { sent: 0, answered: 0, new_life: false, wait_s: 0 };
    const NEW_LIFE: Self = Self { new_life: true, ..Self::IDLE };
}

#[derive(Deserialize)]
struct HelloAnswer {
    consumed_to: i64,
    /// Hex SHA-256 of the last operation the server consumed in this life.
    #[serde(default)]
    digest: Option<String>,
}

impl Phone {
    /// Sends one batch, if anything is queued, and writes what the server said about it.
    ///
    /// # Errors
    /// `Transport` when no answer came, `Problem` for an answer to the envelope, `Store`. Everything stays queued then.
    pub async fn push_once(&self) -> Result<PushRound, PhoneError> {
        let mut link = self.link.lock().await;
        if !link.greeted {
            let new_life = self.greet().await?;
            link.greeted = true;
            if new_life {
                return Ok(PushRound::NEW_LIFE);
            }
        }
        let mut queued = self.store.list_queued().await?;
        let sizes: Vec<QueuedOp> = queued.iter().map(to_size).collect();
        queued.truncate(plan_batch(&sizes, link.batch));
        if queued.is_empty() {
            return Ok(PushRound::IDLE);
        }
        let sent_at_us = self.surroundings.monotonic_us();
        match self.send_batch(&queued).await {
            Ok(response) => {
                link.batch = link.batch.doubled(response.next_batch_max);
                self.take_answer(&queued, &response, sent_at_us).await
            }
            Err(error) if error.is_problem(Problem::IncarnationRollback.code()) => {
                self.begin_new_life().await?;
                Ok(PushRound::NEW_LIFE)
            }
            Err(error) => {
                shrink(&mut link, &error);
                Err(error)
            }
        }
    }

    async fn send_batch(&self, queued: &[QueuedRow]) -> Result<PushResponse, PhoneError> {
        let life = self.store.life().await?;
        let ops = queued
            .iter()
            .map(|row| {
                let op: &RawValue = serde_json::from_slice(&row.bytes).map_err(|_| StoreError::Damaged("bytes"))?;
                Ok(PushedOp { seq: row.seq, id: row.id, group: Some(row.group), digest: row.digest.clone(), op })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let pending: i64 = self.status().await?.waiting_ops;
        let request = PushRequest {
            proto: PROTO,
            device: self.store.find_device().await?.ok_or(PhoneError::NotEnrolled)?,
            incarnation: life.incarnation,
            parent: life.parent,
            app: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA,
            scope_version: self.store.meta(key::SCOPE_VERSION).await?.and_then(|text| text.parse().ok()).unwrap_or(0),
            clock: Some(PhoneClock {
                wall: self.surroundings.now(),
                hlc: self.store.meta(key::HLC).await?.unwrap_or_default(),
                since_boot_ms: Some(self.surroundings.monotonic_us() / 1_000),
            }),
            pending_total: pending,
            ops,
        };
        let plain = serde_json::to_vec(&request).map_err(PhoneError::Answer)?;
        let packed = zstd::encode_all(&plain[..], ZSTD_LEVEL).map_err(StoreError::File)?;
        let request = Request::new(Method::Post, "/v1/sync/push")
            .header("content-type", "application/json")
            .header("content-encoding", "zstd")
            .header("accept-encoding", "zstd")
            .body(Bytes::from(packed));
        read(&self.call(request).await?)
    }

    /// Writes everything an answer means in one transaction.
    async fn take_answer(
        &self,
        queued: &[QueuedRow],
        response: &PushResponse,
        sent_at_us: i64,
    ) -> Result<PushRound, PhoneError> {
        let sent: Vec<SentOp> = queued.iter().map(|row| SentOp { id: row.id, seq: row.seq }).collect();
        let life = self.store.life().await?;
        let effects = read_answer(&sent, life.last_seq, response);
        let now = self.surroundings.now();
        let mut tx = self.store.begin().await?;
        let mut new_life = self.enter_epoch(&mut tx, &response.epoch, now).await?;
        write_answers(&mut tx, &effects.answers).await?;
        let mut wait_s = 0;
        match effects.next {
            Next::Continue => {}
            Next::Wait { seconds } => wait_s = seconds,
            Next::ResendFrom { seq } => {
                owe_again_from(&mut tx, seq, now).await?;
                new_life |= !requeue_from(&mut tx, seq).await?;
            }
            Next::NewLife => new_life = true,
        }
        if new_life {
            begin_life(&mut tx, new_random_id(&*self.surroundings).into()).await?;
        }
        self.keep_time(&mut tx, response.server_time, response.anchor.as_deref(), sent_at_us).await?;
        drop_drained(&mut tx).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(PushRound { sent: queued.len(), answered: effects.answers.len(), new_life, wait_s })
    }

    /// Greets the server with this life's last number, so that a restored database is noticed before it sends anything. Answers whether
    /// a new life began.
    async fn greet(&self) -> Result<bool, PhoneError> {
        let mut named = None;
        for _ in 0..HELLOS_MAX {
            let (facts, about) = self.store.life_facts(named).await?;
            let Some((seq, digest)) = about else {
                // Nothing was ever saved in this life, or its numbers have a hole.
                return if facts.last_seq == 0 { Ok(false) } else { self.begin_new_life().await.map(|()| true) };
            };
            let answer = match self.hello(seq, &digest).await {
                Ok(answer) => answer,
                Err(error) if error.is_problem(Problem::IncarnationRollback.code()) => {
                    self.begin_new_life().await?;
                    return Ok(true);
                }
                Err(error) => return Err(error),
            };
            let consumed_to = answer.consumed_to;
            let compared = match self.has_digest(consumed_to, answer.digest.as_deref()).await? {
                Some(false) => break,
                Some(true) => consumed_to,
                // The server named no digest; it compares only the operation that was asked about.
                None => seq,
            };
            match judge_hello(facts, compared, consumed_to) {
                HelloVerdict::Agreed => return Ok(false),
                HelloVerdict::AskAbout { seq } => named = Some(seq),
                HelloVerdict::ResendFrom { seq } => {
                    let mut tx = self.store.begin().await?;
                    owe_again_from(&mut tx, seq, self.surroundings.now()).await?;
                    let whole = requeue_from(&mut tx, seq).await?;
                    tx.commit().await.map_err(StoreError::from)?;
                    if whole {
                        return Ok(false);
                    }
                    break;
                }
                HelloVerdict::NewLife => break,
            }
        }
        self.begin_new_life().await?;
        Ok(true)
    }

    /// Whether operation `seq` of this life has that digest here; `None` when there is nothing to compare.
    async fn has_digest(&self, seq: i64, digest: Option<&str>) -> Result<Option<bool>, PhoneError> {
        let Some(digest) = digest.filter(|_| seq > 0) else { return Ok(None) };
        let (_, ours) = self.store.life_facts(Some(seq)).await?;
        Ok(Some(ours.is_some_and(|(_, ours)| to_hex(&ours).as_deref() == Some(digest))))
    }

    async fn hello(&self, last_seq: i64, last_digest: &str) -> Result<HelloAnswer, PhoneError> {
        let life = self.store.life().await?;
        let body = json!({
            "device": self.store.find_device().await?.ok_or(PhoneError::NotEnrolled)?,
            "incarnation": life.incarnation,
            "parent": life.parent,
            "last_seq": last_seq,
            "last_digest": last_digest,
            "digests": {last_seq.to_string(): to_hex(last_digest).unwrap_or_default()},
        });
        read(&self.call(post("/v1/sync/hello", &body)).await?)
    }

    async fn begin_new_life(&self) -> Result<(), PhoneError> {
        let mut tx = self.store.begin().await?;
        begin_life(&mut tx, new_random_id(&*self.surroundings).into()).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Takes note of the server's history. If it is another one than before, recent operations and photos are offered again and everything
    /// is fetched anew. Answers whether a new life must begin, because operations of earlier lives are among them.
    pub(crate) async fn enter_epoch(&self, tx: &mut Tx, epoch: &str, now: Micros) -> Result<bool, PhoneError> {
        let known = find_meta(tx, key::EPOCH).await?;
        if known.as_deref() == Some(epoch) {
            return Ok(false);
        }
        set_meta(tx, key::EPOCH, epoch).await?;
        if known.is_none() {
            return Ok(false);
        }
        start_over(tx).await?;
        owe_recent_again(tx, now).await?;
        Ok(requeue_recent(tx, now).await?)
    }

    /// Keeps the server's time: the hybrid clock adopts it, and the sealed anchor is kept with the boot it arrived in.
    pub(crate) async fn keep_time(
        &self,
        tx: &mut Tx,
        server_time: Micros,
        anchor: Option<&str>,
        sent_at_us: i64,
    ) -> Result<(), PhoneError> {
        let hlc: Hlc = find_meta(tx, key::HLC).await?.and_then(|text| text.parse().ok()).unwrap_or_default();
        set_meta(tx, key::HLC, &hlc.observe(server_time.as_micros() / 1_000).to_string()).await?;
        if let Some(anchor) = anchor {
            set_meta(tx, key::ANCHOR, anchor).await?;
            let arrived_us = self.surroundings.monotonic_us();
            set_meta(tx, key::ANCHOR_BOOT, &self.surroundings.boot_id()).await?;
            set_meta(tx, key::ANCHOR_MONO, &arrived_us.to_string()).await?;
            set_meta(tx, key::ANCHOR_RTT, &arrived_us.saturating_sub(sent_at_us).to_string()).await?;
        }
        Ok(())
    }
}

/// The hex form of a base64 digest, as hello writes digests.
fn to_hex(digest: &str) -> Option<String> {
    let bytes = STANDARD.decode(digest).ok()?;
    Some(sync_protocol::digest::to_hex(&bytes.try_into().ok()?))
}

fn to_size(row: &QueuedRow) -> QueuedOp {
    QueuedOp { seq: row.seq, group: row.group, bytes: row.bytes.len() }
}

fn shrink(link: &mut Link, error: &PhoneError) {
    let too_much = match error {
        PhoneError::Transport(TransportError::TimedOut) => true,
        PhoneError::Problem { status, .. } => *status == 413,
        _ => false,
    };
    if too_much {
        link.batch = link.batch.halved();
    }
}
