//! [`stay`] keeps the library in memory, as the linker's `nodelete` does on Linux: a program may unload it while another thread
//! is in a call.

use std::sync::Once;

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
};

/// Pins the module of this code until the process ends.
pub(crate) fn stay() {
    static PINNED: Once = Once::new();
    PINNED.call_once(|| {
        let address: fn() = stay;
        let mut module = std::ptr::null_mut();
        let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
        // SAFETY: the address is in this module, and `module` has room for the result. A failure leaves the module as it is.
        unsafe { GetModuleHandleExW(flags, address as *const u16, &raw mut module) };
    });
}
