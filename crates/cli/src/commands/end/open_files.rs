//! [`OpenFiles`]: the files that are open in the sessions to end, for the preview.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use netsession::{AffectedFile, EndPlan, EndPreview, Server, Session};
use serde::Serialize;

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
    Known(Vec<AffectedFile>),
    /// The server did not list them, for this reason.
    Unknown(String),
}

impl OpenFiles {
    /// Lists the files until `deadline`, unless no session ends.
    pub(in crate::commands) async fn of(plan: &mut EndPlan<Server>, deadline: Instant) -> OpenFiles {
        if plan.preview().to_end().is_empty() {
            return OpenFiles::NotAsked;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(LIMIT.min(left), plan.open_files()).await {
            Ok(Ok(files)) => OpenFiles::Known(files),
            Ok(Err(error)) => {
                tracing::debug!(hint = ?error.hint_with_flags(), "listing open files");
                OpenFiles::Unknown(error.to_string())
            }
            Err(_) if left < LIMIT => OpenFiles::Unknown("the server did not answer in time".to_owned()),
            Err(_) => OpenFiles::Unknown(format!("no answer within {} s", LIMIT.as_secs())),
        }
    }

    /// Returns the files of a session, for JSON; `None` if they are unknown.
    pub(super) fn rows(&self, server: &str, session: &Session) -> Option<Vec<AffectedRow>> {
        let OpenFiles::Known(files) = self else { return None };
        let row = |one: &AffectedFile| AffectedRow {
            file: FileRow::new(server, &one.file),
            may_stay_open: one.may_stay_open,
        };
        Some(files.iter().filter(|file| file.may_be_of(session)).map(row).collect())
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
            let mut groups: BTreeMap<Holding, Vec<&str>> = BTreeMap::new();
            for file in files.iter().filter(|file| file.may_be_of(session)) {
                groups.entry(Holding::of(file)).or_default().push(&file.file.path);
            }
            for (holding, paths) in groups {
                let line = format!("  {}: {}", holding.described(session), shown(&paths));
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
        let verb = if files.iter().all(|file| file.may_stay_open) { "may be" } else { "are" };
        lines.insert(0, format!("{server}: unsaved changes in open files {verb} lost"));
        lines
    }
}

/// What is known about who has a file open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holding {
    /// A session that ends.
    Ending,
    /// A session of the user from this client, and one of them stays.
    OrTwin,
    /// A session of the user from a client that the server does not report.
    OrElsewhere,
}

impl Holding {
    const fn of(affected: &AffectedFile) -> Holding {
        match (&affected.file.client, affected.session, affected.may_stay_open) {
            (None, None, _) => Holding::OrElsewhere,
            (_, None, true) => Holding::OrTwin,
            _ => Holding::Ending,
        }
    }

    fn described(self, Session { user, client, .. }: &Session) -> String {
        match self {
            Holding::Ending => format!("{user} at {client} has open"),
            Holding::OrTwin => format!("open in this or other sessions of {user} from {client}"),
            Holding::OrElsewhere => {
                format!("{user} at {client} may have open (the server does not report the client)")
            }
        }
    }
}

/// A file that is, or may be, open in a session to end, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct AffectedRow {
    #[serde(flatten)]
    file: FileRow,
    /// Whether it may be open in a session that stays instead.
    may_stay_open: bool,
}

/// Returns the first paths, and how many more there are.
fn shown(paths: &[&str]) -> String {
    let first = paths.iter().take(MAX_FILES).copied().collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(MAX_FILES) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::OpenFiles;
    use netsession::{AffectedFile, EndPreview, FileId, OpenFile, Permissions, PlannedFate, Session};

    fn file(id: u32, user: &str, client: Option<&str>) -> AffectedFile {
        let file = OpenFile {
            id: FileId(id),
            path: format!(r"C:\data\{id}.txt"),
            user: user.to_owned(),
            client: client.map(str::to_owned),
            permissions: Permissions(3),
            locks: 0,
        };
        AffectedFile::new(file, None, false)
    }

    /// A failure here would make a person believe that a file is lost that another session of the user has open.
    #[test]
    fn files_of_this_or_other_sessions_are_labelled() {
        let plan: EndPreview = [(Session::new("10.0.0.5", "bob"), PlannedFate::End)].into_iter().collect();
        let uncertain = AffectedFile::new(file(1, "bob", Some("10.0.0.5")).file, None, true);
        let lines = OpenFiles::Known(vec![uncertain.clone()]).notes("fs1", &plan);
        assert_eq!(
            lines,
            [
                "fs1: unsaved changes in open files may be lost",
                r"  open in this or other sessions of bob from 10.0.0.5: C:\data\1.txt"
            ]
        );
        let both = OpenFiles::Known(vec![uncertain, file(2, "bob", Some("10.0.0.5"))]);
        let lines = both.notes("fs1", &plan);
        assert_eq!(lines[0], "fs1: unsaved changes in open files are lost");
        assert_eq!(lines[1], r"  bob at 10.0.0.5 has open: C:\data\2.txt");
        let rows = serde_json::to_value(both.rows("fs1", &plan.to_end()[0]).unwrap()).unwrap();
        assert_eq!((&rows[0]["may_stay_open"], &rows[1]["may_stay_open"]), (&true.into(), &false.into()));
    }

    /// A failure here would hide files that a person is about to lose, or fill the screen with them.
    #[test]
    fn the_files_of_each_session_are_shown_and_bounded() {
        let plan: EndPreview = [("10.0.0.5", "bob"), ("10.0.0.6", "alice"), ("10.0.0.7", "carol")]
            .map(|(client, user)| (Session::new(client, user), PlannedFate::End))
            .into_iter()
            .collect();
        let mut files: Vec<AffectedFile> = (1..=17).map(|id| file(id, "BOB", Some("10.0.0.5"))).collect();
        files.push(file(18, "alice", None));
        files.push(file(19, "dave", Some("10.0.0.5")));
        let known = OpenFiles::Known(files);
        let lines = known.notes("fs1", &plan);
        assert_eq!(lines[0], "fs1: unsaved changes in open files are lost");
        assert!(lines[1].starts_with(r"  bob at 10.0.0.5 has open: C:\data\1.txt, "), "{lines:?}");
        assert!(lines[1].ends_with(r"C:\data\5.txt and 12 more"), "{lines:?}");
        assert_eq!(
            lines[2],
            r"  alice at 10.0.0.6 may have open (the server does not report the client): C:\data\18.txt"
        );
        assert_eq!(lines.len(), 3, "carol has no file open, and dave stays: {lines:?}");
        assert_eq!(known.rows("fs1", &plan.to_end()[0]).map(|rows| rows.len()), Some(17));
        let unknown = OpenFiles::Unknown("fs1 answered NetrFileEnum with ERROR_ACCESS_DENIED (5)".to_owned());
        assert!(unknown.notes("fs1", &plan)[0].contains("are unknown: fs1 answered"));
        assert!(unknown.rows("fs1", &plan.to_end()[0]).is_none());
        assert!(OpenFiles::NotAsked.notes("fs1", &plan).is_empty());
    }
}
