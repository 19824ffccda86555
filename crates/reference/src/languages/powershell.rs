//! PowerShell: C# within Add-Type, for Windows PowerShell 5.1 and PowerShell 7.

use crate::model::{Base, Parameter, Shape, Structure};

use super::csharp;
use super::dotnet::Words;
use super::plan::{Plan, Program, variable};
use super::text::{indent, list};

/// `$null` would arrive as an empty text.
const WORDS: Words = Words {
    null: "[NullString]::Value",
    null_pointer: "[IntPtr]::Zero",
    quotes: ("'", "'"),
    unsigned: "",
    owner: "[NetApi32]::",
    by: ("[ref] ", "[ref] "),
    buffers: ("$buffer", "$buffer"),
    sigil: "$",
};

pub(super) fn write(plan: &Plan<'_>) -> String {
    let class = if plan.types {
        csharp::class(plan, "public")
    } else {
        csharp::class(
            &Plan {
                structures: Vec::new(),
                constants: Vec::new(),
                functions: vec![plan.function],
                types: false,
                sample: None,
                function: plan.function,
            },
            "public",
        )
    };
    let mut text =
        String::from("Add-Type -TypeDefinition @'\nusing System;\nusing System.Runtime.InteropServices;\n\n");
    text += &class;
    text += "'@\n";
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

pub(super) fn structure(structure: &Structure) -> String {
    csharp::structure(structure).replace("internal ", "public ")
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

const MEMORY: &str = r#"$buffer = [IntPtr]::Zero
$larger = [IntPtr]::Zero
$size = [uint32]0
"NetApiBufferAllocate: $([NetApi32]::NetApiBufferAllocate(64, [ref] $buffer))"
$status = [NetApi32]::NetApiBufferReallocate($buffer, 128, [ref] $larger)
"NetApiBufferReallocate: $status"
if ($status -eq 0) { $buffer = $larger }
"NetApiBufferSize: $([NetApi32]::NetApiBufferSize($buffer, [ref] $size))"
"at least 128: $(if ($size -ge 128) { 'yes' } else { 'no' })"
"NetApiBufferFree: $([NetApi32]::NetApiBufferFree($buffer))"
"#;

fn invoke(program: &Program<'_>, before: &str) -> String {
    let name = &program.function.name;
    list(&format!("{before}[NetApi32]::{name}("), &WORDS.arguments(program), ")\n", "    ")
}

fn variables(program: &Program<'_>) -> String {
    let variable = |parameter: &Parameter| match parameter.kind.base {
        Base::Usize => format!("${} = [UIntPtr]::Zero\n", variable(parameter)),
        _ => format!("${} = [uint32]0\n", variable(parameter)),
    };
    program.variables().into_iter().map(variable).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("\"{}: $status\"\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "$status = ");
    for parameter in program.variables() {
        text += &format!("\"{}: ${}\"\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    list("", &program.members(owner), " -join \"`t\"\n", "    ")
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = variables(program);
    text += &format!(
        "$type = [type][NetApi32+{name}]\n$size = [Runtime.InteropServices.Marshal]::SizeOf($type)\n"
    );
    text += "do {\n    $buffer = [IntPtr]::Zero\n";
    text += &indent(&invoke(program, "$status = "), "    ");
    text += "    if ($status -eq [NetApi32]::NERR_Success -or $status -eq [NetApi32]::ERROR_MORE_DATA) {\n";
    text += "        \"$entriesread of $totalentries\"\n";
    text += "        for ($i = 0; $i -lt $entriesread; $i++) {\n";
    text += "            $address = [IntPtr]::Add($buffer, $i * $size)\n";
    text += "            $entry = [Runtime.InteropServices.Marshal]::PtrToStructure($address, $type)\n";
    text += &indent(&fields(program, "$entry"), "            ");
    text += "        }\n    }\n    [void][NetApi32]::NetApiBufferFree($buffer)\n";
    text += "} while ($status -eq [NetApi32]::ERROR_MORE_DATA -and $entriesread -gt 0)\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = variables(program) + "$buffer = [IntPtr]::Zero\n" + &invoke(program, "$status = ");
    text += "if ($status -eq [NetApi32]::NERR_Success) {\n";
    text += &format!(
        "    $info = [Runtime.InteropServices.Marshal]::PtrToStructure($buffer, [type][NetApi32+{name}])\n"
    );
    text += &indent(&fields(program, "$info"), "    ");
    text += "    [void][NetApi32]::NetApiBufferFree($buffer)\n}\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("byte", |structure| &structure.name);
    let mut text = format!("{}$info = New-Object NetApi32+{name}\n", variables(program));
    for field in &program.fields {
        if let Some(argument) = program.arguments.get(&field.name) {
            text += &format!("$info.{} = {}\n", field.name, WORDS.value(argument));
        }
    }
    text += "$size = [Runtime.InteropServices.Marshal]::SizeOf($info)\n";
    text += "$buffer = [Runtime.InteropServices.Marshal]::AllocHGlobal($size)\n";
    text += "[Runtime.InteropServices.Marshal]::StructureToPtr($info, $buffer, $false)\n";
    text += &invoke(program, "$status = ");
    text += "[Runtime.InteropServices.Marshal]::FreeHGlobal($buffer)\n";
    text + &status(program)
}
