//! NetBIOS names looked up at Samba's nmbd, by broadcast and at its WINS service, in a network namespace of their own: the
//! ports are the well-known ones, and a broadcast does not leave the namespace.

#![cfg(test)]
#![cfg(target_os = "linux")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession::{Error, NetBios, NetBiosError, blocking, netbios};
use netsession_conformance::guard::Guard;
use netsession_conformance::wait_until;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 55, 0, 1);

/// The variable that is set for the part of the test in the namespace.
const INSIDE: &str = "NETSESSION_TEST_IN_NAMESPACE";

/// A user who is not root must become root in a user namespace first. Exits with 125 if the system allows no
/// namespaces.
const NAMESPACE: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || user="--user --map-root-user"
unshare $user --net true || exit 125
exec unshare $user --net sh -ec "$0" sh "$@"
"#;

/// The first argument is the folder with smb.conf, the second this test program.
const IN_THE_NAMESPACE: &str = r#"
ip link set lo up
ip address add 10.55.0.1/24 broadcast 10.55.0.255 dev lo
ip route add default dev lo
nmbd --foreground --no-process-group --configfile="$1/smb.conf" --log-basename="$1" </dev/null >"$1/out" 2>&1 &
nmbd=$!
trap 'kill $nmbd' EXIT
"$2" --exact names_are_found_by_broadcast_and_by_wins
"#;

fn write_configuration(folder: &Path) -> Result<()> {
    for name in ["private", "lock", "state", "cache", "run", "ncalrpc"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let folder = folder.display();
    let text = format!(
        "[global]
  workgroup = LAB
  netbios name = LABNB
  server role = standalone server
  interfaces = {ADDRESS}/24
  bind interfaces only = yes
  wins support = yes
  dns proxy = no
  private dir = {folder}/private
  lock directory = {folder}/lock
  state directory = {folder}/state
  cache directory = {folder}/cache
  pid directory = {folder}/run
  ncalrpc dir = {folder}/ncalrpc
  nmbd:socket dir = {folder}/sockets
  log file = {folder}/nmbd.log
"
    );
    std::fs::write(format!("{folder}/smb.conf"), text).context("writing smb.conf")
}

/// A failure here would not find a server that only NetBIOS knows, or would look for an unknown one
/// forever.
#[test]
fn names_are_found_by_broadcast_and_by_wins() -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return ask_for_names();
    }
    let guard = Guard::new("netsession-netbios-")?;
    write_configuration(guard.folder())?;
    let mut command = Command::new("sh");
    command.args(["-c", NAMESPACE, IN_THE_NAMESPACE]).arg(guard.folder()).arg(std::env::current_exe()?);
    let output = command.env(INSIDE, "1").output().context("running sh")?;
    if output.status.code() == Some(125) {
        eprintln!("left out: this machine allows no network namespace");
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = std::fs::read_to_string(guard.folder().join("out")).unwrap_or_default();
    ensure!(
        output.status.success() && text(&output.stdout).contains("1 passed"),
        "this needs unshare, ip and nmbd:\n{}{}{said}",
        text(&output.stdout),
        text(&output.stderr)
    );
    Ok(())
}

fn ask_for_names() -> Result<()> {
    let wins = NetBios::Wins(IpAddr::V4(ADDRESS));
    for service in [NetBios::Broadcast, wins] {
        let found = wait_until("nmbd to register its name", || Ok(look_up("labnb", service)?.ok()))?;
        ensure!(found == [ADDRESS], "{service:?} found {found:?}");
    }
    let unknown = look_up("nosuch", wins)?;
    ensure!(matches!(unknown, Err(NetBiosError::NotRegistered)), "WINS has no such name: {unknown:?}");
    let silent = look_up("nosuch", NetBios::Broadcast)?;
    ensure!(matches!(silent, Err(NetBiosError::NoAnswer)), "no computer has this name: {silent:?}");
    Ok(())
}

fn look_up(name: &str, service: NetBios) -> Result<Result<Vec<Ipv4Addr>, NetBiosError>> {
    match blocking::wait_for(netbios::look_up(name, service))? {
        Ok(found) => Ok(Ok(found)),
        Err(Error::NetBios { cause, .. }) => Ok(Err(cause)),
        Err(error) => Err(error.into()),
    }
}
