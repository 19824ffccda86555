//! The structures of the information levels ([MS-SRVS] 2.2.4), a file for each family.

mod connection;
mod file;
mod server;
mod session;
mod share;
mod time_of_day;

pub use connection::{ConnectionId, ConnectionInfo, ConnectionLevel};
pub use file::{FileId, FileInfo, FileLevel, FilePermissions};
pub use server::{PlatformId, ServerInfo, ServerLevel, ServerLimits, ServerTuning, ServerType};
pub use session::{SessionFlags, SessionInfo, SessionLevel};
pub use share::{ShareFlags, ShareInfo, ShareLevel, ShareType};
pub use time_of_day::TimeOfDayInfo;
