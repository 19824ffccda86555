use netsession_smb::msg::CreateOptions;
use netsession_wire::NtStatus;

use super::ShareClient;
use crate::simulation::world::World;

/// A failure here would open a folder for a program that asks for the data of a file.
#[test]
fn a_folder_has_no_data() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    client.folder("d");
    client.file("f");
    let mut status = |name: &str, options| client.create(name, options).err();
    let is_folder = Some(NtStatus::FILE_IS_A_DIRECTORY);
    assert_eq!(status("d::$DATA", CreateOptions::empty()), is_folder);
    assert_eq!(status("d::$DATA", CreateOptions::DIRECTORY_FILE), Some(NtStatus::NOT_A_DIRECTORY));
    assert_eq!(status("f::$DATA", CreateOptions::empty()), None);
}
