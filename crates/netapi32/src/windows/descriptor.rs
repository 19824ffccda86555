//! [`Descriptor`] stands for a socket. A program on Windows cannot close a handle of the library by a wrong number of a
//! standard stream, and no process is a copy of another one, so there is nothing to compare.

use netsession::blocking;

/// The socket of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor;

impl Descriptor {
    /// Returns the socket of a connection; `None` if the connection is broken.
    pub(crate) fn of_connection(server: &blocking::Server) -> Option<Self> {
        server.is_open().then_some(Self)
    }

    /// Returns whether a connection is open.
    pub(crate) fn has_connection(server: &blocking::Server) -> bool {
        server.is_open()
    }

    /// Returns true: nothing else has the socket's handle.
    pub(crate) const fn is_same(self) -> bool {
        true
    }

    /// Does nothing: the connection owns its socket.
    pub(crate) const fn close(self) {}
}
