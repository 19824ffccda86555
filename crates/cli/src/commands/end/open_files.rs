//! [`OpenFiles`]: the files that are open in the sessions to end, for the preview.

use std::time::Duration;

use netsession::{EndPlan, EndPreview, OpenFile, Server, Session};

use crate::failure::Hinted as _;
use crate::rows::FileRow;

/// How long the preview waits for the files. A server with millions of them takes longer, and a person waits.
const LIMIT: Duration = Duration::from_secs(3);
/// The most files that the preview shows of a session, and the most sessions.
const MAX_FILES: usize = 5;
const MAX_SESSIONS: usize = 20;

/// The open files of the sessions to end at one server.
#[derive(Debug, Clone)]
pub(in crate::commands) enum OpenFiles {
    /// The command did not ask for them.
    NotAsked,
    /// The files.
    Known(Vec<OpenFile>),
    /// The server did not list them, for this reason.
    Unknown(String),
}

impl OpenFiles {
    /// Lists the files, unless no session ends.
    pub(in crate::commands) async fn of(plan: &mut EndPlan<Server>) -> OpenFiles {
        if plan.preview().to_end().is_empty() {
            return OpenFiles::NotAsked;
        }
        match tokio::time::timeout(LIMIT, plan.open_files()).await {
            Ok(Ok(files)) => OpenFiles::Known(files),
            Ok(Err(error)) => {
                tracing::debug!(hint = ?error.hint_with_flags(), "listing open files");
                OpenFiles::Unknown(error.to_string())
            }
            Err(_) => OpenFiles::Unknown(format!("no answer within {} s", LIMIT.as_secs())),
        }
    }

    /// Returns the files of a session, for JSON; `None` if they are unknown.
    pub(super) fn rows(&self, server: &str, session: &Session) -> Option<Vec<FileRow>> {
        let OpenFiles::Known(files) = self else { return None };
        Some(
            files
                .iter()
                .filter(|file| file.may_be_of(session))
                .map(|file| FileRow::new(server, file))
                .collect(),
        )
    }

    /// Returns the lines about the files of the sessions to end.
    pub(in crate::commands) fn notes(&self, server: &str, plan: &EndPreview) -> Vec<String> {
        let files = match self {
            OpenFiles::NotAsked => return Vec::new(),
            OpenFiles::Unknown(reason) => {
                return vec![format!("{server}: the open files of these sessions are unknown: {reason}")];
            }
            OpenFiles::Known(files) => files,
        };
        let mut lines: Vec<String> = Vec::new();
        for session in plan.to_end() {
            let is_of = |file: &&OpenFile| file.may_be_of(session);
            let (known, perhaps): (Vec<_>, Vec<_>) =
                files.iter().filter(is_of).partition(|file| file.client.is_some());
            let groups =
                [(known, "has open"), (perhaps, "may have open (the server does not tell the client)")];
            for (files, verb) in groups.iter().filter(|(files, _)| !files.is_empty()) {
                let line = format!("  {} at {} {verb}: {}", session.user, session.client, paths(files));
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        if lines.is_empty() {
            return lines;
        }
        let more = lines.len().saturating_sub(MAX_SESSIONS);
        lines.truncate(MAX_SESSIONS);
        if more > 0 {
            lines.push(format!("  and {more} more sessions with open files"));
        }
        lines.insert(0, format!("{server}: unsaved changes in open files are lost"));
        lines
    }
}

/// Returns the first paths, and how many more there are.
fn paths(files: &[&OpenFile]) -> String {
    let shown: Vec<&str> = files.iter().take(MAX_FILES).map(|file| file.path.as_str()).collect();
    match files.len().saturating_sub(MAX_FILES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::OpenFiles;
    use netsession::{EndPreview, FileId, OpenFile, Permissions, PlannedFate, Session};

    fn file(id: u32, user: &str, client: Option<&str>) -> OpenFile {
        OpenFile {
            id: FileId(id),
            path: format!(r"C:\data\{id}.txt"),
            user: user.to_owned(),
            client: client.map(str::to_owned),
            permissions: Permissions(3),
            locks: 0,
        }
    }

    /// A failure here would hide files that a person is about to lose, or fill the screen with them.
    #[test]
    fn the_files_of_each_session_are_shown_and_bounded() {
        let plan: EndPreview = [("10.0.0.5", "bob"), ("10.0.0.6", "alice"), ("10.0.0.7", "carol")]
            .map(|(client, user)| (Session::new(client, user), PlannedFate::End))
            .into_iter()
            .collect();
        let mut files: Vec<OpenFile> = (1..=17).map(|id| file(id, "BOB", Some("10.0.0.5"))).collect();
        files.push(file(18, "alice", None));
        files.push(file(19, "dave", Some("10.0.0.5")));
        let known = OpenFiles::Known(files);
        let lines = known.notes("fs1", &plan);
        assert_eq!(lines[0], "fs1: unsaved changes in open files are lost");
        assert!(lines[1].starts_with(r"  bob at 10.0.0.5 has open: C:\data\1.txt, "), "{lines:?}");
        assert!(lines[1].ends_with(r"C:\data\5.txt and 12 more"), "{lines:?}");
        assert_eq!(
            lines[2],
            r"  alice at 10.0.0.6 may have open (the server does not tell the client): C:\data\18.txt"
        );
        assert_eq!(lines.len(), 3, "carol has no file open, and dave stays: {lines:?}");
        assert_eq!(known.rows("fs1", &plan.to_end()[0]).map(|rows| rows.len()), Some(17));
        let unknown = OpenFiles::Unknown("fs1 answered NetrFileEnum with ERROR_ACCESS_DENIED (5)".to_owned());
        assert!(unknown.notes("fs1", &plan)[0].contains("are unknown: fs1 answered"));
        assert!(unknown.rows("fs1", &plan.to_end()[0]).is_none());
        assert!(OpenFiles::NotAsked.notes("fs1", &plan).is_empty());
    }
}
