//! [`Policy`] says who named a server, and so which logins may go there.

/// Who named the servers.
///
/// An administrator's logon must not go to a server that only a program has named: the owner of that server could
/// relay the logon, or guess the password from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// A person named each server, as on a command line. Every login of that person may go there.
    PersonNamed,
    /// A program named the servers, as through the C library. A login goes only to the local computer's server, to the
    /// user's running servers, and to servers that `NETSESSION_SERVERS` or the configuration file names.
    ProgramNamed,
}
