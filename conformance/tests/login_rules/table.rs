//! The table of cases: the flags, files and variables of a call, and the login that the server must receive.

use Expected::{Login, Refused};
use Place::{Dotted, Foreign, Local, Localhost, Mapped, Null, OtherPort, Upper};

/// The user of the environment (`NETSESSION_LOGIN`) for the C library, of `-U` for the command.
pub(crate) const GIVEN: &str = "admin";
/// The login of the server's own table in the configuration file.
pub(crate) const ENTRY: &str = "alice";
/// The login of the configuration's `[default]`.
pub(crate) const DEFAULT: &str = "bob";
/// The login that the program set by `netsession_set_login`.
pub(crate) const SET: &str = "carol";
/// The login that a running server has written for its user.
pub(crate) const RUNNING: &str = "local";

/// How the call names the server, which listens on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not at all (NULL).
    Null,
    /// By the address that NULL reaches.
    Local,
    /// As `localhost`, with the port that NULL reaches.
    Localhost,
    /// As `LOCALHOST`, with the port that NULL reaches.
    Upper,
    /// As `localhost.`, with the port that NULL reaches: a name like any other.
    Dotted,
    /// By the IPv6 spelling of the address that NULL reaches.
    Mapped,
    /// By a loopback address that NULL does not reach.
    OtherPort,
    /// By an address that is not a loopback address.
    Foreign,
}

/// The contents of the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    /// A table for the server, with a login.
    Entry,
    /// A table for the server's host without a port, with a login.
    HostOnly,
    /// A login for all servers.
    Default,
    /// A table for the server without a login, and a login for all servers.
    NamedAndDefault,
}

/// What the server must receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A logon of this user.
    Login(&'static str),
    /// No connection that logs on.
    Refused,
}

/// One case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) place: Place,
    /// `-U` for the command, `NETSESSION_LOGIN` for the C library.
    pub(crate) is_given: bool,
    /// `NETSESSION_SERVERS` names the server.
    pub(crate) is_listed: bool,
    pub(crate) file: Option<File>,
    /// The call names the user's running server.
    pub(crate) is_running: bool,
    /// The program has set a login; the command cannot do this.
    pub(crate) is_set: bool,
    pub(crate) command: Expected,
    pub(crate) library: Expected,
}

const fn case(place: Place, command: Expected, library: Expected) -> Case {
    let (is_given, is_listed, is_running, is_set) = (false, false, false, false);
    Case { place, is_given, is_listed, file: None, is_running, is_set, command, library }
}

/// Both front ends must do the same.
const fn both(place: Place, expected: Expected) -> Case {
    case(place, expected, expected)
}

impl Case {
    const fn given(self) -> Self {
        Self { is_given: true, ..self }
    }

    const fn listed(self) -> Self {
        Self { is_listed: true, ..self }
    }

    const fn file(self, file: File) -> Self {
        Self { file: Some(file), ..self }
    }

    const fn running(self) -> Self {
        Self { is_running: true, ..self }
    }

    const fn set(self) -> Self {
        Self { is_set: true, ..self }
    }
}

/// Every case.
pub(crate) const CASES: &[Case] = &[
    // No source has a login.
    both(Null, Refused),
    both(OtherPort, Refused),
    both(Foreign, Refused),
    // A login for all servers: the command sends it to the server that the person named, the C library only if the user
    // has named the server, too.
    both(Null, Login(GIVEN)).given(),
    both(Local, Login(GIVEN)).given(),
    both(Localhost, Login(GIVEN)).given(),
    both(Upper, Login(GIVEN)).given(),
    both(Mapped, Login(GIVEN)).given(),
    case(OtherPort, Login(GIVEN), Refused).given(),
    case(Foreign, Login(GIVEN), Refused).given(),
    both(OtherPort, Login(GIVEN)).given().listed(),
    both(Foreign, Login(GIVEN)).given().listed(),
    both(Foreign, Login(GIVEN)).given().file(File::Entry),
    both(Foreign, Login(GIVEN)).given().file(File::NamedAndDefault),
    // The configuration file.
    both(Foreign, Login(ENTRY)).file(File::Entry),
    both(OtherPort, Login(ENTRY)).file(File::Entry),
    both(Local, Login(ENTRY)).file(File::Entry),
    // A table without a port names any port for a person, and the port of SMB for a program.
    both(Local, Login(ENTRY)).file(File::HostOnly),
    case(OtherPort, Login(ENTRY), Refused).file(File::HostOnly),
    case(Foreign, Login(ENTRY), Refused).file(File::HostOnly),
    case(OtherPort, Login(GIVEN), Refused).given().file(File::HostOnly),
    both(OtherPort, Login(ENTRY)).file(File::HostOnly).listed(),
    both(Null, Login(DEFAULT)).file(File::Default),
    both(Local, Login(DEFAULT)).file(File::Default),
    case(OtherPort, Login(DEFAULT), Refused).file(File::Default),
    case(Foreign, Login(DEFAULT), Refused).file(File::Default),
    case(Foreign, Login(DEFAULT), Refused).file(File::Default).listed(),
    both(Foreign, Login(DEFAULT)).file(File::NamedAndDefault),
    // The user's own running server.
    both(Null, Login(RUNNING)).running(),
    both(OtherPort, Login(RUNNING)).running(),
    both(Localhost, Login(RUNNING)).running(),
    both(Upper, Login(RUNNING)).running(),
    both(Mapped, Login(RUNNING)).running(),
    both(Dotted, Refused).running(),
    both(Foreign, Refused).running(),
    both(OtherPort, Login(RUNNING)).running().file(File::Default),
    both(OtherPort, Login(RUNNING)).running().file(File::NamedAndDefault),
    both(OtherPort, Login(ENTRY)).running().file(File::Entry),
    both(OtherPort, Login(GIVEN)).running().given(),
    // The login that the program has set takes precedence.
    both(Foreign, Login(SET)).set(),
    both(Null, Login(SET)).set().given(),
    both(OtherPort, Login(SET)).set().running(),
    both(Foreign, Login(SET)).set().file(File::Entry).given().listed(),
];
