//! The accept loop. It is our own because `axum::serve` gives a slow sender of headers all the time in the world.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::Service as _;

use super::leftover::Leftover;
use super::slow_reader::CatchingUp;
use super::time_limits::{DRAIN_WITHIN, TimeLimits};
use super::{AppState, service};
use crate::storage::turns;

/// How long to wait before accepting again when the system is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a request's line and headers, and of an answer that waits to be read, that are held at the most: a thousand
/// clients that are slow must not fill the memory.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// Bytes of an answer that the system takes and cannot send yet. By itself it would take megabytes for each of those who
/// read nothing, and only then would they be behind.
const UNSENT_MAX_BYTES: u32 = 128 * 1024;

/// Serves until `stop` resolves, then finishes what was accepted, for as long as `time_limits` has it.
pub async fn serve(listener: TcpListener, app: AppState, stop: impl Future<Output = ()>) {
    bound_unsent(&listener);
    let limits = TimeLimits::of(app.config());
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    // Without a timer hyper has no time-outs at all.
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        // Not `pipeline_flush`: it loses the last answer of a connection on which anything came behind the request.
        .max_buf_size(HEAD_MAX_BYTES);
    let service = service(app.clone());
    let places = Arc::new(Semaphore::new(app.config().connections_max));
    tokio::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(std::io::Error::other)?;
            listener.accept().await.map(|(stream, peer)| (stream, peer, place))
        };
        let (stream, peer, place) = tokio::select! {
            accepted = accept => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let connection =
            connections.watch(http.serve_connection(io(stream, limits), answer(service.clone(), app.clone(), peer)));
        tokio::spawn(async move {
            let _place = place;
            // A connection that breaks off is its peer's affair.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    // Closed first, so that a load balancer's next connection is refused rather than left waiting.
    drop(listener);
    app.stop_streams();
    if tokio::time::timeout(DRAIN_WITHIN, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// Bounds what the system holds for those who do not read. Connections take it over from their listener.
fn bound_unsent(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(listener).set_tcp_notsent_lowat(UNSENT_MAX_BYTES) {
        tracing::warn!(%error, "cannot bound what waits in the system to be sent");
    }
}

/// The connection as hyper wants it, on which a client that reads nothing, or too slowly, is given up.
fn io(stream: TcpStream, limits: TimeLimits) -> TokioIo<CatchingUp<Pin<Box<TimeoutStream<TcpStream>>>>> {
    // Answers are small; waiting to fill a segment would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch off Nagle's algorithm");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.pause_in_reading));
    TokioIo::new(CatchingUp::new(Box::pin(stream), limits.behind_in_reading, reset))
}

/// Lets the system throw away what was never read, when the connection is closed; it would keep it for minutes.
fn reset(stream: &Pin<Box<TimeoutStream<TcpStream>>>) {
    if let Err(error) = socket2::SockRef::from(stream.get_ref()).set_linger(Some(Duration::ZERO)) {
        tracing::debug!(%error, "cannot reset a connection");
    }
}

/// The service as hyper calls it, each request told where it came from.
fn answer(
    service: super::TidyPath<axum::Router>,
    app: AppState,
    peer: SocketAddr,
) -> impl hyper::service::Service<Request<Incoming>, Response = axum::response::Response, Error = Infallible, Future: Send>
{
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut service = service.clone();
        let app = app.clone();
        async move {
            let waits = request.headers().contains_key(header::EXPECT);
            let (parts, body) = request.into_parts();
            let (body, leftover) = Leftover::keep(body);
            let mut request = Request::from_parts(parts, body);
            request.extensions_mut().insert(peer);
            // A router is always ready.
            let response = turns::of_a_request(service.call(request)).await?;
            // An answer that closes the connection has given up on the body.
            if let Some(leftover) = leftover
                && !response.headers().contains_key(header::CONNECTION)
            {
                leftover.throw_away(waits, &app);
            }
            Ok(response)
        }
    })
}
