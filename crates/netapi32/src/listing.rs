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
use crate::structures::{Record, block};

/// A resume handle: a `DWORD`, or for some functions a number as large as a pointer.
pub(crate) trait Handle: Copy {
    /// Returns the server's value of the handle; `None` for one that no server has returned.
    fn to_wire(self) -> Option<u32>;
    /// Returns the caller's value of a handle.
    fn from_wire(value: u32) -> Self;
}

impl Handle for u32 {
    fn to_wire(self) -> Option<u32> {
        Some(self)
    }

    fn from_wire(value: u32) -> Self {
        value
    }
}

impl Handle for usize {
    fn to_wire(self) -> Option<u32> {
        u32::try_from(self).ok()
    }

    fn from_wire(value: u32) -> Self {
        Self::try_from(value).unwrap_or(Self::MAX)
    }
}

/// The output parameters of an enumeration.
#[derive(Debug)]
pub(crate) struct Listing<H> {
    buffer: *mut *mut u8,
    read: *mut u32,
    total: *mut u32,
    resume: *mut H,
    from: Option<u32>,
}

impl<H: Handle> Listing<H> {
    /// Checks the pointers of the caller, and stores an empty result.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` if a pointer other than `resume` is NULL, or no server returns such a handle.
    ///
    /// # Safety
    /// Each pointer is NULL, or can be written for the life of this value; `resume` points to a handle.
    pub(crate) unsafe fn new(
        buffer: *mut *mut u8,
        read: *mut u32,
        total: *mut u32,
        resume: *mut H,
    ) -> Result<Self, Failure> {
        if buffer.is_null() || read.is_null() || total.is_null() {
            return Err(Failure::argument("bufptr, entriesread or totalentries is NULL"));
        }
        // SAFETY: the caller promises that pointers other than NULL can be written, and the handle read.
        let from = unsafe {
            buffer.write_unaligned(std::ptr::null_mut());
            read.write_unaligned(0);
            total.write_unaligned(0);
            (!resume.is_null()).then(|| resume.read_unaligned())
        };
        let from = from.map(|handle| handle.to_wire().ok_or(UNKNOWN_HANDLE)).transpose()?;
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
        let count = u32::try_from(page.entries.len()).map_err(|_| Failure::Memory)?;
        let block = block::<R>(&page.entries)?.into_raw()?;
        // SAFETY: the caller of `new` promises that all can be written; the handle may be NULL.
        unsafe {
            self.buffer.write_unaligned(block);
            self.read.write_unaligned(count);
            self.total.write_unaligned(page.total.max(count));
            if !self.resume.is_null() {
                self.resume.write_unaligned(H::from_wire(if page.has_more { page.resume } else { 0 }));
            }
        }
        Ok(if page.has_more { Win32Error::ERROR_MORE_DATA } else { Win32Error::NERR_SUCCESS })
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

const UNKNOWN_HANDLE: Failure = Failure::argument("resume_handle is not a handle that a call returned");
