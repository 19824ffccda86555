//! [`Status`]: the output of `smbstatus --json`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// What a server itself reports about its clients.
#[derive(Debug, Clone)]
pub struct Status {
    /// Its sessions; those that have not logged on yet have an empty user.
    pub sessions: Vec<Session>,
    /// The open files.
    pub open_files: Vec<OpenFile>,
}

/// A session.
#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    /// The Unix name of the user.
    pub username: String,
    /// The client's address.
    pub remote_machine: String,
    /// The smbd process that serves it: sessions of one connection share a process.
    pub server_id: ServerId,
}

/// The process that serves a session.
#[derive(Debug, Clone, Deserialize)]
pub struct ServerId {
    /// Its number, as text.
    pub pid: String,
}

/// A file, and how often it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// The name within its share.
    pub name: String,
    /// The number of opens.
    pub opens: usize,
}

impl Status {
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Answer {
            sessions: BTreeMap<String, Session>,
            open_files: BTreeMap<String, File>,
        }
        #[derive(Deserialize)]
        struct File {
            filename: String,
            opens: BTreeMap<String, serde::de::IgnoredAny>,
        }
        let answer: Answer = serde_json::from_slice(json).context("reading what smbstatus says")?;
        let open_files = answer
            .open_files
            .into_values()
            .map(|file| OpenFile { name: file.filename, opens: file.opens.len() });
        Ok(Self { sessions: answer.sessions.into_values().collect(), open_files: open_files.collect() })
    }

    /// Returns the sessions as (client, user), sorted.
    #[must_use]
    pub fn who(&self) -> Vec<(String, String)> {
        let mut who: Vec<_> = self
            .sessions
            .iter()
            .map(|session| (session.remote_machine.clone(), session.username.clone()))
            .collect();
        who.sort();
        who
    }
}
