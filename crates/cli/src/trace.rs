//! [`start`] starts the log of `-v` on stderr.

use std::io;

use tracing::Level;

/// Starts the log at the level of this many `-v` flags. Without one it does nothing.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // The lines have no colour, because people copy them into reports and files.
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(false);
    lines.with_target(verbose > 1).init();
}
