//! Blocks of code without a language: lines at a terminal, which can be copied without what is no command.

use crate::html::{escape, with_whole_flags};

/// The programs with which a block of command lines begins.
const PROGRAMS: [&str; 11] = [
    "cargo",
    "createdb",
    "export",
    "kinit",
    "LD_LIBRARY_PATH=",
    "netsession",
    "psql",
    "smbclient",
    "sudo",
    "sh",
    "tar",
];

/// Returns a block with a button that copies it. Of command lines, the button copies the commands: it leaves out their output,
/// which follows an empty line, and the explanations beside them. Long commands wrap.
pub(crate) fn block(text: &str) -> String {
    let text = without_indentation(text);
    let (class, inside) =
        if is_command(&text) { ("bare commands", commands(&text)) } else { ("bare", escape(&text)) };
    format!(
        "<figure class=\"{class}\"><pre tabindex=\"0\"><code>{inside}</code></pre>\
         <button type=\"button\" class=\"copy\">Copy</button></figure>"
    )
}

/// Removes the spaces with which every line begins: in a list, a block has more of them than Markdown removes.
fn without_indentation(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let common = lines.map(indentation).min().unwrap_or_default();
    let shorter = |line: &str| {
        if line.trim().is_empty() { "\n".to_owned() } else { line.chars().skip(common).collect() }
    };
    text.split_inclusive('\n').map(shorter).collect()
}

fn is_command(line: &str) -> bool {
    PROGRAMS.iter().any(|program| {
        line.strip_prefix(program)
            .is_some_and(|rest| program.ends_with('=') || rest.starts_with([' ', '\n']) || rest.is_empty())
    })
}

/// Marks output with the class `o`, and explanations with `e`.
fn commands(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    let (mut is_output, mut after_gap) = (false, false);
    for line in text.split_inclusive('\n') {
        if after_gap {
            is_output = !is_command(line);
        }
        after_gap = line.trim().is_empty();
        if is_output {
            html.push_str(&format!("<span class=\"o\">{}</span>", escape(line)));
            continue;
        }
        let (command, explanation) = line.split_at(explanation(line).unwrap_or(line.len()));
        html.push_str(&with_whole_flags(command));
        if !explanation.is_empty() {
            html.push_str(&format!(
                "<span class=\"e\">{}</span>{}",
                escape(explanation.trim_end_matches('\n')),
                escape(explanation.strip_prefix(explanation.trim_end_matches('\n')).unwrap_or_default())
            ));
        }
    }
    html
}

/// Returns where the explanation of a command begins: after two spaces outside quotes.
fn explanation(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') if before == ' ' && at > 0 => {
                let after = line.get(at..)?.trim();
                return (!after.is_empty()).then_some(at);
            }
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::block;
    use crate::html::readable;

    fn inside(text: &str) -> String {
        let html = readable(&block(text));
        let (_, after) = html.split_once("<code>").unwrap();
        after.split_once("</code>").unwrap().0.to_owned()
    }

    /// A failure here would let a reader paste an explanation as the names of servers, or output as commands.
    #[test]
    fn explanations_and_output_are_apart_from_commands() {
        assert_eq!(
            inside("netsession sessions fs1    list them\nnetsession who 'a  b'\n\n ID  USER\n 1  alice\n"),
            "netsession sessions fs1 <span class=\"e\">   list them</span>\nnetsession who 'a  b'\n\n\
             <span class=\"o\"> ID  USER\n</span><span class=\"o\"> 1  alice\n</span>"
        );
        assert_eq!(inside("sudo a\n\nsudo b\n"), "sudo a\n\nsudo b\n");
        assert_eq!(
            inside("netsession end -n\nnetsession top\n"),
            "netsession end <span class=\"flag\">-n</span>\nnetsession top\n"
        );
        assert_eq!(
            inside("  netsession a  b\n\n  c\n"),
            "netsession a <span class=\"e\"> b</span>\n\n<span class=\"o\">c\n</span>"
        );
    }

    /// A failure here would leave a part of a configuration file out of what a reader copies.
    #[test]
    fn other_text_stays_whole() {
        for text in ["[journal]\nrequired = true  # yes\n\n[a]\n", "shares:\n  - a\n", "12:34:56Z  read it\n"]
        {
            assert_eq!(inside(text), text);
        }
    }
}
