//! `libnetapi32`: functions of Windows' netapi32 for Linux and macOS, with their names, their structures and their answers,
//! so that programs written for Windows see and end the sessions of SMB file servers.
//!
//! `include/netapi32.h` documents each function and structure for those who call them; `include/netsession.h` what is
//! not from Windows. Here is how it is done:
//!
//! - A function is a file. It reads its arguments, has the work done by the library `netsession`, and hands out what came of
//!   it; whatever is not safe stands in it, in `strings`, `buffer` and `listing`.
//! - `guard` is around every function: a panic becomes `NERR_InternalError`, errno is the returned code.
//! - `pool` keeps connections, `process` finds the login by `netsession_admin` and notices a fork.
//!
//! Nothing is left running in somebody else's program: there is no signal handler, no hook, no thread but while a name is
//! looked up, and no output unless `NETSESSION_LOG` asks for it.
#![cfg(unix)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]

mod arguments;
mod buffer;
mod connection_enum;
mod failure;
mod file_close;
mod file_enum;
mod file_get_info;
mod guard;
mod listing;
mod log;
mod pool;
mod process;
mod remote_tod;
mod server_get_info;
mod session_del;
mod session_enum;
mod session_get_info;
mod set_login;
mod share_check;
mod share_enum;
mod share_get_info;
mod socket;
mod strings;
pub mod structures;
mod surroundings;

pub use buffer::{NetApiBufferAllocate, NetApiBufferFree, NetApiBufferReallocate, NetApiBufferSize};
pub use connection_enum::NetConnectionEnum;
pub use file_close::NetFileClose;
pub use file_enum::NetFileEnum;
pub use file_get_info::NetFileGetInfo;
pub use remote_tod::NetRemoteTOD;
pub use server_get_info::NetServerGetInfo;
pub use session_del::NetSessionDel;
pub use session_enum::NetSessionEnum;
pub use session_get_info::NetSessionGetInfo;
pub use set_login::netsession_set_login;
pub use share_check::NetShareCheck;
pub use share_enum::NetShareEnum;
pub use share_get_info::NetShareGetInfo;
