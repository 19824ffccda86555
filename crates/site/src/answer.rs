//! The response to a request: [`answer`] is a function of the request and does no I/O.

use hyper::body::Bytes;
use hyper::header;
use hyper::{HeaderMap, Method, StatusCode, Uri};

use crate::api;
use crate::files::{File, file, files};
use crate::response::{Answer, set, text, with};

/// Returns the response to a request.
pub(crate) fn answer(method: &Method, uri: &Uri, headers: &HeaderMap) -> Answer {
    if *method != Method::GET && *method != Method::HEAD {
        let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "Use GET or HEAD.\n".to_owned());
        set(&mut answer, header::ALLOW, "GET, HEAD");
        return answer;
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(call) = path.strip_prefix("api/") {
        return api::answer(call, uri.query().unwrap_or_default());
    }
    let path = if path.is_empty() { "index.html" } else { path };
    match file(path) {
        Some(file) if path == "feed.atom" => feed(file, headers),
        Some(file) => whole(file, headers),
        None => near(path),
    }
}

/// Returns a file, compressed if the client accepts that, or 304 if the client has it already.
fn whole(file: &File, headers: &HeaderMap) -> Answer {
    let zipped = accepts_gzip(headers);
    let tag = format!("\"{}{}\"", file.digest, if zipped { "-gzip" } else { "" });
    let mut answer = if known(headers, &tag) {
        with(StatusCode::NOT_MODIFIED, Bytes::new())
    } else if zipped {
        let mut answer = with(StatusCode::OK, file.gzip());
        set(&mut answer, header::CONTENT_ENCODING, "gzip");
        answer
    } else {
        with(StatusCode::OK, file.content())
    };
    set(&mut answer, header::CONTENT_TYPE, file.media_type());
    set(&mut answer, header::ETAG, &tag);
    set(&mut answer, header::VARY, "accept-encoding");
    answer
}

/// Returns the feed; its links are relative to the host that the reader names.
fn feed(file: &File, headers: &HeaderMap) -> Answer {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']');
    let mut content = String::from_utf8_lossy(&file.content()).into_owned();
    if let Some(host) = host.filter(|host| host.chars().all(is_plain)) {
        content = content.replacen("<feed ", &format!("<feed xml:base=\"http://{host}/\" "), 1);
    }
    let mut answer = with(StatusCode::OK, content.into());
    set(&mut answer, header::CONTENT_TYPE, file.media_type());
    answer
}

/// Redirects a name without `.html`, or in other case, to its page; everything else is 404.
fn near(path: &str) -> Answer {
    let wanted = path.strip_suffix(".html").unwrap_or(path);
    let is =
        |file: &&File| file.path.strip_suffix(".html").is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    if let Some(found) = files().iter().find(is) {
        let mut answer = text(StatusCode::PERMANENT_REDIRECT, format!("The page is /{}\n", found.path));
        set(&mut answer, header::LOCATION, &format!("/{}", found.path));
        return answer;
    }
    let page = file("404.html").map(File::content).unwrap_or_default();
    let mut answer = with(StatusCode::NOT_FOUND, page);
    set(&mut answer, header::CONTENT_TYPE, "text/html; charset=utf-8");
    answer
}

fn list<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn known(headers: &HeaderMap, tag: &str) -> bool {
    list(headers, &header::IF_NONE_MATCH).any(|known| known.trim_start_matches("W/") == tag || known == "*")
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    list(headers, &header::ACCEPT_ENCODING).any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = parameters.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
        name.trim().eq_ignore_ascii_case("gzip") && quality > 0.0
    })
}
