//! A bad line between a phone and a server: a TCP proxy that can be dead, can be led to another server, and can cut every connection after a
//! number of bytes in either direction.
//!
//! It knows nothing of HTTP. What a newcomer gets wrong: a change of the rules also drops the connections that are open, so bytes
//! are always counted from the first byte of a fresh connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes carried at once.
const PIECE_BYTES: usize = 16 << 10;

/// How the line is now.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Where it leads; nothing is a dead line.
    server: Option<SocketAddr>,
    /// Bytes towards the server that pass on one connection.
    up_max: u64,
    /// Bytes towards the phone that pass on one connection.
    down_max: u64,
}

/// Bytes that came in on the newest connection, passed on or not.
#[derive(Debug, Default)]
struct Seen {
    up: AtomicU64,
    down: AtomicU64,
}

/// A running proxy; it ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    line: watch::Sender<Line>,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A line to the server at this address (`http://127.0.0.1:PORT`), or a dead one.
    ///
    /// # Errors
    /// When no port is free or the address is none.
    pub async fn start(server: Option<&str>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (line, rules) = watch::channel(Line { server: address(server)?, up_max: u64::MAX, down_max: u64::MAX });
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(accept(listener, rules, seen.clone()));
        Ok(Self { url, line, seen, task })
    }

    /// Leads the line to another server, or makes it dead.
    ///
    /// # Errors
    /// When the address is none.
    pub fn lead_to(&self, server: Option<&str>) -> Result<()> {
        let server = address(server)?;
        self.line.send_modify(|line| line.server = server);
        Ok(())
    }

    /// From now on each connection is cut when more than so many bytes come towards the server or towards the phone.
    pub fn cut_after(&self, up_max: u64, down_max: u64) {
        self.line.send_modify(|line| (line.up_max, line.down_max) = (up_max, down_max));
    }

    /// Bytes that came towards the server and towards the phone on the newest connection.
    #[must_use]
    pub fn seen(&self) -> (u64, u64) {
        (self.seen.up.load(Ordering::SeqCst), self.seen.down.load(Ordering::SeqCst))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn address(server: Option<&str>) -> Result<Option<SocketAddr>> {
    Ok(server.map(|url| url.trim_start_matches("http://").parse()).transpose()?)
}

async fn accept(listener: TcpListener, rules: watch::Receiver<Line>, seen: Arc<Seen>) {
    while let Ok((phone, _)) = listener.accept().await {
        let mut changes = rules.clone();
        let line = *changes.borrow_and_update();
        let seen = seen.clone();
        tokio::spawn(async move {
            // Whichever ends first ends the connection: both sockets are dropped.
            tokio::select! {
                _ = changes.changed() => {}
                () = connect(phone, line, &seen) => {}
            }
        });
    }
}

async fn connect(phone: TcpStream, line: Line, seen: &Seen) {
    let Some(server) = line.server else { return };
    let Ok(server) = TcpStream::connect(server).await else { return };
    seen.up.store(0, Ordering::SeqCst);
    seen.down.store(0, Ordering::SeqCst);
    let (from_phone, to_phone) = phone.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_phone, to_server, line.up_max, &seen.up) => {}
        () = carry(from_server, to_phone, line.down_max, &seen.down) => {}
    }
}

/// Carries bytes until either end closes or one byte too many comes.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut left: u64, seen: &AtomicU64) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        seen.fetch_add(read as u64, Ordering::SeqCst);
        let passes = usize::try_from(left).unwrap_or(usize::MAX).min(read);
        if to.write_all(&piece[..passes]).await.is_err() || passes < read {
            return;
        }
        left -= passes as u64;
    }
}
