/// The layout of parameters as octets: the transfer syntax that a bind agrees on. [`SyntaxId`](crate::SyntaxId)
/// identifies it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// NDR (C706 chapter 14, [MS-RPCE] 2.2.4): 4-byte pointers and counts.
    Ndr32,
    /// NDR64 ([MS-RPCE] 2.2.5): 8-byte pointers and counts, structures padded to their alignment.
    Ndr64,
}

impl Syntax {
    /// Both syntaxes, in the order of preference.
    pub const ALL: [Self; 2] = [Self::Ndr32, Self::Ndr64];
}

/// The alignment of a structure, array element or union arm: the largest alignment of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// Octets only.
    Octet,
    /// 32-bit integers are the largest members.
    Long,
    /// A pointer is among the members.
    Pointer,
    /// A 64-bit integer is among the members.
    Hyper,
}

impl Alignment {
    /// Returns the alignment in octets.
    #[must_use]
    pub const fn octets(self, syntax: Syntax) -> usize {
        match (self, syntax) {
            (Self::Octet, _) => 1,
            (Self::Long, _) | (Self::Pointer, Syntax::Ndr32) => 4,
            (Self::Pointer, Syntax::Ndr64) | (Self::Hyper, _) => 8,
        }
    }
}
