//! Python: by ctypes. Its own c_wchar_p has 32 bits a character outside Windows, so the declarations encode text
//! themselves.

use crate::model::{Argument, Base, Field, Function, Parameter, Shape, Structure, Type};

use super::plan::{Plan, Program, Slot, variable};
use super::text::{indent, list, quoted, wrap};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function, true);
    }
    let mut text = String::from(HEAD);
    for constant in &plan.constants {
        text += &super::constant::write(constant, super::Language::Python);
    }
    for item in &plan.structures {
        text += "\n\n";
        text += &structure(item);
    }
    text.push('\n');
    for function in &plan.functions {
        text.push('\n');
        text += &declaration(function, function.name == plan.function.name);
    }
    if let Some(program) = &plan.sample {
        text += "\n\n";
        text += &sample(program);
    }
    text
}

const HEAD: &str = r#"import ctypes
import sys


class LPWSTR(ctypes.c_void_p):
    """A pointer to UTF-16 text; str and None are taken as arguments."""

    @classmethod
    def from_param(cls, text):
        if text is None or isinstance(text, ctypes.c_void_p):
            return text
        return ctypes.create_string_buffer(text.encode("utf-16-le", "surrogatepass") + b"\0\0")

    def __str__(self):
        if not self.value:
            return ""
        units = ctypes.cast(self, ctypes.POINTER(ctypes.c_uint16))
        length = 0
        while units[length]:
            length += 1
        return ctypes.string_at(self.value, length * 2).decode("utf-16-le", "replace")


if sys.platform == "win32":
    netapi32 = ctypes.WinDLL("netapi32.dll")
elif sys.platform == "darwin":
    netapi32 = ctypes.CDLL("libnetapi32.dylib")
else:
    netapi32 = ctypes.CDLL("libnetapi32.so")

"#;

pub(super) fn structure(structure: &Structure) -> String {
    let field = |field: &Field| format!("        (\"{}\", {}),\n", field.name, field_type(field.kind));
    let fields: String = structure.fields.iter().map(field).collect();
    format!("class {}(ctypes.Structure):\n    _fields_ = [\n{fields}    ]\n", structure.name)
}

fn field_type(kind: Type) -> String {
    let one = match kind {
        Type { pointers: 1.., .. } | Type { base: Base::Void, .. } => "ctypes.c_void_p",
        Type { base: Base::U8, .. } => "ctypes.c_uint8",
        Type { base: Base::U32, .. } => "ctypes.c_uint32",
        Type { base: Base::I32 | Base::Bool32, .. } => "ctypes.c_int32",
        Type { base: Base::Usize, .. } => "ctypes.c_size_t",
        Type { base: Base::Wide, .. } => "LPWSTR",
    };
    kind.length.map_or_else(|| one.to_owned(), |length| format!("{one} * {length}"))
}

fn parameter(parameter: &Parameter) -> &'static str {
    match parameter.kind {
        kind if kind.is_text() => "LPWSTR",
        Type { base: Base::Usize, pointers: 1, .. } => "ctypes.POINTER(ctypes.c_size_t)",
        Type { base: Base::U32 | Base::I32, pointers: 1, .. } => "ctypes.POINTER(ctypes.c_uint32)",
        Type { base: Base::Wide, .. } | Type { pointers: 2, .. } => "ctypes.POINTER(ctypes.c_void_p)",
        Type { pointers: 1, .. } => "ctypes.c_void_p",
        _ => "ctypes.c_uint32",
    }
}

fn declaration(function: &Function, documented: bool) -> String {
    let mut text = if documented { wrap(&function.summary, "# ", 100) } else { String::new() };
    let name = &function.name;
    text += &format!("{name} = netapi32.{name}\n{name}.argtypes = [\n");
    for item in &function.parameters {
        text += &format!("    {},  # {}\n", parameter(item), item.name);
    }
    text + &format!("]\n{name}.restype = ctypes.c_uint32\n")
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

const MEMORY: &str = r#"memory = ctypes.c_void_p()
larger = ctypes.c_void_p()
size = ctypes.c_uint32()
print("NetApiBufferAllocate:", NetApiBufferAllocate(64, ctypes.byref(memory)))
status = NetApiBufferReallocate(memory, 128, ctypes.byref(larger))
print("NetApiBufferReallocate:", status)
if status == NERR_Success:
    memory = larger
print("NetApiBufferSize:", NetApiBufferSize(memory, ctypes.byref(size)))
print("at least 128:", "yes" if size.value >= 128 else "no")
print("NetApiBufferFree:", NetApiBufferFree(memory))
"#;

/// Text as Python quotes it.
fn invoke(program: &Program<'_>) -> String {
    let slot = |slot: &Slot<'_>| match slot {
        Slot::Null | Slot::NullPointer => "None".to_owned(),
        Slot::Text(text) => quoted(text),
        Slot::Number(number) => number.to_string(),
        Slot::Everything => "MAX_PREFERRED_LENGTH".to_owned(),
        Slot::Buffer => "ctypes.byref(memory)".to_owned(),
        Slot::Input => "ctypes.byref(info)".to_owned(),
        Slot::Out(parameter) | Slot::InOut(parameter) => format!("ctypes.byref({})", variable(parameter)),
    };
    let arguments: Vec<String> = program.slots.iter().map(slot).collect();
    list(&format!("status = {}(", program.function.name), &arguments, ")\n", "    ")
}

/// `type` is a function of Python, which samples should not hide.
fn variables(program: &Program<'_>) -> String {
    let variable = |parameter: &Parameter| match parameter.kind.base {
        Base::Usize => format!("{} = ctypes.c_size_t(0)\n", variable(parameter)),
        _ => format!("{} = ctypes.c_uint32(0)\n", variable(parameter)),
    };
    program.variables().into_iter().map(variable).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("print(\"{}:\", status)\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program);
    for parameter in program.variables() {
        text += &format!("print(\"{}:\", {}.value)\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    list("print(", &program.members(owner), ", sep=\"\\t\")\n", "      ")
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("ctypes.c_uint8", |structure| &structure.name);
    let mut text = variables(program);
    text += "while True:\n    memory = ctypes.c_void_p()\n";
    text += &indent(&invoke(program), "    ");
    text += "    if status in (NERR_Success, ERROR_MORE_DATA):\n";
    text += "        print(entriesread.value, \"of\", totalentries.value)\n";
    text += "    if memory:\n";
    text += &format!("        for entry in ({name} * entriesread.value).from_address(memory.value):\n");
    text += &indent(&fields(program, "entry"), "            ");
    text += "    NetApiBufferFree(memory)\n";
    text += "    if status != ERROR_MORE_DATA or entriesread.value == 0:\n        break\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("ctypes.c_uint8", |structure| &structure.name);
    let mut text = variables(program) + "memory = ctypes.c_void_p()\n" + &invoke(program);
    text += &format!("if status == NERR_Success:\n    info = {name}.from_address(memory.value)\n");
    text += &indent(&fields(program, "info"), "    ");
    text += "    NetApiBufferFree(memory)\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("ctypes.c_uint8", |structure| &structure.name);
    let (mut texts, mut numbers) = (String::new(), String::new());
    for field in &program.fields {
        match program.arguments.get(&field.name) {
            Some(Argument::Text(text)) => {
                // The structure holds an address alone; the variable keeps the text.
                texts += &format!("{0} = LPWSTR.from_param({1})\n", field.name, quoted(text));
                numbers += &format!("info.{0} = ctypes.addressof({0})\n", field.name);
            }
            Some(Argument::Number(number)) => numbers += &format!("info.{} = {number}\n", field.name),
            None => {}
        }
    }
    variables(program)
        + &texts
        + &format!("info = {name}()\n")
        + &numbers
        + &invoke(program)
        + &status(program)
}
