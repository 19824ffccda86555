//! [`Model`]: the functions, structures, constants and return codes.
//!
//! `cargo xtask model` extracts the declarations from the Windows metadata; `overlay` adds corrections and prose.

mod function;
mod overlay;
mod structure;
mod types;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use function::{
    Argument, Arguments, Direction, Family, Function, Level, Parameter, ReturnCode, Sample, Shape,
};
pub use overlay::code_names;
pub use structure::{Field, Place, Structure};
pub use types::{Base, Type};

/// The output of `cargo xtask model`.
const EXTRACTED: &str = include_str!("../../model/netapi32.json");

/// The functions, and everything that belongs to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The origin of the declarations.
    pub source: Source,
    /// The functions, by family and name.
    pub functions: Vec<Function>,
    /// The structures that the functions fill or read, by name.
    pub structures: Vec<Structure>,
    /// The constants that functions and structures use, by group and value.
    pub constants: Vec<Constant>,
    /// The return codes.
    pub codes: Vec<Code>,
}

/// The origin of the declarations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The crate that carries the metadata.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The file within it.
    pub file: String,
}

/// A named number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// The name, as the headers spell it.
    pub name: String,
    /// The value; one that C declares as -1 is negative.
    pub value: i64,
    /// The name of its group in the metadata, or the common prefix of the group's names.
    pub group: String,
    /// The meaning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// A value that functions return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The name, as the headers spell it, such as `NERR_ClientNameNotFound`.
    pub name: String,
    /// The number that a program sees.
    pub number: u32,
    /// The meaning, whichever function returns it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// What the caller can do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// The NTSTATUS for which Windows returns this code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
}

/// A status of SMB and of the kernel, which logs and other tools show instead of a return code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The name, such as `STATUS_LOGON_FAILURE`.
    pub name: String,
    /// The number, such as 0xc000006d.
    pub number: u32,
}

impl Code {
    /// Returns other numbers by which logs and other tools know this code: as an HRESULT and as an NTSTATUS, each also as a
    /// signed number.
    pub fn other_numbers(&self) -> Vec<i64> {
        let result = (self.number < 0x1_0000 && self.number != 0).then_some(0x8007_0000 | self.number);
        let all = result.into_iter().chain(self.statuses.iter().map(|status| status.number));
        all.flat_map(|number| [i64::from(number), i64::from(number.cast_signed())]).collect()
    }
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "both parts are compiled in, and a test reads them")]
    Model::read().expect("the model that is compiled in can be read")
});

impl Model {
    /// Returns the model, with its prose.
    pub fn get() -> &'static Model {
        &MODEL
    }

    /// Returns the model as it was extracted, without prose.
    ///
    /// # Errors
    /// The JSON does not match these types.
    pub fn extracted() -> Result<Model, serde_json::Error> {
        serde_json::from_str(EXTRACTED)
    }

    fn read() -> Result<Model, Box<dyn std::error::Error>> {
        let mut model = Self::extracted()?;
        overlay::apply(&mut model)?;
        Ok(model)
    }

    /// Returns the function of this name, ignoring case.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name))
    }

    /// Returns the structure of this name, ignoring case.
    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures.iter().find(|structure| structure.name.eq_ignore_ascii_case(name))
    }

    /// Returns the constant of this name, ignoring case.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.iter().find(|constant| constant.name.eq_ignore_ascii_case(name))
    }

    /// Returns the return code of this name, ignoring case.
    pub fn code(&self, name: &str) -> Option<&Code> {
        self.codes.iter().find(|code| code.name.eq_ignore_ascii_case(name))
    }

    /// Returns the return codes with this number.
    pub fn codes_of(&self, number: u32) -> impl Iterator<Item = &Code> {
        self.codes.iter().filter(move |code| code.number == number)
    }

    /// Returns the structures that a function fills or reads, in the order of its levels.
    pub fn structures_of<'a>(&'a self, function: &'a Function) -> impl Iterator<Item = &'a Structure> {
        function.levels.iter().filter_map(|level| self.structure(&level.structure))
    }

    /// Returns the constants that callers of a function need: for its parameters, and for the fields of its structures.
    pub fn constants_of<'a>(&'a self, function: &'a Function) -> Vec<&'a Constant> {
        let fields = self.structures_of(function).flat_map(|structure| &structure.fields);
        let groups: Vec<&str> = fields
            .filter_map(|field| field.values.as_deref())
            .chain(function.parameters.iter().filter_map(|parameter| parameter.values.as_deref()))
            .collect();
        let named = |constant: &Constant| {
            groups.contains(&constant.group.as_str())
                || function.constants.iter().any(|name| *name == constant.name || *name == constant.group)
        };
        self.constants.iter().filter(|constant| named(constant)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Model;

    /// A failure here would turn a typing error in the prose into a panic for every reader of the reference.
    #[test]
    fn the_compiled_model_can_be_read() -> Result<(), Box<dyn std::error::Error>> {
        let model = Model::read()?;
        assert!(!model.functions.is_empty());
        Ok(())
    }
}
