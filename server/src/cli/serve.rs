//! `paicha serve`: HTTP or HTTPS until somebody says stop, then a while for what is under way. What a newcomer gets wrong: the line with the
//! address is printed when connections are taken, not before, because scripts wait for it.

use super::{Output, open};
use crate::app::App;
use crate::config::Config;
use crate::http::router;
use anyhow::Context as _;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What one connection may hold of bytes nobody has asked for yet: 200 phones that wait for a place hold 200 of these. Request heads must fit.
const CONNECTION_BUFFER_BYTES: usize = 64 << 10;

/// How long a request's head may take: a phone on the worst line needs seconds, and who never ends one holds a connection for nothing.
const HEAD_MAX: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or Ctrl-C.
pub(super) async fn run(config: Config, output: &mut Output) -> anyhow::Result<()> {
    crate::crash::arm();
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let tls = match config.tls_files() {
        Some((certificate, key)) => Some(crate::tls::load_server_config(certificate, key)?),
        None => None,
    };
    let _held = super::lock::hold(&config)?;
    // Before the data: a second server on the same address must not come as far as migrating.
    let listen = config.server.listen;
    let listener =
        TcpListener::bind(listen).with_context(|| format!("无法监听 {listen}（地址被占用或无权限），没有启动。"))?;
    listener.set_nonblocking(true)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = listener.local_addr()?;
    let grace = Duration::from_secs(config.server.shutdown_seconds);
    let app = open(config).await?;

    let handle = Handle::new();
    let (stop, stopped) = watch::channel(false);
    let jobs = crate::jobs::spawn(app.clone(), stopped);
    let signal = tokio::spawn(stop_on_signal(handle.clone(), stop.clone(), grace));
    output.line(format!("正在监听 {scheme}://{address}"))?;
    output.flush()?;
    let served = serve(app.clone(), listener, tls, handle).await;
    signal.abort();
    // Whatever ended the serving, the jobs end too, within the same grace.
    let _ = stop.send(true);
    if tokio::time::timeout(grace, jobs).await.is_err() {
        tracing::warn!("the jobs did not end in time");
    }
    app.database.close().await;
    served.context("服务器意外停止。")
}

async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(tls) => {
            let tls = RustlsConfig::from_config(Arc::new(tls));
            let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle);
            bound_connections(server.http_builder());
            server.serve(service).await
        }
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            bound_connections(server.http_builder());
            server.serve(service).await
        }
    }
}

/// What one connection may take of memory and of time before it has asked for anything.
fn bound_connections<Executor>(builder: &mut auto::Builder<Executor>) {
    let mut http1 = builder.http1();
    http1.max_buf_size(CONNECTION_BUFFER_BYTES).timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
}

/// Waits for the signal, then lets no new request in. A second signal ends at once.
async fn stop_on_signal(handle: Handle<SocketAddr>, stop: watch::Sender<bool>, grace: Duration) {
    wait_for_signal().await;
    tracing::info!(seconds = grace.as_secs(), "stopping; requests under way may end");
    let _ = stop.send(true);
    handle.graceful_shutdown(Some(grace));
    wait_for_signal().await;
    handle.shutdown();
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard; only Ctrl-C stops the server in order");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
