//! Following an enumeration from page to page.

use netsession_srvs::{Operation, connection_enum, file_enum, info, session_enum, share_enum};

use crate::calls::Connector;
use crate::link::Link;
use crate::raw::{Asked, Page};
use crate::{Error, Step, Win32Error};

/// More pages than any server has. Together with the limit on entries it bounds what a server can make us do.
const MOST_PAGES: usize = 10_000;
const MOST_ENTRIES: usize = 1_000_000;

/// A request that can be asked again from where the last answer ended.
pub(super) trait Enumeration: Operation + Clone {
    /// The call's name.
    const NAME: &'static str;
    /// What is enumerated.
    type Entry;

    /// Asks for so much, from there on.
    fn ask(&mut self, asked: Asked);

    /// The answer's entries, how many there are, and where to go on.
    fn entries(answer: Self::Answer) -> (Vec<Self::Entry>, u32, Option<u32>);
}

macro_rules! enumerations {
    ($($operation:ident: $name:literal, $entry:ty;)+) => {$(
        impl Enumeration for $operation::Request {
            const NAME: &'static str = $name;
            type Entry = $entry;

            fn ask(&mut self, asked: Asked) {
                self.resume_handle = asked.resume;
                self.prefered_maximum_length = asked.maximum;
            }

            fn entries(answer: Self::Answer) -> (Vec<Self::Entry>, u32, Option<u32>) {
                (answer.info_struct.into_entries(), answer.total_entries, answer.resume_handle)
            }
        }
    )+};
}

enumerations! {
    connection_enum: "NetrConnectionEnum", info::ConnectionInfo;
    file_enum: "NetrFileEnum", info::FileInfo;
    session_enum: "NetrSessionEnum", info::SessionInfo;
    share_enum: "NetrShareEnum", info::ShareInfo;
}

/// Asks for page after page, until the server has no more or answers with an error.
///
/// The status is success or that error. A resume handle that does not advance is a broken promise and an error:
/// half a list must not be taken for the whole.
pub(super) async fn all<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    mut request: E,
) -> Result<(Win32Error, Vec<E::Entry>), Error> {
    use netsession_srvs::Answer;

    let mut all = Vec::new();
    let mut reached = 0;
    for _ in 0..MOST_PAGES {
        let answer = link.ask(request.clone()).await?;
        let status = answer.status();
        let (entries, _, resume) = E::entries(answer);
        all.extend(entries);
        if status != Win32Error::ERROR_MORE_DATA {
            return Ok((status, all));
        }
        match resume {
            Some(next) if next > reached && all.len() <= MOST_ENTRIES => reached = next,
            _ => break,
        }
        request.ask(Asked { resume: Some(reached), ..Asked::ALL });
    }
    let server = link.facts().server.clone();
    let what = "its resume handle does not lead to an end".into();
    Err(Error::Protocol { server, step: Step::Call(E::NAME), what })
}

/// Asks for one page, as the caller wants it. The status is success where the page holds what was asked for, its end or
/// not.
pub(super) async fn one<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    mut request: E,
    asked: Asked,
) -> Result<(Win32Error, Page<E::Entry>), Error> {
    use netsession_srvs::Answer;

    request.ask(asked);
    let answer = link.ask(request).await?;
    let status = answer.status();
    let (entries, total, resume) = E::entries(answer);
    let has_more = status == Win32Error::ERROR_MORE_DATA;
    let page = Page { entries, total, resume: resume.unwrap_or_default(), has_more };
    Ok((if has_more { Win32Error::NERR_SUCCESS } else { status }, page))
}

/// Asks for one page at the first of these requests' levels that the server has.
pub(super) async fn first<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    requests: impl IntoIterator<Item = E>,
    asked: Asked,
) -> Result<Page<E::Entry>, Error> {
    for request in requests {
        match one(link, request, asked).await? {
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, page) if code.is_success() => return Ok(page),
            (code, _) => return Err(link.answered(E::NAME, code)),
        }
    }
    Err(link.answered(E::NAME, Win32Error::ERROR_INVALID_LEVEL))
}
