//! Blocks of code on a page: [`code`].

use crate::highlight::{self, Syntax};
use crate::html::escape;

/// Returns a block of code with a caption and a button that copies it.
pub(crate) fn code(text: &str, syntax: Syntax, caption: &str) -> String {
    format!(
        "<figure><figcaption><span>{}</span><button type=\"button\" class=\"copy\">Copy</button></figcaption>\
         <pre tabindex=\"0\"><code>{}</code></pre></figure>",
        escape(caption),
        highlight::html(text, syntax)
    )
}
