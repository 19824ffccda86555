//! `-v`: what happens, on stderr.

use std::io;

use tracing::Level;

/// Starts logging where it is asked for; costs nothing otherwise.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // Without colour: these are lines for a report or a log, and colour is a feature of the crate that is left out.
    tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(false).init();
}
