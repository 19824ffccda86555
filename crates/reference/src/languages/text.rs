//! Lines and comments.

/// Removes spaces at the ends of lines, and ends the text with one line feed.
pub(super) fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// Wraps text in lines of at most `width` characters, each after `prefix`.
pub(super) fn wrap(text: &str, prefix: &str, width: usize) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && prefix.len() + line.len() + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| format!("{prefix}{line}\n")).collect()
}

/// Joins `head`, `items` with commas between, and `tail`, in lines of at most 100 characters; further lines get
/// `indent`.
pub(super) fn list(head: &str, items: &[String], tail: &str, indent: &str) -> String {
    let last_line = head.rsplit('\n').next().unwrap_or_default();
    let (mut text, mut width) = (head.to_owned(), last_line.chars().count());
    for (i, item) in items.iter().enumerate() {
        let last = i + 1 == items.len();
        let item = if last { format!("{item}{tail}") } else { format!("{item},") };
        let long = item.chars().count();
        if i > 0 && width + 1 + long > 100 {
            text += &format!("\n{indent}");
            width = indent.len();
        } else if i > 0 {
            text.push(' ');
            width += 1;
        }
        text += &item;
        width += long;
    }
    if items.is_empty() { text + tail } else { text }
}

/// A string, for languages where a backslash escapes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the length of the longest name, to align what follows.
pub(super) fn widest<'a>(names: impl IntoIterator<Item = &'a str>) -> usize {
    names.into_iter().map(str::len).max().unwrap_or(0)
}

/// Indents every line that is not empty.
pub(super) fn indent(text: &str, by: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { "\n".to_owned() } else { format!("{by}{line}\n") };
    text.lines().map(line).collect()
}
