//! Accepts or refuses presentation contexts ([MS-RPCE] 3.3.1.5.3 and 3.3.1.5.6).

use super::{Association, Context, Interface};
use crate::pdu::{Bind, ContextElement, ContextOutcome, ContextReason, ContextResult, SyntaxId};

/// The supported features of [MS-RPCE] 2.2.2.15: the association outlives an orphaned call.
const KEEP_CONNECTION_ON_ORPHAN: u16 = 0x02;

/// More contexts than the association may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyContexts;

impl Association {
    /// Returns the outcome of each proposed context, in the same order. The client can call accepted ones after this.
    pub(super) fn negotiate(&mut self, bind: &Bind) -> Result<Vec<ContextOutcome>, TooManyContexts> {
        bind.contexts.iter().map(|element| self.negotiate_one(element, &bind.contexts)).collect()
    }

    fn negotiate_one(
        &mut self,
        element: &ContextElement,
        all: &[ContextElement],
    ) -> Result<ContextOutcome, TooManyContexts> {
        if let [syntax] = element.transfer_syntaxes.as_slice()
            && let Some(features) = syntax.features()
        {
            return Ok(features_granted(features));
        }
        let served = |interface: &&Interface| interface.id.serves(&element.abstract_syntax);
        let Some(interface) = self.config.interfaces.iter().find(served) else {
            return Ok(rejected(ContextReason::ABSTRACT_SYNTAX_NOT_SUPPORTED));
        };
        let same_interface = all.iter().filter(|other| other.abstract_syntax == element.abstract_syntax);
        let Some((chosen_element, transfer_syntax)) = choose(interface, same_interface) else {
            return Ok(rejected(ContextReason::PROPOSED_TRANSFER_SYNTAXES_NOT_SUPPORTED));
        };
        if !std::ptr::eq(chosen_element, element) {
            return Ok(rejected(ContextReason::PROPOSED_TRANSFER_SYNTAXES_NOT_SUPPORTED));
        }
        let context = Context { id: element.context_id, interface: interface.id, transfer_syntax };
        match self.contexts.iter().find(|known| known.id == context.id) {
            Some(known) if *known == context => {}
            Some(_) => return Ok(rejected(ContextReason::NOT_SPECIFIED)),
            None if self.contexts.len() >= self.config.max_contexts => return Err(TooManyContexts),
            None => self.contexts.push(context),
        }
        let result = ContextResult::ACCEPTANCE;
        Ok(ContextOutcome { result, reason: ContextReason::NOT_SPECIFIED, transfer_syntax })
    }
}

/// Returns the preferred encoding if the client offers it, else the first offered one that the server knows.
fn choose<'a>(
    interface: &Interface,
    elements: impl Iterator<Item = &'a ContextElement> + Clone,
) -> Option<(&'a ContextElement, SyntaxId)> {
    let offers =
        elements.flat_map(|element| element.transfer_syntaxes.iter().map(move |syntax| (element, *syntax)));
    let preferred = interface.transfer_syntaxes.first()?;
    offers
        .clone()
        .find(|(_, syntax)| syntax == preferred)
        .or_else(|| offers.clone().find(|(_, syntax)| interface.transfer_syntaxes.contains(syntax)))
}

const fn rejected(reason: ContextReason) -> ContextOutcome {
    let result = ContextResult::PROVIDER_REJECTION;
    ContextOutcome { result, reason, transfer_syntax: SyntaxId::NONE }
}

fn features_granted(asked: u64) -> ContextOutcome {
    let granted = asked & u64::from(KEEP_CONNECTION_ON_ORPHAN);
    let reason = if granted == 0 { 0 } else { KEEP_CONNECTION_ON_ORPHAN };
    let result = ContextResult::NEGOTIATE_ACK;
    ContextOutcome { result, reason: ContextReason(reason), transfer_syntax: SyntaxId::NONE }
}
