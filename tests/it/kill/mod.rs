//! The server dies at the worst moments, and nothing that was acknowledged is lost or doubled: at every crash point of push and upload
//! (`points`), and by SIGKILL whenever it happens (`whenever`). A real process dies, on both engines, with the real client in front.
//!
//! What a newcomer gets wrong: a crash point in the source that is missing from the table in `points` fails a test.

mod points;
mod restored;
mod whenever;

use crate::stories::{check_handed_in, hazards};
use anyhow::{Context as _, Result, ensure};
use paicha::auth::secret::Secret;
use paicha::blobs::{Blobs, original_key};
use paicha::clock::{Clock, SystemClock};
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha::usecases::manage_users::{Manager, NewUser, create_user, grant_role};
use paicha_client::Phone;
use paicha_db::{Engine, feeds, projections};
use paicha_tests::app::PASSWORD;
use paicha_tests::databases::TestDatabase;
use paicha_tests::phones::{enrol, finding, open_phone, sync};
use paicha_tests::program::{Program, binary};
use paicha_tests::proxy::Proxy;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use sync_protocol::ids::RecordId;
use sync_protocol::role::Role;
use tempfile::TempDir;

const VILLAGE: &str = "900000001001";
/// How long the jobs of a restarted server may take to settle and derive a photo.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
/// Syncs that a phone gets until everything is handed in; the first may still meet the dying server.
const SYNCS_MAX: usize = 4;

/// What outlives the server: its data, its database, the line to it and what the phones captured.
struct World {
    database: TestDatabase,
    config: Config,
    line: Proxy,
    folder: TempDir,
}

impl World {
    async fn new(engine: Engine, logins: &[&str]) -> Result<Self> {
        let database = TestDatabase::create(engine).await?;
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data").display().to_string();
        let flags = [("data.folder", data), ("database.url", database.config.url.clone())];
        let flags = flags.map(|(key, value)| (key.to_owned(), value)).to_vec();
        let config = Config::load(&Sources { flags, ..Sources::default() })?;
        let world = Self { database, config, line: Proxy::start(None).await?, folder };
        world.prepare(logins).await?;
        Ok(world)
    }

    async fn prepare(&self, logins: &[&str]) -> Result<()> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let app = paicha::start::start(self.config.clone(), clock.clone(), Arc::new(SystemIds::new(clock))).await?;
        let mut tx = app.database.begin_write().await?;
        feeds::put_feed(&mut tx, VILLAGE, "云杉村", None, None).await?;
        tx.commit().await?;
        for login in logins {
            let new = NewUser {
                login: (*login).to_owned(),
                name: format!("测试{login}"),
                unit: "测试单位".to_owned(),
                phone: String::new(),
                password: Secret::new(PASSWORD.to_owned()),
            };
            let user = create_user(&app, Manager::CommandLine, new).await?;
            grant_role(&app, Manager::CommandLine, user, Role::R1, VILLAGE).await?;
        }
        app.database.close().await;
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.config.data.folder.clone()
    }

    /// Starts the server and leads the line to it.
    async fn start(&self, failpoints: &str) -> Result<Program> {
        let program = Program::start(&self.data(), &self.database.config.url, failpoints).await?;
        self.line.lead_to(Some(&program.url))?;
        Ok(program)
    }

    async fn phone(&self, login: &str) -> Result<Phone> {
        let file = self.folder.path().join(format!("{login}.db"));
        let phone = open_phone(&file, &self.line.url, Arc::new(SystemClock)).await?;
        enrol(&phone, &self.line.url, login).await?;
        sync(&phone).await?;
        Ok(phone)
    }

    /// Synchronises until nothing waits any more.
    async fn hand_in(&self, phone: &Phone) -> Result<()> {
        let mut last = None;
        for _ in 0..SYNCS_MAX {
            last = sync(phone).await.err();
            let status = phone.status().await?;
            if last.is_none() && status.waiting_ops == 0 && status.photos_owed == 0 {
                return Ok(());
            }
        }
        let status = phone.status().await?;
        anyhow::bail!("not handed in: {last:?}, {status:?}")
    }

    /// Everything the phones captured is on the server, once and whole.
    async fn check(&self, phones: &[&Phone], captured: &Captured) -> Result<()> {
        let database = &self.database.database;
        for phone in phones {
            check_handed_in(database, phone, VILLAGE).await?;
            let idle = sync(phone).await?;
            ensure!((idle.answered, idle.photos_stored) == (0, 0), "something was handed in again: {idle:?}");
        }
        let mut expected = captured.hazards.clone();
        expected.sort();
        ensure!(hazards(database, VILLAGE).await? == expected, "hazards differ from what was captured");
        tokio::time::timeout(SETTLED_WITHIN, self.check_photos(captured)).await.context("photos are not settled")??;
        self.verify().await
    }

    async fn check_photos(&self, captured: &Captured) -> Result<()> {
        let blobs = Blobs::in_folder(&self.config.blobs_folder())?;
        for (photo, bytes) in &captured.photos {
            loop {
                let mut tx = self.database.database.begin_read().await?;
                let rows = projections::find_photos(&mut tx, &[photo.0]).await?;
                tx.rollback().await?;
                let row = rows.first().context("an acknowledged photo is unknown")?;
                // Derived too, so that the next server begins without work and dies in the phone's hands, not in a job's.
                if row.stored && row.derive_state.is_some() {
                    let stored = blobs.get(&original_key(&row.sha256.as_slice().try_into()?)).await?;
                    ensure!(stored == *bytes, "the original differs from what was captured");
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Lets the program check its own data, in versions that can.
    async fn verify(&self) -> Result<()> {
        let program = || tokio::process::Command::new(binary().unwrap_or_default());
        let help = program().arg("--help").env_clear().output().await?;
        if !String::from_utf8_lossy(&help.stdout).contains("\n  verify") {
            return Ok(());
        }
        let mut verify = program();
        verify.env_clear().arg("--data").arg(self.data());
        let done = verify.args(["--database", &self.database.config.url, "verify"]).output().await?;
        let said = String::from_utf8_lossy(&done.stdout);
        ensure!(done.status.success(), "verify: {said}{}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    async fn remove(self) -> Result<()> {
        self.database.remove().await
    }
}

/// What phones captured: what must be on the server in the end.
#[derive(Default)]
struct Captured {
    hazards: Vec<String>,
    photos: BTreeMap<RecordId, Vec<u8>>,
}

impl Captured {
    async fn capture(&mut self, phone: &Phone, description: String, photos: Vec<Vec<u8>>) -> Result<()> {
        let receipt = phone.capture(finding(VILLAGE, &description, photos.clone())).await?;
        self.hazards.push(description);
        self.photos.extend(receipt.photos.into_iter().zip(photos));
        Ok(())
    }
}
