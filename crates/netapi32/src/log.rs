//! `NETSESSION_LOG`: what happens, on stderr. Nothing is said unless it is set, and no secret ever is.
//!
//! It is no global subscriber: a Rust program that links this keeps its own.

use std::sync::OnceLock;

use tracing::{Dispatch, Level, dispatcher};

use crate::failure::Failure;
use crate::surroundings;

const LOG_VARIABLE: &str = "NETSESSION_LOG";

/// Carries something out with what it says going where `NETSESSION_LOG` wants it.
pub(crate) fn within<T>(work: impl FnOnce() -> T) -> T {
    static DISPATCH: OnceLock<Option<Dispatch>> = OnceLock::new();
    match DISPATCH.get_or_init(dispatch) {
        Some(dispatch) => dispatcher::with_default(dispatch, work),
        None => work(),
    }
}

/// Says why a function fails. What the caller got wrong is of less interest than what went wrong.
pub(crate) fn failed(name: &'static str, failure: &Failure) {
    let code = failure.code();
    let hint = failure.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    match failure {
        Failure::Argument { .. } | Failure::Server(netsession::Error::Parameter { .. }) => {
            tracing::info!("{name} returns {code}: {failure}");
        }
        _ => tracing::warn!("{name} returns {code}: {failure}{hint}"),
    }
}

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
