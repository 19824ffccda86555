//! The model: functions, structures, constants and return codes.

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

/// What `cargo xtask model` wrote.
const EXTRACTED: &str = include_str!("../../model/netapi32.json");

/// Everything that is known of the functions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Where the declarations were extracted from.
    pub source: Source,
    /// The functions, by family and name.
    pub functions: Vec<Function>,
    /// The structures that they fill or read, by name.
    pub structures: Vec<Structure>,
    /// The constants that they and their structures use, by group and value.
    pub constants: Vec<Constant>,
    /// What they return.
    pub codes: Vec<Code>,
}

/// Where the declarations were extracted from.
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
    /// As the headers spell it.
    pub name: String,
    /// Its value; one that C declares as -1 is negative.
    pub value: i64,
    /// The name that the metadata gives the group which it belongs to, or what its names begin with.
    pub group: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// A value that functions return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// As the headers spell it, such as `NERR_ClientNameNotFound`.
    pub name: String,
    /// The number that a program sees.
    pub number: u32,
    /// What it says, whatever function returned it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub way_out: String,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "both parts are compiled in, and a test reads them")]
    Model::read().expect("the model that is compiled in can be read")
});

impl Model {
    /// The model, prose included.
    pub fn get() -> &'static Model {
        &MODEL
    }

    /// Only what was extracted, without a word of prose.
    ///
    /// # Errors
    /// The JSON is not what these types write.
    pub fn extracted() -> Result<Model, serde_json::Error> {
        serde_json::from_str(EXTRACTED)
    }

    fn read() -> Result<Model, Box<dyn std::error::Error>> {
        let mut model = Self::extracted()?;
        overlay::apply(&mut model)?;
        Ok(model)
    }

    /// The function of this name, in any case.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name))
    }

    /// The structure of this name, in any case.
    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures.iter().find(|structure| structure.name.eq_ignore_ascii_case(name))
    }

    /// The constant of this name, in any case.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.iter().find(|constant| constant.name.eq_ignore_ascii_case(name))
    }

    /// The return code of this name, in any case.
    pub fn code(&self, name: &str) -> Option<&Code> {
        self.codes.iter().find(|code| code.name.eq_ignore_ascii_case(name))
    }

    /// The return codes with this number.
    pub fn codes_of(&self, number: u32) -> impl Iterator<Item = &Code> {
        self.codes.iter().filter(move |code| code.number == number)
    }

    /// The structures that a function fills or reads, in the order of its levels.
    pub fn structures_of<'a>(&'a self, function: &'a Function) -> impl Iterator<Item = &'a Structure> {
        function.levels.iter().filter_map(|level| self.structure(&level.structure))
    }

    /// The constants that a function's callers need: those that it names, and those that its structures' fields hold.
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

    /// If it failed, a typing error in the prose would reach whoever reads the reference, as a panic.
    #[test]
    fn the_compiled_model_can_be_read() -> Result<(), Box<dyn std::error::Error>> {
        let model = Model::read()?;
        assert_eq!(model.functions.len(), 34);
        Ok(())
    }
}
