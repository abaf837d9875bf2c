//! Whose form is asked for: a village, or a subdistrict with its villages. What a newcomer gets wrong: a subdistrict's form is computed from
//! records like a village's; its villages are listed for their own sheets, never to be added up.

use crate::auth::permissions::Action;
use crate::usecases::caller::Caller;
use paicha_db::feeds::{self, FeedRow};
use paicha_db::projections::Villages;
use paicha_db::{DbError, Tx};
use paicha_reports::{APPENDIX1_SHEETS_MAX, ReportError};
use std::collections::BTreeSet;
use sync_protocol::ids::FeedId;
use sync_protocol::limits::SCOPE_FEEDS_MAX;

/// Why there is no form of that area for the caller.
#[derive(Debug, thiserror::Error)]
pub enum FormAreaError {
    /// No role of the caller reads forms.
    #[error("no grant opens the forms")]
    NotAllowed,
    /// There is no such area, or the caller may not know of it.
    #[error("no such area in the caller's scope")]
    NoSuchArea,
    /// Several areas could be meant.
    #[error("the area has to be named")]
    NameTheArea,
    /// More villages than a workbook has sheets.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The database cannot be used now.
    #[error("the database failed")]
    Database(#[from] DbError),
}

/// The area asked for and, for a subdistrict, its villages in order of their codes.
///
/// # Errors
/// [`FormAreaError`].
pub async fn find_form_area(
    tx: &mut Tx,
    caller: &Caller,
    area: Option<&FeedId>,
) -> Result<(FeedRow, Vec<FeedRow>), FormAreaError> {
    let reached = caller.villages(Action::ReadForms);
    if reached == Villages::Only(Vec::new()) {
        return Err(FormAreaError::NotAllowed);
    }
    let code = match area {
        Some(code) => code.as_str().to_owned(),
        None => only_area(tx, &reached).await?,
    };
    let known = code.parse::<FeedId>().is_ok_and(|id| !id.is_quarantine());
    if !known || !caller.may(Action::ReadForms, Some(&code)) {
        return Err(FormAreaError::NoSuchArea);
    }
    let found = feeds::find_feeds(tx, std::slice::from_ref(&code)).await?;
    let feed = found.into_iter().next().ok_or(FormAreaError::NoSuchArea)?;
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let children = feeds::list_children(tx, &code, limit).await?;
    if children.len() > APPENDIX1_SHEETS_MAX {
        return Err(ReportError::TooManySheets { sheets: children.len(), limit: APPENDIX1_SHEETS_MAX }.into());
    }
    Ok((feed, feeds::find_feeds(tx, &children).await?))
}

/// The subdistrict that is meant when none is named: the only one in reach, or the only village.
async fn only_area(tx: &mut Tx, reached: &Villages) -> Result<String, FormAreaError> {
    let limit = i64::try_from(SCOPE_FEEDS_MAX).unwrap_or(i64::MAX);
    let mut in_reach = match reached {
        Villages::All => feeds::list_feeds(tx, limit).await?,
        Villages::Only(ids) => feeds::find_feeds(tx, ids).await?,
    };
    in_reach.retain(|feed| feed.id != FeedId::quarantine().as_str());
    let parents: BTreeSet<&str> = in_reach.iter().filter_map(|feed| feed.parent.as_deref()).collect();
    let mut subdistricts = in_reach.iter().filter(|feed| parents.contains(feed.id.as_str()));
    match (subdistricts.next(), subdistricts.next(), in_reach.as_slice()) {
        (Some(only), None, _) | (None, None, [only]) => Ok(only.id.clone()),
        (Some(_) | None, _, _) => Err(FormAreaError::NameTheArea),
    }
}
