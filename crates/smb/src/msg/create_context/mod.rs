//! The contexts of CREATE requests and responses ([MS-SMB2] 2.2.13.2, 2.2.14.2).

mod allocation_size;
mod app_instance;
mod apple;
mod durable;
mod durable_v2;
mod lease;
mod maximal_access;
mod on_disk_id;
mod timewarp;

pub use allocation_size::AllocationSize;
pub use app_instance::{AppInstanceId, AppInstanceVersion};
pub use apple::{AppleCapabilities, AppleCommand, AppleParts, AppleRequest, AppleResponse, AppleVolume};
pub use durable::{DurableReconnect, DurableRequest, DurableResponse};
pub use durable_v2::{DurableFlags, DurableReconnectV2, DurableRequestV2, DurableResponseV2};
pub use lease::{Lease, LeaseFlags, LeaseState, LeaseV2};
pub use maximal_access::{MaximalAccessRequest, MaximalAccessResponse};
pub use on_disk_id::{OnDiskIdRequest, OnDiskIdResponse};
pub use timewarp::TimewarpToken;

use netsession_wire::{DecodeError, Reader, Writer};

use super::EncodeError;
use super::field::{len16, len32, size};
use crate::Structure;

/// The data of a [`CreateContext`] with a certain name.
///
/// A request and its response mostly have the same name, but different data.
pub trait CreateContextData: Structure {
    /// Four letters, or a GUID.
    const NAME: &'static [u8];
}

/// One context of a CREATE request or response ([MS-SMB2] 2.2.13.2, 2.2.14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateContext {
    /// Mostly four letters, such as `MxAc`.
    pub name: Vec<u8>,
    /// Its form depends on the name.
    pub data: Vec<u8>,
}

/// The most contexts of one message; [MS-SMB2] has a dozen kinds.
const MOST: usize = 64;

/// Bytes before the name.
const FIXED: usize = 16;

impl CreateContext {
    /// Returns a context with this data.
    ///
    /// # Errors
    /// [`EncodeError`] if a value is longer than its length field allows.
    pub fn new<T: CreateContextData>(data: &T) -> Result<Self, EncodeError> {
        Ok(Self { name: T::NAME.to_vec(), data: data.to_bytes()? })
    }

    /// Returns the first context of a kind.
    ///
    /// # Errors
    /// [`DecodeError`] if the data of that context is not of that kind.
    pub fn find<T: CreateContextData>(contexts: &[Self]) -> Result<Option<T>, DecodeError> {
        let found = contexts.iter().find(|context| context.name == T::NAME);
        found.map(|context| T::from_bytes(&context.data)).transpose()
    }

    /// Writes `contexts`, each at a multiple of 8. The position of the writer must be one.
    pub(super) fn encode_list(contexts: &[Self], writer: &mut Writer) -> Result<(), EncodeError> {
        let mut previous = None;
        for context in contexts {
            writer.align(8);
            let start = writer.position();
            if let Some(previous) = previous.replace(start) {
                writer.fill_u32(previous, len32(start.saturating_sub(previous), "create context")?);
            }
            context.encode(writer)?;
        }
        Ok(())
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u32(0);
        writer.u16(len16(FIXED, "create context")?);
        writer.u16(len16(self.name.len(), "name of a create context")?);
        writer.u16(0);
        let data_offset = writer.position();
        writer.u16(0);
        writer.u32(len32(self.data.len(), "create context")?);
        writer.bytes(&self.name);
        if !self.data.is_empty() {
            writer.align(8);
            let offset = writer.position().saturating_sub(start);
            writer.fill_u16(data_offset, len16(offset, "name of a create context")?);
            writer.bytes(&self.data);
        }
        Ok(())
    }

    /// Reads the contexts of `list`. Each lies within its own part of the list.
    pub(super) fn decode_list(list: &[u8]) -> Result<Vec<Self>, DecodeError> {
        const WHAT: &str = "create context";
        let mut contexts = Vec::new();
        let mut rest = list;
        while !rest.is_empty() {
            let next = size(Reader::new(rest).u32(WHAT)?);
            let end = if next == 0 { rest.len() } else { next };
            let cut = rest.split_at_checked(end).filter(|(one, _)| one.len() >= FIXED);
            let (one, others) = cut.ok_or(DecodeError::invalid("Next of a create context"))?;
            if contexts.len() == MOST {
                return Err(DecodeError::invalid("number of create contexts"));
            }
            contexts.push(Self::decode(one)?);
            rest = others;
        }
        Ok(contexts)
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "create context";
        let reader = &mut Reader::new(bytes);
        reader.skip(4, WHAT)?;
        let [name_offset, name_length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        reader.skip(2, WHAT)?;
        let data_offset = reader.u16(WHAT)?;
        let data_length = reader.u32(WHAT)?;
        Ok(Self {
            name: super::field::buffer(reader, name_offset, name_length, WHAT)?.to_vec(),
            data: super::field::buffer(reader, data_offset, data_length, WHAT)?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::withstands;

    fn rewrite(list: &[u8]) -> Option<Vec<u8>> {
        let mut writer = Writer::new();
        CreateContext::encode_list(&CreateContext::decode_list(list).ok()?, &mut writer).ok()?;
        Some(writer.finish())
    }

    /// A failure here would lose the contexts that a client sends with an open, or loop on a crafted chain.
    #[test]
    fn lists_survive() {
        let contexts = vec![
            CreateContext { name: b"MxAc".to_vec(), data: vec![] },
            CreateContext { name: b"DH2Q".to_vec(), data: vec![1; 33] },
            CreateContext { name: vec![2; 16], data: vec![3] },
        ];
        let mut writer = Writer::new();
        CreateContext::encode_list(&contexts, &mut writer).unwrap();
        let bytes = writer.finish();
        assert_eq!(CreateContext::decode_list(&bytes).unwrap(), contexts);
        assert_eq!(bytes[..4], [24, 0, 0, 0]);
        withstands(&bytes, rewrite);
    }

    /// A failure here would make a server miss a context that a client sends, or act on one that it cannot read.
    #[test]
    fn data_is_found_by_its_name() {
        let size = AllocationSize { allocation_size: 5 };
        let mut contexts =
            vec![CreateContext::new(&OnDiskIdRequest).unwrap(), CreateContext::new(&size).unwrap()];
        assert_eq!(CreateContext::find::<AllocationSize>(&contexts), Ok(Some(size)));
        assert_eq!(CreateContext::find::<TimewarpToken>(&contexts), Ok(None));
        contexts[1].data.truncate(7);
        assert!(CreateContext::find::<AllocationSize>(&contexts).is_err());
    }

    /// A failure here would let one request make a server keep tens of thousands of contexts for as long as it waits.
    #[test]
    fn contexts_are_limited() {
        let list = |count: usize| {
            let contexts = vec![CreateContext { name: b"MxAc".to_vec(), data: Vec::new() }; count];
            let mut writer = Writer::new();
            CreateContext::encode_list(&contexts, &mut writer).unwrap();
            writer.finish()
        };
        assert!(CreateContext::decode_list(&list(64)).is_ok());
        assert!(CreateContext::decode_list(&list(65)).is_err());
    }

    /// A failure here would let a few bytes of contexts that point to the same data fill the memory.
    #[test]
    fn contexts_do_not_overlap() {
        let mut list = Vec::new();
        for _ in 0..100 {
            list.extend([16, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0xff, 0, 0, 0]);
        }
        assert!(CreateContext::decode_list(&list).is_err());
    }
}
