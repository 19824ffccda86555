//! C: the native signature, in the headers' own names.

use crate::model::{Base, Family, Field, Function, Parameter, Shape, Structure, Type};

use super::plan::{Plan, Program, Slot, variable};
use super::text::{list, quoted, widest, wrap};

pub(super) fn write(plan: &Plan<'_>) -> String {
    if !plan.types {
        return declaration(plan.function);
    }
    let mut text = match plan.function.family {
        // lm.h does not include the header of this family.
        Family::Domain => HEAD.replace(LM, LM_AND_DOMAIN).replace(FUNCTION, FUNCTION_AND_GUID),
        _ => HEAD.to_owned(),
    };
    for constant in &plan.constants {
        text += &super::constant::write(constant, super::Language::C);
    }
    text.push('\n');
    for item in &plan.structures {
        text += &structure(item);
        text.push('\n');
    }
    for function in &plan.functions {
        text += &declaration(function);
        text.push('\n');
    }
    text += "#ifdef __cplusplus\n}\n#endif\n#endif\n";
    if let Some(program) = &plan.sample {
        text.push('\n');
        text += &sample(program);
    }
    text
}

const LM: &str = "#include <lm.h>\n";
const LM_AND_DOMAIN: &str = "#include <lm.h>\n#include <dsgetdc.h>\n";
const FUNCTION: &str = "#define NET_API_FUNCTION\n";
const FUNCTION_AND_GUID: &str = "#define NET_API_FUNCTION
typedef struct _GUID {
  DWORD Data1;
  uint16_t Data2, Data3;
  BYTE Data4[8];
} GUID;
";

/// Windows has headers; for other systems, write the types of the declarations first.
const HEAD: &str = r#"#ifdef _WIN32
#include <windows.h>
#include <lm.h>
#else
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t NET_API_STATUS, DWORD, *LPDWORD;
typedef int32_t LONG, BOOL;
typedef uint8_t BYTE, *LPBYTE;
typedef uintptr_t *PDWORD_PTR;
typedef void *LPVOID;
typedef uint16_t WCHAR, *LPWSTR;
typedef const uint16_t *LPCWSTR;
#define NET_API_FUNCTION

"#;

/// The prototype, with a comment.
pub(super) fn declaration(function: &Function) -> String {
    let mut text = comment(&function.summary);
    text += &format!("NET_API_STATUS NET_API_FUNCTION {}(\n", function.name);
    let types: Vec<String> = function.parameters.iter().map(parameter_type).collect();
    let width = widest(types.iter().map(String::as_str));
    let parameters = types.iter().zip(&function.parameters);
    let parameters: Vec<String> =
        parameters.map(|(kind, parameter)| format!("  {kind:width$} {}", parameter.name)).collect();
    text += &parameters.join(",\n");
    text + ");\n"
}

fn comment(text: &str) -> String {
    let lines = wrap(text, " * ", 100);
    format!("/*\n{lines} */\n")
}

fn parameter_type(parameter: &Parameter) -> String {
    match (name(parameter.kind), &parameter.values) {
        ("LPWSTR", _) if parameter.constant => "LPCWSTR".to_owned(),
        // dsgetdc.h has types for these two, unlike the other headers.
        ("LPVOID", _) if parameter.name == "DomainGuid" => "GUID *".to_owned(),
        ("LPBYTE *", _) if parameter.name == "DomainControllerInfo" => {
            "PDOMAIN_CONTROLLER_INFOW *".to_owned()
        }
        // C does not convert a pointer to LONG into one to an enumeration.
        ("PLONG", Some(enumeration)) => format!("P{enumeration}"),
        (name, _) => name.to_owned(),
    }
}

fn name(kind: Type) -> &'static str {
    match (kind.base, kind.pointers) {
        (Base::U8, 0) => "BYTE",
        (Base::U8, 1) => "LPBYTE",
        (Base::U8, _) => "LPBYTE *",
        (Base::U32, 0) => "DWORD",
        (Base::U32, _) => "LPDWORD",
        (Base::I32, 0) => "LONG",
        (Base::I32, _) => "PLONG",
        (Base::Bool32, _) => "BOOL",
        (Base::Usize, _) => "PDWORD_PTR",
        (Base::Wide, 0) => "LPWSTR",
        (Base::Wide, _) => "LPWSTR *",
        (Base::Void, 0 | 1) => "LPVOID",
        (Base::Void, _) => "LPVOID *",
    }
}

pub(super) fn structure(structure: &Structure) -> String {
    let width = widest(structure.fields.iter().map(|field| name(field.kind)));
    let field = |field: &Field| {
        let length = field.kind.length.map_or_else(String::new, |length| format!("[{length}]"));
        format!("  {:width$} {}{length};\n", name(field.kind), field.name)
    };
    let fields: String = structure.fields.iter().map(field).collect();
    let name = &structure.name;
    format!("typedef struct _{name} {{\n{fields}}} {name}, *P{name}, *LP{name};\n")
}

fn sample(program: &Program<'_>) -> String {
    let body = match program.shape {
        Shape::Call => call(program),
        Shape::List => entries(program),
        Shape::Read => read(program),
        Shape::Write => input(program),
        Shape::Memory => MEMORY.to_owned(),
    };
    // A compiler warns about a function that nothing calls.
    let text = if body.contains("print_text(") { TEXT } else { "" };
    format!("{SAMPLE_HEAD}{text}int main(void)\n{{\n{body}}}\n")
}

const SAMPLE_HEAD: &str = r#"#include <stdio.h>

#ifdef _WIN32
#define W(text) ((LPWSTR)L##text)
#else
#define W(text) ((LPWSTR)u##text)
#endif

"#;

const TEXT: &str = r"/* Prints UTF-16 as UTF-8. */
static void print_text(const WCHAR *text)
{
  for (; text && *text; text++) {
    unsigned long c = *text;
    if (c >= 0xD800 && c < 0xDC00 && text[1] >= 0xDC00 && text[1] < 0xE000)
      c = 0x10000 + ((c - 0xD800) << 10) + (*++text - 0xDC00u);
    if (c < 0x80)
      putchar((int)c);
    else {
      if (c < 0x800)
        putchar((int)(0xC0 | c >> 6));
      else {
        if (c < 0x10000)
          putchar((int)(0xE0 | c >> 12));
        else {
          putchar((int)(0xF0 | c >> 18));
          putchar((int)(0x80 | (c >> 12 & 0x3F)));
        }
        putchar((int)(0x80 | (c >> 6 & 0x3F)));
      }
      putchar((int)(0x80 | (c & 0x3F)));
    }
  }
}

";

const MEMORY: &str = r#"  LPVOID buffer = NULL, larger = NULL;
  DWORD size = 0;
  NET_API_STATUS status = NetApiBufferAllocate(64, &buffer);
  printf("NetApiBufferAllocate: %u\n", (unsigned)status);
  if (status != NERR_Success)
    return 1;
  status = NetApiBufferReallocate(buffer, 128, &larger);
  printf("NetApiBufferReallocate: %u\n", (unsigned)status);
  if (status == NERR_Success)
    buffer = larger;
  status = NetApiBufferSize(buffer, &size);
  printf("NetApiBufferSize: %u\n", (unsigned)status);
  printf("at least 128: %s\n", size >= 128 ? "yes" : "no");
  printf("NetApiBufferFree: %u\n", (unsigned)NetApiBufferFree(buffer));
  return 0;
"#;

/// Returns the call itself after `before`, with `buffer` for the result.
fn invoke(program: &Program<'_>, before: &str, buffer: &str) -> String {
    let arguments: Vec<String> = program
        .slots
        .iter()
        .map(|slot| match slot {
            Slot::Null | Slot::NullPointer => "NULL".to_owned(),
            Slot::Text(text) => format!("W({})", quoted(text)),
            Slot::Number(number) => number.to_string(),
            Slot::Everything => "MAX_PREFERRED_LENGTH".to_owned(),
            Slot::Buffer if program.function.family == Family::Domain => format!("&{buffer}"),
            Slot::Buffer => format!("(LPBYTE *)&{buffer}"),
            Slot::Input => "(LPBYTE)&info".to_owned(),
            Slot::Out(parameter) | Slot::InOut(parameter) => format!("&{}", variable(parameter)),
        })
        .collect();
    let indent = " ".repeat(before.len() - before.trim_start().len() + 2);
    list(&format!("{before}{}(", program.function.name), &arguments, ");\n", &indent)
}

fn variables(program: &Program<'_>) -> String {
    let declared = |parameter: &Parameter| match parameter.kind.base {
        Base::Usize => format!("  uintptr_t {} = 0;\n", variable(parameter)),
        _ => format!("  DWORD {} = 0;\n", variable(parameter)),
    };
    program.variables().into_iter().map(declared).collect()
}

fn status(program: &Program<'_>) -> String {
    format!(
        "  printf(\"{}: %u\\n\", (unsigned)status);\n  return status == 0 ? 0 : 1;\n",
        program.function.name
    )
}

fn call(program: &Program<'_>) -> String {
    let mut text = variables(program);
    text += &invoke(program, "  NET_API_STATUS status = ", "buffer");
    for parameter in program.variables() {
        text += &format!("  printf(\"{}: %u\\n\", (unsigned){});\n", parameter.name, variable(parameter));
    }
    text + &status(program)
}

fn entries(program: &Program<'_>) -> String {
    let name = program.structure.map_or("BYTE", |structure| &structure.name);
    let mut text = variables(program);
    text += "  NET_API_STATUS status;\n  do {\n";
    text += &format!("    {name} *entries = NULL;\n");
    text += &invoke(program, "    status = ", "entries");
    text += "    if (status == NERR_Success || status == ERROR_MORE_DATA) {\n";
    text += "      printf(\"%u of %u\\n\", (unsigned)entriesread, (unsigned)totalentries);\n";
    text += "      for (DWORD i = 0; i < entriesread; i++) {\n";
    text += &fields(program, "        ", "entries[i].", "\\t");
    text += "      }\n    }\n    NetApiBufferFree(entries);\n";
    text += "  } while (status == ERROR_MORE_DATA && entriesread > 0);\n";
    text + &status(program)
}

fn fields(program: &Program<'_>, indent: &str, owner: &str, between: &str) -> String {
    let mut text = String::new();
    for (i, field) in program.fields.iter().enumerate() {
        let end = if i + 1 == program.fields.len() { "\\n" } else { between };
        text += &if field.kind.is_text() {
            format!("{indent}print_text({owner}{});\n{indent}printf(\"{end}\");\n", field.name)
        } else if field.is_signed() {
            format!("{indent}printf(\"%d{end}\", (int){owner}{});\n", field.name)
        } else {
            format!("{indent}printf(\"%u{end}\", (unsigned){owner}{});\n", field.name)
        };
    }
    text
}

fn read(program: &Program<'_>) -> String {
    let name = program.structure.map_or("BYTE", |structure| &structure.name);
    let mut text = format!("{}  {name} *info = NULL;\n", variables(program));
    text += &invoke(program, "  NET_API_STATUS status = ", "info");
    text += "  if (status == NERR_Success) {\n";
    text += &fields(program, "    ", "info->", "\\t");
    text += "    NetApiBufferFree(info);\n  }\n";
    text + &status(program)
}

fn input(program: &Program<'_>) -> String {
    let name = program.structure.map_or("BYTE", |structure| &structure.name);
    let mut text = format!("{}  {name} info = {{0}};\n", variables(program));
    for field in &program.fields {
        let value = match program.arguments.get(&field.name) {
            Some(crate::model::Argument::Text(value)) => format!("W({})", quoted(value)),
            Some(crate::model::Argument::Number(value)) => value.to_string(),
            None => continue,
        };
        text += &format!("  info.{} = {value};\n", field.name);
    }
    text += &invoke(program, "  NET_API_STATUS status = ", "buffer");
    text + &status(program)
}
