//! [`SilentNode`]: a node of a cluster that does not answer.

use std::fmt;

use super::Error;

/// A node that does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentNode {
    /// The node's name, as the configuration spells it.
    pub node: String,
    /// Why it counts as silent.
    pub reason: String,
}

/// What a listing lacks if a node does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// Its sessions.
    Sessions,
    /// Its open files.
    Files,
    /// Its connections.
    Connections,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sessions => "sessions",
            Self::Files => "open files",
            Self::Connections => "connections",
        })
    }
}

impl SilentNode {
    /// Returns the error that a listing of `server`, a cluster or one of its nodes, is incomplete.
    #[must_use]
    pub fn error(&self, server: &str, missing: Missing) -> Error {
        Error::SilentNode { server: server.to_owned(), node: self.clone(), missing }
    }
}
