//! GSSAPI ([RFC 2744], [RFC 4121]): MIT Kerberos, Heimdal, and Apple's GSS.framework, which is Heimdal's.

mod acceptor;
mod buffer;
mod context;
mod credential;
mod failure;
mod handle;
mod initiator;
mod library;
mod name;
mod raw;
#[cfg(test)]
mod tests;

pub use acceptor::Acceptor;
pub use context::Established;
pub use credential::Credential;
pub use initiator::Initiator;
pub use library::Library;
