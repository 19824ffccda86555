//! `cargo xtask deb`: makes two packages for Debian and Ubuntu in the folder `debian` of the target folder:
//! `netsession_VERSION_ARCHITECTURE.deb`, and `libnetapi32-wchar32_VERSION_ARCHITECTURE.deb` with the C library for characters of 32 bits.
//!
//! [`packages`] lays the files out as `cargo xtask install` does ([`Layout`]), and adds what Debian wants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::built::{Built, Profile};
use crate::install::Layout;
use crate::packaged::{crates, glibc, output};
use crate::{documents, root, workspace};

const MAINTAINER: &str = "The netsession developers <netsession@example.invalid>";

/// The package of the C library for characters of 32 bits, and the name of that library.
pub(crate) const WCHAR32: &str = "libnetapi32-wchar32";

/// How to begin, after the package manager has installed the package.
pub(crate) const INSTALL: &str = "    sudo apt install ./netsession_*.deb
    netsession demo                      # a demonstration on this computer; needs nothing else

The demonstration starts a file server. Two users copy large files, an administrator lists the sessions and ends one, and you see what
happens to both copies.

The package has the command, its manual pages (`man netsession`), completions for bash, zsh and fish, the C library `netapi32` under each
of its names with its headers, and the units for systemd. The package `libnetapi32-wchar32` has the same library for characters of 32 bits,
which C sources with `wchar_t`, Python's `c_wchar_p` and Java's `WString` need.
";

/// Makes the user of the file server. Nothing starts by itself: the server needs a configuration.
const POSTINST: &str = "#!/bin/sh
set -e
if [ \"$1\" = configure ] && command -v systemd-sysusers >/dev/null; then
    systemd-sysusers netsession.conf
fi
";

/// A package to make.
struct Package<'a> {
    name: &'static str,
    section: &'static str,
    /// The field with the packages that belong beside it, or nothing.
    beside: String,
    description: &'static str,
    /// The intended findings of lintian, each with its reason.
    overrides: String,
    /// Whether its library has a soname.
    has_soname: bool,
    /// The programs and libraries, below `/usr`.
    programs: &'a [PathBuf],
    /// The crates of the workspace that they are built from.
    crates: &'a [&'a str],
}

/// Builds for release, and makes the packages.
pub(crate) fn run() -> Result<bool> {
    for package in packages(&Built::with(Profile::ReleaseLto)?)? {
        println!("{}", package.display());
    }
    Ok(true)
}

/// Makes the packages of what was built, and returns their paths: `netsession`, and the library for characters of 32 bits.
pub(crate) fn packages(built: &Built) -> Result<[PathBuf; 2]> {
    let folder = workspace::target()?.join("debian");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let libraries = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
    Ok([main(built, &folder, &libraries)?, wchar32(built, &folder, &libraries)?])
}

/// Makes the package of everything but the library for characters of 32 bits.
fn main(built: &Built, folder: &Path, libraries: &str) -> Result<PathBuf> {
    let stage = folder.join("netsession");
    let usr = stage.join("usr");
    let layout = Layout { built, stage: &usr, prefix: Path::new("/usr"), libraries };
    layout.lay_out_main()?;
    // Debian installs the text of the Apache licence once, for all packages.
    fs::remove_file(usr.join("share/doc/netsession/LICENSE-APACHE"))?;
    fs::rename(usr.join("share/zsh/site-functions"), usr.join("share/zsh/vendor-completions"))?;
    documents::write(&usr.join("share/doc/netsession"), INSTALL)?;
    documents::mend_links(&usr.join("share/doc/netsession"))?;
    for page in fs::read_dir(usr.join("share/man/man1"))? {
        compress(&page?.path())?;
    }
    let control = stage.join("DEBIAN");
    fs::create_dir_all(&control)?;
    fs::write(control.join("postinst"), POSTINST)?;
    output("chmod", &["0755", &control.join("postinst").to_string_lossy()])?;
    let package = Package {
        name: "netsession",
        section: "net",
        beside: format!("Suggests: {WCHAR32} (= {})\n", env!("CARGO_PKG_VERSION")),
        description: "list and end the sessions of SMB file servers\n \
                      See who is connected to Windows, Samba and NAS file servers, and disconnect\n \
                      them: the command netsession, and libnetapi32, a C library with the names of\n \
                      Windows' netapi32 for C, C#, Visual Basic, Python, Go, Node and Java.\n",
        overrides: format!(
            "# Programs load the library by any of its names. With a soname, the loader's cache would know it by that name only.\n\
             netsession: sharedobject-in-library-directory-missing-soname [usr/{libraries}/libnetapi32.so]\n"
        ),
        has_soname: false,
        programs: &[usr.join("bin/netsession"), usr.join(libraries).join("libnetapi32.so")],
        crates: &["netsession-cli", "netsession-netapi32"],
    };
    package.make(&layout, folder, &stage)
}

/// Makes the package of the library for characters of 32 bits.
fn wchar32(built: &Built, folder: &Path, libraries: &str) -> Result<PathBuf> {
    let stage = folder.join(WCHAR32);
    let usr = stage.join("usr");
    let layout = Layout { built, stage: &usr, prefix: Path::new("/usr"), libraries };
    layout.lay_out_wchar32()?;
    let package = Package {
        name: WCHAR32,
        section: "libs",
        // It has the headers.
        beside: format!("Recommends: netsession (= {})\n", env!("CARGO_PKG_VERSION")),
        description: "Windows' netapi32 for programs with a wchar_t of 32 bits\n \
                      The C library of netsession, with which programs list and end the sessions of\n \
                      SMB file servers, built for characters of 32 bits: for C sources with wchar_t,\n \
                      Python's c_wchar_p and Java's WString. The package netsession has the library\n \
                      for characters of 16 bits, and the headers for both.\n",
        overrides: format!(
            "# Windows' netapi32 has no versions, and keeps its functions.\n\
             {WCHAR32}: shared-library-lacks-version usr/{libraries}/{WCHAR32}.so {WCHAR32}.so\n"
        ),
        has_soname: true,
        programs: &[usr.join(libraries).join(format!("{WCHAR32}.so"))],
        crates: &["netsession-netapi32-wchar32"],
    };
    package.make(&layout, folder, &stage)
}

impl Package<'_> {
    /// Adds what every package has, packs the stage, and returns the path of the package.
    fn make(&self, layout: &Layout<'_>, folder: &Path, stage: &Path) -> Result<PathBuf> {
        let Self { name, section, beside, description, overrides, has_soname, programs, crates: of } = self;
        let documents = format!("share/doc/{name}");
        layout.write(&format!("{documents}/copyright"), copyright()?.as_bytes())?;
        let changes = fs::read_to_string(root().join("CHANGELOG.md"))?;
        for (file, content) in [("changelog", changelog(name)?), ("CHANGELOG.md", changes)] {
            let file = format!("{documents}/{file}");
            layout.write(&file, content.as_bytes())?;
            compress(&layout.stage.join(file))?;
        }
        layout.write(&format!("share/lintian/overrides/{name}"), overrides.as_bytes())?;
        layout.write(&format!("{documents}/crates"), crates(of)?.as_bytes())?;
        for program in *programs {
            output("strip", &["--strip-unneeded", "--remove-section=.comment", &program.to_string_lossy()])?;
            if program.extension().is_some() {
                output("chmod", &["0644", &program.to_string_lossy()])?;
            }
        }
        let needed = programs.iter().map(|path| glibc(&fs::read(path)?)).collect::<Result<Vec<_>>>()?;
        let (major, minor) = needed.into_iter().max().context("nothing was built")?;
        let architecture = output("dpkg", &["--print-architecture"])?;
        let (architecture, version) = (architecture.trim(), env!("CARGO_PKG_VERSION"));
        let control = stage.join("DEBIAN");
        fs::create_dir_all(&control)?;
        let fields = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nSection: {section}\nPriority: optional\n\
             Maintainer: {MAINTAINER}\nDepends: libc6 (>= {major}.{minor}), libgcc-s1\n{beside}Description: {description}"
        );
        fs::write(control.join("control"), fields)?;
        fs::write(control.join("md5sums"), checksums(stage)?)?;
        if *has_soname {
            // The loader's cache knows it.
            fs::write(control.join("triggers"), "activate-noawait ldconfig\n")?;
        }
        let package = folder.join(format!("{name}_{version}_{architecture}.deb"));
        let mut pack = Command::new("dpkg-deb");
        pack.args(["--root-owner-group", "--build"]).args([stage, &package]).stdout(Stdio::null());
        ensure!(pack.status().context("starting dpkg-deb")?.success(), "dpkg-deb failed");
        Ok(package)
    }
}

/// The changelog in Debian's format, which refers to the project's own.
fn changelog(name: &str) -> Result<String> {
    let date = output("date", &["--utc", "--rfc-email", "--reference=CHANGELOG.md"])?;
    Ok(format!(
        "{name} ({}) unstable; urgency=medium\n\n  * CHANGELOG.md.gz beside this file lists the changes.\n\n \
         -- {MAINTAINER}  {date}",
        env!("CARGO_PKG_VERSION")
    ))
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
