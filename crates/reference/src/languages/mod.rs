//! Declarations in ten languages, with a file for each [`Language`].

mod c;
mod constant;
mod csharp;
mod dotnet;
mod fsharp;
mod go;
mod java;
mod node;
mod plan;
mod powershell;
mod python;
mod rust;
mod text;
mod vb;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::model::{Arguments, Function, Model, Structure};
use plan::Plan;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// C, and C++.
    C,
    /// C#.
    CSharp,
    /// Visual Basic.
    Vb,
    /// F#.
    FSharp,
    /// PowerShell, with Add-Type.
    PowerShell,
    /// Python, with ctypes.
    Python,
    /// Rust.
    Rust,
    /// Go, with cgo.
    Go,
    /// Java, with its foreign function interface.
    Java,
    /// JavaScript on Node, with koffi.
    Node,
}

/// How the tests check the declarations of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// The tests compile the declarations, and call the functions that netsession's library exports against a server.
    Run,
    /// The tests compile the declarations.
    Compiled,
    /// The tests compare only the text of the declarations.
    NotChecked,
}

/// The parts of a declaration to print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Everything that the declaration needs: structures, constants, the function that frees. You can paste the result
    /// into an empty file.
    pub types: bool,
    /// A program that calls the function, with the types.
    pub sample: bool,
    /// Arguments for the program, instead of those of the model.
    pub arguments: Option<Arguments>,
}

impl Language {
    /// All languages, in the order of the tabs on the pages.
    pub const ALL: [Language; 10] = [
        Language::C,
        Language::CSharp,
        Language::Vb,
        Language::FSharp,
        Language::PowerShell,
        Language::Python,
        Language::Rust,
        Language::Go,
        Language::Java,
        Language::Node,
    ];

    /// Returns the name for `--lang` and addresses. Highlighters use the same name, except for Node.
    pub fn id(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::CSharp => "csharp",
            Language::Vb => "vb",
            Language::FSharp => "fsharp",
            Language::PowerShell => "powershell",
            Language::Python => "python",
            Language::Rust => "rust",
            Language::Go => "go",
            Language::Java => "java",
            Language::Node => "node",
        }
    }

    /// Returns the name for people.
    pub fn name(self) -> &'static str {
        match self {
            Language::C => "C",
            Language::CSharp => "C#",
            Language::Vb => "VB",
            Language::FSharp => "F#",
            Language::PowerShell => "PowerShell",
            Language::Python => "Python",
            Language::Rust => "Rust",
            Language::Go => "Go",
            Language::Java => "Java",
            Language::Node => "Node",
        }
    }

    /// Returns the extension of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::CSharp => "cs",
            Language::Vb => "vb",
            Language::FSharp => "fs",
            Language::PowerShell => "ps1",
            Language::Python => "py",
            Language::Rust => "rs",
            Language::Go => "go",
            Language::Java => "java",
            Language::Node => "js",
        }
    }

    /// Returns other common names, in lower case.
    pub fn aliases(self) -> &'static [&'static str] {
        match self {
            Language::C => &["c++", "cpp", "h"],
            Language::CSharp => &["c#", "cs"],
            Language::Vb => &["vb.net", "vbnet", "visualbasic"],
            Language::FSharp => &["f#", "fs"],
            Language::PowerShell => &["ps1", "pwsh", "ps"],
            Language::Python => &["py", "python3"],
            Language::Rust => &["rs"],
            Language::Go => &["golang"],
            Language::Java => &[],
            Language::Node => &["js", "javascript", "nodejs"],
        }
    }

    /// Returns how the tests check the declarations.
    pub fn checked(self) -> Checked {
        match self {
            Language::FSharp | Language::PowerShell => Checked::NotChecked,
            _ => Checked::Run,
        }
    }

    /// Returns how the tests check a declaration. They cannot call a function that the library does not export.
    pub fn checked_of(self, exported: bool) -> Checked {
        match self.checked() {
            Checked::Run if !exported => Checked::Compiled,
            checked => checked,
        }
    }

    /// Returns [`Language::checked`] as the end of a sentence, with the tools that check.
    pub fn checked_by(self) -> &'static str {
        match self {
            Language::C => {
                "compiled with gcc and run in the tests, and compared with the headers of mingw-w64"
            }
            Language::CSharp => "compiled with Mono's compiler, and run on Mono and on .NET, in the tests",
            Language::Vb => "compiled with Roslyn and run on .NET in the tests",
            Language::FSharp => "not compiled in CI (no F# compiler)",
            Language::PowerShell => "not run in CI (no PowerShell); the C# inside is compiled",
            Language::Python => "run with Python 3 and ctypes in the tests",
            Language::Rust => "compiled with rustc and run in the tests",
            Language::Go => "compiled with Go and cgo and run in the tests",
            Language::Java => "compiled for Java 22 and run on a later one in the tests",
            Language::Node => "run with Node and koffi in the tests",
        }
    }

    /// Returns where the declarations run, and what they need there.
    pub fn runs_on(self) -> &'static str {
        match self {
            Language::C => {
                "Windows (link with netapi32.lib); Linux and macOS with netsession's library (link with libnetapi32)"
            }
            Language::CSharp => {
                "Windows (.NET, .NET Framework); Linux and macOS with netsession's library (.NET, Mono)"
            }
            Language::Vb | Language::FSharp => {
                "Windows (.NET, .NET Framework); Linux and macOS with netsession's library (.NET)"
            }
            Language::PowerShell => {
                "Windows (Windows PowerShell 5.1, PowerShell 7); Linux and macOS with netsession's library (PowerShell 7)"
            }
            Language::Python => "Windows; Linux and macOS with netsession's library; Python 3, 64 or 32 bits",
            Language::Rust => {
                "Windows; Linux and macOS with netsession's library (name its folder to rustc); Rust 1.82"
            }
            Language::Go => {
                "Windows with a C compiler; Linux and macOS with netsession's library; Go 1.18 with cgo"
            }
            Language::Java => "64-bit Windows; Linux and macOS with netsession's library; Java 22",
            Language::Node => {
                "Windows; Linux and macOS with netsession's library; Node with the package koffi"
            }
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Language {
    type Err = String;

    /// Reads a language by its id, its name, the extension of its files, or another common name, ignoring case.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.to_ascii_lowercase();
        let same = |language: &Language| {
            language.id() == wanted
                || language.name().eq_ignore_ascii_case(&wanted)
                || language.extension() == wanted
                || language.aliases().contains(&wanted.as_str())
        };
        Language::ALL.into_iter().find(same).ok_or_else(|| format!("{text} is none of the languages"))
    }
}

/// Returns the declaration of a function, ending in a line feed.
pub fn signature(function: &Function, language: Language, options: &Options) -> String {
    let plan = Plan::new(Model::get(), function, options);
    let text = match language {
        Language::C => c::write(&plan),
        Language::CSharp => csharp::write(&plan),
        Language::Vb => vb::write(&plan),
        Language::FSharp => fsharp::write(&plan),
        Language::PowerShell => powershell::write(&plan),
        Language::Python => python::write(&plan),
        Language::Rust => rust::write(&plan),
        Language::Go => go::write(&plan),
        Language::Java => java::write(&plan),
        Language::Node => node::write(&plan),
    };
    text::tidy(&text)
}

/// Returns a file in C# with a public class `NetApi32` in `namespace`: every function that netsession's library exports, with the
/// structures and constants, each once.
pub fn csharp_library(namespace: &str) -> String {
    text::tidy(&csharp::library(Model::get(), namespace))
}

/// Returns the declaration of a constant or return code alone, ending in a line feed; `None` for an unknown name.
pub fn constant(name: &str, language: Language) -> Option<String> {
    let model = Model::get();
    let named = model
        .code(name)
        .map(plan::Named::of_code)
        .or_else(|| model.constant(name).map(plan::Named::of_constant))?;
    Some(constant::write(&named, language))
}

/// Returns the declaration of a structure alone, ending in a line feed.
pub fn structure(structure: &Structure, language: Language) -> String {
    let text = match language {
        Language::C => c::structure(structure),
        Language::CSharp => csharp::structure(structure),
        Language::Vb => vb::structure(structure),
        Language::FSharp => fsharp::structure(structure),
        Language::PowerShell => powershell::structure(structure),
        Language::Python => python::structure(structure),
        Language::Rust => rust::structure(structure),
        Language::Go => go::structure(structure),
        Language::Java => java::structure(structure),
        Language::Node => node::structure(structure),
    };
    text::tidy(&text)
}
