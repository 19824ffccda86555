//! [`ServersError`]: why names, groups and lists mean no servers.

use std::io;
use std::path::PathBuf;

use super::Error;

/// Why names, groups and lists mean no servers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServersError {
    /// The configuration file has no such group.
    #[error("no group {} in the configuration file{}", last(.chain), named_by(.chain))]
    UnknownGroup {
        /// The groups that lead to it, and its name.
        chain: Vec<String>,
        /// The groups that the file has.
        known: Vec<String>,
    },
    /// An `@` without the name of a group.
    #[error("a group's name is missing after @{}", named_by(.chain))]
    NoGroupName {
        /// The groups that lead to it, and `@`.
        chain: Vec<String>,
    },
    /// A group contains itself.
    #[error("a group contains itself: {}", .chain.join(" > "))]
    GroupLoop {
        /// The groups, from the one that was named to the repeated one.
        chain: Vec<String>,
    },
    /// A group contains nothing. It never means the local computer.
    #[error("the group {} contains no server{}", last(.chain), named_by(.chain))]
    EmptyGroup {
        /// The groups that lead to it, and its name.
        chain: Vec<String>,
    },
    /// A group contains something that is not a server.
    #[error("the group {}: {reason}", last(.chain))]
    Member {
        /// The groups that lead to it, and its name.
        chain: Vec<String>,
        /// Why it is not a server.
        reason: Box<Error>,
    },
    /// The system cannot read a list of servers.
    #[error("cannot read the servers from {}: {cause}", .path.display())]
    ListUnreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// A line of a list of servers is wrong.
    #[error("{}, line {line}: {reason}", .path.display())]
    ListMistake {
        /// The file.
        path: PathBuf,
        /// The line's number.
        line: usize,
        /// Why it is not a server.
        reason: Box<Error>,
    },
    /// A list of servers has no entry. It never means the local computer.
    #[error("{} names no server", .path.display())]
    EmptyList {
        /// The file.
        path: PathBuf,
    },
    /// Every server was excluded. That never means the local computer.
    #[error("every server is excluded")]
    AllExcluded,
}

fn last(chain: &[String]) -> &str {
    chain.last().map_or("", String::as_str)
}

/// Says which group names the last one, if it is not the person.
fn named_by(chain: &[String]) -> String {
    match chain.split_last() {
        Some((_, above)) if !above.is_empty() => format!(" ({} names it)", above.join(" > ")),
        _ => String::new(),
    }
}
