use std::fmt;

crate::open_enum! {
    /// A Win32 error code ([MS-ERREF] 2.2), as the functions of netapi32 return it.
    pub struct Win32Error(u32) {
        /// Done.
        NERR_SUCCESS = 0,
        /// The server does not have this function.
        ERROR_INVALID_FUNCTION = 1,
        /// The system cannot find the file; from file calls: no such id.
        ERROR_FILE_NOT_FOUND = 2,
        /// The caller is not allowed to do this.
        ERROR_ACCESS_DENIED = 5,
        /// The handle is not valid.
        ERROR_INVALID_HANDLE = 6,
        /// Out of memory.
        ERROR_TOO_MANY_OPEN_FILES = 4,
        ERROR_NOT_ENOUGH_MEMORY = 8,
        /// The data are not valid.
        ERROR_INVALID_DATA = 13,
        /// The request is not supported.
        ERROR_NOT_SUPPORTED = 50,
        /// The remote computer is not available.
        ERROR_REM_NOT_LIST = 51,
        /// The network path was not found.
        ERROR_BAD_NETPATH = 53,
        /// The network name is no longer available: the connection broke.
        ERROR_NETNAME_DELETED = 64,
        /// The network name cannot be found.
        ERROR_BAD_NET_NAME = 67,
        /// A parameter is not valid.
        ERROR_INVALID_PARAMETER = 87,
        /// The server does not have this function.
        ERROR_CALL_NOT_IMPLEMENTED = 120,
        /// The time limit passed.
        ERROR_SEM_TIMEOUT = 121,
        /// The buffer is too small.
        ERROR_INSUFFICIENT_BUFFER = 122,
        /// The name is not valid.
        ERROR_INVALID_NAME = 123,
        /// The information level is not supported.
        ERROR_INVALID_LEVEL = 124,
        /// There are more entries than fit the answer.
        ERROR_MORE_DATA = 234,
        /// Nothing more to list.
        ERROR_NO_MORE_ITEMS = 259,
        /// An unexpected network error occurred.
        ERROR_UNEXP_NET_ERR = 59,
        /// The operation was cancelled.
        ERROR_OPERATION_ABORTED = 995,
        /// The remote computer refused the connection.
        ERROR_CONNECTION_REFUSED = 1225,
        /// This side closed the connection.
        ERROR_CONNECTION_ABORTED = 1236,
        /// The host is unreachable.
        ERROR_HOST_UNREACHABLE = 1232,
        /// The server can reach no domain controller for the logon.
        ERROR_NO_LOGON_SERVERS = 1311,
        /// The user name or the password is wrong.
        ERROR_LOGON_FAILURE = 1326,
        /// The account may not log on here or now.
        ERROR_ACCOUNT_RESTRICTION = 1327,
        /// The account may not log on at this hour.
        ERROR_INVALID_LOGON_HOURS = 1328,
        /// The account may not log on from this computer.
        ERROR_INVALID_WORKSTATION = 1329,
        /// The password has expired.
        ERROR_PASSWORD_EXPIRED = 1330,
        /// The account is disabled.
        ERROR_ACCOUNT_DISABLED = 1331,
        /// The domain does not exist, or the server cannot reach it.
        ERROR_NO_SUCH_DOMAIN = 1355,
        /// The account may not log on in this way, such as over the network.
        ERROR_LOGON_TYPE_NOT_GRANTED = 1385,
        /// This computer has no secret for its trust in the domain.
        ERROR_NO_TRUST_LSA_SECRET = 1786,
        /// The domain has no account of this computer.
        ERROR_NO_TRUST_SAM_ACCOUNT = 1787,
        /// The domain of the server does not trust the account's domain.
        ERROR_TRUSTED_DOMAIN_FAILURE = 1788,
        /// The trust between this computer and its domain failed.
        ERROR_TRUSTED_RELATIONSHIP_FAILURE = 1789,
        /// The account has expired.
        ERROR_ACCOUNT_EXPIRED = 1793,
        /// The account is locked out.
        ERROR_ACCOUNT_LOCKED_OUT = 1909,
        /// The user must change the password first.
        ERROR_PASSWORD_MUST_CHANGE = 1907,
        /// The time limit passed.
        ERROR_TIMEOUT = 1460,
        /// The clocks of the client and the server differ too much.
        ERROR_TIME_SKEW = 1398,
        /// The account may not log on to this computer across the trust.
        ERROR_AUTHENTICATION_FIREWALL_FAILED = 1935,
        /// A policy blocks NTLM.
        ERROR_NTLM_BLOCKED = 1937,
        /// The RPC server is not available.
        RPC_S_SERVER_UNAVAILABLE = 1722,
        /// The RPC call failed.
        RPC_S_CALL_FAILED = 1726,
        /// A side violated the RPC protocol.
        RPC_S_PROTOCOL_ERROR = 1728,
        /// The server does not have this procedure.
        RPC_S_PROCNUM_OUT_OF_RANGE = 1745,
        /// The stub received bad data.
        RPC_X_BAD_STUB_DATA = 1783,
        /// The device or folder does not exist.
        NERR_UNKNOWN_DEV_DIR = 2116,
        /// The name of the share is taken.
        NERR_DUPLICATE_SHARE = 2118,
        /// Not even one entry fits the answer.
        NERR_BUF_TOO_SMALL = 2123,
        /// The library itself has a fault.
        NERR_INTERNAL_ERROR = 2140,
        /// No user of that name.
        NERR_USER_NOT_FOUND = 2221,
        /// The share does not exist.
        NERR_NET_NAME_NOT_FOUND = 2310,
        /// The device is not shared.
        NERR_DEVICE_NOT_SHARED = 2311,
        /// No session with that client.
        NERR_CLIENT_NAME_NOT_FOUND = 2312,
        /// No open file with that id.
        NERR_FILE_ID_NOT_FOUND = 2314,
        /// The computer name is not valid.
        NERR_INVALID_COMPUTER = 2351,
    }
}

/// The code of a successful call: 0.
impl Default for Win32Error {
    fn default() -> Self {
        Self::NERR_SUCCESS
    }
}

impl Win32Error {
    /// Returns whether the call succeeded.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }

    /// Returns the name as Windows' headers spell it (`NERR_ClientNameNotFound`), or the number.
    #[must_use]
    pub fn symbol(self) -> String {
        match self {
            Self::NERR_SUCCESS => "NERR_Success".into(),
            Self::NERR_UNKNOWN_DEV_DIR => "NERR_UnknownDevDir".into(),
            Self::NERR_DUPLICATE_SHARE => "NERR_DuplicateShare".into(),
            Self::NERR_BUF_TOO_SMALL => "NERR_BufTooSmall".into(),
            Self::NERR_INTERNAL_ERROR => "NERR_InternalError".into(),
            Self::NERR_USER_NOT_FOUND => "NERR_UserNotFound".into(),
            Self::NERR_NET_NAME_NOT_FOUND => "NERR_NetNameNotFound".into(),
            Self::NERR_DEVICE_NOT_SHARED => "NERR_DeviceNotShared".into(),
            Self::NERR_CLIENT_NAME_NOT_FOUND => "NERR_ClientNameNotFound".into(),
            Self::NERR_FILE_ID_NOT_FOUND => "NERR_FileIdNotFound".into(),
            Self::NERR_INVALID_COMPUTER => "NERR_InvalidComputer".into(),
            other => other.name().map_or_else(|| format!("Win32 error {}", other.0), Into::into),
        }
    }
}

/// `NERR_ClientNameNotFound (2312)`.
impl fmt::Display for Win32Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(_) => write!(f, "{} ({})", self.symbol(), self.0),
            None => f.write_str(&self.symbol()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show the wrong name of an error, or a bare number.
    #[test]
    fn errors_are_shown_by_name_and_number() {
        assert_eq!(Win32Error(2312).to_string(), "NERR_ClientNameNotFound (2312)");
        assert_eq!(Win32Error(5).to_string(), "ERROR_ACCESS_DENIED (5)");
        assert_eq!(Win32Error(99_999).to_string(), "Win32 error 99999");
    }
}
