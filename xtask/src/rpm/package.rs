//! Lays the files out as `cargo xtask install` does ([`Layout`]), and packs them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rpm::{BuildConfig, CompressionType, Dependency, FileOptions, PackageBuilder};

use super::{Options, paths};
use crate::built::Built;
use crate::deb::WCHAR32;
use crate::install::Layout;
use crate::packaged::{crates, glibc, output};
use crate::{documents, root};

/// How to begin, after the package manager has installed the package.
const INSTALL: &str = "    sudo dnf install ./netsession-*.rpm         # or zypper install
    netsession demo                             # a demonstration on this computer; needs nothing else

The demonstration starts a file server. Two users copy large files, an administrator lists the sessions and ends one, and you see what
happens to both copies.

The package has the command, its manual pages (`man netsession`), completions for bash, zsh and fish, the C library `netapi32` under each
of its names with its headers, and the units for systemd. The package `libnetapi32-wchar32` has the same library for characters of 32 bits,
which C sources with `wchar_t`, Python's `c_wchar_p` and Java's `WString` need.
";

/// Makes the user of the file server. Nothing starts by itself.
const USERS: &str =
    "if command -v systemd-sysusers >/dev/null; then systemd-sysusers netsession.conf || :; fi
";

/// Lets the loader find the library.
const LOADER: &str = "/sbin/ldconfig
";

/// What a package says about itself.
struct About {
    name: &'static str,
    summary: &'static str,
    description: &'static str,
    after: String,
}

/// Builds for release, and makes the packages.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let built = Built::with(options.profile)?;
    let [package, wchar32_package] = paths()?;
    let folder = package.parent().context("no folder")?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    main(&built, &folder.join("netsession"), &package)?;
    wchar32(&built, &folder.join(WCHAR32), &wchar32_package)?;
    println!("{}\n{}", package.display(), wchar32_package.display());
    Ok(true)
}

/// Makes the package of everything but the library for characters of 32 bits.
fn main(built: &Built, stage: &Path, package: &Path) -> Result<()> {
    let usr = stage.join("usr");
    Layout { built, stage: &usr, prefix: Path::new("/usr"), libraries: "lib64" }.lay_out_main()?;
    let folder = usr.join("share/doc/netsession");
    documents::write(&folder, INSTALL)?;
    documents::mend_links(&folder)?;
    fs::write(folder.join("crates"), crates(&["netsession-cli", "netsession-netapi32"])?)?;
    for page in fs::read_dir(usr.join("share/man/man1"))? {
        output("gzip", &["-9", "--no-name", &page?.path().to_string_lossy()])?;
    }
    let about = About {
        name: "netsession",
        summary: "List and end the sessions of SMB file servers",
        description: "See who is connected to Windows, Samba and NAS file servers, and disconnect them: the command netsession, and \
                      libnetapi32, a C library with the names of Windows' netapi32 for C, C#, Visual Basic, Python, Go, Node and Java.",
        after: format!("{LOADER}{USERS}"),
    };
    let glibc = stripped(&usr, &["bin/netsession", "lib64/libnetapi32.so"])?;
    pack(&about, stage, glibc, package)
}

/// Makes the package of the library for characters of 32 bits.
fn wchar32(built: &Built, stage: &Path, package: &Path) -> Result<()> {
    let usr = stage.join("usr");
    let layout = Layout { built, stage: &usr, prefix: Path::new("/usr"), libraries: "lib64" };
    layout.lay_out_wchar32()?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        layout.write(&format!("share/doc/{WCHAR32}/{licence}"), &fs::read(root().join(licence))?)?;
    }
    layout.write(
        &format!("share/doc/{WCHAR32}/crates"),
        crates(&["netsession-netapi32-wchar32"])?.as_bytes(),
    )?;
    let about = About {
        name: WCHAR32,
        summary: "Windows' netapi32 for programs with a wchar_t of 32 bits",
        description: "The C library of netsession, with which programs list and end the sessions of SMB file servers, built for characters \
                      of 32 bits: for C sources with wchar_t, Python's c_wchar_p and Java's WString. The package netsession has the \
                      library for characters of 16 bits, and the headers for both.",
        after: LOADER.to_owned(),
    };
    let glibc = stripped(&usr, &[&format!("lib64/{WCHAR32}.so")])?;
    pack(&about, stage, glibc, package)
}

/// Removes from these programs what only debuggers need, and returns the C library that they want.
fn stripped(usr: &Path, programs: &[&str]) -> Result<(u32, u32)> {
    let mut newest = (0, 0);
    for program in programs {
        let program = usr.join(program);
        output("strip", &["--strip-unneeded", "--remove-section=.comment", &program.to_string_lossy()])?;
        newest = newest.max(glibc(&fs::read(&program)?)?);
    }
    Ok(newest)
}

/// Packs every file and link below the folder.
fn pack(about: &About, stage: &Path, glibc: (u32, u32), package: &Path) -> Result<()> {
    let (version, licence) = (env!("CARGO_PKG_VERSION"), "MIT OR Apache-2.0");
    let mut builder =
        PackageBuilder::new(about.name, version, licence, std::env::consts::ARCH, about.summary);
    let (major, minor) = glibc;
    builder
        .using_config(BuildConfig::v4().compression(CompressionType::Gzip).source_date(0u32))
        .release("1")
        .description(about.description)
        .requires(Dependency::any(format!("libc.so.6(GLIBC_{major}.{minor})(64bit)")))
        .requires(Dependency::any("libgcc_s.so.1()(64bit)"))
        .post_install_script(about.after.as_str())
        .post_uninstall_script(LOADER);
    if about.name == WCHAR32 {
        // Packages of programs that are linked with it want this name. The headers are in the other package.
        builder.provides(Dependency::any(format!("{WCHAR32}.so()(64bit)")));
        builder.recommends(Dependency::eq("netsession", version));
    }
    add(&mut builder, stage, stage)?;
    let built = builder.build()?;
    built.write_file(package).with_context(|| package.display().to_string())
}

fn add(builder: &mut PackageBuilder, stage: &Path, folder: &Path) -> Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        let place = format!("/{}", path.strip_prefix(stage)?.display());
        if kind.is_dir() {
            // Folders of the system belong to other packages.
            if is_own(&place) {
                builder.with_dir_entry(FileOptions::dir(&place).permissions(0o755))?;
            }
            add(builder, stage, &path)?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&path)?;
            builder.with_symlink(FileOptions::symlink(&place, target.to_string_lossy()))?;
        } else {
            let permissions = if place.starts_with("/usr/bin/") { 0o755 } else { 0o644 };
            let options = FileOptions::new(&place).permissions(permissions);
            let is_licence = place.contains("/LICENSE");
            let is_document = place.starts_with("/usr/share/doc/") || place.starts_with("/usr/share/man/");
            let options = if is_licence {
                options.license()
            } else if is_document {
                options.doc()
            } else {
                options
            };
            builder.with_file(&path, options)?;
        }
    }
    Ok(())
}

/// Returns whether a folder belongs to no other package.
fn is_own(place: &str) -> bool {
    place.split('/').any(|name| name.starts_with("netsession") || name == WCHAR32)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{About, pack};

    /// A failure here would make a package that `rpm` refuses, that others can change, or that is installed where it cannot start.
    #[test]
    fn rpm_reads_what_was_packed() {
        let folder = tempfile::tempdir().unwrap();
        let (stage, package) = (folder.path().join("stage"), folder.path().join("netsession.rpm"));
        for (name, content) in [
            ("bin/netsession", "x"),
            ("lib64/libnetapi32.so", "y"),
            ("share/doc/netsession/LICENSE-MIT", "z"),
        ] {
            let file = stage.join("usr").join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        std::os::unix::fs::symlink("libnetapi32.so", stage.join("usr/lib64/netapi32.dll")).unwrap();
        let about = About { name: "netsession", summary: "s", description: "d", after: "true\n".into() };
        pack(&about, &stage, (2, 34), &package).unwrap();
        let first = fs::read(&package).unwrap();
        pack(&about, &stage, (2, 34), &package).unwrap();
        assert_eq!(fs::read(&package).unwrap(), first, "another build differs");
        let Ok(query) =
            Command::new("rpm").args(["-qp", "--requires", "--list", "--dump"]).arg(&package).output()
        else {
            println!("left out: there is no rpm");
            return;
        };
        let said = String::from_utf8(query.stdout).unwrap();
        assert!(query.status.success(), "{said} {}", String::from_utf8_lossy(&query.stderr));
        for part in [
            "libc.so.6(GLIBC_2.34)(64bit)",
            "/usr/bin/netsession 1 ",
            "0100755 root root",
            "0100644 root root",
            "/usr/lib64/netapi32.dll 14 ",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let verified = Command::new("rpm").args(["-K", "--nosignature"]).arg(&package).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}
