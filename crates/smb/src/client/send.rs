//! Sending: message ids, credits, compounds, signatures, encryption ([MS-SMB2] 3.2.4.1).

use netsession_wire::{NtStatus, Writer};

use super::pending::{Pending, Purpose};
use super::request::Part;
use super::{Client, Error, Violation};
use crate::msg::{
    self, CancelRequest, Capabilities, Command, Form, HEADER_LEN, Header, HeaderFlags, Message, MessageId,
    SessionId, TreeId,
};

/// Requests that the client sends together as soon as there are credits for all of them.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) parts: Vec<Part>,
    pub(super) purposes: Vec<Purpose>,
}

impl Queued {
    fn charge(&self) -> u64 {
        self.parts.iter().map(|part| u64::from(part.charge.max(1))).sum()
    }
}

impl Client {
    /// Sends one request of the state machine itself.
    pub(super) fn send_own<'a>(
        &mut self,
        tree_id: TreeId,
        body: &impl Message<'a>,
        purpose: Purpose,
    ) -> Result<(), Error> {
        fn part<'a, M: Message<'a>>(tree_id: TreeId, body: &M) -> Result<Part, Error> {
            Ok(Part { command: M::COMMAND, tree_id, charge: 1, message: Part::message(body, 0)? })
        }
        let queued = Queued { parts: vec![part(tree_id, body)?], purposes: vec![purpose] };
        self.waiting.push_front(queued);
        self.flush()
    }

    /// Sends the requests for which there are credits.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        while let Some(queued) = self.waiting.pop_front() {
            if queued.charge() > self.window.available() {
                self.waiting.push_front(queued);
                let stuck = self.outstanding.is_empty();
                return if stuck { Err(Violation::NoCredits.into()) } else { Ok(()) };
            }
            self.transmit_queued(queued)?;
        }
        Ok(())
    }

    fn transmit_queued(&mut self, queued: Queued) -> Result<(), Error> {
        let tree_id = queued.parts.first().map_or(TreeId::NONE, |part| part.tree_id);
        let encrypted = self.session.as_ref().is_some_and(|session| session.encrypts(tree_id));
        let signed = self.session.is_some() && !encrypted;
        let mut messages = Vec::with_capacity(queued.parts.len());
        for (part, purpose) in queued.parts.into_iter().zip(queued.purposes) {
            let message_id = MessageId(self.window.take(part.charge).ok_or(Violation::NoCredits)?);
            let pending = Pending { command: part.command, purpose, signed, encrypted, async_id: None };
            self.outstanding.insert(message_id, pending);
            messages.push(self.with_header(message_id, part));
        }
        msg::link(&mut messages, true)?;
        self.put_out(messages, encrypted)
    }

    fn with_header(&self, message_id: MessageId, part: Part) -> Vec<u8> {
        let header = Header {
            credit_charge: if self.multi_credit() { part.charge } else { 0 },
            credits: self.window.request(part.charge),
            form: Form::Sync { reserved: 0, tree_id: part.tree_id },
            session_id: self.session_id(),
            ..Header::request(part.command, message_id)
        };
        write_header(&header, part.message)
    }

    /// Whether a request may take several credits (`Connection.SupportsMultiCredit`).
    pub(super) fn multi_credit(&self) -> bool {
        let capabilities = self.negotiated.as_ref().map(|negotiated| negotiated.capabilities);
        capabilities.is_some_and(|capabilities| capabilities.contains(Capabilities::LARGE_MTU))
    }

    /// Returns the session that requests belong to, even during its setup.
    fn session_id(&self) -> SessionId {
        let session = self.session.as_ref().map(|session| session.id);
        session.or_else(|| self.login.as_ref().map(|login| login.session_id)).unwrap_or(SessionId::NONE)
    }

    /// Protects one packet and makes it ready for the transport.
    fn put_out(&mut self, mut messages: Vec<Vec<u8>>, encrypted: bool) -> Result<(), Error> {
        if self.session.is_none() {
            self.note_sent(&messages);
        }
        if let Some(session) = self.session.as_ref().filter(|_| !encrypted) {
            messages.iter_mut().try_for_each(|message| session.signing.sign(message))?;
        }
        let mut packet = messages.concat();
        let transform = match self.session.as_ref().filter(|_| encrypted) {
            Some(session) => session.encrypt(&mut packet)?.to_vec(),
            None => Vec::new(),
        };
        let length = transform.len().saturating_add(packet.len());
        let prefix = msg::frame_header(length)?;
        self.outbound.push_back([prefix.as_slice(), &transform, &packet].concat());
        Ok(())
    }

    /// Adds a message that the client sends before the session exists to the hash for its keys.
    fn note_sent(&mut self, messages: &[Vec<u8>]) {
        let hash = match &mut self.login {
            Some(login) => &mut login.preauth,
            None => &mut self.preauth,
        };
        messages.iter().for_each(|message| hash.update(message));
    }

    /// Sends a CANCEL of an outstanding request ([MS-SMB2] 3.2.4.24). This takes no message id and no credit.
    pub(super) fn transmit_cancel(
        &mut self,
        message_id: MessageId,
        form: Option<msg::AsyncId>,
        encrypted: bool,
    ) -> Result<(), Error> {
        let header = Header {
            credit_charge: 0,
            status: NtStatus::SUCCESS,
            credits: 0,
            flags: HeaderFlags::empty(),
            form: form.map_or(Form::Sync { reserved: 0, tree_id: TreeId::NONE }, Form::Async),
            session_id: self.session_id(),
            ..Header::request(Command::CANCEL, message_id)
        };
        let message = write_header(&header, Part::message(&CancelRequest, 0)?);
        self.put_out(vec![message], encrypted)
    }
}

/// Writes the header into its place.
fn write_header(header: &Header, message: Vec<u8>) -> Vec<u8> {
    let mut encoded = Writer::after(Vec::with_capacity(HEADER_LEN));
    header.encode(&mut encoded);
    let mut writer = Writer::after(message);
    writer.fill(0, encoded.as_slice());
    writer.finish()
}
