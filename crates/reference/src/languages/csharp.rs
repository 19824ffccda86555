//! C#: by DllImport, for .NET, .NET Framework and Mono.

use std::collections::BTreeMap;

use crate::model::{Base, Direction, Field, Function, Model, Parameter, Shape, Structure, Type};

use super::Options;
use super::dotnet::{LIBRARY, Passed, Words, comment, passed};
use super::plan::{Named, Plan, Program, variable};
use super::text::{indent, list};

const WORDS: Words = Words {
    null: "null",
    null_pointer: "IntPtr.Zero",
    quotes: ("@\"", "\""),
    unsigned: "",
    owner: "NetApi32.",
    by: ("out ", "ref "),
    buffers: ("buffer", "buffer"),
    sigil: "",
};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function, "internal", true);
    }
    let mut text = String::from("using System;\nusing System.Runtime.InteropServices;\n\n");
    text += &class(plan, "internal");
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

/// Returns the class with everything; PowerShell requires a public one.
pub(super) fn class(plan: &Plan<'_>, visible: &str) -> String {
    let documented = |function: &Function| function.name == plan.function.name;
    members(&plan.constants, &plan.structures, &plan.functions, visible, documented)
}

/// Returns a namespace with a public class that has every function that netsession's library exports.
pub(super) fn library(model: &Model, namespace: &str) -> String {
    let options = Options { types: true, ..Options::default() };
    let (mut constants, mut structures) = (BTreeMap::new(), BTreeMap::new());
    let functions: Vec<&Function> = model.functions.iter().filter(|function| function.exported).collect();
    for function in &functions {
        let plan = Plan::new(model, function, &options);
        constants
            .extend(plan.constants.into_iter().map(|constant| ((constant.value, constant.name), constant)));
        structures.extend(plan.structures.into_iter().map(|structure| (&structure.name, structure)));
    }
    let constants: Vec<_> = constants.into_values().collect();
    let structures: Vec<_> = structures.into_values().collect();
    let class = members(&constants, &structures, &functions, "public", |_| true);
    let class =
        format!("/// <summary>Functions of netapi32, as netsession implements them.</summary>\n{class}");
    let using = "using System;\nusing System.Runtime.InteropServices;\n";
    format!("{using}\nnamespace {namespace}\n{{\n{}}}\n", indent(&class, "    "))
}

fn members(
    constants: &[Named<'_>],
    structures: &[&Structure],
    functions: &[&Function],
    visible: &str,
    documented: impl Fn(&Function) -> bool,
) -> String {
    let mut inside = String::new();
    for constant in constants {
        inside += &format!("{visible} {}", super::constant::of_class(constant));
    }
    for item in structures {
        inside.push('\n');
        inside += &declared(item, visible);
    }
    for function in functions {
        inside.push('\n');
        inside += &declaration(function, visible, documented(function));
    }
    format!("{visible} static class NetApi32\n{{\n{}}}\n", indent(inside.trim_start(), "    "))
}

pub(super) fn structure(structure: &Structure) -> String {
    declared(structure, "internal")
}

fn declared(structure: &Structure, visible: &str) -> String {
    let mut text = String::from("[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]\n");
    text += &format!("{visible} struct {}\n{{\n", structure.name);
    for field in &structure.fields {
        text += &format!("    {}{visible} {} {};\n", attribute(field), field_type(field.kind), field.name);
    }
    text + "}\n"
}

fn attribute(field: &Field) -> String {
    field.kind.length.map_or_else(String::new, |length| {
        format!("[MarshalAs(UnmanagedType.ByValArray, SizeConst = {length})] ")
    })
}

fn field_type(kind: Type) -> &'static str {
    match kind {
        Type { pointers: 1.., .. } | Type { base: Base::Void, .. } => "IntPtr",
        Type { length: Some(_), .. } => "byte[]",
        Type { base: Base::U8, .. } => "byte",
        Type { base: Base::U32, .. } => "uint",
        Type { base: Base::I32 | Base::Bool32, .. } => "int",
        Type { base: Base::Usize, .. } => "UIntPtr",
        Type { base: Base::Wide, .. } => "string",
    }
}

fn parameter(parameter: &Parameter) -> String {
    let by = |direction| if direction == Direction::InOut { "ref" } else { "out" };
    let kind = match passed(parameter) {
        Passed::Text => "string".to_owned(),
        Passed::UInt32 => "uint".to_owned(),
        Passed::Pointer => "IntPtr".to_owned(),
        Passed::UInt32By(direction) => format!("{} uint", by(direction)),
        Passed::PointerBy(direction) => format!("{} IntPtr", by(direction)),
        Passed::SizeBy(direction) => format!("{} UIntPtr", by(direction)),
    };
    format!("{kind} {}", parameter.name)
}

fn declaration(function: &Function, visible: &str, documented: bool) -> String {
    let mut text = if documented { comment(function, "///") } else { String::new() };
    let last_error = if function.sets_last_error { ", SetLastError = true" } else { "" };
    text +=
        &format!("[DllImport(\"{LIBRARY}\", CharSet = CharSet.Unicode, ExactSpelling = true{last_error})]\n");
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let one = format!("{visible} static extern uint {}({});\n", function.name, parameters.join(", "));
    if one.len() <= 90 {
        return text + &one;
    }
    text + &format!("{visible} static extern uint {}(\n    {});\n", function.name, parameters.join(",\n    "))
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    let body = indent(&body, "        ");
    format!("internal static class Program\n{{\n    private static void Main()\n    {{\n{body}    }}\n}}\n")
}

const MEMORY: &str = r#"IntPtr buffer, larger;
uint size;
Console.WriteLine("NetApiBufferAllocate: " + NetApi32.NetApiBufferAllocate(64, out buffer));
uint status = NetApi32.NetApiBufferReallocate(buffer, 128, out larger);
Console.WriteLine("NetApiBufferReallocate: " + status);
if (status == 0)
    buffer = larger;
Console.WriteLine("NetApiBufferSize: " + NetApi32.NetApiBufferSize(buffer, out size));
Console.WriteLine("at least 128: " + (size >= 128 ? "yes" : "no"));
Console.WriteLine("NetApiBufferFree: " + NetApi32.NetApiBufferFree(buffer));
"#;

fn invoke(program: &Program<'_>, before: &str) -> String {
    let name = &program.function.name;
    list(&format!("{before}NetApi32.{name}("), &WORDS.arguments(program), ");\n", "    ")
}

fn variables(program: &Program<'_>) -> String {
    let variable = |parameter: &Parameter| match (parameter.kind.base, parameter.direction) {
        (Base::Usize, _) => format!("UIntPtr {} = UIntPtr.Zero;\n", variable(parameter)),
        (_, Direction::InOut) => format!("uint {} = 0;\n", variable(parameter)),
        _ => format!("uint {};\n", variable(parameter)),
    };
    program.variables().into_iter().map(variable).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("Console.WriteLine(\"{}: \" + status);\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "uint status = ");
    for parameter in program.variables() {
        text += &format!("Console.WriteLine(\"{}: \" + {});\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    list("Console.WriteLine(string.Join(\"\\t\", ", &program.members(owner), "));\n", "    ")
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = variables(program);
    text += &format!("Type type = typeof(NetApi32.{name});\nint size = Marshal.SizeOf(type);\n");
    text += "uint status;\ndo\n{\n    IntPtr buffer;\n";
    text += &indent(&invoke(program, "status = "), "    ");
    text += "    if (status == NetApi32.NERR_Success || status == NetApi32.ERROR_MORE_DATA)\n    {\n";
    text += "        Console.WriteLine(entriesread + \" of \" + totalentries);\n";
    text += "        for (int i = 0; i < entriesread; i++)\n        {\n";
    text += &format!(
        "            var entry = (NetApi32.{name})Marshal.PtrToStructure(IntPtr.Add(buffer, i * size), type);\n"
    );
    text += &indent(&fields(program, "entry"), "            ");
    text += "        }\n    }\n    NetApi32.NetApiBufferFree(buffer);\n";
    text += "} while (status == NetApi32.ERROR_MORE_DATA && entriesread > 0);\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = variables(program) + "IntPtr buffer;\n" + &invoke(program, "uint status = ");
    text += "if (status == NetApi32.NERR_Success)\n{\n";
    text += &format!(
        "    var info = (NetApi32.{name})Marshal.PtrToStructure(buffer, typeof(NetApi32.{name}));\n"
    );
    text += &indent(&fields(program, "info"), "    ");
    text += "    NetApi32.NetApiBufferFree(buffer);\n}\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = format!("{}var info = new NetApi32.{name}();\n", variables(program));
    for field in &program.fields {
        if let Some(argument) = program.arguments.get(&field.name) {
            text += &format!("info.{} = {};\n", field.name, WORDS.value(argument));
        }
    }
    text += "IntPtr buffer = Marshal.AllocHGlobal(Marshal.SizeOf(info));\n";
    text += "Marshal.StructureToPtr(info, buffer, false);\n";
    text += &invoke(program, "uint status = ");
    text += &format!("Marshal.DestroyStructure(buffer, typeof(NetApi32.{name}));\n");
    text += "Marshal.FreeHGlobal(buffer);\n";
    text + &status(program)
}
