//! Building responses: [`with`] is every response's beginning, [`text`] and [`json`] are whole ones.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};

/// A page may load what this server has, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

/// A response with its whole body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Returns plain text.
pub(crate) fn text(status: StatusCode, text: String) -> Answer {
    let mut answer = with(status, text.into());
    set(&mut answer, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    answer
}

/// Returns JSON.
pub(crate) fn json(status: StatusCode, text: String) -> Answer {
    let mut answer = with(status, text.into());
    set(&mut answer, header::CONTENT_TYPE, "application/json");
    answer
}

/// Returns a response that lets a browser load nothing from elsewhere.
pub(crate) fn with(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    set(&mut answer, header::CACHE_CONTROL, "no-cache");
    set(&mut answer, header::CONTENT_SECURITY_POLICY, POLICY);
    set(&mut answer, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut answer, header::REFERRER_POLICY, "no-referrer");
    answer
}

/// Sets a header; a value that no header can hold is left out.
pub(crate) fn set(answer: &mut Answer, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
