//! NTLMv2 ([MS-NLMP]): messages, responses, and the state machines of both roles.

mod authenticate;
mod av_pairs;
mod challenge;
mod client;
mod flags;
mod hash;
mod message;
mod negotiate;
mod response;
mod server;
mod session_security;
mod version;

pub use authenticate::Authenticate;
pub use av_pairs::{AvFlags, AvId, AvPairs};
pub use challenge::Challenge;
pub use client::{Client, Credentials};
pub use flags::NegotiateFlags;
pub use hash::NtHash;
pub use negotiate::Negotiate;
pub use response::NtlmV2ClientChallenge;
pub use server::{Server, ServerConfig};
pub use version::Version;

/// NTLM's object identifier, 1.3.6.1.4.1.311.2.2.10.
pub const OID: super::oid::Oid<'static> =
    super::oid::Oid(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a]);

/// The signature at the beginning of every NTLM message.
pub const SIGNATURE: [u8; 8] = *b"NTLMSSP\0";
