//! A client on macOS: its question about the server, and lists with what Finder shows.

use netsession_smb::Structure as _;
use netsession_smb::client::Event;
use netsession_smb::fscc::FileInformationClass;
use netsession_smb::msg::create_context::{
    AppleCapabilities, AppleCommand, AppleParts, AppleRequest, AppleResponse, AppleVolume,
};
use netsession_smb::msg::{
    CreateContext, CreateOptions, CreateResponse, FileId, QueryDirectoryFlags, QueryDirectoryRequest,
    QueryDirectoryResponse,
};

use super::{ShareClient, create};
use crate::simulation::world::World;

/// Opens the root with a question, and returns the answer.
fn ask(client: &mut ShareClient, request: AppleRequest) -> (FileId, Option<AppleResponse>) {
    let mut create = create("", CreateOptions::DIRECTORY_FILE);
    create.contexts = vec![CreateContext::new(&request).unwrap()];
    let events = client.ask(&create);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let body = answer.body::<CreateResponse>().unwrap();
    (body.file_id, CreateContext::find::<AppleResponse>(&body.contexts).unwrap())
}

fn list(client: &mut ShareClient, file_id: FileId) -> Vec<u8> {
    let events = client.ask(&QueryDirectoryRequest {
        class: FileInformationClass::ID_BOTH_DIRECTORY,
        flags: QueryDirectoryFlags::RESTART_SCANS,
        file_index: 0,
        file_id,
        output_buffer_length: 4096,
        pattern: "f".into(),
    });
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    answer.body::<QueryDirectoryResponse<'_>>().unwrap().output.to_vec()
}

/// A failure here would make Finder open each file of a folder before it shows it, or give other clients lists that they
/// cannot read.
#[test]
#[cfg_attr(windows, ignore = "no named streams on Windows")]
fn a_mac_learns_of_files_from_the_list() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let mut info = [0; 60];
    info[16..24].copy_from_slice(b"TEXTttxt");
    for (name, data) in [("f", &b"data"[..]), ("f:AFP_AfpInfo", &info), ("f:AFP_Resource", &[7; 300])] {
        let file = client.file(name);
        client.write(file, 0, data);
        client.close(file);
    }
    let root = client.folder("");
    let plain = list(&mut client, root);
    assert_eq!(plain[64..96], [0; 32], "no attributes and no short name");
    let (parts, capabilities) = (AppleParts::all(), AppleCapabilities::all());
    let resolve =
        AppleRequest { command: AppleCommand::RESOLVE_ID, parts, capabilities: AppleCapabilities::empty() };
    assert_eq!(ask(&mut client, resolve).1, None);
    assert_eq!(list(&mut client, root), plain);
    let query = AppleRequest { command: AppleCommand::SERVER_QUERY, parts, capabilities };
    let (root, answer) = ask(&mut client, query);
    let server = AppleCapabilities::READ_DIR_ATTR;
    let expected = AppleResponse {
        server: Some(server),
        volume: Some(AppleVolume::FULL_SYNC),
        model: Some("netsession".into()),
    };
    assert_eq!(answer, Some(expected));
    let listed = list(&mut client, root);
    assert_eq!(listed[64..68], 0x001f_01ff_u32.to_le_bytes(), "all rights");
    assert_eq!(listed[68..78], [24, 0, 44, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(listed[78..94], *b"TEXTttxt\0\0\0\0\0\0\0\0");
    assert_eq!(listed[94..], plain[94..]);
    let mut other = ShareClient::new(&world, "data");
    let root = other.folder("");
    assert_eq!(list(&mut other, root), plain, "another session");
    let short = CreateContext { name: b"AAPL".to_vec(), data: vec![1, 0, 0] };
    assert!(AppleRequest::from_bytes(&short.data).is_err());
    let mut request = create("", CreateOptions::DIRECTORY_FILE);
    request.contexts = vec![short];
    let events = other.ask(&request);
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    assert!(answer.body::<CreateResponse>().unwrap().contexts.is_empty());
}
