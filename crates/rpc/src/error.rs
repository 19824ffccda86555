use netsession_wire::DecodeError;

use crate::FaultCode;
use crate::pdu::{ContextReason, ContextResult, PduType, RejectReason};

/// Why an association cannot go on, or a call did not succeed.
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
        /// What the header says.
        pdu_type: PduType,
    },
    /// A PDU that does not belong here.
    #[error("the peer sent a {pdu_type:?} {when}")]
    Unexpected {
        /// What came.
        pdu_type: PduType,
        /// What was going on.
        when: &'static str,
    },
    /// A PDU whose call, context or fragment flags do not fit what came before.
    #[error("the peer's {pdu_type:?} has a wrong {what}")]
    Mismatch {
        /// What came.
        pdu_type: PduType,
        /// The field that does not fit.
        what: &'static str,
    },
    /// All fragments together are more than the caller accepts.
    #[error("the message is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes of stub data.
        limit: usize,
    },
    /// Something to be sent does not fit its field.
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
    /// The server refused every presentation context: it does not serve the interface, or not in an encoding
    /// that was offered.
    #[error("the server refused the RPC interface: {result:?}, {reason:?}")]
    ContextRefused {
        /// Its verdict on the first context.
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
    /// The caller asked for something out of order.
    #[error("the association is not ready: {0}")]
    NotReady(&'static str),
    /// All call identifiers were used; the association must be opened anew.
    #[error("the association has used up its call identifiers")]
    CallIdsExhausted,
}

impl From<DecodeError> for RpcError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
