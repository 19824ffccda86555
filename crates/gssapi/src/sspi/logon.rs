//! [`Logon`]: the steps of a client with any [`Provider`], and [`Complete`], a context on which both sides agree.

use zeroize::Zeroizing;

use super::provider::{
    CONTINUE_NEEDED, DELEGATE, INTEGRITY, MUTUAL, NO_CREDENTIALS, OK, Provider, REPLAY, SEQUENCE,
    SecurityStatus, UNSUPPORTED_FUNCTION,
};
use crate::{Error, Service, Status, Step};

/// What a client asks for. It never delegates its ticket.
const FLAGS: u32 = MUTUAL | REPLAY | SEQUENCE | INTEGRITY;

/// The client's side of one logon.
pub(super) struct Logon<P: Provider> {
    provider: P,
    credential: P::Credential,
    target: String,
    state: State<P>,
}

enum State<P: Provider> {
    Start,
    Waiting(P::Context),
    Complete(Complete<P>),
    Failed,
}

/// A complete context.
pub(super) struct Complete<P: Provider> {
    provider: P,
    context: P::Context,
    pub(super) user: String,
    pub(super) service: String,
    pub(super) session_key: Zeroizing<Vec<u8>>,
}

impl<P: Provider + Copy> Logon<P> {
    pub(super) fn new(provider: P, credential: P::Credential, service: &Service) -> Result<Self, Error> {
        let target = service.to_string();
        if target.contains('\0') {
            return Err(Error::Nul("a name"));
        }
        Ok(Self { provider, credential, target, state: State::Start })
    }

    /// Takes the service's token (none in the first step), and returns the token for it.
    pub(super) fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error> {
        const CALL: &str = "InitializeSecurityContext";
        let context = match (std::mem::replace(&mut self.state, State::Failed), token) {
            (State::Start, None) => None,
            (State::Waiting(context), Some(_)) => Some(context),
            _ => return Err(Error::OutOfTurn),
        };
        let step = self.provider.initialize(&self.credential, context, &self.target, FLAGS, token);
        let step = step.map_err(|status| failed(CALL, status))?;
        match step.status {
            CONTINUE_NEEDED => self.state = State::Waiting(step.context),
            OK => {
                check_flags(step.flags)?;
                self.state = State::Complete(self.complete(step.context)?);
            }
            // Such as a package that wants another certificate.
            other => return Err(failed(CALL, other)),
        }
        Ok(Step { token: step.token, is_complete: step.status == OK })
    }

    /// Returns the context, once the last step was complete.
    #[cfg(test)]
    pub(super) const fn established(&self) -> Option<&Complete<P>> {
        match &self.state {
            State::Complete(complete) => Some(complete),
            State::Start | State::Waiting(_) | State::Failed => None,
        }
    }

    /// Takes the context out, once the last step was complete. The logon takes no further step.
    #[cfg(windows)]
    pub(super) fn take_established(&mut self) -> Option<Complete<P>> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Complete(complete) => Some(complete),
            state => {
                self.state = state;
                None
            }
        }
    }

    fn complete(&self, context: P::Context) -> Result<Complete<P>, Error> {
        let query = |status| failed("QueryContextAttributes", status);
        let provider = self.provider;
        let session_key = provider.session_key(&context).map_err(query)?;
        if session_key.is_empty() {
            return Err(Error::Weak("a session key"));
        }
        let (user, service) = match provider.names(&context) {
            // The service has proved to be the one that this client named.
            Err(UNSUPPORTED_FUNCTION) => (user_of(&provider, &self.credential)?, self.target.clone()),
            names => names.map_err(query)?,
        };
        Ok(Complete { provider, context, user: as_principal(&user), service, session_key })
    }
}

impl<P: Provider> Complete<P> {
    pub(super) fn mic(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.provider.sign(&self.context, message).map_err(|status| failed("MakeSignature", status))
    }

    pub(super) fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), Error> {
        let verified = self.provider.verify(&self.context, message, mic);
        verified.map_err(|status| failed("VerifySignature", status))
    }
}

/// Returns the user of a credential, as the package names it.
pub(super) fn user_of<P: Provider>(provider: &P, credential: &P::Credential) -> Result<String, Error> {
    let user = provider.user(credential);
    user.map(|(user, _)| user).map_err(|status| failed("QueryCredentialsAttributes", status))
}

/// Writes `LAB\adm1` as `adm1@LAB`; other names stay.
pub(super) fn as_principal(user: &str) -> String {
    match user.split_once('\\') {
        Some((domain, user)) => format!("{user}@{domain}"),
        None => user.to_owned(),
    }
}

/// Refuses a context that lacks a flag, or that gave the user's ticket away.
const fn check_flags(flags: u32) -> Result<(), Error> {
    if flags & MUTUAL == 0 {
        return Err(Error::Weak("the server's proof of its identity"));
    }
    if flags & INTEGRITY == 0 {
        return Err(Error::Weak("integrity codes"));
    }
    if flags & DELEGATE != 0 {
        return Err(Error::Weak("a logon without delegation"));
    }
    Ok(())
}

/// Returns the error of a call that failed.
pub(super) fn failed(function: &'static str, status: SecurityStatus) -> Error {
    let text = text_of(status).to_owned();
    Error::Failed(Status { major: status, minor: 0, function, text })
}

/// Returns a status in words.
const fn text_of(status: SecurityStatus) -> &'static str {
    match status {
        0x8009_0303 => "the domain does not know the service",
        0x8009_0305 => "Windows has no security package Kerberos",
        0x8009_0308 => "the token is malformed",
        0x8009_030c => "the logon was denied",
        0x8009_030d | NO_CREDENTIALS => "Windows has no credentials of this user for Kerberos",
        0x8009_030f => "the message was changed",
        0x8009_0310 => "the message came out of sequence",
        0x8009_0311 => "no domain controller answers",
        0x8009_0317 => "the context has expired",
        0x8009_0322 => "the ticket is for another service",
        0x8009_0324 => "the clocks differ too much",
        0x8009_033e => "the account must log on with a smart card",
        0x8009_0342 | 0x8009_0348 => "the domain controller and this computer share no kind of encryption",
        0x8009_0350 => "Windows has detected a possible downgrade",
        _ => "SSPI failed",
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::super::provider::{Identity, Initialized};
    use super::*;
    use crate::Reason;

    /// The target, the flags and the token of a step.
    type Asked = (String, u32, Option<Vec<u8>>);

    /// A package that answers as a test tells it, and keeps what it was asked for.
    struct Package {
        first: Result<(SecurityStatus, u32), SecurityStatus>,
        second: Result<(SecurityStatus, u32), SecurityStatus>,
        key: &'static [u8],
        has_names: bool,
        asked: RefCell<Vec<Asked>>,
    }

    impl Package {
        fn new() -> Self {
            Self {
                first: Ok((CONTINUE_NEEDED, 0)),
                second: Ok((OK, FLAGS)),
                key: &[7; 32],
                has_names: true,
                asked: RefCell::default(),
            }
        }
    }

    impl Provider for &Package {
        type Credential = ();
        type Context = u32;

        fn acquire(&self, _: Option<&Identity<'_>>) -> Result<(), SecurityStatus> {
            Ok(())
        }

        fn user(&self, (): &()) -> Result<(String, Option<Duration>), SecurityStatus> {
            Ok((r"LAB\adm1".to_owned(), None))
        }

        fn initialize(
            &self,
            (): &(),
            context: Option<u32>,
            target: &str,
            wanted: u32,
            token: Option<&[u8]>,
        ) -> Result<Initialized<u32>, SecurityStatus> {
            self.asked.borrow_mut().push((target.to_owned(), wanted, token.map(<[u8]>::to_vec)));
            let (status, flags) = if context.is_none() { self.first } else { self.second }?;
            let token = context.is_none().then(|| vec![0x60]);
            Ok(Initialized { context: context.unwrap_or_default() + 1, status, flags, token })
        }

        fn session_key(&self, _: &u32) -> Result<Zeroizing<Vec<u8>>, SecurityStatus> {
            Ok(Zeroizing::new(self.key.to_vec()))
        }

        fn names(&self, _: &u32) -> Result<(String, String), SecurityStatus> {
            let names = ("adm1@LAB.TEST".to_owned(), "cifs/fs1.lab.test@LAB.TEST".to_owned());
            if self.has_names { Ok(names) } else { Err(UNSUPPORTED_FUNCTION) }
        }

        fn sign(&self, _: &u32, message: &[u8]) -> Result<Vec<u8>, SecurityStatus> {
            Ok(message.iter().rev().copied().collect())
        }

        fn verify(&self, _: &u32, message: &[u8], mic: &[u8]) -> Result<(), SecurityStatus> {
            if message.iter().rev().eq(mic) { Ok(()) } else { Err(0x8009_030f) }
        }
    }

    fn logon(package: &Package) -> Logon<&Package> {
        Logon::new(package, (), &Service::new("cifs", "fs1.lab.test.")).unwrap()
    }

    /// A failure here would log on to a server that has not proved its identity, or hand it the user's ticket.
    #[test]
    fn mutual_authentication_and_integrity_are_required_and_delegation_is_refused() {
        for (flags, missing) in [
            (FLAGS & !MUTUAL, "the server's proof of its identity"),
            (FLAGS & !INTEGRITY, "integrity codes"),
            (FLAGS | DELEGATE, "a logon without delegation"),
        ] {
            let package = Package { second: Ok((OK, flags)), ..Package::new() };
            let mut logon = logon(&package);
            logon.step(None).unwrap();
            assert_eq!(logon.step(Some(b"answer")), Err(Error::Weak(missing)));
            assert!(logon.established().is_none());
            assert_eq!(logon.step(Some(b"again")), Err(Error::OutOfTurn), "a failed logon goes on");
        }
    }

    /// A failure here would ask Windows to delegate, name another service, or lose the session key.
    #[test]
    fn two_steps_complete_a_logon() {
        let package = Package::new();
        let mut logon = logon(&package);
        assert_eq!(logon.step(None).unwrap(), Step { token: Some(vec![0x60]), is_complete: false });
        assert!(logon.established().is_none());
        assert!(logon.step(Some(b"answer")).unwrap().is_complete);
        let complete = logon.established().unwrap();
        assert_eq!((complete.user.as_str(), complete.session_key.len()), ("adm1@LAB.TEST", 32));
        assert_eq!(complete.service, "cifs/fs1.lab.test@LAB.TEST");
        assert_eq!(complete.mic(b"ab").unwrap(), b"ba");
        assert!(complete.verify_mic(b"ab", b"ba").is_ok() && complete.verify_mic(b"ab", b"ab").is_err());
        let asked = package.asked.borrow();
        assert!(
            asked.iter().all(|(target, wanted, _)| target == "cifs/fs1.lab.test" && wanted & DELEGATE == 0)
        );
        assert_eq!(asked.iter().map(|(_, _, token)| token.is_some()).collect::<Vec<_>>(), [false, true]);
    }

    /// A failure here would accept a context that the server completes before it proves its identity.
    #[test]
    fn a_first_step_that_is_already_complete_needs_the_flags_too() {
        let package = Package { first: Ok((OK, 0)), ..Package::new() };
        assert_eq!(logon(&package).step(None), Err(Error::Weak("the server's proof of its identity")));
        // SEC_I_COMPLETE_NEEDED and SEC_I_INCOMPLETE_CREDENTIALS belong to other packages.
        for status in [0x0009_0313, 0x0009_0320] {
            let package = Package { first: Ok((status, FLAGS)), ..Package::new() };
            let mut logon = logon(&package);
            assert!(matches!(logon.step(None), Err(Error::Failed(_))), "{status:#x}");
            assert!(logon.established().is_none());
        }
    }

    /// A failure here would derive the keys of a session from nothing, or show no user.
    #[test]
    fn a_context_without_a_key_is_refused_and_one_without_names_has_the_asked_ones() {
        let package = Package { key: &[], ..Package::new() };
        let mut keyless = logon(&package);
        keyless.step(None).unwrap();
        assert_eq!(keyless.step(Some(b"answer")), Err(Error::Weak("a session key")));
        let package = Package { has_names: false, ..Package::new() };
        let mut nameless = logon(&package);
        nameless.step(None).unwrap();
        nameless.step(Some(b"answer")).unwrap();
        let complete = nameless.established().unwrap();
        assert_eq!((complete.user.as_str(), complete.service.as_str()), ("adm1@LAB", "cifs/fs1.lab.test"));
    }

    /// A failure here would try NTLM after Windows has denied a password, or not say what to do.
    #[test]
    fn statuses_of_sspi_have_reasons() {
        for (status, reason, counts_towards_lockout) in [
            (0x8009_030c, Reason::WrongPassword, true),
            (0x8009_0350, Reason::Policy, true),
            (0x8009_033e, Reason::Policy, true),
            (NO_CREDENTIALS, Reason::NoTicket, false),
            (0x8009_0303, Reason::UnknownService, false),
            (0x8009_0311, Reason::KdcUnreachable, false),
            (0x8009_0324, Reason::ClockSkew, false),
            (0x8009_0322, Reason::WrongService, false),
            (0x8009_0308, Reason::BadToken, false),
            (0x8009_0305, Reason::NoLibrary, false),
            (0x8009_0342, Reason::NoEncryption, false),
        ] {
            let package = Package { first: Err(status), ..Package::new() };
            let error = logon(&package).step(None).unwrap_err();
            assert_eq!(
                (error.reason(), error.reason().counts_towards_lockout()),
                (reason, counts_towards_lockout),
                "{error}"
            );
            assert!(error.to_string().contains(&format!("(SSPI status 0x{status:08x})")), "{error}");
        }
    }
}
