//! [`Attempt::run`]: while nobody knows whether the domain controllers of a realm answer, one logon asks them for the whole
//! process, and the others wait for what comes of it.
//!
//! A library that waits for a silent domain controller cannot be interrupted: it asks again and again, long after its
//! logon has given up. Without this, a thousand servers of a dead domain would leave a thousand such threads, and a wrong
//! password that many attempts towards a lockout.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use netsession_gssapi::{Error as GssError, Reason, Service, is_in_ticket_file};

use crate::{KerberosError, Login, Secret};

/// How long other logons use what one has learned.
const SHARED_FOR: Duration = Duration::from_secs(10);

/// The logons of one realm to the servers of one domain.
#[derive(Default)]
struct Realm {
    /// Notified whenever the knowledge changes.
    changed: Condvar,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    controllers: Controllers,
    /// The last credential that a domain controller refused.
    refused: Option<Refused>,
}

/// What is known about the domain controllers.
#[derive(Default)]
enum Controllers {
    #[default]
    Unknown,
    /// A logon asks them, and gives up at a time; its thread may go on.
    Asked { since: Instant, gives_up: Instant },
    /// They answered, or the logon needed no answer.
    Answer(Instant),
    /// The library found none, or none answered it.
    Silent(Instant, GssError),
}

struct Refused {
    credential: u64,
    at: Instant,
    error: GssError,
}

/// What one logon may do.
enum Turn {
    /// It asks while the others wait.
    First,
    /// It asks beside others.
    Beside,
}

/// The realms that this process has asked.
static REALMS: LazyLock<Mutex<HashMap<String, Arc<Realm>>>> = LazyLock::new(Mutex::default);

/// The keys of [`credential_of`], different in each process.
static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// One logon's wish to ask a domain controller.
#[derive(Debug)]
pub(super) struct Attempt {
    realm: String,
    /// Stands for the user and the password; None if a ticket or a key proves the user.
    credential: Option<u64>,
    /// The service whose ticket may be in the user's cache; None if the login does not use it.
    ticket: Option<Service>,
    /// When the logon gives up.
    deadline: Instant,
}

impl Attempt {
    pub(super) fn new(login: &Login, service: &Service, deadline: Instant) -> Self {
        let suffix = login.user.split_once('@').map(|(_, realm)| realm).or(login.domain.as_deref());
        let domain = service.host().split_once('.').map_or("", |(_, domain)| domain);
        let realm = format!("{} {domain}", suffix.unwrap_or_default()).to_uppercase();
        let ticket = matches!(login.secret, Secret::Ticket).then(|| service.clone());
        Self { realm, credential: credential_of(login), ticket, deadline }
    }

    /// Runs `ask`, which may ask a domain controller of the realm, when it is this logon's turn.
    ///
    /// # Errors
    /// Those of `ask`; [`KerberosError::TimedOut`] if another logon waits for the domain controllers without an answer; the error of
    /// another logon that found none of them, or whose password is the same and was refused.
    pub(super) fn run<T>(&self, ask: impl FnOnce() -> Result<T, GssError>) -> Result<T, KerberosError> {
        if self.ticket.as_ref().is_some_and(is_in_ticket_file) {
            // It needs no domain controller, and says nothing about them.
            return ask().map_err(KerberosError::Library);
        }
        let realm = Arc::clone(lock(&REALMS).entry(self.realm.clone()).or_default());
        let mut asking = Asking { realm: &realm, is_first: matches!(realm.turn(self)?, Turn::First) };
        let result = ask();
        asking.settle(self, result.as_ref().err());
        result.map_err(KerberosError::Library)
    }
}

impl Realm {
    /// Waits for this logon's turn.
    fn turn(&self, attempt: &Attempt) -> Result<Turn, KerberosError> {
        let is_fresh = |at: Instant| at.elapsed() < SHARED_FOR;
        let mut known = lock(&self.known);
        loop {
            let refused = known.refused.as_ref().filter(|it| is_fresh(it.at));
            if let Some(refused) = refused.filter(|it| Some(it.credential) == attempt.credential) {
                return Err(KerberosError::Library(refused.error.clone()));
            }
            let (since, gives_up) = match &known.controllers {
                Controllers::Answer(at) if is_fresh(*at) => return Ok(Turn::Beside),
                Controllers::Silent(at, error) if is_fresh(*at) => {
                    return Err(KerberosError::Library(error.clone()));
                }
                Controllers::Asked { since, gives_up } => (*since, *gives_up),
                Controllers::Unknown | Controllers::Answer(_) | Controllers::Silent(..) => {
                    known.controllers =
                        Controllers::Asked { since: Instant::now(), gives_up: attempt.deadline };
                    return Ok(Turn::First);
                }
            };
            let left = gives_up.min(attempt.deadline).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(KerberosError::TimedOut(since.elapsed()));
            }
            let waited = self.changed.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A logon that asks. Dropping it lets the others ask, even if it panics.
struct Asking<'a> {
    realm: &'a Realm,
    is_first: bool,
}

impl Asking<'_> {
    /// Keeps what the logon has learned.
    fn settle(&mut self, attempt: &Attempt, error: Option<&GssError>) {
        let now = Instant::now();
        let mut known = lock(&self.realm.known);
        known.controllers = match error {
            Some(error) if matches!(error.reason(), Reason::KdcUnreachable | Reason::UnknownRealm) => {
                Controllers::Silent(now, error.clone())
            }
            _ => Controllers::Answer(now),
        };
        let judgement = error.filter(|error| error.reason().counts_towards_lockout());
        if let (Some(credential), Some(error)) = (attempt.credential, judgement) {
            known.refused = Some(Refused { credential, at: now, error: error.clone() });
        }
        self.is_first = false;
        drop(known);
        self.realm.changed.notify_all();
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if self.is_first {
            lock(&self.realm.known).controllers = Controllers::Unknown;
            self.realm.changed.notify_all();
        }
    }
}

/// Returns a number for the user and the password of a login, which says nothing about either.
fn credential_of(login: &Login) -> Option<u64> {
    match &login.secret {
        Secret::Password(password) => Some(KEYS.hash_one((login.to_string(), password.as_str()))),
        Secret::Ticket | Secret::Keytab(_) | Secret::NtHash(_) => None,
    }
}

/// Locks. What is known stays right if a thread panics: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// An attempt of a realm that no other test uses.
    fn attempt(user: &str, secret: Secret, within: Duration) -> Attempt {
        let login = Login::new(user, secret).unwrap();
        Attempt::new(&login, &Service::new("cifs", "fs1.lab.test"), Instant::now() + within)
    }

    const LONG: Duration = Duration::from_secs(60);

    /// A failure here would keep one thread for each server that waits for a dead domain controller, and ask it from each.
    #[test]
    fn servers_of_one_realm_share_one_attempt_at_a_silent_controller() {
        let (release, gate) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let asked = AtomicUsize::new(0);
        thread::scope(|scope| {
            let asked = &asked;
            scope.spawn(move || {
                let first = attempt("a@SILENT.TEST", Secret::Ticket, Duration::ZERO);
                first.run(|| {
                    asked.fetch_add(1, Ordering::Relaxed);
                    begun.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok(())
                })
            });
            has_begun.recv().unwrap();
            for _ in 0..20 {
                let later = attempt("a@silent.test", Secret::Ticket, LONG).run(|| {
                    asked.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                });
                assert!(matches!(later, Err(KerberosError::TimedOut(_))), "{later:?}");
            }
            // Another realm does not wait.
            assert!(attempt("a@OTHER.TEST", Secret::Ticket, LONG).run(|| Ok(())).is_ok());
            release.send(()).unwrap();
        });
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(attempt("a@SILENT.TEST", Secret::Ticket, LONG).run(|| Ok(())).is_ok(), "it answers again");
    }

    /// A failure here would make servers wait for each other although the domain controller answers.
    #[test]
    fn servers_ask_at_the_same_time_once_a_controller_has_answered() {
        let (begun, has_begun) = mpsc::channel();
        attempt("a@QUICK.TEST", Secret::Ticket, LONG).run(|| Ok(())).unwrap();
        thread::scope(|scope| {
            let (release, gate) = mpsc::channel::<()>();
            let begun = &begun;
            scope.spawn(move || {
                attempt("a@QUICK.TEST", Secret::Ticket, LONG).run(|| {
                    begun.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok(())
                })
            });
            has_begun.recv().unwrap();
            attempt("a@QUICK.TEST", Secret::Ticket, LONG).run(|| Ok(())).unwrap();
            release.send(()).unwrap();
        });
    }

    /// A failure here would count one wrong password once for each server, and so lock the account.
    #[test]
    fn a_refused_password_is_asked_once_and_another_one_again() {
        let password = |text: &str| Secret::password(text.to_owned());
        let asked = AtomicUsize::new(0);
        let refuse = || {
            asked.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(GssError::Failed(netsession_gssapi::Status {
                major: 13 << 16,
                minor: -1_765_328_360,
                function: "gss_acquire_cred_with_password",
                text: String::new(),
            }))
        };
        for text in ["wrong", "wrong", "wrong", "other", "other"] {
            let refused = attempt("a@LOCK.TEST", password(text), LONG).run(refuse).unwrap_err();
            assert!(refused.counts_towards_lockout(), "{refused:?}");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert!(attempt("a@LOCK.TEST", Secret::Ticket, LONG).run(|| Ok(())).is_ok());
    }

    /// A failure here would make every server wait until its library finds no domain controller, or all wait for ever after a
    /// thread has panicked.
    #[test]
    fn a_missing_controller_is_shared_and_a_panic_lets_the_next_one_ask() {
        let unreachable = GssError::Failed(netsession_gssapi::Status {
            major: 13 << 16,
            minor: -1_765_328_228,
            function: "gss_init_sec_context",
            text: String::new(),
        });
        let none = attempt("a@NONE.TEST", Secret::Ticket, LONG).run(|| Err::<(), _>(unreachable));
        let shared = attempt("a@NONE.TEST", Secret::Ticket, LONG).run(|| Ok(()));
        assert_eq!(none, shared);
        let panicked = thread::spawn(|| {
            attempt("a@PANIC.TEST", Secret::Ticket, LONG)
                .run(|| -> Result<(), GssError> { panic!("as asked") })
        });
        assert!(panicked.join().is_err());
        assert!(attempt("a@PANIC.TEST", Secret::Ticket, LONG).run(|| Ok(())).is_ok());
    }
}
