//! [`serve`]: the connections around `answer`.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
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
use tokio::time::timeout;

use crate::Exporter;
use crate::answer::answer;
use crate::listener::{Listener, Stream};

/// The most connections at once; others wait.
const CONNECTIONS: usize = 64;
/// The time limit for the head of a request.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a connection takes requests. Then it closes after its answer, and the client makes another one.
const LIFETIME: Duration = Duration::from_secs(300);
/// How long the last answer may take: the longest scrape, and the time to send it. A client that takes no answer keeps its place no longer.
const LAST: Duration = Duration::from_secs(150);
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
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), respond)
    );
    let result = match timeout(LIFETIME, served.as_mut()).await {
        Ok(result) => result,
        Err(_) => {
            served.as_mut().graceful_shutdown();
            timeout(LAST, served).await.unwrap_or_else(|_| {
                tracing::info!("a client takes no answer: its connection is closed");
                Ok(())
            })
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;
    use crate::Options;

    /// A failure here would let clients that take no answer hide every server from Prometheus, until the exporter is restarted.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_no_answer_loses_its_place() {
        let exporter = Exporter::new(Vec::new(), Options::default());
        let (mut client, server) = duplex(16);
        let asking = async {
            client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            client
        };
        let served = async { futures_util::future::join(connection(server, &exporter, None), asking).await };
        assert!(timeout(Duration::from_secs(3_600), served).await.is_ok());
    }
}
