//! Visual Basic on .NET 9 or later.

use super::{Program, dotnet, programs};

/// `examples/vb`.
pub static VISUAL_BASIC: Program = Program::new("dotnet-vb", |workshop| {
    dotnet::build("vbc", workshop, &[workshop.source("vb/Sessions.vb")])
});

/// `examples/seed`, with the declaration in Visual Basic.
pub static VISUAL_BASIC_SEED: Program = Program::new("dotnet-vb-seed", |workshop| {
    dotnet::build("vbc", workshop, &[workshop.source("seed/Program.vb")])
});

/// Declarations as programmers paste them: `Declare`, an address that is an Integer.
pub static VISUAL_BASIC_PASTED: Program = Program::new("dotnet-vb-pasted", |workshop| {
    dotnet::build("vbc", workshop, &[programs().join("Pasted.vb")])
});
