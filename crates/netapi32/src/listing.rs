//! Where results go: a list's with how much of it there is and where it goes on, or one thing's.

use netsession::Win32Error;
use netsession::raw::{Page, PageRequest};

use crate::failure::Failure;
use crate::structures::{Record, block};

/// A handle to go on from: a `DWORD`, or for some functions as large as a pointer.
pub(crate) trait Handle: Copy {
    fn read(self) -> Option<u32>;
    fn of(value: u32) -> Self;
}

impl Handle for u32 {
    fn read(self) -> Option<u32> {
        Some(self)
    }

    fn of(value: u32) -> Self {
        value
    }
}

impl Handle for usize {
    fn read(self) -> Option<u32> {
        u32::try_from(self).ok()
    }

    fn of(value: u32) -> Self {
        Self::try_from(value).unwrap_or(Self::MAX)
    }
}

/// Where the results of an enumeration go.
pub(crate) struct Listing<H> {
    buffer: *mut *mut u8,
    read: *mut u32,
    total: *mut u32,
    resume: *mut H,
    from: Option<u32>,
}

impl<H: Handle> Listing<H> {
    /// Takes the caller's pointers. Until there is something better, there are no results.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` where one is NULL that may not be, or the handle is none of ours.
    ///
    /// # Safety
    /// Each is NULL, or can be written for as long as this is there; `resume` holds a handle.
    pub(crate) unsafe fn new(
        buffer: *mut *mut u8,
        read: *mut u32,
        total: *mut u32,
        resume: *mut H,
    ) -> Result<Self, Failure> {
        if buffer.is_null() || read.is_null() || total.is_null() {
            return Err(Failure::argument("bufptr, entriesread or totalentries is NULL"));
        }
        // SAFETY: those that are not NULL can be written, and the handle read, as promised by the caller.
        let from = unsafe {
            buffer.write_unaligned(std::ptr::null_mut());
            read.write_unaligned(0);
            total.write_unaligned(0);
            (!resume.is_null()).then(|| resume.read_unaligned())
        };
        let from = from.map(|handle| handle.read().ok_or(NO_HANDLE)).transpose()?;
        Ok(Self { buffer, read, total, resume, from })
    }

    /// What the caller asks for.
    pub(crate) const fn asked(&self, maximum: u32) -> PageRequest {
        PageRequest { maximum, resume: self.from }
    }

    /// Hands out a part of the list, as structures of one level.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`.
    pub(crate) fn fill<R: Record>(&self, page: &Page<R::Info>) -> Result<Win32Error, Failure> {
        let block = block::<R>(&page.entries)?;
        let count = u32::try_from(page.entries.len()).map_err(|_| Failure::Memory)?;
        // SAFETY: as promised to `new`, all of them can be written, but for a handle that is NULL.
        unsafe {
            self.buffer.write_unaligned(block.into_raw());
            self.read.write_unaligned(count);
            self.total.write_unaligned(page.total.max(count));
            if !self.resume.is_null() {
                self.resume.write_unaligned(H::of(if page.has_more { page.resume } else { 0 }));
            }
        }
        Ok(if page.has_more { Win32Error::ERROR_MORE_DATA } else { Win32Error::NERR_SUCCESS })
    }
}

/// Where the result of a function goes that tells of one thing.
pub(crate) struct Single(*mut *mut u8);

impl Single {
    /// Takes the caller's pointer. Until there is something better, there is no result.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` where it is NULL.
    ///
    /// # Safety
    /// It is NULL, or can be written for as long as this is there.
    pub(crate) unsafe fn new(buffer: *mut *mut u8) -> Result<Self, Failure> {
        if buffer.is_null() {
            return Err(Failure::argument("bufptr is NULL"));
        }
        // SAFETY: as promised by the caller.
        unsafe { buffer.write_unaligned(std::ptr::null_mut()) };
        Ok(Self(buffer))
    }

    /// Hands it out as a structure of one level.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`.
    pub(crate) fn fill<R: Record>(&self, info: R::Info) -> Result<Win32Error, Failure> {
        let block = block::<R>(&[info])?;
        // SAFETY: as promised to `new`.
        unsafe { self.0.write_unaligned(block.into_raw()) };
        Ok(Win32Error::NERR_SUCCESS)
    }
}

const NO_HANDLE: Failure = Failure::argument("resume_handle is none that was handed out");
