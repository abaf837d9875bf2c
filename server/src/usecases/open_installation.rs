//! The identity of this installation and what every database must hold before work begins: made on the first start, read on all others.
//! The one part that changes is the epoch, the name of this history: a database that was put back to an older copy goes on as another
//! history, so that phones offer again what they had handed in since (protocol 3.8). What a newcomer gets wrong: it is read from the
//! database whenever it is told to a phone, because another process may have begun a new one.

use crate::app::{App, Installation};
use crate::ids::IdSource;
use paicha_db::{Database, DbError, Tx, feeds, incarnations, meta};

const META_KEY: &str = "installation";
/// When this history began, microseconds UTC; absent for the first one.
pub const HISTORY_META_KEY: &str = "history.began_at";

/// The installation's identity, made on the first start.
///
/// # Errors
/// When the database fails or holds something else under that name.
pub async fn load_installation(database: &Database, ids: &dyn IdSource) -> Result<Installation, DbError> {
    let mut tx = database.begin_write().await?;
    let stored = meta::find_meta(&mut tx, META_KEY).await?;
    let parts = stored.as_deref().and_then(parse_installation);
    let installation = match parts {
        Some(installation) => installation,
        None => {
            let made = [ids.new_id(), ids.new_id(), ids.new_id(), ids.new_id()];
            let text = made.map(|id| id.to_string()).join(" ");
            meta::put_meta(&mut tx, META_KEY, &text).await?;
            parse_installation(&text).ok_or(DbError::NotFound)?
        }
    };
    tx.commit().await?;
    Ok(installation)
}

/// Event time of the newest operation of any phone whose clock could be believed, microseconds UTC; 0 when there is none.
///
/// # Errors
/// When the database fails.
pub async fn load_newest_event(database: &Database) -> Result<i64, DbError> {
    let mut tx = database.begin_read().await?;
    let newest = incarnations::find_newest_event(&mut tx).await?;
    tx.rollback().await?;
    Ok(newest.unwrap_or(0))
}

fn parse_installation(text: &str) -> Option<Installation> {
    let (_, rest) = text.split_once(' ')?;
    let mut parts = rest.split(' ');
    let user = parts.next()?.parse().ok()?;
    let device = parts.next()?.parse().ok()?;
    let incarnation = parts.next()?.parse().ok()?;
    Some(Installation { user, device, incarnation })
}

/// The name of this history.
///
/// # Errors
/// When the database fails or was never opened by a server.
pub async fn find_epoch(tx: &mut Tx) -> Result<String, DbError> {
    let stored = meta::find_meta(tx, META_KEY).await?.ok_or(DbError::NotFound)?;
    Ok(stored.split(' ').next().unwrap_or_default().to_owned())
}

/// Human numbers (隐患编号) that a new history leaves out in every village: those given since the backup stand on paper, and what comes
/// again gets others. More than a village finds between two backups.
const NUMBERS_SKIPPED: i64 = 1000;

/// Begins a new history in place of `seen`, or of whichever it is; answers the one in force afterwards. Of several that see the same one
/// end, the first begins the next.
///
/// # Errors
/// When the database fails; the history is then as it was.
pub async fn begin_history(app: &App, seen: Option<&str>) -> Result<String, DbError> {
    let mut tx = app.database.begin_write().await?;
    let stored = meta::find_meta(&mut tx, META_KEY).await?.ok_or(DbError::NotFound)?;
    let (epoch, rest) = stored.split_once(' ').ok_or(DbError::NotFound)?;
    if seen.is_some_and(|seen| seen != epoch) {
        let epoch = epoch.to_owned();
        tx.rollback().await?;
        return Ok(epoch);
    }
    let begun = app.ids.new_id().to_string();
    meta::put_meta(&mut tx, META_KEY, &format!("{begun} {rest}")).await?;
    meta::put_meta(&mut tx, HISTORY_META_KEY, &app.clock.now_us().to_string()).await?;
    feeds::skip_numbers(&mut tx, NUMBERS_SKIPPED).await?;
    tx.commit().await?;
    tracing::error!(
        ended = epoch,
        begun,
        "ALARM: the database was put back to an older copy; phones are asked for everything since"
    );
    Ok(begun)
}

/// Makes the feed of operations that name no known village.
///
/// # Errors
/// When the database fails.
pub async fn ensure_quarantine(database: &Database) -> Result<(), DbError> {
    let mut tx = database.begin_write().await?;
    let quarantine = sync_protocol::ids::FeedId::quarantine();
    feeds::put_feed(&mut tx, quarantine.as_str(), "待认领", None, None).await?;
    tx.commit().await
}
