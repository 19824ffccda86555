//! Search patterns of QUERY_DIRECTORY ([MS-FSA] 2.1.4.4).

use std::collections::HashMap;

use netsession_wire::name::upper_case_char;

/// A search pattern, prepared for matching many names.
///
/// A set of bits holds the positions in the pattern that a name can reach, and each character of the name moves all of
/// them at once. So a match takes some hundred steps for any name and any pattern, even a hostile one.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// Whether it matches every name.
    is_everything: bool,
    has_wildcard: bool,
    /// The fewest characters that a name must have.
    least: usize,
    /// The position from which the rest of the expression matches an empty text.
    empty_from: usize,
    /// The positions of each kind.
    stars: Bits,
    dos_stars: Bits,
    questions: Bits,
    dos_marks: Bits,
    dos_dots: Bits,
    /// The positions of each plain character.
    plain: HashMap<char, Bits>,
}

const STAR: char = '*';
const QUESTION: char = '?';
const DOS_STAR: char = '<';
const DOS_QM: char = '>';
const DOS_DOT: char = '"';

impl Pattern {
    /// Prepares `expression`, of at most [`LONGEST`] characters, where `*`, `?`, `<` (DOS_STAR), `>` (DOS_QM) and `"` (DOS_DOT) are wildcards.
    #[must_use]
    pub(crate) fn new(expression: &str) -> Self {
        let is_everything = matches!(expression, "*" | "*.*" | "<.>" | "");
        let is_star = |c: char| matches!(c, STAR | DOS_STAR);
        let mut characters: Vec<char> = Vec::new();
        for c in expression.chars().map(upper_case_char) {
            match characters.last_mut() {
                // Stars side by side match what the most general of them matches.
                Some(last) if is_star(*last) && is_star(c) => {
                    if c == STAR {
                        *last = STAR;
                    }
                }
                _ => characters.push(c),
            }
        }
        let length = characters.len();
        let positions = |kind: char| Bits::of(length, characters.iter().map(|c| *c == kind));
        let is_empty = |c: &&char| matches!(**c, STAR | DOS_STAR | DOS_QM | DOS_DOT);
        let mut plain = HashMap::new();
        for c in characters.iter().filter(|c| !matches!(**c, STAR | DOS_STAR | DOS_QM | DOS_DOT | QUESTION)) {
            plain.entry(*c).or_insert_with(|| positions(*c));
        }
        Self {
            is_everything,
            has_wildcard: is_everything
                || characters.iter().any(|c| matches!(*c, STAR | QUESTION | DOS_STAR | DOS_QM | DOS_DOT)),
            least: characters.iter().filter(|c| !is_empty(c)).count(),
            empty_from: length.saturating_sub(characters.iter().rev().take_while(is_empty).count()),
            stars: positions(STAR),
            dos_stars: positions(DOS_STAR),
            questions: positions(QUESTION),
            dos_marks: positions(DOS_QM),
            dos_dots: positions(DOS_DOT),
            plain,
        }
    }

    /// Returns whether it has a wildcard; without one, it selects a single name.
    #[must_use]
    pub(crate) const fn has_wildcard(&self) -> bool {
        self.has_wildcard
    }

    /// Returns whether `name` (as clients see it) matches, without regard to case.
    #[must_use]
    pub(crate) fn matches(&self, name: &str) -> bool {
        if self.is_everything {
            return true;
        }
        let name: Vec<char> = name.chars().map(upper_case_char).collect();
        if name.len() < self.least {
            return false;
        }
        let last_dot = name.iter().rposition(|c| *c == '.');
        let mut states = self.stars.empty();
        states.set(0);
        self.pass_stars(&mut states);
        for (index, c) in name.iter().enumerate() {
            states = self.step(&states, *c, last_dot.is_some_and(|dot| index < dot));
            if states.is_empty() {
                return false;
            }
        }
        states.any_from(self.empty_from)
    }

    /// Returns where one character leads; `before_last_dot` is true if a `.` follows later.
    fn step(&self, from: &Bits, c: char, before_last_dot: bool) -> Bits {
        let is_dot = c == '.';
        // A star reads any number of characters.
        let mut stays = from.and(&self.stars);
        // DOS_STAR reads everything up to the name's last dot, which the next part must match.
        if !is_dot || before_last_dot {
            stays.add(&from.and(&self.dos_stars));
        }
        let mut moves = from.and(&self.questions);
        if let Some(plain) = self.plain.get(&c) {
            moves.add(&from.and(plain));
        }
        if is_dot {
            moves.add(&from.and(&self.dos_dots));
            // A dot skips all adjacent DOS_QMs, and the next part must match it.
            let beyond = from.and(&self.dos_marks).beyond(&self.dos_marks);
            moves.add(&beyond.and(&self.questions));
            moves.add(&beyond.and(&self.dos_dots));
            if let Some(dots) = self.plain.get(&c) {
                moves.add(&beyond.and(dots));
            }
            stays.add(&beyond.and(&self.stars));
            stays.add(&beyond.and(&self.dos_stars));
        } else {
            moves.add(&from.and(&self.dos_marks));
        }
        let mut to = moves.next();
        to.add(&stays);
        self.pass_stars(&mut to);
        to
    }

    /// Adds the positions after the stars in `states`: a star can read nothing. No star follows another.
    fn pass_stars(&self, states: &mut Bits) {
        let mut stars = states.and(&self.stars);
        stars.add(&states.and(&self.dos_stars));
        states.add(&stars.next());
    }
}

/// The longest expression in characters: four times the longest name.
pub(crate) const LONGEST: usize = 1024;

/// Positions in an expression, its end included.
#[derive(Debug, Clone, Copy)]
struct Bits {
    words: [u64; LONGEST / 64 + 1],
    /// How many of these an expression needs.
    used: usize,
}

impl Bits {
    /// Returns the positions for which `is_set` yields true, of an expression of `length` characters.
    fn of(length: usize, is_set: impl Iterator<Item = bool>) -> Self {
        let mut bits = Self { words: [0; LONGEST / 64 + 1], used: (length / 64).saturating_add(1) };
        is_set.enumerate().filter(|(_, set)| *set).for_each(|(position, _)| bits.set(position));
        bits
    }

    /// Returns an empty set of the same size.
    const fn empty(&self) -> Self {
        Self { words: [0; LONGEST / 64 + 1], used: self.used }
    }

    fn set(&mut self, position: usize) {
        if let Some(word) = self.words.get_mut(position / 64) {
            *word |= 1 << (position % 64);
        }
    }

    fn is_empty(&self) -> bool {
        self.words.iter().take(self.used).all(|word| *word == 0)
    }

    /// Combines each word with the word of `other`.
    fn with(mut self, other: &Self, mut combine: impl FnMut(u64, u64) -> u64) -> Self {
        #[cfg(test)]
        tests::COMBINED.with(|combined| combined.set(combined.get().saturating_add(1)));
        self.words.iter_mut().zip(&other.words).take(self.used).for_each(|(a, b)| *a = combine(*a, *b));
        self
    }

    fn and(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    fn add(&mut self, other: &Self) {
        *self = self.with(other, |a, b| a | b);
    }

    /// Moves each position to the next one.
    fn next(&self) -> Self {
        let mut carry = 0;
        self.with(self, |word, _| {
            let moved = word << 1 | carry;
            carry = word >> 63;
            moved
        })
    }

    /// Returns the first position after each run of `runs` in which a bit is set: added to a run, a bit carries out of it.
    fn beyond(&self, runs: &Self) -> Self {
        let mut carry = false;
        self.with(runs, |bits, run| {
            let (sum, first) = bits.overflowing_add(run);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first || second;
            // What is in no run was carried there.
            sum & !run
        })
    }

    fn any_from(&self, position: usize) -> bool {
        let mut rest = self.words.iter().take(self.used).skip(position / 64);
        rest.next().is_some_and(|first| first >> (position % 64) != 0) || rest.any(|word| *word != 0)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// How many sets of positions this thread has combined.
        pub(super) static COMBINED: Cell<usize> = const { Cell::new(0) };
    }

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

    /// A failure here would let a search with a hostile pattern in a large folder take minutes: a plain search with retries
    /// takes more steps for each of these names than there are names.
    #[test]
    fn hostile_patterns_take_few_steps() {
        let (stars, marks) = ("*a".repeat(511) + "b", ">".repeat(1023) + "x");
        let dos_stars = "<a".repeat(200) + "b";
        let names = ["a".repeat(255), ".".repeat(255), "a.".repeat(127)];
        for pattern in [stars, marks, dos_stars].map(|pattern| Pattern::new(&pattern)) {
            for name in &names {
                let before = COMBINED.get();
                assert!(!pattern.matches(name));
                let steps = COMBINED.get() - before;
                assert!(steps <= 32 * (name.len() + 1), "{steps} steps for {} characters", name.len());
            }
        }
    }

    /// A failure here would confuse positions beyond the first 64.
    #[test]
    fn long_patterns_match_long_names() {
        for length in [62, 63, 64, 65, 127, 128, 200, 255] {
            let name = "x".repeat(length - 1) + "y";
            assert!(matches(&name, &name) && !matches(&name, &"x".repeat(length)), "{length}");
            assert!(matches(&("?".repeat(length - 1) + "y*"), &name), "{length}");
            assert!(matches(&(">".repeat(length) + ".txt"), "a.txt"), "{length}");
            assert!(matches(&(">".repeat(length + 3) + "?"), "a."), "{length}");
            assert!(!matches(&(">".repeat(length) + "z"), &name), "{length}");
        }
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

    /// The definition, one character after the other.
    fn reference(expression: &[char], name: &[char]) -> bool {
        let Some((first, rest)) = expression.split_first() else { return name.is_empty() };
        let reads = |c: char| name.first() == Some(&c);
        let after = name.get(1..).unwrap_or_default();
        match *first {
            DOS_DOT if name.is_empty() => reference(rest, name),
            DOS_DOT => reads('.') && reference(rest, after),
            STAR => reference(rest, name) || !name.is_empty() && reference(expression, after),
            DOS_STAR => {
                let may_read = !name.is_empty() && (!reads('.') || after.contains(&'.'));
                reference(rest, name) || may_read && reference(expression, after)
            }
            QUESTION => !name.is_empty() && reference(rest, after),
            DOS_QM if name.is_empty() => reference(rest, name),
            DOS_QM if !reads('.') => reference(rest, after),
            DOS_QM => {
                let marks = expression.iter().take_while(|c| **c == DOS_QM).count();
                match expression.get(marks) {
                    Some('.' | &DOS_DOT | &QUESTION) => reference(&expression[marks + 1..], after),
                    Some(&STAR | &DOS_STAR) => reference(&expression[marks..], after),
                    _ => false,
                }
            }
            plain => reads(plain) && reference(rest, after),
        }
    }

    proptest::proptest! {
        /// A failure here would select other names than the definition does.
        #[test]
        fn bits_select_what_the_definition_selects(pattern in "[a.*?<>\"]{1,8}", name in "[ab.]{0,8}") {
            let characters = |text: &str| text.chars().map(upper_case_char).collect::<Vec<_>>();
            let expected = Pattern::new(&pattern).is_everything
                || reference(&characters(&pattern), &characters(&name));
            proptest::prop_assert_eq!(matches(&pattern, &name), expected, "{} {}", pattern, name);
        }

        /// A failure here would miss a name that a client searches by its exact text.
        #[test]
        fn a_plain_name_matches_itself(name in "[a-zA-Z0-9.é]{1,20}") {
            proptest::prop_assert!(matches(&name, &netsession_wire::name::upper_case(&name)));
        }
    }
}
