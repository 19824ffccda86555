//! The mechanisms of a logon, the threads on which they run, and the time and random bytes that they use.

use std::io;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use netsession_smb::auth::{
    FinishedStep, Inputs, Mechanism, MechanismError, MechanismStep, RandomUnavailable, ntlm,
};
use netsession_smb::client::Entropy;
use netsession_wire::Guid;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::kerberos::{self, SharedNames};
use crate::{ConnectOptions, Error, Kerberos, KerberosError, Login, Secret, ServerAddress, SystemResource};

/// 100-nanosecond units between 1601 and 1970.
const UNIX_EPOCH_AS_FILETIME: u64 = 116_444_736_000_000_000;

/// The mechanisms to offer to a server.
pub(super) struct Offers {
    /// The mechanisms, the preferred one first; never empty.
    pub(super) mechanisms: Vec<Box<dyn Mechanism>>,
    /// Where Kerberos leaves the names of both sides.
    pub(super) names: SharedNames,
}

/// Returns the mechanisms by which `login` can log on to `server` until `deadline`: Kerberos before NTLM, as the options
/// and the secret allow. A logon by a ticket begins at once.
pub(super) fn mechanisms(
    login: &Login,
    server: &ServerAddress,
    options: &ConnectOptions,
    deadline: Instant,
) -> Result<Offers, KerberosError> {
    let names = SharedNames::default();
    let service = kerberos::service(server, options);
    let is_wanted = match options.kerberos {
        Kerberos::Off => false,
        Kerberos::Preferred => !is_account_of(server, login),
        Kerberos::Required => true,
    };
    let has_kerberos = is_wanted && !matches!(login.secret, Secret::NtHash(_));
    let mut mechanisms: Vec<Box<dyn Mechanism>> = Vec::new();
    if let Some(service) = service.as_ref().filter(|_| has_kerberos) {
        let names = SharedNames::clone(&names);
        mechanisms.push(Box::new(kerberos::Client::new(service.clone(), login, names, deadline.into_std())));
    }
    let target = service.as_ref().map_or_else(|| server.host().trim_end_matches('.'), |it| it.host());
    let ntlm = if options.kerberos == Kerberos::Required { None } else { ntlm(login, target) };
    mechanisms.extend(ntlm);
    match (mechanisms.is_empty(), &login.secret, options.kerberos) {
        (false, ..) => Ok(Offers { mechanisms, names }),
        (true, Secret::NtHash(_), _) => Err(KerberosError::NeedsPassword),
        (true, _, Kerberos::Off) => Err(KerberosError::Off),
        (true, ..) => Err(KerberosError::NeedsName),
    }
}

/// Whether the login names the server itself as its domain, as in `FS1\bob`. No KDC knows such an account: one that knows
/// another `bob` would count a wrong password against him.
fn is_account_of(server: &ServerAddress, login: &Login) -> bool {
    let label = server.host().split('.').next().unwrap_or_default();
    matches!(login.secret, Secret::Password(_))
        && login.domain.as_deref().is_some_and(|domain| domain == "." || domain.eq_ignore_ascii_case(label))
}

/// Returns NTLM for the host `target`. None if the login has no password, or no user.
fn ntlm(login: &Login, target: &str) -> Option<Box<dyn Mechanism>> {
    let nt_hash = match &login.secret {
        Secret::Password(password) => ntlm::NtHash::of_password(password),
        Secret::NtHash(hash) => ntlm::NtHash::new(**hash),
        Secret::Ticket | Secret::Keytab(_) => return None,
    };
    let domain = login.domain.clone().unwrap_or_default();
    let credentials = ntlm::Credentials { user: login.user.clone(), domain, nt_hash };
    let client = ntlm::Client::new(credentials, &format!("cifs/{target}"), "").ok()?;
    Some(Box::new(client))
}

/// Draws the random bytes of one connection.
pub(super) fn entropy() -> Result<Entropy, Error> {
    let mut salt = [0; 32];
    let mut client_guid = [0; 16];
    let mut nonce_seed = [0; 12];
    fill(&mut salt)?;
    fill(&mut client_guid)?;
    fill(&mut nonce_seed)?;
    Ok(Entropy { client_guid: Guid(client_guid), salt, nonce_seed })
}

/// Runs one step of a logon. A step that may block runs on a thread of its own. Returns None if it has not finished at
/// `deadline`; its later result is dropped.
pub(super) async fn run_step(step: MechanismStep, deadline: Instant) -> Option<FinishedStep> {
    if !step.may_block() {
        return Some(run_here(step));
    }
    let id = step.id();
    let (sender, receiver) = oneshot::channel();
    // Does not use the runtime's pool of threads: a runtime waits for these when it ends, and a ticket server may be
    // slow.
    let thread = thread::Builder::new().name(kerberos::THREAD.into());
    let spawned = thread.spawn(move || {
        // After the deadline nobody receives the result.
        let _ = sender.send(run_here(step));
    });
    if let Err(error) = spawned {
        return Some(FinishedStep::abandoned(id, MechanismError::with_fallback(error).into()));
    }
    match timeout_at(deadline, receiver).await {
        Ok(Ok(finished)) => Some(finished),
        Ok(Err(panicked)) => {
            Some(FinishedStep::abandoned(id, MechanismError::without_fallback(panicked).into()))
        }
        Err(_) => None,
    }
}

fn run_here(step: MechanismStep) -> FinishedStep {
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(|_| RandomUnavailable);
    step.run(&mut Inputs::new(filetime(), &mut random))
}

fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::System {
        resource: SystemResource::RandomBytes,
        cause: io::Error::other(error),
    })
}

/// Returns the system's time as FILETIME.
pub(super) fn filetime() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let units = u64::try_from(since.as_nanos() / 100).unwrap_or_default();
    UNIX_EPOCH_AS_FILETIME.saturating_add(units)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use netsession_smb::auth::spnego::{self, Action, Oid};
    use netsession_smb::auth::{AuthError, Step as MechanismResult};
    use netsession_smb::crypto::SessionKey;

    use super::*;

    /// A mechanism whose step takes until the test releases it.
    #[derive(Debug)]
    struct Slow(Receiver<()>);

    impl Mechanism for Slow {
        fn oids(&self) -> &'static [Oid<'static>] {
            &[Oid(&[0x2a, 1, 1])]
        }
        fn may_block(&self) -> bool {
            true
        }
        fn step(&mut self, _: Option<&[u8]>, inputs: &mut Inputs<'_>) -> Result<MechanismResult, AuthError> {
            self.0.recv().map_err(MechanismError::without_fallback)?;
            let token = inputs.random::<100>()?.to_vec();
            Ok(MechanismResult { token: Some(token), is_complete: false })
        }
        fn session_key(&self) -> Option<&SessionKey> {
            None
        }
        fn mic(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }
        fn verify_mic(&self, _: &[u8], _: &[u8]) -> Result<(), AuthError> {
            Err(AuthError::WrongMechListMic)
        }
    }

    fn step(gate: Receiver<()>) -> MechanismStep {
        let mut client = spnego::Client::new(vec![Box::new(Slow(gate))], &[]).unwrap();
        let Ok(Action::Step(step)) = client.start() else { panic!("a login begins with a step") };
        step
    }

    /// Returns the mechanisms that a login offers, in their order.
    fn offered(secret: Secret, kerberos: Kerberos, host: &str) -> Result<Vec<&'static str>, KerberosError> {
        offered_to("adm1@LAB.TEST", secret, kerberos, host)
    }

    fn offered_to(
        user: &str,
        secret: Secret,
        kerberos: Kerberos,
        host: &str,
    ) -> Result<Vec<&'static str>, KerberosError> {
        let login = Login::new(user, secret).unwrap();
        let options = ConnectOptions { kerberos, ..ConnectOptions::default() };
        let server = ServerAddress::new(host, 445).unwrap();
        let offers = mechanisms(&login, &server, &options, Instant::now())?;
        let is_kerberos = offers.mechanisms.iter().map(|mechanism| mechanism.oids() == kerberos::OIDS);
        Ok(is_kerberos.map(|it| if it { "Kerberos" } else { "NTLM" }).collect())
    }

    /// A failure here would send NTLM although the user rules it out, or fail to log on where only NTLM can.
    #[test]
    fn the_offered_mechanisms_follow_the_options_and_the_secret() {
        use Kerberos::{Off, Preferred, Required};
        let password = || Secret::password("secret");
        let hash = || Secret::NtHash(zeroize::Zeroizing::new([1; 16]));
        let keytab = || Secret::Keytab("/nonexistent".into());
        let (name, address) = ("fs1.lab.test", "10.0.0.5");
        for (secret, kerberos, host, expected) in [
            (password(), Preferred, name, Ok(vec!["Kerberos", "NTLM"])),
            (password(), Preferred, address, Ok(vec!["NTLM"])),
            (password(), Required, name, Ok(vec!["Kerberos"])),
            (password(), Required, address, Err(KerberosError::NeedsName)),
            (password(), Off, name, Ok(vec!["NTLM"])),
            (hash(), Preferred, name, Ok(vec!["NTLM"])),
            (hash(), Required, name, Err(KerberosError::NeedsPassword)),
            (Secret::Ticket, Preferred, name, Ok(vec!["Kerberos"])),
            (Secret::Ticket, Preferred, address, Err(KerberosError::NeedsName)),
            (Secret::Ticket, Off, name, Err(KerberosError::Off)),
            (keytab(), Preferred, name, Ok(vec!["Kerberos"])),
            (keytab(), Off, name, Err(KerberosError::Off)),
        ] {
            let shown = format!("{secret:?} {kerberos:?} {host}");
            assert_eq!(offered(secret, kerberos, host), expected, "{shown}");
        }
    }

    /// A failure here would send the password of a server's own user to the domain, which counts it against another user of
    /// that name.
    #[test]
    fn the_servers_own_users_log_on_by_ntlm() {
        for (user, kerberos, expected) in [
            (r"FS1\bob", Kerberos::Preferred, vec!["NTLM"]),
            (r".\bob", Kerberos::Preferred, vec!["NTLM"]),
            (r"LAB\bob", Kerberos::Preferred, vec!["Kerberos", "NTLM"]),
            ("bob", Kerberos::Preferred, vec!["Kerberos", "NTLM"]),
            (r"FS1\bob", Kerberos::Required, vec!["Kerberos"]),
        ] {
            let offered = offered_to(user, Secret::password("secret"), kerberos, "fs1.lab.test");
            assert_eq!(offered, Ok(expected), "{user} {kerberos:?}");
        }
    }

    /// A failure here would make a user wait for a ticket server beyond the time limit, or stop the program's other
    /// work meanwhile.
    #[tokio::test(start_paused = true)]
    async fn a_step_that_blocks_ends_at_the_deadline() {
        let (open, gate) = channel();
        let deadline = Instant::now() + Duration::from_secs(3);
        assert!(run_step(step(gate), deadline).await.is_none());
        assert!(Instant::now() >= deadline);
        drop(open);
    }

    /// A failure here would lose the result of a mechanism that has waited for a ticket server.
    #[tokio::test]
    async fn a_step_that_blocks_in_time_is_finished() {
        let (open, gate) = channel();
        open.send(()).unwrap();
        let finished = run_step(step(gate), Instant::now() + Duration::from_secs(60)).await.unwrap();
        assert_eq!(finished.error(), None);
    }
}
