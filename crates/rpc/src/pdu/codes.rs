//! The named numbers in PDUs.

use netsession_wire::open_enum;

open_enum! {
    /// What a PDU is (C706 12.1, [MS-RPCE] 2.2.2.10).
    pub struct PduType(u8) {
        /// A fragment of a call.
        REQUEST = 0,
        /// A fragment of an answer.
        RESPONSE = 2,
        /// The call failed in the runtime or the stub.
        FAULT = 3,
        /// Opens the association and proposes presentation contexts.
        BIND = 11,
        /// Answers a bind.
        BIND_ACK = 12,
        /// Refuses a bind as a whole.
        BIND_NAK = 13,
        /// Proposes more presentation contexts.
        ALTER_CONTEXT = 14,
        /// Answers an alter_context.
        ALTER_CONTEXT_RESP = 15,
        /// Third leg of an authentication.
        AUTH3 = 16,
        /// The server asks the client to close.
        SHUTDOWN = 17,
        /// The client asks that a call be cancelled.
        CO_CANCEL = 18,
        /// The client has lost interest in a call.
        ORPHANED = 19,
    }
}

open_enum! {
    /// `p_cont_def_result_t` (C706 12.6.3.1, [MS-RPCE] 2.2.2.4).
    pub struct ContextResult(u16) {
        /// The context can be used.
        ACCEPTANCE = 0,
        /// Refused by the server's user.
        USER_REJECTION = 1,
        /// Refused by the server's runtime.
        PROVIDER_REJECTION = 2,
        /// Answer to bind-time feature negotiation.
        NEGOTIATE_ACK = 3,
    }
}

open_enum! {
    /// `p_provider_reason_t` (C706 12.6.3.1).
    pub struct ContextReason(u16) {
        /// No reason given.
        NOT_SPECIFIED = 0,
        /// The interface, or this version of it, is not served here.
        ABSTRACT_SYNTAX_NOT_SUPPORTED = 1,
        /// None of the encodings is known, or another one is preferred.
        PROPOSED_TRANSFER_SYNTAXES_NOT_SUPPORTED = 2,
        /// Too many contexts.
        LOCAL_LIMIT_EXCEEDED = 3,
    }
}

open_enum! {
    /// Why a bind was refused (C706 12.6.3.1, [MS-RPCE] 2.2.2.5).
    pub struct RejectReason(u16) {
        /// No reason given.
        NOT_SPECIFIED = 0,
        /// Out of resources for now.
        TEMPORARY_CONGESTION = 1,
        /// Out of resources.
        LOCAL_LIMIT_EXCEEDED = 2,
        /// The address is not known.
        CALLED_PADDR_UNKNOWN = 3,
        /// Another protocol version is needed, or the bind was malformed.
        PROTOCOL_VERSION_NOT_SUPPORTED = 4,
        /// The default context is not supported.
        DEFAULT_CONTEXT_NOT_SUPPORTED = 5,
        /// The user data cannot be read.
        USER_DATA_NOT_READABLE = 6,
        /// No presentation address is available.
        NO_PSAP_AVAILABLE = 7,
        /// The server does not know the security provider.
        AUTHENTICATION_TYPE_NOT_RECOGNIZED = 8,
        /// The security provider failed.
        INVALID_CHECKSUM = 9,
    }
}
