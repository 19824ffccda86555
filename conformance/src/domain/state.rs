//! How the servers of a domain get their state: made once, kept in archives under the target folder, unpacked at each start.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{CONTROLLER, Domain, MEMBER};
use crate::output;
use crate::samba::PASSWORD;
use crate::wait_until;

const SMB_CONF: &str = include_str!("smb.conf");
const CONTROLLER_CONF: &str = include_str!("controller.conf");
const MEMBER_CONF: &str = include_str!("member.conf");
const ACCOUNTS: &str = include_str!("accounts.py");
const PROVISION: &str = include_str!("provision.sh");
const JOIN: &str = include_str!("join.sh");
const SETTLE: &str = include_str!("settle.sh");

/// Configures the servers, gives them their state, and waits until both accept a ticket.
pub(super) fn prepare(domain: &Domain) -> Result<()> {
    configure(domain)?;
    let archives = Archives::of_this_domain()?;
    let lock = File::create(archives.folder.join("lock"))?;
    // The first test program makes the state; another one waits for it.
    lock.lock()?;
    if archives.exist() {
        archives.unpack(domain)?;
    } else {
        make(domain)?;
        archives.pack(domain)?;
    }
    lock.unlock()?;
    start(domain)
}

/// Starts both servers, and waits until they accept a ticket.
pub(super) fn start(domain: &Domain) -> Result<()> {
    start_controller(domain)?;
    domain.member.sh("winbindd --daemon; smbd --daemon")?;
    let cache = domain.ticket("alice")?;
    domain.wait_for_server(CONTROLLER, &cache)?;
    domain.wait_for_server(MEMBER, &cache)
}

/// Stops both servers.
pub(super) fn stop(domain: &Domain) -> Result<()> {
    for machine in [&domain.member, &domain.controller] {
        machine.sh("while pkill 'samba|smbd|winbindd'; do sleep 0.1; done")?;
    }
    Ok(())
}

/// Writes the servers' smb.conf.
fn configure(domain: &Domain) -> Result<()> {
    for (machine, role) in [(&domain.controller, CONTROLLER_CONF), (&domain.member, MEMBER_CONF)] {
        let script = "rm -f /etc/samba/smb.conf; mkdir -p /etc/samba
            : >/etc/samba/extra.conf; printf '%s' \"$2\" >/etc/samba/role.conf; printf '%s' \"$1\" >/etc/samba/domain.conf";
        machine.script(script, &[SMB_CONF, role])?;
    }
    Ok(())
}

/// Provisions the domain, makes its accounts, joins the member, and stops both servers.
fn make(domain: &Domain) -> Result<()> {
    domain.controller.script(PROVISION, &[PASSWORD, ACCOUNTS])?;
    start_controller(domain)?;
    domain.member.script(JOIN, &[PASSWORD])?;
    domain.controller.script(SETTLE, &[PASSWORD])?;
    stop(domain)
}

/// Starts the controller's services, and waits until its KDC knows a user and its directory answers.
fn start_controller(domain: &Domain) -> Result<()> {
    domain.controller.sh("samba --daemon")?;
    wait_until("the KDC to answer", || Ok(domain.ticket("alice").ok().map(drop)))
}

/// The archives with the state of the two servers.
struct Archives {
    folder: PathBuf,
    controller: PathBuf,
    member: PathBuf,
}

impl Archives {
    /// The archives for this version of Samba and of the files beside this one.
    fn of_this_domain() -> Result<Self> {
        let samba = Command::new("samba").arg("--version").output().context("samba is not installed")?;
        let mut hasher = DefaultHasher::new();
        (samba.stdout, SMB_CONF, CONTROLLER_CONF, MEMBER_CONF, ACCOUNTS, PROVISION, JOIN, SETTLE, PASSWORD)
            .hash(&mut hasher);
        let folder = output::target()?.join("domain");
        fs::create_dir_all(&folder)?;
        let file = |name: &str| folder.join(format!("{name}-{:016x}.tar", hasher.finish()));
        let (controller, member) = (file("controller"), file("member"));
        Ok(Self { folder, controller, member })
    }

    fn exist(&self) -> bool {
        self.controller.exists() && self.member.exists()
    }

    fn pack(&self, domain: &Domain) -> Result<()> {
        for (machine, archive) in [(&domain.controller, &self.controller), (&domain.member, &self.member)] {
            let new = archive.with_extension("new");
            let script = format!(
                "tar {TAR} --create --file=\"$1\" etc/samba etc/passwd etc/group var/lib/samba var/cache/samba; chmod a+r \"$1\""
            );
            machine.script(&script, &[path(&new)?])?;
            // A run that is killed leaves no half of an archive.
            fs::rename(new, archive)?;
        }
        Ok(())
    }

    fn unpack(&self, domain: &Domain) -> Result<()> {
        for (machine, archive) in [(&domain.controller, &self.controller), (&domain.member, &self.member)] {
            machine.script(&format!("tar {TAR} --extract --file=\"$1\""), &[path(archive)?])?;
        }
        Ok(())
    }
}

/// Samba keeps the rights of its files in extended attributes.
const TAR: &str = "--directory=/ --xattrs --xattrs-include='*' --warning=no-file-ignored";

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::super::machine::{self, Machine};
    use super::*;
    use crate::guard::Guard;

    /// Stands in for Samba's programs: the directory refuses the first two attempts to join, as it does after its start.
    const SAMBA: &str = r#"mkdir -p /run/samba-double /etc/samba; touch /etc/samba/domain.conf
        cd /run/samba-double
        cat >net <<'END'
#!/bin/sh
echo "$*" >>/run/joins
cat >/dev/null
[ "$(wc -l </run/joins)" -gt 2 ] || { echo 'Operations error' >&2; exit 1; }
END
        printf '#!/bin/sh\n' >winbindd
        printf '#!/bin/sh\necho double:x:1:1\n' >wbinfo
        chmod +x net winbindd wbinfo"#;

    /// A failure here would fail every test of the domain now and then: the directory refuses to let a member join for a moment
    /// after its start.
    #[test]
    fn joining_is_repeated_until_the_directory_accepts() -> Result<()> {
        if !machine::allowed() {
            eprintln!("left out: this process may not make network namespaces");
            return Ok(());
        }
        let guard = Guard::new("netsession-join-")?;
        let member = Machine::start("fs9", "10.77.1.29", guard.folder())?;
        member.sh(SAMBA)?;
        member.script(&format!("PATH=/run/samba-double:$PATH\n{JOIN}"), &[PASSWORD])?;
        let joins = member.sh("cat /run/joins")?;
        ensure!(joins.lines().count() == 3, "{joins}");
        ensure!(joins.lines().all(|line| line == "ads join -U Administrator"), "{joins}");
        Ok(())
    }
}
