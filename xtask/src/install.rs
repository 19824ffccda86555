//! `cargo xtask install`: installs the command, the C library under every name that programs use, headers and completions.
//!
//! [`Layout`] knows where each file belongs below a prefix; [`Built`] is what it installs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::built::Built;
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

/// The spellings that programs use, as .NET and Mono look for them. They are links, because a process would load each copy
/// separately, with connections of its own.
const LINKS: &[&str] = &["netapi32.dll", "NetApi32.dll", "Netapi32.dll", "NETAPI32.dll", "NETAPI32.DLL"];
const LIBRARY_LINKS: &[&str] = &["libnetapi32.dll", "libNetApi32.dll", "libNetApi32"];

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
    into(&options.prefix, &Built::release()?)?;
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
    pub(crate) fn lay_out(&self) -> Result<()> {
        self.copy(&self.built.command, "bin/netsession")?;
        self.library()?;
        for header in ["netapi32.h", "netsession.h"] {
            let source = root().join("crates/netapi32/include").join(header);
            self.copy(&source, &format!("include/{header}"))?;
        }
        let package = format!("{}/pkgconfig/netapi32.pc", self.libraries);
        self.write(&package, self.pkg_config().as_bytes())?;
        self.write("share/netsession/netapi32.dll.config", DLLMAP.as_bytes())?;
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            self.copy(&root().join(licence), &format!("share/doc/netsession/{licence}"))?;
        }
        self.folder(&root().join("examples"), "share/doc/netsession/examples")?;
        self.manual()?;
        self.completions()
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
    fn folder(&self, source: &Path, name: &str) -> Result<()> {
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

    /// Copies the library, and makes the links to it.
    fn library(&self) -> Result<()> {
        let file = format!("libnetapi32.{EXTENSION}");
        self.copy(&self.built.library, &format!("{}/{file}", self.libraries))?;
        let more = LIBRARY_LINKS.iter().map(|name| format!("{name}.{EXTENSION}"));
        for name in LINKS.iter().map(|&name| name.to_owned()).chain(more) {
            let link = self.stage.join(self.libraries).join(&name);
            if link.symlink_metadata().is_ok() {
                fs::remove_file(&link)?;
            }
            #[cfg(unix)]
            std::os::unix::fs::symlink(&file, &link)
                .with_context(|| format!("the link {}", link.display()))?;
        }
        Ok(())
    }

    fn pkg_config(&self) -> String {
        format!(
            "prefix={}\nlibdir=${{prefix}}/{}\nincludedir=${{prefix}}/include\n\nName: netapi32\n\
             Description: Sessions, files and shares of SMB servers, with the names of Windows' netapi32\n\
             Version: {}\nLibs: -L${{libdir}} -lnetapi32\nCflags: -I${{includedir}}\n",
            self.prefix.display(),
            self.libraries,
            env!("CARGO_PKG_VERSION")
        )
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
