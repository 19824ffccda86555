use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use super::field::{at_least_one_byte, len8, len16, len32, size, structure_size};
use super::{Body, EncodeError};

/// The response to a failed request ([MS-SMB2] 2.2.2). The header has the status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorResponse {
    /// More information about the error.
    pub data: ErrorData,
}

/// More information about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorData {
    /// Before 3.1.1: bytes whose form depends on the status ([MS-SMB2] 2.2.2.2); mostly none.
    Plain(Vec<u8>),
    /// In 3.1.1: contexts ([MS-SMB2] 2.2.2.1).
    Contexts(Vec<ErrorContext>),
}

/// A context of an error ([MS-SMB2] 2.2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorContext {
    /// The kind of the context.
    pub id: ErrorId,
    /// Its form depends on the status and on `id` ([MS-SMB2] 2.2.2.2).
    pub data: Vec<u8>,
}

open_enum! {
    /// The kind of an [`ErrorContext`] ([MS-SMB2] 2.2.2.1).
    pub struct ErrorId(u32) {
        DEFAULT = 0,
        SHARE_REDIRECT = 0x7264_5253,
    }
}

impl Default for ErrorData {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

impl ErrorResponse {
    /// Returns the data that belongs to the status, in either form; empty if there is none.
    #[must_use]
    pub fn default_data(&self) -> &[u8] {
        match &self.data {
            ErrorData::Plain(data) => data,
            ErrorData::Contexts(contexts) => {
                contexts.iter().find(|it| it.id == ErrorId::DEFAULT).map_or(&[], |it| &it.data)
            }
        }
    }

    /// Returns how many bytes the answer needs, with STATUS_BUFFER_TOO_SMALL ([MS-SMB2] 2.2.2.2).
    #[must_use]
    pub fn required_length(&self) -> Option<u32> {
        self.default_data().try_into().ok().map(u32::from_le_bytes)
    }
}

impl Body<'_> for ErrorResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(9);
        let count = match &self.data {
            ErrorData::Plain(_) => 0,
            ErrorData::Contexts(contexts) => contexts.len(),
        };
        writer.u8(len8(count, "error contexts")?);
        writer.u8(0);
        let byte_count = writer.position();
        writer.u32(0);
        let start = writer.position();
        match &self.data {
            ErrorData::Plain(data) => writer.bytes(data),
            ErrorData::Contexts(contexts) => {
                for context in contexts {
                    writer.align(8);
                    writer.u32(len32(context.data.len(), "error context")?);
                    writer.u32(context.id.0);
                    writer.bytes(&context.data);
                }
            }
        }
        writer.fill_u32(byte_count, len32(writer.position().saturating_sub(start), "error data")?);
        // ErrorData has one byte even if ByteCount is zero.
        at_least_one_byte(writer, start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "ERROR response";
        structure_size(reader, 9, WHAT)?;
        let count = reader.u8(WHAT)?;
        reader.skip(1, WHAT)?;
        let length = size(reader.u32(WHAT)?);
        // The body starts at a multiple of 8, and so does this position: align the contexts relative to it.
        let mut data = Reader::new(reader.bytes(length, "ErrorData")?);
        if count == 0 {
            return Ok(Self { data: ErrorData::Plain(data.rest().to_vec()) });
        }
        let contexts = (0..count).map(|index| ErrorContext::decode(&mut data, index > 0));
        Ok(Self { data: ErrorData::Contexts(contexts.collect::<Result<_, _>>()?) })
    }
}

impl ErrorContext {
    fn decode(reader: &mut Reader<'_>, align: bool) -> Result<Self, DecodeError> {
        const WHAT: &str = "error context";
        if align {
            reader.align(8, WHAT)?;
        }
        let length = size(reader.u32(WHAT)?);
        let id = ErrorId(reader.u32(WHAT)?);
        Ok(Self { id, data: reader.bytes(length, WHAT)?.to_vec() })
    }
}

/// The target of a symbolic link, with STATUS_STOPPED_ON_SYMLINK ([MS-SMB2] 2.2.2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolicLinkError {
    /// How many bytes of the requested path come after the link.
    pub unparsed_path_length: u16,
    /// The path to use instead.
    pub substitute_name: String,
    /// The path to show.
    pub print_name: String,
    /// SYMLINK_FLAG_RELATIVE: the path starts at the directory that contains the link.
    pub relative: bool,
}

const SYMLINK_ERROR_TAG: u32 = 0x4c4d_5953;
const IO_REPARSE_TAG_SYMLINK: u32 = 0xa000_000c;

impl SymbolicLinkError {
    /// Returns the error data.
    ///
    /// # Errors
    /// [`EncodeError`] for names that are too long.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        const WHAT: &str = "symbolic link";
        let substitute = utf16::encode(&self.substitute_name);
        let print = utf16::encode(&self.print_name);
        let names = substitute.len().saturating_add(print.len());
        let mut writer = Writer::new();
        writer.u32(len32(names.saturating_add(24), WHAT)?);
        writer.u32(SYMLINK_ERROR_TAG);
        writer.u32(IO_REPARSE_TAG_SYMLINK);
        writer.u16(len16(names.saturating_add(12), WHAT)?);
        writer.u16(self.unparsed_path_length);
        writer.u16(0);
        writer.u16(len16(substitute.len(), WHAT)?);
        writer.u16(len16(substitute.len(), WHAT)?);
        writer.u16(len16(print.len(), WHAT)?);
        writer.u32(u32::from(self.relative));
        writer.bytes(&substitute);
        writer.bytes(&print);
        Ok(writer.finish())
    }

    /// Reads error data.
    ///
    /// # Errors
    /// [`DecodeError`] if the data is not about a symbolic link.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "symbolic link error";
        let reader = &mut Reader::new(data);
        reader.skip(4, WHAT)?;
        if reader.u32(WHAT)? != SYMLINK_ERROR_TAG || reader.u32(WHAT)? != IO_REPARSE_TAG_SYMLINK {
            return Err(DecodeError::invalid(WHAT));
        }
        reader.skip(2, WHAT)?;
        let unparsed_path_length = reader.u16(WHAT)?;
        let [substitute_offset, substitute_length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let [print_offset, print_length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let relative = reader.u32(WHAT)? & 1 != 0;
        let path_buffer = Reader::new(reader.rest());
        Ok(Self {
            unparsed_path_length,
            substitute_name: super::field::text(&path_buffer, substitute_offset, substitute_length, WHAT)?,
            print_name: super::field::text(&path_buffer, print_offset, print_length, WHAT)?,
            relative,
        })
    }
}

/// The new place of a share, with STATUS_BAD_NETWORK_NAME and [`ErrorId::SHARE_REDIRECT`] ([MS-SMB2] 2.2.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRedirect {
    /// The addresses to connect to.
    pub addresses: Vec<IpAddr>,
    /// The share.
    pub resource_name: String,
}

impl ShareRedirect {
    const ADDRESS_LEN: usize = 24;

    /// Returns the data of an error context.
    ///
    /// # Errors
    /// [`EncodeError`] for more than its length fields allow.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        const WHAT: &str = "share redirect";
        let name = utf16::encode(&self.resource_name);
        let offset = self.addresses.len().saturating_mul(Self::ADDRESS_LEN).saturating_add(24);
        let mut writer = Writer::new();
        writer.u32(48);
        writer.u32(3);
        writer.u32(len32(offset, WHAT)?);
        writer.u32(len32(name.len(), WHAT)?);
        writer.u32(0);
        writer.u32(len32(self.addresses.len(), WHAT)?);
        for address in &self.addresses {
            match address {
                IpAddr::V4(address) => {
                    writer.u64(1);
                    writer.bytes(&address.octets());
                    writer.zeros(12);
                }
                IpAddr::V6(address) => {
                    writer.u64(2);
                    writer.bytes(&address.octets());
                }
            }
        }
        writer.bytes(&name);
        Ok(writer.finish())
    }

    /// Reads the data of an error context.
    ///
    /// # Errors
    /// [`DecodeError`] if the data is not a share redirect.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "share redirect";
        let reader = &mut Reader::new(data);
        if reader.u32(WHAT)? != 48 || reader.u32(WHAT)? != 3 {
            return Err(DecodeError::invalid(WHAT));
        }
        let [offset, length] = [reader.u32(WHAT)?, reader.u32(WHAT)?];
        reader.skip(4, WHAT)?;
        let count = size(reader.u32(WHAT)?);
        let list = reader.bytes(count.saturating_mul(Self::ADDRESS_LEN), WHAT)?;
        let addresses =
            list.chunks_exact(Self::ADDRESS_LEN).map(|entry| Self::address(&mut Reader::new(entry)));
        Ok(Self {
            addresses: addresses.collect::<Result<_, _>>()?,
            resource_name: super::field::text(reader, offset, length, WHAT)?,
        })
    }

    fn address(reader: &mut Reader<'_>) -> Result<IpAddr, DecodeError> {
        const WHAT: &str = "address of a share redirect";
        let kind = reader.u32(WHAT)?;
        reader.skip(4, WHAT)?;
        match kind {
            1 => Ok(Ipv4Addr::from(reader.array::<4>(WHAT)?).into()),
            2 => Ok(Ipv6Addr::from(reader.array::<16>(WHAT)?).into()),
            _ => Err(DecodeError::invalid(WHAT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives, withstands};

    /// A failure here would make clients wait for a byte that never comes, or take it for the next message.
    #[test]
    fn an_empty_error_has_its_one_byte_pad() {
        let bytes = bytes_of(&ErrorResponse::default());
        assert_eq!(bytes[64..], [9, 0, 0, 0, 0, 0, 0, 0, 0]);
        survives!(ErrorResponse, ErrorResponse::default());
        survives!(ErrorResponse, ErrorResponse { data: ErrorData::Plain(vec![1, 2, 3, 4]) });
    }

    /// A failure here would lose a 3.1.1 server's reason for an error.
    #[test]
    fn contexts_are_aligned() {
        let contexts = vec![
            ErrorContext { id: ErrorId::SHARE_REDIRECT, data: vec![1, 2, 3] },
            ErrorContext { id: ErrorId::DEFAULT, data: vec![4, 0, 0, 0] },
        ];
        let error = ErrorResponse { data: ErrorData::Contexts(contexts) };
        assert_eq!(error.required_length(), Some(4));
        assert_eq!(bytes_of(&error)[66..72], [2, 0, 28, 0, 0, 0]);
        survives!(ErrorResponse, error);
    }

    /// A failure here would make clients follow links to a wrong path. The example is that of [MS-SMB2] 2.2.2.2.1.1.
    #[test]
    fn symbolic_link_as_in_the_specification() {
        let link = SymbolicLinkError {
            unparsed_path_length: 0x2e,
            substitute_name: r"\??\D:\DonHall\MiscDocuments\PDocs".into(),
            print_name: r"D:\DonHall\MiscDocuments\PDocs".into(),
            relative: false,
        };
        let bytes = link.encode().unwrap();
        assert_eq!(bytes[14..20], [0x2e, 0, 0, 0, 0x44, 0]);
        assert_eq!(SymbolicLinkError::decode(&bytes), Ok(link));
        withstands(&bytes, |bytes| SymbolicLinkError::decode(bytes).ok()?.encode().ok());
    }

    /// A failure here would make a client follow a moved share to a wrong server.
    #[test]
    fn share_redirect_survives() {
        let redirect = ShareRedirect {
            addresses: vec!["10.0.0.5".parse().unwrap(), "fe80::1".parse().unwrap()],
            resource_name: "data".into(),
        };
        let bytes = redirect.encode().unwrap();
        assert_eq!(ShareRedirect::decode(&bytes), Ok(redirect));
        withstands(&bytes, |bytes| ShareRedirect::decode(bytes).ok()?.encode().ok());
    }
}
