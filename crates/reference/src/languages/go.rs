//! Go: by cgo, which calls what C declares.

use crate::model::{Argument, Base, Field, Function, Parameter, Shape, Structure, Type};

use super::plan::{Plan, Program, Slot, variable};
use super::text::{indent, list, quoted, widest, wrap};

pub(super) fn write(plan: &Plan<'_>) -> String {
    let mut inside = String::from(
        "#cgo LDFLAGS: -lnetapi32\n#include <stdint.h>\n#include <stdlib.h>\n\n#ifdef _WIN32\n#define NET_API_FUNCTION __stdcall\n#else\n#define NET_API_FUNCTION\n#endif\n\n",
    );
    if plan.types {
        for item in &plan.structures {
            inside += &structure(item);
            inside.push('\n');
        }
    }
    for function in &plan.functions {
        inside += &declaration(function, function.name == plan.function.name);
    }
    let unsafe_used = plan.sample.is_some();
    let mut text = String::new();
    if !plan.types {
        return format!("/*\n{inside}*/\nimport \"C\"\n");
    }
    text += &format!("package main\n\n/*\n{inside}*/\nimport \"C\"\n\n");
    text += if unsafe_used {
        "import (\n\t\"fmt\"\n\t\"unicode/utf16\"\n\t\"unsafe\"\n)\n\n"
    } else {
        "import (\n\t\"unicode/utf16\"\n\t\"unsafe\"\n)\n\n"
    };
    text += "const (\n";
    let width = widest(plan.constants.iter().map(|constant| constant.name));
    for constant in &plan.constants {
        text += &format!("\t{:width$} = {}\n", constant.name, constant.literal());
    }
    text += ")\n\n";
    text += HELPERS;
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

const HELPERS: &str = "// wide makes UTF-16 with a zero at the end.
func wide(text string) *C.uint16_t {
\tunits := append(utf16.Encode([]rune(text)), 0)
\treturn (*C.uint16_t)(unsafe.Pointer(&units[0]))
}

// text reads UTF-16 that ends with a zero.
func text(pointer *C.uint16_t) string {
\tif pointer == nil {
\t\treturn \"\"
\t}
\tvar units []uint16
\tfor p := unsafe.Pointer(pointer); *(*uint16)(p) != 0; p = unsafe.Add(p, 2) {
\t\tunits = append(units, *(*uint16)(p))
\t}
\treturn string(utf16.Decode(units))
}
";

pub(super) fn structure(structure: &Structure) -> String {
    let field = |field: &Field| {
        let length = field.kind.length.map_or_else(String::new, |length| format!("[{length}]"));
        format!("  {}{}{length};\n", c_type(field.kind), field.name)
    };
    let fields: String = structure.fields.iter().map(field).collect();
    format!("typedef struct {{\n{fields}}} {};\n", structure.name)
}

/// The type in C with what comes before the name; a field of Go's own word `type` is `_type` there.
fn c_type(kind: Type) -> String {
    let (base, more) = match kind.base {
        Base::U8 => ("uint8_t", 0),
        Base::U32 => ("uint32_t", 0),
        Base::I32 | Base::Bool32 => ("int32_t", 0),
        Base::Usize => ("uintptr_t", 0),
        Base::Wide => ("uint16_t", 1),
        Base::Void => ("void", 0),
    };
    format!("{base} {}", "*".repeat(usize::from(kind.pointers) + more))
}

fn declaration(function: &Function, documented: bool) -> String {
    let mut text = if documented { wrap(&function.summary, "// ", 100) } else { String::new() };
    let parameter = |parameter: &Parameter| {
        let constant = if parameter.kind.is_text() { "const " } else { "" };
        format!("{constant}{}{}", c_type(parameter.kind), parameter.name)
    };
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    text += &list(&format!("uint32_t NET_API_FUNCTION {}(", function.name), &parameters, ");\n", "    ");
    text
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    let kept = if body.contains("kept(") { KEPT } else { "" };
    format!("{kept}func main() {{\n{}}}\n", indent(&body, "\t"))
}

const KEPT: &str = "// kept is wide in C's memory, which a structure may point to.
func kept(text string) *C.uint16_t {
\tunits := append(utf16.Encode([]rune(text)), 0)
\tmemory := C.malloc(C.size_t(len(units) * 2))
\tcopy(unsafe.Slice((*uint16)(memory), len(units)), units)
\treturn (*C.uint16_t)(memory)
}

";

const MEMORY: &str = "var buffer, larger unsafe.Pointer
var size C.uint32_t
fmt.Println(\"NetApiBufferAllocate:\", C.NetApiBufferAllocate(64, &buffer))
status := C.NetApiBufferReallocate(buffer, 128, &larger)
fmt.Println(\"NetApiBufferReallocate:\", status)
if status == NERR_Success {
\tbuffer = larger
}
fmt.Println(\"NetApiBufferSize:\", C.NetApiBufferSize(buffer, &size))
if size >= 128 {
\tfmt.Println(\"at least 128: yes\")
}
fmt.Println(\"NetApiBufferFree:\", C.NetApiBufferFree(buffer))
";

fn invoke(program: &Program<'_>, before: &str) -> String {
    let slot = |slot: &Slot<'_>| match slot {
        Slot::Null | Slot::NullPointer => "nil".to_owned(),
        Slot::Text(text) => format!("wide({})", quoted(text)),
        Slot::Number(number) => number.to_string(),
        Slot::Everything => "MAX_PREFERRED_LENGTH".to_owned(),
        Slot::Buffer => "&buffer".to_owned(),
        Slot::Input => "(*C.uint8_t)(unsafe.Pointer(info))".to_owned(),
        Slot::Out(parameter) | Slot::InOut(parameter) => format!("&{}", variable(parameter)),
    };
    let arguments: Vec<String> = program.slots.iter().map(slot).collect();
    list(&format!("{before}C.{}(", program.function.name), &arguments, ")\n", "\t")
}

fn variables(program: &Program<'_>) -> String {
    let variable = |parameter: &Parameter| match parameter.kind.base {
        Base::Usize => format!("var {} C.uintptr_t\n", variable(parameter)),
        _ => format!("var {} C.uint32_t\n", variable(parameter)),
    };
    program.variables().into_iter().map(variable).collect()
}

fn status(program: &Program<'_>) -> String {
    format!("fmt.Println(\"{}:\", status)\n", program.function.name)
}

fn call(program: &Program<'_>) -> String {
    let mut body = variables(program) + &invoke(program, "status := ");
    for parameter in program.variables() {
        body += &format!("fmt.Println(\"{}:\", {})\n", parameter.name, variable(parameter));
    }
    body + &status(program)
}

fn fields(program: &Program<'_>, owner: &str) -> String {
    let field = |field: &&Field| match field.kind.is_text() {
        true => format!("text({owner}.{})", field.name),
        false => format!("{owner}.{}", field.name),
    };
    let marks = vec!["%v"; program.fields.len()].join("\\t");
    let mut items = vec![format!("\"{marks}\\n\"")];
    items.extend(program.fields.iter().map(field));
    list("fmt.Printf(", &items, ")\n", "\t")
}

fn buffer(program: &Program<'_>) -> &'static str {
    let void = program.function.parameters.iter().any(|p| p.kind == Type::pointer(Base::Void, 2));
    if void { "var buffer unsafe.Pointer\n" } else { "var buffer *C.uint8_t\n" }
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("uint8_t", |structure| &structure.name);
    let mut body = variables(program);
    body += "var status C.uint32_t\nfor {\n";
    body += &format!("\t{}", buffer(program));
    body += &indent(&invoke(program, "status = "), "\t");
    body += "\tif status == NERR_Success || status == ERROR_MORE_DATA {\n";
    body += "\t\tfmt.Println(entriesread, \"of\", totalentries)\n\t}\n";
    body += "\tif buffer != nil {\n";
    body += &format!(
        "\t\tfor _, entry := range unsafe.Slice((*C.{name})(unsafe.Pointer(buffer)), int(entriesread)) {{\n"
    );
    body += &indent(&fields(program, "entry"), "\t\t\t");
    body += "\t\t}\n\t}\n\tC.NetApiBufferFree(unsafe.Pointer(buffer))\n";
    body += "\tif status != ERROR_MORE_DATA || entriesread == 0 {\n\t\tbreak\n\t}\n}\n";
    body + &status(program)
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("uint8_t", |structure| &structure.name);
    let mut body = variables(program) + buffer(program) + &invoke(program, "status := ");
    body += &format!("if status == NERR_Success {{\n\tinfo := (*C.{name})(unsafe.Pointer(buffer))\n");
    body += &indent(&fields(program, "info"), "\t");
    body += "\tC.NetApiBufferFree(unsafe.Pointer(buffer))\n}\n";
    body + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("uint8_t", |structure| &structure.name);
    // Use C's memory: Go's memory must not point to Go's while C reads it.
    let mut body = variables(program);
    body += &format!("info := (*C.{name})(C.calloc(1, C.size_t(unsafe.Sizeof(C.{name}{{}}))))\n");
    for field in &program.fields {
        match program.arguments.get(&field.name) {
            Some(Argument::Text(text)) => {
                body += &format!("info.{} = kept({})\n", field.name, quoted(text));
            }
            Some(Argument::Number(number)) => body += &format!("info.{} = {number}\n", field.name),
            None => {}
        }
    }
    body += &invoke(program, "status := ");
    body += "C.free(unsafe.Pointer(info))\n";
    body + &status(program)
}
