//! The targets: one line each.

use netsession_rpc::{ndr, oracle as rpc};
use netsession_smb::auth::oracle as auth;
use netsession_smb::client::oracle as client;
use netsession_smb::oracle as smb;
use netsession_srvs::Srvsvc;

use crate::structures::structures;

/// What any run may allocate, in bytes.
const ALWAYS: usize = 64 << 10;

/// An oracle.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folders with seeds, findings and regressions.
    pub name: &'static str,
    /// Panics where something that must hold does not.
    pub oracle: fn(&[u8]),
    /// Bytes that it may allocate, in all, for each byte of input.
    pub bytes_per_byte: usize,
}

const fn target(name: &'static str, oracle: fn(&[u8]), bytes_per_byte: usize) -> Target {
    Target { name, oracle, bytes_per_byte }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("rpc_pdu", rpc::pdu, 64),
    target("rpc_client", rpc::client, 64),
    target("rpc_server", rpc::server_association, 64),
    // Repeats its input and carries it from end to end.
    target("rpc_exchange", rpc::exchange, 8192),
    target("rpc_ndr", ndr::oracle::ndr, 64),
    // The smallest entry has four bytes, and is read twice and copied once, with room for all that it may say.
    target("srvs_messages", rpc::messages::<Srvsvc>, 1024),
    target("smb_messages", |data| smb::stable(data, smb::rewrite_message), 64),
    target("smb_structures", structures, 64),
    // What an unknown peer can send first: compounds, the headers of SMB1, of encryption and of compression.
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
];

impl Target {
    /// The target of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs the oracle on `input`, and panics too where it allocates more than it may.
    pub fn run(&self, input: &[u8]) {
        let allocated = allocation_counter::measure(|| (self.oracle)(input)).bytes_total;
        let allocated = usize::try_from(allocated).unwrap_or(usize::MAX);
        let allowed = ALWAYS.saturating_add(self.bytes_per_byte.saturating_mul(input.len()));
        assert!(allocated <= allowed, "{} bytes of input made {allocated} be allocated", input.len());
    }
}
