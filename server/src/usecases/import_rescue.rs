//! Takes in a rescue file: what a phone could not send, brought to the office by somebody. The operations go through the same push as the phone's
//! own and the photos through the same upload, so the phone that comes later hears that everything is here. What a newcomer gets wrong: nothing
//! in the file proves who made it. The importer counts as who handed it in, and vouches for field work in the own villages, never for a decision.

mod hand_in;
mod read_file;
mod report;
mod store_photos;

pub use report::{RescueCounts, RescueFault, RescueImported, RescueOrigin, RescuePhotos};

use crate::app::App;
use crate::auth::permissions::{Action, Grant, Scope};
use crate::usecases::caller::Caller;
use crate::usecases::import_report::{ImportFailure, Rejection, check_asker};
use crate::usecases::write_audit::{Deed, Entry, Subject, write_audit_alone};
use hand_in::{hand_in, read_outcomes, sort_ops};
use paicha_db::{Tx, accounts, feeds};
use read_file::{RescueFile, read_rescue};
use report::Tally;
use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store_photos::{PhotoEnd, find_declared, store_photo};
use sync_protocol::ids::UserId;
use sync_protocol::role::Role;

/// Villages that are named in a refusal.
const VILLAGES_NAMED: usize = 5;

/// A rescue file on this computer.
#[derive(Debug)]
pub struct RescueSource {
    /// What it was called, for the audit log.
    pub name: String,
    /// The file, open for reading.
    pub file: File,
}

/// Called with how many bytes are done, and of how many.
pub type RescueProgress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Takes the file in, or with `dry_run` says what would happen. Once begun it runs to its end even if the caller hangs up.
///
/// # Errors
/// [`ImportFailure`]; what was stored before a failure stays, and the same file again goes on there.
pub async fn import_rescue(
    app: &Arc<App>,
    caller: &Caller,
    source: RescueSource,
    dry_run: bool,
    progress: RescueProgress,
) -> Result<RescueImported, ImportFailure> {
    check_asker(caller, Action::ImportRescue)?;
    let (app, caller) = (app.clone(), importer(app, caller));
    let task = tokio::spawn(async move { run(&app, &caller, source, dry_run, &progress).await });
    task.await.map_err(|_| ImportFailure::Interrupted)?
}

/// Whoever can run commands on the server counts as the office, and not as the server itself, whose operations nobody questions.
fn importer(app: &App, caller: &Caller) -> Caller {
    if !caller.server {
        return caller.clone();
    }
    let grants = vec![Grant { role: Role::R3, villages: Scope::All, places: BTreeSet::new() }];
    Caller { user: app.installation.user, device: None, grants, scope_version: 0, server: false }
}

async fn run(
    app: &Arc<App>,
    caller: &Caller,
    source: RescueSource,
    dry_run: bool,
    progress: &RescueProgress,
) -> Result<RescueImported, ImportFailure> {
    let RescueSource { name, file } = source;
    let mut reading = file.try_clone()?;
    let read = tokio::task::spawn_blocking(move || read_rescue(&mut reading)).await;
    let rescue = read.map_err(|_| ImportFailure::Interrupted)??;
    let mut tx = app.database.begin_read().await?;
    check_scope(&mut tx, caller, &rescue).await?;
    check_origin(&mut tx, &rescue).await?;
    let sorted = sort_ops(&mut tx, &rescue).await?;
    let origin = RescueOrigin::read(&mut tx, &rescue).await?;
    tx.rollback().await?;

    let asker = Caller { device: rescue.device, ..caller.clone() };
    let whole: u64 = rescue.photos.values().map(|entry| entry.bytes).sum::<u64>() + bytes_of_ops(&rescue);
    let done = AtomicU64::new(0);
    let advance = |bytes: u64| progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes, whole);
    if !dry_run {
        hand_in(app, &asker, &rescue, &sorted, &advance).await?;
    }
    let photos = handle_photos(app, &asker, (&file, &rescue), dry_run, &advance).await?;
    let mut tx = app.database.begin_read().await?;
    let outcomes = read_outcomes(&mut tx, &rescue.ops).await?;
    tx.rollback().await?;
    let imported = Tally { rescue: &rescue, sorted: &sorted, outcomes: &outcomes, dry_run }.report(origin, photos);
    if !dry_run {
        let entry = Entry::new(caller_of(app, caller), Deed::Import, Subject::file(&name));
        write_audit_alone(app, entry.detail(format!("救援文件：{}", imported.lines.join("；")))).await?;
    }
    Ok(imported)
}

/// The command line is nobody in the audit log.
fn caller_of(app: &App, caller: &Caller) -> Option<UserId> {
    Some(caller.user).filter(|user| *user != app.installation.user)
}

fn bytes_of_ops(rescue: &RescueFile) -> u64 {
    rescue.ops.iter().map(|op| u64::try_from(op.bytes.len()).unwrap_or(0)).sum()
}

/// Nothing of a file is taken by somebody who could only take a part of it: the rest would be answered for ever as being out of scope.
async fn check_scope(tx: &mut Tx, caller: &Caller, rescue: &RescueFile) -> Result<(), ImportFailure> {
    let named: BTreeSet<String> =
        rescue.ops.iter().filter_map(|op| Some(op.op.as_ref().ok()?.head.village.as_str().to_owned())).collect();
    let known = feeds::find_feeds(tx, &named.into_iter().collect::<Vec<_>>()).await?;
    let beyond: Vec<String> = known
        .into_iter()
        .filter(|feed| !caller.may(Action::ImportRescue, Some(&feed.id)))
        .map(|feed| feed.name)
        .take(VILLAGES_NAMED)
        .collect();
    if beyond.is_empty() {
        return Ok(());
    }
    let text = format!(
        "文件里有不在您管辖范围内的村（社区）的内容（{}），什么也没有导入。请保留文件，交给管辖全部这些村的人员导入。",
        beyond.join("、")
    );
    Err(Rejection::of_file(text).into())
}

/// A file of another installation is refused whole: its operations would stay here for ever without meaning anything.
async fn check_origin(tx: &mut Tx, rescue: &RescueFile) -> Result<(), ImportFailure> {
    let authors: BTreeSet<UserId> = rescue.ops.iter().filter_map(|op| Some(op.op.as_ref().ok()?.head.author)).collect();
    for author in &authors {
        if accounts::find_user(tx, author.0).await?.is_some() {
            return Ok(());
        }
    }
    if authors.is_empty() {
        return Ok(());
    }
    let text = "文件里的填写人都不是本系统的人员，像是另一套系统的手机生成的，什么也没有导入。请核对文件；确属本系统时联系技术人员。";
    Err(Rejection::of_file(text).into())
}

/// What became of the photos of the file, and how many that the phone owes are neither in it nor here.
async fn handle_photos(
    app: &Arc<App>,
    asker: &Caller,
    (file, rescue): (&File, &RescueFile),
    dry_run: bool,
    advance: &(dyn Fn(u64) + Send + Sync),
) -> Result<RescuePhotos, ImportFailure> {
    let mut tx = app.database.begin_read().await?;
    let declared = find_declared(&mut tx, asker, rescue).await?;
    tx.rollback().await?;
    let mut photos = RescuePhotos::default();
    for (hash, entry) in &rescue.photos {
        let end = match declared.get(hash) {
            None => PhotoEnd::Undeclared,
            Some(declared) if dry_run => {
                if declared.is_stored() {
                    PhotoEnd::Here
                } else {
                    PhotoEnd::Stored
                }
            }
            Some(declared) => store_photo(app, asker, file, (*hash, entry), declared).await?,
        };
        photos.count(end, entry.bytes);
        advance(entry.bytes);
    }
    let absent = declared.iter().filter(|(hash, declared)| !rescue.photos.contains_key(*hash) && !declared.is_stored());
    photos.missing = absent.count();
    Ok(photos)
}
