//! `cargo xtask install`: installs the command, the C library under every name that programs use, headers and completions.
//!
//! [`Layout`] knows where each file belongs below a prefix; [`Built`] is what it installs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::built::{Built, Profile};
use crate::root;

/// The place to install to.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder that gets bin/, lib/, include/ and share/
    #[arg(long, value_name = "DIR")]
    prefix: PathBuf,
}

/// The extension of shared libraries on this system.
const EXTENSION: &str = if cfg!(target_os = "macos") { "dylib" } else { "so" };

/// The names in the spellings that programs use. Each is a link with and without the extensions that runtimes look for, because
/// a process would load each copy separately, with connections of its own.
pub(crate) const SPELLINGS: &[&str] = &["netapi32", "NetApi32", "Netapi32", "NETAPI32", "NetAPI32"];

/// The headers in the spellings that sources for Windows use, whose file system takes capitals for small letters.
const HEADERS: &[(&str, &str)] = &[
    ("Windows.h", "windows.h"),
    ("LM.h", "lm.h"),
    ("Lm.h", "lm.h"),
    ("Lmcons.h", "lmcons.h"),
    ("DsGetDC.h", "dsgetdc.h"),
    ("Dsgetdc.h", "dsgetdc.h"),
];

/// Maps every other spelling for Mono: copy it to PROGRAM.exe.config beside PROGRAM.exe.
const DLLMAP: &str = r#"<configuration>
  <dllmap dll="i:netapi32.dll" target="libnetapi32.so" os="!windows,osx" />
  <dllmap dll="i:netapi32.dll" target="libnetapi32.dylib" os="osx" />
  <dllmap dll="i:netapi32" target="libnetapi32.so" os="!windows,osx" />
  <dllmap dll="i:netapi32" target="libnetapi32.dylib" os="osx" />
</configuration>
"#;

/// Builds for release and installs.
pub(crate) fn run(options: &Options) -> Result<bool> {
    into(&options.prefix, &Built::with(Profile::ReleaseLto)?)?;
    println!("Installed in {}", options.prefix.display());
    Ok(true)
}

/// Installs what was built.
pub(crate) fn into(prefix: &Path, built: &Built) -> Result<()> {
    fs::create_dir_all(prefix)?;
    let prefix = prefix.canonicalize()?;
    Layout { built, stage: &prefix, prefix: &prefix, libraries: "lib" }.lay_out()
}

/// The places of the files below a prefix.
pub(crate) struct Layout<'a> {
    /// The files to install.
    pub(crate) built: &'a Built,
    /// The folder that receives the files.
    pub(crate) stage: &'a Path,
    /// The folder from which programs use the files.
    pub(crate) prefix: &'a Path,
    /// The folder of the libraries below both.
    pub(crate) libraries: &'a str,
}

impl Layout<'_> {
    /// Lays out everything.
    pub(crate) fn lay_out(&self) -> Result<()> {
        self.lay_out_main()?;
        self.lay_out_wchar32()
    }

    /// Lays out the command, the library for characters of 16 bits, the headers for both libraries, the units and the documents.
    pub(crate) fn lay_out_main(&self) -> Result<()> {
        self.copy(&self.built.command, "bin/netsession")?;
        let file = format!("libnetapi32.{EXTENSION}");
        self.copy(&self.built.library, &format!("{}/{file}", self.libraries))?;
        self.links(self.libraries, &file)?;
        self.pkg_config("netapi32", "")?;
        self.folder(&root().join("crates/netapi32/include"), "include")?;
        for (spelling, file) in HEADERS {
            self.link(&format!("include/netsession/{spelling}"), file)?;
        }
        self.write("share/netsession/netapi32.dll.config", DLLMAP.as_bytes())?;
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            self.copy(&root().join(licence), &format!("share/doc/netsession/{licence}"))?;
        }
        self.folder(&root().join("packaging/prometheus"), "share/netsession/prometheus")?;
        self.folder(&root().join("examples"), "share/doc/netsession/examples")?;
        let tables = "journal-postgresql.sql";
        self.copy(&root().join("docs").join(tables), &format!("share/doc/netsession/{tables}"))?;
        self.units()?;
        self.manual()?;
        self.completions()
    }

    /// Writes the units by which systemd runs the agent of a user, the exporter and the file server, and the server's user.
    fn units(&self) -> Result<()> {
        for (source, name) in [
            ("crates/cli/systemd/netsession-agent.service", "systemd/user/netsession-agent.service"),
            ("packaging/systemd/netsession-exporter.service", "systemd/system/netsession-exporter.service"),
            ("packaging/systemd/netsession-serve.service", "systemd/system/netsession-serve.service"),
            ("packaging/systemd/netsession-serve.socket", "systemd/system/netsession-serve.socket"),
            ("packaging/systemd/netsession-serve.sysusers", "sysusers.d/netsession.conf"),
        ] {
            let unit = fs::read_to_string(root().join(source))?;
            let unit = unit.replace("@PREFIX@", &self.prefix.display().to_string());
            self.write(&format!("lib/{name}"), unit.as_bytes())?;
        }
        Ok(())
    }

    /// Lets the command write its manual pages.
    fn manual(&self) -> Result<()> {
        let folder = self.stage.join("share/man/man1");
        fs::create_dir_all(&folder)?;
        let status = Command::new(&self.built.command).arg("manual").arg(folder).status()?;
        ensure!(status.success(), "no manual pages");
        Ok(())
    }

    /// Copies a folder, without the output of compilers and package managers.
    pub(crate) fn folder(&self, source: &Path, name: &str) -> Result<()> {
        for entry in fs::read_dir(source)? {
            let entry = entry?;
            let own = entry.file_name().to_string_lossy().into_owned();
            let name = format!("{name}/{own}");
            if ["node_modules", "__pycache__", "bin", "obj"].contains(&own.as_str()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.folder(&entry.path(), &name)?;
            } else {
                self.copy(&entry.path(), &name)?;
            }
        }
        Ok(())
    }

    /// Lays out the library for characters of 32 bits, which has the same names in a folder of its own.
    pub(crate) fn lay_out_wchar32(&self) -> Result<()> {
        let (file, wide) = (format!("libnetapi32.{EXTENSION}"), format!("libnetapi32-wchar32.{EXTENSION}"));
        self.copy(&self.built.wchar32_library, &format!("{}/{wide}", self.libraries))?;
        let folder = format!("{}/netsession/wchar32", self.libraries);
        for name in [&wide, &file] {
            self.link(&format!("{folder}/{name}"), &format!("../../{wide}"))?;
        }
        self.links(&folder, &file)?;
        self.pkg_config("netapi32-wchar32", " -I${includedir}/netsession -DNETAPI32_WCHAR")
    }

    /// Makes a link to a file of this folder in every other spelling.
    fn links(&self, folder: &str, file: &str) -> Result<()> {
        for name in SPELLINGS {
            let spellings = [
                (*name).to_owned(),
                format!("{name}.dll"),
                format!("{name}.DLL"),
                format!("lib{name}.{EXTENSION}"),
                format!("lib{name}.dll.{EXTENSION}"),
                // Free Pascal links `external 'NETAPI32.DLL'` as `-lNETAPI32.DLL`.
                format!("lib{name}.DLL.{EXTENSION}"),
            ];
            for spelling in spellings.iter().filter(|spelling| *spelling != file) {
                self.link(&format!("{folder}/{spelling}"), file)?;
            }
        }
        Ok(())
    }

    /// Makes a link, unless a file has this name where the file system takes capitals for small letters.
    fn link(&self, name: &str, target: &str) -> Result<()> {
        let link = self.place(name)?;
        match link.symlink_metadata() {
            Ok(found) if found.is_symlink() => fs::remove_file(&link)?,
            Ok(_) => return Ok(()),
            Err(_) => {}
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, &link).with_context(|| format!("the link {}", link.display()))?;
        #[cfg(not(unix))]
        anyhow::bail!("{} is a link to {target}: this needs Unix", link.display());
        #[cfg(unix)]
        Ok(())
    }

    /// Writes the file from which `pkg-config` takes the options for a library.
    fn pkg_config(&self, name: &str, flags: &str) -> Result<()> {
        let text = format!(
            "prefix={}\nlibdir=${{prefix}}/{}\nincludedir=${{prefix}}/include\n\nName: {name}\n\
             Description: Sessions, files and shares of SMB servers, with the names of Windows' netapi32\n\
             Version: {}\nLibs: -L${{libdir}} -l{name}\nCflags: -I${{includedir}}{flags}\n",
            self.prefix.display(),
            self.libraries,
            env!("CARGO_PKG_VERSION")
        );
        self.write(&format!("{}/pkgconfig/{name}.pc", self.libraries), text.as_bytes())
    }

    fn completions(&self) -> Result<()> {
        let files = [
            ("bash", "share/bash-completion/completions/netsession"),
            ("zsh", "share/zsh/site-functions/_netsession"),
            ("fish", "share/fish/vendor_completions.d/netsession.fish"),
        ];
        for (shell, file) in files {
            let output = Command::new(&self.built.command).args(["completions", shell]).output()?;
            ensure!(output.status.success(), "no completions for {shell}");
            self.write(file, &output.stdout)?;
        }
        Ok(())
    }

    fn copy(&self, source: &Path, name: &str) -> Result<()> {
        let target = self.place(name)?;
        // A running program, or one that has loaded the library, keeps the old file.
        let new = target.with_extension("new");
        fs::copy(source, &new).with_context(|| format!("copying {}", source.display()))?;
        Ok(fs::rename(new, target)?)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        Ok(fs::write(self.place(name)?, content)?)
    }

    fn place(&self, name: &str) -> Result<PathBuf> {
        let path = self.stage.join(name);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        Ok(path)
    }
}
