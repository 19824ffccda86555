//! `cargo xtask nuget`: packages the library for 16-bit characters with a managed API, as a NuGet package in the folder `nuget` of
//! the target folder.
//!
//! .NET looks for a library by the exact name that a program declares. The package has one library, and for each spelling a stub of a few
//! kilobytes that only depends on it, so a process loads the library once. A package cannot contain links.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_reference::languages;
use sha2::{Digest as _, Sha256};

use crate::archive::Archive;
use crate::built::{Built, Profile};
use crate::install::SPELLINGS;
use crate::packaged::{self, Options, Width};
use crate::{root, workspace};

const NAME: &str = "Netsession.NetApi32";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The library. On a file system without capitals no stub has its name.
const LIBRARY: &str = "libnetsession-netapi32.so";
/// .NET Framework, Mono and all of .NET use assemblies for this framework.
const FRAMEWORK: &str = "netstandard2.0";

/// Builds for release unless a library is named, and makes the package.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let library = options.library(Width::Bits16, || Ok(Built::with(Profile::ReleaseLto)?.library))?;
    println!("{}", package(&library)?.display());
    Ok(true)
}

/// Makes the package of a library, and returns its path.
pub(crate) fn package(library: &Path) -> Result<PathBuf> {
    let target = workspace::target()?;
    let work = target.join("nuget-work");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let mut package = Archive::default();
    package.add(format!("{NAME}.nuspec"), description());
    package.add("[Content_Types].xml", CONTENT_TYPES);
    package.add("_rels/.rels", relations());
    package.add("README.md", fs::read(root().join("packaging/nuget/README.md"))?);
    packaged::add_licences(&mut package, "licenses")?;
    let (assembly, documentation) = managed(&work)?;
    package.add(format!("lib/{FRAMEWORK}/{NAME}.dll"), assembly);
    package.add(format!("lib/{FRAMEWORK}/{NAME}.xml"), documentation);
    let native = format!("runtimes/{}/native", platform()?);
    let library = packaged::stripped(library)?;
    fs::write(work.join(LIBRARY), &library)?;
    package.add(format!("{native}/{LIBRARY}"), library);
    let stub = stub(&work)?;
    for name in stubs() {
        package.add(format!("{native}/{name}"), stub.clone());
    }
    fs::remove_dir_all(work)?;
    let path = target.join("nuget").join(format!("{NAME}.{VERSION}.nupkg"));
    package.write(&path)?;
    Ok(path)
}

/// Returns the identifier of this platform in NuGet's catalogue.
fn platform() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("linux-x64"),
        "aarch64" => Ok("linux-arm64"),
        other => anyhow::bail!("NuGet has no name for the processor {other}"),
    }
}

/// Returns the names under which programs declare the library, as .NET looks for them: `X.dll` as it is, `X` as `libX.so`.
fn stubs() -> impl Iterator<Item = String> {
    SPELLINGS.iter().flat_map(|name| [format!("{name}.dll"), format!("{name}.DLL"), format!("lib{name}.so")])
}

/// Compiles the managed API, and returns it with its documentation.
fn managed(work: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let declarations = work.join("NetApi32.cs");
    let text = languages::csharp_library("Netsession.Native");
    let version = format!("[assembly: System.Reflection.AssemblyVersion(\"{VERSION}.0\")]\n");
    fs::write(&declarations, text.replacen("\nnamespace", &format!("\n{version}\nnamespace"), 1))?;
    let (assembly, documentation) = (work.join(format!("{NAME}.dll")), work.join("documentation.xml"));
    let mut mcs = Command::new("mcs");
    mcs.args(["-nologo", "-warnaserror", "-nowarn:649,1591", "-target:library"])
        .arg(format!("-out:{}", assembly.display()))
        .arg(format!("-doc:{}", documentation.display()))
        .arg(declarations)
        .arg(root().join("examples/csharp/Sessions.cs"));
    let output = mcs.output().context("starting mcs, which Debian's mono-mcs has")?;
    ensure!(output.status.success(), "mcs: {}", String::from_utf8_lossy(&output.stderr));
    let mut assembly = fs::read(assembly)?;
    fix_identity(&mut assembly)?;
    Ok((assembly, fs::read(documentation)?))
}

/// Replaces the random identity that the compiler gives an assembly by a digest of its content, so that it is the same each
/// time. It is the only entry of the heap of GUIDs (ECMA-335, II.24.2).
fn fix_identity(assembly: &mut [u8]) -> Result<()> {
    let find = |text: &[u8], from: usize| {
        let rest = assembly.get(from..)?;
        rest.windows(text.len()).position(|part| part == text).map(|place| from + place)
    };
    let metadata = find(b"BSJB\x01\0\x01\0", 0).context("no metadata in the assembly")?;
    let header = find(b"#GUID\0", metadata).and_then(|name| name.checked_sub(8)).context("no identity")?;
    let bytes = assembly.get(header..header + 4).context("a short header")?;
    let start = metadata + usize::try_from(u32::from_le_bytes(bytes.try_into()?))?;
    assembly.get_mut(start..start + 16).context("no identity")?.fill(0);
    let digest = Sha256::digest(&*assembly);
    let half = digest.as_slice().get(..16).context("a short digest")?;
    assembly.get_mut(start..start + 16).context("no identity")?.copy_from_slice(half);
    Ok(())
}

/// Returns a library without functions that depends on the one beside it.
fn stub(work: &Path) -> Result<Vec<u8>> {
    let (source, stub) = (work.join("stub.c"), work.join("stub.so"));
    fs::write(&source, "")?;
    let options = ["-shared", "-nostdlib", "-s", "-Wl,--no-as-needed,--build-id=none,-z,noseparate-code"];
    let mut cc = Command::new("cc");
    cc.args(options).arg("-Wl,-rpath,$ORIGIN").arg("-L").arg(work).arg("-o").arg(&stub).arg(&source);
    let output = cc.arg(format!("-l:{LIBRARY}")).output().context("starting cc")?;
    ensure!(output.status.success(), "cc: {}", String::from_utf8_lossy(&output.stderr));
    Ok(fs::read(stub)?)
}

fn description() -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{NAME}</id>
    <version>{VERSION}</version>
    <authors>The netsession developers</authors>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <license type="expression">MIT OR Apache-2.0</license>
    <readme>README.md</readme>
    <description>Windows' netapi32 on Linux: lists and ends SMB sessions, unchanged DllImports included.</description>
    <dependencies>
      <group targetFramework=".NETStandard2.0" />
    </dependencies>
  </metadata>
</package>
"#
    )
}

/// The types of the files, as the Open Packaging Conventions want them.
const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />
  <Default Extension="nuspec" ContentType="application/octet" />
  <Default Extension="md" ContentType="application/octet" />
  <Default Extension="dll" ContentType="application/octet" />
  <Default Extension="xml" ContentType="application/octet" />
  <Default Extension="so" ContentType="application/octet" />
  <Override PartName="/licenses/LICENSE-MIT" ContentType="application/octet" />
  <Override PartName="/licenses/LICENSE-APACHE" ContentType="application/octet" />
  <Override PartName="/licenses/CRATES" ContentType="application/octet" />
</Types>
"#;

fn relations() -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{NAME}.nuspec" Id="R1" />
</Relationships>
"#
    )
}
