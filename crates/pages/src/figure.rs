//! Blocks of code as a page shows them.

use crate::highlight::{self, Syntax};
use crate::html::escape;

/// A block of code with a button that copies it; `caption` is what it is.
pub(crate) fn code(text: &str, syntax: Syntax, caption: &str) -> String {
    format!(
        "<figure><figcaption><span>{}</span><button type=\"button\" class=\"copy\">Copy</button></figcaption>\
         <pre tabindex=\"0\"><code>{}</code></pre></figure>",
        escape(caption),
        highlight::html(text, syntax)
    )
}
