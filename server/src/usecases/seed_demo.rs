//! What the demo needs beside imports and operations: accounts with fixed ids and one known password, their phones, and the list of places
//! and photos. Never for a real installation. Everything here can be done again without doubling anything.

use crate::app::App;
use crate::auth::secret::Secret;
use crate::demo::Person;
use crate::usecases::caller::Caller;
use crate::usecases::check_password::{PasswordWorkError, hash_password};
use crate::usecases::load_grants::load_grants;
use paicha_db::accounts::{self, UserRow};
use paicha_db::devices::{self, DeviceRow};
use paicha_db::health::{Since, count_waiting};
use paicha_db::projections::{self, PlaceRow};
use paicha_db::{DbError, Tx};
use paicha_photos::DERIVE_VERSION;
use sync_protocol::ids::DeviceId;

/// Most rows that are looked at.
const ROWS_MAX: i64 = 20_000;

/// Makes the accounts, unless they exist, with this password.
///
/// # Errors
/// When the password cannot be hashed or the database fails; then no account was made.
pub async fn put_demo_people(app: &App, people: &[Person], password: &str) -> Result<(), PasswordWorkOrDb> {
    let password_hash = hash_password(app, &Secret::new(password.to_owned())).await?;
    let now = app.now().as_micros();
    let mut tx = app.database.begin_write().await?;
    for person in people {
        if accounts::find_user(&mut tx, person.id.0).await?.is_none() {
            let row = UserRow {
                id: person.id.0,
                login: person.login.clone(),
                name: person.name.clone(),
                unit: person.unit.clone(),
                phone: person.phone.clone(),
                password_hash: password_hash.clone(),
                scope_version: 1,
                disabled_at: None,
                created_at: now,
            };
            accounts::create_user(&mut tx, row).await?;
        }
        for feed in &person.feeds {
            accounts::put_grant(&mut tx, person.id.0, person.role.code(), feed, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Why accounts were not made.
#[derive(Debug, thiserror::Error)]
pub enum PasswordWorkOrDb {
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordWorkError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// Enrols the person's phone, unless it is, and answers the asker it stands for.
///
/// # Errors
/// When the database fails.
pub async fn put_demo_phone(app: &App, person: &Person, device: DeviceId) -> Result<Caller, DbError> {
    let now = app.now().as_micros();
    let mut tx = app.database.begin_write().await?;
    if devices::find_device(&mut tx, device.0).await?.is_none() {
        let row = DeviceRow {
            id: device.0,
            user: person.id.0,
            label: format!("{}的手机（演示）", person.name),
            model: "DEMO-1".to_owned(),
            enrolled_at: now,
            seen_at: now,
            revoked_at: None,
        };
        devices::create_device(&mut tx, row).await?;
    }
    let caller = phone_caller(&mut tx, person, device).await?;
    tx.commit().await?;
    Ok(caller)
}

async fn phone_caller(tx: &mut Tx, person: &Person, device: DeviceId) -> Result<Caller, DbError> {
    let user = accounts::find_user(tx, person.id.0).await?.ok_or(DbError::NotFound)?;
    Ok(Caller {
        user: person.id,
        device: Some(device),
        grants: load_grants(tx, person.id).await?.now,
        scope_version: user.scope_version,
        server: false,
    })
}

/// The places of some feeds, in order of feed, then id.
///
/// # Errors
/// When the database fails.
pub async fn list_demo_places(app: &App, feeds: &[&str]) -> Result<Vec<PlaceRow>, DbError> {
    let mut tx = app.database.begin_read().await?;
    let mut places = Vec::new();
    for feed in feeds {
        places.extend(projections::list_places_of_feed(&mut tx, feed, None, ROWS_MAX).await?);
    }
    tx.rollback().await?;
    Ok(places)
}

/// Photos whose originals are here and of which nothing was derived yet.
///
/// # Errors
/// When the database fails.
pub async fn count_underived_photos(app: &App) -> Result<u64, DbError> {
    let mut tx = app.database.begin_read().await?;
    let photos = projections::list_photos_to_derive(&mut tx, DERIVE_VERSION, ROWS_MAX).await?;
    tx.rollback().await?;
    Ok(u64::try_from(photos.len()).unwrap_or(u64::MAX))
}

/// What waits for a person, as the list of questions and `paicha doctor` count it.
///
/// # Errors
/// When the database fails.
pub async fn count_questions(app: &App) -> Result<usize, DbError> {
    let since = Since { waiting: 0, derive_version: 0, seen: 0, filling: 0 };
    let mut tx = app.database.begin_read().await?;
    let waiting = count_waiting(&mut tx, since).await?;
    tx.rollback().await?;
    Ok(usize::try_from(waiting.reviews).unwrap_or(0))
}
