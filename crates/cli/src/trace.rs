//! `-v`: a log of progress on stderr.

use std::io;

use tracing::Level;

/// Starts the log at the level of so many `-v`. Without one it does nothing.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // These lines belong in a report or a file, so that they have no colour.
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(false);
    lines.with_target(verbose > 1).init();
}
