//! Buffers: [`Input`] lends Rust memory to a call, [`Output`] owns the memory that a call returns.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;
use std::slice;

use zeroize::Zeroize as _;

use super::raw::{Buffer, BufferSet};
use crate::Library;

/// Bytes that a call reads. They outlive the call, because the value borrows them.
pub(crate) struct Input<'a> {
    buffer: Buffer,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        let value = bytes.as_ptr().cast_mut().cast::<c_void>();
        Self { buffer: Buffer { length: bytes.len(), value }, bytes: PhantomData }
    }

    /// The pointer for the call. The library does not write through it.
    pub(crate) const fn as_ptr(&self) -> *const Buffer {
        &raw const self.buffer
    }

    /// The pointer for `gss_import_name`, whose signature lacks `const`.
    pub(crate) const fn as_mut_ptr(&mut self) -> *mut Buffer {
        &raw mut self.buffer
    }
}

/// Bytes that the library allocated. Dropping wipes and releases them.
pub(crate) struct Output {
    library: &'static Library,
    buffer: Buffer,
}

impl Output {
    pub(crate) const fn new(library: &'static Library) -> Self {
        Self { library, buffer: Buffer { length: 0, value: ptr::null_mut() } }
    }

    pub(crate) const fn as_mut_ptr(&mut self) -> *mut Buffer {
        &raw mut self.buffer
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        let Buffer { length, value } = self.buffer;
        if value.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: the library wrote this pointer and length; the memory is ours until it is released in `drop`.
        unsafe { slice::from_raw_parts(value.cast::<u8>(), length) }
    }

    /// Returns a copy, or None if the library returned nothing.
    pub(crate) fn to_vec(&self) -> Option<Vec<u8>> {
        (!self.bytes().is_empty()).then(|| self.bytes().to_vec())
    }

    pub(crate) fn to_text(&self) -> String {
        let bytes = self.bytes();
        String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(bytes)).into_owned()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let Buffer { length, value } = self.buffer;
        if !value.is_null() && length > 0 {
            // SAFETY: as in `bytes`; nothing borrows the memory any more.
            unsafe { slice::from_raw_parts_mut(value.cast::<u8>(), length) }.zeroize();
        }
        let mut minor = 0;
        // SAFETY: the buffer is empty or the library's own, and is released here only.
        unsafe { (self.library.functions.release_buffer)(&raw mut minor, &raw mut self.buffer) };
    }
}

/// Several buffers that the library allocated. Dropping wipes and releases them.
pub(crate) struct OutputSet {
    library: &'static Library,
    set: *mut BufferSet,
}

impl OutputSet {
    pub(crate) const fn new(library: &'static Library) -> Self {
        Self { library, set: ptr::null_mut() }
    }

    pub(crate) const fn as_mut_ptr(&mut self) -> *mut *mut BufferSet {
        &raw mut self.set
    }

    fn buffers(&self) -> &[Buffer] {
        if self.set.is_null() {
            return &[];
        }
        // SAFETY: the library wrote this pointer to a set of its own, which lives until `drop`.
        let BufferSet { count, elements } = unsafe { ptr::read_unaligned(self.set) };
        if elements.is_null() || count == 0 {
            return &[];
        }
        // SAFETY: `elements` points to `count` buffers of the same set.
        unsafe { slice::from_raw_parts(elements, count) }
    }

    /// Returns the first buffer's bytes.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        let Buffer { length, value } = *self.buffers().first()?;
        if value.is_null() || length == 0 {
            return None;
        }
        // SAFETY: the library wrote this pointer and length; the memory lives as long as the set.
        Some(unsafe { slice::from_raw_parts(value.cast::<u8>(), length) })
    }
}

impl Drop for OutputSet {
    fn drop(&mut self) {
        for Buffer { length, value } in self.buffers().to_vec() {
            if !value.is_null() && length > 0 {
                // SAFETY: as in `first`; nothing borrows the memory any more.
                unsafe { slice::from_raw_parts_mut(value.cast::<u8>(), length) }.zeroize();
            }
        }
        let mut minor = 0;
        // SAFETY: the set is null or the library's own, and is released here only.
        unsafe { (self.library.functions.release_buffer_set)(&raw mut minor, &raw mut self.set) };
    }
}
