//! `libnetapi32`: functions of Windows' netapi32 for Linux, macOS and Windows, with the same names, structures and return codes,
//! so that programs written for Windows list and end the sessions of SMB file servers.
//!
//! `include/netapi32.h` documents each function and structure for callers; `include/netsession.h` documents what
//! Windows does not have. A program calls, for example, [`NetSessionDel`]:
//!
//! ```
//! # let mut admin = netsession_server::Account::with_password("adm1", "secret");
//! # admin.admin = true;
//! # let builder = netsession_server::Server::builder().listen(([127, 0, 0, 1], 0).into()).account(admin);
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # let embedded = runtime.block_on(async { builder.start() })?;
//! # let name = embedded.addresses()[0].to_string();
//! // `name` is "fs1", for example.
//! let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
//! let (server, login, password) = (wide(&name), wide("adm1"), wide("secret"));
//! let (client, user) = (wide(r"\\10.0.0.5"), wide("alice"));
//! // SAFETY: each text ends in zero.
//! let code = unsafe {
//!     netapi32::netsession_set_login(server.as_ptr(), login.as_ptr(), password.as_ptr());
//!     netapi32::NetSessionDel(server.as_ptr(), client.as_ptr(), user.as_ptr())
//! };
//! assert_eq!(code, 2312, "NERR_ClientNameNotFound: alice has no session from 10.0.0.5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Inside:
//!
//! - Each function has a file in `functions`. It reads its arguments, calls the library `netsession`, and stores the
//!   result. Unsafe code is only there, and in the files that ARCHITECTURE.md names.
//! - `guard` wraps every function: a panic becomes `NERR_InternalError`, and errno becomes the returned code. Nobody can
//!   cancel the thread (`cancellation`), its thread-local values exist (`ending`), and its stack is large enough (`stack`).
//! - `registry` knows all buffers that callers have, and refuses every other pointer.
//! - `pool` keeps connections. `process` finds the login by `netsession_admin`, and detects a fork.
//!
//! The library keeps nothing running in the program that loads it. It has no signal handler and no hook. It has a
//! thread only while it looks up a name or serves a caller with a small stack, and prints only if `NETSESSION_LOG` is
//! set.
// Windows has characters of 16 bits alone.
#![cfg(not(all(windows, wchar32)))]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]

mod arguments;
mod buffer;
#[cfg_attr(windows, path = "windows/cancellation.rs")]
mod cancellation;
#[cfg_attr(windows, path = "windows/descriptor.rs")]
mod descriptor;
mod ending;
mod failure;
#[cfg_attr(windows, path = "windows/forked.rs")]
mod forked;
mod functions;
mod guard;
mod listing;
mod log;
#[cfg_attr(windows, path = "windows/memory.rs")]
mod memory;
pub mod not_offered;
#[cfg(not(any(wchar32, windows)))]
mod other_width;
mod pool;
mod process;
mod registry;
mod reserve;
mod stack;
#[cfg_attr(windows, path = "windows/standard.rs")]
mod standard;
#[cfg(windows)]
#[path = "windows/stay.rs"]
mod stay;
mod strings;
pub mod structures;
mod surroundings;
mod target;
mod uses;
mod wchar;

/// The library's allocator. A Rust program with an allocator of its own cannot link this crate.
#[global_allocator]
static ALLOCATOR: reserve::WithReserve = reserve::WithReserve;

pub use buffer::{NetApiBufferAllocate, NetApiBufferFree, NetApiBufferReallocate, NetApiBufferSize};
pub use functions::*;
pub use wchar::WCHAR;
