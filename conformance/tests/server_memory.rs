//! The embedded server returns the memory of an attack to the system. Each test has a server in a process of its own.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::raw_client::create;
use netsession_conformance::{PASSWORD, RawClient, Serve, memory, wait_until};
use netsession_rpc::client::{Association, Config};
use netsession_rpc::ndr::{self, Syntax};
use netsession_smb::client::Chain;
use netsession_smb::fscc::FileInformationClass;
use netsession_smb::msg::{
    Channel, CreateDisposition, CreateOptions, CreateResponse, FileId, LockElement, LockFlags, LockRequest,
    QueryDirectoryFlags, QueryDirectoryRequest, ReadFlags, ReadRequest, ReadResponse, TreeConnectFlags,
    TreeConnectRequest, TreeId, WriteFlags, WriteRequest,
};
use netsession_srvs::info::ServerLevel;
use netsession_srvs::server_get_info;
use netsession_wire::NtStatus;

/// What an attack must take to show anything, in KiB, where its memory lies in blocks.
const MUCH: u64 = 24 << 10;
/// The most that an attack with small objects may take, in KiB: an allocator may keep it.
const FEW: u64 = 12 << 10;
/// What the server may keep of it, in KiB: among others the stacks and the caches of threads.
const LITTLE: u64 = 8 << 10;

/// Starts a server with the share `data`, for alice and bob.
fn start(place: &Path, variables: &[(&str, &str)]) -> Result<Serve> {
    let (data, run, users) = (place.join("data"), place.join("run"), place.join("users"));
    fs::create_dir_all(&data)?;
    fs::create_dir(&run)?;
    fs::write(&users, format!("alice:{PASSWORD}\nbob:{PASSWORD}\n"))?;
    fs::set_permissions(&users, Permissions::from_mode(0o600))?;
    let share = format!("data={}", data.display());
    let arguments = ["--share", &share, "--users-file", &users.display().to_string()];
    Serve::start_with(&run, &arguments, variables)
}

/// Runs an attack by bob, which takes so many KiB, and checks that the server keeps little of its memory. Other clients come,
/// stay and leave meanwhile, so that the memory of the attack has neighbours.
fn leaves_little(
    takes: Range<u64>,
    prepare: impl FnOnce(&Path) -> Result<()>,
    mut attack: impl FnMut(SocketAddr, &mut dyn FnMut() -> Result<()>) -> Result<Vec<RawClient>>,
) -> Result<()> {
    let place = tempfile::tempdir()?;
    fs::create_dir(place.path().join("data"))?;
    prepare(&place.path().join("data"))?;
    let serve = start(place.path(), &[])?;
    let mut stay = vec![RawClient::connect(serve.address(), "alice", "data")?];
    let before = resident(&serve)?;
    let attackers = attack(serve.address(), &mut || {
        drop(RawClient::connect(serve.address(), "alice", "data")?);
        stay.push(RawClient::connect(serve.address(), "alice", "data")?);
        Ok(())
    })?;
    // The server reads the last bytes of the attack in its own time.
    let read = wait_until("the attack to be read", || {
        let now = resident(&serve)?;
        Ok((now.saturating_sub(before) >= takes.start).then_some(now))
    });
    let during = read.with_context(|| format!("the attack takes less than {} KiB", takes.start))?;
    let taken = during.saturating_sub(before);
    ensure!(takes.contains(&taken), "the attack takes {taken} KiB, not {takes:?}");
    drop(attackers);
    let settled = wait_until("the memory to be returned", || {
        let now = resident(&serve)?;
        Ok((now < before + LITTLE).then_some(now))
    });
    let after = settled.with_context(|| format!("{before} KiB, {during} KiB, {:?} KiB", resident(&serve)))?;
    eprintln!("before: {before} KiB, during the attack: {during} KiB, afterwards: {after} KiB");
    Ok(())
}

/// Returns the resident memory of the server in KiB.
fn resident(serve: &Serve) -> Result<u64> {
    memory::resident(serve.id())
}

fn read(file_id: FileId, length: u32) -> ReadRequest<'static> {
    ReadRequest {
        padding: 0,
        flags: ReadFlags::empty(),
        length,
        offset: 0,
        file_id,
        minimum_count: 0,
        channel: Channel::NONE,
        remaining_bytes: 0,
        channel_info: &[],
    }
}

fn write(file_id: FileId, data: &[u8]) -> WriteRequest<'_> {
    WriteRequest {
        offset: 0,
        file_id,
        channel: Channel::NONE,
        remaining_bytes: 0,
        flags: WriteFlags::empty(),
        channel_info: &[],
        data,
    }
}

/// Opens the pipe `srvsvc`; returns it with a call whose response has two kilobytes. `None` if the user's pipes hold too much.
fn pipe(client: &mut RawClient) -> Result<Option<(FileId, Vec<u8>)>> {
    let opened = client.ask(Chain::new(
        client.tree(),
        &create("srvsvc", CreateDisposition::OPEN, CreateOptions::empty()),
    )?)?;
    if opened.status() == NtStatus::INSUFFICIENT_RESOURCES {
        return Ok(None);
    }
    let pipe = opened.body::<CreateResponse>()?.file_id;
    let mut association = Association::new(Config::default());
    let (interface, bind) = association.bind(netsession_srvs::INTERFACE)?;
    if client.ask(Chain::new(client.tree(), &write(pipe, &bind))?)?.status() != NtStatus::SUCCESS {
        return Ok(None);
    }
    let answer = client.ask(Chain::new(client.tree(), &read(pipe, 4280))?)?;
    association.push(answer.body::<ReadResponse<'_>>()?.data)?;
    let request = server_get_info::Request {
        server_name: Some(format!(r"\\{}", "X".repeat(1000))),
        level: ServerLevel(101),
    };
    let stub = ndr::encode(request, Syntax::Ndr32)?;
    let call = association.call(interface, server_get_info::Request::OPNUM, &stub)?.concat();
    Ok(Some((pipe, call)))
}

/// A failure here would let a user who reads no response take the server's memory for ever.
#[test]
fn unread_responses_leave_no_memory_behind() -> Result<()> {
    leaves_little(
        MUCH..u64::MAX,
        |_| Ok(()),
        |server, others| {
            let mut client = RawClient::connect(server, "bob", "IPC$")?;
            let mut number = 2_u32;
            while let Some((pipe, mut call)) = pipe(&mut client)? {
                others()?;
                let mut status = NtStatus::SUCCESS;
                while status == NtStatus::SUCCESS {
                    call.get_mut(12..16).context("no call")?.copy_from_slice(&number.to_le_bytes());
                    number += 1;
                    status = client.ask(Chain::new(client.tree(), &write(pipe, &call))?)?.status();
                }
            }
            Ok(vec![client])
        },
    )
}

/// A failure here would let a user who reads folders in part take the server's memory for ever.
#[test]
fn half_read_searches_leave_no_memory_behind() -> Result<()> {
    leaves_little(
        MUCH..u64::MAX,
        |data| {
            fs::create_dir(data.join("many"))?;
            for number in 0..5000 {
                fs::write(data.join("many").join(format!("{}{number:06}", "n".repeat(240))), "")?;
            }
            Ok(())
        },
        |server, others| {
            let mut client = RawClient::connect(server, "bob", "data")?;
            for _ in 0..24 {
                others()?;
                let folder =
                    client.open(&create("many", CreateDisposition::OPEN, CreateOptions::DIRECTORY_FILE))?;
                let search = QueryDirectoryRequest {
                    class: FileInformationClass::NAMES,
                    flags: QueryDirectoryFlags::RETURN_SINGLE_ENTRY,
                    file_index: 0,
                    file_id: folder,
                    output_buffer_length: 65_536,
                    pattern: "*".into(),
                };
                let answer = client.ask(Chain::new(client.tree(), &search)?)?;
                ensure!(answer.status() == NtStatus::SUCCESS, "{:?}", answer.status());
            }
            Ok(vec![client])
        },
    )
}

/// A failure here would let a user who sends frames in part take the server's memory for ever. Each frame is below the
/// length from which glibc maps an allocation.
#[test]
fn frames_in_part_leave_no_memory_behind() -> Result<()> {
    const LENGTH: u32 = 125_000;
    leaves_little(
        MUCH..u64::MAX,
        |_| Ok(()),
        |server, others| {
            let mut clients = Vec::new();
            for number in 0..230 {
                if number % 40 == 0 {
                    others()?;
                }
                let mut client = RawClient::connect(server, "bob", "data")?;
                client.send_bytes(&LENGTH.to_be_bytes())?;
                client.send_bytes(&vec![0; usize::try_from(LENGTH)? - 1])?;
                clients.push(client);
            }
            Ok(clients)
        },
    )
}

/// A failure here would let a user who locks many ranges take the server's memory for ever.
#[test]
fn locks_leave_no_memory_behind() -> Result<()> {
    leaves_little(
        2 << 10..FEW,
        |_| Ok(()),
        |server, others| {
            let mut clients = Vec::new();
            for number in 0..4 {
                let mut client = RawClient::connect(server, "bob", "data")?;
                let name = format!("file{number}");
                let file = client.open(&create(&name, CreateDisposition::OPEN_IF, CreateOptions::empty()))?;
                clients.push((client, file));
            }
            for part in 0..64 {
                if part % 16 == 8 {
                    others()?;
                }
                for (client, file) in &mut clients {
                    lock(client, *file, part)?;
                }
            }
            Ok(clients.into_iter().map(|(client, _)| client).collect())
        },
    )
}

/// Locks 1024 ranges, unless the user has too many locks.
fn lock(client: &mut RawClient, file_id: FileId, part: u64) -> Result<()> {
    let range = |number: u64| LockElement {
        offset: (part * 1024 + number) * 2,
        length: 1,
        flags: LockFlags::EXCLUSIVE_LOCK | LockFlags::FAIL_IMMEDIATELY,
    };
    let locks = (0..1024).map(range).collect();
    let request = LockRequest { lock_sequence: 0, file_id, locks };
    let status = client.ask(Chain::new(client.tree(), &request)?)?.status();
    ensure!(matches!(status, NtStatus::SUCCESS | NtStatus::INSUFFICIENT_RESOURCES), "{status:?}");
    Ok(())
}

/// A failure here would let a user who connects to a share again and again take the server's memory for ever.
#[test]
fn connections_to_shares_leave_no_memory_behind() -> Result<()> {
    leaves_little(
        1 << 10..FEW,
        |_| Ok(()),
        |server, others| {
            let mut client = RawClient::connect(server, "bob", "data")?;
            let path = r"\\127.0.0.1\data".to_owned();
            let connect = TreeConnectRequest { flags: TreeConnectFlags::empty(), path, contexts: None };
            let mut count = 0_u32;
            while client.ask(Chain::new(TreeId::NONE, &connect)?)?.status() == NtStatus::SUCCESS {
                if count.is_multiple_of(2000) {
                    others()?;
                }
                count += 1;
            }
            Ok(vec![client])
        },
    )
}

/// A failure here would let a user who opens many pipes take the server's memory for ever.
#[test]
fn empty_pipes_leave_no_memory_behind() -> Result<()> {
    leaves_little(
        1 << 10..FEW,
        |_| Ok(()),
        |server, others| {
            let mut clients = Vec::new();
            for _ in 0..17 {
                others()?;
                let mut client = RawClient::connect(server, "bob", "IPC$")?;
                let open = create("srvsvc", CreateDisposition::OPEN, CreateOptions::empty());
                while client.ask(Chain::new(client.tree(), &open)?)?.status() == NtStatus::SUCCESS {}
                clients.push(client);
            }
            Ok(clients)
        },
    )
}

/// A failure here would let a client that reads much end a server whose memory is limited, and with it everybody's sessions.
#[test]
fn a_read_without_memory_is_refused() -> Result<()> {
    const LENGTH: u32 = 1 << 20;
    let place = tempfile::tempdir()?;
    fs::create_dir(place.path().join("data"))?;
    fs::write(place.path().join("data/large"), vec![7; usize::try_from(LENGTH)?])?;
    // One arena, because each reserves 64 MiB, which count for the limit.
    let serve = start(place.path(), &[("MALLOC_ARENA_MAX", "1")])?;
    let mut clients = Vec::new();
    for _ in 0..40 {
        let mut client = RawClient::connect(serve.address(), "alice", "data")?;
        let file = client.open(&create("large", CreateDisposition::OPEN, CreateOptions::empty()))?;
        clients.push((client, file));
    }
    // Every client sends its request before any reads its response, so that the server holds all of them.
    let mut read_by_all = || -> Result<Vec<NtStatus>> {
        for (client, file) in &mut clients {
            client.send(Chain::new(client.tree(), &read(*file, LENGTH))?)?;
        }
        clients.iter_mut().map(|(client, _)| Ok(client.answer()?.status())).collect()
    };
    let is_done = |status: &NtStatus| *status == NtStatus::SUCCESS;
    ensure!(read_by_all()?.iter().all(is_done), "without a limit");
    let much = memory::size(serve.id(), "VmSize:")?;
    let before = wait_until("the memory to be returned", || {
        let now = memory::size(serve.id(), "VmSize:")?;
        Ok((now + MUCH < much).then_some(now))
    })?;
    limit(&serve, &((before << 10) + (16 << 20)).to_string())?;
    let statuses = read_by_all().context("with a limit")?;
    let refused = statuses.iter().filter(|status| **status == NtStatus::INSUFFICIENT_RESOURCES).count();
    let done = statuses.iter().filter(|status| is_done(status)).count();
    ensure!(refused > 0 && done > 0 && refused + done == statuses.len(), "{statuses:?}");
    limit(&serve, "unlimited")?;
    ensure!(read_by_all()?.iter().all(is_done), "after the limit");
    Ok(())
}

/// Sets the soft limit of the server's address space.
fn limit(serve: &Serve, bytes: &str) -> Result<()> {
    let status =
        Command::new("prlimit").args([format!("--pid={}", serve.id()), format!("--as={bytes}:")]).status()?;
    ensure!(status.success(), "prlimit: {status}");
    Ok(())
}
