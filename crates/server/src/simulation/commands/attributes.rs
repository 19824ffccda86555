//! Extended attributes, which clients on Linux use for `user.` attributes.

use netsession_smb::Structure;
use netsession_smb::client::Event;
use netsession_smb::fscc::{
    AccessMask, DirectoryEntry, Entries, FileEaInformation, FileFullEaInformation, FileGetEaInformation,
    FileInformationClass,
};
use netsession_smb::msg::{
    CreateContext, CreateDisposition, CreateOptions, CreateResponse, FileId, InfoType, QueryDirectoryFlags,
    QueryDirectoryRequest, QueryDirectoryResponse, QueryInfoFlags, QueryInfoRequest, QueryInfoResponse,
};
use netsession_wire::NtStatus;

use super::{ShareClient, create};
use crate::simulation::world::World;

const CLASS: u8 = FileInformationClass::FULL_EA.0;

fn attribute(name: &str, value: &str) -> FileFullEaInformation {
    FileFullEaInformation { need_ea: false, name: name.into(), value: value.into() }
}

fn query(client: &mut ShareClient, request: &QueryInfoRequest<'_>) -> (NtStatus, Vec<u8>) {
    let events = client.ask(request);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let output = answer.body::<QueryInfoResponse<'_>>();
    (answer.status(), output.map(|body| body.output.to_vec()).unwrap_or_default())
}

/// Returns the status and `NAME=VALUE` of each attribute.
fn attributes(
    client: &mut ShareClient,
    file_id: FileId,
    (flags, index, room): (QueryInfoFlags, u32, u32),
    names: &[&str],
) -> (NtStatus, Vec<String>) {
    let names = names.iter().map(|name| FileGetEaInformation { name: (*name).into() }).collect();
    let (status, output) = query(
        client,
        &QueryInfoRequest {
            info_type: InfoType::FILE,
            class: CLASS,
            output_buffer_length: room,
            additional_information: index,
            flags,
            file_id,
            input: &Entries::<FileGetEaInformation>(names).to_bytes().unwrap(),
        },
    );
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let list = Entries::<FileFullEaInformation>::from_bytes(&output).unwrap_or(Entries(Vec::new()));
    (status, list.0.into_iter().map(|entry| format!("{}={}", text(entry.name), text(entry.value))).collect())
}

fn all(client: &mut ShareClient, file: FileId) -> Vec<String> {
    attributes(client, file, (QueryInfoFlags::RESTART_SCAN, 0, 4096), &[]).1
}

/// Creates or overwrites `f` with an attribute.
fn put(client: &mut ShareClient, list: Vec<FileFullEaInformation>) -> Result<FileId, NtStatus> {
    let mut request = create("f", CreateOptions::NON_DIRECTORY_FILE);
    request.create_disposition = CreateDisposition::OVERWRITE_IF;
    request.contexts = vec![CreateContext::new(&Entries(list)).unwrap()];
    let events = client.ask(&request);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    match answer.status() {
        NtStatus::SUCCESS => Ok(answer.body::<CreateResponse>().unwrap().file_id),
        status => Err(status),
    }
}

/// A failure here would lose the attributes of a copied file, or return those of another name.
#[test]
#[cfg_attr(windows, ignore = "no extended attributes on Windows")]
fn attributes_are_set_listed_and_removed() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = put(&mut client, vec![attribute("colour", "red"), attribute("taste", "sweet")]).unwrap();
    let set = |client: &mut ShareClient, list| client.set_structure(file, CLASS, &Entries(list));
    assert_eq!(set(&mut client, vec![attribute("Colour", "blue"), attribute("a", "1")]), NtStatus::SUCCESS);
    assert_eq!(all(&mut client, file), ["a=1", "colour=blue", "taste=sweet"]);
    assert_eq!(set(&mut client, vec![attribute("TASTE", "")]), NtStatus::SUCCESS);
    assert_eq!(all(&mut client, file), ["a=1", "colour=blue"]);
    let named = attributes(&mut client, file, (QueryInfoFlags::empty(), 0, 4096), &["COLOUR", "none"]);
    assert_eq!(named, (NtStatus::SUCCESS, vec!["colour=blue".to_owned(), "none=".to_owned()]));
    for (name, status) in [
        ("netsession.dos", NtStatus::ACCESS_DENIED),
        ("a:b", NtStatus::INVALID_EA_NAME),
        ("", NtStatus::INVALID_EA_NAME),
    ] {
        assert_eq!(set(&mut client, vec![attribute("b", "2"), attribute(name, "x")]), status, "{name}");
    }
    assert_eq!(client.set(file, CLASS, &[0; 7]), NtStatus::INFO_LENGTH_MISMATCH);
    assert_eq!(all(&mut client, file), ["a=1", "colour=blue"], "a refused list changes nothing");
    client.close(file);
    assert_eq!(put(&mut client, vec![attribute("netsession.dos", "x")]), Err(NtStatus::ACCESS_DENIED));
    let file = put(&mut client, vec![attribute("b", "2")]).unwrap();
    assert_eq!(all(&mut client, file), ["a=1", "b=2", "colour=blue"]);
}

/// A failure here would return the first attributes again and again, or half of one.
#[test]
#[cfg_attr(windows, ignore = "no extended attributes on Windows")]
fn a_list_continues_where_it_stopped() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let list = ["a", "b", "c"].map(|name| attribute(name, "value"));
    let file = put(&mut client, list.to_vec()).unwrap();
    let none = QueryInfoFlags::empty();
    let single = QueryInfoFlags::RETURN_SINGLE_ENTRY;
    let mut ask = |flags, index, room| attributes(&mut client, file, (flags, index, room), &[]);
    let part = |status, names: &[&str]| (status, names.iter().map(|name| format!("{name}=value")).collect());
    let more = NtStatus::BUFFER_OVERFLOW;
    assert_eq!(ask(none, 0, 14), part(NtStatus::BUFFER_TOO_SMALL, &[]));
    assert_eq!(ask(none, 0, 16 + 15), part(more, &["a", "b"]));
    assert_eq!(ask(none, 0, 16 + 15), part(NtStatus::SUCCESS, &["c"]));
    assert_eq!(ask(single, 0, 4096), part(more, &["a"]));
    assert_eq!(ask(single, 0, 4096), part(more, &["b"]));
    assert_eq!(ask(single | QueryInfoFlags::RESTART_SCAN, 0, 4096), part(more, &["a"]));
    assert_eq!(ask(QueryInfoFlags::INDEX_SPECIFIED, 3, 4096), part(NtStatus::SUCCESS, &["c"]));
    assert_eq!(ask(QueryInfoFlags::INDEX_SPECIFIED, 4, 4096), part(NtStatus::NO_EAS_ON_FILE, &[]));
    assert_eq!(ask(QueryInfoFlags::INDEX_SPECIFIED, 0, 4096), part(NtStatus::INVALID_PARAMETER, &[]));
}

/// A failure here would keep Windows programs from copying attributes, which they request only if a listing reports their size.
#[test]
#[cfg_attr(windows, ignore = "no extended attributes on Windows")]
fn the_size_of_the_list_is_reported() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let list = vec![attribute("ab", "value"), attribute("c", "v")];
    let size = u32::try_from(Entries(list.clone()).to_bytes().unwrap().len()).unwrap();
    let file = put(&mut client, list).unwrap();
    let (_, output) = query(
        &mut client,
        &QueryInfoRequest {
            info_type: InfoType::FILE,
            class: FileInformationClass::EA.0,
            output_buffer_length: 64,
            additional_information: 0,
            flags: QueryInfoFlags::empty(),
            file_id: file,
            input: &[],
        },
    );
    assert_eq!(FileEaInformation::from_bytes(&output).unwrap().ea_size, size);
    let root = client.folder("");
    let class = FileInformationClass::FULL_DIRECTORY;
    let events = client.ask(&QueryDirectoryRequest {
        class,
        flags: QueryDirectoryFlags::RESTART_SCANS,
        file_index: 0,
        file_id: root,
        output_buffer_length: 4096,
        pattern: "f".into(),
    });
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let listed = answer.body::<QueryDirectoryResponse<'_>>().unwrap().output.to_vec();
    assert_eq!(DirectoryEntry::decode_list(class, &listed).unwrap()[0].ea_size, size);
}

/// A failure here would let a client read or change attributes that its open does not allow.
#[test]
#[cfg_attr(windows, ignore = "no extended attributes on Windows")]
fn attributes_need_their_rights() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = put(&mut client, vec![attribute("a", "1")]).unwrap();
    client.close(file);
    let mut request = create("f", CreateOptions::NON_DIRECTORY_FILE);
    request.desired_access = AccessMask::READ_DATA | AccessMask::WRITE_DATA;
    let events = client.ask(&request);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let file = answer.body::<CreateResponse>().unwrap().file_id;
    let listed = attributes(&mut client, file, (QueryInfoFlags::empty(), 0, 4096), &[]);
    assert_eq!(listed, (NtStatus::ACCESS_DENIED, Vec::new()));
    let set = client.set_structure(file, CLASS, &Entries(vec![attribute("a", "2")]));
    assert_eq!(set, NtStatus::ACCESS_DENIED);
}
