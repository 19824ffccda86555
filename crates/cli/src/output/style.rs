//! The styles of the output.

use anstyle::{AnsiColor, Style};

/// Titles of tables.
pub(crate) const TITLE: Style = Style::new().bold();
/// Success.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Failure, or what a command is about to end.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// A state that a person should notice.
pub(crate) const NOTABLE: Style = AnsiColor::Yellow.on_default();
/// The label of a hint.
pub(super) const HINT: Style = AnsiColor::Cyan.on_default();
