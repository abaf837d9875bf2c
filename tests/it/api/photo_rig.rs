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
use paicha::clock::TestClock;
use paicha_db::projections::{self, PhotoRow};
use paicha_db::{Engine, accounts};
use paicha_tests::app::TestApp;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sync_protocol::digest::{op_digest, sha256, to_hex};
use sync_protocol::ids::DeviceId;
use sync_protocol::role::Role;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The village of most tests, and another one.
pub(super) const VILLAGE: &str = "900000001001";
pub(super) const OTHER_VILLAGE: &str = "900000001002";

/// A running server.
pub(super) struct Rig {
    pub(super) app: Arc<App>,
    pub(super) clock: TestClock,
    pub(super) client: Client,
    /// Host and port.
    pub(super) address: String,
    server: TestApp,
    stop: watch::Sender<bool>,
    jobs: Option<JoinHandle<()>>,
}

/// Somebody with a phone.
#[derive(Debug, Clone)]
pub(super) struct Phone {
    login: String,
    pub(super) user: Uuid,
    pub(super) device: Uuid,
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
        let server = TestApp::start_with(engine, settings).await?;
        server.village(VILLAGE, "石桥村").await?;
        server.village(OTHER_VILLAGE, "云上村").await?;
        let (app, clock) = (server.app.clone(), server.clock.clone());
        let address = server.url.trim_start_matches("http://").to_owned();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { app, clock, client, address, server, stop: watch::Sender::new(false), jobs: None })
    }

    /// Starts the jobs.
    pub(super) fn start_jobs(&mut self) {
        self.jobs = Some(paicha::jobs::spawn(self.app.clone(), self.stop.subscribe()));
    }

    /// Ends the server and removes what it had.
    pub(super) async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        if let Some(jobs) = self.jobs {
            tokio::time::timeout(Duration::from_secs(10), jobs).await.context("the jobs do not stop")??;
        }
        self.server.remove().await
    }

    /// An invented inspector with a phone who may work in `village`.
    pub(super) async fn phone(&self, village: &str) -> Result<Phone> {
        self.person(Role::R1, village).await
    }

    /// Somebody invented with this role in `village`.
    pub(super) async fn person(&self, role: Role, village: &str) -> Result<Phone> {
        let login = self.app.ids.new_id().to_string();
        let signed_in = self.server.user(&login, role, &[village]).await?;
        Ok(Phone { login, user: signed_in.user.0, device: signed_in.device.0, token: signed_in.access_token })
    }

    /// A fresh access token.
    pub(super) async fn renew(&self, phone: &mut Phone) -> Result<()> {
        phone.token = self.server.sign_in(&phone.login, Some(DeviceId(phone.device))).await?.access_token;
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
