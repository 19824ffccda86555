//! [`answer`]: what the exporter answers to a request.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode, Uri};
use netsession_journal::Timestamp;
use tokio::time::Instant;

use crate::Exporter;
use crate::exporter::Scrape;
use crate::metrics::write;
use crate::request::{Format, parameter, patience};

/// The page at `/`.
const INDEX: &str = "netsession exporter\n\n\
    /metrics             every server\n\
    /probe?target=NAME   one of the servers\n\
    /-/healthy           whether the exporter runs\n";

/// Answers a request.
pub(crate) async fn answer(
    exporter: &Exporter,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    certificate_expires: Option<Timestamp>,
) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "use GET\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let only = match uri.path() {
        "/metrics" => None,
        "/probe" => match parameter(uri.query(), "target").map(|name| (exporter.find(&name), name)) {
            Some((Some(index), _)) => Some(index),
            Some((None, name)) => {
                // Somebody may have written a login before it.
                let name = name.rsplit('@').next().unwrap_or_default();
                tracing::info!("a probe of {name:?} was refused: it is no server of this exporter");
                return plain(StatusCode::NOT_FOUND, "the target is no server of this exporter\n");
            }
            None => return plain(StatusCode::BAD_REQUEST, "name one server: /probe?target=NAME\n"),
        },
        "/" => return plain(StatusCode::OK, INDEX),
        "/-/healthy" => return plain(StatusCode::OK, "the exporter runs\n"),
        _ => return plain(StatusCode::NOT_FOUND, "the metrics are at /metrics\n"),
    };
    let deadline = Instant::now() + patience(headers);
    let scrape = Scrape { certificate_expires, ..exporter.scrape(only, deadline).await };
    let format = Format::of(headers);
    match write(&scrape, format) {
        Ok(text) => with_type(StatusCode::OK, format.content_type(), text.into()),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    with_type(status, "text/plain; charset=utf-8", Bytes::copy_from_slice(text.as_bytes()))
}

fn with_type(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
