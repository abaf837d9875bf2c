//! The sync protocol through the real use cases, on both engines: what a push stores and answers, what a pull gives back. Phones here are
//! a few lines that write operations by hand, so that hostile and broken ones can be written too; the real client has stories of its own.

mod envelope;
mod evidence;
mod many_waiting;
mod numbers_model;
mod pull;
mod push;
mod strange_text;
mod verify;
mod verify_random;

use anyhow::Result;
use paicha::app::App;
use paicha::auth::permissions::{Grant, Scope};
use paicha::clock::TestClock;
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha::usecases::caller::Caller;
use paicha::usecases::push_operations::{PushBatch, Pushed, push_operations};
use paicha_db::accounts::{UserRow, create_user, put_grant};
use paicha_db::{Engine, feeds};
use paicha_tests::databases::TestDatabase;
use serde_json::{Value, json};
use std::sync::Arc;
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

pub(crate) const VILLAGE: &str = "500999001203";
pub(crate) const OTHER_VILLAGE: &str = "500999001204";
/// 2023-06-12 09:30 in Shanghai.
pub(crate) const NOW_US: i64 = 1_686_533_400_000_000;

/// A server over a fresh database, without HTTP.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: TestClock,
    database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(engine: Engine) -> Result<Self> {
        let database = TestDatabase::create(engine).await?;
        let folder = tempfile::tempdir()?;
        let flags = vec![
            ("data.folder".to_owned(), folder.path().display().to_string()),
            ("database.url".to_owned(), database.config.url.clone()),
        ];
        let config = Config::load(&Sources { file: None, environment: vec![], flags })?;
        let clock = TestClock::at(NOW_US);
        let ids = Arc::new(SystemIds::new(Arc::new(clock.clone())));
        let app = paicha::start::start(config, Arc::new(clock.clone()), ids).await?;
        let mut tx = app.database.begin_write().await?;
        for (code, name) in [(VILLAGE, "云杉村"), (OTHER_VILLAGE, "石桥村")] {
            feeds::put_feed(&mut tx, code, name, Some("500999001000"), None).await?;
        }
        tx.commit().await?;
        Ok(Self { app, clock, database, _folder: folder })
    }

    pub(crate) async fn remove(self) -> Result<()> {
        self.app.database.close().await;
        self.database.remove().await
    }

    /// A phone of a new inspector of [`VILLAGE`].
    pub(crate) async fn phone(&self, number: u128) -> Result<Phone> {
        let user = Uuid::from_u128(0xa000 + number);
        let mut tx = self.app.database.begin_write().await?;
        let row = UserRow {
            id: user,
            login: format!("inspector{number}"),
            name: "试用员".to_owned(),
            unit: "云杉村".to_owned(),
            phone: String::new(),
            password_hash: String::new(),
            scope_version: 1,
            disabled_at: None,
            created_at: NOW_US,
        };
        create_user(&mut tx, row).await?;
        put_grant(&mut tx, user, "R1", VILLAGE, NOW_US).await?;
        tx.commit().await?;
        let caller = Caller {
            user: user.into(),
            device: Some(Uuid::from_u128(0xd000 + number).into()),
            grants: vec![Grant {
                role: Role::R1,
                villages: Scope::of([VILLAGE]),
                places: std::collections::BTreeSet::new(),
            }],
            scope_version: 1,
            server: false,
        };
        Ok(Phone { caller, incarnation: Uuid::from_u128(0xc000 + number), seq: 0, number })
    }
}

/// A phone that writes operations by hand.
pub(crate) struct Phone {
    pub(crate) caller: Caller,
    pub(crate) incarnation: Uuid,
    pub(crate) seq: i64,
    number: u128,
}

impl Phone {
    /// The next operation in sequence; `body` is laid over a plain head.
    pub(crate) fn op(&mut self, record: u128, body: Value) -> Value {
        self.seq += 1;
        let mut op = json!({
            "type": "hazard", "village": VILLAGE, "record": Uuid::from_u128(record), "base_rev": 0,
            "made_at": "2023-06-12T09:00:00+08:00", "hlc": format!("{:012x}-{:04x}", self.seq, self.number),
            "author": self.caller.user,
        });
        op.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        let id = Uuid::from_u128((self.number << 64) | u128::try_from(self.seq).expect("positive"));
        pushed(self.seq, id, &op.to_string())
    }

    pub(crate) fn create(&mut self, record: u128, level: &str) -> Value {
        self.op(record, json!({"kind": "create", "fields": {"level": level, "description": "配电箱门敞开，线头裸露"}}))
    }

    pub(crate) fn set(&mut self, record: u128, field: &str, base: Value, new: Value) -> Value {
        self.op(record, json!({"kind": "patch", "set": {field: {"base": base, "new": new}}}))
    }

    pub(crate) fn envelope(&self, ops: &[Value]) -> Value {
        json!({"proto": 1, "device": self.caller.device, "incarnation": self.incarnation, "ops": ops})
    }

    pub(crate) async fn push(&self, world: &World, ops: &[Value]) -> Result<Pushed> {
        self.push_envelope(world, &self.envelope(ops).to_string()).await
    }

    pub(crate) async fn push_envelope(&self, world: &World, text: &str) -> Result<Pushed> {
        let request = serde_json::from_str(text)?;
        let batch = PushBatch::of_request(&request);
        Ok(push_operations(world.app.clone(), self.caller.clone(), batch).await?)
    }
}

/// An operation with its digest, as it stands in an envelope. The bytes pass through one more serialisation here, so they are compact.
pub(crate) fn pushed(seq: i64, id: Uuid, op: &str) -> Value {
    let op: Value = serde_json::from_str(op).expect("tests write JSON");
    let digest = op_digest(op.to_string().as_bytes());
    json!({"seq": seq, "id": id, "digest": digest, "op": op})
}

/// The statuses of results, in sequence.
pub(crate) fn statuses(pushed: &Pushed) -> Vec<String> {
    let status =
        |result| serde_json::to_value(result).map(|value: Value| value["status"].as_str().unwrap_or("?").to_owned());
    pushed.results.iter().map(|result| status(result).expect("results serialise")).collect()
}
