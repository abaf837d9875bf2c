//! The transport over HTTP: one connection pool, time-outs, an extra root certificate for servers with their own authority, zstd answers
//! with a limit inside and outside the decoder. It knows nothing of the protocol; what a status means is decided elsewhere.

use std::io::Read as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::surroundings::BoxFuture;
use crate::transport::{Method, Request, Response, Transport, TransportError};

/// Bytes of an answer as sent.
pub const ANSWER_ENCODED_BYTES_MAX: usize = 8 << 20;
/// Bytes of an answer after decompression.
pub const ANSWER_DECODED_BYTES_MAX: u64 = 32 << 20;
/// Largest zstd window that is accepted, as a power of two (8 MiB).
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Where the server is and how patient to be.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// `https://host` or `http://host:port`, without a path.
    pub server: String,
    /// Certificate of the server's own authority, PEM.
    pub root_certificate_pem: Option<Vec<u8>>,
    /// Milliseconds until a connection must stand.
    pub connect_timeout_ms: u64,
    /// Milliseconds until a whole answer must be there.
    pub timeout_ms: u64,
}

impl HttpOptions {
    /// The server with the usual patience: 10 s to connect, 60 s for an answer (a push may work 20 s on the server).
    #[must_use]
    pub fn new(server: impl Into<String>) -> Self {
        Self { server: server.into(), root_certificate_pem: None, connect_timeout_ms: 10_000, timeout_ms: 60_000 }
    }
}

/// Why a transport cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// Not an address.
    #[error("服务器地址“{0}”不对，应以 https:// 或 http:// 开头")]
    BadAddress(String),
    /// The certificate or the TLS settings.
    #[error("证书或加密设置不对，请检查证书文件")]
    Tls(#[source] reqwest::Error),
}

/// A server reached over HTTP. Clones share connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    server: String,
}

impl Http {
    /// Prepares the transport; nothing is sent yet.
    ///
    /// # Errors
    /// [`HttpSetupError`] for a bad address or certificate.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpSetupError> {
        let server = options.server.trim_end_matches('/').to_owned();
        if !(server.starts_with("http://") || server.starts_with("https://")) {
            return Err(HttpSetupError::BadAddress(server));
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(options.connect_timeout_ms))
            .timeout(Duration::from_millis(options.timeout_ms))
            // A redirect could carry the token to somebody else's server.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("paicha-phone/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &options.root_certificate_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(HttpSetupError::Tls)?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(HttpSetupError::Tls)?;
        Ok(Self { client, server })
    }

    /// The server's address.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Locations may be paths or full addresses; a full one must be ours, or the token would leave the house.
    fn address(&self, path: &str) -> Result<String, TransportError> {
        if path.starts_with('/') {
            return Ok(format!("{}{path}", self.server));
        }
        match path.strip_prefix(&self.server) {
            Some(rest) if rest.starts_with('/') => Ok(path.to_owned()),
            Some(_) | None => Err(TransportError::BadAnswer("the server named another server's address".to_owned())),
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Head => reqwest::Method::HEAD,
            Method::Patch => reqwest::Method::PATCH,
        };
        let mut builder = self.client.request(method, self.address(&request.path)?).body(request.body);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let mut answer = builder.send().await.map_err(|error| to_error(&error))?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| to_error(&error))? {
            if body.len() + piece.len() > ANSWER_ENCODED_BYTES_MAX {
                return Err(TransportError::BadAnswer("too large".to_owned()));
            }
            body.extend_from_slice(&piece);
        }
        let zstd = headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "zstd");
        let body = if zstd && !body.is_empty() { decompress(&body)? } else { body.freeze() };
        Ok(Response { status, headers: to_pairs(&headers), body })
    }
}

impl Transport for Http {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

fn to_error(error: &reqwest::Error) -> TransportError {
    if error.is_timeout() { TransportError::TimedOut } else { TransportError::Unreachable(root_cause(error)) }
}

/// The innermost cause says what happened ("connection refused"); the outer ones only where, with the whole address.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn to_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let readable = headers.iter().filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
    readable.map(|(name, value)| (name.as_str().to_owned(), value.to_owned())).collect()
}

fn decompress(body: &[u8]) -> Result<Bytes, TransportError> {
    let broken = |error: std::io::Error| TransportError::BadAnswer(error.to_string());
    let mut decoder = zstd::stream::read::Decoder::new(body).map_err(broken)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
    let mut plain = Vec::new();
    let read = decoder.take(ANSWER_DECODED_BYTES_MAX + 1).read_to_end(&mut plain).map_err(broken)?;
    if read as u64 > ANSWER_DECODED_BYTES_MAX {
        return Err(TransportError::BadAnswer("too large after decompression".to_owned()));
    }
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    fn http() -> Http {
        Http::new(&HttpOptions::new("http://127.0.0.1:1/")).unwrap()
    }

    #[test]
    fn locations_of_other_servers_are_not_followed() {
        assert_eq!(http().address("/v1/uploads/a").unwrap(), "http://127.0.0.1:1/v1/uploads/a");
        assert!(http().address("http://127.0.0.1:1/v1/uploads/a").is_ok());
        assert!(http().address("http://127.0.0.1:10/v1/uploads/a").is_err());
        assert!(http().address("http://elsewhere.example/a").is_err());
        assert!(Http::new(&HttpOptions::new("ftp://a")).is_err());
    }

    #[test]
    fn a_decompression_bomb_is_refused() {
        let bomb = zstd::encode_all(std::io::repeat(0).take(ANSWER_DECODED_BYTES_MAX + 10), 1).unwrap();
        assert!(bomb.len() < 100_000);
        assert!(matches!(decompress(&bomb), Err(TransportError::BadAnswer(_))));
        let fine = zstd::encode_all(&b"{}"[..], 1).unwrap();
        assert_eq!(decompress(&fine).unwrap(), "{}");
    }

    /// Answers one connection with these bytes and gives back the head of the request.
    async fn answer_once(listener: tokio::net::TcpListener, answer: Vec<u8>) -> String {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            socket.read_buf(&mut request).await.unwrap();
        }
        socket.write_all(&answer).await.unwrap();
        socket.shutdown().await.unwrap();
        String::from_utf8_lossy(&request).to_ascii_lowercase()
    }

    #[tokio::test]
    async fn a_compressed_answer_comes_out_plain_with_its_headers() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let body = zstd::encode_all(&b"{\"consumed_to\":7}"[..], 1).unwrap();
        let head = format!(
            "HTTP/1.1 409 Conflict\r\ncontent-encoding: zstd\r\nRetry-After: 3\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let answering = tokio::spawn(answer_once(listener, [head.into_bytes(), body].concat()));
        let http = Http::new(&HttpOptions::new(server)).unwrap();
        let request = Request::new(Method::Post, "/v1/sync/hello").header("authorization", "Bearer t").body("{}");
        let answer = http.send(request).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (409, &b"{\"consumed_to\":7}"[..]));
        assert_eq!(answer.number("retry-after"), Some(3));
        let sent = answering.await.unwrap();
        assert!(sent.starts_with("post /v1/sync/hello http/1.1"), "{sent}");
        assert!(sent.contains("authorization: bearer t"), "{sent}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_as_unreachable() {
        let answer = http().send(Request::new(Method::Get, "/healthz")).await;
        assert!(matches!(answer, Err(TransportError::Unreachable(_))), "{answer:?}");
    }
}
