//! What a request asks for: its target, its format, and how long it waits.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::ACCEPT;

/// The header by which Prometheus says how long it waits.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

/// How long a client waits that does not say it, as Prometheus does by default.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest time of a scrape, whatever the client says.
const LONGEST: Duration = Duration::from_secs(120);

/// The text of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The text of Prometheus, version 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// Returns the format for a client: OpenMetrics if it accepts it, because only such a client names it.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let is_open = |accept: &str| accept.to_ascii_lowercase().contains("application/openmetrics-text");
        if accepted.into_iter().any(is_open) { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Returns how long the exporter may take, so that its answer arrives while the client still waits.
pub(crate) fn patience(headers: &HeaderMap) -> Duration {
    let told = headers.get(SCRAPE_TIMEOUT).and_then(|value| value.to_str().ok());
    let told = told.and_then(|text| text.parse().ok()).and_then(|it| Duration::try_from_secs_f64(it).ok());
    let waits = told.filter(|waits| !waits.is_zero()).unwrap_or(PATIENCE).min(LONGEST);
    // The answer needs a tenth of the time, and half a second at most, to arrive.
    waits.saturating_sub((waits / 10).min(Duration::from_millis(500)))
}

/// Returns the value of a parameter of the query. None if it is missing, is there twice, or is no UTF-8.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let value = values.next()?;
    if values.next().is_some() { None } else { decoded(value) }
}

/// Decodes `%2F` and `+` of a query.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(hyper::header::HeaderName::from_static(name), value.parse().unwrap())])
    }

    /// A failure here would answer after Prometheus has given up, so that a hanging server hides every other one.
    #[test]
    fn the_answer_arrives_before_the_client_gives_up() {
        let of = |told: &str| patience(&headers(SCRAPE_TIMEOUT, told)).as_secs_f64();
        assert!((of("10") - 9.5).abs() < 1e-9 && (of("1") - 0.9).abs() < 1e-9);
        for wrong in ["", "x", "-1", "0", "NaN", "inf", "1e300"] {
            assert!((of(wrong) - 9.5).abs() < 1e-9, "{wrong}");
        }
        assert!((of("86400") - 119.5).abs() < 1e-9);
        assert_eq!(patience(&HeaderMap::new()), Duration::from_millis(9500));
    }

    /// A failure here would send a text that the client cannot read.
    #[test]
    fn the_client_chooses_the_format() {
        let of = |accept: &str| Format::of(&headers("accept", accept));
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
        assert_eq!(of(prometheus), Format::OpenMetrics);
        for plain in ["*/*", "text/plain", "text/html,*/*;q=0.8"] {
            assert_eq!(of(plain), Format::Prometheus, "{plain}");
        }
    }

    /// A failure here would ask another server than the one that the query names.
    #[test]
    fn a_target_is_decoded_and_unambiguous() {
        let target = |query: &str| parameter(Some(query), "target");
        assert_eq!(target("target=fs1%3A4450&x=y").as_deref(), Some("fs1:4450"));
        assert_eq!(target("x=y&target=a+b").as_deref(), Some("a b"));
        assert_eq!(target("target=%C3%A9").as_deref(), Some("\u{e9}"));
        for wrong in
            ["", "target", "targets=fs1", "target=a&target=b", "target=%", "target=%zz", "target=%ff"]
        {
            assert_eq!(target(wrong), None, "{wrong}");
        }
        assert_eq!(parameter(None, "target"), None);
    }
}
