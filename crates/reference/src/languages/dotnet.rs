//! The common parts of C#, VB, F# and PowerShell: comments that compilers read, and how a call passes its arguments.

use crate::model::{Argument, Base, Direction, Function, Parameter, Type};

use super::plan::{Program, Slot, variable};
use super::text::wrap;

/// The library's name in declarations. `ExactSpelling` keeps the runtime from looking for NetSessionDelW.
pub(super) const LIBRARY: &str = "netapi32.dll";

/// The summary, parameters and return value as an XML comment.
pub(super) fn comment(function: &Function, prefix: &str) -> String {
    let element = |open: &str, text: &str, close: &str| {
        let whole = format!("<{open}>{}</{close}>", xml(text));
        wrap(&whole, &format!("{prefix} "), 116)
    };
    let mut text = element("summary", &function.summary, "summary");
    for parameter in &function.parameters {
        text += &element(&format!("param name=\"{}\"", parameter.name), &parameter.notes, "param");
    }
    let codes: Vec<String> = function
        .codes
        .iter()
        .filter(|code| !code.network)
        .map(|code| format!("{} ({})", code.name, code.number))
        .collect();
    text + &element("returns", &codes.join(", "), "returns")
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Text,
    UInt32,
    Pointer,
    /// By reference: the type, and whether the function reads it too.
    UInt32By(Direction),
    PointerBy(Direction),
    /// A pointer-sized number by reference.
    SizeBy(Direction),
}

pub(super) fn passed(parameter: &Parameter) -> Passed {
    match parameter.kind {
        kind if kind.is_text() => Passed::Text,
        Type { base: Base::Usize, pointers: 1, .. } => Passed::SizeBy(parameter.direction),
        Type { base: Base::U32 | Base::I32, pointers: 1, .. } => Passed::UInt32By(parameter.direction),
        Type { base: Base::Wide, .. } | Type { pointers: 2, .. } => Passed::PointerBy(parameter.direction),
        Type { pointers: 1, .. } => Passed::Pointer,
        _ => Passed::UInt32,
    }
}

/// How a language writes arguments.
pub(super) struct Words {
    /// Nothing, for text.
    pub(super) null: &'static str,
    /// No address.
    pub(super) null_pointer: &'static str,
    /// Before and after a verbatim string.
    pub(super) quotes: (&'static str, &'static str),
    /// The suffix of an unsigned number.
    pub(super) unsigned: &'static str,
    /// The prefix of the constants' names.
    pub(super) owner: &'static str,
    /// The prefixes of variables that the call writes, and of those that it reads and writes.
    pub(super) by: (&'static str, &'static str),
    /// The variable that holds the answer's address, and the one that holds the input's.
    pub(super) buffers: (&'static str, &'static str),
    /// The prefix of variables' names.
    pub(super) sigil: &'static str,
}

impl Words {
    pub(super) fn arguments(&self, program: &Program<'_>) -> Vec<String> {
        let slot = |slot: &Slot<'_>| match slot {
            Slot::Null => self.null.to_owned(),
            Slot::NullPointer => self.null_pointer.to_owned(),
            Slot::Text(text) => self.text(text),
            Slot::Number(number) => format!("{number}{}", self.unsigned),
            Slot::Everything => format!("{}MAX_PREFERRED_LENGTH", self.owner),
            Slot::Buffer => format!("{}{}", self.by.0, self.buffers.0),
            Slot::Input => self.buffers.1.to_owned(),
            Slot::Out(parameter) => format!("{}{}{}", self.by.0, self.sigil, variable(parameter)),
            Slot::InOut(parameter) => format!("{}{}{}", self.by.1, self.sigil, variable(parameter)),
        };
        program.slots.iter().map(slot).collect()
    }

    pub(super) fn text(&self, text: &str) -> String {
        let quote = self.quotes.1;
        format!("{}{}{quote}", self.quotes.0, text.replace(quote, &quote.repeat(2)))
    }

    /// Returns the value of a field of the input structure.
    pub(super) fn value(&self, argument: &Argument) -> String {
        match argument {
            Argument::Text(text) => self.text(text),
            Argument::Number(number) => format!("{number}{}", self.unsigned),
        }
    }
}
