//! [`Exchange`]: the steps to a security context, and [`Established`], a context on which both sides agree.

use std::fmt;
use std::ptr;

use zeroize::Zeroizing;

use super::buffer::{Input, Output, OutputSet};
use super::failure::{failed, is_error};
use super::handle::{ContextHandle, NameHandle};
use super::name::{display, text_of};
use super::raw::{CONTINUE_NEEDED, INTEGRITY, MUTUAL, SESSION_KEY};
use crate::{Error, Library, Step};

/// One side of an exchange, which ends with a complete context or with a failure.
pub(crate) struct Exchange {
    /// The context between two steps. None after the last step, and after a failure.
    context: Option<ContextHandle>,
    established: Option<Established>,
}

/// What a call that takes a token writes besides its result.
pub(crate) struct Written {
    pub(crate) minor: u32,
    pub(crate) flags: u32,
    pub(crate) token: Output,
}

impl Exchange {
    /// Begins an exchange.
    pub(crate) const fn new(library: &'static Library) -> Self {
        Self { context: Some(ContextHandle::none(library)), established: None }
    }

    /// Takes one step by `call`, which returns the major status of the C function `function`. A complete context must
    /// have the flags `needed`.
    pub(crate) fn step(
        &mut self,
        function: &'static str,
        needed: u32,
        call: impl FnOnce(&mut ContextHandle, &mut Written) -> u32,
    ) -> Result<Step, Error> {
        let mut context = self.context.take().ok_or(Error::OutOfTurn)?;
        let library = context.library;
        let mut written = Written { minor: 0, flags: 0, token: Output::new(library) };
        let major = call(&mut context, &mut written);
        // Supplementary information such as a replayed token is no success either.
        if major & !CONTINUE_NEEDED != 0 {
            return Err(failed(library, function, major, written.minor));
        }
        let is_complete = major & CONTINUE_NEEDED == 0;
        if is_complete {
            check_flags(needed & !written.flags)?;
            self.established = Some(Established::new(context)?);
        } else {
            self.context = Some(context);
        }
        Ok(Step { token: written.token.to_vec(), is_complete })
    }

    /// Returns the context, once the last step was complete.
    pub(crate) const fn established(&self) -> Option<&Established> {
        self.established.as_ref()
    }
}

/// Refuses a context that lacks a flag.
const fn check_flags(missing: u32) -> Result<(), Error> {
    if missing & MUTUAL != 0 {
        return Err(Error::Weak("the server's proof of its identity"));
    }
    if missing & INTEGRITY != 0 {
        return Err(Error::Weak("integrity codes"));
    }
    Ok(())
}

/// A complete security context: the names of both sides, the key, and the integrity codes.
pub struct Established {
    context: ContextHandle,
    user: String,
    principal: String,
    service: String,
    session_key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Established")
            .field("user", &self.user)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Established {
    /// Returns the user who logged on, such as `adm1@LAB.TEST`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the name of the user's principal with the library's escapes: an enterprise name is
    /// `carol\@corp.example@LAB.TEST`, which [`Established::user`] returns without its realm.
    ///
    /// Decide with this name who a client is. The other one is for people.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Returns the service to which the user logged on, such as `cifs/fs1.lab.test@LAB.TEST`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the session key, uncut: 16 or 32 bytes.
    #[must_use]
    pub fn session_key(&self) -> &[u8] {
        &self.session_key
    }

    /// Returns the integrity code of `message` (GSS_GetMIC).
    ///
    /// # Errors
    /// [`Error::Failed`], for example if the context has expired.
    pub fn mic(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let library = self.context.library;
        let (message, mut mic) = (Input::new(message), Output::new(library));
        let mut minor = 0;
        // SAFETY: the context is live, the message is borrowed for the call, and the pointers are to live local values.
        let major = unsafe {
            (library.functions.get_mic)(
                &raw mut minor,
                self.context.get(),
                0,
                message.as_ptr(),
                mic.as_mut_ptr(),
            )
        };
        if is_error(major) {
            return Err(failed(library, "gss_get_mic", major, minor));
        }
        Ok(mic.bytes().to_vec())
    }

    /// Verifies the peer's integrity code of `message` (GSS_VerifyMIC).
    ///
    /// # Errors
    /// [`Error::Failed`] if the code is wrong, old or out of order.
    pub fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), Error> {
        let library = self.context.library;
        let (message, mic) = (Input::new(message), Input::new(mic));
        let (mut minor, mut qop) = (0, 0);
        // SAFETY: the context is live, both texts are borrowed for the call, and the pointers are to live local values.
        let major = unsafe {
            (library.functions.verify_mic)(
                &raw mut minor,
                self.context.get(),
                message.as_ptr(),
                mic.as_ptr(),
                &raw mut qop,
            )
        };
        // Supplementary information says that the code is old or a duplicate: no code of this exchange is.
        match major {
            0 => Ok(()),
            _ => Err(failed(library, "gss_verify_mic", major, minor)),
        }
    }

    /// Reads the names and the key of a complete context.
    pub(crate) fn new(context: ContextHandle) -> Result<Self, Error> {
        let (user, service) = names(&context)?;
        let (principal, service) = (text_of(&user)?, display(&service)?);
        let user = display(&user)?;
        let session_key = session_key(&context)?;
        Ok(Self { context, user, principal, service, session_key })
    }
}

fn names(context: &ContextHandle) -> Result<(NameHandle, NameHandle), Error> {
    let library = context.library;
    let (mut user, mut service) = (NameHandle::none(library), NameHandle::none(library));
    let mut minor = 0;
    // SAFETY: the context is live, and the pointers are to live local values, or null where the interface allows it.
    let major = unsafe {
        (library.functions.inquire_context)(
            &raw mut minor,
            context.get(),
            user.as_mut_ptr(),
            service.as_mut_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if is_error(major) || user.get().is_null() || service.get().is_null() {
        return Err(failed(library, "gss_inquire_context", major, minor));
    }
    Ok((user, service))
}

fn session_key(context: &ContextHandle) -> Result<Zeroizing<Vec<u8>>, Error> {
    let library = context.library;
    let mut keys = OutputSet::new(library);
    let mut minor = 0;
    // SAFETY: the context is live, the identifier is a constant, and the pointers are to live local values.
    let major = unsafe {
        (library.functions.inquire_sec_context_by_oid)(
            &raw mut minor,
            context.get(),
            &raw const SESSION_KEY,
            keys.as_mut_ptr(),
        )
    };
    if is_error(major) {
        let function = "gss_inquire_sec_context_by_oid";
        return Err(failed(library, function, major, minor));
    }
    keys.first().map(|key| Zeroizing::new(key.to_vec())).ok_or(Error::Weak("a session key"))
}
