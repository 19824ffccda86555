//! Cutting stub data into fragments, and putting fragments together.

use crate::RpcError;
use crate::pdu::{HEADER_LENGTH, MUST_RECEIVE, PduFlags, PduType};

/// The bytes after the common header of a request or response, without an object.
const CALL_HEADER: usize = 8;

/// The stub bytes of one fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fragment<'a> {
    pub(crate) flags: PduFlags,
    /// The number of stub bytes from the start of this fragment to the end of the last one ([MS-RPCE] 2.2.2.6).
    pub(crate) alloc_hint: u32,
    pub(crate) stub: &'a [u8],
}

/// Cuts `stub` for fragments of at most `max_fragment` bytes, headers included: always at least one, and each
/// but the last with a multiple of eight bytes, so that alignment holds in every fragment by itself.
pub(crate) fn split(stub: &[u8], max_fragment: u16) -> impl Iterator<Item = Fragment<'_>> {
    let room = usize::from(max_fragment.max(MUST_RECEIVE)) - HEADER_LENGTH - CALL_HEADER;
    let room = room & !7;
    let mut rest = Some(stub);
    let mut first = PduFlags::FIRST;
    std::iter::from_fn(move || {
        let waiting = rest?;
        let (now, later) = waiting.split_at(room.min(waiting.len()));
        rest = (!later.is_empty()).then_some(later);
        let last = if later.is_empty() { PduFlags::LAST } else { PduFlags::empty() };
        let flags = std::mem::take(&mut first) | last;
        // This is only a hint: omit it if it does not fit.
        Some(Fragment { flags, alloc_hint: u32::try_from(waiting.len()).unwrap_or(0), stub: now })
    })
}

/// The values that every fragment of one call must share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FragmentOf {
    pub(crate) pdu_type: PduType,
    pub(crate) context_id: u16,
    pub(crate) opnum: u16,
}

/// Stub data that arrive in fragments. The memory grows with the received bytes, up to the limit, and not with the
/// length that the peer announces.
#[derive(Debug)]
pub(crate) struct Reassembly {
    of: FragmentOf,
    stub: Vec<u8>,
    limit: usize,
}

impl Reassembly {
    /// Starts with the first fragment, which must have the flag for that.
    pub(crate) fn start(of: FragmentOf, flags: PduFlags, limit: usize) -> Result<Self, RpcError> {
        if !flags.contains(PduFlags::FIRST) {
            return Err(of.mismatch("first-fragment flag"));
        }
        Ok(Self { of, stub: Vec::new(), limit })
    }

    /// Checks a later fragment against the first.
    pub(crate) fn check(&self, of: FragmentOf, flags: PduFlags) -> Result<(), RpcError> {
        if flags.contains(PduFlags::FIRST) {
            return Err(of.mismatch("first-fragment flag"));
        }
        if of != self.of {
            return Err(of.mismatch("context or operation"));
        }
        Ok(())
    }

    /// Adds a fragment's bytes; returns whether it was the last.
    pub(crate) fn add(&mut self, stub: &[u8], flags: PduFlags) -> Result<bool, RpcError> {
        if stub.len() > self.limit.saturating_sub(self.stub.len()) {
            return Err(RpcError::TooLarge { limit: self.limit });
        }
        self.stub.extend_from_slice(stub);
        Ok(flags.contains(PduFlags::LAST))
    }

    /// Returns all bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.stub
    }
}

impl FragmentOf {
    const fn mismatch(&self, what: &'static str) -> RpcError {
        RpcError::Mismatch { pdu_type: self.pdu_type, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would cut a long call wrongly: with missing bytes, with two last fragments, or with misaligned
    /// data.
    #[test]
    fn stubs_are_cut_at_the_negotiated_size() {
        let stub: Vec<u8> = (0..10_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        for max in [0, 1432, 1433, 4280, 5840, u16::MAX] {
            let fragments: Vec<_> = split(&stub, max).collect();
            let joined: Vec<u8> = fragments.iter().flat_map(|fragment| fragment.stub).copied().collect();
            assert_eq!(joined, stub);
            let limit = usize::from(max.max(MUST_RECEIVE));
            assert!(fragments.iter().all(|fragment| fragment.stub.len() + 24 <= limit));
            let (last, others) = fragments.split_last().unwrap();
            assert!(others.iter().all(|fragment| fragment.stub.len() % 8 == 0));
            assert!(others.iter().all(|fragment| !fragment.flags.contains(PduFlags::LAST)));
            assert!(last.flags.contains(PduFlags::LAST));
            assert_eq!(usize::try_from(last.alloc_hint).unwrap(), last.stub.len());
            let firsts = fragments.iter().filter(|fragment| fragment.flags.contains(PduFlags::FIRST));
            assert_eq!(firsts.count(), 1);
        }
    }

    /// A failure here would not send a call without arguments.
    #[test]
    fn an_empty_stub_is_one_fragment() {
        let fragments: Vec<_> = split(&[], 4280).collect();
        assert_eq!(fragments, [Fragment { flags: PduFlags::WHOLE, alloc_hint: 0, stub: &[] }]);
    }
}
