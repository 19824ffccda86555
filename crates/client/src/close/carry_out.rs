//! Carrying a decision out: close each file once, then list until the files are gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::plan::count_ids;
use super::{CloseOutcome, CloseReport, CloseResult, Decision};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::{file_close, file_enum};
use crate::{Error, OpenFile, Win32Error};

/// An older decision gets a new listing before anything is sent: some of its ids may belong to other files by now.
const STALE: Duration = Duration::from_secs(1);
/// After this many requests without an answer, no more are sent.
const MOST_SILENCES: usize = 2;
/// How long a closed file may still be listed, and the pause between two listings.
const PATIENCE: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(50);

/// A file of the decision and the result of its request.
struct Sent {
    file: OpenFile,
    /// None: no request was sent.
    answer: Option<Result<(), Error>>,
}

/// Closes the files of the decision, and verifies that they are closed.
///
/// Some servers answer a close that they carry out with an error, and some (Samba) answer before they have carried it out.
/// Therefore only another listing shows whether a file is closed.
pub(crate) async fn carry_out<C: Connector>(link: &mut Link<C>, decision: Decision) -> CloseReport {
    let Decision { preview, listed_at } = decision;
    let (mut to_close, mut ambiguous) = (preview.to_close, preview.ambiguous);
    let mut outcomes = Vec::new();
    if !to_close.is_empty() && listed_at.elapsed() > STALE {
        match file_enum::listed(link).await {
            Ok(now) => {
                let counts = count_ids(&now);
                let (there, gone) = to_close.into_iter().partition(|file| is_listed(file, &now));
                let (several, one): (Vec<OpenFile>, _) = Vec::into_iter(there)
                    .partition(|file| counts.get(&file.id).is_some_and(|count| *count > 1));
                outcomes.extend(Vec::into_iter(gone).map(already_gone));
                ambiguous.extend(several);
                to_close = one;
            }
            Err(error) => {
                let files = to_close.into_iter().chain(ambiguous);
                return CloseReport {
                    outcomes: files.map(CloseOutcome::not_sent).collect(),
                    error: Some(error),
                };
            }
        }
    }
    let sent = send(link, to_close).await;
    let (open, error) = match still_open(link, &sent).await {
        Ok(open) => (Some(open), None),
        Err(error) => (None, Some(error)),
    };
    outcomes.extend(sent.into_iter().map(|sent| outcome(sent, open.as_deref())));
    outcomes.extend(ambiguous.into_iter().map(CloseOutcome::not_sent));
    CloseReport { outcomes, error }
}

/// Closes one file after the other.
async fn send<C: Connector>(link: &mut Link<C>, files: Vec<OpenFile>) -> Vec<Sent> {
    let mut sent = Vec::with_capacity(files.len());
    let mut silences = 0;
    for file in files {
        let answer = match silences < MOST_SILENCES {
            true => Some(file_close::file_close(link, file.id).await),
            false => None,
        };
        silences += usize::from(matches!(answer, Some(Err(Error::Unknown { .. }))));
        sent.push(Sent { file, answer });
    }
    sent
}

/// Lists until every file that the server agreed to close is gone, or the time is over.
async fn still_open<C: Connector>(link: &mut Link<C>, sent: &[Sent]) -> Result<Vec<OpenFile>, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if sent.is_empty() {
            return Ok(Vec::new());
        }
        let open = file_enum::listed(link).await?;
        let mut agreed = sent.iter().filter(|sent| matches!(sent.answer, Some(Ok(()))));
        if Instant::now() >= deadline || !agreed.any(|sent| is_listed(&sent.file, &open)) {
            return Ok(open);
        }
        sleep(INTERVAL).await;
    }
}

/// Whether the same file is listed. Servers reuse ids, so the id alone is no proof.
fn is_listed(file: &OpenFile, listed: &[OpenFile]) -> bool {
    let identity = |file: &OpenFile| (file.id, file.path.clone(), file.user.clone());
    listed.iter().any(|other| other.id == file.id && identity(other) == identity(file))
}

fn outcome(sent: Sent, open: Option<&[OpenFile]>) -> CloseOutcome {
    let Sent { file, answer } = sent;
    let result = match (open, &answer) {
        (None, Some(_)) => CloseResult::Unknown,
        (Some(open), _) if !is_listed(&file, open) => CloseResult::Closed,
        (Some(_), Some(_)) => CloseResult::StillOpen,
        (_, None) => CloseResult::NotSent,
    };
    let status = match &answer {
        Some(Ok(())) => Some(Win32Error::NERR_SUCCESS),
        Some(Err(error)) if !error.is_unknown() => Some(error.win32()),
        Some(Err(_)) | None => None,
    };
    CloseOutcome { file, result, status, error: answer.and_then(Result::err) }
}

/// The outcome of a file that somebody else closed since it was listed.
fn already_gone(file: OpenFile) -> CloseOutcome {
    let status = Some(Win32Error::NERR_FILE_ID_NOT_FOUND);
    CloseOutcome { file, result: CloseResult::Closed, status, error: None }
}
