//! The files of a private Samba: smb.conf, passwd and group.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;

/// The password of every user.
pub const PASSWORD: &str = "Passw0rd!";

/// The user who may list and end sessions: a member of Administrators and of Domain Admins.
pub const ADMIN: &str = "admin";

/// A user who may list sessions but not end them: a member of Administrators only.
pub const OPERATOR: &str = "operator";

/// A user whose name is in another script than Latin.
pub const OTHER_SCRIPT: &str = "олена";

/// A user of the private server.
#[derive(Debug)]
pub struct User {
    /// The name, as Samba lists it.
    pub name: &'static str,
    administrators: bool,
    domain_admins: bool,
}

const fn plain(name: &'static str) -> User {
    User { name, administrators: false, domain_admins: false }
}

/// Every user of a private server.
pub const USERS: &[User] = &[
    User { name: ADMIN, administrators: true, domain_admins: true },
    User { name: OPERATOR, administrators: true, domain_admins: false },
    plain("alice"),
    plain("bob"),
    plain("carol"),
    plain("svc-backup"),
    plain("svc-scan"),
    plain(OTHER_SCRIPT),
];

/// Writes smb.conf, passwd, group and the empty folders they name.
pub(super) fn write(folder: &Path, port: u16, extra: &[&str]) -> Result<()> {
    for name in ["private", "lock", "state", "cache", "run", "ncalrpc", "log", "share"] {
        fs::create_dir(folder.join(name))?;
    }
    // On the disk, files belong to the user who runs the tests, so every user of the share needs the rights of others.
    fs::set_permissions(folder.join("share"), Permissions::from_mode(0o777))?;
    fs::write(folder.join("smb.conf"), smb_conf(folder, port, extra))?;
    fs::write(folder.join("passwd"), passwd())?;
    fs::write(folder.join("group"), group())?;
    Ok(())
}

fn smb_conf(folder: &Path, port: u16, extra: &[&str]) -> String {
    let folder = folder.display();
    let extra: String = extra.iter().map(|line| format!("  {line}\n")).collect();
    format!(
        "[global]
  workgroup = LAB
  server role = standalone server
  netbios name = LABSRV
  server string = a private server
  interfaces = 127.0.0.0/8
  bind interfaces only = yes
  disable netbios = yes
  smb ports = {port}
  map to guest = never
  passdb backend = tdbsam
  private dir = {folder}/private
  lock directory = {folder}/lock
  state directory = {folder}/state
  cache directory = {folder}/cache
  pid directory = {folder}/run
  ncalrpc dir = {folder}/ncalrpc
  nmbd:socket dir = {folder}/run/nmbd
  log file = {folder}/log/smbd.log
  log level = 1
  load printers = no
  printing = bsd
  disable spoolss = yes
{extra}[data]
  comment = a folder to work in
  path = {folder}/share
  read only = no
  force create mode = 0666
  force directory mode = 0777
"
    )
}

fn passwd() -> String {
    let mut text = "root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n".to_owned();
    for (index, user) in USERS.iter().enumerate() {
        text += &format!("{}:x:{}:47000::/:/bin/false\n", user.name, 47001 + index);
    }
    text
}

fn group() -> String {
    let members = |is_member: fn(&User) -> bool| {
        USERS.iter().filter(|user| is_member(user)).map(|user| user.name).collect::<Vec<_>>().join(",")
    };
    format!(
        "root:x:0:\nnogroup:x:65534:\nns-users:x:47000:\nns-administrators:x:47101:{}\nns-domain-admins:x:47102:{}\n",
        members(|user| user.administrators),
        members(|user| user.domain_admins),
    )
}
