//! The requests: each of them valid, with fields that two bytes choose.

use netsession_smb::Structure;
use netsession_smb::fscc::{
    AccessMask, FileAllocationInformation, FileAttributes, FileDispositionInformation,
    FileEndOfFileInformation, FileInformationClass, FileLinkInformation, FileRenameInformation,
};
use netsession_smb::msg::create_context::{
    DurableFlags, DurableReconnect, DurableReconnectV2, DurableRequest, DurableRequestV2, Lease, LeaseFlags,
    LeaseState, LeaseV2,
};
use netsession_smb::msg::fsctl::{CopyChunk, CopyChunkRequest, ResumeKey};
use netsession_smb::msg::{
    BreakAcknowledgment, ChangeNotifyFlags, ChangeNotifyRequest, CloseFlags, CloseRequest, CompletionFilter,
    CreateContext, CreateDisposition, CreateOptions, CreateRequest, CtlCode, FileId, FlushRequest,
    ImpersonationLevel, InfoType, IoctlRequest, LeaseBreak, LeaseKey, LockElement, LockFlags, LockRequest,
    LogoffRequest, OplockBreak, OplockLevel, QueryDirectoryFlags, QueryDirectoryRequest, QueryInfoFlags,
    QueryInfoRequest, ReadRequest, SetInfoRequest, ShareAccess, TreeConnectFlags, TreeConnectRequest,
    TreeDisconnectRequest, WriteFlags, WriteRequest,
};
use netsession_wire::Guid;

use crate::oracle::client::{Client, Ids};
use crate::oracle::script::{Action, Step};

/// The names in the share.
const NAMES: [&str; 8] = ["", "a", "A", "b", r"d", r"d\a", r"d\b", "none\\x"];

const DATA: [u8; 256] = [0x5a; 256];

fn pick<T: Copy>(from: &[T], which: u8) -> Option<T> {
    from.get(usize::from(which) % from.len().max(1)).copied()
}

/// Adds the request of a step to the client's next frame.
pub(super) fn add(client: &mut Client, step: Step, ids: Ids) {
    let Step { a, b, .. } = step;
    let file_id = ids.file;
    let mut add = Adding { client, ids, is_signed: step.has(Step::SIGNED) };
    match step.action {
        Action::LogOff => add.of_session(&LogoffRequest),
        Action::Echo => add.of_session(&netsession_smb::msg::EchoRequest),
        Action::TreeConnect => {
            let path = pick(&[r"\\s\data", r"\\s\IPC$", r"\\s\data", r"\\s\none"], a).unwrap_or_default();
            let flags = TreeConnectFlags::empty();
            add.of_session(&TreeConnectRequest { flags, path: path.into(), contexts: None });
        }
        Action::TreeDisconnect => add.of_session(&TreeDisconnectRequest),
        Action::Create => {
            let number = add.client.number;
            add.of_session(&create(number, file_id, a, b));
        }
        Action::Close => {
            let flags = if a & 1 == 0 { CloseFlags::empty() } else { CloseFlags::POSTQUERY_ATTRIB };
            add.of_open(&CloseRequest { flags, file_id });
        }
        Action::Read => add.of_open(&ReadRequest::new(file_id, u64::from(a) * 16, size(b))),
        Action::Write => {
            let length = usize::from(b >> 2).saturating_mul(4);
            let flags = if a & 1 == 0 { WriteFlags::empty() } else { WriteFlags::WRITE_THROUGH };
            let data = DATA.get(..length).unwrap_or(&DATA);
            add.of_open(&WriteRequest { flags, ..WriteRequest::new(file_id, u64::from(a) * 16, data) });
        }
        Action::Flush => add.of_open(&FlushRequest { file_id }),
        Action::Lock | Action::Unlock => add.of_open(&lock(step.action, file_id, a, b)),
        Action::Control => control(&mut add, file_id, a, b),
        Action::Search => add.of_open(&search(file_id, a, b)),
        Action::Watch => {
            let flags = if a & 1 == 0 { ChangeNotifyFlags::empty() } else { ChangeNotifyFlags::WATCH_TREE };
            let completion_filter = CompletionFilter::from_bits_retain(0xfff ^ u32::from(a >> 1));
            add.of_open(&ChangeNotifyRequest {
                flags,
                output_buffer_length: size(b),
                file_id,
                completion_filter,
            });
        }
        Action::Query => {
            let info_type =
                pick(&[InfoType::FILE, InfoType::FILESYSTEM, InfoType::SECURITY, InfoType::QUOTA], b >> 6);
            add.of_open(&QueryInfoRequest {
                info_type: info_type.unwrap_or(InfoType::FILE),
                class: a,
                output_buffer_length: size(b),
                additional_information: u32::from(a & 7),
                flags: QueryInfoFlags::empty(),
                file_id,
                input: &[],
            });
        }
        Action::Set => set(&mut add, file_id, a, b),
        Action::GiveBack if b & 0x80 != 0 => {
            let lease_state = pick(&LEASES, a).unwrap_or_default();
            let acknowledged = LeaseBreak { lease_key: lease_key(add.client.number, b), lease_state };
            add.of_session(&BreakAcknowledgment::Lease(acknowledged));
        }
        Action::GiveBack => {
            let level = pick(&[OplockLevel::NONE, OplockLevel::II, OplockLevel::EXCLUSIVE], a);
            let oplock = OplockBreak { oplock_level: level.unwrap_or(OplockLevel::NONE), file_id };
            add.of_open(&BreakAcknowledgment::Oplock(oplock));
        }
        _ => {}
    }
}

/// The frame to which a request is added.
struct Adding<'a> {
    client: &'a mut Client,
    ids: Ids,
    is_signed: bool,
}

impl Adding<'_> {
    fn of_session<'a, M: netsession_smb::msg::Message<'a>>(&mut self, body: &M) {
        self.client.add(self.ids, false, self.is_signed, body);
    }

    fn of_open<'a, M: netsession_smb::msg::Message<'a>>(&mut self, body: &M) {
        self.client.add(self.ids, true, self.is_signed, body);
    }
}

/// Returns a length: mostly small, sometimes as much as the server allows.
fn size(b: u8) -> u32 {
    pick(&[256, 64, 20, 1000, 0, 4096, 65_536, 1], b >> 2).unwrap_or(64)
}

fn create(number: u8, file_id: FileId, a: u8, b: u8) -> CreateRequest {
    let disposition = pick(
        &[
            CreateDisposition::OPEN_IF,
            CreateDisposition::OPEN,
            CreateDisposition::CREATE,
            CreateDisposition::OVERWRITE_IF,
            CreateDisposition::SUPERSEDE,
        ],
        b,
    );
    let access = pick(
        &[
            AccessMask::MAXIMUM_ALLOWED,
            AccessMask::READ_DATA,
            AccessMask::READ_DATA | AccessMask::WRITE_DATA | AccessMask::DELETE,
            AccessMask::READ_ATTRIBUTES,
        ],
        b >> 3,
    );
    let share =
        pick(&[ShareAccess::all(), ShareAccess::all(), ShareAccess::READ, ShareAccess::empty()], b >> 5);
    let oplock =
        pick(&[OplockLevel::NONE, OplockLevel::BATCH, OplockLevel::EXCLUSIVE, OplockLevel::II], a >> 3);
    let mut options = match pick(NAMES.as_slice(), a) {
        Some("" | "d") => CreateOptions::DIRECTORY_FILE,
        _ => CreateOptions::NON_DIRECTORY_FILE,
    };
    if a & 0x80 != 0 {
        options |= CreateOptions::DELETE_ON_CLOSE;
    }
    let name = if a & 0x40 == 0 { pick(NAMES.as_slice(), a).unwrap_or_default() } else { "srvsvc" };
    if a & 0x40 != 0 {
        options = CreateOptions::empty();
    }
    let mut contexts = durability(file_id, b);
    let mut level = oplock.unwrap_or(OplockLevel::NONE);
    if a & 0x20 != 0 {
        level = OplockLevel::LEASE;
        contexts.extend(CreateContext::new(&lease(lease_key(number, a), a, b)));
    }
    CreateRequest {
        requested_oplock_level: level,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: access.unwrap_or(AccessMask::MAXIMUM_ALLOWED),
        file_attributes: FileAttributes::NORMAL,
        share_access: share.unwrap_or(ShareAccess::all()),
        create_disposition: disposition.unwrap_or(CreateDisposition::OPEN_IF),
        create_options: options,
        name: name.into(),
        contexts,
    }
}

/// What a client asks for with a lease.
const LEASES: [LeaseState; 4] = [
    LeaseState::all(),
    LeaseState::READ_CACHING,
    LeaseState::READ_CACHING.union(LeaseState::HANDLE_CACHING),
    LeaseState::empty(),
];

/// Returns a client's key for a name. All clients have one GUID, so another client's lease has another key.
fn lease_key(number: u8, name: u8) -> LeaseKey {
    LeaseKey([number << 3 | name & 7; 16])
}

fn lease(lease_key: LeaseKey, a: u8, b: u8) -> Lease {
    let v2 = (b & 1 != 0).then_some(LeaseV2 { parent_lease_key: LeaseKey::default(), epoch: 0 });
    let lease_state = pick(&LEASES, a >> 3 & 3).unwrap_or_default();
    Lease { lease_key, lease_state, flags: LeaseFlags::empty(), v2 }
}

/// Returns the contexts of a request that asks for a durable open, or reclaims the one that the client knows.
fn durability(file_id: FileId, b: u8) -> Vec<CreateContext> {
    if b & 0x80 == 0 {
        return Vec::new();
    }
    let (create_guid, flags) = (Guid([b >> 5; 16]), DurableFlags::empty());
    let context = match (b >> 3) & 3 {
        0 => CreateContext::new(&DurableRequest),
        1 => CreateContext::new(&DurableReconnect { file_id }),
        2 => CreateContext::new(&DurableRequestV2 { timeout: 10_000, flags, create_guid }),
        _ => CreateContext::new(&DurableReconnectV2 { file_id, create_guid, flags }),
    };
    context.into_iter().collect()
}

fn lock(action: Action, file_id: FileId, a: u8, b: u8) -> LockRequest {
    let flags = match action {
        Action::Unlock => LockFlags::UNLOCK,
        _ if b & 0x10 == 0 => LockFlags::EXCLUSIVE_LOCK,
        _ => LockFlags::SHARED_LOCK,
    };
    let patience = if b & 0x20 == 0 { LockFlags::empty() } else { LockFlags::FAIL_IMMEDIATELY };
    let count = if b & 0x40 == 0 { 1 } else { 2 };
    let range = |index: u64| LockElement {
        offset: u64::from(a & 0xf) + index * 32,
        length: u64::from(a >> 4),
        flags: if flags == LockFlags::UNLOCK { flags } else { flags | patience },
    };
    LockRequest { lock_sequence: 0, file_id, locks: (0..count).map(range).collect() }
}

fn search(file_id: FileId, a: u8, b: u8) -> QueryDirectoryRequest {
    let class = pick(
        &[
            FileInformationClass::NAMES,
            FileInformationClass::ID_BOTH_DIRECTORY,
            FileInformationClass::FULL_DIRECTORY,
            FileInformationClass::DIRECTORY,
        ],
        a >> 2,
    );
    let flags = pick(
        &[
            QueryDirectoryFlags::empty(),
            QueryDirectoryFlags::RESTART_SCANS,
            QueryDirectoryFlags::RETURN_SINGLE_ENTRY,
            QueryDirectoryFlags::REOPEN,
        ],
        a,
    );
    QueryDirectoryRequest {
        class: class.unwrap_or(FileInformationClass::NAMES),
        flags: flags.unwrap_or(QueryDirectoryFlags::empty()),
        file_index: 0,
        file_id,
        output_buffer_length: size(b),
        pattern: pick(&["*", "a*", "?", "none"], a >> 5).unwrap_or("*").into(),
    }
}

fn control(add: &mut Adding<'_>, file_id: FileId, a: u8, b: u8) {
    let code = pick(
        &[
            CtlCode::SRV_REQUEST_RESUME_KEY,
            CtlCode::SRV_COPYCHUNK,
            CtlCode::SET_SPARSE,
            CtlCode::SET_ZERO_DATA,
            CtlCode::QUERY_ALLOCATED_RANGES,
            CtlCode::PIPE_PEEK,
            CtlCode::PIPE_TRANSCEIVE,
            CtlCode::QUERY_NETWORK_INTERFACE_INFO,
            CtlCode::CREATE_OR_GET_OBJECT_ID,
        ],
        a,
    );
    let code = code.unwrap_or(CtlCode::PIPE_PEEK);
    let mut input = vec![b; 16];
    if code == CtlCode::SRV_COPYCHUNK {
        // The key of an open begins with its number.
        let mut key = [0; 24];
        if let Some(first) = key.first_mut() {
            *first = b & 0x1f;
        }
        let chunks = vec![CopyChunk { source_offset: 0, target_offset: u64::from(b), length: 64 }];
        input = CopyChunkRequest { source_key: ResumeKey(key), chunks }.to_bytes().unwrap_or_default();
    }
    add.of_open(&IoctlRequest::fsctl(code, file_id, &input, size(b)));
}

fn set(add: &mut Adding<'_>, file_id: FileId, a: u8, b: u8) {
    let name = pick(NAMES.as_slice(), b).unwrap_or_default().to_owned();
    let (class, input) = match a % 6 {
        0 => (
            FileInformationClass::DISPOSITION,
            FileDispositionInformation { delete_pending: b & 1 != 0 }.to_bytes(),
        ),
        1 => (
            FileInformationClass::RENAME,
            FileRenameInformation { replace_if_exists: a & 0x80 != 0, file_name: name }.to_bytes(),
        ),
        2 => (
            FileInformationClass::LINK,
            FileLinkInformation { replace_if_exists: a & 0x80 != 0, file_name: name }.to_bytes(),
        ),
        3 => (
            FileInformationClass::END_OF_FILE,
            FileEndOfFileInformation { end_of_file: u64::from(b) }.to_bytes(),
        ),
        4 => (
            FileInformationClass::ALLOCATION,
            FileAllocationInformation { allocation_size: u64::from(b) }.to_bytes(),
        ),
        _ => (FileInformationClass(b), Ok(vec![0; 64])),
    };
    let input = input.unwrap_or_default();
    let (info_type, class) = (InfoType::FILE, class.0);
    add.of_open(&SetInfoRequest { info_type, class, additional_information: 0, file_id, input: &input });
}
