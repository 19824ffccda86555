//! [`carry_out`] closes each file of a decision once, then lists until the files are gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::listed::Listed;
use super::reopened::Reopened;
use super::{CloseOutcome, CloseReport, CloseResult, Decision};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::file_close;
use crate::{Error, OpenFile, Win32Error};

/// If the listing is older, or comes from an earlier connection, netsession lists again before the next request: some
/// ids may belong to other files by now.
const MAX_LISTING_AGE: Duration = Duration::from_secs(1);
/// After this many requests without an answer, netsession sends no more.
const MAX_UNANSWERED: usize = 2;
/// How long the server may still list a closed file, and the pause between two listings.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A file of the decision and the result of its request.
struct Sent {
    file: OpenFile,
    answer: Answer,
}

/// The result of a file's request.
enum Answer {
    /// netsession sent the request; this is the answer, or why there is none.
    Sent(Result<(), Error>),
    /// netsession sent no request.
    NotSent,
    /// netsession sent no request, because somebody else had closed the file.
    AlreadyGone,
}

/// Closes the files of the decision, and verifies that they are closed.
///
/// Some servers carry out a close and answer it with an error. Samba answers a close before it carries it out.
/// Therefore only another listing shows whether a file is closed.
pub(crate) async fn carry_out<C: Connector>(link: &mut Link<C>, decision: Decision) -> CloseReport {
    let Decision { preview, listed, listed_at } = decision;
    let (sent, stopped) = send(link, preview.to_close, listed_at).await;
    let is_sent = sent.iter().any(|sent| matches!(sent.answer, Answer::Sent(_)));
    let (open, error) = match (stopped, is_sent) {
        (stopped @ Some(_), false) => (None, stopped),
        (stopped, _) if sent.is_empty() => (None, stopped),
        (stopped, _) => match still_open(link, &sent).await {
            Ok(open) => (Some(open), stopped),
            Err(error) => (None, Some(stopped.unwrap_or(error))),
        },
    };
    let mut reopened = match &open {
        Some(open) => {
            let gone = sent.iter().map(|sent| &sent.file).filter(|file| !open.has(file));
            Reopened::find(link, &listed, open, gone).await
        }
        None => Reopened::default(),
    };
    let mut outcomes: Vec<_> =
        sent.into_iter().map(|sent| outcome(sent, open.as_ref(), &mut reopened)).collect();
    outcomes.extend(preview.ambiguous.into_iter().map(CloseOutcome::not_sent));
    let is_verified = open.is_some() || error.is_none();
    CloseReport { outcomes, is_verified, error }
}

/// Closes one file after the other. Also returns why netsession could not send some requests.
///
/// Closing many files takes long, and meanwhile a server gives the ids of closed files to other files. So each request
/// follows a listing of the same connection that is not much older than a second, and that has the file once.
async fn send<C: Connector>(
    link: &mut Link<C>,
    files: Vec<OpenFile>,
    mut listed_at: Instant,
) -> (Vec<Sent>, Option<Error>) {
    let mut sent = Vec::with_capacity(files.len());
    let mut stopped = None;
    let mut unanswered = 0;
    let mut newest: Option<Listed> = None;
    // A slow listing stays valid for as long as it took, so that listing takes at most half of the time.
    let mut max_age = MAX_LISTING_AGE;
    for file in files {
        let is_over = stopped.is_some() || unanswered >= MAX_UNANSWERED;
        if !is_over && (listed_at.elapsed() > max_age || link.is_newer_than(listed_at)) {
            let began = Instant::now();
            match Listed::now(link).await {
                Ok(now) => newest = Some(now),
                Err(error) => stopped = Some(error),
            }
            (listed_at, max_age) = (Instant::now(), MAX_LISTING_AGE.max(began.elapsed()));
        }
        let answer = match &newest {
            _ if is_over || stopped.is_some() => Answer::NotSent,
            Some(now) if !now.has(&file) => Answer::AlreadyGone,
            Some(now) if now.is_ambiguous(&file) => Answer::NotSent,
            _ => Answer::Sent(file_close::file_close(link, file.id).await),
        };
        unanswered += usize::from(matches!(answer, Answer::Sent(Err(Error::Unknown { .. }))));
        sent.push(Sent { file, answer });
    }
    (sent, stopped)
}

/// Lists until every file that the server agreed to close is gone, or the time limit has passed.
async fn still_open<C: Connector>(link: &mut Link<C>, sent: &[Sent]) -> Result<Listed, Error> {
    let deadline = Instant::now() + VERIFY_TIMEOUT;
    loop {
        let open = Listed::now(link).await?;
        let mut agreed = sent.iter().filter(|sent| matches!(sent.answer, Answer::Sent(Ok(()))));
        if Instant::now() >= deadline || !agreed.any(|sent| open.has(&sent.file)) {
            return Ok(open);
        }
        sleep(POLL_INTERVAL).await;
    }
}

fn outcome(sent: Sent, open: Option<&Listed>, reopened: &mut Reopened) -> CloseOutcome {
    let Sent { file, answer } = sent;
    let result = result(&answer, open.map(|open| !open.has(&file)));
    let open_again_as = match result {
        CloseResult::Closed | CloseResult::Vanished => reopened.take(&file),
        _ => None,
    };
    let status = match &answer {
        Answer::Sent(Ok(())) => Some(Win32Error::NERR_SUCCESS),
        Answer::Sent(Err(error)) => (!error.is_unknown()).then(|| error.win32()),
        Answer::AlreadyGone | Answer::NotSent => {
            (result == CloseResult::Vanished).then_some(Win32Error::NERR_FILE_ID_NOT_FOUND)
        }
    };
    let error = match answer {
        Answer::Sent(answer) if result != CloseResult::Vanished => answer.err(),
        _ => None,
    };
    CloseOutcome { file, result, open_again_as, status, error }
}

/// Returns the result of a file; `is_gone` is None if no listing could verify it.
///
/// Only a file for which the server agreed to a request, or may have carried it out, was closed by netsession.
fn result(answer: &Answer, is_gone: Option<bool>) -> CloseResult {
    match (answer, is_gone) {
        (Answer::AlreadyGone, None) | (Answer::AlreadyGone | Answer::NotSent, Some(true)) => {
            CloseResult::Vanished
        }
        (Answer::AlreadyGone | Answer::NotSent, _) => CloseResult::NotSent,
        (Answer::Sent(_), None) => CloseResult::Unknown,
        (Answer::Sent(_), Some(false)) => CloseResult::StillOpen,
        (Answer::Sent(Err(error)), Some(true)) if !error.is_unknown() => CloseResult::Vanished,
        (Answer::Sent(_), Some(true)) => CloseResult::Closed,
    }
}
