//! JavaScript on Node: by the package koffi.

use crate::model::{Argument, Base, Direction, Field, Function, Parameter, Shape, Structure, Type};

use super::plan::{Plan, Program, Slot, variable};
use super::text::{indent, list, wrap};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function, true);
    }
    let mut text = String::from(HEAD);
    for constant in &plan.constants {
        text += &super::constant::write(constant, super::Language::Node);
    }
    for item in &plan.structures {
        text.push('\n');
        text += &structure(item);
    }
    for function in &plan.functions {
        text.push('\n');
        text += &declaration(function, function.name == plan.function.name);
    }
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

const HEAD: &str = "const koffi = require('koffi'); // npm install koffi

const names = { win32: 'netapi32.dll', darwin: 'libnetapi32.dylib' };
const netapi32 = koffi.load(names[process.platform] ?? 'libnetapi32.so');

";

pub(super) fn structure(structure: &Structure) -> String {
    let name = &structure.name;
    let field = |field: &Field| format!("  {}: {},\n", field.name, field_type(field.kind));
    let fields: String = structure.fields.iter().map(field).collect();
    format!("const {name} = koffi.struct('{name}', {{\n{fields}}});\n")
}

fn field_type(kind: Type) -> String {
    let one = match kind {
        Type { pointers: 1.., .. } | Type { base: Base::Void, .. } => "void *",
        Type { base: Base::U8, .. } => "uint8_t",
        Type { base: Base::U32, .. } => "uint32_t",
        Type { base: Base::I32 | Base::Bool32, .. } => "int32_t",
        Type { base: Base::Usize, .. } => "size_t",
        Type { base: Base::Wide, .. } => "str16",
    };
    kind.length.map_or_else(|| format!("'{one}'"), |length| format!("koffi.array('{one}', {length})"))
}

fn parameter(parameter: &Parameter) -> String {
    let by = if parameter.direction == Direction::InOut { "_Inout_" } else { "_Out_" };
    let kind = match parameter.kind {
        kind if kind.is_text() => "str16 ".to_owned(),
        Type { base: Base::Usize, pointers: 1, .. } => format!("{by} size_t *"),
        Type { base: Base::U32 | Base::I32, pointers: 1, .. } => format!("{by} uint32_t *"),
        Type { base: Base::Wide, .. } | Type { pointers: 2, .. } => format!("{by} void **"),
        Type { pointers: 1, .. } => "void *".to_owned(),
        _ => "uint32_t ".to_owned(),
    };
    format!("{kind}{}", parameter.name)
}

fn declaration(function: &Function, documented: bool) -> String {
    let mut text = if documented { wrap(&function.summary, "// ", 100) } else { String::new() };
    let name = &function.name;
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let one =
        format!("const {name} = netapi32.func('uint32_t __stdcall {name}({})');\n", parameters.join(", "));
    if one.len() <= 101 {
        return text + &one;
    }
    text += &format!("const {name} = netapi32.func(`uint32_t __stdcall {name}(\n");
    text + &list("  ", &parameters, ")`);\n", "  ")
}

fn sample(program: &Program<'_>) -> String {
    match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    }
}

const MEMORY: &str = r"let buffer = [null];
const size = [0];
console.log('NetApiBufferAllocate:', NetApiBufferAllocate(64, buffer));
const larger = [null];
const status = NetApiBufferReallocate(buffer[0], 128, larger);
console.log('NetApiBufferReallocate:', status);
if (status === NERR_Success) buffer = larger;
console.log('NetApiBufferSize:', NetApiBufferSize(buffer[0], size));
console.log('at least 128:', size[0] >= 128 ? 'yes' : 'no');
console.log('NetApiBufferFree:', NetApiBufferFree(buffer[0]));
";

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn invoke(program: &Program<'_>, before: &str) -> String {
    let structure = program.structure.map_or("", |structure| &structure.name);
    let slot = |slot: &Slot<'_>| match slot {
        Slot::Null | Slot::NullPointer => "null".to_owned(),
        Slot::Text(text) => quoted(text),
        Slot::Number(number) => number.to_string(),
        Slot::Everything => "MAX_PREFERRED_LENGTH".to_owned(),
        Slot::Buffer => "buffer".to_owned(),
        Slot::Input => format!("koffi.as(info, '{structure} *')"),
        Slot::Out(parameter) | Slot::InOut(parameter) => variable(parameter).to_owned(),
    };
    let arguments: Vec<String> = program.slots.iter().map(slot).collect();
    list(&format!("{before}{}(", program.function.name), &arguments, ");\n", "  ")
}

fn variables(program: &Program<'_>) -> String {
    let declared = |parameter| format!("const {} = [0];\n", variable(parameter));
    program.variables().into_iter().map(declared).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("console.log('{}:', status);\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "const status = ");
    for parameter in program.variables() {
        text += &format!("console.log('{}:', {}[0]);\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    list("console.log([", &program.members(owner), "].join('\\t'));\n", "  ")
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("", |structure| &structure.name);
    let mut text = variables(program);
    text += "let status;\ndo {\n  const buffer = [null];\n";
    text += &indent(&invoke(program, "status = "), "  ");
    text += "  if (status === NERR_Success || status === ERROR_MORE_DATA) {\n";
    text += "    console.log(entriesread[0], 'of', totalentries[0]);\n  }\n";
    // koffi has no array without an element.
    text += "  if (buffer[0] !== null && entriesread[0] > 0) {\n";
    text += &format!(
        "    for (const entry of koffi.decode(buffer[0], koffi.array({name}, entriesread[0]))) {{\n"
    );
    text += &indent(&fields(program, "entry"), "      ");
    text += "    }\n  }\n  NetApiBufferFree(buffer[0]);\n";
    text += "} while (status === ERROR_MORE_DATA && entriesread[0] > 0);\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("", |structure| &structure.name);
    let mut text = variables(program) + "const buffer = [null];\n" + &invoke(program, "const status = ");
    text += &format!("if (status === NERR_Success) {{\n  const info = koffi.decode(buffer[0], {name});\n");
    text += &indent(&fields(program, "info"), "  ");
    text += "  NetApiBufferFree(buffer[0]);\n}\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let mut text = variables(program) + "const info = {\n";
    let structure = program.structure.map_or(&[][..], |structure| &structure.fields);
    for field in structure {
        let value = match program.arguments.get(&field.name) {
            Some(Argument::Text(value)) => quoted(value),
            Some(Argument::Number(value)) => value.to_string(),
            None if field.kind.pointers > 0 || field.kind.is_text() => "null".to_owned(),
            None => "0".to_owned(),
        };
        text += &format!("  {}: {value},\n", field.name);
    }
    text += "};\n";
    text + &invoke(program, "const status = ") + &status(program)
}
