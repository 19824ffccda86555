use netsession_smb::Structure;
use netsession_smb::client::Event;
use netsession_smb::fscc::{FileAction, FileDispositionInformation, FileInformationClass, FileNotifyList};
use netsession_smb::msg::{
    ChangeNotifyFlags, ChangeNotifyRequest, ChangeNotifyResponse, CompletionFilter, CreateOptions, FileId,
};
use netsession_wire::NtStatus;

use super::{ShareClient, answered};
use crate::simulation::world::World;

fn watch(file_id: FileId, room: u32) -> ChangeNotifyRequest {
    ChangeNotifyRequest {
        flags: ChangeNotifyFlags::WATCH_TREE,
        output_buffer_length: room,
        file_id,
        completion_filter: CompletionFilter::FILE_NAME | CompletionFilter::DIR_NAME,
    }
}

/// The answer to a watch: the status and the changes.
fn seen(client: &mut ShareClient) -> (NtStatus, Vec<(FileAction, String)>) {
    client.peer.attend().unwrap();
    let mut events = client.peer.events();
    // A notification that the session is ending is no answer to the watch.
    events.retain(|event| !matches!(event, Event::SessionClosing));
    let [Event::Answered(answer)] = events.as_slice() else { panic!("{events:?}") };
    let list = FileNotifyList::from_bytes(answer.body::<ChangeNotifyResponse<'_>>().unwrap().output).unwrap();
    (answer.status(), list.0.into_iter().map(|change| (change.action, change.file_name)).collect())
}

/// A failure here would hide new files from a window that shows a folder.
#[test]
fn changes_of_other_clients_are_reported() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let folder = a.folder("d");
    assert_eq!(answered(&a.ask(&watch(folder, 4096))), None);
    b.file("d\\f");
    assert_eq!(seen(&mut a), (NtStatus::SUCCESS, vec![(FileAction::ADDED, "f".into())]));
    // The server loses no change between two requests.
    b.folder("d\\e");
    b.file("d\\e\\g");
    let events = a.ask(&watch(folder, 4096));
    assert_eq!(answered(&events), Some(NtStatus::SUCCESS), "{events:?}");
}

/// A failure here would make the server build any number of answers for one client before it sends one, after many
/// changes by another client.
#[test]
fn many_answers_come_in_parts() {
    const WATCHES: usize = 200;
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    for _ in 0..WATCHES {
        let folder = a.folder("d");
        assert_eq!(answered(&a.ask(&watch(folder, 65_536))), None);
    }
    for number in 0..60 {
        b.file(&format!("d\\{number}{}", "x".repeat(200)));
    }
    let mut parts = Vec::new();
    while parts.iter().sum::<usize>() < WATCHES {
        a.peer.attend().unwrap();
        parts.push(a.peer.events().iter().filter(|event| matches!(event, Event::Answered(_))).count());
    }
    // Each answer has 25 KB, and the server builds no further one beyond a megabyte.
    assert!(parts[0] > 20 && parts[0] < 60 && parts.len() > 3, "{parts:?}");
}

/// A failure here would tell a client whose buffer is too small for the changes that nothing has changed.
#[test]
fn without_room_the_client_must_list_again() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let folder = a.folder("d");
    // Windows keeps the buffer of the first request for the whole open, however large later ones are.
    for room in [0, 13, 4096] {
        assert_eq!(answered(&a.ask(&watch(folder, room))), None);
        b.file(&format!("d\\{room}"));
        assert_eq!(seen(&mut a), (NtStatus::NOTIFY_ENUM_DIR, Vec::new()), "room for {room} bytes");
    }
}

/// A failure here would leave a client waiting forever after it closes the folder or its session ends.
#[test]
fn closing_ends_the_watch() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let folder = client.folder("d");
    assert_eq!(answered(&client.ask(&watch(folder, 4096))), None);
    let request = netsession_smb::msg::CloseRequest {
        flags: netsession_smb::msg::CloseFlags::empty(),
        file_id: folder,
    };
    let events = client.ask(&request);
    let statuses: Vec<_> = events.iter().filter_map(|event| answered(std::slice::from_ref(event))).collect();
    assert_eq!(statuses, [NtStatus::SUCCESS, NtStatus::NOTIFY_CLEANUP]);
    let again = client.folder("d");
    assert_eq!(answered(&client.ask(&watch(again, 4096))), None);
    assert!(world.end(client.peer.session().unwrap()));
    assert_eq!(seen(&mut client).0, NtStatus::NOTIFY_CLEANUP);
}

/// A failure here would keep a deleted folder for as long as any window shows it.
#[test]
fn deleting_the_folder_ends_the_watch() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let watched = a.folder("d");
    assert_eq!(answered(&a.ask(&watch(watched, 4096))), None);
    let other = b.folder("d");
    let delete = FileDispositionInformation { delete_pending: true };
    let class = FileInformationClass::DISPOSITION.0;
    assert_eq!(b.set_structure(other, class, &delete), NtStatus::SUCCESS);
    assert_eq!(seen(&mut a), (NtStatus::DELETE_PENDING, Vec::new()));
    assert_eq!(a.status(&watch(watched, 4096)), NtStatus::DELETE_PENDING, "nor can anybody watch it");
    assert_eq!(b.close(other), NtStatus::SUCCESS);
    assert_eq!(a.close(watched), NtStatus::SUCCESS);
    let new = b.create("d", CreateOptions::DIRECTORY_FILE);
    assert!(new.is_ok(), "{new:?}: the first one is gone");
}

/// A failure here would keep a folder that a client opened to delete it, for as long as another watches it.
#[test]
fn deleting_on_close_ends_the_watch() {
    let world = World::new();
    let (mut a, mut b) = (ShareClient::new(&world, "data"), ShareClient::new(&world, "data"));
    let watched = a.folder("d");
    assert_eq!(answered(&a.ask(&watch(watched, 4096))), None);
    let options = CreateOptions::DIRECTORY_FILE | CreateOptions::DELETE_ON_CLOSE;
    let other = b.create("d", options).unwrap();
    assert_eq!(b.close(other), NtStatus::SUCCESS);
    assert_eq!(seen(&mut a), (NtStatus::DELETE_PENDING, Vec::new()));
}

/// A failure here would accept a watch of a file, which reports nothing.
#[test]
fn only_folders_are_watched() {
    let world = World::new();
    let mut client = ShareClient::new(&world, "data");
    let file = client.file("f");
    assert_eq!(client.status(&watch(file, 4096)), NtStatus::INVALID_PARAMETER);
}
