//! The whole server for a test: real HTTP on a loopback port, a fresh database on either engine, a temporary folder for photos and keys, and
//! a clock that stands still until the test moves it.
//!
//! People and villages are made by helpers, everything else by requests. What a newcomer gets wrong: the clock does not move by
//! itself, so two requests happen at the same microsecond unless the test calls `app.clock.advance`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use paicha::app::App;
use paicha::auth::secret::Secret;
use paicha::clock::{Clock, TestClock};
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha::usecases::manage_users::{Manager, NewUser, create_user, grant_role, grant_role_for};
use paicha_db::{Engine, accounts, feeds};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_protocol::ids::{DeviceId, RecordId, UserId};
use sync_protocol::role::Role;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::databases::{ENGINES, TestDatabase};

/// Where every test's clock starts: 2023-06-01 08:00 in Beijing.
pub const START_US: i64 = 1_685_577_600_000_000;
/// The subdistrict that [`TestApp::village`] puts villages into; invented.
pub const SUBDISTRICT: &str = "900000001000";
/// Everybody's password.
pub const PASSWORD: &str = "测试口令一二三四";
/// Written instead of a village in a grant for everything.
pub const EVERYWHERE: &str = "*";

/// A running server.
#[derive(Debug)]
pub struct TestApp {
    /// What the server holds, to look at or to call use cases.
    pub app: Arc<App>,
    /// The server's clock.
    pub clock: TestClock,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    http: reqwest::Client,
    server: JoinHandle<()>,
    database: Option<TestDatabase>,
    _folder: TempDir,
}

/// A person with a session on a phone.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person.
    pub user: UserId,
    /// The enrolled phone.
    pub device: DeviceId,
    /// For the `Authorization` header.
    pub access_token: String,
    /// For `/v1/auth/refresh`.
    pub refresh_token: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// The body as JSON; null for none, a string for what is no JSON.
    pub body: Value,
}

impl Answer {
    /// The code of the problem, `""` when it is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body of a success.
    ///
    /// # Errors
    /// Anything but 2xx, with the whole answer.
    pub fn ok(self) -> Result<Value> {
        ensure!(self.status.is_success(), "{self:?}");
        Ok(self.body)
    }
}

impl TestApp {
    /// Starts a server on a fresh database.
    ///
    /// # Errors
    /// When PostgreSQL is missing; says what to run.
    pub async fn start(engine: Engine) -> Result<Self> {
        Self::start_with(engine, &[]).await
    }

    /// Starts a server with other settings, such as `("limits.photo_mib_max", "1")`.
    ///
    /// # Errors
    /// When PostgreSQL is missing or a setting is wrong.
    pub async fn start_with(engine: Engine, settings: &[(&str, &str)]) -> Result<Self> {
        let database = TestDatabase::create(engine).await?;
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data").display().to_string();
        let own =
            [("data.folder", data.as_str()), ("database.url", &database.config.url), ("database.connections_max", "4")];
        let flags = own.into_iter().chain(settings.iter().copied());
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let config = Config::load(&Sources { flags, ..Sources::default() })?;
        let clock = TestClock::at(START_US);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let app = paicha::start::start(config, shared.clone(), Arc::new(SystemIds::new(shared))).await?;
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let service = paicha::http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, service).await {
                panic!("the server of a test ended: {error}");
            }
        });
        let http = reqwest::Client::builder().no_proxy().build()?;
        let app = Self { app, clock, url, http, server, database: Some(database), _folder: folder };
        app.add_feed(SUBDISTRICT, "测试街道", None).await?;
        Ok(app)
    }

    /// Makes a village of the test subdistrict.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn village(&self, code: &str, name: &str) -> Result<()> {
        self.add_feed(code, name, Some(SUBDISTRICT)).await
    }

    async fn add_feed(&self, code: &str, name: &str, parent: Option<&str>) -> Result<()> {
        let mut tx = self.app.database.begin_write().await?;
        feeds::put_feed(&mut tx, code, name, parent, None).await?;
        Ok(tx.commit().await?)
    }

    /// Makes a person with one role in these villages (`"*"` is everywhere) and signs in on a new phone.
    ///
    /// # Errors
    /// When the login is taken or a village is missing.
    pub async fn user(&self, login: &str, role: Role, villages: &[&str]) -> Result<SignedIn> {
        let user = self.person(login).await?;
        for village in villages {
            let granted = grant_role(&self.app, Manager::CommandLine, user, role, village).await;
            granted.with_context(|| format!("{role} in {village}"))?;
        }
        self.sign_in(login, None).await
    }

    /// Makes a person of an enterprise who acts for these places, signed in on a new phone.
    ///
    /// # Errors
    /// When the login is taken, or the village or a place is missing.
    pub async fn firm(&self, login: &str, village: &str, places: &[RecordId]) -> Result<SignedIn> {
        let user = self.person(login).await?;
        let which = (Role::R7, village);
        let places: Vec<_> = places.iter().map(|place| place.0).collect();
        grant_role_for(&self.app, Manager::CommandLine, user, which, Some(&places)).await.context("R7")?;
        self.sign_in(login, None).await
    }

    /// Makes a person without any role, who is not signed in.
    ///
    /// # Errors
    /// When the login is taken.
    pub async fn person(&self, login: &str) -> Result<UserId> {
        let new = NewUser {
            login: login.to_owned(),
            name: format!("测试{login}"),
            unit: "测试单位".to_owned(),
            phone: String::new(),
            password: Secret::new(PASSWORD.to_owned()),
        };
        Ok(create_user(&self.app, Manager::CommandLine, new).await?)
    }

    /// Signs in on a phone, a new one when none is named.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_in(&self, login: &str, device: Option<DeviceId>) -> Result<SignedIn> {
        let device = json!({ "id": device, "label": "测试手机", "model": "Model T" });
        let body = json!({ "login": login, "password": PASSWORD, "device": device });
        SignedIn::of(&self.post(None, "/v1/auth/login", &body).await?.ok()?)
    }

    /// GET, signed in or not.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn get(&self, who: Option<&SignedIn>, path: &str) -> Result<Answer> {
        self.send(Method::GET, who.map(|who| who.access_token.as_str()), path, None).await
    }

    /// POST with a JSON body, signed in or not.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn post(&self, who: Option<&SignedIn>, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, who.map(|who| who.access_token.as_str()), path, Some(body)).await
    }

    /// DELETE, signed in or not.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn delete(&self, who: Option<&SignedIn>, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, who.map(|who| who.access_token.as_str()), path, None).await
    }

    /// Any request with any text as access token.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn send(&self, method: Method, token: Option<&str>, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = self.request(method, path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let retry_after = response.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after_s = retry_after.and_then(|value| value.parse().ok());
        let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        Ok(Answer { status, retry_after_s, body })
    }

    /// A request to fill in by hand, for headers and bodies that are not JSON.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A person's row, to look at.
    ///
    /// # Errors
    /// When there is none.
    pub async fn user_row(&self, user: UserId) -> Result<accounts::UserRow> {
        let mut tx = self.app.database.begin_read().await?;
        accounts::find_user(&mut tx, user.0).await?.context("no such person")
    }

    /// Stops the server and removes its database.
    ///
    /// # Errors
    /// When the database cannot be removed.
    pub async fn remove(mut self) -> Result<()> {
        self.server.abort();
        self.app.database.close().await;
        match self.database.take() {
            Some(database) => database.remove().await,
            None => Ok(()),
        }
    }
}

impl Drop for TestApp {
    /// A test that failed: the server stops and the folder goes; a PostgreSQL database stays until its server goes.
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl SignedIn {
    /// Reads the answer of a login or refresh on a phone.
    ///
    /// # Errors
    /// When it is something else.
    pub fn of(body: &Value) -> Result<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("no text in {body}"));
        Ok(Self {
            user: text(&body["user"]["id"])?.parse()?,
            device: text(&body["device"])?.parse()?,
            access_token: text(&body["access_token"])?,
            refresh_token: text(&body["refresh_token"])?,
        })
    }
}

/// Runs the test against a fresh server on each engine and names the engine when it fails.
///
/// # Panics
/// When the test does, or a server cannot be started.
pub async fn both_servers<Test, Running>(test: Test)
where
    Test: Fn(Arc<TestApp>) -> Running,
    Running: Future<Output = Result<()>> + Send + 'static,
{
    for engine in ENGINES {
        let app = match TestApp::start(engine).await {
            Ok(app) => Arc::new(app),
            Err(error) => panic!("{error:?}"),
        };
        // A task of its own, so that a panic leaves time to drop the database.
        let outcome = tokio::spawn(test(app.clone())).await;
        let removed = match Arc::try_unwrap(app) {
            Ok(app) => app.remove().await,
            // The test left a task behind that still holds it.
            Err(_) => Ok(()),
        };
        match (outcome, removed) {
            (Ok(Ok(())), Ok(())) => {}
            (Ok(Err(error)), _) => panic!("on {engine:?}: {error:?}"),
            (Err(error), _) => panic!("on {engine:?}: {error}"),
            (Ok(Ok(())), Err(error)) => panic!("the database of a test cannot be removed: {error:?}"),
        }
    }
}
