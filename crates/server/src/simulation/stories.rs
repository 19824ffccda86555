//! A client from its logon to its logoff. It runs here, in one thread, and over sockets against smbd, in
//! `conformance/tests/story.rs`.

use netsession_smb::client::{Chain, Event, Request, RequestId};
use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    ChangeNotifyFlags, ChangeNotifyRequest, CloseFlags, CloseRequest, Command, CompletionFilter,
    CreateDisposition, CreateOptions, CreateRequest, CreateResponse, FileId, ImpersonationLevel, LockElement,
    LockFlags, LockRequest, LogoffRequest, OplockLevel, ReadRequest, ReadResponse, ShareAccess,
    TreeConnectFlags, TreeConnectRequest, TreeDisconnectRequest, TreeId, WriteRequest,
};
use netsession_wire::NtStatus;

use super::world::{Lost, Peer, WATCHES_AT_ONCE, World};

/// The number of steps of a story.
pub(crate) const STEPS: usize = 11;

const DATA: [u8; 3000] = [0x5a; 3000];

/// One client's story.
pub(crate) struct Story {
    pub(crate) peer: Peer,
    done: usize,
    tree: TreeId,
    file: FileId,
    folder: FileId,
    pending: Vec<RequestId>,
    settled: Vec<NtStatus>,
}

impl Story {
    pub(crate) fn new(world: &World) -> Self {
        Self {
            peer: Peer::new(world),
            done: 0,
            tree: TreeId::NONE,
            file: FileId::NONE,
            folder: FileId::NONE,
            pending: Vec::new(),
            settled: Vec::new(),
        }
    }

    pub(crate) const fn done(&self) -> usize {
        self.done
    }

    pub(crate) fn run_to_end(&mut self) -> Result<(), Lost> {
        while self.done < STEPS {
            self.step()?;
        }
        Ok(())
    }

    /// Takes the next step, and checks its result.
    pub(crate) fn step(&mut self) -> Result<(), Lost> {
        match self.done {
            0 => {
                let events = self.peer.log_in()?;
                assert!(events.iter().any(|event| matches!(event, Event::LoggedIn)), "{events:?}");
            }
            1 => self.connect()?,
            2 => self.file = self.create("file", CreateOptions::NON_DIRECTORY_FILE)?,
            3 => self.expect(&WriteRequest::new(self.file, 0, &DATA))?,
            4 => assert_eq!(self.lock(false)?, Some(NtStatus::SUCCESS)),
            5 => self.read()?,
            6 => {
                self.folder = self.create("", CreateOptions::DIRECTORY_FILE)?;
                self.watch_others()?;
            }
            7 => {
                let other =
                    self.create("other", CreateOptions::NON_DIRECTORY_FILE | CreateOptions::DELETE_ON_CLOSE)?;
                self.others_were_seen()?;
                self.watch_others()?;
                self.expect(&CloseRequest { flags: CloseFlags::POSTQUERY_ATTRIB, file_id: other })?;
                self.others_were_seen()?;
            }
            8 => {
                self.watch()?;
                self.expect(&CloseRequest { flags: CloseFlags::empty(), file_id: self.folder })?;
                assert_eq!(self.due()?, [NtStatus::NOTIFY_CLEANUP]);
                self.expect(&CloseRequest { flags: CloseFlags::empty(), file_id: self.file })?;
            }
            9 => self.expect(&TreeDisconnectRequest)?,
            _ => self.expect(&LogoffRequest)?,
        }
        self.done += 1;
        Ok(())
    }

    fn connect(&mut self) -> Result<(), Lost> {
        let (flags, path) = (TreeConnectFlags::empty(), r"\\world\data".to_owned());
        let asked = TreeConnectRequest { flags, path, contexts: None };
        let events = self.peer.ask_one(TreeId::NONE, &asked)?;
        let [Event::Answered(answer)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(answer.status(), NtStatus::SUCCESS);
        self.tree = answer.header().tree_id().unwrap();
        Ok(())
    }

    fn create(&mut self, name: &str, create_options: CreateOptions) -> Result<FileId, Lost> {
        let folder = create_options.contains(CreateOptions::DIRECTORY_FILE);
        // Request only the access that the story uses: the owner of a file on smbd does not have all access.
        let all = AccessMask::FILE_READ | AccessMask::FILE_WRITE | AccessMask::DELETE;
        let desired_access = if folder { AccessMask::GENERIC_READ } else { all };
        let asked = CreateRequest {
            requested_oplock_level: OplockLevel::NONE,
            impersonation_level: ImpersonationLevel::IMPERSONATION,
            desired_access,
            file_attributes: FileAttributes::empty(),
            share_access: ShareAccess::all(),
            create_disposition: CreateDisposition::OPEN_IF,
            create_options,
            name: name.to_owned(),
            contexts: Vec::new(),
        };
        let (ids, events) = self.peer.ask(Chain::new(self.tree, &asked).unwrap())?;
        let mut created = None;
        for event in events {
            match event {
                Event::Answered(answer) if ids.contains(&answer.request()) => {
                    assert_eq!(answer.status(), NtStatus::SUCCESS, "{name}");
                    created = Some(answer.body::<CreateResponse>().unwrap().file_id);
                }
                event => self.note(&event),
            }
        }
        Ok(created.expect("a create is answered at once"))
    }

    fn read(&mut self) -> Result<(), Lost> {
        let length = u32::try_from(DATA.len()).unwrap();
        let events = self.peer.ask_one(self.tree, &ReadRequest::new(self.file, 0, length))?;
        let [Event::Answered(answer)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(answer.body::<ReadResponse<'_>>().unwrap().data, DATA);
        Ok(())
    }

    fn watch_others(&mut self) -> Result<(), Lost> {
        if WATCHES_AT_ONCE { self.watch() } else { Ok(()) }
    }

    fn others_were_seen(&mut self) -> Result<(), Lost> {
        if WATCHES_AT_ONCE {
            assert_eq!(self.due()?, [NtStatus::SUCCESS], "the watch sees what is made, and what goes");
        }
        Ok(())
    }

    fn watch(&mut self) -> Result<(), Lost> {
        let asked = ChangeNotifyRequest {
            flags: ChangeNotifyFlags::empty(),
            output_buffer_length: 1000,
            file_id: self.folder,
            completion_filter: CompletionFilter::FILE_NAME,
        };
        assert_eq!(self.ask(&asked)?, None, "nothing has changed yet");
        Ok(())
    }

    /// Locks the file's first byte, and waits for it or not; returns the answer, or `None` if the request waits.
    pub(crate) fn lock(&mut self, wait: bool) -> Result<Option<NtStatus>, Lost> {
        let patience = if wait { LockFlags::empty() } else { LockFlags::FAIL_IMMEDIATELY };
        self.range(LockFlags::EXCLUSIVE_LOCK | patience)
    }

    pub(crate) fn unlock(&mut self) -> Result<(), Lost> {
        assert_eq!(self.range(LockFlags::UNLOCK)?, Some(NtStatus::SUCCESS));
        Ok(())
    }

    fn range(&mut self, flags: LockFlags) -> Result<Option<NtStatus>, Lost> {
        let locks = vec![LockElement { offset: 0, length: 1, flags }];
        self.ask(&LockRequest { lock_sequence: 0, file_id: self.file, locks })
    }

    fn expect<'a, R: Request<'a>>(&mut self, request: &R) -> Result<(), Lost> {
        assert_eq!(self.ask(request)?, Some(NtStatus::SUCCESS), "{:?}", R::COMMAND);
        Ok(())
    }

    /// Returns the answer to one request; `None` if the server has only announced it.
    fn ask<'a, R: Request<'a>>(&mut self, request: &R) -> Result<Option<NtStatus>, Lost> {
        let chain = Chain::new(self.tree, request).unwrap();
        let (ids, events) = match R::COMMAND {
            Command::CHANGE_NOTIFY => self.peer.ask_for_later(chain)?,
            _ => self.peer.ask(chain)?,
        };
        let mut answered = None;
        for event in events {
            match event {
                Event::Answered(answer) if ids.contains(&answer.request()) => {
                    answered = Some(answer.status());
                }
                event => self.note(&event),
            }
        }
        Ok(answered)
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Pending(id) => self.pending.push(*id),
            Event::Answered(answer) => {
                assert!(self.pending.contains(&answer.request()), "an answer without a request");
                self.pending.retain(|id| *id != answer.request());
                self.settled.push(answer.status());
            }
            _ => {}
        }
    }

    /// The announced answers that have not arrived yet.
    pub(crate) fn waiting(&mut self) -> usize {
        let events = self.peer.events();
        self.take_events(events);
        self.pending.len()
    }

    /// Returns the announced answers that have arrived since the last call.
    pub(crate) fn settled(&mut self) -> Vec<NtStatus> {
        let events = self.peer.events();
        self.take_events(events);
        std::mem::take(&mut self.settled)
    }

    /// As `answered`, if an answer is due.
    fn due(&mut self) -> Result<Vec<NtStatus>, Lost> {
        if self.settled.is_empty() {
            let events = self.peer.awaited()?;
            self.take_events(events);
        }
        Ok(self.settled())
    }

    fn take_events(&mut self, events: Vec<Event>) {
        for event in events {
            self.note(&event);
        }
    }
}
