//! QUERY_DIRECTORY ([MS-SMB2] 3.3.5.18).

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use netsession_smb::fscc::{DirectoryEntry, DirectoryWriter, FileInformationClass};
use netsession_smb::msg::{QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{cut_short, decode, open, within};
use crate::client_host::ClientHost;
use crate::fs::{self, Effort, Entry, Listing, Searches, pattern};
use crate::state::{Object, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: QueryDirectoryRequest = decode(request)?;
    within(host, request, body.output_buffer_length)?;
    let open = open(session, request, reply, body.file_id)?;
    let Object::File(folder) = &open.object else { return Err(NtStatus::INVALID_PARAMETER) };
    let user = session.user.clone();
    let is_for_apple =
        session.is_apple.load(Ordering::Relaxed) && body.class == FileInformationClass::ID_BOTH_DIRECTORY;
    let [connection, session] = host.stops(session);
    let stops = [connection, session, &open.closed];
    let searches = &host.state.searches;
    let search = Search { searches, user: &user, effort: host.effort(&stops), is_for_apple };
    let output = folder
        .list(|file, listing| part(&body, (folder, file), &search, listing))
        .map_err(|status| cut_short(&open, status))?;
    reply.ok(&QueryDirectoryResponse { output: &output });
    Ok(())
}

/// The surroundings of a search.
struct Search<'a> {
    searches: &'a Arc<Searches>,
    user: &'a str,
    effort: Effort<'a>,
    /// Whether the client is a Mac that wants to know what Finder shows.
    is_for_apple: bool,
}

/// Returns the next part of the listing: at least one entry.
fn part(
    body: &QueryDirectoryRequest,
    (open, folder): (&fs::Open, &File),
    search: &Search<'_>,
    listing: &mut Option<Listing>,
) -> Result<Vec<u8>, NtStatus> {
    let room = usize::try_from(body.output_buffer_length).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let writer = DirectoryWriter::new(body.class, room);
    let mut writer = writer.map_err(|_| NtStatus::INVALID_INFO_CLASS)?;
    if room < fixed_part(body.class) {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let listing = started(body, folder, search, listing)?;
    let single = body.flags.contains(QueryDirectoryFlags::RETURN_SINGLE_ENTRY);
    let follow = |name: &str| open.follow(name);
    listing.next(folder, &search.effort, follow, |entry| {
        if single && !writer.is_empty() {
            return Ok(false);
        }
        let apple = search.is_for_apple.then(|| open.finder_entry(&entry.name, &entry.info));
        match writer.push(&DirectoryEntry { apple, ..directory_entry(entry) }) {
            // Not even one entry fits.
            Ok(false) if writer.is_empty() => Err(NtStatus::BUFFER_OVERFLOW),
            pushed => pushed.map_err(|_| NtStatus::INTERNAL_ERROR),
        }
    })?;
    Ok(writer.finish())
}

/// Returns the listing where the last request stopped, or a new one ([MS-FSA] 2.1.5.6.3).
fn started<'a>(
    body: &QueryDirectoryRequest,
    folder: &File,
    search: &Search<'_>,
    listing: &'a mut Option<Listing>,
) -> Result<&'a mut Listing, NtStatus> {
    let again = body.flags.intersects(QueryDirectoryFlags::RESTART_SCANS | QueryDirectoryFlags::REOPEN);
    let going_on = listing.take().filter(|_| !again);
    let going_on = match going_on {
        Some(going_on) => going_on,
        None => {
            let pattern = if body.pattern.is_empty() { "*" } else { &body.pattern };
            if pattern.contains(['\\', '/']) || pattern.encode_utf16().count() > pattern::LONGEST {
                return Err(NtStatus::OBJECT_NAME_INVALID);
            }
            Listing::start(folder, pattern, search.searches, search.user, &search.effort)?
        }
    };
    Ok(listing.insert(going_on))
}

/// Returns the bytes of an entry of `class` without its name.
fn fixed_part(class: FileInformationClass) -> usize {
    let nothing = DirectoryEntry::default();
    let alone = DirectoryWriter::new(class, usize::MAX).map(|mut writer| {
        let _ = writer.push(&nothing);
        writer.finish().len()
    });
    alone.unwrap_or_default()
}

fn directory_entry(entry: &Entry) -> DirectoryEntry {
    let info = &entry.info;
    let mut file_id_128 = [0; 16];
    file_id_128.iter_mut().zip(info.key.index().to_le_bytes()).for_each(|(place, byte)| *place = byte);
    DirectoryEntry {
        creation_time: info.creation,
        last_access_time: info.last_access,
        last_write_time: info.last_write,
        change_time: info.change,
        end_of_file: info.size,
        allocation_size: info.allocation,
        file_attributes: info.attributes,
        ea_size: info.ea_size,
        file_id: info.key.index(),
        file_id_128,
        file_name: entry.name.clone(),
        ..DirectoryEntry::default()
    }
}
