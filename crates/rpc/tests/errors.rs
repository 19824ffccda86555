//! The errors of this crate, as a program prints them with all of their causes.
#![cfg(test)]

use std::error::Error;

use netsession_rpc::ndr::NdrError;
use netsession_rpc::pdu::{ContextReason, ContextResult, PduType, RejectReason};
use netsession_rpc::{FaultCode, RpcError};
use netsession_wire::DecodeError;

fn errors() -> Vec<Box<dyn Error>> {
    let decode = || DecodeError::Truncated { what: "frag_length", need: 16, have: 3 };
    let rpc = [
        RpcError::Decode(decode()),
        RpcError::Version { major: 4, minor: 0 },
        RpcError::UnknownPdu { pdu_type: PduType(99) },
        RpcError::Mismatch { pdu_type: PduType::RESPONSE, what: "call_id" },
        RpcError::TooLarge { limit: 7 },
        RpcError::BindRefused { reason: RejectReason::NOT_SPECIFIED },
        RpcError::ContextRefused {
            result: ContextResult::PROVIDER_REJECTION,
            reason: ContextReason::NOT_SPECIFIED,
        },
        RpcError::Fault(FaultCode::ACCESS_DENIED),
        RpcError::NotReady("no bind"),
    ];
    let ndr = [
        NdrError::Malformed(decode()),
        NdrError::Nul { what: "UserName" },
        NdrError::TooLong { what: "Buffer" },
    ];
    let rpc = rpc.into_iter().map(|error| Box::new(error) as Box<dyn Error>);
    rpc.chain(ndr.into_iter().map(|error| Box::new(error) as Box<dyn Error>)).collect()
}

/// A failure here would print a cause twice when a program prints the whole chain.
#[test]
fn a_chain_prints_each_cause_once() {
    for error in errors() {
        let (mut above, mut next) = (error.to_string(), error.source());
        while let Some(cause) = next {
            assert!(!above.contains(&cause.to_string()), "{above:?} repeats {cause}");
            (above, next) = (cause.to_string(), cause.source());
        }
    }
}
