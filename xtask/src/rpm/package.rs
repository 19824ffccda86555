//! Lays the files out as `cargo xtask install` does ([`Layout`]), and packs them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rpm::{BuildConfig, CompressionType, Dependency, FileOptions, PackageBuilder};

use super::{Options, path};
use crate::built::Built;
use crate::documents;
use crate::install::Layout;
use crate::packaged::{crates, glibc, output};

/// How to begin, after the package manager has installed the package.
const INSTALL: &str = "    sudo dnf install ./netsession-*.rpm         # or zypper install
    netsession demo                             # a demonstration on this computer; needs nothing else

The demonstration starts a file server. Two users copy large files, an administrator lists the sessions and ends one, and you see what
happens to both copies.

The package has the command, its manual pages (`man netsession`), completions for bash, zsh and fish, the C library `netapi32` under each
of its names with its headers, and the units for systemd.
";

/// Lets the loader find the library, and makes the user of the file server. Nothing starts by itself.
const AFTER: &str = "/sbin/ldconfig
if command -v systemd-sysusers >/dev/null; then systemd-sysusers netsession.conf || :; fi
";

/// Builds for release, and makes the package.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let built = Built::with(options.profile)?;
    let package = path()?;
    let stage = package.with_file_name("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let usr = stage.join("usr");
    Layout { built: &built, stage: &usr, prefix: Path::new("/usr"), libraries: "lib64" }.lay_out()?;
    let folder = usr.join("share/doc/netsession");
    documents::write(&folder, INSTALL)?;
    documents::mend_links(&folder)?;
    fs::write(folder.join("crates"), crates(&["netsession-cli", "netsession-netapi32"])?)?;
    let mut newest = (0, 0);
    for program in ["bin/netsession", "lib64/libnetapi32.so", "lib64/libnetapi32-wchar32.so"] {
        let program = usr.join(program);
        output("strip", &["--strip-unneeded", "--remove-section=.comment", &program.to_string_lossy()])?;
        newest = newest.max(glibc(&fs::read(&program)?)?);
    }
    for page in fs::read_dir(usr.join("share/man/man1"))? {
        output("gzip", &["-9", "--no-name", &page?.path().to_string_lossy()])?;
    }
    pack(&stage, newest, &package)?;
    println!("{}", package.display());
    Ok(true)
}

/// Packs every file and link below the folder.
fn pack(stage: &Path, glibc: (u32, u32), package: &Path) -> Result<()> {
    let summary = "List and end the sessions of SMB file servers";
    let licence = "MIT OR Apache-2.0";
    let mut builder = PackageBuilder::new(
        "netsession",
        env!("CARGO_PKG_VERSION"),
        licence,
        std::env::consts::ARCH,
        summary,
    );
    let (major, minor) = glibc;
    builder
        .using_config(BuildConfig::v4().compression(CompressionType::Gzip).source_date(0u32))
        .release("1")
        .description(
            "See who is connected to Windows, Samba and NAS file servers, and disconnect them: the command netsession, and \
             libnetapi32, a C library with the names of Windows' netapi32 for C, C#, Visual Basic, Python, Go, Node and Java.",
        )
        .requires(Dependency::any(format!("libc.so.6(GLIBC_{major}.{minor})(64bit)")))
        .requires(Dependency::any("libgcc_s.so.1()(64bit)"))
        .post_install_script(AFTER)
        .post_uninstall_script("/sbin/ldconfig\n");
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
            if entry.file_name().to_string_lossy().starts_with("netsession") {
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::pack;

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
        pack(&stage, (2, 34), &package).unwrap();
        let first = fs::read(&package).unwrap();
        pack(&stage, (2, 34), &package).unwrap();
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
