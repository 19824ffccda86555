use netsession_srvs::MAX_PREFERRED_LENGTH;

/// Which part of a list to return.
///
/// ```
/// use netsession::raw::PageRequest;
///
/// // The first page of about 4 KiB.
/// let first = PageRequest { maximum: 4096, resume: Some(0) };
/// assert_ne!(first, PageRequest::ALL);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The preferred maximum length of the entries in bytes (`prefmaxlen`). A server may ignore it.
    pub maximum: u32,
    /// Where the page begins: 0 for the first one, then [`Page::resume`]. None requests the first page, without a
    /// resume handle for the next one.
    pub resume: Option<u32>,
}

impl PageRequest {
    /// The whole list, from its beginning.
    pub const ALL: Self = Self { maximum: MAX_PREFERRED_LENGTH, resume: Some(0) };
}

/// A part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// The number of entries from the beginning of this page to the end of the list, as the server estimates it.
    pub total: u32,
    /// Where the next page begins.
    pub resume: u32,
    /// Whether there is a next page (`ERROR_MORE_DATA`).
    pub has_more: bool,
}
