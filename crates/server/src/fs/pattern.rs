//! Search patterns of QUERY_DIRECTORY ([MS-FSA] 2.1.4.4).

use netsession_wire::name::upper_case_char;

/// A search pattern, prepared for matching many names.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    expression: Vec<char>,
    /// For each position, the first one after the DOS_QMs that start there.
    after_marks: Vec<usize>,
    /// The position from which the rest of the expression matches an empty text.
    empty_from: usize,
    everything: bool,
}

const STAR: char = '*';
const QUESTION: char = '?';
const DOS_STAR: char = '<';
const DOS_QM: char = '>';
const DOS_DOT: char = '"';

impl Pattern {
    /// Prepares `expression`, where `*`, `?`, `<` (DOS_STAR), `>` (DOS_QM) and `"` (DOS_DOT) are wildcards.
    #[must_use]
    pub(crate) fn new(expression: &str) -> Self {
        let everything = matches!(expression, "*" | "*.*" | "<.>" | "");
        let mut expression: Vec<char> = expression.chars().map(upper_case_char).collect();
        // A second star next to the first matches nothing more.
        expression.dedup_by(|next, star| *star == STAR && *next == STAR);
        let mut after_marks: Vec<usize> = (0..expression.len()).collect();
        let mut after = expression.len();
        for (position, c) in expression.iter().enumerate().rev() {
            if *c != DOS_QM {
                after = position;
            }
            if let Some(place) = after_marks.get_mut(position) {
                *place = after;
            }
        }
        let is_empty = |c: &&char| [STAR, DOS_STAR, DOS_QM, DOS_DOT].contains(c);
        let empty_from =
            expression.len().saturating_sub(expression.iter().rev().take_while(is_empty).count());
        Self { expression, after_marks, empty_from, everything }
    }

    /// Returns whether it has a wildcard; without one, it selects a single name.
    #[must_use]
    pub(crate) fn has_wildcard(&self) -> bool {
        self.everything
            || self.expression.iter().any(|c| [STAR, QUESTION, DOS_STAR, DOS_QM, DOS_DOT].contains(c))
    }

    /// Returns whether `name` (as clients see it) matches, without regard to case.
    ///
    /// Takes time in proportion to the product of the two lengths at most, whatever the pattern.
    #[must_use]
    pub(crate) fn matches(&self, name: &str) -> bool {
        if self.everything {
            return true;
        }
        let name: Vec<char> = name.chars().map(upper_case_char).collect();
        let last_dot = name.iter().rposition(|c| *c == '.');
        let mut states = Positions::start(&self.expression);
        for (index, c) in name.iter().enumerate() {
            states = states.step(self, *c, last_dot.is_some_and(|dot| index < dot));
        }
        states.set().any(|position| position >= self.empty_from)
    }
}

/// The positions in the expression that the name read so far can lead to.
struct Positions(Vec<bool>);

impl Positions {
    fn start(expression: &[char]) -> Self {
        let mut start = Self(vec![false; expression.len().saturating_add(1)]);
        start.mark(0, expression);
        start
    }

    /// Marks a position, and those that it reaches without a character.
    fn mark(&mut self, position: usize, expression: &[char]) {
        let mut position = position;
        while let Some(mark) = self.0.get_mut(position) {
            if std::mem::replace(mark, true) {
                return;
            }
            match expression.get(position) {
                Some(&(STAR | DOS_STAR)) => position = position.saturating_add(1),
                _ => return,
            }
        }
    }

    /// Reads one character; `before_last_dot` is true if a `.` follows later.
    fn step(&self, pattern: &Pattern, c: char, before_last_dot: bool) -> Self {
        let expression = pattern.expression.as_slice();
        let mut next = Self(vec![false; self.0.len()]);
        for position in self.set() {
            let after = position.saturating_add(1);
            match expression.get(position) {
                Some(&STAR) => next.mark(position, expression),
                // DOS_STAR matches everything up to the name's last dot, which the next part must match.
                Some(&DOS_STAR) if c != '.' || before_last_dot => next.mark(position, expression),
                Some(&QUESTION) => next.mark(after, expression),
                Some(&DOS_QM) if c != '.' => next.mark(after, expression),
                // At a dot, all adjacent DOS_QMs are skipped, and the next part must match the dot.
                Some(&DOS_QM) => next.dot_after_marks(position, pattern),
                Some(&DOS_DOT) if c == '.' => next.mark(after, expression),
                Some(plain) if *plain == c => next.mark(after, expression),
                _ => {}
            }
        }
        next
    }

    fn dot_after_marks(&mut self, position: usize, pattern: &Pattern) {
        let expression = pattern.expression.as_slice();
        let beyond = pattern.after_marks.get(position).copied().unwrap_or(expression.len());
        if matches!(expression.get(beyond), Some(&('.' | DOS_DOT | QUESTION))) {
            self.mark(beyond.saturating_add(1), expression);
        } else if matches!(expression.get(beyond), Some(&(STAR | DOS_STAR))) {
            self.mark(beyond, expression);
        }
    }

    fn set(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter_map(|(position, set)| set.then_some(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).matches(name)
    }

    /// A failure here would list files that do not match the pattern.
    #[test]
    fn star_and_question_mark() {
        for (pattern, name) in [
            ("*", "a"),
            ("*.*", "noext"),
            ("*.txt", "A.TXT"),
            ("a*b*c", "axxbyyc"),
            ("?.t", "x.t"),
            ("Ä*", "ärger"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.txt", "a.txt2"), ("?", "ab"), ("?", ""), ("a*b", "ac"), ("a", "ab")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    /// A failure here would break the patterns of DOS programs, such as `*.` for names without an extension.
    #[test]
    fn dos_wildcards() {
        assert!(matches("<", "noext") && matches("<.txt", "a.b.txt") && matches("<\"*", "a.b"));
        assert!(!matches("<", "a.b"), "DOS_STAR stops before the last dot");
        assert!(
            matches(">>>.txt", "a.txt") && matches(">>>.txt", "abc.txt") && !matches(">>>.txt", "abcd.txt")
        );
        assert!(matches("a\"", "a") && matches("a\"", "a.") && !matches("a\"", "ab"));
        assert!(matches("<\"", "noext"));
    }

    /// A failure here would let one listing request keep the server busy for minutes.
    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = "*a".repeat(120);
        assert!(!matches(&pattern, &"a".repeat(119)));
        assert!(matches(&pattern, &"a".repeat(200)));
        let (marks, dots) = (">".repeat(1024), ".".repeat(255));
        assert!((0..1000).all(|_| matches(&marks, "")) && !matches(&format!("{marks}x"), &dots));
        assert!(matches(&"*".repeat(1024), "a") && matches(&format!("{marks}.txt"), "a.txt"));
    }

    proptest::proptest! {
        /// A failure here would miss a name that is searched by its exact text.
        #[test]
        fn a_plain_name_matches_itself(name in "[a-zA-Z0-9.é]{1,20}") {
            proptest::prop_assert!(matches(&name, &netsession_wire::name::upper_case(&name)));
        }
    }
}
