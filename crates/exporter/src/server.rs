//! [`serve`]: the connections around `answer`.

use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use netsession_journal::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Exporter;
use crate::answer::answer;
use crate::listener::{Listener, Stream};

/// The most connections at once; others wait.
const CONNECTIONS: usize = 64;
/// The time limit for the head of a request.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait after the system refused to accept.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves the metrics until `stop` completes; then it closes every connection. Call it in a
/// [`LocalSet`](tokio::task::LocalSet).
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: Listener,
    exporter: Rc<Exporter>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropping the set closes all connections.
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            () = &mut stop => return Ok(()),
            place = Arc::clone(&places).acquire_owned() => place.map_err(io::Error::other)?,
        };
        let accepted = tokio::select! {
            () = &mut stop => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                let (exporter, certificate) = (Rc::clone(&exporter), listener.certificate());
                connections.spawn_local(async move {
                    match certificate {
                        None => connection(stream, &exporter, None).await,
                        Some(certificate) => match certificate.accept(stream).await {
                            Ok(stream) => connection(stream, &exporter, certificate.expires()).await,
                            Err(error) => tracing::info!("a client is refused: {error}"),
                        },
                    }
                    drop(place);
                });
            }
            // A client left before this accepted it, or no descriptor is free: the other connections continue.
            Err(error) => {
                tracing::debug!(%error, "accepting");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: impl Stream, exporter: &Exporter, certificate_expires: Option<Timestamp>) {
    let respond = service_fn(|request: Request<Incoming>| async move {
        let response: Response<_> =
            answer(exporter, request.method(), request.uri(), request.headers(), certificate_expires).await;
        tracing::debug!(method = %request.method(), path = request.uri().path(), status = %response.status());
        Ok::<_, Infallible>(response)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), respond)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection");
    }
}
