use netsession_wire::{NtStatus, Writer};

use super::output::Output;
use super::pending::{Operation, Pending};
use super::window::Window;
use crate::msg::{
    AsyncId, Body, Command, ErrorData, ErrorResponse, FileId, Form, Header, ReadResponse, SessionId, TreeId,
};

/// The most announced answers of one connection, so that a client cannot fill the memory.
const PENDING_LIMIT: usize = 4096;

/// Takes the answer to one request. It ignores a second answer.
#[derive(Debug)]
pub struct Reply<'a> {
    output: &'a mut Output,
    start: usize,
    header: Header,
    announcing: Option<Announcing<'a>>,
    written: Written,
    opened: Option<FileId>,
}

/// The values for announcing an answer.
#[derive(Debug)]
pub(super) struct Announcing<'a> {
    pub(super) pending: &'a mut Pending,
    pub(super) operation: Operation,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) written: Written,
    /// The open of the request.
    pub(super) opened: Option<FileId>,
    pub(super) session: SessionId,
    pub(super) tree: Option<TreeId>,
    /// The answer is already signed, or must not be signed.
    pub(super) is_protected: bool,
}

/// The content of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing yet.
    Nothing,
    /// The answer, with this status.
    Answer(NtStatus),
    /// An announcement of a later answer.
    Announcement,
    /// The host carries the request out later, with these credits in the answer.
    Postponed(u16),
}

impl<'a> Reply<'a> {
    /// Returns the answer to `request`, with the credits that `window` grants for it.
    pub(super) fn to(request: &Header, output: &'a mut Output, start: usize, window: &mut Window) -> Self {
        let credits = window.grant(request.credits);
        Self::with_credits(request, output, start, credits)
    }

    /// Returns the answer to `request`, with credits that the server has granted before.
    pub(super) fn with_credits(request: &Header, output: &'a mut Output, start: usize, credits: u16) -> Self {
        let header = Header { credits, ..request.response(NtStatus::SUCCESS) };
        Self { output, start, header, announcing: None, written: Written::Nothing, opened: None }
    }

    /// Returns the answer that was announced as `id`; the announcement has granted its credits.
    pub(super) fn late(request: &Header, id: AsyncId, output: &'a mut Output, start: usize) -> Self {
        let header = Header { credits: 0, form: Form::Async(id), ..request.response(NtStatus::SUCCESS) };
        Self { output, start, header, announcing: None, written: Written::Nothing, opened: None }
    }

    pub(super) fn announcing(mut self, announcing: Announcing<'a>) -> Self {
        self.announcing = Some(announcing);
        self
    }

    pub(super) const fn of_session(mut self, session: SessionId) -> Self {
        self.header.session_id = session;
        self
    }

    /// Sets the numbers that a related request has inherited.
    pub(super) fn about(mut self, session: SessionId, tree: TreeId) -> Self {
        self.header.session_id = session;
        self.tree(tree);
        self
    }

    /// Returns the outcome; `session` protects the answer.
    pub(super) fn outcome(self, session: SessionId) -> Outcome {
        let (written, opened, tree) = (self.written, self.opened, self.header.tree_id());
        Outcome { written, opened, session, tree, is_protected: false }
    }

    /// Returns whether an answer was written or announced.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written != Written::Nothing
    }

    /// Sets the tree connection of the answer: for TREE_CONNECT, whose request has none.
    pub fn tree(&mut self, tree: TreeId) {
        if let Form::Sync { tree_id, .. } = &mut self.header.form {
            *tree_id = tree;
        }
    }

    /// Sets the open of the answer, for the requests after it in a related compound.
    pub const fn file(&mut self, file_id: FileId) {
        self.opened = Some(file_id);
    }

    /// Postpones the request, which must not have had any effect yet: the server answers neither this nor a later
    /// request of the frame before [`super::Connection::resume`], which passes the request to the host again.
    ///
    /// An answer that the host has already written stays.
    pub fn postpone(&mut self) {
        if !self.is_written() {
            self.written = Written::Postponed(self.header.credits);
        }
    }

    /// Answers with success.
    pub fn ok<'b>(&mut self, body: &impl Body<'b>) {
        self.send(NtStatus::SUCCESS, body);
    }

    /// Answers with a status that has an ordinary body, such as STATUS_BUFFER_OVERFLOW.
    pub fn send<'b>(&mut self, status: NtStatus, body: &impl Body<'b>) {
        if let Err(status) = self.write(status, body) {
            self.error(status);
        }
    }

    /// Answers with an error.
    pub fn error(&mut self, status: NtStatus) {
        self.error_with(status, ErrorData::default());
    }

    /// Answers with an error and its data ([MS-SMB2] 2.2.2.2).
    pub fn error_with(&mut self, status: NtStatus, data: ErrorData) {
        // An error is short: it has no length that could be too long.
        let _ = self.write(status, &ErrorResponse { data });
    }

    /// Answers a READ: `fill` gets a buffer of `length` bytes, and returns how many it has written.
    pub fn read(
        &mut self,
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(usize, NtStatus), NtStatus>,
    ) {
        if self.is_written() {
            return;
        }
        let head = self.output.position();
        let mut writer = Writer::after(Vec::with_capacity(80));
        self.header.encode(&mut writer);
        if ReadResponse::encode_head(0, &mut writer).is_err() {
            return self.error(NtStatus::INTERNAL_ERROR);
        }
        if self.output.reserve(length.saturating_add(writer.position())).is_err() {
            return self.error(NtStatus::INSUFFICIENT_RESOURCES);
        }
        self.output.push(writer.as_slice());
        let data = self.output.position();
        let filled = fill(self.output.room(length));
        match filled {
            Err(status) => {
                self.output.truncate(head);
                self.error(status);
            }
            Ok((count, status)) => {
                let count = count.min(length);
                self.output.truncate(data.saturating_add(count));
                self.header.status = status;
                let mut writer = Writer::after(Vec::with_capacity(80));
                self.header.encode(&mut writer);
                if ReadResponse::encode_head(count, &mut writer).is_ok() {
                    self.output.fill(head, writer.as_slice());
                }
                if count == 0 {
                    // The buffer has one byte even if `fill` has read nothing.
                    self.output.push(&[0]);
                }
                self.written = Written::Answer(status);
            }
        }
    }

    /// Returns whether the answer can come later.
    #[must_use]
    pub const fn can_be_announced(&self) -> bool {
        self.announcing.is_some()
    }

    /// Announces a later answer to the client; [`super::Connection::complete`] sends it.
    ///
    /// # Errors
    /// The status to answer with if this is not possible: in the middle of a compound, or with too many announced
    /// answers.
    pub fn announce(&mut self) -> Result<AsyncId, NtStatus> {
        let Announcing { pending, operation } = self.announcing.take().ok_or(NtStatus::INTERNAL_ERROR)?;
        if self.is_written() {
            return Err(NtStatus::INTERNAL_ERROR);
        }
        if pending.len() >= PENDING_LIMIT {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        let id = pending.add(operation);
        self.header.form = Form::Async(id);
        self.error(NtStatus::PENDING);
        self.written = Written::Announcement;
        Ok(id)
    }

    fn write<'b>(&mut self, status: NtStatus, body: &impl Body<'b>) -> Result<(), NtStatus> {
        if self.is_written() {
            return Ok(());
        }
        self.header.status = status;
        let mut writer = Writer::new();
        if !writer.has_memory_for(body.data_length().saturating_add(256)) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        self.header.encode(&mut writer);
        body.encode(&mut writer).map_err(|_| NtStatus::INTERNAL_ERROR)?;
        debug_assert_eq!(self.output.position(), self.start, "an answer starts where its message does");
        self.output.reserve(writer.position()).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        self.output.push(writer.as_slice());
        self.written = Written::Answer(status);
        Ok(())
    }

    /// Returns the command of the request.
    #[must_use]
    pub const fn command(&self) -> Command {
        self.header.command
    }
}
