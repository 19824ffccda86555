//! The line that declares a constant, in each language.

use super::Language;
use super::plan::Named;

/// Returns the line, ending in a line feed. It can stand alone, or where the language's file puts it.
pub(super) fn write(constant: &Named<'_>, language: Language) -> String {
    let (name, literal) = (constant.name, constant.literal());
    let is_negative = constant.value < 0;
    match language {
        Language::C if is_negative => format!("#define {name} ({literal})\n"),
        Language::C => format!("#define {name} {literal}u\n"),
        Language::CSharp => format!("internal {}", of_class(constant)),
        Language::Vb => match constant.value {
            value @ ..0 => format!("Friend Const {name} As Integer = {value}\n"),
            value if constant.flag => format!("Friend Const {name} As UInteger = &H{value:X}UI\n"),
            value => format!("Friend Const {name} As UInteger = {value}UI\n"),
        },
        Language::FSharp => {
            let suffix = if is_negative { "" } else { "u" };
            format!("[<Literal>]\nlet {name} = {literal}{suffix}\n")
        }
        Language::PowerShell => format!("${name} = {literal}\n"),
        Language::Python => format!("{name} = {literal}\n"),
        Language::Rust => {
            let kind = if is_negative { "i32" } else { "u32" };
            format!("pub const {name}: {kind} = {literal};\n")
        }
        Language::Go => format!("const {name} = {literal}\n"),
        Language::Java => format!("static final int {name} = {literal};\n"),
        Language::Node => format!("const {name} = {literal};\n"),
    }
}

/// Returns the line of a class in C#, without its visibility.
pub(super) fn of_class(constant: &Named<'_>) -> String {
    let kind = if constant.value < 0 { "int" } else { "uint" };
    format!("const {kind} {} = {};\n", constant.name, constant.literal())
}

#[cfg(test)]
mod tests {
    use crate::languages::constant;
    use crate::{Language, Model, Options, signature};

    /// A failure here would print a constant differently alone than in the declaration of a function that needs it.
    #[test]
    fn a_constant_alone_is_the_line_of_a_whole_declaration() {
        let function = Model::get().function("NetSessionEnum").unwrap();
        let options = Options { types: true, ..Options::default() };
        for language in Language::ALL {
            let whole = signature(function, language, &options);
            for name in ["NERR_ClientNameNotFound", "MAX_PREFERRED_LENGTH", "SESS_GUEST"] {
                let alone = constant(name, language).unwrap();
                let words = |text: &str| {
                    let text = text.replace("internal", "").replace("public", "").replace('$', "");
                    text.split_whitespace().collect::<Vec<_>>().join(" ")
                };
                let mut line = words(alone.lines().last().unwrap());
                // Go has a block of constants, and PowerShell has those of C#.
                if language == Language::Go {
                    line = line.replacen("const ", "", 1);
                }
                if language == Language::PowerShell {
                    line += ";";
                }
                assert!(words(&whole).contains(&line), "{language}: {line}\n{whole}");
            }
        }
    }
}
