//! The place where the next page of a list starts: sealed, so that nobody builds one, and bound to the person and to the list with all its
//! conditions, so that none is taken elsewhere. What a newcomer gets wrong: it names the last row seen, not a number of rows, so rows
//! that arrive in between neither repeat nor hide others.

use super::ReadError;
use crate::app::App;
use crate::auth::seal::Purpose;
use crate::usecases::caller::Caller;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sync_protocol::canonical::to_json;
use sync_protocol::digest::{sha256, to_hex};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    user: Uuid,
    list: String,
    after: T,
}

/// What a cursor is bound to: the name of the list and its conditions.
fn list_name(name: &str, conditions: &impl std::fmt::Debug) -> String {
    format!("{name} {}", &to_hex(&sha256(format!("{conditions:?}").as_bytes()))[..16])
}

/// Seals the order values of the last row of a page.
///
/// # Errors
/// When the values are too long to be sealed.
pub fn seal<T: Serialize>(
    app: &App,
    caller: &Caller,
    (name, conditions): (&str, &impl std::fmt::Debug),
    after: T,
) -> Result<String, ReadError> {
    let sealed = Sealed { user: caller.user.0, list: list_name(name, conditions), after };
    app.seals.seal(Purpose::ListCursor, to_json(&sealed).as_bytes()).map_err(|_| ReadError::BadCursor)
}

/// The order values in a cursor.
///
/// # Errors
/// [`ReadError::BadCursor`] unless it was sealed for this person, list and conditions.
pub fn open<T: DeserializeOwned>(
    app: &App,
    caller: &Caller,
    (name, conditions): (&str, &impl std::fmt::Debug),
    cursor: Option<&str>,
) -> Result<Option<T>, ReadError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = app.seals.open(Purpose::ListCursor, cursor).map_err(|_| ReadError::BadCursor)?;
    let sealed: Sealed<T> = serde_json::from_slice(&bytes).map_err(|_| ReadError::BadCursor)?;
    let fits = sealed.user == caller.user.0 && sealed.list == list_name(name, conditions);
    if fits { Ok(Some(sealed.after)) } else { Err(ReadError::BadCursor) }
}

/// Cuts the one row that was read too many and says where the next page starts.
///
/// # Errors
/// As [`seal`].
pub fn cut<T, A: Serialize>(
    app: &App,
    caller: &Caller,
    list: (&str, &impl std::fmt::Debug),
    rows: &mut Vec<T>,
    limit: i64,
    after: impl FnOnce(&T) -> A,
) -> Result<Option<String>, ReadError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return Ok(None);
    }
    rows.truncate(limit);
    rows.last().map(|last| seal(app, caller, list, after(last))).transpose()
}
