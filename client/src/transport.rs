//! The one way to a server: a request goes out, an answer comes back or does not. [`crate::http::Http`] does it over the network; tests
//! and simulations put a server in the same process and lose requests or answers as they like. What a newcomer gets wrong: an
//! error here means "nobody knows whether the server acted", so the only right thing is to ask again.

use bytes::Bytes;

use crate::surroundings::BoxFuture;

/// Methods that the protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// HEAD.
    Head,
    /// PATCH.
    Patch,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Path from the root of the server, or a full address that the server gave in `Location`.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Bytes::new() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// An answer. The body is decompressed already.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// The value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// A header that is a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }
}

/// Why no answer came. Whether the server acted is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It took too long.
    #[error("服务器没有及时回应；内容都在手机上，将自动重试")]
    TimedOut,
    /// No connection, or it broke.
    #[error("连不上服务器（{0}）；内容都在手机上，将自动重试")]
    Unreachable(String),
    /// The answer is larger than anything the protocol sends, or its compression is broken.
    #[error("服务器的回应无法读取（{0}）；内容都在手机上，将自动重试")]
    BadAnswer(String),
}

/// A way to a server.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the answer.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}
