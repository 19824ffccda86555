//! `cargo xtask zip`: makes a ZIP file for Windows, `zip/netsession-VERSION-windows-x86_64.zip` in the target folder.
//!
//! The folder in it works where somebody unpacks it: the programs need nothing but the libraries of Windows.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::archive::Archive;
use crate::built::Profile;
use crate::packaged::{crates_for, output};
use crate::windows::{self, TARGET};
use crate::{documents, peers, root, workspace};

/// The programs to package.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Package the programs in this folder, instead of building them for release
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// How to begin with the unpacked folder.
pub(crate) const INSTALL: &str = "    netsession.exe demo                  # a demonstration on this computer; needs nothing else

The demonstration starts a file server. Two users copy large files, an administrator lists the sessions and ends one, and you see what
happens to both copies.

The folder works where it is. Add it to `PATH` to call `netsession` from everywhere. [On Windows](docs/windows.md) says where files are, what
differs, and how to run `serve` as a service.

`netapi32.dll` is the C library: put it beside a program that should load it instead of the system's. `lib` and `include` are for compilers.
";

/// The programs for Windows, as one build made them.
#[derive(Debug)]
pub(crate) struct Programs {
    command: PathBuf,
    library: PathBuf,
    /// By this file compilers link with the library.
    import: PathBuf,
}

impl Programs {
    /// Takes the programs from the folder of a build.
    fn of(folder: &Path) -> Self {
        let file = |name| folder.join(name);
        Self {
            command: file("netsession.exe"),
            library: file("netapi32.dll"),
            import: file("libnetapi32.dll.a"),
        }
    }

    /// Builds them for release.
    pub(crate) fn build() -> Result<Self> {
        Ok(Self::of(&windows::programs(Profile::ReleaseLto.name())?))
    }
}

/// Makes the ZIP file.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let programs = match &options.programs {
        Some(folder) => Programs::of(&folder.canonicalize()?),
        None => {
            peers::ensure_windows_installed()?;
            Programs::build()?
        }
    };
    println!("{}", package(&programs)?.display());
    Ok(true)
}

/// Makes the ZIP file of these programs, and returns its path.
pub(crate) fn package(programs: &Programs) -> Result<PathBuf> {
    let name = format!("netsession-{}-windows-x86_64", env!("CARGO_PKG_VERSION"));
    let folder = workspace::target()?.join("zip");
    let documents = folder.join("documents");
    documents::write(&documents, INSTALL)?;
    documents::mend_links(&documents)?;
    let mut archive = Archive::default();
    for (file, program) in [("netsession.exe", &programs.command), ("netapi32.dll", &programs.library)] {
        archive.add(format!("{name}/{file}"), stripped(program)?);
    }
    archive.add(format!("{name}/lib/libnetapi32.dll.a"), fs::read(&programs.import)?);
    archive.add(
        format!("{name}/include/netsession.h"),
        fs::read(root().join("crates/netapi32/include/netsession.h"))?,
    );
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        archive.add(format!("{name}/{licence}"), fs::read(root().join(licence))?);
    }
    archive.add(
        format!("{name}/CRATES"),
        crates_for(&["--target", TARGET], &["netsession-cli", "netsession-netapi32"])?,
    );
    add_folder(&mut archive, &documents, &name)?;
    let path = folder.join(format!("{name}.zip"));
    // The documents are in the archive, and nothing else remains in the folder.
    archive.write(&path)?;
    Ok(path)
}

/// Adds the files below a folder.
fn add_folder(archive: &mut Archive, folder: &Path, name: &str) -> Result<()> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let own = path.file_name().context("no name")?.to_string_lossy();
        let name = format!("{name}/{own}");
        if path.is_dir() {
            add_folder(archive, &path, &name)?;
        } else {
            archive.add(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// Returns a program without what only debuggers need.
///
/// # Errors
/// It needs a library of the compiler, which no Windows has.
fn stripped(program: &Path) -> Result<Vec<u8>> {
    let text = output("x86_64-w64-mingw32-objdump", &["--private-headers", &program.to_string_lossy()])?;
    let foreign = text.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let foreign: Vec<_> = foreign.filter(|name| name.starts_with("lib")).collect();
    ensure!(foreign.is_empty(), "{} needs {foreign:?}", program.display());
    let copy = workspace::target()?.join("stripped-for-windows");
    output("x86_64-w64-mingw32-strip", &["-o", &copy.to_string_lossy(), &program.to_string_lossy()])?;
    let content = fs::read(&copy)?;
    fs::remove_file(copy)?;
    Ok(content)
}
