use std::collections::BTreeSet;

use netsession_smb::client::Event;
use netsession_smb::fscc::{DirectoryEntry, FileInformationClass};
use netsession_smb::msg::{FileId, QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse};
use netsession_wire::NtStatus;

use super::ShareClient;
use crate::simulation::world::World;

const CLASS: FileInformationClass = FileInformationClass::ID_BOTH_DIRECTORY;

fn list(file_id: FileId, pattern: &str, room: u32, flags: QueryDirectoryFlags) -> QueryDirectoryRequest {
    QueryDirectoryRequest {
        class: CLASS,
        flags,
        file_index: 0,
        file_id,
        output_buffer_length: room,
        pattern: pattern.into(),
    }
}

fn names(client: &mut ShareClient, request: &QueryDirectoryRequest) -> Result<Vec<String>, NtStatus> {
    let events = client.ask(request);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    if answer.status() != NtStatus::SUCCESS {
        return Err(answer.status());
    }
    let output = answer.body::<QueryDirectoryResponse<'_>>().unwrap().output.to_vec();
    let entries = DirectoryEntry::decode_list(CLASS, &output).unwrap();
    Ok(entries.into_iter().map(|entry| entry.file_name).collect())
}

/// A failure here would skip files of a folder that does not fit one answer, or return some twice.
#[test]
fn a_long_list_comes_in_parts() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    for number in 0..50 {
        let file = client.file(&format!("file {number}"));
        client.close(file);
    }
    let folder = client.folder("");
    let request = list(folder, "*", 512, QueryDirectoryFlags::empty());
    let mut all = Vec::new();
    let end = loop {
        match names(&mut client, &request) {
            Ok(part) => all.extend(part),
            Err(status) => break status,
        }
    };
    assert_eq!(end, NtStatus::NO_MORE_FILES);
    assert_eq!(all.len(), 52);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 52);
    let one = QueryDirectoryFlags::RESTART_SCANS | QueryDirectoryFlags::RETURN_SINGLE_ENTRY;
    assert_eq!(names(&mut client, &list(folder, "file 4?", 512, one)).map(|names| names.len()), Ok(1));
    assert_eq!(names(&mut client, &list(folder, "FILE 49", 512, one)), Ok(vec!["file 49".to_owned()]));
}

/// A failure here would let one request make the server compare each name of a folder with a pattern of any length.
#[test]
fn patterns_are_short() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let folder = client.folder("");
    let restart = QueryDirectoryFlags::RESTART_SCANS;
    let long = |length: usize| list(folder, &"*".repeat(length), 512, restart);
    assert!(names(&mut client, &long(1024)).is_ok());
    assert_eq!(names(&mut client, &long(1025)), Err(NtStatus::OBJECT_NAME_INVALID));
}

/// A failure here would make a folder without a match look like one that cannot be listed.
#[test]
fn no_match_and_no_room_have_their_own_statuses() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("a long name.txt");
    let folder = client.folder("");
    let restart = QueryDirectoryFlags::RESTART_SCANS;
    assert_eq!(names(&mut client, &list(folder, "*.doc", 512, restart)), Err(NtStatus::NO_SUCH_FILE));
    assert_eq!(names(&mut client, &list(folder, "*.txt", 50, restart)), Err(NtStatus::INFO_LENGTH_MISMATCH));
    assert_eq!(names(&mut client, &list(folder, "*.txt", 110, restart)), Err(NtStatus::BUFFER_OVERFLOW));
    assert_eq!(names(&mut client, &list(folder, "..\\*", 512, restart)), Err(NtStatus::OBJECT_NAME_INVALID));
    assert_eq!(names(&mut client, &list(file, "*", 512, restart)), Err(NtStatus::INVALID_PARAMETER));
}
