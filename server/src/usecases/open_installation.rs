//! The identity of this installation and what every database must hold before work begins: made on the first start, read on all others.

use crate::app::Installation;
use crate::ids::IdSource;
use paicha_db::{Database, DbError};

const META_KEY: &str = "installation";

/// The installation's identity, made on the first start.
///
/// # Errors
/// When the database fails or holds something else under that name.
pub async fn load_installation(database: &Database, ids: &dyn IdSource) -> Result<Installation, DbError> {
    let mut tx = database.begin_write().await?;
    let stored = paicha_db::meta::find_meta(&mut tx, META_KEY).await?;
    let parts = stored.as_deref().and_then(parse_installation);
    let installation = match parts {
        Some(installation) => installation,
        None => {
            let made = [ids.new_id(), ids.new_id(), ids.new_id(), ids.new_id()];
            let text = made.map(|id| id.to_string()).join(" ");
            paicha_db::meta::put_meta(&mut tx, META_KEY, &text).await?;
            parse_installation(&text).ok_or(DbError::NotFound)?
        }
    };
    tx.commit().await?;
    Ok(installation)
}

fn parse_installation(text: &str) -> Option<Installation> {
    let mut parts = text.split(' ');
    let epoch = parts.next()?.to_owned();
    let user = parts.next()?.parse().ok()?;
    let device = parts.next()?.parse().ok()?;
    let incarnation = parts.next()?.parse().ok()?;
    Some(Installation { epoch, user, device, incarnation })
}

/// Makes the feed of operations that name no known village.
///
/// # Errors
/// When the database fails.
pub async fn ensure_quarantine(database: &Database) -> Result<(), DbError> {
    let mut tx = database.begin_write().await?;
    let quarantine = sync_protocol::ids::FeedId::quarantine();
    paicha_db::feeds::put_feed(&mut tx, quarantine.as_str(), "待认领", None, None).await?;
    tx.commit().await
}
