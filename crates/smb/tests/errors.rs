//! The errors of this crate, as a program prints them with all of their causes.
#![cfg(test)]

use std::error::Error;

use netsession_smb::auth::{AuthError, MechanismError, RandomUnavailable};
use netsession_smb::client::{Error as ClientError, Stage, Violation};
use netsession_smb::crypto::CryptoError;
use netsession_smb::msg::EncodeError;
use netsession_smb::server::Fatal;
use netsession_wire::{DecodeError, NtStatus};

/// An error of another crate, which has a cause of its own.
#[derive(Debug)]
struct NoTicket(NoServer);

#[derive(Debug, Clone, Copy)]
struct NoServer;

impl std::fmt::Display for NoTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is no ticket")
    }
}

impl std::fmt::Display for NoServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the ticket server is down")
    }
}

impl Error for NoServer {}

impl Error for NoTicket {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Every error that contains another one, and one that does not.
fn errors() -> Vec<Box<dyn Error>> {
    let decode = || DecodeError::invalid("Buffer");
    let encode = EncodeError { what: "Buffer", length: 70_000, limit: 65_535 };
    let mechanism = || MechanismError::with_fallback(NoTicket(NoServer));
    let auth = [
        AuthError::Decode(decode()),
        AuthError::RandomUnavailable(RandomUnavailable),
        AuthError::Mechanism(mechanism()),
        AuthError::WeakChallenge("128-bit keys"),
    ];
    let logins = auth.iter().cloned().map(ClientError::Login);
    let client = [
        ClientError::Refused { stage: Stage::Negotiate, status: NtStatus::ACCESS_DENIED },
        ClientError::Violation(Violation::Malformed(decode())),
        ClientError::Crypto(CryptoError::Malformed("TransformHeader")),
        ClientError::Encode(encode),
    ];
    let mut all: Vec<Box<dyn Error>> =
        vec![Box::new(encode), Box::new(mechanism()), Box::new(Fatal::Malformed(decode()))];
    all.extend(logins.chain(client).map(|error| Box::new(error) as Box<dyn Error>));
    all.extend(auth.iter().cloned().map(|error| Box::new(error) as Box<dyn Error>));
    all
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

/// A failure here would hide why a mechanism failed from a person who reads the whole chain.
#[test]
fn the_chain_of_a_mechanism_is_whole() {
    let error = AuthError::Mechanism(MechanismError::with_fallback(NoTicket(NoServer)));
    let errors: [Box<dyn Error>; 2] = [Box::new(error.clone()), Box::new(ClientError::Login(error))];
    for error in errors {
        assert_eq!(error.to_string(), "there is no ticket");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the ticket server is down"));
    }
}
