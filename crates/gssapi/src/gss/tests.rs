//! What needs no KDC: loading, and errors.

use crate::{Credential, Error, Initiator, Library, Service, User};

/// Returns the library, or None on a computer without one: then there is nothing to test.
fn library() -> Option<&'static Library> {
    Library::get().ok()
}

/// A failure here would ignore a mistake in the variable, or load a file that it names.
#[test]
fn a_wrong_choice_is_an_error_with_its_reason() {
    for value in ["MIT", "mit ", "/lib/x86_64-linux-gnu/libc.so.6", "libgssapi_krb5.so.2", "1"] {
        let error = Library::choose(value).unwrap_err();
        assert_eq!(error.to_string(), format!("NETSESSION_GSSAPI={value}: use mit, heimdal or none"));
        assert_eq!(error.reason(), crate::Reason::NoLibrary);
    }
    assert_eq!(Library::choose("none").unwrap_err(), Error::NoLibrary);
}

/// A failure here would crash on a user who has no keytab of that name, or call it a wrong password.
#[test]
fn a_keytab_that_does_not_exist_is_an_error() {
    let Some(library) = library() else { return };
    let dir = std::env::temp_dir().join("netsession-gssapi-no-such-folder");
    let error = Credential::of_service(library, &dir.join("keytab")).unwrap_err();
    let Error::Failed(status) = &error else { panic!("{error:?}") };
    assert!(status.major >> 16 != 0 && !status.text.is_empty(), "{error}");
    assert!(!error.reason().counts_towards_lockout(), "{error}");
}

/// A failure here would let a password end where its first NUL byte is.
#[test]
fn a_nul_byte_is_refused() {
    let Some(library) = library() else { return };
    let user = User::new("adm1", Some("LAB.TEST"));
    let refused = Credential::from_password(library, &user, "pass\0word").unwrap_err();
    assert_eq!(refused, Error::Nul("the password"));
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
