//! [`Acceptor`]: the server's side of a logon.

use std::fmt;
use std::ptr;

use crate::buffer::{Input, Output};
use crate::context::{Established, Step};
use crate::failure::{failed, is_error};
use crate::handle::{ContextHandle, CredHandle, NameHandle};
use crate::raw::{CONTINUE_NEEDED, INTEGRITY};
use crate::{Credential, Error};

/// The server's side of one logon. The client's ticket must be for a service of the keytab.
pub struct Acceptor {
    credential: Credential,
    /// None after a failure.
    context: Option<ContextHandle>,
    established: Option<Established>,
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("established", &self.established).finish_non_exhaustive()
    }
}

impl Acceptor {
    /// Waits for a client's token. `credential` comes from [`Credential::of_service`].
    #[must_use]
    pub const fn new(credential: Credential) -> Self {
        let context = Some(ContextHandle::none(credential.0.library));
        Self { credential, context, established: None }
    }

    /// Takes the client's token, and returns the token for the client. The library asks no KDC for this, but its replay
    /// cache is a file.
    ///
    /// # Errors
    /// [`Error::Failed`] with the library's reason; [`Error::Weak`] if the client does not ask for integrity codes;
    /// [`Error::OutOfTurn`] after the end, or after a failure.
    pub fn step(&mut self, token: &[u8]) -> Result<Step, Error> {
        let library = self.credential.0.library;
        let mut context = self.context.take().ok_or(Error::OutOfTurn)?;
        let (input, mut output) = (Input::new(token), Output::new(library));
        let mut client = NameHandle::none(library);
        // A client may delegate its ticket. Dropping it here forgets it.
        let mut delegated = CredHandle::none(library);
        let (mut minor, mut flags) = (0, 0);
        // SAFETY: the credential is live, the context is live or null, the token is borrowed for the call, and the
        // other pointers are to live local values, or null where the interface allows it.
        let major = unsafe {
            (library.functions.accept_sec_context)(
                &raw mut minor,
                context.as_mut_ptr(),
                self.credential.0.get(),
                input.as_ptr(),
                ptr::null(),
                client.as_mut_ptr(),
                ptr::null_mut(),
                output.as_mut_ptr(),
                &raw mut flags,
                ptr::null_mut(),
                delegated.as_mut_ptr(),
            )
        };
        // Supplementary information such as a replayed token is no success either.
        if major & !CONTINUE_NEEDED != 0 || is_error(major) {
            return Err(failed(library, "gss_accept_sec_context", major, minor));
        }
        let is_complete = major & CONTINUE_NEEDED == 0;
        if is_complete {
            if flags & INTEGRITY == 0 {
                return Err(Error::Weak("integrity codes"));
            }
            self.established = Some(Established::new(context)?);
        } else {
            self.context = Some(context);
        }
        Ok(Step { token: output.to_vec(), is_complete })
    }

    /// Returns the context, once the last step was complete. Its [`user`](Established::user) is the client.
    #[must_use]
    pub const fn established(&self) -> Option<&Established> {
        self.established.as_ref()
    }
}
