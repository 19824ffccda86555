//! The contents of a declaration, decided once for all languages.

use crate::model::{
    Argument, Arguments, Base, Code, Constant, Direction, Field, Function, Model, Parameter, Shape,
    Structure, Type,
};

use super::Options;

/// The contents of a declaration.
pub(super) struct Plan<'a> {
    /// The requested function.
    pub(super) function: &'a Function,
    /// The function, and those that it needs.
    pub(super) functions: Vec<&'a Function>,
    /// The structures of its levels.
    pub(super) structures: Vec<&'a Structure>,
    /// The constants, return codes included.
    pub(super) constants: Vec<Named<'a>>,
    /// Whether to add what it needs.
    pub(super) types: bool,
    /// The program, if the caller requests it and the model has one.
    pub(super) sample: Option<Program<'a>>,
}

/// A constant of a declaration.
pub(super) struct Named<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its value.
    pub(super) value: i64,
    /// Whether people read it as bits.
    pub(super) flag: bool,
}

/// The program of a sample.
pub(super) struct Program<'a> {
    /// Its shape.
    pub(super) shape: Shape,
    /// The function that it calls.
    pub(super) function: &'a Function,
    /// An argument for each parameter.
    pub(super) slots: Vec<Slot<'a>>,
    /// The output or input structure.
    pub(super) structure: Option<&'a Structure>,
    /// The fields that the program prints or fills.
    pub(super) fields: Vec<&'a Field>,
    /// The values of the filled fields, by name.
    pub(super) arguments: &'a Arguments,
}

/// An argument of the program's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot<'a> {
    /// No text.
    Null,
    /// No address.
    NullPointer,
    /// Text.
    Text(&'a str),
    /// A number.
    Number(u32),
    /// `MAX_PREFERRED_LENGTH`.
    Everything,
    /// The variable for the address of the answer.
    Buffer,
    /// The input structure.
    Input,
    /// A variable that the call writes.
    Out(&'a Parameter),
    /// A variable that the call reads and writes.
    InOut(&'a Parameter),
}

impl<'a> Plan<'a> {
    pub(super) fn new(model: &'a Model, function: &'a Function, options: &'a Options) -> Self {
        let types = options.types || options.sample;
        let mut functions = vec![function];
        if types && function.shape() == Shape::Memory {
            functions.extend(
                model.functions.iter().filter(|f| f.family == function.family && f.name != function.name),
            );
        } else if types && function.needs_free() {
            functions.extend(model.function("NetApiBufferFree"));
        }
        let mut structures: Vec<&Structure> = Vec::new();
        for structure in model.structures_of(function) {
            if !structures.contains(&structure) {
                structures.push(structure);
            }
        }
        Self {
            function,
            functions,
            structures,
            constants: constants(model, function),
            types,
            sample: if options.sample { Program::new(model, function, options) } else { None },
        }
    }
}

fn constants<'a>(model: &'a Model, function: &'a Function) -> Vec<Named<'a>> {
    let named = model.constants_of(function).into_iter().map(Named::of_constant);
    let codes = function.codes.iter().filter(|code| !code.network).map(|code| Named {
        name: &code.name,
        value: i64::from(code.number),
        flag: false,
    });
    codes.chain(named).collect()
}

impl<'a> Named<'a> {
    pub(super) fn of_constant(constant: &'a Constant) -> Self {
        let is_plain = constant.name.ends_with("_PARMNUM")
            || constant.name.starts_with("PLATFORM_ID")
            || constant.value < 0;
        Self { name: &constant.name, value: constant.value, flag: !is_plain }
    }

    pub(super) fn of_code(code: &'a Code) -> Self {
        Self { name: &code.name, value: i64::from(code.number), flag: false }
    }

    /// Returns the value as C and most other languages write it.
    pub(super) fn literal(&self) -> String {
        if self.flag { format!("0x{:X}", self.value) } else { self.value.to_string() }
    }
}

impl<'a> Program<'a> {
    fn new(model: &'a Model, function: &'a Function, options: &'a Options) -> Option<Self> {
        let sample = function.sample.as_ref()?;
        let arguments = options.arguments.as_ref().unwrap_or(&sample.arguments);
        let level = ["level", "Level", "LevelFlags"].iter().find_map(|name| match arguments.get(*name) {
            Some(Argument::Number(level)) => Some(*level),
            _ => None,
        });
        let of_level = |level| function.level(level).and_then(|level| model.structure(&level.structure));
        let structure = level.and_then(of_level).or_else(|| {
            let only = function.levels.first().filter(|_| function.levels.len() == 1);
            only.and_then(|level| model.structure(&level.structure))
        });
        let fields = structure.map_or_else(Vec::new, |structure| {
            let chosen = |name: &String| structure.fields.iter().find(|field| field.name == *name);
            let chosen: Vec<&Field> = sample.fields.iter().filter_map(chosen).collect();
            // Other arguments can select another level, whose fields have other names.
            if chosen.is_empty() {
                structure.fields.iter().filter(|field| field.is_simple()).collect()
            } else {
                chosen
            }
        });
        let slots = function.parameters.iter().map(|parameter| slot(parameter, arguments)).collect();
        Some(Self { shape: function.shape(), function, slots, structure, fields, arguments })
    }

    /// Returns the fields that the program prints, as members of `owner`.
    pub(super) fn members(&self, owner: &str) -> Vec<String> {
        self.fields.iter().map(|field| format!("{owner}.{}", field.name)).collect()
    }

    /// Returns the variables that the call writes, except the buffer.
    pub(super) fn variables(&self) -> Vec<&'a Parameter> {
        let variable = |slot: &Slot<'a>| match slot {
            Slot::Out(parameter) | Slot::InOut(parameter) => Some(*parameter),
            _ => None,
        };
        self.slots.iter().filter_map(variable).collect()
    }
}

impl Field {
    /// Returns whether a sample can print it: text, or a number of 32 bits.
    pub(super) fn is_simple(&self) -> bool {
        self.kind.pointers == 0 && self.kind.length.is_none() && self.kind.base != Base::U8
    }

    /// Returns whether a number can be negative.
    pub(super) fn is_signed(&self) -> bool {
        matches!(self.kind.base, Base::I32 | Base::Bool32)
    }
}

fn slot<'a>(parameter: &'a Parameter, arguments: &'a Arguments) -> Slot<'a> {
    match (parameter.kind, parameter.direction) {
        (Type { base: Base::U8 | Base::Void, pointers: 2, .. }, _) => return Slot::Buffer,
        (Type { base: Base::U8, pointers: 1, .. }, Direction::In) => return Slot::Input,
        (Type { pointers: 1, .. }, Direction::Out) => return Slot::Out(parameter),
        (Type { pointers: 1, .. }, Direction::InOut) => return Slot::InOut(parameter),
        _ => {}
    }
    match arguments.get(&parameter.name) {
        Some(Argument::Text(text)) => Slot::Text(text),
        Some(Argument::Number(u32::MAX)) if parameter.name == "prefmaxlen" => Slot::Everything,
        Some(Argument::Number(number)) => Slot::Number(*number),
        None if parameter.kind.is_text() => Slot::Null,
        None if parameter.kind.pointers > 0 => Slot::NullPointer,
        None => Slot::Number(0),
    }
}

/// Returns the name of the program's variable for a parameter; `type` is a keyword of several languages, and the programs read
/// the counts of a list by one name.
pub(super) fn variable(parameter: &Parameter) -> &str {
    match parameter.name.as_str() {
        "type" => "kind",
        "EntriesRead" => "entriesread",
        "TotalEntries" => "totalentries",
        name => name,
    }
}
