//! A small server in the same process for the tests of the driver: it consumes, remembers and replays, keeps records by the real merge
//! function, takes photos in pieces, and loses requests and replies on demand. It is strict where the real one is: gaps, cut
//! groups, digests, checksums.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use base64::Engine as _;
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::ids::{OpId, RecordId};
use sync_protocol::merge::{Context, EventTime, Outcome, Scope, Status, Submission, World, decide};
use sync_protocol::op::Op;
use sync_protocol::pull::{ChangedRecord, check_term, toggle};
use sync_protocol::push::{OpResult, PushRequest, Stopped};
use sync_protocol::time::{Grade, Micros};

use crate::surroundings::{BoxFuture, Surroundings};
use crate::test_data::{feed, instant, page, push_response, uuid};
use crate::transport::{Method, Request, Response, Transport, TransportError};

/// What happens to the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Pass,
    LoseRequest,
    LoseReply,
    Answer(u16),
}

#[derive(Default, Clone)]
pub(crate) struct State {
    pub(crate) epoch: u32,
    pub(crate) consumed: BTreeMap<String, i64>,
    pub(crate) results: BTreeMap<OpId, (String, Outcome)>,
    pub(crate) digests: BTreeMap<(String, i64), String>,
    pub(crate) log: Vec<OpId>,
    pub(crate) world: World,
    pub(crate) uploads: BTreeMap<String, (u64, Vec<u8>)>,
    pub(crate) removed: bool,
    /// The village is not readable, and the page does not say so.
    pub(crate) forgotten: bool,
    /// Numbers that came again with other bytes.
    pub(crate) reused: usize,
    pub(crate) wrong_check: bool,
    /// Hello answers the digest of the last operation.
    pub(crate) names_digest: bool,
    /// Tokens issued so far; only the newest access token holds.
    pub(crate) tokens: u32,
    pub(crate) requests: Vec<String>,
}

#[derive(Default)]
pub(crate) struct FakeServer {
    pub(crate) state: Mutex<State>,
    pub(crate) faults: Mutex<VecDeque<Fault>>,
}

fn answer(status: u16, body: &Value) -> Response {
    Response { status, headers: vec![], body: body.to_string().into() }
}

fn problem(status: u16, code: &str) -> Response {
    answer(status, &json!({"code": code, "title": code}))
}

impl FakeServer {
    pub(crate) fn fault(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    fn handle(&self, request: &Request) -> Response {
        let mut state = self.state.lock().unwrap();
        let name = format!("{:?} {}", request.method, request.path);
        state.requests.push(name);
        if request.path.starts_with("/v1/auth/") {
            return login(&mut state);
        }
        let token = format!("Bearer access-{}", state.tokens);
        if header(request, "authorization") != Some(&token) {
            return problem(401, "unauthenticated");
        }
        match (request.method, request.path.as_str()) {
            (Method::Post, "/v1/sync/hello") => hello(&state, request),
            (Method::Post, "/v1/sync/push") => push(&mut state, request),
            (Method::Post, "/v1/sync/pull") => pull(&state, request),
            (Method::Post, "/v1/uploads") => create(&mut state, request),
            (Method::Head, path) => offset(&state, path),
            (Method::Patch, path) => patch(&mut state, path, request),
            _ => problem(404, "not-found"),
        }
    }
}

impl Transport for FakeServer {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            match self.faults.lock().unwrap().pop_front().unwrap_or(Fault::Pass) {
                Fault::Pass => Ok(self.handle(&request)),
                Fault::LoseRequest => Err(TransportError::Unreachable("test".to_owned())),
                Fault::LoseReply => {
                    self.handle(&request);
                    Err(TransportError::TimedOut)
                }
                Fault::Answer(status) => Ok(problem(status, "test")),
            }
        })
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a String> {
    request.headers.iter().find(|(have, _)| *have == name).map(|(_, value)| value)
}

fn login(state: &mut State) -> Response {
    state.tokens += 1;
    answer(
        200,
        &json!({
            "access_token": format!("access-{}", state.tokens), "expires_in_s": 900, "refresh_token": "r",
            "user": {"id": uuid(5), "name": "示例用户", "unit": "示例村", "scope_version": 1}, "device": uuid(6),
        }),
    )
}

fn hello(state: &State, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let incarnation = body["incarnation"].as_str().unwrap().to_owned();
    let consumed = state.consumed.get(&incarnation).copied().unwrap_or(0);
    let last = body["last_seq"].as_i64().unwrap();
    let differs = consumed == last
        && state
            .digests
            .get(&(incarnation, last))
            .is_some_and(|digest| Some(digest.as_str()) != body["last_digest"].as_str());
    if consumed > last || differs {
        return problem(409, "incarnation-rollback");
    }
    let digest = state.digests.get(&(body["incarnation"].as_str().unwrap().to_owned(), consumed));
    let hex = digest.filter(|_| state.names_digest).map(|digest| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(digest).unwrap();
        sync_protocol::digest::to_hex(&bytes.try_into().unwrap())
    });
    answer(200, &json!({"consumed_to": consumed, "digest": hex}))
}

fn push(state: &mut State, request: &Request) -> Response {
    let plain = zstd::decode_all(&request.body[..]).unwrap();
    let envelope: PushRequest<'_> = serde_json::from_slice(&plain).unwrap();
    let incarnation = envelope.incarnation.to_string();
    let mut consumed = state.consumed.get(&incarnation).copied().unwrap_or(0);
    let mut results: Vec<OpResult> = Vec::new();
    let mut stopped = None;
    for pushed in &envelope.ops {
        let bytes = pushed.op.get().as_bytes();
        assert_eq!(pushed.digest, op_digest(bytes), "digest of the exact bytes");
        if pushed.seq > consumed + 1 {
            stopped = Some(Stopped::Gap { expect: consumed + 1 });
            break;
        }
        let place = (incarnation.clone(), pushed.seq);
        if state.digests.get(&place).is_some_and(|digest| *digest != pushed.digest) {
            state.reused += 1;
            let outcome = Outcome::without_effect(Status::Refused, "seq_reuse");
            results.push(OpResult { seq: pushed.seq, outcome, vrev: None, replayed: false });
            continue;
        }
        consumed = consumed.max(pushed.seq);
        state.digests.insert(place, pushed.digest.clone());
        let known = state.results.get(&pushed.id).cloned();
        let replayed = known.is_some();
        let outcome =
            known.map_or_else(|| take(state, &envelope, pushed.seq, pushed.id, bytes), |(_, outcome)| outcome);
        state.results.insert(pushed.id, (pushed.digest.clone(), outcome.clone()));
        results.push(OpResult { seq: pushed.seq, outcome, vrev: None, replayed });
    }
    state.consumed.insert(incarnation, consumed);
    let mut response = push_response(consumed, results, stopped);
    response.epoch = format!("e{}", state.epoch);
    response.anchor = Some("sealed".to_owned());
    answer(200, &json!(response))
}

fn take(state: &mut State, envelope: &PushRequest<'_>, seq: i64, id: OpId, bytes: &[u8]) -> Outcome {
    state.log.push(id);
    let op = Op::parse(bytes).unwrap();
    let context = Context {
        received_at: instant(),
        uploader: uuid(5).into(),
        roles: vec![sync_protocol::role::Role::R1],
        scope: Scope::Inside,
        server: false,
        ancestors: envelope.parent.into_iter().collect(),
        event: EventTime { at: op.head.made_at, grade: Grade::C, uncertainty_us: None, clock_suspect: false },
        fix_village: None,
        place_village: None,
        places: Vec::new(),
    };
    let submission = Submission { id, incarnation: envelope.incarnation, seq, op: &op, context: &context };
    decide(&mut state.world, submission)
}

/// Every record in every page that starts from nothing; nothing otherwise, unless the epoch is another.
fn pull(state: &State, request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let incarnation = body["incarnation"].as_str().unwrap();
    let mut sum = [0; 16];
    let mut changes: Vec<ChangedRecord> = Vec::new();
    for record in state.world.records.values() {
        toggle(&mut sum, &check_term(record.id, record.rev));
        changes.push(ChangedRecord {
            t: record.kind.clone(),
            id: record.id,
            rev: record.rev,
            vrev: record.rev,
            number: None,
            v: Some(json!(record)),
        });
    }
    let count = i64::try_from(changes.len()).unwrap();
    let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut page = page(&format!("e{}", state.epoch), changes);
    page.ack.consumed_to = state.consumed.get(incarnation).copied().unwrap_or(0);
    let drain_until = instant();
    if state.forgotten {
        page.villages.clear();
    } else if state.removed {
        page.villages.clear();
        page.scope.removed.push(sync_protocol::pull::RemovedFeed { village: feed(), drain_until });
    } else {
        let count = if state.wrong_check { count + 1 } else { count };
        page.check.push(sync_protocol::pull::FeedCheck { village: feed(), at: 1, count, sum });
    }
    answer(200, &json!(page))
}

fn with_offset(status: u16, path: &str, offset: usize) -> Response {
    let headers = vec![("location".to_owned(), path.to_owned()), ("upload-offset".to_owned(), offset.to_string())];
    Response { status, headers, body: bytes::Bytes::new() }
}

fn create(state: &mut State, request: &Request) -> Response {
    let length = header(request, "upload-length").unwrap().parse().unwrap();
    let path =
        format!("/v1/uploads/{}", op_digest(header(request, "upload-metadata").unwrap().as_bytes()).replace('/', "_"));
    let (_, bytes) = state.uploads.entry(path.clone()).or_insert((length, Vec::new()));
    with_offset(201, &path, bytes.len())
}

fn offset(state: &State, path: &str) -> Response {
    state.uploads.get(path).map_or_else(|| problem(404, "not-found"), |(_, bytes)| with_offset(200, path, bytes.len()))
}

fn patch(state: &mut State, path: &str, request: &Request) -> Response {
    let Some((length, bytes)) = state.uploads.get_mut(path) else { return problem(404, "not-found") };
    if header(request, "upload-offset") != Some(&bytes.len().to_string()) {
        return problem(409, "upload-offset");
    }
    if header(request, "upload-checksum") != Some(&format!("sha256 {}", op_digest(&request.body))) {
        return problem(460, "checksum-mismatch");
    }
    bytes.extend_from_slice(&request.body);
    assert!(bytes.len() as u64 <= *length);
    with_offset(204, path, bytes.len())
}

/// A clock that only sleeping moves, and numbers that never repeat.
pub(crate) struct FakeSurroundings {
    now_us: AtomicI64,
    counter: AtomicU64,
    seed: u64,
}

impl FakeSurroundings {
    pub(crate) fn new(seed: u64) -> Self {
        Self { now_us: AtomicI64::new(instant().as_micros()), counter: AtomicU64::new(1), seed }
    }

    pub(crate) fn advance(&self, us: i64) {
        self.now_us.fetch_add(us, Ordering::SeqCst);
    }
}

impl Surroundings for FakeSurroundings {
    fn now(&self) -> Micros {
        Micros::from_micros(self.now_us.load(Ordering::SeqCst)).unwrap()
    }

    fn monotonic_us(&self) -> i64 {
        self.now_us.load(Ordering::SeqCst)
    }

    fn boot_id(&self) -> String {
        "boot-1".to_owned()
    }

    fn random_bytes(&self) -> [u8; 16] {
        let count = self.counter.fetch_add(1, Ordering::SeqCst);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&count.to_be_bytes());
        bytes[8..].copy_from_slice(&self.seed.to_be_bytes());
        bytes
    }

    fn sleep(&self, ms: u64) -> BoxFuture<'_, ()> {
        self.advance(i64::try_from(ms).unwrap() * 1_000);
        Box::pin(std::future::ready(()))
    }
}

/// Ids of the records that exist on the server, in order.
pub(crate) fn record_ids(server: &FakeServer) -> Vec<RecordId> {
    server.state.lock().unwrap().world.records.keys().copied().collect()
}
