//! Ids that follow from a name and a secret of this server. What a newcomer gets wrong: an id that anybody can compute is an id that anybody
//! can take first, and then what the server wanted to do under it never happens.

use crate::app::App;
use crate::auth::seal::Purpose;
use uuid::Uuid;

/// The id of that name: the same every time, and nobody outside can guess it.
pub(crate) fn keyed_id(app: &App, name: &str) -> Uuid {
    let code = app.seals.derive(Purpose::DerivedId, name.as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&code.expose()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
