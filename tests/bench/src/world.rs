//! A server in this process over a fresh database, with villages and signed-in phones. What a newcomer gets wrong: the durability is that
//! of the real server, since it is the same code that opens the database.

use anyhow::Result;
use paicha::app::App;
use paicha::auth::secret::Secret;
use paicha::clock::SystemClock;
use paicha::config::{Config, Sources};
use paicha::ids::SystemIds;
use paicha::usecases::caller::Caller;
use paicha::usecases::identify_caller::identify_caller;
use paicha::usecases::manage_users::{Manager, NewUser, create_user, grant_role};
use paicha::usecases::sign_in::{SignIn, SignInDevice, sign_in};
use paicha_db::{Database, DatabaseConfig, Engine, Statement, feeds};
use paicha_tests::databases::TestDatabase;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use sync_protocol::role::Role;
use uuid::Uuid;

/// What is said of each hazard, so that a record's state has about 600 bytes.
pub(crate) const DESCRIPTION: &str =
    "配电箱门敞开，线头裸露，下方堆放纸箱等可燃物；值班人员称昨日检修后未恢复，现场未见警示标识和灭火器材。";

/// The subdistrict; invented.
pub(crate) const SUBDISTRICT: &str = "500999001000";
/// Villages, invented too; phones are spread over them.
pub(crate) const VILLAGES: [&str; 4] = ["500999001201", "500999001202", "500999001203", "500999001204"];
/// Password of every simulated person.
pub(crate) const PASSWORD: &str = "yunshan-bench-2023";

/// Phones on which one person is signed in; the throttle lets an account in ten times at once.
const PHONES_PER_PERSON: usize = 10;

/// The server.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    /// A second way in, for the floor: its writes queue behind the server's own on SQLite only if they run at once, which they do not.
    pub(crate) floor: Database,
    database: TestDatabase,
    _folder: tempfile::TempDir,
}

/// A signed-in phone.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) number: u128,
    pub(crate) caller: Caller,
    pub(crate) token: String,
    pub(crate) village: &'static str,
    pub(crate) incarnation: Uuid,
}

impl World {
    pub(crate) async fn start(engine: Engine) -> Result<Self> {
        let database = TestDatabase::create(engine).await?;
        let folder = tempfile::tempdir()?;
        let flags = vec![
            ("data.folder".to_owned(), folder.path().display().to_string()),
            ("database.url".to_owned(), database.config.url.clone()),
        ];
        let config = Config::load(&Sources { file: None, environment: vec![], flags })?;
        let clock = Arc::new(SystemClock);
        let app = paicha::start::start(config, clock.clone(), Arc::new(SystemIds::new(clock))).await?;
        fill_feeds(&app).await?;
        let floor = Database::connect(&DatabaseConfig::new(database.config.url.clone())).await?;
        Ok(Self { app, floor, database, _folder: folder })
    }

    pub(crate) async fn remove(self) -> Result<()> {
        self.floor.close().await;
        self.app.database.close().await;
        self.database.remove().await
    }

    /// A phone; ten share an inspector.
    pub(crate) async fn phone(&self, number: u128) -> Result<Phone> {
        Self::sign_in(&self.app, number).await
    }

    /// The same at a server that is not in a world.
    pub(crate) async fn sign_in(app: &App, number: u128) -> Result<Phone> {
        let index = usize::try_from(number)?;
        let person = index / PHONES_PER_PERSON;
        let login = format!("inspector{person}");
        if index.is_multiple_of(PHONES_PER_PERSON) {
            let new = NewUser {
                login: login.clone(),
                name: "试用员".to_owned(),
                unit: "云杉村".to_owned(),
                phone: String::new(),
                password: Secret::new(PASSWORD.to_owned()),
            };
            let user = create_user(app, Manager::CommandLine, new).await?;
            for village in VILLAGES {
                grant_role(app, Manager::CommandLine, user, Role::R1, village).await?;
            }
        }
        let request = SignIn {
            login,
            password: Secret::new(PASSWORD.to_owned()),
            device: Some(SignInDevice::default()),
            // An address each, so that the throttle has nothing to say.
            address: IpAddr::from([10, 0, u8::try_from(index / 250)?, u8::try_from(index % 250)?]),
        };
        let token = sign_in(app, request).await?.access_token.expose().clone();
        let caller = identify_caller(app, &token).await?;
        let incarnation = Uuid::from_u128(0xc000_0000 + number);
        Ok(Phone { number, caller, token, village: VILLAGES[index % VILLAGES.len()], incarnation })
    }

    /// Serves HTTP on loopback until the runtime ends.
    pub(crate) async fn serve(&self) -> Result<SocketAddr> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let service = paicha::http::router(self.app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(address)
    }

    /// Tells the planner how full the tables are, as the engine's own upkeep does in time.
    pub(crate) async fn analyze(&self) -> Result<()> {
        let mut tx = self.floor.begin_write().await?;
        tx.execute(Statement::new("ANALYZE")).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Puts the villages in.
pub(crate) async fn fill_feeds(app: &App) -> Result<()> {
    let mut tx = app.database.begin_write().await?;
    feeds::put_feed(&mut tx, SUBDISTRICT, "云杉街道", None, None).await?;
    for village in VILLAGES {
        feeds::put_feed(&mut tx, village, "云杉村", Some(SUBDISTRICT), None).await?;
    }
    tx.commit().await?;
    Ok(())
}
