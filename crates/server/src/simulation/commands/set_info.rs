use netsession_smb::fscc::{
    FileDispositionInformation, FileEndOfFileInformation, FileInformationClass, FileLinkInformation,
    FileRenameInformation,
};
use netsession_smb::msg::CreateOptions;
use netsession_wire::NtStatus;

use super::ShareClient;
use crate::simulation::world::World;

fn rename(name: &str, replace_if_exists: bool) -> FileRenameInformation {
    FileRenameInformation { replace_if_exists, file_name: name.into() }
}

/// A failure here would let a rename or link leave the share, or destroy another file.
#[test]
fn new_names_stay_in_the_share_and_destroy_no_file() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let (file, other) = (client.file("f"), client.file("taken"));
    let class = FileInformationClass::RENAME.0;
    for (name, status) in [
        ("..\\f", NtStatus::OBJECT_PATH_SYNTAX_BAD),
        ("d\\..\\..\\f", NtStatus::OBJECT_PATH_SYNTAX_BAD),
        ("f:stream", NtStatus::OBJECT_NAME_INVALID),
        ("nowhere\\f", NtStatus::OBJECT_PATH_NOT_FOUND),
        ("taken", NtStatus::OBJECT_NAME_COLLISION),
        ("", NtStatus::INVALID_PARAMETER),
    ] {
        assert_eq!(client.set_structure(file, class, &rename(name, false)), status, "{name}");
    }
    assert_eq!(
        client.set_structure(file, class, &rename("taken", true)),
        NtStatus::ACCESS_DENIED,
        "it is open"
    );
    let link = FileLinkInformation { replace_if_exists: false, file_name: "..\\g".into() };
    let link = client.set_structure(file, FileInformationClass::LINK.0, &link);
    assert_eq!(link, NtStatus::OBJECT_PATH_SYNTAX_BAD);
    client.close(other);
    assert_eq!(client.set_structure(file, class, &rename("taken", true)), NtStatus::SUCCESS);
    assert_eq!(client.create("taken\\x", CreateOptions::empty()), Err(NtStatus::OBJECT_PATH_NOT_FOUND));
}

/// A failure here would delete a file too early or never, or open it while the server deletes it.
#[test]
fn a_marked_file_is_deleted_with_its_last_open() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let (file, again) = (client.file("f"), client.file("f"));
    let class = FileInformationClass::DISPOSITION.0;
    let delete = FileDispositionInformation { delete_pending: true };
    assert_eq!(client.set_structure(file, class, &delete), NtStatus::SUCCESS);
    assert_eq!(client.create("f", CreateOptions::empty()), Err(NtStatus::DELETE_PENDING));
    assert_eq!(client.close(file), NtStatus::SUCCESS);
    assert_eq!(client.create("f", CreateOptions::empty()), Err(NtStatus::DELETE_PENDING));
    assert_eq!(client.close(again), NtStatus::SUCCESS);
    let new = client.file("f");
    let size = FileEndOfFileInformation { end_of_file: 10 };
    assert_eq!(client.set_structure(new, FileInformationClass::END_OF_FILE.0, &size), NtStatus::SUCCESS);
    assert_eq!(client.set(new, FileInformationClass::END_OF_FILE.0, &[0; 7]), NtStatus::INFO_LENGTH_MISMATCH);
}
