//! `-v`: what happens, on stderr.

use std::io::{self, IsTerminal as _};

use tracing::Level;

/// Starts logging where it is asked for; costs nothing otherwise.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let colour =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(colour).init();
}
