use netsession_wire::DecodeError;

use crate::FaultCode;
use crate::pdu::{ContextReason, ContextResult, PduType, RejectReason};

/// Why an association cannot continue, or a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// The peer's bytes are no PDU.
    #[error("the peer's RPC message cannot be read: {0}")]
    Decode(DecodeError),
    /// The peer speaks another version of RPC.
    #[error("the peer speaks RPC version {major}.{minor}, not 5.0")]
    Version {
        /// Its major version.
        major: u8,
        /// Its minor version.
        minor: u8,
    },
    /// The peer writes numbers or text in another form.
    #[error("the peer's data representation {representation:02x?} is not little-endian and ASCII")]
    DataRepresentation {
        /// `packed_drep` of its header.
        representation: [u8; 4],
    },
    /// A PDU type that does not exist.
    #[error("the peer sent an RPC message of unknown type {0}", pdu_type.0)]
    UnknownPdu {
        /// The type in the header.
        pdu_type: PduType,
    },
    /// A PDU that is not allowed at this point.
    #[error("the peer sent a {pdu_type:?} {when}")]
    Unexpected {
        /// The type of the PDU.
        pdu_type: PduType,
        /// The state of the association.
        when: &'static str,
    },
    /// A PDU whose call, context or fragment flags contradict an earlier PDU.
    #[error("the peer's {pdu_type:?} has a wrong {what}")]
    Mismatch {
        /// The type of the PDU.
        pdu_type: PduType,
        /// The contradictory field.
        what: &'static str,
    },
    /// All fragments together are larger than the caller accepts.
    #[error("the message is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes of stub data.
        limit: usize,
    },
    /// A value to send does not fit its field.
    #[error("{what} does not fit its field")]
    TooLong {
        /// The field.
        what: &'static str,
    },
    /// The server refused the bind as a whole.
    #[error("the server refused the RPC bind: {reason:?}")]
    BindRefused {
        /// Its reason.
        reason: RejectReason,
    },
    /// The server refused every presentation context: it does not offer the interface, or not in a proposed encoding.
    #[error("the server refused the RPC interface: {result:?}, {reason:?}")]
    ContextRefused {
        /// Its result for the first context.
        result: ContextResult,
        /// Its reason.
        reason: ContextReason,
    },
    /// A call failed outside of its operation.
    #[error("the server answered the call with the fault {0}")]
    Fault(FaultCode),
    /// The server is closing the association.
    #[error("the server closed the RPC association")]
    Shutdown,
    /// The caller called a method out of order.
    #[error("the association is not ready: {0}")]
    NotReady(&'static str),
    /// No call identifier is left: open a new association.
    #[error("the association has used up its call identifiers")]
    CallIdsExhausted,
}

impl From<DecodeError> for RpcError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
