//! QUERY_INFO: what each class returns, and the buffer that it needs.

use netsession_smb::Structure;
use netsession_smb::client::Event;
use netsession_smb::fscc::{
    FileAllInformation, FileFsFullSizeInformation, FileFsSizeInformation, FileInformationClass,
    FsInformationClass,
};
use netsession_smb::msg::{FileId, InfoType, QueryInfoFlags, QueryInfoRequest, QueryInfoResponse};
use netsession_wire::NtStatus;

use super::ShareClient;
use crate::simulation::world::World;

const ROOM: u32 = 4096;

fn query(client: &mut ShareClient, file_id: FileId, info: (InfoType, u8), room: u32) -> (NtStatus, Vec<u8>) {
    let events = client.ask(&QueryInfoRequest {
        info_type: info.0,
        class: info.1,
        output_buffer_length: room,
        additional_information: 0,
        flags: QueryInfoFlags::empty(),
        file_id,
        input: &[],
    });
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let output = answer.body::<QueryInfoResponse<'_>>();
    (answer.status(), output.map(|body| body.output.to_vec()).unwrap_or_default())
}

/// A failure here would keep every Linux kernel from mounting a share: it refuses an answer of less than 101 bytes.
#[test]
fn all_information_carries_the_path() {
    const ALL: (InfoType, u8) = (InfoType::FILE, FileInformationClass::ALL.0);
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let (root, folder) = (client.folder(""), client.folder("d"));
    let file = client.file(r"d\Zoë.txt");
    for (open, path) in [(root, r"\"), (folder, r"\d"), (file, r"\d\Zoë.txt")] {
        let (status, output) = query(&mut client, open, ALL, ROOM);
        assert_eq!(status, NtStatus::SUCCESS);
        assert_eq!(output.len(), 100 + 2 * path.encode_utf16().count());
        assert!(output.len() > 100);
        assert_eq!(FileAllInformation::from_bytes(&output).unwrap().name.file_name, path);
    }
    let (status, output) = query(&mut client, file, ALL, 107);
    assert_eq!((status, output.len()), (NtStatus::BUFFER_OVERFLOW, 106), "three of ten characters");
    assert_eq!(output[96..100], 20_u32.to_le_bytes(), "the whole length");
}

/// A failure here would send a client too little of a structure, or refuse a buffer that is large enough ([MS-FSA]
/// 2.1.5.12 and 2.1.5.13; sizes from [MS-FSCC] 2.4 and 2.5).
#[test]
fn each_class_needs_the_room_of_its_fixed_part() {
    use FileInformationClass as File;
    use FsInformationClass as Fs;
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let open = client.file("f");
    let file = [
        (File::ACCESS, 4),
        (File::ALIGNMENT, 4),
        (File::ALL, 104),
        (File::ALTERNATE_NAME, 8),
        (File::ATTRIBUTE_TAG, 8),
        (File::BASIC, 40),
        (File::COMPRESSION, 16),
        (File::EA, 4),
        (File::ID, 24),
        (File::INTERNAL, 8),
        (File::MODE, 4),
        (File::NETWORK_OPEN, 56),
        (File::NORMALIZED_NAME, 8),
        (File::POSITION, 8),
        (File::STANDARD, 24),
        (File::STREAM, 32),
    ];
    let fs = [
        (Fs::ATTRIBUTE, 12),
        (Fs::CONTROL, 48),
        (Fs::DEVICE, 8),
        (Fs::FULL_SIZE, 32),
        (Fs::OBJECT_ID, 64),
        (Fs::SECTOR_SIZE, 28),
        (Fs::SIZE, 24),
        (Fs::VOLUME, 24),
    ];
    let file = file.map(|(class, least)| ((InfoType::FILE, class.0), least));
    let fs = fs.map(|(class, least)| ((InfoType::FILESYSTEM, class.0), least));
    for (info, least) in file.into_iter().chain(fs) {
        assert_eq!(query(&mut client, open, info, least - 1).0, NtStatus::INFO_LENGTH_MISMATCH, "{info:?}");
        let (status, output) = query(&mut client, open, info, least);
        assert!(matches!(status, NtStatus::SUCCESS | NtStatus::BUFFER_OVERFLOW), "{info:?}: {status:?}");
        let (status, whole) = query(&mut client, open, info, ROOM);
        assert_eq!(status, NtStatus::SUCCESS, "{info:?}");
        assert!(output.len() <= whole.len() && output.len() <= least as usize, "{info:?}");
    }
    let stream = (InfoType::FILE, File::STREAM.0);
    assert_eq!(
        query(&mut client, open, stream, 37),
        (NtStatus::BUFFER_OVERFLOW, Vec::new()),
        "no half entry"
    );
}

/// A failure here would show a program that takes a unit for a sector, such as rclone, an eighth of the disk.
#[test]
fn the_full_size_has_one_sector_in_a_unit() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    let mut ask =
        |class: FsInformationClass| query(&mut client, file, (InfoType::FILESYSTEM, class.0), ROOM).1;
    let full = FileFsFullSizeInformation::from_bytes(&ask(FsInformationClass::FULL_SIZE)).unwrap();
    let size = FileFsSizeInformation::from_bytes(&ask(FsInformationClass::SIZE)).unwrap();
    assert_eq!(full.sectors_per_allocation_unit, 1);
    assert_eq!(full.bytes_per_sector, size.bytes_per_sector * size.sectors_per_allocation_unit);
    assert_eq!((full.total_allocation_units, size.bytes_per_sector), (size.total_allocation_units, 512));
}
