//! Rust: an extern block.

use crate::model::{Argument, Base, Field, Function, Parameter, Shape, Structure, Type};

use super::plan::{Plan, Program, Slot, variable};
use super::text::{indent, list, quoted, wrap};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return block(&[plan.function], plan.function);
    }
    let mut text = String::from(
        "#![allow(dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals)]\n\n",
    );
    for constant in &plan.constants {
        text += &super::constant::write(constant, super::Language::Rust);
    }
    for item in &plan.structures {
        text.push('\n');
        text += &structure(item);
    }
    text.push('\n');
    text += &block(&plan.functions, plan.function);
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

pub(super) fn structure(structure: &Structure) -> String {
    let field = |field: &Field| format!("    pub {}: {},\n", field.name, field_type(field.kind));
    let fields: String = structure.fields.iter().map(field).collect();
    format!("#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {} {{\n{fields}}}\n", structure.name)
}

fn field_type(kind: Type) -> String {
    let base = match kind.base {
        Base::U8 => "u8",
        Base::U32 => "u32",
        Base::I32 | Base::Bool32 => "i32",
        Base::Usize => "usize",
        Base::Wide => "*mut u16",
        Base::Void => "core::ffi::c_void",
    };
    let one = "*mut ".repeat(kind.pointers.into()) + base;
    kind.length.map_or_else(|| one.clone(), |length| format!("[{one}; {length}]"))
}

fn parameter(parameter: &Parameter) -> String {
    let kind = match parameter.kind {
        // The functions only read text, although C's declarations allow them to write it.
        kind if kind.is_text() => "*const u16".to_owned(),
        kind => field_type(kind),
    };
    let name = if parameter.name == "type" { "r#type" } else { &parameter.name };
    format!("{name}: {kind}")
}

fn block(functions: &[&Function], documented: &Function) -> String {
    let mut inside = String::new();
    for function in functions {
        if function.name == documented.name {
            inside += &wrap(&function.summary, "/// ", 96);
        }
        let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
        let one = format!("pub fn {}({}) -> u32;\n", function.name, parameters.join(", "));
        if one.len() <= 90 {
            inside += &one;
        } else {
            inside += &format!("pub fn {}(\n    {},\n) -> u32;\n", function.name, parameters.join(",\n    "));
        }
    }
    format!("#[link(name = \"netapi32\")]\nunsafe extern \"system\" {{\n{}}}\n", indent(&inside, "    "))
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    let texts = program.fields.iter().any(|field| field.kind.is_text());
    let helper = if texts && program.shape != Shape::Write { TEXT } else { "" };
    let wide = if body.contains("wide(") { WIDE } else { "" };
    format!("{wide}{helper}fn main() {{\n{}}}\n", indent(&body, "    "))
}

const WIDE: &str = r"/// UTF-16 with a zero at the end.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

";

const TEXT: &str = r"/// Text from UTF-16 that ends with a zero.
unsafe fn text(pointer: *const u16) -> String {
    if pointer.is_null() {
        return String::new();
    }
    let length = (0..).take_while(|&i| unsafe { *pointer.add(i) } != 0).count();
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(pointer, length) })
}

";

const MEMORY: &str = r#"let (mut buffer, mut larger) = (std::ptr::null_mut(), std::ptr::null_mut());
let mut size = 0;
unsafe {
    println!("NetApiBufferAllocate: {}", NetApiBufferAllocate(64, &mut buffer));
    let status = NetApiBufferReallocate(buffer, 128, &mut larger);
    println!("NetApiBufferReallocate: {status}");
    if status == NERR_Success {
        buffer = larger;
    }
    println!("NetApiBufferSize: {}", NetApiBufferSize(buffer, &mut size));
    println!("at least 128: {}", if size >= 128 { "yes" } else { "no" });
    println!("NetApiBufferFree: {}", NetApiBufferFree(buffer));
}
"#;

fn invoke(program: &Program<'_>, before: &str, buffer: &str) -> String {
    let slot = |slot: &Slot<'_>| match slot {
        Slot::Null => "std::ptr::null()".to_owned(),
        Slot::NullPointer => "std::ptr::null_mut()".to_owned(),
        Slot::Text(text) => format!("wide({}).as_ptr()", quoted(text)),
        Slot::Number(number) => number.to_string(),
        Slot::Everything => "MAX_PREFERRED_LENGTH".to_owned(),
        Slot::Buffer => format!("(&raw mut {buffer}).cast()"),
        Slot::Input => "(&raw mut info).cast()".to_owned(),
        Slot::Out(parameter) | Slot::InOut(parameter) => format!("&mut {}", variable(parameter)),
    };
    let arguments: Vec<String> = program.slots.iter().map(slot).collect();
    list(&format!("{before}unsafe {{ {}(", program.function.name), &arguments, ") };\n", "    ")
}

fn variables(program: &Program<'_>) -> String {
    program
        .variables()
        .into_iter()
        .map(|parameter| format!("let mut {} = 0;\n", variable(parameter)))
        .collect()
}

fn status(program: &Program<'_>) -> String {
    format!("println!(\"{}: {{status}}\");\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "let status = ", "buffer");
    for parameter in program.variables() {
        text += &format!("println!(\"{}: {{}}\", {});\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    let field = |field: &&Field| match field.kind.is_text() {
        true => format!("unsafe {{ text({owner}.{}) }}", field.name),
        false => format!("{owner}.{}", field.name),
    };
    let marks = vec!["{}"; program.fields.len()].join("\\t");
    let mut items = vec![format!("\"{marks}\"")];
    items.extend(program.fields.iter().map(field));
    list("println!(", &items, ");\n", "    ")
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("u8", |structure| &structure.name);
    let mut text = variables(program);
    text += &format!("let status = loop {{\n    let mut entries: *mut {name} = std::ptr::null_mut();\n");
    text += &indent(&invoke(program, "let status = ", "entries"), "    ");
    text += "    if status == NERR_Success || status == ERROR_MORE_DATA {\n";
    text += "        println!(\"{entriesread} of {totalentries}\");\n    }\n";
    text += "    if !entries.is_null() {\n";
    text += "        for entry in unsafe { std::slice::from_raw_parts(entries, entriesread as usize) } {\n";
    text += &indent(&fields(program, "entry"), "            ");
    text += "        }\n    }\n    unsafe { NetApiBufferFree(entries.cast()) };\n";
    text += "    if status != ERROR_MORE_DATA || entriesread == 0 {\n        break status;\n    }\n};\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("u8", |structure| &structure.name);
    let mut text = variables(program) + &format!("let mut info: *mut {name} = std::ptr::null_mut();\n");
    text += &invoke(program, "let status = ", "info");
    text += "if status == NERR_Success {\n    let read = unsafe { &*info };\n";
    text += &indent(&fields(program, "read"), "    ");
    text += "    unsafe { NetApiBufferFree(info.cast()) };\n}\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("u8", |structure| &structure.name);
    let (mut texts, mut sets) = (String::new(), String::new());
    for field in &program.fields {
        match program.arguments.get(&field.name) {
            Some(Argument::Text(text)) => {
                texts += &format!("let mut {} = wide({});\n", field.name, quoted(text));
                sets += &format!("info.{0} = {0}.as_mut_ptr();\n", field.name);
            }
            Some(Argument::Number(number)) => sets += &format!("info.{} = {number};\n", field.name),
            None => {}
        }
    }
    let info = format!("let mut info: {name} = unsafe {{ std::mem::zeroed() }};\n");
    let call = invoke(program, "let status = ", "buffer");
    // Omit the optional number of the wrong field if the program does not print it.
    variables(program) + &texts + &info + &sets + &call + &status(program)
}
