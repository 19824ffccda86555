//! docs/server-coverage.md, row by row.

use std::collections::BTreeMap;

use netsession_smb::Structure;
use netsession_smb::fscc::{
    Entries, FileFullEaInformation, FileInformationClass, FileLinkInformation, FileRenameInformation,
    FsInformationClass, SecurityInformation,
};
use netsession_smb::msg::fsctl::{CopyChunkRequest, PipeWaitRequest, ResumeKey};
use netsession_smb::msg::{
    CreateOptions, CtlCode, FileId, InfoType, IoctlRequest, QueryDirectoryFlags, QueryDirectoryRequest,
    SetInfoRequest,
};
use netsession_wire::NtStatus;

use super::ShareClient;
use crate::simulation::world::World;

const PAGE: &str = include_str!("../../../../../docs/server-coverage.md");

/// The table under a heading: the number, and the columns after it.
fn table(heading: &str) -> BTreeMap<u32, Vec<&'static str>> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let row = |line: &'static str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let number = match cells[1].strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => cells[1].parse(),
        };
        number.ok().map(|number| (number, cells[2..].to_vec()))
    };
    section.lines().filter(|line| line.starts_with('|')).filter_map(row).collect()
}

fn row_of(status: NtStatus) -> String {
    match status {
        NtStatus::SUCCESS | NtStatus::BUFFER_OVERFLOW => "answered".to_owned(),
        other => format!("STATUS_{other:?}"),
    }
}

/// Compares the answer to every number from 0 to 255 with the table; numbers outside it get the default status.
fn compare(heading: &str, known: impl Fn(u8) -> bool, mut ask: impl FnMut(u8) -> NtStatus) {
    let table = table(heading);
    assert!(!table.is_empty(), "{heading}");
    for class in 0..=u8::MAX {
        let got = row_of(ask(class));
        let row = table.get(&class.into()).map(|cells| cells[0]);
        assert_eq!(got, row.unwrap_or("STATUS_INVALID_INFO_CLASS"), "{heading}, class {class}");
        assert!(row.is_some() || !known(class), "{heading} leaves out class {class}");
    }
}

fn known_file(class: u8) -> bool {
    FileInformationClass(class).name().is_some()
}

fn known_fs(class: u8) -> bool {
    FsInformationClass(class).name().is_some()
}

/// A failure here would make the page differ from what clients receive, or miss a class.
#[test]
fn every_class_of_query_info() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    compare("QUERY_INFO: files and folders", known_file, |class| {
        client.query(file, InfoType::FILE, class, 0)
    });
    compare("QUERY_INFO: file system", known_fs, |class| client.query(file, InfoType::FILESYSTEM, class, 0));
    let parts = table("QUERY_INFO: security and quota");
    assert_eq!(
        parts.keys().copied().collect::<Vec<_>>(),
        SecurityInformation::all().iter().map(|part| part.bits()).collect::<Vec<_>>()
    );
    for (part, cells) in parts {
        assert_eq!(row_of(client.query(file, InfoType::SECURITY, 0, part)), cells[0], "part {part}");
    }
    assert_eq!(client.query(file, InfoType::QUOTA, 0, 0), NtStatus::NOT_SUPPORTED);
}

/// A failure here would make the page differ from what clients receive, or set what cannot be set.
#[test]
#[cfg_attr(windows, ignore = "no extended attributes on Windows")]
fn every_class_of_set_info() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    let name = |file_name: &str| file_name.to_owned();
    compare("SET_INFO: files and folders", known_file, |class| match FileInformationClass(class) {
        FileInformationClass::RENAME => client.set_structure(
            file,
            class,
            &FileRenameInformation { replace_if_exists: false, file_name: name("g") },
        ),
        FileInformationClass::LINK => client.set_structure(
            file,
            class,
            &FileLinkInformation { replace_if_exists: true, file_name: name("h") },
        ),
        FileInformationClass::FULL_EA => client.set_structure(
            file,
            class,
            &Entries(vec![FileFullEaInformation { need_ea: false, name: b"a".into(), value: b"v".into() }]),
        ),
        _ => client.set(file, class, &[0; 64]),
    });
    compare("SET_INFO: file system", known_fs, |class| {
        set(&mut client, file, InfoType::FILESYSTEM, class, 0)
    });
    let owner = SecurityInformation::OWNER.bits();
    let mut descriptor = vec![1, 0, 0, 0x80];
    descriptor.resize(20, 0);
    let request = SetInfoRequest {
        info_type: InfoType::SECURITY,
        class: 0,
        additional_information: owner,
        file_id: file,
        input: &descriptor,
    };
    assert_eq!(client.status(&request), NtStatus::NOT_SUPPORTED);
    assert_eq!(set(&mut client, file, InfoType::QUOTA, 0, 0), NtStatus::NOT_SUPPORTED);
}

fn set(
    client: &mut ShareClient,
    file_id: FileId,
    info_type: InfoType,
    class: u8,
    additional: u32,
) -> NtStatus {
    let input = &[0; 64];
    client.status(&SetInfoRequest { info_type, class, additional_information: additional, file_id, input })
}

/// A failure here would return nothing to a client that lists folders in a documented class.
#[test]
fn every_class_of_query_directory() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let folder = client.folder("");
    let table = table("QUERY_DIRECTORY");
    for class in 0..=u8::MAX {
        let got = row_of(client.status(&QueryDirectoryRequest {
            class: FileInformationClass(class),
            flags: QueryDirectoryFlags::RESTART_SCANS,
            file_index: 0,
            file_id: folder,
            output_buffer_length: 4096,
            pattern: "*".into(),
        }));
        let row = table.get(&class.into()).map(|cells| cells[0]);
        assert_eq!(got, row.unwrap_or("STATUS_INVALID_INFO_CLASS"), "class {class}");
    }
}

/// The codes that have no open.
const WITHOUT_OPEN: [CtlCode; 4] = [
    CtlCode::DFS_GET_REFERRALS,
    CtlCode::DFS_GET_REFERRALS_EX,
    CtlCode::QUERY_NETWORK_INTERFACE_INFO,
    CtlCode::PIPE_WAIT,
];

/// A failure here would make the page differ from what clients receive for a control code.
#[test]
fn every_control_code() {
    let world = World::new();
    let (mut disk, mut pipes) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "IPC$"));
    let file = disk.file("f");
    let pipe = pipes.create("srvsvc", CreateOptions::empty()).unwrap();
    let table = table("IOCTL: control codes");
    assert!(table.len() > 50, "{}", table.len());
    for (code, cells) in table {
        let code = CtlCode(code);
        assert!(code.name().is_some(), "{code:?}");
        let input = input(code);
        for (client, open, expected) in [(&mut disk, file, cells[0]), (&mut pipes, pipe, cells[1])] {
            if code == CtlCode::DUPLICATE_EXTENTS_TO_FILE && open == file {
                // It depends on the file system.
                continue;
            }
            if code == CtlCode::PIPE_TRANSCEIVE && open == pipe {
                // A call, which the tests of the pipes make.
                continue;
            }
            let open = if WITHOUT_OPEN.contains(&code) { FileId::NONE } else { open };
            let (status, _) = client.control(&IoctlRequest::fsctl(code, open, &input, 4096));
            assert_eq!(row_of(status), expected, "{code:?}");
        }
    }
    let unknown = IoctlRequest::fsctl(CtlCode(0x0009_fffc), file, &[], 4096);
    assert_eq!(disk.control(&unknown).0, NtStatus::INVALID_DEVICE_REQUEST);
}

fn input(code: CtlCode) -> Vec<u8> {
    match code {
        CtlCode::SRV_COPYCHUNK | CtlCode::SRV_COPYCHUNK_WRITE => {
            // The first open of this server is the file itself.
            let mut key = [0; 24];
            key[0] = 1;
            CopyChunkRequest { source_key: ResumeKey(key), chunks: Vec::new() }.to_bytes().unwrap()
        }
        CtlCode::PIPE_WAIT => PipeWaitRequest { timeout: None, name: "srvsvc".into() }.to_bytes().unwrap(),
        CtlCode::SET_SPARSE => vec![1],
        // One range of no bytes.
        CtlCode::FILE_LEVEL_TRIM => [vec![0; 4], vec![1, 0, 0, 0], vec![0; 16]].concat(),
        _ => vec![0; 16],
    }
}
