//! Pages: a long list in several responses ([MS-SRVS] 3.1.4.1, 3.1.4.2, 3.1.4.5, 3.1.4.8).
//!
//! The server returns ERROR_MORE_DATA only with an entry; otherwise a program that asks again for the rest would never
//! end. If not even one entry fits, NetrSessionEnum returns it all the same: the length is only a preferred one. The other
//! operations return NERR_BufTooSmall then: [MS-SRVS] lists this status for NetrFileEnum and NetrShareEnumSticky, and
//! allows any status for the others. A preferred length of 0 means everything, as it does for smbd: programs pass it for
//! "no preference".

use netsession_wire::Win32Error;

/// One page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) entries: Vec<T>,
    /// The number of entries from the place where this page begins.
    pub(super) total: u32,
    /// The place to continue from; 0 if no entries are left.
    pub(super) resume: u32,
    pub(super) status: Win32Error,
}

/// The page that a client requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageRequest {
    /// The place to continue from: an index that counts entries before the filter.
    pub(super) resume: Option<u32>,
    /// The most octets of the entries; 0 and MAX_PREFERRED_LENGTH mean that all fit.
    pub(super) maximum: u32,
}

/// The octets of the fixed part of an entry and of the terminators of its texts, as a client of 64 bits counts them.
const ENTRY: usize = 64;

/// Returns the page that begins at `page_request.resume`: the entries that `keep` returns, as many as fit. `texts`
/// returns the texts of an entry.
pub(super) fn page<S, T, const N: usize>(
    all: &[S],
    page_request: PageRequest,
    keep: impl FnMut(&S) -> Option<T>,
    texts: impl Fn(&T) -> [&Option<String>; N],
) -> Page<T> {
    let size = |entry: &T| {
        let characters: usize =
            texts(entry).into_iter().flatten().map(|text| text.encode_utf16().count()).sum();
        characters.saturating_mul(2).saturating_add(ENTRY)
    };
    page_of_at_least(0, all, page_request, keep, size)
}

/// Returns the page that begins at `page_request.resume`, with `least` entries even if they do not fit. `size` returns
/// the octets of an entry.
pub(super) fn page_of_at_least<S, T>(
    least: usize,
    all: &[S],
    page_request: PageRequest,
    mut keep: impl FnMut(&S) -> Option<T>,
    size: impl Fn(&T) -> usize,
) -> Page<T> {
    let start = usize::try_from(page_request.resume.unwrap_or(0)).unwrap_or(usize::MAX);
    let mut room = match page_request.maximum {
        0 | netsession_srvs::MAX_PREFERRED_LENGTH => usize::MAX,
        maximum => usize::try_from(maximum).unwrap_or(usize::MAX),
    };
    let mut page = Page { entries: Vec::new(), total: 0, resume: 0, status: Win32Error::NERR_SUCCESS };
    for (index, source) in all.iter().enumerate().skip(start) {
        let Some(entry) = keep(source) else { continue };
        page.total = page.total.saturating_add(1);
        if page.status == Win32Error::ERROR_MORE_DATA {
            continue;
        }
        let size = size(&entry);
        if size > room && page.entries.len() >= least {
            page.status = Win32Error::ERROR_MORE_DATA;
            page.resume = u32::try_from(index).unwrap_or(u32::MAX);
            continue;
        }
        room = room.saturating_sub(size);
        page.entries.push(entry);
    }
    if page.entries.is_empty() && page.status == Win32Error::ERROR_MORE_DATA {
        page.status = Win32Error::NERR_BUF_TOO_SMALL;
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_request(resume: u32, maximum: u32) -> PageRequest {
        PageRequest { resume: Some(resume), maximum }
    }

    /// A failure here would let a client that follows the resume handle miss entries, or never reach the end.
    #[test]
    fn the_pages_are_the_whole_list() {
        let all: Vec<u32> = (0..10).collect();
        let even = |number: &u32| number.is_multiple_of(2).then_some(*number);
        let mut seen = Vec::new();
        let mut resume = 0;
        loop {
            let page = page(&all, page_request(resume, 150), even, |_| []);
            seen.extend(page.entries);
            if page.status == Win32Error::NERR_SUCCESS {
                assert_eq!(page.resume, 0);
                break;
            }
            assert!(page.resume > resume);
            resume = page.resume;
        }
        assert_eq!(seen, [0, 2, 4, 6, 8]);
        let rest = page(&all, page_request(5, u32::MAX), even, |_| []);
        assert_eq!((rest.entries, rest.total), (vec![6, 8], 2));
        let past = page(&all, page_request(99, 0), even, |_| []);
        assert_eq!((past.entries.len(), past.status), (0, Win32Error::NERR_SUCCESS));
    }

    /// A failure here would make a program that asks for the rest run forever.
    #[test]
    fn more_data_comes_with_an_entry() {
        let all: Vec<u32> = (0..10).collect();
        let pages = |maximum| page(&all, page_request(3, maximum), |number| Some(*number), |_| []);
        for maximum in [1, 63] {
            let none = pages(maximum);
            assert_eq!((none.entries.len(), none.total, none.resume), (0, 7, 3), "{maximum}");
            assert_eq!(none.status, Win32Error::NERR_BUF_TOO_SMALL, "{maximum}");
        }
        let one = pages(64);
        assert_eq!((one.entries, one.resume, one.status), (vec![3], 4, Win32Error::ERROR_MORE_DATA));
        for maximum in [0, netsession_srvs::MAX_PREFERRED_LENGTH] {
            let everything = pages(maximum);
            assert_eq!(
                (everything.entries.len(), everything.status),
                (7, Win32Error::NERR_SUCCESS),
                "{maximum}"
            );
        }
    }
}
