//! Visual Basic: by DllImport. Old Declare statements would pass 8-bit text.

use crate::model::{Base, Direction, Field, Function, Parameter, Shape, Structure, Type};

use super::dotnet::{LIBRARY, Passed, Words, comment, passed};
use super::plan::{Plan, Program, variable};
use super::text::{indent, list};

const WORDS: Words = Words {
    null: "Nothing",
    null_pointer: "IntPtr.Zero",
    quotes: ("\"", "\""),
    unsigned: "UI",
    owner: "NetApi32.",
    by: ("", ""),
    buffers: ("buffer", "buffer"),
    sigil: "",
};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function, true);
    }
    let mut inside = String::new();
    for constant in &plan.constants {
        inside += &super::constant::write(constant, super::Language::Vb);
    }
    for item in &plan.structures {
        inside.push('\n');
        inside += &structure(item);
    }
    for function in &plan.functions {
        inside.push('\n');
        inside += &declaration(function, function.name == plan.function.name);
    }
    let inside = indent(inside.trim_start(), "    ");
    let mut text = String::from("Imports System\nImports System.Runtime.InteropServices\n");
    // Project files import this themselves; the compiler alone does not.
    text += if plan.sample.is_some() { "Imports Microsoft.VisualBasic\n\n" } else { "\n" };
    text += &format!("Friend NotInheritable Class NetApi32\n{inside}End Class\n");
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

pub(super) fn structure(structure: &Structure) -> String {
    let field = |field: &Field| {
        let attribute = field.kind.length.map_or_else(String::new, |length| {
            format!("<MarshalAs(UnmanagedType.ByValArray, SizeConst:={length})> ")
        });
        format!("    {attribute}Friend {} As {}\n", field.name, field_type(field.kind))
    };
    let fields: String = structure.fields.iter().map(field).collect();
    format!(
        "<StructLayout(LayoutKind.Sequential, CharSet:=CharSet.Unicode)>\nFriend Structure {}\n{fields}End Structure\n",
        structure.name
    )
}

fn field_type(kind: Type) -> &'static str {
    match kind {
        Type { pointers: 1.., .. } | Type { base: Base::Void, .. } => "IntPtr",
        Type { length: Some(_), .. } => "Byte()",
        Type { base: Base::U8, .. } => "Byte",
        Type { base: Base::U32, .. } => "UInteger",
        Type { base: Base::I32 | Base::Bool32, .. } => "Integer",
        Type { base: Base::Usize, .. } => "UIntPtr",
        Type { base: Base::Wide, .. } => "String",
    }
}

fn parameter(parameter: &Parameter) -> String {
    let by = |direction| if direction == Direction::InOut { "ByRef" } else { "<Out> ByRef" };
    let (by, kind) = match passed(parameter) {
        Passed::Text => ("ByVal", "String"),
        Passed::UInt32 => ("ByVal", "UInteger"),
        Passed::Pointer => ("ByVal", "IntPtr"),
        Passed::UInt32By(direction) => (by(direction), "UInteger"),
        Passed::PointerBy(direction) => (by(direction), "IntPtr"),
        Passed::SizeBy(direction) => (by(direction), "UIntPtr"),
    };
    format!("{by} {} As {kind}", parameter.name)
}

fn declaration(function: &Function, documented: bool) -> String {
    let mut text = if documented { comment(function, "'''") } else { String::new() };
    let last_error = if function.sets_last_error { ", SetLastError:=True" } else { "" };
    text +=
        &format!("<DllImport(\"{LIBRARY}\", CharSet:=CharSet.Unicode, ExactSpelling:=True{last_error})>\n");
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let name = &function.name;
    let one = format!("Friend Shared Function {name}({}) As UInteger\n", parameters.join(", "));
    if one.len() <= 90 {
        text += &one;
    } else {
        text += &format!("Friend Shared Function {name}(\n    {}) As UInteger\n", parameters.join(",\n    "));
    }
    text + "End Function\n"
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    format!("Module Program\n    Sub Main()\n{}    End Sub\nEnd Module\n", indent(&body, "        "))
}

const MEMORY: &str = r#"Dim buffer, larger As IntPtr
Dim size As UInteger
Console.WriteLine("NetApiBufferAllocate: " & NetApi32.NetApiBufferAllocate(64UI, buffer))
Dim status = NetApi32.NetApiBufferReallocate(buffer, 128UI, larger)
Console.WriteLine("NetApiBufferReallocate: " & status)
If status = 0 Then buffer = larger
Console.WriteLine("NetApiBufferSize: " & NetApi32.NetApiBufferSize(buffer, size))
Console.WriteLine("at least 128: " & If(size >= 128, "yes", "no"))
Console.WriteLine("NetApiBufferFree: " & NetApi32.NetApiBufferFree(buffer))
"#;

fn invoke(program: &Program<'_>, before: &str) -> String {
    let name = &program.function.name;
    list(&format!("{before}NetApi32.{name}("), &WORDS.arguments(program), ")\n", "    ")
}

fn variables(program: &Program<'_>) -> String {
    let variable = |parameter: &Parameter| match parameter.kind.base {
        Base::Usize => format!("Dim {} As UIntPtr = UIntPtr.Zero\n", variable(parameter)),
        _ => format!("Dim {} As UInteger = 0\n", variable(parameter)),
    };
    program.variables().into_iter().map(variable).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("Console.WriteLine(\"{}: \" & status)\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "Dim status = ");
    for parameter in program.variables() {
        text += &format!("Console.WriteLine(\"{}: \" & {})\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    list("Console.WriteLine(String.Join(vbTab, ", &program.members(owner), "))\n", "    ")
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("Byte", |structure| &structure.name);
    let mut text = variables(program);
    text += &format!("Dim type = GetType(NetApi32.{name})\nDim size = Marshal.SizeOf(type)\n");
    text += "Dim status As UInteger\nDo\n    Dim buffer As IntPtr = IntPtr.Zero\n";
    text += &indent(&invoke(program, "status = "), "    ");
    text += "    If status = NetApi32.NERR_Success OrElse status = NetApi32.ERROR_MORE_DATA Then\n";
    text += "        Console.WriteLine(entriesread & \" of \" & totalentries)\n";
    text += "        For i = 0 To CInt(entriesread) - 1\n";
    text += "            Dim address = IntPtr.Add(buffer, i * size)\n";
    text +=
        &format!("            Dim entry = CType(Marshal.PtrToStructure(address, type), NetApi32.{name})\n");
    text += &indent(&fields(program, "entry"), "            ");
    text += "        Next\n    End If\n    NetApi32.NetApiBufferFree(buffer)\n";
    text += "Loop While status = NetApi32.ERROR_MORE_DATA AndAlso entriesread > 0\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("Byte", |structure| &structure.name);
    let mut text =
        variables(program) + "Dim buffer As IntPtr = IntPtr.Zero\n" + &invoke(program, "Dim status = ");
    text += "If status = NetApi32.NERR_Success Then\n";
    text += &format!(
        "    Dim info = CType(Marshal.PtrToStructure(buffer, GetType(NetApi32.{name})), NetApi32.{name})\n"
    );
    text += &indent(&fields(program, "info"), "    ");
    text += "    NetApi32.NetApiBufferFree(buffer)\nEnd If\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("Byte", |structure| &structure.name);
    let mut text = format!("{}Dim info As New NetApi32.{name}()\n", variables(program));
    for field in &program.fields {
        if let Some(argument) = program.arguments.get(&field.name) {
            text += &format!("info.{} = {}\n", field.name, WORDS.value(argument));
        }
    }
    text += "Dim buffer = Marshal.AllocHGlobal(Marshal.SizeOf(info))\n";
    text += "Marshal.StructureToPtr(info, buffer, False)\n";
    text += &invoke(program, "Dim status = ");
    text += &format!("Marshal.DestroyStructure(buffer, GetType(NetApi32.{name}))\n");
    text += "Marshal.FreeHGlobal(buffer)\n";
    text + &status(program)
}
