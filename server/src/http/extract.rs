//! What handlers take from a request: who asks, from where, and a JSON body. Who asks is read from the access token and the database at
//! every request, so that a revoked phone, a changed scope or a disabled account counts at once. What a newcomer gets wrong: axum's own
//! `Json` refuses a body in plain text; [`JsonBody`] answers a problem of the catalogue.

use super::body::read_body;
use super::problem::ApiError;
use crate::app::App;
use crate::auth::secret::Secret;
use crate::usecases::caller::Caller;
use crate::usecases::identify_caller::{IdentifyError, identify_caller};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use sync_protocol::problem::Problem;

/// Longest JSON body of an ordinary request, as sent and unpacked; pushes and pulls have limits of their own.
const JSON_BODY_BYTES_MAX: usize = 64 * 1024;
/// The header in which a proxy names whom it speaks for.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The asker of an authenticated request.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Caller);

impl FromRequestParts<Arc<App>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let AccessToken(token) = AccessToken::from_request_parts(parts, app).await?;
        Ok(Self(identify_caller(app, token.expose()).await?))
    }
}

/// The access token as it was sent, not looked at yet.
#[derive(Debug, Clone)]
pub struct AccessToken(pub Secret<String>);

impl FromRequestParts<Arc<App>> for AccessToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.split_once(' '));
        let (_, token) =
            token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or(Problem::Unauthenticated)?;
        Ok(Self(Secret::new(token.to_owned())))
    }
}

/// The address of the asker: of the connection, or what a trusted proxy says of it.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Arc<App>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        // Without a connection (a test that calls the service directly) all share one address.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let forwarded = parts.headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let forwarded: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self(client_address(peer, &forwarded, &app.config.server.trusted_proxies)))
    }
}

/// Walks from the connection outwards as long as the hop is a trusted proxy; what stands further left anybody may have invented.
fn client_address(peer: IpAddr, forwarded: &[&str], trusted: &[IpAddr]) -> IpAddr {
    let mut address = peer.to_canonical();
    for hop in forwarded.iter().rev() {
        if !trusted.iter().any(|proxy| proxy.to_canonical() == address) {
            break;
        }
        let Ok(next) = hop.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    address
}

/// A JSON body of at most 64 KiB.
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(&parts.headers, body, JSON_BODY_BYTES_MAX, JSON_BODY_BYTES_MAX).await?;
        let value = serde_json::from_slice(&bytes);
        value.map(Self).map_err(|error| ApiError::new(Problem::MalformedRequest).detail(json_fault(&error)))
    }
}

/// Where the body went wrong. Not the parser's own words: they quote values, and a value may be a password.
fn json_fault(error: &serde_json::Error) -> String {
    format!("JSON 第 {} 行第 {} 列有误。", error.line(), error.column())
}

impl From<IdentifyError> for ApiError {
    fn from(error: IdentifyError) -> Self {
        match error {
            IdentifyError::Token => Self::new(Problem::Unauthenticated),
            IdentifyError::Session => Self::new(Problem::SessionRevoked),
            IdentifyError::Device => Self::new(Problem::DeviceRevoked),
            IdentifyError::Database(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_trusted_proxies_name_another_address() {
        let trusted = [address("192.0.2.1"), address("192.0.2.2")];
        let seen = |peer: &str, forwarded: &[&str]| client_address(address(peer), forwarded, &trusted).to_string();
        assert_eq!(seen("198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("192.0.2.1", &["203.0.113.66", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("192.0.2.1", &["203.0.113.9", "192.0.2.2"]), "203.0.113.9");
        assert_eq!(seen("::ffff:192.0.2.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("192.0.2.1", &["nonsense"]), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", &[]), "192.0.2.1");
    }
}
