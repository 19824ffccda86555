//! [`all`] requests an enumeration page by page, and limits the work and the memory that a server can cost.

use netsession_rpc::ndr::Counted;
use netsession_srvs::MAX_PREFERRED_LENGTH;

use tokio::time::timeout;

use crate::calls::{Connector, Reading, ReturnCode as _};
use crate::link::Link;
use crate::page::{Page, PageRequest};
use crate::{Error, Step, Violation, Win32Error};

/// The limits of an enumeration: more pages, entries and bytes of text than any server has.
const MAX_PAGES: usize = 10_000;
const MAX_ENTRIES: usize = 1_000_000;
const MAX_TEXT: usize = 256 << 20;

/// A request for a list that can continue where the last page ended.
pub(super) trait Enumeration: Reading {
    /// The entries of the list.
    type Entry;

    /// Sets which page the request asks for.
    fn set_page(&mut self, page: PageRequest);

    /// Returns where the page begins.
    fn start(&self) -> Option<u32>;

    /// Returns the entries of a response, their total, and where the next page begins.
    fn entries(answer: Self::Response) -> (Vec<Self::Entry>, u32, Option<u32>);

    /// Returns the length of an entry's text in bytes.
    fn text(entry: &Self::Entry) -> usize;
}

/// Octets in an entry.
pub(super) trait Octets {
    /// Returns how many there are.
    fn count(&self) -> usize;
}

impl Octets for Counted<u8> {
    fn count(&self) -> usize {
        self.as_slice().len()
    }
}

impl Octets for Option<Vec<u8>> {
    fn count(&self) -> usize {
        self.as_ref().map_or(0, Vec::len)
    }
}

/// Makes the request of an operation an [`Enumeration`]: the type of its entries, their texts, and their octets if any.
macro_rules! enumeration {
    ($request:ty: $entry:ty { $($text:ident),+ $(; $octets:ident)? }) => {
        impl $crate::calls::Reading for $request {}

        impl $crate::ops::pages::Enumeration for $request {
            type Entry = $entry;

            fn set_page(&mut self, page: $crate::page::PageRequest) {
                self.resume_handle = page.resume;
                self.prefered_maximum_length = page.maximum;
            }

            fn start(&self) -> Option<u32> {
                self.resume_handle
            }

            fn entries(answer: Self::Response) -> (Vec<Self::Entry>, u32, Option<u32>) {
                (answer.info_struct.into_entries(), answer.total_entries, answer.resume_handle)
            }

            fn text(entry: &Self::Entry) -> usize {
                let texts = [$(&entry.$text),+].into_iter().flatten().map(String::len);
                texts.chain([$($crate::ops::pages::Octets::count(&entry.$octets))?]).sum()
            }
        }
    };
}

pub(super) use enumeration;

/// Requests page after page, until the server has no more or answers with an error.
///
/// The status is success or that error. A resume handle that does not advance is an error, so that a caller never takes
/// a part of a list for the whole.
pub(super) async fn all<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    request: E,
) -> Result<(Win32Error, Vec<E::Entry>), Error> {
    all_within(link, request, MAX_TEXT).await
}

/// Does the same with a limit on the text. One deadline, that of a call, covers all pages together.
pub(super) async fn all_within<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    request: E,
    max_text: usize,
) -> Result<(Win32Error, Vec<E::Entry>), Error> {
    let (server, after) = (link.facts().server.clone(), link.facts().call_timeout);
    let pages = timeout(after, every_page(link, request, max_text)).await;
    pages.unwrap_or(Err(Error::TimedOut { server, step: Step::Call(E::NAME), after }))
}

async fn every_page<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    mut request: E,
    max_text: usize,
) -> Result<(Win32Error, Vec<E::Entry>), Error> {
    use netsession_rpc::Response;

    let mut all = Vec::new();
    let (mut reached, mut text) = (request.start().unwrap_or_default(), 0_usize);
    for _ in 0..MAX_PAGES {
        let answer = link.ask(request.clone()).await?;
        let status = answer.status().as_win32();
        let (entries, _, resume) = E::entries(answer);
        text = entries.iter().map(E::text).fold(text, usize::saturating_add);
        all.extend(entries);
        if status != Win32Error::ERROR_MORE_DATA {
            return Ok((status, all));
        }
        match resume {
            Some(next) if next > reached && all.len() <= MAX_ENTRIES && text <= max_text => reached = next,
            _ => break,
        }
        request.set_page(PageRequest { resume: Some(reached), ..PageRequest::ALL });
    }
    let server = link.facts().server.clone();
    let cause = Violation::rule("its resume handle does not lead to an end");
    Err(Error::Protocol { server, step: Step::Call(E::NAME), cause })
}

/// Requests one page. A caller without a limit gets the whole rest, even if the server divides it into pages. The
/// status is success for every page, not only for the last one.
pub(super) async fn one<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    mut request: E,
    page: PageRequest,
) -> Result<(Win32Error, Page<E::Entry>), Error> {
    use netsession_rpc::Response;

    if page.maximum == MAX_PREFERRED_LENGTH {
        request.set_page(PageRequest { resume: Some(page.resume.unwrap_or_default()), ..page });
        let (status, entries) = all(link, request).await?;
        let total = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        return Ok((status, Page { entries, total, resume: 0, has_more: false }));
    }
    request.set_page(page);
    let answer = link.ask(request).await?;
    let status = answer.status().as_win32();
    let (entries, total, resume) = E::entries(answer);
    let has_more = status == Win32Error::ERROR_MORE_DATA;
    let page = Page { entries, total, resume: resume.unwrap_or_default(), has_more };
    Ok((if has_more { Win32Error::NERR_SUCCESS } else { status }, page))
}

/// Requests one page at the first of these levels that the server has.
pub(super) async fn first<C: Connector, E: Enumeration>(
    link: &mut Link<C>,
    requests: impl IntoIterator<Item = E>,
    page: PageRequest,
) -> Result<Page<E::Entry>, Error> {
    for request in requests {
        match one(link, request, page).await? {
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            (code, page) if code.is_success() => return Ok(page),
            (code, _) => return Err(link.answered(E::NAME, code)),
        }
    }
    Err(link.answered(E::NAME, Win32Error::ERROR_INVALID_LEVEL))
}
