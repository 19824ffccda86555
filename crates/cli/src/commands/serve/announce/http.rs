//! The description of the server over HTTP, for which Explorer asks after it has found the server.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::ids::message_id;
use super::soap::{Device, Kind};

/// The port of the Devices Profile for Web Services.
pub(super) const PORT: u16 = 5357;
/// The most connections at once. A further one takes the place of the oldest one of the address that has most.
const CONNECTIONS: usize = 64;
/// The longest request, in bytes.
const LONGEST: usize = 16 << 10;
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after the system refused to accept.
const PAUSE: Duration = Duration::from_millis(50);

/// What has a device to describe.
pub(super) trait Describes: Send + Sync + 'static {
    /// Returns the device.
    fn device(&self) -> &Device;
}

/// Serves the description of the device until the server stops.
pub(super) async fn serve(listener: TcpListener, described: Arc<impl Describes>) {
    // Dropping the set closes all connections.
    let mut tasks = JoinSet::new();
    // The oldest first.
    let mut connections = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                while tasks.try_join_next().is_some() {}
                connections.retain(|(_, task): &(IpAddr, AbortHandle)| !task.is_finished());
                if connections.len() >= CONNECTIONS {
                    close_one(&mut connections);
                }
                let described = Arc::clone(&described);
                let task = tasks.spawn(async move {
                    let _ = tokio::time::timeout(PATIENCE, connection(stream, &*described)).await;
                });
                connections.push_back((peer.ip(), task));
            }
            Err(error) => {
                tracing::debug!(%error, "accepting");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Closes the oldest connection of the address that has most.
fn close_one(connections: &mut VecDeque<(IpAddr, AbortHandle)>) {
    let count = |address: &IpAddr| connections.iter().filter(|(other, _)| other == address).count();
    let most = connections.iter().map(|(address, _)| count(address)).max();
    let oldest = connections.iter().position(|(address, _)| Some(count(address)) == most);
    if let Some((_, task)) = oldest.and_then(|index| connections.remove(index)) {
        task.abort();
    }
}

async fn connection(stream: TcpStream, described: &impl Describes) {
    let respond = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(answer(request, described.device()).await)
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

async fn answer(request: Request<Incoming>, device: &Device) -> Response<Full<Bytes>> {
    let is_here = request.uri().path().trim_start_matches('/') == device.path();
    if !is_here || request.method() != Method::POST {
        return refusal(if is_here { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND });
    }
    let Ok(body) = Limited::new(request.into_body(), LONGEST).collect().await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE);
    };
    match device.read(&body.to_bytes()).filter(|request| request.kind == Kind::Get) {
        None => refusal(StatusCode::BAD_REQUEST),
        Some(request) => {
            let mut response = Response::new(Full::from(device.response(&request, "", &message_id())));
            let soap = hyper::header::HeaderValue::from_static("application/soap+xml");
            response.headers_mut().insert(CONTENT_TYPE, soap);
            response
        }
    }
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
