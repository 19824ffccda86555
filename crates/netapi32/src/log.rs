//! The log that `NETSESSION_LOG` turns on: levels `error` to `trace`, on stderr, never with a secret.
//!
//! [`within`] subscribes for the time of one call instead of globally, so a Rust program that links this library keeps
//! its own subscriber.

use std::sync::OnceLock;

use tracing::{Dispatch, Level, dispatcher};

use crate::failure::Failure;
use crate::wchar::WCHAR;
use crate::{strings, surroundings};

const LOG_VARIABLE: &str = "NETSESSION_LOG";

/// Runs `work`, and logs its events as `NETSESSION_LOG` says.
pub(crate) fn within<T>(work: impl FnOnce() -> T) -> T {
    static DISPATCH: OnceLock<Option<Dispatch>> = OnceLock::new();
    match DISPATCH.get_or_init(dispatch) {
        Some(dispatch) => dispatcher::with_default(dispatch, work),
        None => work(),
    }
}

/// Logs why a function fails: wrong arguments at `info`, everything else at `warn`.
pub(crate) fn failed(name: &'static str, failure: &Failure) {
    let has_narrow = strings::take_narrow();
    // Most programs have no log, and some call for each session of a long list.
    if !tracing::enabled!(Level::WARN) {
        return;
    }
    let (code, reason) = (failure.code(), failure.reason());
    let hint = failure.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    match failure {
        Failure::Argument { .. } | Failure::Server(netsession::Error::Parameter { .. }) => {
            tracing::info!("{name} returns {code}: {reason}");
        }
        _ => tracing::warn!("{name} returns {code}: {reason}{hint}"),
    }
    if has_narrow {
        tracing::warn!(
            "{name} got a text that looks like one of 8-bit characters: pass {} bits (in .NET, CharSet.Auto passes 8 bits \
             outside Windows: write CharSet.Unicode)",
            WCHAR::BITS
        );
    }
}

/// Returns the subscriber; `None` where the variable is not set, or names no level.
fn dispatch() -> Option<Dispatch> {
    let wanted = surroundings::variable(LOG_VARIABLE)?;
    let level = match wanted.trim().to_ascii_lowercase().as_str() {
        "error" => Level::ERROR,
        "warn" | "warning" => Level::WARN,
        "info" => Level::INFO,
        "debug" => Level::DEBUG,
        "trace" => Level::TRACE,
        _ => return None,
    };
    let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
    Some(Dispatch::new(subscriber.with_writer(std::io::stderr).finish()))
}
