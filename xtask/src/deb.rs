//! `cargo xtask deb`: makes a package for Debian and Ubuntu, `debian/netsession_VERSION_ARCHITECTURE.deb` in the target folder.
//!
//! [`package`] lays the files out as `cargo xtask install` does ([`Layout`]), and adds what Debian wants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::built::{Built, Profile};
use crate::install::Layout;
use crate::packaged::{crates, glibc, output};
use crate::{documents, root, workspace};

const MAINTAINER: &str = "The netsession developers <netsession@example.invalid>";

/// How to begin, after the package manager has installed the package.
pub(crate) const INSTALL: &str = "    sudo apt install ./netsession_*.deb
    netsession demo                      # a demonstration on this computer; needs nothing else

The demonstration starts a file server. Two users copy large files, an administrator lists the sessions and ends one, and you see what
happens to both copies.

The package has the command, its manual pages (`man netsession`), completions for bash, zsh and fish, the C library `netapi32` under each
of its names with its headers, and the units for systemd.
";

/// Makes the user of the file server. Nothing starts by itself: the server needs a configuration.
const POSTINST: &str = "#!/bin/sh
set -e
if [ \"$1\" = configure ] && command -v systemd-sysusers >/dev/null; then
    systemd-sysusers netsession.conf
fi
";

/// Builds for release, and makes the package.
pub(crate) fn run() -> Result<bool> {
    println!("{}", package(&Built::with(Profile::ReleaseLto)?)?.display());
    Ok(true)
}

/// Makes the package of what was built, and returns its path.
pub(crate) fn package(built: &Built) -> Result<PathBuf> {
    let architecture = output("dpkg", &["--print-architecture"])?;
    let architecture = architecture.trim();
    let folder = workspace::target()?.join("debian");
    let stage = folder.join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let usr = stage.join("usr");
    let libraries = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
    let layout = Layout { built, stage: &usr, prefix: Path::new("/usr"), libraries: &libraries };
    layout.lay_out()?;
    // Debian installs the text of the Apache licence once, for all packages.
    fs::remove_file(usr.join("share/doc/netsession/LICENSE-APACHE"))?;
    fs::rename(usr.join("share/zsh/site-functions"), usr.join("share/zsh/vendor-completions"))?;
    layout.write("share/doc/netsession/copyright", copyright()?.as_bytes())?;
    documents::write(&usr.join("share/doc/netsession"), INSTALL)?;
    for (name, content) in
        [("changelog", changelog()?), ("CHANGELOG.md", fs::read_to_string(root().join("CHANGELOG.md"))?)]
    {
        let name = format!("share/doc/netsession/{name}");
        layout.write(&name, content.as_bytes())?;
        compress(&usr.join(name))?;
    }
    documents::mend_links(&usr.join("share/doc/netsession"))?;
    layout.write("share/lintian/overrides/netsession", overrides(&libraries).as_bytes())?;
    for page in fs::read_dir(usr.join("share/man/man1"))? {
        compress(&page?.path())?;
    }
    for program in programs(&usr, &libraries) {
        output("strip", &["--strip-unneeded", "--remove-section=.comment", &program.to_string_lossy()])?;
        if program.extension().is_some() {
            output("chmod", &["0644", &program.to_string_lossy()])?;
        }
    }
    let crates = crates(&["netsession-cli", "netsession-netapi32"])?;
    layout.write("share/doc/netsession/crates", crates.as_bytes())?;
    let control = stage.join("DEBIAN");
    fs::create_dir_all(&control)?;
    fs::write(control.join("control"), control_file(architecture, &usr, &libraries)?)?;
    fs::write(control.join("md5sums"), checksums(&stage)?)?;
    fs::write(control.join("postinst"), POSTINST)?;
    output("chmod", &["0755", &control.join("postinst").to_string_lossy()])?;
    // The loader's cache knows a library with a soname.
    fs::write(control.join("triggers"), "activate-noawait ldconfig\n")?;
    let package = folder.join(format!("netsession_{}_{architecture}.deb", env!("CARGO_PKG_VERSION")));
    let status = Command::new("dpkg-deb")
        .args(["--root-owner-group", "--build"])
        .args([&stage, &package])
        .stdout(std::process::Stdio::null())
        .status()
        .context("starting dpkg-deb")?;
    ensure!(status.success(), "dpkg-deb failed");
    Ok(package)
}

/// The changelog in Debian's format, which refers to the project's own.
fn changelog() -> Result<String> {
    let date = output("date", &["--utc", "--rfc-email", "--reference=CHANGELOG.md"])?;
    Ok(format!(
        "netsession ({}) unstable; urgency=medium\n\n  * CHANGELOG.md.gz beside this file lists the changes.\n\n \
         -- {MAINTAINER}  {date}",
        env!("CARGO_PKG_VERSION")
    ))
}

/// What lintian finds and what is meant, each with its reason.
fn overrides(libraries: &str) -> String {
    format!(
        "# Programs load the library by any of its names. With a soname, the loader's cache would know it by that name only.\n\
         netsession: sharedobject-in-library-directory-missing-soname [usr/{libraries}/libnetapi32.so]\n\
         # Windows' netapi32 has no versions, and keeps its functions. The package is named after the command.\n\
         netsession: package-name-doesnt-match-sonames libnetapi32-wchar32\n\
         netsession: shared-library-lacks-version usr/{libraries}/libnetapi32-wchar32.so libnetapi32-wchar32.so\n"
    )
}

/// The checksums by which `dpkg --verify` finds changed files.
fn checksums(stage: &Path) -> Result<String> {
    let script = "cd \"$1\" && find usr -type f -print0 | sort -z | xargs -0 md5sum";
    output("sh", &["-c", script, "sh", &stage.to_string_lossy()])
}

/// Replaces a file by its compressed form, which is the same each time.
fn compress(path: &Path) -> Result<()> {
    output("gzip", &["-9", "--no-name", &path.to_string_lossy()]).map(|_| ())
}

/// The command and the libraries.
fn programs(usr: &Path, libraries: &str) -> [PathBuf; 3] {
    let folder = usr.join(libraries);
    [usr.join("bin/netsession"), folder.join("libnetapi32.so"), folder.join("libnetapi32-wchar32.so")]
}

fn control_file(architecture: &str, usr: &Path, libraries: &str) -> Result<String> {
    let newest =
        programs(usr, libraries).iter().map(|path| glibc(&fs::read(path)?)).collect::<Result<Vec<_>>>()?;
    let (major, minor) = newest.into_iter().max().context("nothing was built")?;
    Ok(format!(
        "Package: netsession\nVersion: {}\nArchitecture: {architecture}\nSection: net\nPriority: optional\n\
         Maintainer: {MAINTAINER}\n\
         Depends: libc6 (>= {major}.{minor}), libgcc-s1\n\
         Description: list and end the sessions of SMB file servers\n \
         See who is connected to Windows, Samba and NAS file servers, and disconnect\n \
         them: the command netsession, and libnetapi32, a C library with the names of\n \
         Windows' netapi32 for C, C#, Visual Basic, Python, Go, Node and Java.\n",
        env!("CARGO_PKG_VERSION")
    ))
}

/// Returns the copyright file, in Debian's machine-readable format.
fn copyright() -> Result<String> {
    let mit = fs::read_to_string(root().join("LICENSE-MIT"))?;
    let holder = mit.lines().find_map(|line| line.strip_prefix("Copyright (c) ")).context("no holder")?;
    let (_, terms) = mit.split_once("Permission").context("no terms")?;
    let terms: String = format!("Permission{terms}")
        .lines()
        .map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") })
        .collect();
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: netsession\n\n\
         Files: *\nCopyright: {holder}\nLicense: Expat or Apache-2.0\n\
         Comment: The crates that are built in, and their licences, are listed in the file crates beside this one.\n\n\
         License: Expat\n{terms}\nLicense: Apache-2.0\n \
         On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n"
    ))
}
