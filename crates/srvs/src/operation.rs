use netsession_rpc::ndr::Message;
use netsession_wire::Win32Error;

netsession_wire::open_enum! {
    /// An operation's number in the interface ([MS-SRVS] 3.1.4).
    pub struct Opnum(u16) {
        /// [`crate::connection_enum`]
        NETR_CONNECTION_ENUM = 8,
        /// [`crate::file_enum`]
        NETR_FILE_ENUM = 9,
        /// [`crate::file_get_info`]
        NETR_FILE_GET_INFO = 10,
        /// [`crate::file_close`]
        NETR_FILE_CLOSE = 11,
        /// [`crate::session_enum`]
        NETR_SESSION_ENUM = 12,
        /// [`crate::session_del`]
        NETR_SESSION_DEL = 13,
        /// [`crate::share_enum`]
        NETR_SHARE_ENUM = 15,
        /// [`crate::share_get_info`]
        NETR_SHARE_GET_INFO = 16,
        /// [`crate::share_check`]
        NETR_SHARE_CHECK = 20,
        /// [`crate::server_get_info`]
        NETR_SERVER_GET_INFO = 21,
        /// [`crate::remote_tod`]
        NETR_REMOTE_TOD = 28,
        /// [`crate::share_enum_sticky`]
        NETR_SHARE_ENUM_STICKY = 36,
    }
}

/// A request, which knows its number and what answers it, so that a client has one function for every call.
pub trait Operation: Message {
    /// The operation's number.
    const OPNUM: Opnum;

    /// What the server answers.
    type Answer: Answer;
}

/// A response.
pub trait Answer: Message {
    /// The method's return value. What else is in the response is there with any status, above all with
    /// [`Win32Error::ERROR_MORE_DATA`].
    fn status(&self) -> Win32Error;
}
