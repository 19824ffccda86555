//! Provides .NET 9 or later with compilers: the machine's own SDK ([`Sdk`]), else the parts of two npm packages ([`Pack`]). One
//! contains a whole runtime, the other one Roslyn, the compiler, as a library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::{command, executable, once, succeed};

const FIRST: u32 = 9;
const HOST: &str = include_str!("dotnet.c");
const COMPILER: &str = include_str!("vbc.cs");
/// Changes when [`Pack::lay_out`] does.
const LAYOUT: &str = "2";
const FRAMEWORK: &str = "Microsoft.NETCore.App";

pub(super) fn install(folder: &Path) -> Result<()> {
    if let Some(sdk) = Sdk::find() {
        return sdk.commands(folder);
    }
    let package = folder.join("npm/node_modules/@azure/mcp-linux-x64/dist");
    ensure!(package.exists(), "no SDK is installed, and the runtime on npm is for Linux on x86-64 only");
    let pack = Pack::read(&package)?;
    let home = folder.join("dotnet");
    let framework = home.join("shared").join(FRAMEWORK).join(&pack.version);
    once(&folder.join("dotnet-installed"), &[HOST, COMPILER, super::CHECKSUMS, LAYOUT], || {
        println!("Laying out .NET {} in {}", pack.version, home.display());
        pack.lay_out(&package, &home, &framework)?;
        compiler(folder)
    })?;
    let (host, compiler) = (home.join("dotnet"), folder.join("vbc/vbc.dll"));
    command(folder, "dotnet", &format!("exec '{}' \"$@\"", host.display()))?;
    command(folder, "csc", "out=$1\nshift\nexec mcs -nologo -out:\"$out\" \"$@\"")?;
    let compile =
        format!("exec '{}' '{}' '{}' \"$@\"", host.display(), compiler.display(), framework.display());
    command(folder, "vbc", &compile)
}

/// The settings with which .NET runs a program.
fn runtimeconfig() -> String {
    json!({"runtimeOptions": {
        "framework": {"name": FRAMEWORK, "version": "9.0.0"},
        "configProperties": {"System.Globalization.Invariant": true},
    }})
    .to_string()
}

/// Builds the Visual Basic compiler's command line beside its libraries.
fn compiler(folder: &Path) -> Result<()> {
    let roslyn = folder.join("npm/node_modules/@microsoft.azure/autorest.csharp/src/bin/netcoreapp2.0");
    let home = folder.join("vbc");
    fs::create_dir_all(&home)?;
    for library in ["Microsoft.CodeAnalysis.dll", "Microsoft.CodeAnalysis.VisualBasic.dll"] {
        fs::copy(roslyn.join(library), home.join(library))?;
    }
    let source = home.join("vbc.cs");
    fs::write(&source, COMPILER)?;
    fs::write(home.join("vbc.runtimeconfig.json"), runtimeconfig())?;
    // mcs names a program .exe, and .NET requires .dll; their contents are the same.
    let program = home.join("vbc.exe");
    succeed(Command::new("mcs").arg("-nologo").arg(format!("-out:{}", program.display())).arg(&source))?;
    Ok(fs::rename(program, home.join("vbc.dll"))?)
}

/// A runtime for a program that brings its own.
struct Pack {
    version: String,
    files: Value,
    target: String,
}

impl Pack {
    fn read(package: &Path) -> Result<Self> {
        let list: Value = serde_json::from_slice(&fs::read(package.join("azmcp.deps.json"))?)?;
        let target = list.pointer("/runtimeTarget/name").and_then(Value::as_str).context("no target")?;
        let parts = list.get("targets").and_then(|targets| targets.get(target)).and_then(Value::as_object);
        let wanted = format!("runtimepack.{FRAMEWORK}.Runtime.");
        let mut packs = parts.context("no parts")?.iter().filter(|(name, _)| name.starts_with(&wanted));
        let (name, files) = packs.next().context("no runtime in the package")?;
        let (_, version) = name.split_once('/').context("a runtime without a version")?;
        Ok(Self { version: version.to_owned(), files: files.clone(), target: target.to_owned() })
    }

    /// The layout of an installed .NET.
    fn lay_out(&self, package: &Path, home: &Path, framework: &Path) -> Result<()> {
        let resolver = home.join("host/fxr").join(&self.version);
        fs::create_dir_all(framework)?;
        fs::create_dir_all(&resolver)?;
        for kind in ["runtime", "native"] {
            for name in self.files.get(kind).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                fs::copy(package.join(name), framework.join(name)).with_context(|| name.clone())?;
            }
        }
        // It stays in the list of the framework's files, all of which a program with packages requires.
        fs::copy(framework.join("libhostfxr.so"), resolver.join("libhostfxr.so"))?;
        fs::write(framework.join(format!("{FRAMEWORK}.deps.json")), self.list().to_string())?;
        let (source, host) = (home.join("dotnet.c"), home.join("dotnet"));
        fs::write(&source, HOST)?;
        let version = format!("-DVERSION=\"{}\"", self.version);
        succeed(Command::new("cc").args(["-O1", &version, "-o"]).arg(&host).arg(&source).arg("-ldl"))?;
        executable(&host)
    }

    /// The framework's own list of its files.
    fn list(&self) -> Value {
        let name = format!("{FRAMEWORK}.Runtime/{}", self.version);
        json!({
            "runtimeTarget": {"name": self.target},
            "targets": {&self.target: {&name: self.files}},
            "libraries": {&name: {"type": "package", "serviceable": true, "sha512": ""}},
        })
    }
}

/// An SDK of the machine's own.
struct Sdk {
    /// The folder of its compilers.
    roslyn: PathBuf,
    /// The assemblies to compile against.
    framework: PathBuf,
}

impl Sdk {
    fn find() -> Option<Self> {
        let roslyn = newest(&list("--list-sdks")?, "")?.join("Roslyn/bincore");
        let framework = newest(&list("--list-runtimes")?, FRAMEWORK)?;
        (roslyn.exists() && framework.exists()).then_some(Self { roslyn, framework })
    }

    fn commands(&self, folder: &Path) -> Result<()> {
        let (roslyn, framework) = (self.roslyn.display(), self.framework.display());
        command(folder, "dotnet", "exec dotnet \"$@\"")?;
        let references = format!(
            "out=$1\nshift\nfor file in '{framework}'/System*.dll '{framework}'/Microsoft.*.dll '{framework}'/mscorlib.dll; do\n    \
             case $file in *Native*) ;; *) set -- \"$@\" \"-r:$file\" ;; esac\ndone\n"
        );
        let common = "-nologo -noconfig -target:exe \"-out:$out\" \"$@\"";
        command(folder, "csc", &format!("{references}exec dotnet '{roslyn}/csc.dll' -nostdlib {common}"))?;
        let runtime = format!("'-vbruntime:{framework}/Microsoft.VisualBasic.Core.dll'");
        let compile =
            format!("{references}exec dotnet '{roslyn}/vbc.dll' -nosdkpath {runtime} -optionstrict {common}");
        command(folder, "vbc", &compile)
    }
}

/// Returns the output of the machine's own `dotnet --list-...`.
fn list(option: &str) -> Option<String> {
    let output = Command::new("dotnet").arg(option).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// The folder in the last line for `name` that is new enough: `9.0.100 [/usr/share/dotnet/sdk]`.
fn newest(list: &str, name: &str) -> Option<PathBuf> {
    let folder = |line: &str| {
        let (version, folder) = line.strip_prefix(name)?.trim().strip_suffix(']')?.split_once(" [")?;
        let major: u32 = version.split('.').next()?.parse().ok()?;
        (major >= FIRST).then(|| Path::new(folder).join(version))
    };
    list.lines().filter_map(folder).next_back()
}

#[cfg(test)]
mod tests {
    use super::newest;

    /// A failure here would ignore the machine's own SDK, or use one that is too old.
    #[test]
    fn the_newest_sdk_and_framework_are_found() {
        let sdks = "8.0.404 [/usr/share/dotnet/sdk]\n9.0.101 [/usr/share/dotnet/sdk]\n10.0.100 [/usr/share/dotnet/sdk]\n";
        assert_eq!(newest(sdks, "").unwrap().to_str(), Some("/usr/share/dotnet/sdk/10.0.100"));
        assert_eq!(newest("8.0.404 [/usr/share/dotnet/sdk]\n", ""), None);
        let runtimes = "Microsoft.AspNetCore.App 9.0.0 [/d/shared/Microsoft.AspNetCore.App]\n\
                        Microsoft.NETCore.App 8.0.11 [/d/shared/Microsoft.NETCore.App]\n\
                        Microsoft.NETCore.App 9.0.0 [/d/shared/Microsoft.NETCore.App]\n";
        let found = newest(runtimes, "Microsoft.NETCore.App").unwrap();
        assert_eq!(found.to_str(), Some("/d/shared/Microsoft.NETCore.App/9.0.0"));
    }
}
