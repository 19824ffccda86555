//! The targets: one line each in [`TARGETS`].
//!
//! ```
//! use netsession_fuzz::targets::Target;
//!
//! let target = Target::named("rpc_pdu").expect("a target of this name");
//! target.run(&[5, 0, 2, 3]);
//! ```

use netsession_rpc::{ndr, oracle as rpc};
use netsession_smb::auth::oracle as auth;
use netsession_smb::client::oracle as client;
use netsession_smb::oracle as smb;
use netsession_smb::server::oracle as server;
use netsession_srvs::Srvsvc;

use crate::structures::structures;

/// Runs a script of the embedded server's sessions in a folder of its own.
#[cfg(unix)]
fn server_sessions(script: &[u8]) {
    if let Ok(folder) = tempfile::tempdir() {
        netsession_server::oracle::sessions(folder.path(), script);
    }
}

/// The bytes that any run may allocate.
const ALWAYS: usize = 64 << 10;

/// An oracle and its bound on memory.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the target, and of its folders with seeds, findings and regressions.
    pub name: &'static str,
    /// The oracle: panics where something that must hold does not.
    pub oracle: fn(&[u8]),
    /// The bytes that the oracle may allocate in all for each byte of input, beyond a constant part.
    pub bytes_per_byte: usize,
}

const fn target(name: &'static str, oracle: fn(&[u8]), bytes_per_byte: usize) -> Target {
    Target { name, oracle, bytes_per_byte }
}

/// All targets.
pub const TARGETS: &[Target] = &[
    target("rpc_pdu", rpc::pdu, 64),
    target("rpc_client", rpc::client, 64),
    target("rpc_server", rpc::server_association, 64),
    // The oracle repeats its input and carries it from end to end.
    target("rpc_exchange", rpc::exchange, 8192),
    target("rpc_ndr", ndr::oracle::ndr, 64),
    // The smallest entry has four bytes. The oracle reads it twice and copies it once, into a structure with all members.
    target("srvs_messages", rpc::messages::<Srvsvc>, 1024),
    target("smb_messages", |data| smb::stable(data, smb::rewrite_message), 64),
    target("smb_structures", structures, 64),
    // The first bytes of an unknown peer: compounds, the headers of SMB1, of encryption and of compression.
    target("smb_frames", smb::frame, 64),
    // By class: file and volume information, folders, changes, control codes, create contexts.
    target("smb_information", smb::structure, 64),
    target("netbios_answers", netsession::netbios::oracle, 64),
    target("auth_ntlm_messages", auth::ntlm_messages, 64),
    target("auth_spnego_tokens", auth::spnego_tokens, 64),
    target("auth_server", auth::server, 64),
    target("auth_client", auth::client, 64),
    target("client_negotiation", client::negotiation, 64),
    target("client_login", client::login, 64),
    target("client_strangers", client::strangers, 64),
    target("client_server", client::server, 64),
    // Each byte of the script can be a logon.
    target("server_waiting_logons", server::waiting_logons, 16 << 10),
    // Each step of four bytes can be a read of 64 KiB.
    #[cfg(unix)]
    target("server_sessions", server_sessions, 64 << 10),
];

impl Target {
    /// Returns the target of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs the oracle on `input`.
    ///
    /// # Panics
    /// Panics where the oracle does, and where it allocates more than it may.
    pub fn run(&self, input: &[u8]) {
        let allocated = allocation_counter::measure(|| (self.oracle)(input)).bytes_total;
        let allocated = usize::try_from(allocated).unwrap_or(usize::MAX);
        let allowed = ALWAYS.saturating_add(self.bytes_per_byte.saturating_mul(input.len()));
        assert!(allocated <= allowed, "{} bytes of input allocated {allocated} bytes", input.len());
    }
}
