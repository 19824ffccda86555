use netsession_smb::Structure;
use netsession_smb::client::Chain;
use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::fsctl::{
    CopyChunk, CopyChunkRequest, CopyChunkResponse, ResumeKey, ResumeKeyResponse,
};
use netsession_smb::msg::{
    CloseFlags, CloseRequest, CreateOptions, CreateRequest, CtlCode, FileId, IoctlRequest,
};
use netsession_wire::NtStatus;

use super::{ShareClient, create};
use crate::simulation::world::World;

fn key(client: &mut ShareClient, file: FileId) -> ResumeKey {
    let request = IoctlRequest::fsctl(CtlCode::SRV_REQUEST_RESUME_KEY, file, &[], 32);
    let (status, output) = client.control(&request);
    assert_eq!(status, NtStatus::SUCCESS);
    ResumeKeyResponse::from_bytes(&output).unwrap().resume_key
}

fn copy(
    client: &mut ShareClient,
    target: FileId,
    source_key: ResumeKey,
    chunks: &[(u64, u64, u32)],
) -> (NtStatus, Option<CopyChunkResponse>) {
    let chunk = |(source_offset, target_offset, length): &(u64, u64, u32)| CopyChunk {
        source_offset: *source_offset,
        target_offset: *target_offset,
        length: *length,
    };
    let request = CopyChunkRequest { source_key, chunks: chunks.iter().map(chunk).collect() };
    let input = request.to_bytes().unwrap();
    let (status, output) = client.control(&IoctlRequest::fsctl(CtlCode::SRV_COPYCHUNK, target, &input, 12));
    (status, CopyChunkResponse::from_bytes(&output).ok())
}

/// A failure here would let a client believe that the server compresses a file, or change what it may only read.
#[test]
fn files_stay_uncompressed() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    let mut set = |file, format: &[u8]| {
        client.control(&IoctlRequest::fsctl(CtlCode::SET_COMPRESSION, file, format, 0)).0
    };
    assert_eq!(set(file, &[0, 0]), NtStatus::SUCCESS);
    assert_eq!((set(file, &[1, 0]), set(file, &[2, 0])), (NtStatus::NOT_SUPPORTED, NtStatus::NOT_SUPPORTED));
    assert_eq!(
        (set(file, &[3, 0]), set(file, &[0])),
        (NtStatus::INVALID_PARAMETER, NtStatus::INVALID_PARAMETER)
    );
    let read = CreateRequest { desired_access: AccessMask::READ_DATA, ..create("f", CreateOptions::empty()) };
    let read = client.open(&read);
    let set = client.control(&IoctlRequest::fsctl(CtlCode::SET_COMPRESSION, read, &[0, 0], 0)).0;
    assert_eq!(set, NtStatus::ACCESS_DENIED);
}

/// A failure here would keep a program from copying what it may execute, or let it copy what it may not read.
#[test]
fn a_source_to_execute_can_be_copied() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let (source, target) = (client.file("source"), client.file("target"));
    assert_eq!(client.write(source, 0, b"0123456789"), NtStatus::SUCCESS);
    for (desired_access, expected) in [
        (AccessMask::EXECUTE, NtStatus::SUCCESS),
        (AccessMask::READ_ATTRIBUTES, NtStatus::ACCESS_DENIED),
        (AccessMask::WRITE_DATA, NtStatus::ACCESS_DENIED),
    ] {
        let source =
            client.open(&CreateRequest { desired_access, ..create("source", CreateOptions::empty()) });
        let key = key(&mut client, source);
        assert_eq!(copy(&mut client, target, key, &[(0, 0, 10)]).0, expected, "{desired_access:?}");
    }
}

/// A failure here would make a server-side copy differ from its source, or hide from the client how far it came.
#[test]
fn a_copy_is_made_on_the_server() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let (source, target) = (client.file("source"), client.file("target"));
    assert_eq!(client.write(source, 0, b"0123456789"), NtStatus::SUCCESS);
    let key = key(&mut client, source);
    let done = |chunks_written, total_bytes_written| {
        Some(CopyChunkResponse { chunks_written, chunk_bytes_written: 0, total_bytes_written })
    };
    assert_eq!(copy(&mut client, target, key, &[(5, 0, 5), (0, 5, 5)]), (NtStatus::SUCCESS, done(2, 10)));
    let past = copy(&mut client, target, key, &[(0, 0, 5), (8, 5, 5)]);
    assert_eq!(past, (NtStatus::INVALID_VIEW_SIZE, done(1, 5)));
    let (status, limits) = copy(&mut client, target, key, &[(0, 0, 2 << 20)]);
    assert_eq!((status, limits.unwrap().chunk_bytes_written), (NtStatus::INVALID_PARAMETER, 1 << 20));
    let stranger = copy(&mut client, target, ResumeKey([0xaa; 24]), &[(0, 0, 1)]);
    assert_eq!(stranger.0, NtStatus::OBJECT_NAME_NOT_FOUND);
    let mut other = ShareClient::new(&world, "data");
    let theirs = other.file("theirs");
    assert_eq!(
        copy(&mut other, theirs, key, &[(0, 0, 1)]).0,
        NtStatus::OBJECT_NAME_NOT_FOUND,
        "another session's"
    );
}

/// A failure here would destroy other data of a virtual disk that releases space, or return released data.
#[test]
fn holes_read_as_zeros_and_are_listed() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    assert_eq!(client.write(file, 0, &[7; 4 << 16]), NtStatus::SUCCESS);
    let two = |a: u64, b: u64| [a.to_le_bytes(), b.to_le_bytes()].concat();
    let zero = two(1 << 16, 2 << 16);
    let (status, _) = client.control(&IoctlRequest::fsctl(CtlCode::SET_ZERO_DATA, file, &zero, 0));
    if status == NtStatus::NOT_SUPPORTED {
        return;
    }
    assert_eq!(status, NtStatus::SUCCESS);
    let all = two(0, 4 << 16);
    let ranges = IoctlRequest::fsctl(CtlCode::QUERY_ALLOCATED_RANGES, file, &all, 4096);
    assert_eq!(client.control(&ranges), (NtStatus::SUCCESS, all.clone()), "the file is not marked as sparse");
    assert_eq!(client.control(&IoctlRequest::fsctl(CtlCode::SET_SPARSE, file, &[], 0)).0, NtStatus::SUCCESS);
    let (status, output) = client.control(&ranges);
    assert_eq!(status, NtStatus::SUCCESS);
    assert!(output == [two(0, 1 << 16), two(2 << 16, 2 << 16)].concat() || output == all, "{output:?}");
    let backwards = two(5, 4);
    let request = IoctlRequest::fsctl(CtlCode::SET_ZERO_DATA, file, &backwards, 0);
    assert_eq!(client.control(&request).0, NtStatus::INVALID_PARAMETER);
}

/// A failure here would destroy bytes beside those that a virtual machine has released on its disk, or keep their space.
#[cfg(target_os = "linux")]
#[test]
fn a_trim_releases_whole_pages_only() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    assert_eq!(client.write(file, 0, &[7; 4 << 12]), NtStatus::SUCCESS);
    let trim = |key: u32, ranges: &[(u64, u64)]| {
        let count = u32::try_from(ranges.len()).unwrap();
        let ranges =
            ranges.iter().map(|(start, length)| [start.to_le_bytes(), length.to_le_bytes()].concat());
        [key.to_le_bytes().to_vec(), count.to_le_bytes().to_vec(), ranges.collect::<Vec<_>>().concat()]
            .concat()
    };
    let mut ask = |file, input: &[u8], room| {
        client.control(&IoctlRequest::fsctl(CtlCode::FILE_LEVEL_TRIM, file, input, room))
    };
    let ranges = trim(0, &[(1, (2 << 12) - 1), (3 << 12, 100)]);
    assert_eq!(ask(file, &ranges, 4), (NtStatus::SUCCESS, 2_u32.to_le_bytes().to_vec()));
    assert_eq!(ask(file, &ranges, 0), (NtStatus::SUCCESS, Vec::new()));
    for (input, room) in
        [(trim(0, &[]), 4), (trim(1, &[(0, 4096)]), 4), (ranges[..30].to_vec(), 4), (ranges.clone(), 3)]
    {
        assert_eq!(ask(file, &input, room).0, NtStatus::INVALID_PARAMETER, "{input:?}");
    }
    let read = CreateRequest { desired_access: AccessMask::READ_DATA, ..create("f", CreateOptions::empty()) };
    let read = client.open(&read);
    let input = trim(0, &[(0, 4 << 12)]);
    let refused = client.control(&IoctlRequest::fsctl(CtlCode::FILE_LEVEL_TRIM, read, &input, 4)).0;
    assert_eq!(refused, NtStatus::ACCESS_DENIED);
    let expected = [[7; 1 << 12], [0; 1 << 12], [7; 1 << 12], [7; 1 << 12]].concat();
    assert_eq!(client.read(read, 0, 4 << 12), expected);
}

/// A failure here would run the requests after a CREATE in one message on another file, or on none.
#[test]
fn related_requests_share_the_open() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let close = CloseRequest { flags: CloseFlags::empty(), file_id: FileId::NONE };
    let key = IoctlRequest::fsctl(CtlCode::SRV_REQUEST_RESUME_KEY, FileId::NONE, &[], 32);
    let chain = |name: &str| {
        let first = Chain::new(desk_tree(&client), &create(name, CreateOptions::NON_DIRECTORY_FILE)).unwrap();
        first.then(&key).unwrap().then(&close).unwrap()
    };
    let (good, bad) = (chain("f"), chain("nowhere\\f"));
    assert_eq!(client.chain(good), [NtStatus::SUCCESS; 3]);
    assert_eq!(client.chain(bad), [NtStatus::OBJECT_PATH_NOT_FOUND; 3]);
}

fn desk_tree(client: &ShareClient) -> netsession_smb::msg::TreeId {
    client.tree
}
