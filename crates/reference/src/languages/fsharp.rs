//! F#: by DllImport.

use crate::model::{Base, Field, Function, Parameter, Shape, Structure, Type};

use super::dotnet::{LIBRARY, Passed, Words, comment, passed};
use super::plan::{Plan, Program, variable};
use super::text::{indent, list};

const WORDS: Words = Words {
    null: "null",
    null_pointer: "0n",
    quotes: ("@\"", "\""),
    unsigned: "u",
    owner: "",
    by: ("&", "&"),
    buffers: ("buffer", "buffer"),
    sigil: "",
};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function, true);
    }
    let mut text = String::from("module NetApi32\n\nopen System\nopen System.Runtime.InteropServices\n\n");
    for constant in &plan.constants {
        text += &super::constant::write(constant, super::Language::FSharp);
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

pub(super) fn structure(structure: &Structure) -> String {
    let field = |field: &Field| {
        let attribute = field.kind.length.map_or_else(String::new, |length| {
            format!("    [<MarshalAs(UnmanagedType.ByValArray, SizeConst = {length})>]\n")
        });
        format!("{attribute}    val mutable {} : {}\n", field.name, field_type(field.kind))
    };
    let fields: String = structure.fields.iter().map(field).collect();
    format!(
        "[<Struct; StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)>]\ntype {} =\n{fields}",
        structure.name
    )
}

fn field_type(kind: Type) -> &'static str {
    match kind {
        Type { pointers: 1.., .. } | Type { base: Base::Void, .. } => "nativeint",
        Type { length: Some(_), .. } => "byte[]",
        Type { base: Base::U8, .. } => "byte",
        Type { base: Base::U32, .. } => "uint32",
        Type { base: Base::I32 | Base::Bool32, .. } => "int",
        Type { base: Base::Usize, .. } => "unativeint",
        Type { base: Base::Wide, .. } => "string",
    }
}

fn parameter(parameter: &Parameter) -> String {
    let kind = match passed(parameter) {
        Passed::Text => "string",
        Passed::UInt32 => "uint32",
        Passed::Pointer => "nativeint",
        Passed::UInt32By(_) => "uint32&",
        Passed::PointerBy(_) => "nativeint&",
        Passed::SizeBy(_) => "unativeint&",
    };
    format!("{kind} {}", variable(parameter))
}

/// Puts the arguments on one line, or every line of them at one column: F# ends the call at text further left than the
/// first line.
fn arguments(head: &str, items: &[String], indent: &str) -> String {
    let one = format!("{head}({})\n", items.join(", "));
    if one.chars().count() <= 100 { one } else { list(&format!("{head}(\n{indent}"), items, ")\n", indent) }
}

fn declaration(function: &Function, documented: bool) -> String {
    let mut text = if documented { comment(function, "///") } else { String::new() };
    let last_error = if function.sets_last_error { ", SetLastError = true" } else { "" };
    text += &format!(
        "[<DllImport(\"{LIBRARY}\", CharSet = CharSet.Unicode, ExactSpelling = true{last_error})>]\n"
    );
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    text + &arguments(&format!("extern uint32 {}", function.name), &parameters, "    ")
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    format!("[<EntryPoint>]\nlet main _ =\n{}    0\n", indent(&body, "    "))
}

const MEMORY: &str = r#"let mutable buffer = 0n
let mutable larger = 0n
let mutable size = 0u
printfn "NetApiBufferAllocate: %d" (NetApiBufferAllocate(64u, &buffer))
let status = NetApiBufferReallocate(buffer, 128u, &larger)
printfn "NetApiBufferReallocate: %d" status
if status = 0u then buffer <- larger
printfn "NetApiBufferSize: %d" (NetApiBufferSize(buffer, &size))
printfn "at least 128: %s" (if size >= 128u then "yes" else "no")
printfn "NetApiBufferFree: %d" (NetApiBufferFree(buffer))
"#;

fn invoke(program: &Program<'_>, before: &str) -> String {
    arguments(&format!("{before}{}", program.function.name), &WORDS.arguments(program), "        ")
}

fn variables(program: &Program<'_>) -> String {
    let variable = |parameter: &Parameter| match parameter.kind.base {
        Base::Usize => format!("let mutable {} = 0un\n", variable(parameter)),
        _ => format!("let mutable {} = 0u\n", variable(parameter)),
    };
    program.variables().into_iter().map(variable).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("printfn \"{}: %d\" status\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "let status = ");
    for parameter in program.variables() {
        text += &format!("printfn \"{}: %d\" {}\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    let fields: Vec<String> =
        program.fields.iter().map(|field| format!("string {owner}.{}", field.name)).collect();
    format!("[ {} ]\n|> String.concat \"\\t\"\n|> printfn \"%s\"\n", fields.join("\n  "))
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = variables(program);
    text += "let mutable status = ERROR_MORE_DATA\nlet mutable more = true\nwhile more do\n    let mutable buffer = 0n\n";
    text += &indent(&invoke(program, "status <- "), "    ");
    text += "    if status = NERR_Success || status = ERROR_MORE_DATA then\n";
    text += &format!("        let size = Marshal.SizeOf<{name}>()\n");
    text += "        printfn \"%d of %d\" entriesread totalentries\n";
    text += "        for i in 0 .. int entriesread - 1 do\n";
    text +=
        &format!("            let entry = Marshal.PtrToStructure<{name}>(IntPtr.Add(buffer, i * size))\n");
    text += &indent(&fields(program, "entry"), "            ");
    text += "    NetApiBufferFree(buffer) |> ignore\n";
    text += "    more <- status = ERROR_MORE_DATA && entriesread > 0u\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = variables(program) + "let mutable buffer = 0n\n" + &invoke(program, "let status = ");
    text += "if status = NERR_Success then\n";
    text += &format!("    let info = Marshal.PtrToStructure<{name}>(buffer)\n");
    text += &indent(&fields(program, "info"), "    ");
    text += "    NetApiBufferFree(buffer) |> ignore\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = format!("{}let mutable info = {name}()\n", variables(program));
    for field in &program.fields {
        if let Some(argument) = program.arguments.get(&field.name) {
            text += &format!("info.{} <- {}\n", field.name, WORDS.value(argument));
        }
    }
    text += &format!("let buffer = Marshal.AllocHGlobal(Marshal.SizeOf<{name}>())\n");
    text += "Marshal.StructureToPtr(info, buffer, false)\n";
    text += &invoke(program, "let status = ");
    text += &format!("Marshal.DestroyStructure<{name}>(buffer)\n");
    text += "Marshal.FreeHGlobal(buffer)\n";
    text + &status(program)
}
