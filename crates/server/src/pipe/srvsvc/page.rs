//! How a long list is answered piece by piece ([MS-SRVS] 3.1.4.1, 3.1.4.2, 3.1.4.5, 3.1.4.8).

use netsession_wire::Win32Error;

/// One piece of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) entries: Vec<T>,
    /// Entries from where this piece began, those that it holds included.
    pub(super) total: u32,
    /// Where to go on; 0 once nothing is left.
    pub(super) resume: u32,
    pub(super) status: Win32Error,
}

impl<T> Page<T> {
    /// For the calls that have a status of their own where not even one entry fits.
    pub(super) fn or_too_small(mut self) -> Self {
        if self.entries.is_empty() && self.status == Win32Error::ERROR_MORE_DATA {
            self.status = Win32Error::NERR_BUF_TOO_SMALL;
        }
        self
    }
}

/// What a client asks of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Where to go on: an index that counts before filtering.
    pub(super) resume: Option<u32>,
    /// Octets that the entries may take.
    pub(super) maximum: u32,
}

/// Octets of an entry's fixed part and of the terminators of its texts: what a client of 64 bits would need.
const ENTRY: usize = 64;

/// The entries from `asked.resume` on that `keep` keeps, as many as fit. `texts` are those of one.
pub(super) fn page<S, T, const N: usize>(
    all: &[S],
    asked: Asked,
    mut keep: impl FnMut(&S) -> Option<T>,
    texts: impl Fn(&T) -> [&Option<String>; N],
) -> Page<T> {
    let start = usize::try_from(asked.resume.unwrap_or(0)).unwrap_or(usize::MAX);
    let mut room = usize::try_from(asked.maximum).unwrap_or(usize::MAX);
    let mut page = Page { entries: Vec::new(), total: 0, resume: 0, status: Win32Error::NERR_SUCCESS };
    for (index, source) in all.iter().enumerate().skip(start) {
        let Some(entry) = keep(source) else { continue };
        page.total = page.total.saturating_add(1);
        if page.status == Win32Error::ERROR_MORE_DATA {
            continue;
        }
        let characters: usize =
            texts(&entry).into_iter().flatten().map(|text| text.encode_utf16().count()).sum();
        let size = characters.saturating_mul(2).saturating_add(ENTRY);
        if size > room && asked.maximum != netsession_srvs::MAX_PREFERRED_LENGTH {
            page.status = Win32Error::ERROR_MORE_DATA;
            page.resume = u32::try_from(index).unwrap_or(u32::MAX);
            continue;
        }
        room = room.saturating_sub(size);
        page.entries.push(entry);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(resume: u32, maximum: u32) -> Asked {
        Asked { resume: Some(resume), maximum }
    }

    /// If this fails, a client that follows the resume handle would miss entries or never come to an end.
    #[test]
    fn pieces_make_up_the_whole() {
        let all: Vec<u32> = (0..10).collect();
        let even = |number: &u32| number.is_multiple_of(2).then_some(*number);
        let mut seen = Vec::new();
        let mut resume = 0;
        loop {
            let page = page(&all, asked(resume, 150), even, |_| []);
            seen.extend(page.entries);
            if page.status == Win32Error::NERR_SUCCESS {
                assert_eq!(page.resume, 0);
                break;
            }
            assert!(page.resume > resume);
            resume = page.resume;
        }
        assert_eq!(seen, [0, 2, 4, 6, 8]);
        let rest = page(&all, asked(5, u32::MAX), even, |_| []);
        assert_eq!((rest.entries, rest.total), (vec![6, 8], 2));
        let past = page(&all, asked(99, 0), even, |_| []);
        assert_eq!((past.entries.len(), past.status), (0, Win32Error::NERR_SUCCESS));
        let none = page(&all, asked(0, 0), even, |_| []);
        assert_eq!((none.entries.len(), none.total, none.status), (0, 5, Win32Error::ERROR_MORE_DATA));
    }
}
