//! The PostgreSQL server of the test run and the databases made on it.
//!
//! The server is started by `cargo xtask test` (or kept running by `cargo xtask postgres`), which sets the variable below.
//! Each test gets a copy of one migrated template, which costs a tenth of running the migrations. Not a place for SQL of
//! tables. What a newcomer gets wrong: the template is named after the migrations, so that an old one is never copied.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::process;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};
use paicha_db::{Database, DatabaseConfig};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// Holds the URL of the maintenance database of a PostgreSQL server whose user may create databases.
pub const URL_VARIABLE: &str = "PAICHA_TEST_POSTGRES_URL";

/// Any number; taken while the template is made, so that parallel tests make it once.
const TEMPLATE_LOCK: i64 = 7_240_131;

const CREATE_OPTIONS: &str = "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'";

/// The URL of the server for tests.
///
/// # Errors
/// When none was started; says what to run.
pub fn server_url() -> Result<String> {
    match std::env::var(URL_VARIABLE) {
        Ok(url) if !url.is_empty() => Ok(url),
        Ok(_) | Err(_) => bail!(
            "no PostgreSQL for the tests: run `cargo xtask test`, or `cargo xtask postgres` once and set {URL_VARIABLE} \
             as it says (tests on PostgreSQL are never skipped)"
        ),
    }
}

/// Creates a fresh, empty or migrated database and answers its URL.
///
/// # Errors
/// When the server is missing or refuses.
pub async fn create_database(migrated: bool) -> Result<String> {
    static CREATED: AtomicU32 = AtomicU32::new(0);
    let name = format!("paicha_test_{}_{}", process::id(), CREATED.fetch_add(1, Ordering::Relaxed));
    let mut server = connect().await?;
    // A process id comes round again; a database of that name is then a leftover of a test that failed.
    run(&mut server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    if migrated {
        let template = ensure_template(&mut server).await?;
        run(&mut server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
    } else {
        run(&mut server, &format!("CREATE DATABASE {name} TEMPLATE template0 {CREATE_OPTIONS}")).await?;
    }
    server.close().await?;
    database_url(&name)
}

/// Drops a database made by `create_database`, cutting off whoever still uses it.
///
/// # Errors
/// When the server is gone.
pub async fn drop_database(url: &str) -> Result<()> {
    let options = PgConnectOptions::from_str(url)?;
    let name = options.get_database().context("a test database has a name")?.to_owned();
    let mut server = connect().await?;
    run(&mut server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    server.close().await?;
    Ok(())
}

async fn connect() -> Result<PgConnection> {
    let options = PgConnectOptions::from_str(&server_url()?)?;
    options.connect().await.with_context(|| format!("PostgreSQL named by {URL_VARIABLE} does not answer"))
}

/// The names are made in this file, so the text is safe to send.
async fn run(server: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(server).await.with_context(|| sql.to_owned())?;
    Ok(())
}

fn database_url(name: &str) -> Result<String> {
    let url = server_url()?;
    let (before, parameters) = url.split_once('?').map_or((url.as_str(), ""), |(before, after)| (before, after));
    let (server, _) = before.rsplit_once('/').context("a PostgreSQL URL ends with /database")?;
    let separator = if parameters.is_empty() { "" } else { "?" };
    Ok(format!("{server}/{name}{separator}{parameters}"))
}

async fn ensure_template(server: &mut PgConnection) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for migration in paicha_migrations::postgres_migrator().iter() {
        migration.checksum.hash(&mut hasher);
    }
    let template = format!("paicha_template_{:016x}", hasher.finish());
    sqlx::query("SELECT pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *server).await?;
    let outcome = make_template(server, &template).await;
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(&mut *server).await?;
    outcome.map(|()| template)
}

async fn make_template(server: &mut PgConnection, template: &str) -> Result<()> {
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(template);
    if found.fetch_optional(&mut *server).await?.is_some() {
        return Ok(());
    }
    // Made under another name and renamed when complete: a test that was stopped half way leaves no half template.
    let unfinished = format!("{template}_unfinished");
    run(server, &format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await?;
    run(server, &format!("CREATE DATABASE {unfinished} TEMPLATE template0 {CREATE_OPTIONS}")).await?;
    let database = Database::connect(&DatabaseConfig::new(database_url(&unfinished)?)).await?;
    database.migrate().await?;
    database.close().await;
    run(server, &format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await
}
