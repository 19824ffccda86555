//! Colours for code: [`html`] marks comments, strings, numbers, keywords and names of types for a [`Syntax`].
//!
//! The build does this, so a page needs no script for it. The text of the code stays the same, byte for byte.

use crate::html::escape;

/// The syntax of a language, for its colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    C,
    CSharp,
    Vb,
    FSharp,
    PowerShell,
    Python,
    Rust,
    Go,
    Java,
    JavaScript,
    Shell,
}

/// The comments, strings and keywords of a language.
struct Rules {
    line_comments: &'static [&'static str],
    block_comments: &'static [(&'static str, &'static str)],
    /// How strings begin and end, the longest first.
    strings: &'static [(&'static str, &'static str)],
    /// Whether a backslash escapes the next character of a string.
    backslash: bool,
    words: &'static str,
}

const C_STRINGS: &[(&str, &str)] = &[("\"", "\""), ("'", "'")];
const C_BLOCKS: &[(&str, &str)] = &[("/*", "*/")];

impl Syntax {
    fn rules(self) -> Rules {
        let plain = |words| Rules {
            line_comments: &["//"],
            block_comments: C_BLOCKS,
            strings: C_STRINGS,
            backslash: true,
            words,
        };
        match self {
            Self::C => plain(
                "#define #include #if #ifdef #ifndef #endif #else #pragma typedef struct const void int unsigned \
                 char return if else for while do switch case break continue static extern sizeof NULL goto",
            ),
            Self::CSharp => Rules {
                strings: &[("@\"", "\""), ("$\"", "\""), ("\"", "\""), ("'", "'")],
                ..plain(
                    "using namespace class struct static extern internal public private partial readonly const \
                     unsafe new return if else for foreach while do in out ref string uint int ulong nint nuint \
                     byte bool void null true false try finally catch throw is as var sizeof stackalloc fixed \
                     switch case break default internal enum",
                )
            },
            Self::Vb => Rules {
                line_comments: &["'"],
                block_comments: &[],
                strings: &[("\"", "\"")],
                backslash: false,
                words: "Imports Module Class Structure End Public Private Friend Shared Declare Unicode Function \
                        Sub Lib Alias ByVal ByRef As String Integer UInteger Long ULong Byte Boolean IntPtr \
                        UIntPtr Nothing Dim If Then Else ElseIf For Each In Next While Do Loop Return Try Finally \
                        Catch Throw New Not And Or AndAlso OrElse Is IsNot Const True False To Using Of GetType \
                        CType DirectCast Inherits Partial Static",
            },
            Self::FSharp => Rules {
                block_comments: &[("(*", "*)")],
                strings: &[("\"\"\"", "\"\"\""), ("\"", "\"")],
                ..plain(
                    "open module namespace type struct end extern let mutable in if then else elif for while do \
                     match with fun function return null true false val static member new of rec use try finally \
                     byref unit string uint32 int int32 uint nativeint unativeint byte bool printfn printf",
                )
            },
            Self::PowerShell => Rules {
                line_comments: &["#"],
                block_comments: &[("<#", "#>")],
                strings: &[("@'", "'@"), ("@\"", "\"@"), ("\"", "\""), ("'", "'")],
                backslash: false,
                words: "param function if else elseif for foreach while do in return try finally catch throw \
                        Add-Type New-Object Write-Output Write-Host Write-Error begin process end switch break \
                        exit using namespace",
            },
            Self::Python => Rules {
                line_comments: &["#"],
                block_comments: &[],
                strings: &[("\"\"\"", "\"\"\""), ("'''", "'''"), ("\"", "\""), ("'", "'")],
                backslash: true,
                words: "import from as def class return if elif else for while in is not and or None True False \
                        try finally except raise with lambda pass break continue global yield del assert",
            },
            // A single quote begins a lifetime as often as a character.
            Self::Rust => Rules {
                strings: &[("r#\"", "\"#"), ("\"", "\"")],
                ..plain(
                    "use mod pub fn struct enum impl trait unsafe extern let mut const static if else for while \
                     loop match return in as ref self Self crate where type move dyn true false break continue \
                     async await",
                )
            },
            Self::Go => Rules {
                strings: &[("`", "`"), ("\"", "\""), ("'", "'")],
                ..plain(
                    "package import func type struct var const return if else for range switch case default break \
                     continue defer go map chan nil true false interface make new",
                )
            },
            Self::Java => plain(
                "package import class interface record public private protected static final native void int long \
                 short byte boolean char return if else for while do switch case break new try finally catch throw \
                 throws null true false extends implements var this super instanceof enum",
            ),
            Self::JavaScript => Rules {
                strings: &[("`", "`"), ("\"", "\""), ("'", "'")],
                ..plain(
                    "const let var function return if else for of in while do new try finally catch throw null \
                     undefined true false import from export default require class extends async await typeof \
                     instanceof switch case break continue",
                )
            },
            Self::Shell => Rules {
                line_comments: &["#"],
                block_comments: &[],
                strings: &[("\"", "\""), ("'", "'")],
                backslash: false,
                words: "sudo",
            },
        }
    }
}

/// Returns the code as HTML with its colours; without the tags, it is the same text.
pub(crate) fn html(code: &str, syntax: Syntax) -> String {
    let rules = syntax.rules();
    let words: Vec<&str> = rules.words.split_whitespace().collect();
    let mut html = String::with_capacity(code.len() * 2);
    let mut rest = code;
    while !rest.is_empty() {
        let (class, length) = piece(rest, &rules, &words);
        let (now, after) = rest.split_at(length);
        match class {
            Some(class) => html.push_str(&format!("<span class=\"{class}\">{}</span>", escape(now))),
            None => html.push_str(&escape(now)),
        }
        rest = after;
    }
    html
}

/// Returns the kind and the length in bytes of the next token; always at least one character.
fn piece(rest: &str, rules: &Rules, words: &[&str]) -> (Option<char>, usize) {
    if rules.line_comments.iter().any(|begin| rest.starts_with(begin)) && !is_directive(rest, words) {
        return (Some('c'), rest.find('\n').unwrap_or(rest.len()));
    }
    for (begin, end) in rules.block_comments {
        if let Some(inside) = rest.strip_prefix(begin) {
            return (Some('c'), begin.len() + inside.find(end).map_or(inside.len(), |at| at + end.len()));
        }
    }
    for (begin, end) in rules.strings {
        if let Some(inside) = rest.strip_prefix(begin) {
            return (Some('s'), begin.len() + string_length(inside, end, rules.backslash));
        }
    }
    let Some(first) = rest.chars().next() else { return (None, 0) };
    if first.is_ascii_digit() {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        return (Some('n'), length);
    }
    if first.is_alphabetic() || matches!(first, '_' | '#' | '$') {
        let inner = |c: char| c.is_alphanumeric() || c == '_';
        let tail = rest.get(first.len_utf8()..).unwrap_or_default();
        let mut length = first.len_utf8() + tail.find(|c| !inner(c)).unwrap_or(tail.len());
        // Commands of PowerShell have two words.
        if let Some(more) = rest.get(length..).and_then(|tail| tail.strip_prefix('-')) {
            let both = length + 1 + more.find(|c| !inner(c)).unwrap_or(more.len());
            if rest.get(..both).is_some_and(|word| words.contains(&word)) {
                length = both;
            }
        }
        let word = rest.get(..length).unwrap_or_default();
        return (class_of(word, words), length);
    }
    (None, first.len_utf8())
}

fn class_of(word: &str, words: &[&str]) -> Option<char> {
    // DWORD, SESSION_INFO_10, NERR_Success: names of C's types and constants, which every language here takes over.
    let stem = word.split('_').next().unwrap_or_default();
    let is_type = stem.len() > 2
        && stem.starts_with(|c: char| c.is_ascii_uppercase())
        && !stem.contains(|c: char| c.is_ascii_lowercase());
    if words.contains(&word) { Some('k') } else { is_type.then_some('t') }
}

/// `#include` is not a comment, in languages without comments that begin with `#`.
fn is_directive(rest: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.starts_with('#') && rest.starts_with(word))
}

/// Returns the length of a string's content together with its end.
fn string_length(inside: &str, end: &str, backslash: bool) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        let tail = inside.get(at..).unwrap_or_default();
        if !escaped && tail.starts_with(end) {
            return at + end.len();
        }
        // A quote that is not closed on its line is an apostrophe.
        if c == '\n' && end.len() == 1 && end != "`" {
            return at;
        }
        escaped = backslash && c == '\\' && !escaped;
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Syntax; 11] = [
        Syntax::C,
        Syntax::CSharp,
        Syntax::Vb,
        Syntax::FSharp,
        Syntax::PowerShell,
        Syntax::Python,
        Syntax::Rust,
        Syntax::Go,
        Syntax::Java,
        Syntax::JavaScript,
        Syntax::Shell,
    ];

    /// A failure here would make the code copied from a page differ from what the command prints.
    #[test]
    fn no_byte_of_the_code_is_changed() {
        let hard = "a \"b\\\" // c\" 'd' /* e\n */ # f 'é\n\n<g> & `h` \"\"\"i \\\n_x *y* [z](w) | ~ $1 @\"j\\\" 0x1F é";
        for syntax in ALL {
            let html = html(hard, syntax);
            assert!(!html.contains("\n\n"), "{syntax:?}");
            let mut text = String::new();
            let mut inside = false;
            for c in html.chars() {
                match c {
                    '<' => inside = true,
                    '>' => inside = false,
                    c if !inside => text.push(c),
                    _ => {}
                }
            }
            for (name, c) in [("lt", '<'), ("gt", '>'), ("quot", '"')] {
                text = text.replace(&format!("&{name};"), &c.to_string());
            }
            for c in "\n*_`[]\\|~$".chars() {
                text = text.replace(&format!("&#{};", u32::from(c)), &c.to_string());
            }
            assert_eq!(text.replace("&amp;", "&"), hard, "{syntax:?}");
        }
    }

    /// A failure here would colour comments and strings as other code.
    #[test]
    fn comments_strings_and_words_have_their_colours() {
        let is = |code, syntax, part: &str| html(code, syntax).contains(part);
        assert!(is("x // it's\ny", Syntax::CSharp, "<span class=\"c\">// it's</span>&#10;y"));
        assert!(is("' \"a\"\nx", Syntax::Vb, "<span class=\"c\">' &quot;a&quot;</span>"));
        assert!(is("@\"\\\\a\" x", Syntax::Vb, "<span class=\"s\">&quot;&#92;&#92;a&quot;</span>"));
        assert!(is("\"a\\\"b\" if", Syntax::C, "b&quot;</span> <span class=\"k\">if</span>"));
        assert!(is("#include <a>", Syntax::C, "<span class=\"k\">#include</span>"));
        assert!(is("# a 'b", Syntax::Python, "<span class=\"c\"># a 'b</span>"));
        assert!(is("Add-Type x", Syntax::PowerShell, "<span class=\"k\">Add-Type</span>"));
        assert!(is("&'a str", Syntax::Rust, "&amp;'a str"));
        assert!(is("DWORD x", Syntax::C, "<span class=\"t\">DWORD</span>"));
    }
}
