use std::fmt;

use super::Win32Error;

crate::open_enum! {
    /// An NTSTATUS ([MS-ERREF] 2.3): the status in a response of an SMB server. A constant `X` is `STATUS_X` there.
    pub struct NtStatus(u32) {
        SUCCESS = 0x0000_0000,
        PENDING = 0x0000_0103,
        OPLOCK_BREAK_IN_PROGRESS = 0x0000_0108,
        NOTIFY_CLEANUP = 0x0000_010b,
        NOTIFY_ENUM_DIR = 0x0000_010c,
        BUFFER_OVERFLOW = 0x8000_0005,
        NO_MORE_FILES = 0x8000_0006,
        INVALID_EA_NAME = 0x8000_0013,
        EA_LIST_INCONSISTENT = 0x8000_0014,
        NO_MORE_ENTRIES = 0x8000_001a,
        STOPPED_ON_SYMLINK = 0x8000_002d,
        UNSUCCESSFUL = 0xc000_0001,
        NOT_IMPLEMENTED = 0xc000_0002,
        INVALID_INFO_CLASS = 0xc000_0003,
        INFO_LENGTH_MISMATCH = 0xc000_0004,
        INVALID_HANDLE = 0xc000_0008,
        INVALID_PARAMETER = 0xc000_000d,
        NO_SUCH_DEVICE = 0xc000_000e,
        NO_SUCH_FILE = 0xc000_000f,
        INVALID_DEVICE_REQUEST = 0xc000_0010,
        END_OF_FILE = 0xc000_0011,
        WRONG_VOLUME = 0xc000_0012,
        MORE_PROCESSING_REQUIRED = 0xc000_0016,
        NO_MEMORY = 0xc000_0017,
        INVALID_LOCK_SEQUENCE = 0xc000_001e,
        INVALID_VIEW_SIZE = 0xc000_001f,
        ACCESS_DENIED = 0xc000_0022,
        BUFFER_TOO_SMALL = 0xc000_0023,
        OBJECT_TYPE_MISMATCH = 0xc000_0024,
        OBJECT_NAME_INVALID = 0xc000_0033,
        OBJECT_NAME_NOT_FOUND = 0xc000_0034,
        OBJECT_NAME_COLLISION = 0xc000_0035,
        OBJECT_PATH_INVALID = 0xc000_0039,
        OBJECT_PATH_NOT_FOUND = 0xc000_003a,
        OBJECT_PATH_SYNTAX_BAD = 0xc000_003b,
        SECTION_TOO_BIG = 0xc000_0040,
        SHARING_VIOLATION = 0xc000_0043,
        QUOTA_EXCEEDED = 0xc000_0044,
        EAS_NOT_SUPPORTED = 0xc000_004f,
        EA_TOO_LARGE = 0xc000_0050,
        NO_EAS_ON_FILE = 0xc000_0052,
        FILE_LOCK_CONFLICT = 0xc000_0054,
        LOCK_NOT_GRANTED = 0xc000_0055,
        DELETE_PENDING = 0xc000_0056,
        INVALID_OWNER = 0xc000_005a,
        NO_LOGON_SERVERS = 0xc000_005e,
        NO_SUCH_LOGON_SESSION = 0xc000_005f,
        NO_SUCH_PRIVILEGE = 0xc000_0060,
        PRIVILEGE_NOT_HELD = 0xc000_0061,
        INVALID_ACCOUNT_NAME = 0xc000_0062,
        NO_SUCH_USER = 0xc000_0064,
        NO_SUCH_GROUP = 0xc000_0066,
        MEMBER_NOT_IN_GROUP = 0xc000_0068,
        WRONG_PASSWORD = 0xc000_006a,
        ILL_FORMED_PASSWORD = 0xc000_006b,
        PASSWORD_RESTRICTION = 0xc000_006c,
        LOGON_FAILURE = 0xc000_006d,
        ACCOUNT_RESTRICTION = 0xc000_006e,
        INVALID_LOGON_HOURS = 0xc000_006f,
        INVALID_WORKSTATION = 0xc000_0070,
        PASSWORD_EXPIRED = 0xc000_0071,
        ACCOUNT_DISABLED = 0xc000_0072,
        NONE_MAPPED = 0xc000_0073,
        INVALID_ACL = 0xc000_0077,
        INVALID_SID = 0xc000_0078,
        INVALID_SECURITY_DESCR = 0xc000_0079,
        RANGE_NOT_LOCKED = 0xc000_007e,
        DISK_FULL = 0xc000_007f,
        FILE_INVALID = 0xc000_0098,
        INSUFFICIENT_RESOURCES = 0xc000_009a,
        MEDIA_WRITE_PROTECTED = 0xc000_00a2,
        DEVICE_NOT_READY = 0xc000_00a3,
        BAD_IMPERSONATION_LEVEL = 0xc000_00a5,
        INSTANCE_NOT_AVAILABLE = 0xc000_00ab,
        PIPE_NOT_AVAILABLE = 0xc000_00ac,
        INVALID_PIPE_STATE = 0xc000_00ad,
        PIPE_BUSY = 0xc000_00ae,
        PIPE_DISCONNECTED = 0xc000_00b0,
        PIPE_CLOSING = 0xc000_00b1,
        IO_TIMEOUT = 0xc000_00b5,
        FILE_FORCED_CLOSED = 0xc000_00b6,
        FILE_IS_A_DIRECTORY = 0xc000_00ba,
        NOT_SUPPORTED = 0xc000_00bb,
        REMOTE_NOT_LISTENING = 0xc000_00bc,
        BAD_NETWORK_PATH = 0xc000_00be,
        NETWORK_BUSY = 0xc000_00bf,
        INVALID_NETWORK_RESPONSE = 0xc000_00c3,
        UNEXPECTED_NETWORK_ERROR = 0xc000_00c4,
        NETWORK_NAME_DELETED = 0xc000_00c9,
        NETWORK_ACCESS_DENIED = 0xc000_00ca,
        BAD_NETWORK_NAME = 0xc000_00cc,
        REQUEST_NOT_ACCEPTED = 0xc000_00d0,
        NOT_SAME_DEVICE = 0xc000_00d4,
        FILE_RENAMED = 0xc000_00d5,
        VIRTUAL_CIRCUIT_CLOSED = 0xc000_00d6,
        CANT_WAIT = 0xc000_00d8,
        CANT_ACCESS_DOMAIN_INFO = 0xc000_00da,
        INVALID_SERVER_STATE = 0xc000_00dc,
        INVALID_DOMAIN_STATE = 0xc000_00dd,
        NO_SUCH_DOMAIN = 0xc000_00df,
        OPLOCK_NOT_GRANTED = 0xc000_00e2,
        INVALID_OPLOCK_PROTOCOL = 0xc000_00e3,
        INTERNAL_ERROR = 0xc000_00e5,
        INVALID_USER_BUFFER = 0xc000_00e8,
        NO_SUCH_PACKAGE = 0xc000_00fe,
        DIRECTORY_NOT_EMPTY = 0xc000_0101,
        NOT_A_DIRECTORY = 0xc000_0103,
        NAME_TOO_LONG = 0xc000_0106,
        FILES_OPEN = 0xc000_0107,
        TOO_MANY_OPENED_FILES = 0xc000_011f,
        CANCELLED = 0xc000_0120,
        CANNOT_DELETE = 0xc000_0121,
        FILE_DELETED = 0xc000_0123,
        FILE_CLOSED = 0xc000_0128,
        LOGON_SERVER_CONFLICT = 0xc000_0132,
        TIME_DIFFERENCE_AT_DC = 0xc000_0133,
        LINK_FAILED = 0xc000_013e,
        INVALID_LEVEL = 0xc000_0148,
        PIPE_BROKEN = 0xc000_014b,
        NO_SUCH_ALIAS = 0xc000_0151,
        LOGON_NOT_GRANTED = 0xc000_0155,
        TOO_MANY_CONTEXT_IDS = 0xc000_015a,
        LOGON_TYPE_NOT_GRANTED = 0xc000_015b,
        UNMAPPABLE_CHARACTER = 0xc000_0162,
        INVALID_DEVICE_STATE = 0xc000_0184,
        IO_DEVICE_ERROR = 0xc000_0185,
        NO_TRUST_LSA_SECRET = 0xc000_018a,
        NO_TRUST_SAM_ACCOUNT = 0xc000_018b,
        TRUSTED_DOMAIN_FAILURE = 0xc000_018c,
        TRUSTED_RELATIONSHIP_FAILURE = 0xc000_018d,
        TRUST_FAILURE = 0xc000_0190,
        NETLOGON_NOT_STARTED = 0xc000_0192,
        ACCOUNT_EXPIRED = 0xc000_0193,
        NOLOGON_INTERDOMAIN_TRUST_ACCOUNT = 0xc000_0198,
        NOLOGON_WORKSTATION_TRUST_ACCOUNT = 0xc000_0199,
        NOLOGON_SERVER_TRUST_ACCOUNT = 0xc000_019a,
        DOMAIN_TRUST_INCONSISTENT = 0xc000_019b,
        FS_DRIVER_REQUIRED = 0xc000_019c,
        INVALID_LOCK_RANGE = 0xc000_01a1,
        USER_SESSION_DELETED = 0xc000_0203,
        INSUFF_SERVER_RESOURCES = 0xc000_0205,
        ADDRESS_ALREADY_EXISTS = 0xc000_020a,
        CONNECTION_DISCONNECTED = 0xc000_020c,
        CONNECTION_RESET = 0xc000_020d,
        PASSWORD_MUST_CHANGE = 0xc000_0224,
        NOT_FOUND = 0xc000_0225,
        DUPLICATE_OBJECTID = 0xc000_022a,
        INVALID_VARIANT = 0xc000_0232,
        DOMAIN_CONTROLLER_NOT_FOUND = 0xc000_0233,
        ACCOUNT_LOCKED_OUT = 0xc000_0234,
        CONNECTION_REFUSED = 0xc000_0236,
        NETWORK_UNREACHABLE = 0xc000_023c,
        HOST_UNREACHABLE = 0xc000_023d,
        CONNECTION_ABORTED = 0xc000_0241,
        CONNECTION_COUNT_LIMIT = 0xc000_0246,
        LOGIN_TIME_RESTRICTION = 0xc000_0247,
        LOGIN_WKSTA_RESTRICTION = 0xc000_0248,
        PATH_NOT_COVERED = 0xc000_0257,
        LICENSE_QUOTA_EXCEEDED = 0xc000_0259,
        TOO_MANY_LINKS = 0xc000_0265,
        NOT_A_REPARSE_POINT = 0xc000_0275,
        IO_REPARSE_TAG_NOT_HANDLED = 0xc000_0279,
        REPARSE_POINT_NOT_RESOLVED = 0xc000_0280,
        MUTUAL_AUTHENTICATION_FAILED = 0xc000_02c3,
        OBJECTID_NOT_FOUND = 0xc000_02f0,
        SMARTCARD_LOGON_REQUIRED = 0xc000_02fa,
        NETWORK_SESSION_EXPIRED = 0xc000_035c,
        DOWNGRADE_DETECTED = 0xc000_0388,
        AUTHENTICATION_FIREWALL_FAILED = 0xc000_0413,
        NTLM_BLOCKED = 0xc000_0418,
        FILE_SYSTEM_LIMITATION = 0xc000_0427,
        REQUEST_OUT_OF_SEQUENCE = 0xc000_042a,
        SERVER_UNAVAILABLE = 0xc000_0466,
        FILE_NOT_AVAILABLE = 0xc000_0467,
        DISK_QUOTA_EXCEEDED = 0xc000_0802,
        CANNOT_BREAK_OPLOCK = 0xc000_0909,
        PROTOCOL_NOT_SUPPORTED = 0xc000_a013,
        HASH_NOT_SUPPORTED = 0xc000_a100,
        HASH_NOT_PRESENT = 0xc000_a101,
        OFFLOAD_READ_FLT_NOT_SUPPORTED = 0xc000_a2a1,
        OFFLOAD_WRITE_FLT_NOT_SUPPORTED = 0xc000_a2a2,
        CTX_WINSTATION_ACCESS_DENIED = 0xc00a_002b,
        STREAM_MINIVERSION_NOT_FOUND = 0xc019_0022,
        SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP = 0xc05d_0000,
        SMB_BAD_CLUSTER_DIALECT = 0xc05d_0001,
    }
}

impl NtStatus {
    /// Returns whether the severity is success or information (the two top bits below 2).
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 >> 30 < 2
    }

    /// Returns whether the severity is error. Warnings, such as BUFFER_OVERFLOW, are neither success nor error.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >> 30 == 3
    }

    /// Returns the Win32 error that Windows' functions return for this status: the only table of its kind.
    ///
    /// ```
    /// use netsession_wire::{NtStatus, Win32Error};
    ///
    /// assert_eq!(NtStatus::LOGON_FAILURE.win32(), Win32Error::ERROR_LOGON_FAILURE);
    /// ```
    #[must_use]
    pub const fn win32(self) -> Win32Error {
        match self {
            Self::SUCCESS => Win32Error::NERR_SUCCESS,
            Self::ACCESS_DENIED | Self::NETWORK_ACCESS_DENIED | Self::PRIVILEGE_NOT_HELD => {
                Win32Error::ERROR_ACCESS_DENIED
            }
            Self::LOGON_FAILURE | Self::NO_SUCH_USER | Self::WRONG_PASSWORD => {
                Win32Error::ERROR_LOGON_FAILURE
            }
            Self::ACCOUNT_RESTRICTION => Win32Error::ERROR_ACCOUNT_RESTRICTION,
            Self::INVALID_LOGON_HOURS => Win32Error::ERROR_INVALID_LOGON_HOURS,
            Self::INVALID_WORKSTATION => Win32Error::ERROR_INVALID_WORKSTATION,
            Self::NO_LOGON_SERVERS => Win32Error::ERROR_NO_LOGON_SERVERS,
            Self::LOGON_TYPE_NOT_GRANTED => Win32Error::ERROR_LOGON_TYPE_NOT_GRANTED,
            Self::TRUSTED_DOMAIN_FAILURE => Win32Error::ERROR_TRUSTED_DOMAIN_FAILURE,
            Self::TRUSTED_RELATIONSHIP_FAILURE => Win32Error::ERROR_TRUSTED_RELATIONSHIP_FAILURE,
            Self::NO_TRUST_LSA_SECRET => Win32Error::ERROR_NO_TRUST_LSA_SECRET,
            Self::NO_TRUST_SAM_ACCOUNT => Win32Error::ERROR_NO_TRUST_SAM_ACCOUNT,
            Self::NO_SUCH_DOMAIN => Win32Error::ERROR_NO_SUCH_DOMAIN,
            Self::TIME_DIFFERENCE_AT_DC => Win32Error::ERROR_TIME_SKEW,
            Self::AUTHENTICATION_FIREWALL_FAILED => Win32Error::ERROR_AUTHENTICATION_FIREWALL_FAILED,
            Self::NTLM_BLOCKED => Win32Error::ERROR_NTLM_BLOCKED,
            Self::ACCOUNT_EXPIRED => Win32Error::ERROR_ACCOUNT_EXPIRED,
            Self::PASSWORD_EXPIRED => Win32Error::ERROR_PASSWORD_EXPIRED,
            Self::PASSWORD_MUST_CHANGE => Win32Error::ERROR_PASSWORD_MUST_CHANGE,
            Self::ACCOUNT_DISABLED => Win32Error::ERROR_ACCOUNT_DISABLED,
            Self::ACCOUNT_LOCKED_OUT => Win32Error::ERROR_ACCOUNT_LOCKED_OUT,
            Self::NO_MEMORY | Self::INSUFFICIENT_RESOURCES | Self::INSUFF_SERVER_RESOURCES => {
                Win32Error::ERROR_NOT_ENOUGH_MEMORY
            }
            Self::INVALID_PARAMETER => Win32Error::ERROR_INVALID_PARAMETER,
            Self::NOT_SUPPORTED | Self::NOT_IMPLEMENTED | Self::INVALID_DEVICE_REQUEST => {
                Win32Error::ERROR_NOT_SUPPORTED
            }
            Self::OBJECT_NAME_NOT_FOUND | Self::NO_SUCH_FILE | Self::OBJECT_PATH_NOT_FOUND => {
                Win32Error::ERROR_FILE_NOT_FOUND
            }
            Self::BAD_NETWORK_NAME => Win32Error::ERROR_BAD_NET_NAME,
            Self::BAD_NETWORK_PATH => Win32Error::ERROR_BAD_NETPATH,
            Self::USER_SESSION_DELETED
            | Self::NETWORK_SESSION_EXPIRED
            | Self::NETWORK_NAME_DELETED
            | Self::CONNECTION_DISCONNECTED
            | Self::CONNECTION_RESET => Win32Error::ERROR_NETNAME_DELETED,
            Self::IO_TIMEOUT => Win32Error::ERROR_SEM_TIMEOUT,
            Self::CANCELLED => Win32Error::ERROR_OPERATION_ABORTED,
            _ => Win32Error::ERROR_UNEXP_NET_ERR,
        }
    }
}

/// Success.
impl Default for NtStatus {
    fn default() -> Self {
        Self::SUCCESS
    }
}

/// `STATUS_ACCESS_DENIED (0xc0000022)`.
impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "STATUS_{name} ({:#010x})", self.0),
            None => write!(f, "NTSTATUS {:#010x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would report a warning as a failure, or a denial as another error.
    #[test]
    fn severity_name_and_win32_error_are_right() {
        assert!(NtStatus::PENDING.is_success() && !NtStatus::BUFFER_OVERFLOW.is_success());
        assert!(!NtStatus::BUFFER_OVERFLOW.is_error() && NtStatus::ACCESS_DENIED.is_error());
        assert_eq!(NtStatus::ACCESS_DENIED.to_string(), "STATUS_ACCESS_DENIED (0xc0000022)");
        assert_eq!(NtStatus(0xc123_4567).to_string(), "NTSTATUS 0xc1234567");
        assert_eq!(NtStatus::ACCESS_DENIED.win32(), Win32Error::ERROR_ACCESS_DENIED);
    }
}
