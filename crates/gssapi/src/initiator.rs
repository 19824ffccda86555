//! [`Initiator`]: the client's side of a logon.

use std::fmt;
use std::ptr;

use crate::buffer::{Input, Output};
use crate::context::{Established, Step};
use crate::failure::{failed, is_error};
use crate::handle::{ContextHandle, NameHandle};
use crate::raw::{CONTINUE_NEEDED, INDEFINITE, INTEGRITY, KRB5, MUTUAL, REPLAY, SEQUENCE};
use crate::{Credential, Error, Service};

/// What a client asks for. It never delegates its ticket.
const FLAGS: u32 = MUTUAL | REPLAY | SEQUENCE | INTEGRITY;

/// The client's side of one logon. The service must prove its identity, too.
pub struct Initiator {
    credential: Credential,
    service: NameHandle,
    /// None after a failure.
    context: Option<ContextHandle>,
    established: Option<Established>,
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("established", &self.established).finish_non_exhaustive()
    }
}

impl Initiator {
    /// Prepares a logon. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Failed`] if the library does not take the service's name.
    pub fn new(credential: Credential, service: &Service) -> Result<Self, Error> {
        let library = credential.0.library;
        let service = service.import(library)?;
        Ok(Self { credential, service, context: Some(ContextHandle::none(library)), established: None })
    }

    /// Takes the service's token (none in the first step), and returns the token for it. The first step asks the KDC
    /// for the service's ticket if the cache has none.
    ///
    /// # Errors
    /// [`Error::Failed`] with the library's reason; [`Error::Weak`] if the service does not prove its identity;
    /// [`Error::OutOfTurn`] after the end, or after a failure.
    pub fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error> {
        let library = self.credential.0.library;
        let mut context = self.context.take().ok_or(Error::OutOfTurn)?;
        let input = token.map(Input::new);
        let input = input.as_ref().map_or(ptr::null(), Input::as_ptr);
        let mut output = Output::new(library);
        let (mut minor, mut flags) = (0, 0);
        // SAFETY: the credential and the name are live, the context is live or null, the token is borrowed for the
        // call, and the other pointers are to live local values, constants, or null where the interface allows it.
        let major = unsafe {
            (library.functions.init_sec_context)(
                &raw mut minor,
                self.credential.0.get(),
                context.as_mut_ptr(),
                self.service.get(),
                &raw const KRB5,
                FLAGS,
                INDEFINITE,
                ptr::null(),
                input,
                ptr::null_mut(),
                output.as_mut_ptr(),
                &raw mut flags,
                ptr::null_mut(),
            )
        };
        if is_error(major) {
            return Err(failed(library, "gss_init_sec_context", major, minor));
        }
        let is_complete = major & CONTINUE_NEEDED == 0;
        if is_complete {
            if flags & MUTUAL == 0 {
                return Err(Error::Weak("the server's proof of its identity"));
            }
            if flags & INTEGRITY == 0 {
                return Err(Error::Weak("integrity codes"));
            }
            self.established = Some(Established::new(context)?);
        } else {
            self.context = Some(context);
        }
        Ok(Step { token: output.to_vec(), is_complete })
    }

    /// Returns the context, once the last step was complete.
    #[must_use]
    pub const fn established(&self) -> Option<&Established> {
        self.established.as_ref()
    }
}
