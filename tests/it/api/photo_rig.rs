//! A server with one village, invented people with phones, and photos that they declare.
//!
//! Not a test. What a newcomer gets wrong: access tokens end after minutes of the test's clock; ask for a new one after
//! moving it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paicha::app::App;
use paicha::auth::tokens::NewAccess;
use paicha::clock::TestClock;
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha_db::accounts::{self, UserRow};
use paicha_db::devices::{self, DeviceRow};
use paicha_db::projections::{self, PhotoRow};
use paicha_db::sessions::{self, SessionRow};
use paicha_db::{Engine, feeds};
use paicha_tests::databases::TestDatabase;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sync_protocol::digest::{op_digest, sha256, to_hex};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The village of most tests, and another one.
pub(super) const VILLAGE: &str = "500199000001";
pub(super) const OTHER_VILLAGE: &str = "500199000002";

/// 2026-03-04T08:00:00Z.
const START_US: i64 = 1_772_611_200_000_000;

/// A running server.
pub(super) struct Rig {
    pub(super) app: Arc<App>,
    pub(super) clock: TestClock,
    pub(super) client: Client,
    pub(super) address: String,
    database: TestDatabase,
    _folder: TempDir,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Somebody with a phone.
#[derive(Debug, Clone)]
pub(super) struct Phone {
    pub(super) user: Uuid,
    pub(super) device: Uuid,
    session: Uuid,
    pub(super) token: String,
}

/// A declared photo.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) id: Uuid,
    pub(super) record: Uuid,
    pub(super) sha256: [u8; 32],
    pub(super) length: usize,
}

impl Rig {
    pub(super) async fn start(engine: Engine, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = TestDatabase::create(engine).await?;
        let mut flags = vec![
            ("data.folder".to_owned(), folder.path().display().to_string()),
            ("database.url".to_owned(), database.config.url.clone()),
            ("database.connections_max".to_owned(), "4".to_owned()),
        ];
        flags.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = Config::load(&Sources { flags, ..Sources::default() })?;
        let clock = TestClock::at(START_US);
        let ids = SystemIds::new(Arc::new(clock.clone()));
        let app = paicha::start::start(config, Arc::new(clock.clone()), Arc::new(ids)).await?;
        let mut tx = app.database.begin_write().await?;
        for (village, name) in [(VILLAGE, "石桥村"), (OTHER_VILLAGE, "云上村")] {
            feeds::put_feed(&mut tx, village, name, None, None).await?;
        }
        tx.commit().await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (stop, mut stopped) = watch::channel(false);
        let service = paicha::http::router(app.clone());
        let server = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            tokio::select! {
                _ = axum::serve(listener, service) => {}
                () = stopped => {}
            }
        });
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { app, clock, client, address, database, _folder: folder, stop, tasks: vec![server] })
    }

    /// Starts the jobs.
    pub(super) fn start_jobs(&mut self) {
        self.tasks.push(paicha::jobs::spawn(self.app.clone(), self.stop.subscribe()));
    }

    /// Ends the server and removes what it had.
    pub(super) async fn stop(self) -> Result<()> {
        self.stop.send(true)?;
        for task in self.tasks {
            tokio::time::timeout(Duration::from_secs(10), task).await.context("a task does not stop")??;
        }
        self.app.database.close().await;
        self.database.remove().await
    }

    /// An invented inspector with a phone who may work in `village`.
    pub(super) async fn phone(&self, village: &str) -> Result<Phone> {
        let now = self.app.now().as_micros();
        let id = || self.app.ids.new_id();
        let mut phone = Phone { user: id(), device: id(), session: id(), token: String::new() };
        let mut tx = self.app.database.begin_write().await?;
        let user = UserRow {
            id: phone.user,
            login: phone.user.to_string(),
            name: "测试员甲".to_owned(),
            unit: "测试办".to_owned(),
            phone: String::new(),
            password_hash: String::new(),
            scope_version: 1,
            disabled_at: None,
            created_at: now,
        };
        accounts::create_user(&mut tx, user).await?;
        accounts::put_grant(&mut tx, phone.user, "R1", village, now).await?;
        let device = DeviceRow {
            id: phone.device,
            user: phone.user,
            label: "测试手机".to_owned(),
            model: "YX-200".to_owned(),
            enrolled_at: now,
            seen_at: now,
            revoked_at: None,
        };
        devices::create_device(&mut tx, device).await?;
        let session = SessionRow {
            id: phone.session,
            user: phone.user,
            device: Some(phone.device),
            current_hash: phone.session.as_bytes().repeat(2),
            previous_hash: None,
            current_used: false,
            created_at: now,
            rotated_at: now,
            expires_at: i64::MAX,
            revoked_at: None,
        };
        sessions::create_session(&mut tx, session).await?;
        tx.commit().await?;
        self.renew(&mut phone)?;
        Ok(phone)
    }

    /// A fresh access token.
    pub(super) fn renew(&self, phone: &mut Phone) -> Result<()> {
        let access = NewAccess {
            user_id: phone.user,
            device_id: Some(phone.device),
            session_id: phone.session,
            token_id: self.app.ids.new_id(),
        };
        phone.token = self.app.tokens.sign(access, self.app.clock.now_us())?.token.expose().clone();
        Ok(())
    }

    /// Gives or takes the right to work in a village.
    pub(super) async fn grant(&self, phone: &Phone, village: &str, holds: bool) -> Result<()> {
        let now = self.app.now().as_micros();
        let mut tx = self.app.database.begin_write().await?;
        if holds {
            accounts::put_grant(&mut tx, phone.user, "R1", village, now).await?;
        } else {
            accounts::revoke_grant(&mut tx, phone.user, "R1", village, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Pushes a place with this photo, by a new life of the phone's database.
    pub(super) async fn declare(&self, phone: &Phone, village: &str, photo: &[u8]) -> Result<Declared> {
        let id = || self.app.ids.new_id();
        let declared = Declared { id: id(), record: id(), sha256: sha256(photo), length: photo.len() };
        let head = json!({ "village": village, "record": declared.record, "author": phone.user,
            "made_at": self.app.now() });
        let create = merged(
            &head,
            json!({ "kind": "create", "type": "place",
            "fields": { "name": "石桥小卖部", "place_type": "self_employed" } }),
        );
        let attach = merged(
            &head,
            json!({ "kind": "photo.attach", "photo": declared.id,
            "sha256": to_hex(&declared.sha256), "bytes": photo.len(), "mime": "image/jpeg" }),
        );
        let ops: Vec<Value> = [create, attach]
            .iter()
            .zip(1..)
            .map(
                |(op, seq)| json!({ "seq": seq, "id": id(), "digest": op_digest(op.to_string().as_bytes()), "op": op }),
            )
            .collect();
        let batch = json!({ "proto": 1, "device": phone.device, "incarnation": id(), "schema": 1, "ops": ops });
        let answer = self.request(phone, Method::POST, "/v1/sync/push").json(&batch).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let results = answer["results"].as_array().context("results")?;
        ensure!(results.iter().all(|result| result["status"] == "applied"), "{answer}");
        Ok(declared)
    }

    /// A request without anything of tus.
    pub(super) fn request(&self, phone: &Phone, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(&phone.token)
    }

    /// A request of tus.
    pub(super) fn tus(&self, phone: &Phone, method: Method, path: &str) -> RequestBuilder {
        self.request(phone, method, path).header("Tus-Resumable", "1.0.0")
    }

    /// Asks for an upload of a photo.
    pub(super) fn creation(&self, phone: &Phone, photo: &Declared) -> RequestBuilder {
        let length = photo.length.to_string();
        self.tus(phone, Method::POST, "/v1/uploads")
            .header("Upload-Length", length)
            .header("Upload-Metadata", metadata(photo))
    }

    /// Makes an upload; its path.
    pub(super) async fn create(&self, phone: &Phone, photo: &Declared) -> Result<String> {
        let answer = self.creation(phone, photo).send().await?;
        ensure!(answer.status() == 201, "{answer:?}");
        header(&answer, "location").context("Location")
    }

    /// Bytes at an offset.
    pub(super) fn append(&self, phone: &Phone, path: &str, offset: usize, bytes: &[u8]) -> RequestBuilder {
        self.tus(phone, Method::PATCH, path)
            .header("Upload-Offset", offset.to_string())
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes.to_vec())
    }

    /// The offset that the server answers.
    pub(super) async fn offset(&self, phone: &Phone, path: &str) -> Result<usize> {
        let answer = self.tus(phone, Method::HEAD, path).send().await?;
        ensure!(answer.status() == 200, "{answer:?}");
        Ok(header(&answer, "upload-offset").context("Upload-Offset")?.parse()?)
    }

    /// Creates, sends everything at once and expects it to be taken.
    pub(super) async fn upload(&self, phone: &Phone, photo: &Declared, bytes: &[u8]) -> Result<String> {
        let path = self.create(phone, photo).await?;
        let answer = self.append(phone, &path, 0, bytes).send().await?;
        ensure!(answer.status() == 204, "{answer:?}");
        Ok(path)
    }

    /// The photo as people's questions see it.
    pub(super) async fn photo(&self, id: Uuid) -> Result<PhotoRow> {
        let mut tx = self.app.database.begin_read().await?;
        let found = projections::find_photos(&mut tx, &[id]).await?;
        tx.rollback().await?;
        found.into_iter().next().context("the photo was declared")
    }

    /// Waits until the photo is as wanted.
    pub(super) async fn photo_when(&self, id: Uuid, wanted: impl Fn(&PhotoRow) -> bool) -> Result<PhotoRow> {
        for _ in 0..1200 {
            let photo = self.photo(id).await?;
            if wanted(&photo) {
                return Ok(photo);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        anyhow::bail!("the photo stays as it is: {:?}", self.photo(id).await?)
    }

    /// What the photo's record says was derived.
    pub(super) async fn derived(&self, id: Uuid) -> Result<Value> {
        let mut tx = self.app.database.begin_read().await?;
        let rows = paicha_db::records::find_records(&mut tx, &[id]).await?;
        tx.rollback().await?;
        let record: sync_protocol::record::Record = serde_json::from_str(&rows.first().context("a record")?.state)?;
        record.shown("derived").context("nothing was derived")
    }

    /// Keys of everything that is staged.
    pub(super) async fn staged(&self) -> Result<Vec<String>> {
        Ok(self.app.blobs.list("staging", 1000).await?)
    }
}

fn merged(head: &Value, body: Value) -> Value {
    let both = [head.clone(), body].into_iter().filter_map(|value| match value {
        Value::Object(object) => Some(object),
        _ => None,
    });
    Value::Object(both.flatten().collect())
}

/// The metadata of a photo as tus wants it.
pub(super) fn metadata(photo: &Declared) -> String {
    let pairs: BTreeMap<&str, String> =
        [("photo", photo.id.to_string()), ("record", photo.record.to_string()), ("sha256", to_hex(&photo.sha256))]
            .into();
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value))).collect();
    pairs.join(",")
}

pub(super) fn header(answer: &Response, name: &str) -> Option<String> {
    Some(answer.headers().get(name)?.to_str().ok()?.to_owned())
}

/// The code of a problem.
pub(super) async fn problem(answer: Response) -> Result<(u16, String)> {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await?;
    Ok((status, body["code"].as_str().context("a problem has a code")?.to_owned()))
}

/// Bytes that look like nothing, different for each seed.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}
