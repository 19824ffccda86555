//! [`Function`]: a function, its parameters, and the prose about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::types::{Base, Type};

/// A function of netapi32.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The name, as the headers spell it and the library exports it.
    pub name: String,
    /// The family that it belongs to.
    pub family: Family,
    /// The library that exports the function, without its suffix.
    pub module: String,
    /// The header that declares it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// The address of Microsoft's page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// The first version of Windows that has it, as Microsoft documents it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether the metadata says that it sets the last error; false for all functions here, which return their status.
    pub sets_last_error: bool,
    /// The type of the returned value.
    pub returns: Type,
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Whether netsession's library exports it; otherwise only Windows has it.
    #[serde(default)]
    pub exported: bool,
    /// The structure of each level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// The names of constants, or groups of them, that callers need besides those of the structures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constants: Vec<String>,
    /// The effect of the function, in a sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The behaviour, a paragraph each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The return codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<ReturnCode>,
    /// The rights that a caller needs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub privileges: String,
    /// Tips.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tips: Vec<String>,
    /// Mistakes with character sets and with 64 bits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<String>,
    /// Better ways from managed code or another language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// The `netsession` command that does the same, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Related functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub see_also: Vec<String>,
    /// The calls of the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// The file with the prose, as a path in the workspace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prose_file: String,
}

/// A family of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Sessions.
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
    /// A computer's name, domain and users.
    Workstation,
    /// Logins at servers.
    Login,
    /// Domain controllers.
    Domain,
    /// Memory of results.
    Buffer,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The name, as the headers spell it.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The direction.
    pub direction: Direction,
    /// Whether the caller can pass NULL.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// Whether the caller must pass zero.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reserved: bool,
    /// Whether the function does not write through the pointer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub constant: bool,
    /// The group of constants that the value comes from, or combines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// The value to pass, or the value that comes back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

impl Parameter {
    /// Returns whether it receives the number of entries in the buffer: `entriesread` or `EntriesRead`.
    fn is_entry_count(&self) -> bool {
        self.name.eq_ignore_ascii_case("entriesread")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The direction of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the function.
    In,
    /// Out of the function, through a pointer.
    Out,
    /// Both.
    InOut,
}

/// A level of information, and its structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The number to pass as `level`.
    pub level: u32,
    /// The structure of an entry.
    pub structure: String,
    /// What the level contains, or requires.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Whether only Windows has it: netsession's library returns ERROR_INVALID_LEVEL.
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
    /// The meaning for this function.
    #[serde(default)]
    pub meaning: String,
    /// What the caller can do.
    #[serde(default)]
    pub remedy: String,
    /// Whether it describes the network or the logon, and not this function.
    #[serde(default)]
    pub network: bool,
}

/// A sample: a program that calls the function with these arguments, and prints these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The arguments by parameter; a missing one is NULL or zero.
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

/// The shape of a call, in any language.
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
    /// The function only handles memory.
    Memory,
}

impl Function {
    /// Returns the shape of a call.
    pub fn shape(&self) -> Shape {
        let has = |kind: Type| self.parameters.iter().any(|parameter| parameter.kind == kind);
        if self.family == Family::Buffer {
            Shape::Memory
        } else if has(Type::pointer(Base::U8, 2)) {
            if self.parameters.iter().any(Parameter::is_entry_count) { Shape::List } else { Shape::Read }
        } else if has(Type::pointer(Base::U8, 1)) {
            Shape::Write
        } else {
            Shape::Call
        }
    }

    /// Returns the parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Returns the structure of a level.
    pub fn level(&self, level: u32) -> Option<&Level> {
        self.levels.iter().find(|known| known.level == level)
    }

    /// Returns whether callers must free the result with NetApiBufferFree.
    pub fn needs_free(&self) -> bool {
        matches!(self.shape(), Shape::List | Shape::Read)
            || matches!(self.name.as_str(), "NetApiBufferAllocate" | "NetApiBufferReallocate")
    }
}
