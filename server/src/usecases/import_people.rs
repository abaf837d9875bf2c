//! Takes a table of people and gives them accounts with their roles. New accounts get a password that is told once, to whoever imports.
//! Somebody who has an account keeps the password and only gains roles. What a newcomer gets wrong: nothing is taken away here; a role
//! that the table no longer names is revoked by hand, because a short list must not lock out half the office.

use crate::app::App;
use crate::auth::permissions::Action;
use crate::auth::secret::Secret;
use crate::usecases::caller::Caller;
use crate::usecases::check_password::hash_password;
use crate::usecases::import_places::ImportFile;
use crate::usecases::import_report::{
    ImportFailure, PassedOver, Progress, Rejection, RowFault, check_asker, good_rows,
};
use crate::usecases::load_grants::EVERYWHERE;
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit};
use paicha_db::accounts::{self, UserRow};
use paicha_db::{DbError, Tx, feeds};
use paicha_imports::{KnownVillage, KnownVillages, PersonRow, parse_table, people};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// People in one table: each new one costs a slow hash.
pub const PEOPLE_MAX: usize = 1_000;
/// Villages a table may name; more than a city has.
const VILLAGES_MAX: i64 = 20_000;
/// Grants of one person that are looked at.
const GRANTS_MAX: i64 = 1_000;

/// A new account. The password is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewAccount {
    /// Row of the sheet.
    pub row: u32,
    /// Real name.
    pub name: String,
    /// What is typed to sign in.
    pub login: String,
    /// The first password; nothing in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for NewAccount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("NewAccount").field("row", &self.row).finish_non_exhaustive()
    }
}

/// What a table of people came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeopleImported {
    /// Nothing was stored; this is what would have been.
    pub dry_run: bool,
    /// Rows with data.
    pub rows: usize,
    /// New accounts with their passwords.
    pub created: Vec<NewAccount>,
    /// People who had an account and gained a role.
    pub extended: usize,
    /// People who had all of it already.
    pub unchanged: usize,
    /// What was read beside the rows.
    pub passed_over: PassedOver,
}

/// One row with what it needs.
struct Planned {
    person: PersonRow,
    /// The account, when there is one already.
    known: Option<Uuid>,
    /// Role and feed of the grants to be added.
    grants: Vec<(&'static str, String)>,
    unit: String,
}

/// Imports a CSV or XLSX table of people.
///
/// # Errors
/// [`ImportFailure`]; then nobody was given anything.
pub async fn import_people(
    app: &App,
    caller: &Caller,
    file: ImportFile,
    dry_run: bool,
    progress: Progress<'_>,
) -> Result<PeopleImported, ImportFailure> {
    check_asker(caller, Action::ImportPeople)?;
    let mut tx = app.database.begin_read().await?;
    let villages = village_names(&mut tx).await?;
    let (people, passed_over) = read_people(file, &villages).await?;
    let planned = plan(&mut tx, people, &villages, &app.config.office.name).await?;
    tx.rollback().await?;
    let fresh = planned.iter().filter(|planned| planned.known.is_none());
    let account = |planned: &Planned| NewAccount {
        row: planned.person.row_number,
        name: planned.person.name.clone(),
        login: planned.person.login.clone(),
        password: None,
    };
    let mut imported = PeopleImported {
        dry_run,
        rows: planned.len(),
        created: fresh.map(account).collect(),
        extended: planned.iter().filter(|planned| planned.known.is_some() && !planned.grants.is_empty()).count(),
        unchanged: planned.iter().filter(|planned| planned.known.is_some() && planned.grants.is_empty()).count(),
        passed_over,
    };
    if !dry_run {
        let hashes = make_passwords(app, &mut imported.created, progress).await?;
        store(app, caller, &planned, hashes).await?;
        let (created, extended) = (imported.created.len(), imported.extended);
        tracing::info!(by = %caller.user, created, extended, "people imported");
    }
    Ok(imported)
}

async fn village_names(tx: &mut Tx) -> Result<BTreeMap<String, String>, DbError> {
    let feeds = feeds::list_feeds(tx, VILLAGES_MAX).await?;
    Ok(feeds.into_iter().filter(|feed| feed.parent.is_some()).map(|feed| (feed.id, feed.name)).collect())
}

async fn read_people(
    file: ImportFile,
    villages: &BTreeMap<String, String>,
) -> Result<(Vec<PersonRow>, PassedOver), ImportFailure> {
    let known = villages.iter().map(|(code, name)| KnownVillage {
        code: code.clone(),
        name: name.clone(),
        aliases: Vec::new(),
    });
    let known = KnownVillages::new(known);
    let read = tokio::task::spawn_blocking(move || {
        let table = parse_table(&file.bytes, &file.name).map_err(|error| Rejection::of_file(error.to_string()))?;
        let outcome = people(&table, &known);
        let passed_over = PassedOver::of(&outcome, table.other_sheets);
        let rows = good_rows(outcome)?;
        if rows.len() > PEOPLE_MAX {
            let message = format!("表里有{}人，一次最多导入{PEOPLE_MAX}人，请拆成几个文件；一行也没有导入", rows.len());
            return Err(Rejection::of_file(message));
        }
        Ok((rows, passed_over))
    });
    Ok(read.await.map_err(|_| ImportFailure::Interrupted)??)
}

async fn plan(
    tx: &mut Tx,
    people: Vec<PersonRow>,
    villages: &BTreeMap<String, String>,
    office: &str,
) -> Result<Vec<Planned>, ImportFailure> {
    let mut faults = Vec::new();
    let mut planned = Vec::with_capacity(people.len());
    for person in people {
        let known = accounts::find_user_by_login(tx, &person.login).await?;
        if known.as_ref().is_some_and(|known| known.name != person.name || known.phone != person.phone) {
            let message = format!("登录名“{}”已是另一个人的（姓名或电话不同），请改登录名或核对", person.login);
            faults.push(RowFault::of_row(person.row_number, message));
            continue;
        }
        if known.as_ref().is_some_and(|known| known.disabled_at.is_some()) {
            let message = format!("账号“{}”已停用，请由系统管理员处理后再导入", person.login);
            faults.push(RowFault::of_row(person.row_number, message));
            continue;
        }
        let known = known.map(|known| known.id);
        let held = held_grants(tx, known).await?;
        let wanted = wanted_grants(&person);
        let grants = wanted.into_iter().filter(|(role, feed)| !held.contains(&((*role).to_owned(), feed.clone())));
        let names: Vec<&str> =
            person.villages.iter().filter_map(|code| villages.get(code)).map(String::as_str).collect();
        let unit = if names.is_empty() { office.to_owned() } else { names.join("、") };
        planned.push(Planned { known, grants: grants.collect(), unit, person });
    }
    if faults.is_empty() { Ok(planned) } else { Err(Rejection::of_rows(faults, 0).into()) }
}

async fn held_grants(tx: &mut Tx, user: Option<Uuid>) -> Result<BTreeSet<(String, String)>, DbError> {
    let Some(user) = user else { return Ok(BTreeSet::new()) };
    let grants = accounts::list_grants(tx, user, GRANTS_MAX).await?;
    let held = grants.into_iter().filter(|grant| grant.revoked_at.is_none());
    Ok(held.map(|grant| (grant.role, grant.feed)).collect())
}

/// Every role in every village of the row; without villages the roles hold everywhere.
fn wanted_grants(person: &PersonRow) -> Vec<(&'static str, String)> {
    let everywhere = [EVERYWHERE.to_owned()];
    let feeds = if person.villages.is_empty() { everywhere.as_slice() } else { person.villages.as_slice() };
    person.roles.iter().flat_map(|role| feeds.iter().map(|feed| (*role, feed.clone()))).collect()
}

/// Gives every new account a password; their hashes, in the same order.
async fn make_passwords(
    app: &App,
    created: &mut [NewAccount],
    progress: Progress<'_>,
) -> Result<Vec<String>, ImportFailure> {
    let whole = u64::try_from(created.len()).unwrap_or(u64::MAX);
    let mut hashes = Vec::with_capacity(created.len());
    for (account, done) in created.iter_mut().zip(0_u64..) {
        progress(done, whole);
        let password = readable_password(&app.ids.secret_bytes());
        account.password = Some(password.clone());
        let hash = hash_password(app, &Secret::new(password)).await.map_err(|error| {
            tracing::error!(%error, "a password cannot be hashed");
            ImportFailure::Interrupted
        });
        hashes.push(hash?);
    }
    progress(whole, whole);
    Ok(hashes)
}

/// Twelve letters and digits that nobody confuses, about 59 bits: `k7mq-3fwd-9xtz`.
pub fn readable_password(secret: &[u8; 32]) -> String {
    const SYMBOLS: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
    const CHARACTERS: usize = 12;
    let mut half = [0_u8; 16];
    half.copy_from_slice(&secret[..16]);
    // Sixteen bytes hold far more than twelve symbols, so that each is as likely as another.
    let mut number = u128::from_be_bytes(half) ^ u128::from_be_bytes(other_half(secret));
    let base = u128::try_from(SYMBOLS.len()).unwrap_or(1);
    let mut password = String::new();
    for position in 0..CHARACTERS {
        if position > 0 && position % 4 == 0 {
            password.push('-');
        }
        let symbol = usize::try_from(number % base).unwrap_or_default();
        password.push(char::from(SYMBOLS[symbol]));
        number /= base;
    }
    password
}

fn other_half(secret: &[u8; 32]) -> [u8; 16] {
    let mut half = [0_u8; 16];
    half.copy_from_slice(&secret[16..]);
    half
}

async fn store(app: &App, caller: &Caller, planned: &[Planned], hashes: Vec<String>) -> Result<(), ImportFailure> {
    let (now, actor) = (app.now().as_micros(), caller.actor());
    let mut hashes = hashes.into_iter();
    let mut tx = app.database.begin_write().await?;
    for Planned { person, known, grants, unit } in planned {
        let user = match known {
            Some(user) => accounts::find_user(&mut tx, *user).await?.ok_or(ImportFailure::Interrupted)?,
            None => {
                let row = UserRow {
                    id: app.ids.new_id(),
                    login: person.login.clone(),
                    name: person.name.clone(),
                    unit: unit.clone(),
                    phone: person.phone.clone(),
                    password_hash: hashes.next().ok_or(ImportFailure::Interrupted)?,
                    scope_version: 1,
                    disabled_at: None,
                    created_at: now,
                };
                accounts::create_user(&mut tx, row.clone()).await.map_err(taken)?;
                write_audit(app, &mut tx, Entry::new(actor, Deed::UserCreated, Subject::user(&row))).await?;
                row
            }
        };
        for (role, feed) in grants {
            if accounts::put_grant(&mut tx, user.id, role, feed, now).await? {
                let entry = Entry::new(actor, Deed::GrantGiven, Subject::user(&user)).village(feed);
                write_audit(app, &mut tx, entry.detail(*role)).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Somebody else made the account since the rows were checked.
fn taken(error: DbError) -> ImportFailure {
    match error {
        DbError::UniqueViolation => Rejection::of_file("同时有别人建立了相同的账号，一行也没有导入，请重新导入").into(),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::readable_password;

    #[test]
    fn passwords_are_long_enough_and_free_of_lookalikes() {
        let password = readable_password(&[7; 32]);
        assert_eq!(readable_password(&std::array::from_fn(|i| u8::try_from(i).unwrap())).len(), 14);
        assert!(crate::auth::passwords::check_rule(&password).is_ok());
        assert!(!password.contains(['0', '1', 'i', 'l', 'o']));
    }
}
