//! Java: by the foreign function interface, which is final since Java 22.

use crate::model::{Argument, Base, Field, Function, Parameter, Shape, Structure, Type};

use super::plan::{Plan, Program, Slot, variable};
use super::text::{indent, list, quoted, wrap};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function, true);
    }
    let mut inside = String::from(LOOKUP);
    for constant in &plan.constants {
        inside += &super::constant::write(constant, super::Language::Java);
    }
    for item in &plan.structures {
        inside.push('\n');
        inside += &structure(item);
    }
    for function in &plan.functions {
        inside.push('\n');
        inside += &declaration(function, function.name == plan.function.name);
    }
    inside += HELPERS;
    if let Some(program) = &plan.sample {
        inside.push('\n');
        inside += &sample(program);
    }
    format!("{HEAD}final class NetApi32 {{\n{}}}\n", indent(&inside, "    "))
}

const HEAD: &str = "import java.lang.foreign.*;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

";

const LOOKUP: &str = r#"private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(
    System.getProperty("os.name").startsWith("Windows") ? "netapi32.dll" : System.mapLibraryName("netapi32"),
    Arena.global());

"#;

const HELPERS: &str = r"
/** UTF-16 with a zero at the end, or NULL. */
static MemorySegment wide(Arena arena, String text) {
    return text == null ? MemorySegment.NULL : arena.allocateFrom(text, StandardCharsets.UTF_16LE);
}

/** Where a field lies. */
static long at(StructLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
}

/** The number in a field, without sign. */
static long number(MemorySegment entry, StructLayout layout, String field) {
    return Integer.toUnsignedLong(entry.get(ValueLayout.JAVA_INT, at(layout, field)));
}

/** The text that a field points to. */
static String text(MemorySegment entry, StructLayout layout, String field) {
    MemorySegment text = entry.get(ValueLayout.ADDRESS, at(layout, field));
    return text.address() == 0 ? null : text.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_16LE);
}
";

pub(super) fn structure(structure: &Structure) -> String {
    let (places, size) = structure.layout(8);
    let (mut items, mut end) = (Vec::new(), 0);
    for (field, place) in structure.fields.iter().zip(&places) {
        // Java requires the gaps of 64-bit layouts.
        if place.offset > end {
            items.push(format!("MemoryLayout.paddingLayout({})", place.offset - end));
        }
        items.push(format!("{}.withName(\"{}\")", layout(field.kind), field.name));
        end = place.offset + place.size;
    }
    if size > end {
        items.push(format!("MemoryLayout.paddingLayout({})", size - end));
    }
    let items = items.join(",\n    ");
    format!("static final StructLayout {} = MemoryLayout.structLayout(\n    {items});\n", structure.name)
}

fn layout(kind: Type) -> String {
    let one = match kind {
        Type { pointers: 1.., .. } | Type { base: Base::Wide | Base::Void, .. } => "ValueLayout.ADDRESS",
        Type { base: Base::U8, .. } => "ValueLayout.JAVA_BYTE",
        Type { base: Base::U32 | Base::I32 | Base::Bool32, .. } => "ValueLayout.JAVA_INT",
        Type { base: Base::Usize, .. } => "ValueLayout.JAVA_LONG",
    };
    kind.length
        .map_or_else(|| one.to_owned(), |length| format!("MemoryLayout.sequenceLayout({length}, {one})"))
}

fn declaration(function: &Function, documented: bool) -> String {
    let mut text = String::new();
    if documented {
        text += &format!("/**\n{} */\n", wrap(&function.summary, " * ", 100));
    }
    let name = &function.name;
    let mut layouts = vec!["ValueLayout.JAVA_INT".to_owned()];
    layouts.extend(function.parameters.iter().map(|parameter| layout(parameter.kind)));
    text += &format!("private static final MethodHandle {name} = Linker.nativeLinker().downcallHandle(\n");
    text += &format!("    LIBRARY.find(\"{name}\").orElseThrow(),\n");
    text += &list("    FunctionDescriptor.of(", &layouts, "));\n\n", "        ");
    let parameter = |parameter: &Parameter| {
        let kind = if layout(parameter.kind) == "ValueLayout.ADDRESS" { "MemorySegment" } else { "int" };
        format!("{kind} {}", parameter.name)
    };
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let names: Vec<String> = function.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    text += &list(&format!("static int {name}("), &parameters, ") {\n", "        ");
    text += "    try {\n";
    text += &list(&format!("        return (int) {name}.invokeExact("), &names, ");\n", "            ");
    text + "    } catch (Throwable error) {\n        throw new AssertionError(error);\n    }\n}\n"
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    let body = indent(&indent(&body, "    "), "    ");
    format!(
        "public static void main(String[] arguments) {{\n    try (Arena arena = Arena.ofConfined()) {{\n{body}    }}\n}}\n"
    )
}

const MEMORY: &str = r#"MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
MemorySegment size = arena.allocate(ValueLayout.JAVA_INT);
System.out.println("NetApiBufferAllocate: " + NetApiBufferAllocate(64, pointer));
MemorySegment buffer = pointer.get(ValueLayout.ADDRESS, 0);
int status = NetApiBufferReallocate(buffer, 128, pointer);
System.out.println("NetApiBufferReallocate: " + status);
if (status == NERR_Success) {
    buffer = pointer.get(ValueLayout.ADDRESS, 0);
}
System.out.println("NetApiBufferSize: " + NetApiBufferSize(buffer, size));
System.out.println("at least 128: " + (size.get(ValueLayout.JAVA_INT, 0) >= 128 ? "yes" : "no"));
System.out.println("NetApiBufferFree: " + NetApiBufferFree(buffer));
"#;

fn invoke(program: &Program<'_>, before: &str) -> String {
    let slot = |slot: &Slot<'_>| match slot {
        Slot::Null | Slot::NullPointer => "MemorySegment.NULL".to_owned(),
        Slot::Text(text) => format!("wide(arena, {})", quoted(text)),
        Slot::Number(number) if *number > i32::MAX.unsigned_abs() => format!("0x{number:X}"),
        Slot::Number(number) => number.to_string(),
        Slot::Everything => "MAX_PREFERRED_LENGTH".to_owned(),
        Slot::Buffer => "pointer".to_owned(),
        Slot::Input => "info".to_owned(),
        Slot::Out(parameter) | Slot::InOut(parameter) => variable(parameter).to_owned(),
    };
    let arguments: Vec<String> = program.slots.iter().map(slot).collect();
    list(&format!("{before}{}(", program.function.name), &arguments, ");\n", "    ")
}

fn variables(program: &Program<'_>) -> String {
    let declared = |parameter: &Parameter| {
        let layout = if parameter.kind.base == Base::Usize { "JAVA_LONG" } else { "JAVA_INT" };
        format!("MemorySegment {} = arena.allocate(ValueLayout.{layout});\n", variable(parameter))
    };
    program.variables().into_iter().map(declared).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("System.out.println(\"{}: \" + Integer.toUnsignedString(status));\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program) + &invoke(program, "int status = ");
    for parameter in program.variables() {
        text += &format!(
            "System.out.println(\"{}: \" + Integer.toUnsignedString({}.get(ValueLayout.JAVA_INT, 0)));\n",
            parameter.name,
            variable(parameter)
        );
    }
    text + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    let name = program.structure.map_or("", |structure| &structure.name);
    let field = |field: &&Field| {
        let helper = if field.kind.is_text() { "text" } else { "number" };
        let signed = if field.is_signed() { "(int) " } else { "" };
        format!("{signed}{helper}({owner}, {name}, \"{}\")", field.name)
    };
    let fields: Vec<String> = program.fields.iter().map(field).collect();
    format!("System.out.println({});\n", fields.join(" + \"\\t\"\n    + "))
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("", |structure| &structure.name);
    let mut text = variables(program) + "MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);\n";
    text += "int status;\nint read;\ndo {\n    pointer.set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);\n";
    text += &indent(&invoke(program, "status = "), "    ");
    text += "    read = entriesread.get(ValueLayout.JAVA_INT, 0);\n";
    text += "    MemorySegment buffer = pointer.get(ValueLayout.ADDRESS, 0);\n";
    text += "    if (status == NERR_Success || status == ERROR_MORE_DATA) {\n";
    text += "        System.out.println(read + \" of \" + totalentries.get(ValueLayout.JAVA_INT, 0));\n";
    text += &format!("        MemorySegment all = buffer.reinterpret(read * {name}.byteSize());\n");
    text += "        for (int i = 0; i < read; i++) {\n";
    text += &format!("            MemorySegment entry = all.asSlice(i * {name}.byteSize(), {name});\n");
    text += &indent(&fields(program, "entry"), "            ");
    text += "        }\n    }\n    NetApiBufferFree(buffer);\n";
    text += "} while (status == ERROR_MORE_DATA && read > 0);\n";
    text + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("", |structure| &structure.name);
    let mut text = variables(program) + "MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);\n";
    text += &invoke(program, "int status = ");
    text += "if (status == NERR_Success) {\n";
    text += &format!(
        "    MemorySegment info = pointer.get(ValueLayout.ADDRESS, 0).reinterpret({name}.byteSize());\n"
    );
    text += &indent(&fields(program, "info"), "    ");
    text += "    NetApiBufferFree(info);\n}\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("", |structure| &structure.name);
    let mut text = variables(program) + &format!("MemorySegment info = arena.allocate({name});\n");
    for field in &program.fields {
        let offset = format!("at({name}, \"{}\")", field.name);
        text += &match program.arguments.get(&field.name) {
            Some(Argument::Text(value)) => {
                format!("info.set(ValueLayout.ADDRESS, {offset}, wide(arena, {}));\n", quoted(value))
            }
            Some(Argument::Number(value)) => {
                format!("info.set(ValueLayout.JAVA_INT, {offset}, 0x{value:X});\n")
            }
            None => continue,
        };
    }
    text + &invoke(program, "int status = ") + &status(program)
}
