use std::fmt;

use netsession_rpc::RpcError;
use netsession_rpc::ndr::NdrError;
use netsession_smb::client;

/// The rule of a protocol that a response breaks, as [`Error::Protocol`](crate::Error::Protocol) and
/// [`Error::Tampered`](crate::Error::Tampered) name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(Rule);

/// The layer that found the violation, and the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Smb(client::Error),
    Rpc(RpcError),
    Ndr(NdrError),
    Other(&'static str),
}

impl Violation {
    /// A violation that the state machine of SMB found.
    pub(crate) const fn smb(error: client::Error) -> Self {
        Self(Rule::Smb(error))
    }

    /// A violation that the state machine of DCE/RPC found.
    pub(crate) const fn rpc(error: RpcError) -> Self {
        Self(Rule::Rpc(error))
    }

    /// Results that contradict the definition of the interface.
    pub(crate) const fn ndr(error: NdrError) -> Self {
        Self(Rule::Ndr(error))
    }

    /// A violation that this library found.
    pub(crate) const fn rule(text: &'static str) -> Self {
        Self(Rule::Other(text))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Smb(error) => error.fmt(f),
            Rule::Rpc(error) => error.fmt(f),
            Rule::Ndr(error) => error.fmt(f),
            Rule::Other(text) => f.write_str(text),
        }
    }
}
