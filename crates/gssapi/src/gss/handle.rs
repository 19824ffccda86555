//! The library's handles: each value owns one, and releases it once.

use std::ptr;

use super::raw::{ContextPtr, CredPtr, NamePtr};
use crate::Library;

/// Defines the owner of a handle.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident($pointer:ty), |$library:ident, $minor:ident, $handle:ident| $release:expr) => {
        $(#[$doc])*
        pub(crate) struct $name {
            pub(crate) library: &'static Library,
            pointer: $pointer,
        }

        // SAFETY: the library ties no handle to a thread, and `&self` never reaches two threads, because the types
        // are not Sync.
        unsafe impl Send for $name {}

        impl $name {
            pub(crate) const fn none(library: &'static Library) -> Self {
                Self { library, pointer: ptr::null_mut() }
            }

            /// The handle, or null where there is none.
            pub(crate) const fn get(&self) -> $pointer {
                self.pointer
            }

            /// Where a call writes a handle.
            pub(crate) const fn as_mut_ptr(&mut self) -> *mut $pointer {
                &raw mut self.pointer
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                if !self.pointer.is_null() {
                    let ($library, mut minor, $handle) = (self.library, 0, &raw mut self.pointer);
                    let $minor = &raw mut minor;
                    // SAFETY: the handle is the library's own, and is released here only.
                    unsafe { $release };
                }
            }
        }
    };
}

handle!(
    /// A name.
    NameHandle(NamePtr), |library, minor, name| (library.functions.release_name)(minor, name)
);
handle!(
    /// A credential.
    CredHandle(CredPtr), |library, minor, cred| (library.functions.release_cred)(minor, cred)
);
handle!(
    /// A security context.
    ContextHandle(ContextPtr), |library, minor, context| (library.functions.delete_sec_context)(
        minor,
        context,
        ptr::null_mut()
    )
);
