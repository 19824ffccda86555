//! SPNEGO ([RFC 4178], [MS-SPNG]): the two sides agree on a mechanism, which then protects the agreement.
//!
//! [`Client`] drives the [`Mechanism`](super::Mechanism)s of a client, and returns the next [`Action`].
//! [`Server`] drives the [`Acceptor`](super::Acceptor)s of a server, and reports its [`Progress`]; its documentation
//! shows a whole exchange. [`NegTokenInit`] and [`NegTokenResp`] are the tokens, [`Oid`] names a mechanism.

mod client;
mod der;
mod server;
#[cfg(test)]
mod tests;
mod token;

pub use super::oid::Oid;
pub use client::{Action, Client};
pub use server::{Progress, Server, Verified};
pub use token::{NegState, NegTokenInit, NegTokenResp};

/// SPNEGO's own identifier, 1.3.6.1.5.5.2.
pub const OID: Oid<'static> = Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02]);
