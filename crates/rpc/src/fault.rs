use std::fmt;

use netsession_wire::{NtStatus, Win32Error, open_enum};

open_enum! {
    /// Why a call failed outside of its operation: the status of a fault (C706 appendix E, [MS-RPCE] 3.1.1.5.5).
    /// Servers also send Win32 and NTSTATUS codes here.
    pub struct FaultCode(u32) {
        /// Access denied (the Win32 code).
        ACCESS_DENIED = 0x5,
        /// The server cannot decode the arguments (the Win32 code, [MS-RPCE] 3.1.3.5.2).
        BAD_STUB_DATA = 0x6f7,
        /// A division by zero at the server.
        NCA_S_FAULT_INT_DIV_BY_ZERO = 0x1c00_0001,
        /// A bad address at the server.
        NCA_S_FAULT_ADDR_ERROR = 0x1c00_0002,
        /// A floating-point division by zero at the server.
        NCA_S_FAULT_FP_DIV_ZERO = 0x1c00_0003,
        /// A floating-point underflow at the server.
        NCA_S_FAULT_FP_UNDERFLOW = 0x1c00_0004,
        /// A floating-point overflow at the server.
        NCA_S_FAULT_FP_OVERFLOW = 0x1c00_0005,
        /// A union's tag is not one of its cases.
        NCA_S_FAULT_INVALID_TAG = 0x1c00_0006,
        /// An array's bounds are not valid.
        NCA_S_FAULT_INVALID_BOUND = 0x1c00_0007,
        /// The RPC version is not supported.
        NCA_S_RPC_VERSION_MISMATCH = 0x1c00_0008,
        /// The server refused the call without a reason.
        NCA_S_UNSPEC_REJECT = 0x1c00_0009,
        /// The activity is not known.
        NCA_S_BAD_ACTID = 0x1c00_000a,
        /// The server could not call the client back.
        NCA_S_WHO_ARE_YOU_FAILED = 0x1c00_000b,
        /// The call failed before it reached the operation.
        NCA_S_MANAGER_NOT_ENTERED = 0x1c00_000c,
        /// The call was cancelled.
        NCA_S_FAULT_CANCEL = 0x1c00_000d,
        /// An illegal instruction at the server.
        NCA_S_FAULT_ILL_INST = 0x1c00_000e,
        /// A floating-point error at the server.
        NCA_S_FAULT_FP_ERROR = 0x1c00_000f,
        /// An integer overflow at the server.
        NCA_S_FAULT_INT_OVERFLOW = 0x1c00_0010,
        /// The call failed without a reason.
        NCA_S_FAULT_UNSPEC = 0x1c00_0012,
        /// The server lost its own connection.
        NCA_S_FAULT_REMOTE_COMM_FAILURE = 0x1c00_0013,
        /// An RPC pipe has no more data.
        NCA_S_FAULT_PIPE_EMPTY = 0x1c00_0014,
        /// An RPC pipe is closed already.
        NCA_S_FAULT_PIPE_CLOSED = 0x1c00_0015,
        /// The call used its RPC pipes in the wrong order.
        NCA_S_FAULT_PIPE_ORDER = 0x1c00_0016,
        /// The call ended before it used all of its RPC pipes.
        NCA_S_FAULT_PIPE_DISCIPLINE = 0x1c00_0017,
        /// The connection failed during the use of an RPC pipe.
        NCA_S_FAULT_PIPE_COMM_ERROR = 0x1c00_0018,
        /// There was no memory for an RPC pipe.
        NCA_S_FAULT_PIPE_MEMORY = 0x1c00_0019,
        /// A context handle is not known to the server.
        NCA_S_FAULT_CONTEXT_MISMATCH = 0x1c00_001a,
        /// The server is out of memory.
        NCA_S_FAULT_REMOTE_NO_MEMORY = 0x1c00_001b,
        /// The association has not negotiated the presentation context.
        NCA_S_INVALID_PRES_CONTEXT_ID = 0x1c00_001c,
        /// The authentication level is not supported.
        NCA_S_UNSUPPORTED_AUTHN_LEVEL = 0x1c00_001d,
        /// A checksum was wrong.
        NCA_S_INVALID_CHECKSUM = 0x1c00_001f,
        /// A checksum was wrong.
        NCA_S_INVALID_CRC = 0x1c00_0020,
        /// The interface has raised an exception of its own.
        NCA_S_FAULT_USER_DEFINED = 0x1c00_0021,
        /// The server could not open a transaction.
        NCA_S_FAULT_TX_OPEN_FAILED = 0x1c00_0022,
        /// The server could not convert a text between code sets.
        NCA_S_FAULT_CODESET_CONV_ERROR = 0x1c00_0023,
        /// The server does not have the object.
        NCA_S_FAULT_OBJECT_NOT_FOUND = 0x1c00_0024,
        /// The client has no stub for the call.
        NCA_S_FAULT_NO_CLIENT_STUB = 0x1c00_0025,
        /// The connection failed.
        NCA_S_COMM_FAILURE = 0x1c01_0001,
        /// The interface has no operation of that number.
        NCA_S_OP_RNG_ERROR = 0x1c01_0002,
        /// The interface is not known.
        NCA_S_UNK_IF = 0x1c01_0003,
        /// The server has been restarted since.
        NCA_S_WRONG_BOOT_TIME = 0x1c01_0006,
        /// The server has crashed.
        NCA_S_YOU_CRASHED = 0x1c01_0009,
        /// A message did not follow the protocol.
        NCA_S_PROTO_ERROR = 0x1c01_000b,
        /// The results are too large.
        NCA_S_OUT_ARGS_TOO_BIG = 0x1c01_0013,
        /// The server is too busy.
        NCA_S_SERVER_TOO_BUSY = 0x1c01_0014,
        /// The type is not supported.
        NCA_S_UNSUPPORTED_TYPE = 0x1c01_0017,
    }
}

impl FaultCode {
    /// Returns whether a server must not send this status ([MS-RPCE] 3.3.3.5.1).
    #[must_use]
    pub const fn is_forbidden(self) -> bool {
        matches!(
            self.0,
            0 | 0x8000_0001
                ..=0x8000_0003
                    | 0xc000_0005
                    | 0xc000_0006
                    | 0xc000_001d
                    | 0xc000_0096
                    | 0xc000_00aa
                    | 0xc000_00fd
                    | 0xc000_0194
                    | 0xc000_0235
                    | 0xc000_0409
                    | 0xc000_0420
        )
    }

    /// Returns the Win32 error that Windows' functions return for this status ([MS-RPCE] 3.1.1.5.5): the only table
    /// of its kind.
    ///
    /// A status that a server must not send becomes `RPC_S_PROTOCOL_ERROR`, an NTSTATUS becomes what
    /// [`NtStatus::win32`] says, and a status that the specification does not map stays the same number.
    ///
    /// ```
    /// use netsession_rpc::FaultCode;
    /// use netsession_wire::Win32Error;
    ///
    /// assert_eq!(FaultCode::NCA_S_OP_RNG_ERROR.win32(), Win32Error::RPC_S_PROCNUM_OUT_OF_RANGE);
    /// assert_eq!(FaultCode::ACCESS_DENIED.win32(), Win32Error::ERROR_ACCESS_DENIED);
    /// ```
    #[must_use]
    pub const fn win32(self) -> Win32Error {
        if self.is_forbidden() {
            return Win32Error::RPC_S_PROTOCOL_ERROR;
        }
        Win32Error(match self {
            Self::NCA_S_FAULT_INT_DIV_BY_ZERO => 1767,
            Self::NCA_S_FAULT_ADDR_ERROR | Self::NCA_S_FAULT_ILL_INST | Self::NCA_S_FAULT_INT_OVERFLOW => {
                1768
            }
            Self::NCA_S_FAULT_FP_DIV_ZERO => 1769,
            Self::NCA_S_FAULT_FP_UNDERFLOW => 1770,
            Self::NCA_S_FAULT_FP_OVERFLOW | Self::NCA_S_FAULT_FP_ERROR => 1771,
            Self::NCA_S_FAULT_INVALID_TAG => 1733,
            Self::NCA_S_FAULT_INVALID_BOUND => 1734,
            Self::NCA_S_RPC_VERSION_MISMATCH
            | Self::NCA_S_INVALID_PRES_CONTEXT_ID
            | Self::NCA_S_PROTO_ERROR => 1728,
            Self::NCA_S_UNSPEC_REJECT
            | Self::NCA_S_WHO_ARE_YOU_FAILED
            | Self::NCA_S_FAULT_UNSPEC
            | Self::NCA_S_YOU_CRASHED => 1726,
            Self::NCA_S_BAD_ACTID
            | Self::NCA_S_MANAGER_NOT_ENTERED
            | Self::NCA_S_INVALID_CHECKSUM
            | Self::NCA_S_INVALID_CRC => 1727,
            Self::NCA_S_FAULT_CANCEL => 1818,
            Self::NCA_S_FAULT_CONTEXT_MISMATCH => 6,
            Self::NCA_S_FAULT_PIPE_MEMORY => 14,
            Self::NCA_S_FAULT_PIPE_CLOSED => 1916,
            Self::NCA_S_FAULT_PIPE_DISCIPLINE => 1917,
            Self::NCA_S_FAULT_PIPE_EMPTY => 1918,
            Self::NCA_S_FAULT_PIPE_ORDER => 1831,
            Self::NCA_S_FAULT_REMOTE_NO_MEMORY | Self::NCA_S_OUT_ARGS_TOO_BIG => 1130,
            Self::NCA_S_UNSUPPORTED_AUTHN_LEVEL => 1821,
            Self::NCA_S_COMM_FAILURE | Self::NCA_S_FAULT_PIPE_COMM_ERROR => 1820,
            Self::NCA_S_OP_RNG_ERROR => 1745,
            Self::NCA_S_UNK_IF => 1717,
            Self::NCA_S_SERVER_TOO_BUSY => 1723,
            Self::NCA_S_UNSUPPORTED_TYPE => 1732,
            Self(0xc000_0000..) => return NtStatus(self.0).win32(),
            Self(other) => other,
        })
    }
}

/// `NCA_S_OP_RNG_ERROR (0x1c010002)`.
impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#010x})", self.0),
            None => write!(f, "status {:#010x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of [MS-RPCE] 3.1.1.5.5 with the numbers of C706, appendix E, and of [MS-ERREF] 2.2; None is "not mapped".
    const TABLE: [(u32, Option<u32>); 44] = [
        (0x1c01_0001, Some(1820)),
        (0x1c01_0002, Some(1745)),
        (0x1c01_0003, Some(1717)),
        (0x1c01_0006, None),
        (0x1c01_0009, Some(1726)),
        (0x1c01_000b, Some(1728)),
        (0x1c01_0013, Some(1130)),
        (0x1c01_0014, Some(1723)),
        (0x1c01_0017, Some(1732)),
        (0x1c00_0001, Some(1767)),
        (0x1c00_0002, Some(1768)),
        (0x1c00_0003, Some(1769)),
        (0x1c00_0004, Some(1770)),
        (0x1c00_0005, Some(1771)),
        (0x1c00_0006, Some(1733)),
        (0x1c00_0007, Some(1734)),
        (0x1c00_0008, Some(1728)),
        (0x1c00_0009, Some(1726)),
        (0x1c00_000a, Some(1727)),
        (0x1c00_000b, Some(1726)),
        (0x1c00_000c, Some(1727)),
        (0x1c00_000d, Some(1818)),
        (0x1c00_000e, Some(1768)),
        (0x1c00_000f, Some(1771)),
        (0x1c00_0010, Some(1768)),
        (0x1c00_0012, Some(1726)),
        (0x1c00_0013, None),
        (0x1c00_0014, Some(1918)),
        (0x1c00_0015, Some(1916)),
        (0x1c00_0016, Some(1831)),
        (0x1c00_0017, Some(1917)),
        (0x1c00_0018, Some(1820)),
        (0x1c00_0019, Some(14)),
        (0x1c00_001a, Some(6)),
        (0x1c00_001b, Some(1130)),
        (0x1c00_001c, Some(1728)),
        (0x1c00_001d, Some(1821)),
        (0x1c00_001f, Some(1727)),
        (0x1c00_0020, Some(1727)),
        (0x1c00_0021, None),
        (0x1c00_0022, None),
        (0x1c00_0023, None),
        (0x1c00_0024, None),
        (0x1c00_0025, None),
    ];

    /// A failure here would show a fault under another error's name, or return another code than Windows does.
    #[test]
    fn every_status_has_its_win32_error() {
        for (status, expected) in TABLE {
            let code = FaultCode(status);
            assert_eq!(code.win32(), Win32Error(expected.unwrap_or(status)), "{code}");
            assert!(code.name().is_some(), "{code} has no name");
        }
    }

    /// A failure here would turn a status of another family into another error, or into success.
    #[test]
    fn statuses_of_other_families_keep_their_meaning() {
        assert_eq!(FaultCode::ACCESS_DENIED.win32(), Win32Error::ERROR_ACCESS_DENIED);
        assert_eq!(FaultCode::BAD_STUB_DATA.win32(), Win32Error::RPC_X_BAD_STUB_DATA);
        assert_eq!(FaultCode(NtStatus::ACCESS_DENIED.0).win32(), Win32Error::ERROR_ACCESS_DENIED);
        assert_eq!(FaultCode(0).win32(), Win32Error::RPC_S_PROTOCOL_ERROR, "a fault is never success");
        assert_eq!(
            FaultCode(0xc000_0005).win32(),
            Win32Error::RPC_S_PROTOCOL_ERROR,
            "a server must not send it"
        );
        assert_eq!(FaultCode(1234).win32(), Win32Error(1234));
        assert_eq!(FaultCode::NCA_S_UNK_IF.to_string(), "NCA_S_UNK_IF (0x1c010003)");
    }
}
