use netsession_wire::{DecodeError, Reader, Writer};

use super::{ContextReason, ContextResult, RejectReason, SyntaxId};
use crate::RpcError;

/// bind and alter_context: presentation contexts that the client proposes (C706 12.6.4.1, 12.6.4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Largest fragment, in bytes, that the client will send.
    pub max_xmit_frag: u16,
    /// Largest fragment, in bytes, that the client can receive.
    pub max_recv_frag: u16,
    /// The association group to join; 0 for a new one.
    pub assoc_group_id: u32,
    /// The proposed contexts, in order.
    pub contexts: Vec<ContextElement>,
}

/// One proposed presentation context (`p_cont_elem_t`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextElement {
    /// The identifier of the context in requests.
    pub context_id: u16,
    /// The interface.
    pub abstract_syntax: SyntaxId,
    /// The encodings that the client offers for it.
    pub transfer_syntaxes: Vec<SyntaxId>,
}

/// bind_ack and alter_context_resp (C706 12.6.4.2, 12.6.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindAck {
    /// Largest fragment, in bytes, that the server will send.
    pub max_xmit_frag: u16,
    /// Largest fragment, in bytes, that the server can receive.
    pub max_recv_frag: u16,
    /// The association group.
    pub assoc_group_id: u32,
    /// The server's endpoint with its terminating NUL: for a pipe, its name. Clients ignore it
    /// ([MS-RPCE] 3.3.1.5.5).
    pub secondary_address: Vec<u8>,
    /// One for each proposed context, in the same order.
    pub results: Vec<ContextOutcome>,
}

/// The result for one proposed context (`p_result_t`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextOutcome {
    /// Whether the server accepted it.
    pub result: ContextResult,
    /// The reason for a refusal; in a `NEGOTIATE_ACK` the features that the server grants ([MS-RPCE] 2.2.2.15).
    pub reason: ContextReason,
    /// The encoding that the server chose; [`SyntaxId::NONE`] for a refused context.
    pub transfer_syntax: SyntaxId,
}

/// bind_nak: the server refuses the whole bind (C706 12.6.4.5, [MS-RPCE] 2.2.2.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindNak {
    /// Why.
    pub reason: RejectReason,
    /// Protocol versions (major, minor) that the server speaks.
    pub versions: Vec<(u8, u8)>,
    /// The bytes after that: padding, or a signature with extended error information.
    pub extension: Vec<u8>,
}

/// Returns a list's count, which has one byte on the wire.
fn count(items: usize, what: &'static str) -> Result<u8, RpcError> {
    u8::try_from(items).map_err(|_| RpcError::TooLong { what })
}

impl Bind {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let max_xmit_frag = reader.u16("max_xmit_frag")?;
        let max_recv_frag = reader.u16("max_recv_frag")?;
        let assoc_group_id = reader.u32("assoc_group_id")?;
        let [elements, ..] = reader.array::<4>("p_context_elem")?;
        let contexts = (0..elements).map(|_| ContextElement::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { max_xmit_frag, max_recv_frag, assoc_group_id, contexts })
    }

    pub(super) fn encode(&self, writer: &mut Writer) -> Result<(), RpcError> {
        writer.u16(self.max_xmit_frag);
        writer.u16(self.max_recv_frag);
        writer.u32(self.assoc_group_id);
        writer.bytes(&[count(self.contexts.len(), "p_context_elem")?, 0, 0, 0]);
        self.contexts.iter().try_for_each(|context| context.encode(writer))
    }
}

impl ContextElement {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let context_id = reader.u16("p_cont_id")?;
        let [syntaxes, _] = reader.array("n_transfer_syn")?;
        let abstract_syntax = SyntaxId::decode(reader)?;
        let transfer_syntaxes = (0..syntaxes).map(|_| SyntaxId::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { context_id, abstract_syntax, transfer_syntaxes })
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), RpcError> {
        writer.u16(self.context_id);
        writer.bytes(&[count(self.transfer_syntaxes.len(), "transfer_syntaxes")?, 0]);
        self.abstract_syntax.encode(writer);
        self.transfer_syntaxes.iter().for_each(|syntax| syntax.encode(writer));
        Ok(())
    }
}

impl BindAck {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let max_xmit_frag = reader.u16("max_xmit_frag")?;
        let max_recv_frag = reader.u16("max_recv_frag")?;
        let assoc_group_id = reader.u32("assoc_group_id")?;
        let length = reader.u16("sec_addr")?;
        let secondary_address = reader.bytes(length.into(), "sec_addr")?.to_vec();
        reader.align(4, "sec_addr padding")?;
        let [results, ..] = reader.array::<4>("p_result_list")?;
        let results = (0..results).map(|_| ContextOutcome::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { max_xmit_frag, max_recv_frag, assoc_group_id, secondary_address, results })
    }

    pub(super) fn encode(&self, writer: &mut Writer) -> Result<(), RpcError> {
        writer.u16(self.max_xmit_frag);
        writer.u16(self.max_recv_frag);
        writer.u32(self.assoc_group_id);
        let length = u16::try_from(self.secondary_address.len());
        writer.u16(length.map_err(|_| RpcError::TooLong { what: "sec_addr" })?);
        writer.bytes(&self.secondary_address);
        writer.align(4);
        writer.bytes(&[count(self.results.len(), "p_result_list")?, 0, 0, 0]);
        self.results.iter().for_each(|result| result.encode(writer));
        Ok(())
    }
}

impl ContextOutcome {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let result = ContextResult(reader.u16("p_result")?);
        let reason = ContextReason(reader.u16("p_reason")?);
        Ok(Self { result, reason, transfer_syntax: SyntaxId::decode(reader)? })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.u16(self.result.0);
        writer.u16(self.reason.0);
        self.transfer_syntax.encode(writer);
    }
}

impl BindNak {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let reason = RejectReason(reader.u16("provider_reject_reason")?);
        // Some servers omit the list.
        let protocols = if reader.remaining() == 0 { 0 } else { reader.u8("n_protocols")? };
        let version = |_| reader.array("p_protocols").map(|[major, minor]| (major, minor));
        let versions = (0..protocols).map(version).collect::<Result<_, _>>()?;
        Ok(Self { reason, versions, extension: reader.rest().to_vec() })
    }

    pub(super) fn encode(&self, writer: &mut Writer) -> Result<(), RpcError> {
        writer.u16(self.reason.0);
        writer.u8(count(self.versions.len(), "p_protocols")?);
        self.versions.iter().for_each(|(major, minor)| writer.bytes(&[*major, *minor]));
        writer.bytes(&self.extension);
        Ok(())
    }
}
