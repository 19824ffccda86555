//! Carrying a decision out: close each file once, then list until the files are gone.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{CloseOutcome, CloseReport, CloseResult, Decision};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::{file_close, file_enum};
use crate::{Error, FileId, OpenFile, Win32Error};

/// An older listing gets a successor before another request is sent, and so does one of an earlier connection: some of
/// its ids may belong to other files by now.
const STALE: Duration = Duration::from_secs(1);
/// After this many requests without an answer, no more are sent.
const MOST_SILENCES: usize = 2;
/// How long a closed file may still be listed, and the pause between two listings.
const PATIENCE: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(50);

/// A file of the decision and the result of its request.
struct Sent {
    file: OpenFile,
    answer: Answer,
}

/// The result of a file's request.
enum Answer {
    /// The server answered, or should have.
    Sent(Result<(), Error>),
    /// No request was sent.
    NotSent,
    /// No request was sent, since somebody else closed the file.
    AlreadyGone,
}

/// The open files of one listing, by their ids.
#[derive(Default)]
struct Listed(HashMap<FileId, Vec<OpenFile>>);

impl Listed {
    async fn now<C: Connector>(link: &mut Link<C>) -> Result<Self, Error> {
        let mut by_id: HashMap<FileId, Vec<OpenFile>> = HashMap::new();
        for file in file_enum::listed(link).await? {
            by_id.entry(file.id).or_default().push(file);
        }
        Ok(Self(by_id))
    }

    fn of_id(&self, file: &OpenFile) -> &[OpenFile] {
        self.0.get(&file.id).map_or(&[], Vec::as_slice)
    }

    /// Whether the same file is listed. Servers reuse ids, so the id alone is no proof.
    fn has(&self, file: &OpenFile) -> bool {
        self.of_id(file).iter().any(|other| (&other.path, &other.user) == (&file.path, &file.user))
    }

    /// Whether netsession cannot know which file the server would close.
    fn is_ambiguous(&self, file: &OpenFile) -> bool {
        self.of_id(file).len() > 1
    }
}

/// Closes the files of the decision, and verifies that they are closed.
///
/// Some servers answer a close that they carry out with an error, and some (Samba) answer before they have carried it out.
/// Therefore only another listing shows whether a file is closed.
pub(crate) async fn carry_out<C: Connector>(link: &mut Link<C>, decision: Decision) -> CloseReport {
    let Decision { preview, listed_at } = decision;
    let (sent, stopped) = send(link, preview.to_close, listed_at).await;
    let is_sent = sent.iter().any(|sent| matches!(sent.answer, Answer::Sent(_)));
    let (open, error) = match (stopped, is_sent) {
        (stopped @ Some(_), false) => (None, stopped),
        (stopped, _) => match still_open(link, &sent).await {
            Ok(open) => (Some(open), stopped),
            Err(error) => (None, Some(stopped.unwrap_or(error))),
        },
    };
    let mut outcomes: Vec<_> = sent.into_iter().map(|sent| outcome(sent, open.as_ref())).collect();
    outcomes.extend(preview.ambiguous.into_iter().map(CloseOutcome::not_sent));
    CloseReport { outcomes, error }
}

/// Closes one file after the other. Also returns why some requests could not be sent.
///
/// Closing many files takes long, and meanwhile a server gives the ids of closed files to others. So each request follows a
/// listing of the same connection that is not much older than a second, and that has the file once.
async fn send<C: Connector>(
    link: &mut Link<C>,
    files: Vec<OpenFile>,
    mut listed_at: Instant,
) -> (Vec<Sent>, Option<Error>) {
    let mut sent = Vec::with_capacity(files.len());
    let mut stopped = None;
    let mut silences = 0;
    let mut newest: Option<Listed> = None;
    // A slow listing lasts longer, so that it takes half of the time at most.
    let mut lasts = STALE;
    for file in files {
        let is_over = stopped.is_some() || silences >= MOST_SILENCES;
        if !is_over && (listed_at.elapsed() > lasts || link.is_newer_than(listed_at)) {
            let began = Instant::now();
            match Listed::now(link).await {
                Ok(now) => newest = Some(now),
                Err(error) => stopped = Some(error),
            }
            (listed_at, lasts) = (Instant::now(), STALE.max(began.elapsed()));
        }
        let answer = match &newest {
            _ if is_over || stopped.is_some() => Answer::NotSent,
            Some(now) if !now.has(&file) => Answer::AlreadyGone,
            Some(now) if now.is_ambiguous(&file) => Answer::NotSent,
            _ => Answer::Sent(file_close::file_close(link, file.id).await),
        };
        silences += usize::from(matches!(answer, Answer::Sent(Err(Error::Unknown { .. }))));
        sent.push(Sent { file, answer });
    }
    (sent, stopped)
}

/// Lists until every file that the server agreed to close is gone, or the time is over.
async fn still_open<C: Connector>(link: &mut Link<C>, sent: &[Sent]) -> Result<Listed, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if !sent.iter().any(|sent| matches!(sent.answer, Answer::Sent(_))) {
            return Ok(Listed::default());
        }
        let open = Listed::now(link).await?;
        let mut agreed = sent.iter().filter(|sent| matches!(sent.answer, Answer::Sent(Ok(()))));
        if Instant::now() >= deadline || !agreed.any(|sent| open.has(&sent.file)) {
            return Ok(open);
        }
        sleep(INTERVAL).await;
    }
}

fn outcome(sent: Sent, open: Option<&Listed>) -> CloseOutcome {
    let Sent { file, answer } = sent;
    let is_gone = || open.map(|open| !open.has(&file));
    let (result, status, error) = match answer {
        Answer::AlreadyGone => (CloseResult::Closed, Some(Win32Error::NERR_FILE_ID_NOT_FOUND), None),
        Answer::NotSent if is_gone() == Some(true) => (CloseResult::Closed, None, None),
        Answer::NotSent => (CloseResult::NotSent, None, None),
        Answer::Sent(answer) => {
            let result = match is_gone() {
                None => CloseResult::Unknown,
                Some(true) => CloseResult::Closed,
                Some(false) => CloseResult::StillOpen,
            };
            let status = match &answer {
                Ok(()) => Some(Win32Error::NERR_SUCCESS),
                Err(error) if !error.is_unknown() => Some(error.win32()),
                Err(_) => None,
            };
            (result, status, answer.err())
        }
    };
    CloseOutcome { file, result, status, error }
}
