//! A function, its parameters, and what only people know of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::types::{Base, Type};

/// A function of netapi32.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// As the headers spell it; also its name in the library.
    pub name: String,
    /// What it is about.
    pub family: Family,
    /// The library that exports it, without its suffix.
    pub module: String,
    /// The header that declares it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// Microsoft's own page, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// The first version of Windows that is said to have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// True where the metadata says that it sets the last error; false for all of these, which return their status.
    pub sets_last_error: bool,
    /// What it returns.
    pub returns: Type,
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
    /// True where netsession's own netapi32 has it; otherwise it is there on Windows only.
    #[serde(default)]
    pub exported: bool,
    /// The structure of each level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// Names of constants, or of groups of them, that its callers need besides those of its structures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constants: Vec<String>,
    /// What it does, in a sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// How it behaves, a paragraph each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What it returns, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<ReturnCode>,
    /// Who may call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub privileges: String,
    /// Advice, one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tips: Vec<String>,
    /// What goes wrong with character sets and on 64 bits, one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<String>,
    /// A better way from managed code or another language, one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// The `netsession` command that does the same, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Functions that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub see_also: Vec<String>,
    /// The calls of the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// The file with its prose, from the workspace's folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prose_file: String,
}

/// What a function is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Who is connected.
    Session,
    /// Open files.
    File,
    /// Shares.
    Share,
    /// Tree connections.
    Connection,
    /// The server itself, its names and transports.
    Server,
    /// The server's clock.
    Time,
    /// Memory of the answers.
    Buffer,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// As the headers spell it.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Which way it carries.
    pub direction: Direction,
    /// True where NULL may be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// True where only zero may be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reserved: bool,
    /// True where the function promises not to write through it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub constant: bool,
    /// The group of constants that it is one of, or made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// What to give, or what comes back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Which way a parameter carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the function.
    In,
    /// Out of it, through a pointer.
    Out,
    /// Both.
    InOut,
}

/// A level of information, and its structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The number to give as `level`.
    pub level: u32,
    /// The structure of an entry.
    pub structure: String,
    /// What it is good for, or needs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// True where netsession's library answers ERROR_INVALID_LEVEL, and only Windows has it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub windows_only: bool,
}

/// A value that a function returns, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnCode {
    /// Its name; [`super::Model::code`] knows the number.
    pub name: String,
    /// Its number.
    #[serde(default)]
    pub number: u32,
    /// What it means here.
    #[serde(default)]
    pub meaning: String,
    /// What to do about it.
    #[serde(default)]
    pub way_out: String,
    /// True where it tells of the network or the logon, and not of this function.
    #[serde(default)]
    pub network: bool,
}

/// What a sample does: it calls the function with these arguments and prints these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The arguments by parameter; one that is missing is NULL or zero.
    #[serde(default)]
    pub arguments: Arguments,
    /// The fields that it prints of each entry, or fills in, in order.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// Arguments by the parameter's name.
pub type Arguments = BTreeMap<String, Argument>;

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// A number.
    Number(u32),
    /// Text.
    Text(String),
}

/// What a call of a function looks like, whatever the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Values go in, a status comes out.
    Call,
    /// A buffer with several entries comes out.
    List,
    /// A buffer with one structure comes out.
    Read,
    /// A structure goes in.
    Write,
    /// It deals with memory alone.
    Memory,
}

impl Function {
    /// What a call of it looks like.
    pub fn shape(&self) -> Shape {
        let has = |kind: Type| self.parameters.iter().any(|parameter| parameter.kind == kind);
        if self.family == Family::Buffer {
            Shape::Memory
        } else if has(Type::pointer(Base::U8, 2)) {
            if self.parameter("entriesread").is_some() { Shape::List } else { Shape::Read }
        } else if has(Type::pointer(Base::U8, 1)) {
            Shape::Write
        } else {
            Shape::Call
        }
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The structure of a level.
    pub fn level(&self, level: u32) -> Option<&Level> {
        self.levels.iter().find(|known| known.level == level)
    }

    /// True where what it answers must be freed by NetApiBufferFree.
    pub fn needs_free(&self) -> bool {
        matches!(self.shape(), Shape::List | Shape::Read)
            || matches!(self.name.as_str(), "NetApiBufferAllocate" | "NetApiBufferReallocate")
    }
}
