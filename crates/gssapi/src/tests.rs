//! What needs no KDC: loading, and errors.

use crate::{Credential, Error, Initiator, Library, Reason, Service, User};

/// Returns the library, or None on a computer without one: then there is nothing to test.
fn library() -> Option<&'static Library> {
    Library::get().ok()
}

/// A failure here would crash on a user who has no keytab of that name, or call it a wrong password.
#[test]
fn a_keytab_that_does_not_exist_is_an_error() {
    let Some(library) = library() else { return };
    let dir = std::env::temp_dir().join("netsession-gssapi-no-such-folder");
    let error = Credential::of_service(library, &dir.join("keytab")).unwrap_err();
    let Error::Failed(status) = &error else { panic!("{error:?}") };
    assert!(status.major >> 16 != 0 && !status.text.is_empty(), "{error}");
    assert!(!error.reason().is_judgement(), "{error}");
}

/// A failure here would let a password end where its first NUL byte is.
#[test]
fn a_nul_byte_is_refused() {
    let Some(library) = library() else { return };
    let user = User::new("adm1", Some("LAB.TEST"));
    let refused = Credential::from_password(library, &user, "pass\0word").unwrap_err();
    assert_eq!(refused, Error::Nul("the password"));
}

/// A failure here would ask for a password although a ticket exists, or try NTLM after a wrong password.
#[test]
fn statuses_have_reasons() {
    let failure = 13 << 16;
    for (major, minor, reason) in [
        (failure, -1_765_328_360, Reason::WrongPassword),
        (failure, -1_765_328_366, Reason::AccountRevoked),
        (failure, -1_765_328_361, Reason::PasswordExpired),
        (failure, -1_765_328_377, Reason::UnknownService),
        (failure, -1_765_328_378, Reason::UnknownUser),
        (failure, -1_765_328_228, Reason::KdcUnreachable),
        (failure, -1_765_328_230, Reason::UnknownRealm),
        (failure, -1_765_328_351, Reason::TicketNotYetValid),
        (failure, -1_765_328_347, Reason::ClockSkew),
        (7 << 16, -1_765_328_243, Reason::NoTicket),
        (7 << 16, 100_001, Reason::NoTicket),
        (11 << 16, 100_001, Reason::TicketExpired),
        (9 << 16, 0, Reason::BadToken),
        (failure, 2, Reason::Other),
    ] {
        assert_eq!(Reason::of(major, minor), reason, "{major:#x} {minor}");
    }
    for reason in [Reason::NoTicket, Reason::KdcUnreachable, Reason::UnknownUser, Reason::TicketExpired] {
        assert!(!reason.is_judgement(), "{reason:?}: NTLM may follow");
    }
}

/// A failure here would keep a value on the thread that made it: a logon runs on a thread of its own.
#[test]
fn an_initiator_can_move_to_another_thread() {
    const fn is_send<T: Send>() {}
    is_send::<Initiator>();
    is_send::<crate::Acceptor>();
    is_send::<Error>();
    assert_eq!(Service::new("cifs", "fs1").host(), "fs1");
}
