//! [`Initiator`]: the client's side of a logon.

use std::fmt;
use std::ptr;

use super::buffer::Input;
use super::context::{Established, Exchange};
use super::handle::NameHandle;
use super::raw::{INDEFINITE, INTEGRITY, KRB5, MUTUAL, REPLAY, SEQUENCE};
use crate::{Credential, Error, Service, Step};

/// What a client asks for. It never delegates its ticket.
const FLAGS: u32 = MUTUAL | REPLAY | SEQUENCE | INTEGRITY;

/// The client's side of one logon. The service must prove its identity, too.
pub struct Initiator {
    credential: Credential,
    service: NameHandle,
    exchange: Exchange,
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("established", &self.established()).finish_non_exhaustive()
    }
}

impl Initiator {
    /// Prepares a logon. Nothing is sent to the service yet, but the library may ask DNS for the host's canonical name.
    ///
    /// # Errors
    /// [`Error::Failed`] if the library does not take the service's name.
    pub fn new(credential: Credential, service: &Service) -> Result<Self, Error> {
        let library = credential.0.library;
        let service = service.import(library)?;
        Ok(Self { credential, service, exchange: Exchange::new(library) })
    }

    /// Takes the service's token (none in the first step), and returns the token for it. The first step asks the KDC
    /// for the service's ticket if the cache has none.
    ///
    /// # Errors
    /// [`Error::Failed`] with the library's reason; [`Error::Weak`] if the service does not prove its identity;
    /// [`Error::OutOfTurn`] after the end, or after a failure.
    pub fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error> {
        let Self { credential: Credential(credential), service, exchange } = self;
        let input = token.map(Input::new);
        let input = input.as_ref().map_or(ptr::null(), Input::as_ptr);
        exchange.step("gss_init_sec_context", MUTUAL | INTEGRITY, |context, written| {
            // SAFETY: the credential and the name are live, the context is live or null, the token is borrowed for the
            // call, and the other pointers are to live local values, constants, or null where the interface allows it.
            unsafe {
                (credential.library.functions.init_sec_context)(
                    &raw mut written.minor,
                    credential.get(),
                    context.as_mut_ptr(),
                    service.get(),
                    &raw const KRB5,
                    FLAGS,
                    INDEFINITE,
                    ptr::null(),
                    input,
                    ptr::null_mut(),
                    written.token.as_mut_ptr(),
                    &raw mut written.flags,
                    ptr::null_mut(),
                )
            }
        })
    }

    /// Returns the context, once the last step was complete.
    #[must_use]
    pub const fn established(&self) -> Option<&Established> {
        self.exchange.established()
    }
}
