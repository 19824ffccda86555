//! [`Acceptor`]: the server's side of a logon.

use std::fmt;
use std::ptr;

use super::buffer::Input;
use super::context::{Established, Exchange};
use super::handle::{CredHandle, NameHandle};
use super::raw::INTEGRITY;
use crate::{Credential, Error, Step};

/// The server's side of one logon. The client's ticket must be for a service of the keytab.
pub struct Acceptor {
    credential: Credential,
    exchange: Exchange,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("established", &self.established()).finish_non_exhaustive()
    }
}

impl Acceptor {
    /// Waits for a client's token. `credential` comes from [`Credential::of_service`].
    #[must_use]
    pub const fn new(credential: Credential) -> Self {
        let exchange = Exchange::new(credential.0.library);
        Self { credential, exchange }
    }

    /// Takes the client's token, and returns the token for the client. The library asks no KDC for this, but its replay
    /// cache is a file.
    ///
    /// # Errors
    /// [`Error::Failed`] with the library's reason; [`Error::Weak`] if the client does not ask for integrity codes;
    /// [`Error::OutOfTurn`] after the end, or after a failure.
    pub fn step(&mut self, token: &[u8]) -> Result<Step, Error> {
        let Self { credential: Credential(credential), exchange } = self;
        let library = credential.library;
        let input = Input::new(token);
        let mut client = NameHandle::none(library);
        // A client may delegate its ticket. Dropping it here forgets it.
        let mut delegated = CredHandle::none(library);
        exchange.step("gss_accept_sec_context", INTEGRITY, |context, written| {
            // SAFETY: the credential is live, the context is live or null, the token is borrowed for the call, and the
            // other pointers are to live local values, or null where the interface allows it.
            unsafe {
                (library.functions.accept_sec_context)(
                    &raw mut written.minor,
                    context.as_mut_ptr(),
                    credential.get(),
                    input.as_ptr(),
                    ptr::null(),
                    client.as_mut_ptr(),
                    ptr::null_mut(),
                    written.token.as_mut_ptr(),
                    &raw mut written.flags,
                    ptr::null_mut(),
                    delegated.as_mut_ptr(),
                )
            }
        })
    }

    /// Returns the context, once the last step was complete. Its [`user`](Established::user) is the client.
    #[must_use]
    pub const fn established(&self) -> Option<&Established> {
        self.exchange.established()
    }
}
