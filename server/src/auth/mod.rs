//! Who may do what, and how the server knows who is asking: permissions, passwords, tokens, seals, login throttle.
//!
//! Everything here is pure or nearly so: the clock and randomness are passed in, only the key files are read and
//! written. It knows no database, no HTTP and no request: use cases fetch the grants and sessions, and ask. A newcomer
//! gets wrong that a valid token is not a permission: the token names a user, the grants of this moment decide.

pub mod key_file;
pub mod passwords;
pub mod permissions;
pub mod seal;
pub mod secret;
pub mod sessions;
pub mod throttle;
pub mod tokens;
