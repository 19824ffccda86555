//! Receiving: decryption, signatures, and matching responses to requests ([MS-SMB2] 3.2.5.1).

use netsession_wire::{DecodeError, NtStatus};

use super::pending::{Pending, Purpose};
use super::{Answer, Client, Error, Event, Unsolicited, Violation};
use crate::msg::{Command, Form, MessageId, Packet, ServerNotification};

const SMB1: [u8; 4] = *b"\xffSMB";
const SMB2: [u8; 4] = *b"\xfeSMB";
const ENCRYPTED: [u8; 4] = *b"\xfdSMB";
const COMPRESSED: [u8; 4] = *b"\xfcSMB";

impl Client {
    /// Takes one message of the transport.
    pub(super) fn message(&mut self, mut message: Vec<u8>) -> Result<(), Error> {
        match message.first_chunk() {
            Some(&SMB2) => self.packets(&message, false),
            Some(&ENCRYPTED) => {
                let session = self.session.as_ref().ok_or(Violation::Undecryptable)?;
                let packet = session.decrypt(&mut message)?.to_vec();
                match packet.first_chunk() {
                    Some(&SMB2) => self.packets(&packet, true),
                    Some(&COMPRESSED) => Err(Violation::Compressed.into()),
                    _ => Err(DecodeError::invalid("encrypted message").into()),
                }
            }
            Some(&COMPRESSED) => Err(Violation::Compressed.into()),
            Some(&SMB1) => Err(Error::Smb1Only),
            _ => Err(Error::NotSmb),
        }
    }

    fn packets(&mut self, bytes: &[u8], encrypted: bool) -> Result<(), Error> {
        for packet in Packet::split(bytes) {
            self.packet(&packet?, encrypted)?;
        }
        self.flush()
    }

    fn packet(&mut self, packet: &Packet<'_>, encrypted: bool) -> Result<(), Error> {
        let header = &packet.header;
        if !header.is_response() {
            return Err(Violation::NotAReply.into());
        }
        if encrypted && self.session.as_ref().is_none_or(|session| session.id != header.session_id) {
            return Err(Violation::WrongSession.into());
        }
        if header.message_id == MessageId::UNSOLICITED {
            return self.unsolicited(packet, encrypted);
        }
        let unknown = Violation::UnknownMessageId { message_id: header.message_id.0 };
        let pending = self.outstanding.get_mut(header.message_id).ok_or(unknown)?;
        if pending.encrypted && !encrypted {
            return Err(Violation::Plain.into());
        }
        if pending.command != header.command {
            return Err(Violation::WrongCommand.into());
        }
        if let (NtStatus::PENDING, Form::Async(async_id)) = (header.status, header.form) {
            // Interim responses are not signed (3.2.5.1.3).
            pending.async_id = Some(async_id);
            if let Purpose::User(request) = pending.purpose {
                self.events.push_back(Event::Pending(request));
            }
            self.window.grant(header.credits);
            return Ok(());
        }
        if pending.signed && !encrypted {
            self.verify(packet)?;
        }
        if header.status == NtStatus::PENDING {
            return Err(DecodeError::invalid("interim response").into());
        }
        self.window.grant(header.credits);
        match self.outstanding.remove(header.message_id) {
            Some(pending) => self.answered(pending, packet),
            None => Ok(()),
        }
    }

    fn verify(&self, packet: &Packet<'_>) -> Result<(), Error> {
        let header = &packet.header;
        let session = self.session.as_ref().ok_or(Violation::WrongSession)?;
        match session.verify(packet.bytes) {
            // A server that has forgotten the session has no key to sign this (3.3.5.2.9); some servers return the
            // request's own signature.
            Err(Violation::Unsigned | Violation::BadSignature)
                if header.status == NtStatus::USER_SESSION_DELETED =>
            {
                Err(Error::SessionDeleted { proven: false })
            }
            Err(violation) => Err(violation.into()),
            Ok(()) if header.session_id != session.id => Err(Violation::WrongSession.into()),
            Ok(()) => Ok(()),
        }
    }

    fn answered(&mut self, pending: Pending, packet: &Packet<'_>) -> Result<(), Error> {
        match pending.purpose {
            Purpose::Negotiate => self.negotiate_answered(packet),
            Purpose::SessionSetup => self.session_setup_answered(packet),
            Purpose::ValidateNegotiate(held) => self.validate_answered(packet, *held),
            Purpose::User(request) => {
                let answer = Answer { request, header: packet.header, bytes: packet.bytes.to_vec() };
                self.deliver(answer)
            }
        }
    }

    /// Records what an answer changes, and reports the answer.
    fn deliver(&mut self, answer: Answer) -> Result<(), Error> {
        let header = answer.header;
        let ended = header.status == NtStatus::USER_SESSION_DELETED
            || header.command == Command::LOGOFF && header.status.is_success();
        if ended {
            self.events.push_back(Event::Answered(answer));
            self.end_session();
        } else if header.command == Command::TREE_CONNECT && header.status.is_success() {
            return self.tree_connected(answer);
        } else {
            self.events.push_back(Event::Answered(answer));
        }
        Ok(())
    }

    fn end_session(&mut self) {
        // The keys stay: the server still answers outstanding requests with them.
        if !std::mem::replace(&mut self.session_ended, true) {
            self.waiting.clear();
            self.events.push_back(Event::SessionEnded);
        }
    }

    fn unsolicited(&mut self, packet: &Packet<'_>, encrypted: bool) -> Result<(), Error> {
        if self.session.as_ref().is_some_and(|session| session.encrypt) && !encrypted {
            return Err(Violation::Plain.into());
        }
        match packet.header.command {
            Command::OPLOCK_BREAK => {
                let message = Unsolicited { header: packet.header, bytes: packet.bytes.to_vec() };
                self.events.push_back(Event::OplockBreak(message));
            }
            Command::SERVER_TO_CLIENT_NOTIFICATION
                if packet.body::<ServerNotification>()? == ServerNotification::SessionClosed =>
            {
                self.events.push_back(Event::SessionClosing);
            }
            // The client discards everything else (3.2.5.1.2).
            _ => {}
        }
        Ok(())
    }
}
