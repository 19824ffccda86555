//! The links of Markdown. `xtask` includes this file too, for the manual in packages.

/// Returns Markdown with other addresses. A link without one becomes its text.
pub(crate) fn relinked(markdown: &str, address: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = markdown.split("](");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((target, after)) = part.split_once(')') else {
            changed.push_str("](");
            changed.push_str(part);
            continue;
        };
        match (address(target), changed.rfind('[')) {
            (Some(target), _) => changed.push_str(&format!("]({target})")),
            (None, Some(begin)) => _ = changed.remove(begin),
            (None, None) => {}
        }
        changed.push_str(after);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::relinked;

    /// A failure here would damage a sentence around a link.
    #[test]
    fn a_link_without_an_address_becomes_its_text() {
        let text = "see [a](b.md#c), [`d`](e.md) and [f](https://example.org) [not] a (link) ](x";
        let kept = relinked(text, |target| (target != "e.md").then(|| target.to_owned()));
        assert_eq!(kept, "see [a](b.md#c), `d` and [f](https://example.org) [not] a (link) ](x");
    }
}
