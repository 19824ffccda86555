//! The output parameters of the functions: [`Listing`] for functions that return a list in parts, [`Single`] for
//! functions that return one structure.
//!
//! Both store "no result" first, and a buffer only at the end, so a failure leaves nothing to free:
//!
//! ```text
//! let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
//! let page = …;                              // ask the server for listing.request(prefmaxlen)
//! listing.fill::<SESSION_INFO_10>(&page)
//! ```

use netsession::Win32Error;
use netsession::raw::{Page, PageRequest};

use crate::failure::Failure;
use crate::structures::{Record, Text, block};

/// The output parameters of an enumeration.
#[derive(Debug)]
pub(crate) struct Listing {
    buffer: *mut *mut u8,
    read: *mut u32,
    total: *mut u32,
    resume: *mut u32,
    from: Option<u32>,
}

impl Listing {
    /// Stores an empty result, and checks the pointers of the caller.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` if a pointer other than `resume` is NULL.
    ///
    /// # Safety
    /// Each pointer is NULL, or can be written for the life of this value; `resume` points to a handle.
    pub(crate) unsafe fn new(
        buffer: *mut *mut u8,
        read: *mut u32,
        total: *mut u32,
        resume: *mut u32,
    ) -> Result<Self, Failure> {
        // SAFETY: the caller promises that pointers other than NULL can be written, and the handle read.
        let from = unsafe {
            if !buffer.is_null() {
                buffer.write_unaligned(std::ptr::null_mut());
            }
            for count in [read, total] {
                if !count.is_null() {
                    count.write_unaligned(0);
                }
            }
            (!resume.is_null()).then(|| resume.read_unaligned())
        };
        if buffer.is_null() || read.is_null() || total.is_null() {
            return Err(Failure::argument("bufptr, entriesread or totalentries is NULL"));
        }
        Ok(Self { buffer, read, total, resume, from })
    }

    /// Returns the part of the list that the caller asks for.
    pub(crate) const fn request(&self, maximum: u32) -> PageRequest {
        PageRequest { maximum, resume: self.from }
    }

    /// Stores a part of the list, as structures of one level, and returns whether more follows.
    ///
    /// # Errors
    /// [`Failure::Memory`].
    pub(crate) fn fill<R: Record>(&self, page: &Page<R::Info>) -> Result<Win32Error, Failure> {
        let next = page.has_more.then_some(page.resume);
        self.store::<R>(&page.entries, page.total, next)
    }

    /// Stores a whole list that no server divides, from the caller's resume handle on, whatever size the caller prefers.
    ///
    /// # Errors
    /// [`Failure::Memory`].
    pub(crate) fn fill_from<R: Record>(&self, all: &[R::Info]) -> Result<Win32Error, Failure> {
        let start = usize::try_from(self.from.unwrap_or_default()).unwrap_or(usize::MAX);
        self.store::<R>(all.get(start..).unwrap_or_default(), 0, None)
    }

    /// Stores a part of a list of texts: one after the other, each with its zero, and an empty text at the end.
    ///
    /// # Errors
    /// [`Failure::Memory`].
    pub(crate) fn fill_texts(&self, page: Page<String>) -> Result<Win32Error, Failure> {
        let next = page.has_more.then_some(page.resume);
        let count = u32::try_from(page.entries.len()).map_err(|_| Failure::Memory)?;
        let mut texts = page.entries;
        texts.push(String::new());
        self.keep(block::<Text>(&texts)?.into_raw()?, count, page.total, next)
    }

    fn store<R: Record>(
        &self,
        entries: &[R::Info],
        total: u32,
        next: Option<u32>,
    ) -> Result<Win32Error, Failure> {
        let count = u32::try_from(entries.len()).map_err(|_| Failure::Memory)?;
        self.keep(block::<R>(entries)?.into_raw()?, count, total, next)
    }

    fn keep(&self, block: *mut u8, count: u32, total: u32, next: Option<u32>) -> Result<Win32Error, Failure> {
        // SAFETY: the caller of `new` promises that all can be written; the handle may be NULL.
        unsafe {
            self.buffer.write_unaligned(block);
            self.read.write_unaligned(count);
            self.total.write_unaligned(total.max(count));
            if !self.resume.is_null() {
                self.resume.write_unaligned(next.unwrap_or_default());
            }
        }
        Ok(if next.is_some() { Win32Error::ERROR_MORE_DATA } else { Win32Error::NERR_SUCCESS })
    }
}

/// The output parameter of a function that returns one structure.
#[derive(Debug)]
pub(crate) struct Single(*mut *mut u8);

impl Single {
    /// Checks the pointer of the caller, and stores NULL.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` if the pointer is NULL.
    ///
    /// # Safety
    /// The pointer is NULL, or can be written for the life of this value.
    pub(crate) unsafe fn new(buffer: *mut *mut u8) -> Result<Self, Failure> {
        if buffer.is_null() {
            return Err(Failure::argument("bufptr is NULL"));
        }
        // SAFETY: the caller promises it.
        unsafe { buffer.write_unaligned(std::ptr::null_mut()) };
        Ok(Self(buffer))
    }

    /// Stores the result as a structure of one level.
    ///
    /// # Errors
    /// [`Failure::Memory`].
    pub(crate) fn fill<R: Record>(&self, info: R::Info) -> Result<Win32Error, Failure> {
        let block = block::<R>(&[info])?.into_raw()?;
        // SAFETY: the caller of `new` promises it.
        unsafe { self.0.write_unaligned(block) };
        Ok(Win32Error::NERR_SUCCESS)
    }
}
