//! Processing the answer to TREE_CONNECT, and the check of the negotiation that follows the first one
//! ([MS-SMB2] 3.2.5.5).

use super::pending::Purpose;
use super::{Answer, Client, Error, Event, Violation, validate};
use crate::msg::{CtlCode, FileId, IoctlRequest, Packet, ShareFlags, TreeConnectResponse, TreeId};

impl Client {
    /// Records what the share requires. The first answer waits until the client has checked the negotiation.
    pub(super) fn tree_connected(&mut self, answer: Answer) -> Result<(), Error> {
        let response: TreeConnectResponse = answer.body()?;
        let tree_id = answer.header.tree_id().unwrap_or(TreeId::NONE);
        let session = self.session.as_mut().ok_or(Violation::WrongSession)?;
        if response.share_flags.contains(ShareFlags::ENCRYPT_DATA) {
            if session.cipher.is_none() {
                return Err(Error::EncryptionDemanded);
            }
            session.encrypted_trees.push(tree_id);
        }
        if std::mem::replace(&mut session.validated, true) {
            self.events.push_back(Event::Answered(answer));
            return Ok(());
        }
        let input = validate::request(&self.config, &self.entropy)?;
        let code = CtlCode::VALIDATE_NEGOTIATE_INFO;
        let request = IoctlRequest::fsctl(code, FileId::NONE, &input, validate::RESPONSE_SIZE);
        self.send_own(tree_id, &request, Purpose::ValidateNegotiate(Box::new(answer)))
    }

    pub(super) fn validate_answered(&mut self, packet: &Packet<'_>, held: Answer) -> Result<(), Error> {
        let negotiated = self.negotiated.as_ref().ok_or(Violation::WrongCommand)?;
        validate::check(negotiated, packet)?;
        self.events.push_back(Event::Answered(held));
        Ok(())
    }
}
