use netsession_wire::{DecodeError, Guid, Reader, Writer};

use crate::FaultCode;

/// A fragment of a call (C706 12.6.4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// A hint: the bytes of stub data from this fragment to the last one; 0 for none.
    pub alloc_hint: u32,
    /// The presentation context.
    pub context_id: u16,
    /// The operation's number in its interface.
    pub opnum: u16,
    /// The object of the call, if there is one.
    pub object: Option<Guid>,
    /// This fragment's part of the arguments.
    pub stub: &'a [u8],
}

/// A fragment of an answer (C706 12.6.4.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// A hint: the bytes of stub data from this fragment to the last one; 0 for none.
    pub alloc_hint: u32,
    /// The presentation context of the call.
    pub context_id: u16,
    /// Cancels that the server has seen.
    pub cancel_count: u8,
    /// This fragment's part of the results.
    pub stub: &'a [u8],
}

/// The call failed outside of the operation (C706 12.6.4.7, [MS-RPCE] 2.2.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault<'a> {
    /// As in a response; with extended error information, its length and 32.
    pub alloc_hint: u32,
    /// The presentation context of the call.
    pub context_id: u16,
    /// Cancels that the server has seen.
    pub cancel_count: u8,
    /// Bit 0: extended error information follows.
    pub flags: u8,
    /// The status of the fault.
    pub status: FaultCode,
    /// Extended error information, or stub data, which clients ignore.
    pub extension: &'a [u8],
}

impl<'a> Request<'a> {
    pub(super) fn decode(reader: &mut Reader<'a>, has_object: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            alloc_hint: reader.u32("alloc_hint")?,
            context_id: reader.u16("p_cont_id")?,
            opnum: reader.u16("opnum")?,
            object: has_object.then(|| Guid::decode(reader)).transpose()?,
            stub: reader.rest(),
        })
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(self.alloc_hint);
        writer.u16(self.context_id);
        writer.u16(self.opnum);
        if let Some(object) = &self.object {
            object.encode(writer);
        }
        writer.bytes(self.stub);
    }
}

impl<'a> Response<'a> {
    pub(super) fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let [cancel_count, _] = reader.array("cancel_count")?;
        Ok(Self { alloc_hint, context_id, cancel_count, stub: reader.rest() })
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(self.alloc_hint);
        writer.u16(self.context_id);
        writer.bytes(&[self.cancel_count, 0]);
        writer.bytes(self.stub);
    }
}

impl<'a> Fault<'a> {
    pub(super) fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let [cancel_count, flags] = reader.array("cancel_count")?;
        let status = FaultCode(reader.u32("status")?);
        reader.skip(4, "reserved2")?;
        Ok(Self { alloc_hint, context_id, cancel_count, flags, status, extension: reader.rest() })
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(self.alloc_hint);
        writer.u16(self.context_id);
        writer.bytes(&[self.cancel_count, self.flags]);
        writer.u32(self.status.0);
        writer.zeros(4);
        writer.bytes(self.extension);
    }
}
