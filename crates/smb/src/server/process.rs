use netsession_wire::NtStatus;

use super::block::Block;
use super::compound::{Admitted, Answer, Compound, Parked, Related, Wait};
use super::connection::{Connection, Negotiated};
use super::fatal::Fatal;
use super::host::{Decision, Host, Request};
use super::output::{Open, Output};
use super::pending::Operation;
use super::reply::{Announcing, Outcome, Reply, Written};
use super::session::{State, WaitingLogon};
use super::session_setup::SetUp;
use crate::crypto::{EncryptionKey, TRANSFORM_HEADER_SIZE};
use crate::msg::{
    CancelRequest, Capabilities, Command, CtlCode, EchoRequest, EchoResponse, Header, HeaderFlags,
    IoctlRequest, LogoffRequest, LogoffResponse, Packet, SessionId, TreeId,
};

/// The outcome of a request.
enum Handled {
    /// It was answered, or needs no answer.
    Done,
    /// It waits for the host.
    Waits(Admitted, Wait),
}

/// A request that has waited, and what it has waited for.
enum Resumed {
    Logon(Admitted, WaitingLogon, Decision),
    Postponed(Admitted, u16),
    Turn(Admitted),
}

impl Connection {
    /// Takes one frame of the client, without its 4 bytes of length, and decrypts it in place.
    ///
    /// While a logon waits ([`Connection::waiting_logon`]) or a request is postponed ([`Connection::is_postponed`]) the
    /// program must not read further frames.
    ///
    /// # Errors
    /// [`Fatal`]: the program closes the connection, after it has sent what `output` holds.
    /// [`Fatal::OutOfTurn`] for a frame that comes while a request waits.
    pub fn receive(
        &mut self,
        frame: &mut [u8],
        host: &mut dyn Host,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        if self.parked.is_some() {
            return Err(Fatal::OutOfTurn);
        }
        match frame.first_chunk::<4>() {
            Some(b"\xfeSMB") => Compound::new(None).process(self, frame, host, output),
            Some(b"\xfdSMB") => {
                let session = encrypted_session(frame)?;
                let keys = self.sessions.get(&session).and_then(|session| session.keys.as_ref());
                let (_, key) = keys.and_then(|keys| keys.session.cipher.as_ref()).ok_or(Fatal::Decryption)?;
                let plain = key.decrypt(frame).map_err(|_| Fatal::Decryption)?;
                if let Some(session) = self.sessions.get_mut(&session) {
                    session.spoke_encrypted = true;
                }
                Compound::new(Some(session)).process(self, plain, host, output)
            }
            Some(b"\xffSMB") => self.negotiate_smb1(frame, host, output),
            _ => Err(Fatal::NotSmb),
        }
    }

    /// Continues the waiting logon with the host's final decision, and then the rest of its frame, in which another
    /// logon may wait. [`Decision::Wait`] changes nothing, and neither does a call without a waiting logon.
    ///
    /// # Errors
    /// As [`Connection::receive`].
    pub fn resume_logon(
        &mut self,
        decision: Decision,
        host: &mut dyn Host,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        if matches!(decision, Decision::Wait) {
            return Ok(());
        }
        let Some(parked) = self.parked.take_if(|parked| parked.claim().is_some()) else { return Ok(()) };
        let Parked { compound, rest, frame, request, wait: Wait::Logon(logon) } = *parked else {
            return Ok(());
        };
        let frame = output.resume(&frame);
        let resumed = Some(Resumed::Logon(request, logon, decision));
        compound.run(self, &rest, resumed, host, output, frame)
    }

    /// Passes a postponed request to the host again, and continues the rest of its frame, in which another request may
    /// wait. Without a postponed request it does nothing.
    ///
    /// # Errors
    /// As [`Connection::receive`].
    pub fn resume(&mut self, host: &mut dyn Host, output: &mut Output) -> Result<(), Fatal> {
        let Some(parked) = self.parked.take_if(|parked| parked.claim().is_none()) else { return Ok(()) };
        let Parked { compound, rest, frame, request, wait } = *parked;
        let resumed = match wait {
            Wait::Host { credits } => Resumed::Postponed(request, credits),
            Wait::Turn => Resumed::Turn(request),
            Wait::Logon(_) => return Ok(()),
        };
        let frame = output.resume(&frame);
        compound.run(self, &rest, Some(resumed), host, output, frame)
    }
}

impl Compound {
    /// Answers each request of the frame in turn.
    fn process(
        self,
        connection: &mut Connection,
        bytes: &[u8],
        host: &mut dyn Host,
        output: &mut Output,
    ) -> Result<(), Fatal> {
        let frame = output.open(self.encrypted.is_some());
        self.run(connection, bytes, None, host, output, frame)
    }

    /// Answers the requests from `bytes` on, the first of which may have waited.
    fn run(
        mut self,
        connection: &mut Connection,
        bytes: &[u8],
        mut resumed: Option<Resumed>,
        host: &mut dyn Host,
        output: &mut Output,
        mut frame: Open,
    ) -> Result<(), Fatal> {
        let mut offset = 0_usize;
        for packet in Packet::split(bytes) {
            let packet = packet?;
            let handled = match resumed.take() {
                Some(Resumed::Logon(request, logon, decision)) => {
                    let resumed = Some((logon, decision));
                    self.set_up_session(connection, &packet, request, resumed, host, output, &frame)?
                }
                Some(Resumed::Postponed(request, credits)) => {
                    let start = frame.last_message();
                    let related = &request.related;
                    let outcome =
                        self.hand_over(connection, &packet, related, Some(credits), host, output, start)?;
                    self.conclude_unless_postponed(&packet.header, request, outcome, output, &frame)
                }
                // The server may have ended the session meanwhile, so it checks the request again.
                Some(Resumed::Turn(request)) => {
                    self.answer(connection, &packet, request, host, output, &frame)?
                }
                None => self.one(connection, &packet, host, output, &mut frame)?,
            };
            if let Handled::Waits(request, wait) = handled {
                let rest = Block::copy_of(bytes.get(offset..).unwrap_or_default())?;
                let frame = output.suspend(frame)?;
                let parked = Parked { compound: self, rest, frame, request, wait };
                connection.parked = Some(Box::new(parked));
                return Ok(());
            }
            offset = offset.saturating_add(packet.bytes.len());
        }
        self.finish(connection, output, frame)?;
        for id in self.cancelled {
            host.cancelled(id);
            connection.complete(id, output, |reply| reply.error(NtStatus::CANCELLED))?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        host: &mut dyn Host,
        output: &mut Output,
        frame: &mut Open,
    ) -> Result<Handled, Fatal> {
        if self.requests >= connection.settings.max_compound {
            return Err(Fatal::OutOfTurn);
        }
        self.requests = self.requests.saturating_add(1);
        let header = packet.header;
        if header.is_response() || header.command != Command::NEGOTIATE && connection.negotiated.is_none() {
            return Err(Fatal::OutOfTurn);
        }
        let related = self.related(&header);
        if header.command == Command::CANCEL {
            self.cancel(connection, packet, &related, host);
            return Ok(Handled::Done);
        }
        let multi_credit = connection.negotiated.as_ref().is_some_and(Negotiated::multi_credit);
        let charge = if multi_credit { header.credit_charge } else { 1 };
        if !connection.window.take(header.message_id.0, charge) {
            return Err(Fatal::MessageId);
        }
        output.message(frame);
        let is_unknown = !connection.sessions.contains_key(&related.session);
        let is_homeless =
            header.flags.contains(HeaderFlags::RELATED_OPERATIONS) && self.before.is_none() || is_unknown;
        self.answer(connection, packet, Admitted { related, is_unknown, is_homeless }, host, output, frame)
    }

    /// Answers a request that takes part in the frame, and whose answer begins at the end of the output.
    fn answer(
        &mut self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        request: Admitted,
        host: &mut dyn Host,
        output: &mut Output,
        frame: &Open,
    ) -> Result<Handled, Fatal> {
        let (header, related, start) = (packet.header, request.related, frame.last_message());
        let refused = self.refused(connection, packet, &related, host);
        let outcome = match refused.or_else(|| too_much(connection, output, frame)) {
            Some(status) => {
                let mut reply = Reply::to(&header, output, start, &mut connection.window);
                reply.error(status);
                reply.outcome(related.session)
            }
            None => match header.command {
                Command::NEGOTIATE => connection.negotiate(packet, host, output, start)?,
                Command::SESSION_SETUP => {
                    if connection.logon_may_block(packet, host) && !host.lets_logon_block() {
                        return Ok(Handled::Waits(request, Wait::Turn));
                    }
                    return self.set_up_session(connection, packet, request, None, host, output, frame);
                }
                Command::LOGOFF => connection.logoff(packet, related.session, host, output, start),
                _ => self.hand_over(connection, packet, &related, None, host, output, start)?,
            },
        };
        Ok(self.conclude_unless_postponed(&header, request, outcome, output, frame))
    }

    /// Adds the answer to a request, unless the host has postponed the request.
    fn conclude_unless_postponed(
        &mut self,
        header: &Header,
        request: Admitted,
        outcome: Outcome,
        output: &mut Output,
        frame: &Open,
    ) -> Handled {
        if let Written::Postponed(credits) = outcome.written {
            return Handled::Waits(request, Wait::Host { credits });
        }
        self.conclude(header, request, outcome, output, frame);
        Handled::Done
    }

    /// Takes a step of a logon, which may have waited.
    #[expect(clippy::too_many_arguments, reason = "a request and all that is around it")]
    fn set_up_session(
        &mut self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        request: Admitted,
        resumed: Option<(WaitingLogon, Decision)>,
        host: &mut dyn Host,
        output: &mut Output,
        frame: &Open,
    ) -> Result<Handled, Fatal> {
        match connection.session_setup(packet, resumed, host, output, frame.last_message())? {
            SetUp::Waits(logon) => Ok(Handled::Waits(request, Wait::Logon(logon))),
            SetUp::Answered(outcome) => {
                self.conclude(&packet.header, request, outcome, output, frame);
                Ok(Handled::Done)
            }
        }
    }

    /// Adds the answer to a request.
    fn conclude(
        &mut self,
        header: &Header,
        request: Admitted,
        outcome: Outcome,
        output: &mut Output,
        frame: &Open,
    ) {
        let start = frame.last_message();
        if request.is_unknown && outcome.written == Written::Answer(NtStatus::USER_SESSION_DELETED) {
            // There is no key here. Clients know the status, which precedes any check of a signature, by the request's
            // own signature that the server returns.
            output.echo_signature(start, header);
        }
        self.record(header, request.related, outcome, start.saturating_sub(frame.start()));
        if request.is_homeless && header.command != Command::SESSION_SETUP {
            // A request that is related to one without a session has nothing to relate to ([MS-SMB2] 3.3.5.2.7.2).
            self.before = None;
        }
    }

    /// Returns the numbers of a request. A related request has those of the one before it, whatever its header has: some
    /// clients leave zeros there ([MS-SMB2] 3.3.5.2.7.2).
    fn related(&self, header: &Header) -> Related {
        let own = Related {
            session: header.session_id,
            tree: header.tree_id().unwrap_or(TreeId::NONE),
            file: None,
            failure: None,
        };
        self.before.filter(|_| header.flags.contains(HeaderFlags::RELATED_OPERATIONS)).unwrap_or(own)
    }

    /// Returns why the server refuses a request before it processes it ([MS-SMB2] 3.3.5.2.4, 3.3.5.2.9).
    fn refused(
        &self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        related: &Related,
        host: &dyn Host,
    ) -> Option<NtStatus> {
        let header = &packet.header;
        if header.flags.contains(HeaderFlags::RELATED_OPERATIONS) && self.before.is_none() {
            return Some(NtStatus::INVALID_PARAMETER);
        }
        if self.encrypted.is_some_and(|session| session != related.session) {
            return Some(NtStatus::ACCESS_DENIED);
        }
        let session = connection.sessions.get_mut(&related.session);
        let free = matches!(header.command, Command::NEGOTIATE | Command::SESSION_SETUP)
            || header.command == Command::ECHO && related.session == SessionId::NONE;
        let Some(session) = session else {
            return (!free).then_some(NtStatus::USER_SESSION_DELETED);
        };
        if session.state == State::InProgress && !free {
            return Some(NtStatus::USER_SESSION_DELETED);
        }
        let keys = session.keys.as_ref()?;
        if self.encrypted.is_none() {
            let signed = header.flags.contains(HeaderFlags::SIGNED);
            let setup = header.command == Command::SESSION_SETUP;
            if signed && keys.signing.verify(packet.bytes).is_err() {
                return Some(NtStatus::ACCESS_DENIED);
            }
            // If everything must be signed, so must a logon that renews the session.
            let required = if setup { keys.session.signing_required } else { keys.signing_required };
            let is_waived = || {
                let can_be = keys.can_waive_signing && !setup && !session.spoke_signed;
                can_be && host.accepts_unsigned(packet, related.session, related.tree)
            };
            if !signed && required && !is_waived() || keys.session.encrypt && !setup {
                return Some(NtStatus::ACCESS_DENIED);
            }
            session.spoke_signed |= signed && !setup;
        }
        (session.state == State::Ended).then_some(NtStatus::USER_SESSION_DELETED)
    }

    /// Passes a request about files and shares to the host. A postponed request already has its `credits`.
    #[expect(clippy::too_many_arguments, reason = "a request and all that is around it")]
    fn hand_over(
        &self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        related: &Related,
        credits: Option<u16>,
        host: &mut dyn Host,
        output: &mut Output,
        start: usize,
    ) -> Result<Outcome, Fatal> {
        let negotiated = connection.negotiated.as_ref().ok_or(Fatal::OutOfTurn)?;
        let request = Request {
            packet: *packet,
            session: related.session,
            tree: related.tree,
            dialect: negotiated.facts.dialect,
            encrypted: self.encrypted.is_some(),
            signed: packet.header.flags.contains(HeaderFlags::SIGNED),
            multi_channel: negotiated.server_capabilities.contains(Capabilities::MULTI_CHANNEL),
            related_file: related.file,
            related_failure: related.failure,
            multi_credit: negotiated.multi_credit(),
        };
        let credits = credits.unwrap_or_else(|| connection.window.grant(packet.header.credits));
        let mut reply =
            Reply::with_credits(&packet.header, output, start, credits).about(related.session, related.tree);
        if packet.header.next_command == 0 {
            let (pending, session) = (&mut connection.pending, related.session);
            let operation = Operation { request: packet.header, session, encrypted: request.encrypted };
            reply = reply.announcing(Announcing { pending, operation });
        }
        match packet.header.command {
            Command::ECHO => match packet.body::<EchoRequest>() {
                Ok(EchoRequest) => reply.ok(&EchoResponse),
                Err(_) => reply.error(NtStatus::INVALID_PARAMETER),
            },
            Command::IOCTL if is_validation(packet) => {
                negotiated.validate(&connection.settings, packet, &mut reply)?;
            }
            _ => host.request(&request, &mut reply),
        }
        if !reply.is_written() {
            reply.error(NtStatus::INTERNAL_ERROR);
        }
        Ok(reply.outcome(related.session))
    }

    /// Keeps what the rest of the frame needs to know about an answer.
    fn record(&mut self, header: &Header, related: Related, outcome: Outcome, start: usize) {
        let Outcome { written, opened, session, tree, is_protected } = outcome;
        let failed = match written {
            Written::Answer(status) if status.is_error() => Some(status),
            _ => None,
        };
        // A failed create fails every request that uses its open.
        let failure = if header.command == Command::CREATE { failed } else { related.failure };
        let file = match header.command {
            Command::CREATE => opened,
            _ => opened.or(related.file),
        };
        self.before = Some(Related { session, tree: tree.unwrap_or(related.tree), file, failure });
        let announcement = written == Written::Announcement;
        // Sign a final SESSION_SETUP answer even if the request could not be signed.
        let set_up =
            header.command == Command::SESSION_SETUP && written == Written::Answer(NtStatus::SUCCESS);
        let signed = header.flags.contains(HeaderFlags::SIGNED) || set_up;
        let sign = (signed && !announcement && !is_protected && self.encrypted.is_none()).then_some(session);
        self.answers.push(Answer { start, sign, announcement });
    }

    /// Cancels an announced answer; a CANCEL itself has none ([MS-SMB2] 3.3.5.16).
    fn cancel(
        &mut self,
        connection: &mut Connection,
        packet: &Packet<'_>,
        related: &Related,
        host: &dyn Host,
    ) {
        let refused = self.refused(connection, packet, related, host).is_some();
        let meant = connection.pending.find(&packet.header, related.session);
        if packet.body::<CancelRequest>().is_ok() && !refused {
            self.cancelled.extend(meant);
        }
    }

    /// Signs or encrypts the answers. An announcement at the end of a compound gets a frame of its own.
    fn finish(&self, connection: &Connection, output: &mut Output, mut frame: Open) -> Result<(), Fatal> {
        let key = self.key(connection)?;
        let apart = self.answers.last().filter(|last| last.announcement && self.answers.len() > 1);
        let position = |answer: &Answer| frame.start().saturating_add(answer.start);
        let apart = apart.map(position);
        let starts: Vec<usize> = self.answers.iter().map(position).collect();
        let announcement = apart.map(|start| output.take_last(&mut frame, start));
        if starts.len() > 1 + usize::from(announcement.is_some()) {
            // The last response of several is padded like the others ([MS-SMB2] 3.3.4.1.3).
            output.pad(&frame);
        }
        let end = output.position();
        let ends = starts.iter().copied().skip(1).chain(std::iter::once(end));
        for ((answer, start), end) in self.answers.iter().zip(&starts).zip(ends) {
            let session = answer.sign.and_then(|id| connection.sessions.get(&id));
            if let Some(keys) = session.and_then(|session| session.keys.as_ref()) {
                output.sign(*start..end, &keys.signing)?;
            }
        }
        output.close(frame, key)?;
        if let Some(announcement) = announcement {
            let mut frame = output.open(self.encrypted.is_some());
            output.message(&mut frame);
            output.push(&announcement);
            output.close(frame, key)?;
        }
        Ok(())
    }

    /// Returns the key that encrypts the answers to an encrypted frame.
    fn key<'a>(&self, connection: &'a Connection) -> Result<Option<(u64, &'a EncryptionKey)>, Fatal> {
        let Some(id) = self.encrypted else { return Ok(None) };
        let keys = connection.sessions.get(&id).and_then(|session| session.keys.as_ref());
        let cipher = keys.and_then(|keys| keys.session.cipher.as_ref());
        cipher.map(|(key, _)| Some((id.0, key))).ok_or(Fatal::Keys)
    }
}

/// Returns the status of a request whose answer has no room, because the answers before it in the frame are as long as
/// the longest answer. So their memory is at most twice that.
fn too_much(connection: &Connection, output: &Output, frame: &Open) -> Option<NtStatus> {
    let most = usize::try_from(connection.settings.max_size).unwrap_or(usize::MAX);
    (output.length_of(frame) > most).then_some(NtStatus::INSUFFICIENT_RESOURCES)
}

/// FSCTL_VALIDATE_NEGOTIATE_INFO, which is about the connection.
fn is_validation(packet: &Packet<'_>) -> bool {
    packet.body::<IoctlRequest<'_>>().is_ok_and(|ioctl| ioctl.ctl_code == CtlCode::VALIDATE_NEGOTIATE_INFO)
}

impl Connection {
    /// Ends the session of a LOGOFF ([MS-SMB2] 3.3.5.6).
    fn logoff(
        &mut self,
        packet: &Packet<'_>,
        session: SessionId,
        host: &mut dyn Host,
        output: &mut Output,
        start: usize,
    ) -> Outcome {
        let mut reply = Reply::to(&packet.header, output, start, &mut self.window);
        let Ok(LogoffRequest) = packet.body() else {
            reply.error(NtStatus::INVALID_PARAMETER);
            return reply.outcome(session);
        };
        reply.ok(&LogoffResponse);
        let outcome = reply.outcome(session);
        // Its keys stay: they sign this answer and the announced ones.
        self.end_session(session);
        host.logged_off(session);
        outcome
    }
}

/// The session that an encrypted frame names ([MS-SMB2] 2.2.41).
fn encrypted_session(frame: &[u8]) -> Result<SessionId, Fatal> {
    let field = frame.get(44..TRANSFORM_HEADER_SIZE).and_then(|field| field.first_chunk());
    field.map(|field| SessionId(u64::from_le_bytes(*field))).ok_or(Fatal::Decryption)
}
