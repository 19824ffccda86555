//! [`serve`]: the sockets around `answer`.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::answer::answer;
use crate::response::Answer;

/// The most connections at once; others wait.
const CONNECTIONS: usize = 128;
/// The time limit for the head of a request.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves the pages on a listener until `stop` completes; then it closes every connection.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropping the set closes all connections: browsers keep them open for a long time.
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
            Ok((stream, _)) => {
                connections.spawn(async move {
                    connection(stream).await;
                    drop(place);
                });
            }
            // A client left before this accepted it, or no descriptor is free: the other connections continue.
            Err(error) => {
                tracing::debug!(%error, "accepting");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service_fn(respond))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection");
    }
}

async fn respond(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let answer: Response<_> = answer(request.method(), request.uri(), request.headers());
    tracing::debug!(method = %request.method(), path = request.uri().path(), status = %answer.status());
    Ok(answer)
}
