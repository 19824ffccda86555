use std::fmt;

/// The step of a connection at which an error occurred.
///
/// ```
/// use netsession::Step;
///
/// assert_eq!(Step::Logon.to_string(), "the logon");
/// assert_eq!(Step::Call("NetrSessionDel").to_string(), "NetrSessionDel");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The TCP connection.
    Connect,
    /// The negotiation of a dialect (SMB2 NEGOTIATE).
    Negotiate,
    /// The logon (SMB2 SESSION_SETUP).
    Logon,
    /// The connection to `IPC$` (SMB2 TREE_CONNECT).
    ConnectIpc,
    /// The pipe `srvsvc` (SMB2 CREATE).
    OpenPipe,
    /// The bind to the interface of [MS-SRVS] (DCE/RPC bind).
    Bind,
    /// The request for a DFS referral (SMB2 IOCTL, FSCTL_DFS_GET_REFERRALS).
    Referral,
    /// The connection to a share (SMB2 TREE_CONNECT).
    ConnectShare,
    /// The request to open a file (SMB2 CREATE).
    OpenFile,
    /// The request to read a file (SMB2 READ).
    ReadFile,
    /// The request to write a file (SMB2 WRITE).
    WriteFile,
    /// The request to close a file (SMB2 CLOSE).
    CloseFile,
    /// A call of [MS-SRVS], by its name.
    Call(&'static str),
    /// The logoff (SMB2 LOGOFF), and the closing of the pipe, the file and the share before it.
    Logoff,
}

/// A noun phrase that fits after "refused", "did not answer" and "during".
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection request",
            Self::Negotiate => "the SMB negotiation",
            Self::Logon => "the logon",
            Self::ConnectIpc => "the request to connect to IPC$",
            Self::OpenPipe => "the request to open the pipe srvsvc",
            Self::Bind => "the RPC bind to srvsvc",
            Self::Referral => "the request for a DFS referral",
            Self::ConnectShare => "the request to connect to the share",
            Self::OpenFile => "the request to open the file",
            Self::ReadFile => "the request to read the file",
            Self::WriteFile => "the request to write the file",
            Self::CloseFile => "the request to close the file",
            Self::Call(name) => name,
            Self::Logoff => "the logoff",
        })
    }
}
