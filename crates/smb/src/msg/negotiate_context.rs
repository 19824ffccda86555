//! The negotiate contexts that 3.1.1 adds to NEGOTIATE ([MS-SMB2] 2.2.3.1 and 2.2.4.1).

use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use super::EncodeError;
use super::field::{len16, list16};

/// One context of a NEGOTIATE request or response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NegotiateContext {
    /// 2.2.3.1.1: the hash of earlier messages.
    Preauth {
        /// The offered hash functions, or the selected one.
        algorithms: Vec<HashAlgorithm>,
        /// Random bytes.
        salt: Vec<u8>,
    },
    /// 2.2.3.1.2: the offered ciphers in order of preference, or the selected one (zero for none).
    Encryption(Vec<Cipher>),
    /// 2.2.3.1.3.
    Compression {
        /// Whether a side may compress messages in parts.
        flags: CompressionFlags,
        /// The offered algorithms in order of preference, or those that both sides have.
        algorithms: Vec<CompressionAlgorithm>,
    },
    /// 2.2.3.1.4: the server's name as the client knows it.
    NetName(String),
    /// 2.2.3.1.5.
    Transport(TransportFlags),
    /// 2.2.3.1.6.
    Rdma(Vec<RdmaTransform>),
    /// 2.2.3.1.7: the offered algorithms in order of preference, or the selected one.
    Signing(Vec<SigningAlgorithm>),
    /// A type that this crate does not know.
    Unknown {
        /// ContextType.
        context_type: u16,
        /// Data.
        data: Vec<u8>,
    },
}

open_enum! {
    /// Hash functions of preauthentication integrity ([MS-SMB2] 2.2.3.1.1).
    pub struct HashAlgorithm(u16) {
        SHA_512 = 1,
    }
}

open_enum! {
    /// Ciphers ([MS-SMB2] 2.2.3.1.2).
    pub struct Cipher(u16) {
        NONE = 0,
        AES_128_CCM = 1,
        AES_128_GCM = 2,
        AES_256_CCM = 3,
        AES_256_GCM = 4,
    }
}

open_enum! {
    /// Compression algorithms ([MS-SMB2] 2.2.3.1.3).
    pub struct CompressionAlgorithm(u16) {
        NONE = 0,
        LZNT1 = 1,
        LZ77 = 2,
        LZ77_HUFFMAN = 3,
        PATTERN_V1 = 4,
        LZ4 = 5,
    }
}

open_enum! {
    /// The transforms of data over RDMA ([MS-SMB2] 2.2.3.1.6).
    pub struct RdmaTransform(u16) {
        NONE = 0,
        ENCRYPTION = 1,
        SIGNING = 2,
    }
}

open_enum! {
    /// Signing algorithms ([MS-SMB2] 2.2.3.1.7).
    pub struct SigningAlgorithm(u16) {
        HMAC_SHA256 = 0,
        AES_CMAC = 1,
        AES_GMAC = 2,
    }
}

bitflags::bitflags! {
    /// Flags of compression ([MS-SMB2] 2.2.3.1.3).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CompressionFlags: u32 {
        /// In parts, each with an algorithm of its own.
        const CHAINED = 1;
    }
}

bitflags::bitflags! {
    /// Properties of the transport ([MS-SMB2] 2.2.3.1.5).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct TransportFlags: u32 {
        /// It encrypts, so that SMB2 need not.
        const ACCEPT_TRANSPORT_LEVEL_SECURITY = 1;
    }
}

const PREAUTH: u16 = 0x0001;
const ENCRYPTION: u16 = 0x0002;
const COMPRESSION: u16 = 0x0003;
const NETNAME: u16 = 0x0005;
const TRANSPORT: u16 = 0x0006;
const RDMA: u16 = 0x0007;
const SIGNING: u16 = 0x0008;

impl NegotiateContext {
    /// ContextType.
    #[must_use]
    pub const fn context_type(&self) -> u16 {
        match self {
            Self::Preauth { .. } => PREAUTH,
            Self::Encryption(_) => ENCRYPTION,
            Self::Compression { .. } => COMPRESSION,
            Self::NetName(_) => NETNAME,
            Self::Transport(_) => TRANSPORT,
            Self::Rdma(_) => RDMA,
            Self::Signing(_) => SIGNING,
            Self::Unknown { context_type, .. } => *context_type,
        }
    }

    /// Writes `contexts`, each at a multiple of 8, and returns the offset of the first.
    pub(super) fn encode_list(contexts: &[Self], writer: &mut Writer) -> Result<usize, EncodeError> {
        writer.align(8);
        let offset = writer.position();
        for context in contexts {
            writer.align(8);
            let data = context.data()?;
            writer.u16(context.context_type());
            writer.u16(len16(data.len(), "negotiate context")?);
            writer.u32(0);
            writer.bytes(&data);
        }
        Ok(offset)
    }

    /// Reads `count` contexts from `offset` on.
    pub(super) fn decode_list(
        reader: &Reader<'_>,
        offset: u32,
        count: u16,
    ) -> Result<Vec<Self>, DecodeError> {
        const WHAT: &str = "negotiate context";
        let mut reader = Reader::new(reader.whole());
        reader.skip(super::field::size(offset), WHAT)?;
        let mut contexts = Vec::new();
        for _ in 0..count {
            reader.align(8, WHAT)?;
            let context_type = reader.u16(WHAT)?;
            let length = usize::from(reader.u16(WHAT)?);
            reader.skip(4, WHAT)?;
            contexts.push(Self::from_data(context_type, reader.bytes(length, WHAT)?)?);
        }
        Ok(contexts)
    }

    fn data(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new();
        match self {
            Self::Preauth { algorithms, salt } => {
                writer.u16(len16(algorithms.len(), "hash algorithms")?);
                writer.u16(len16(salt.len(), "salt")?);
                algorithms.iter().for_each(|it| writer.u16(it.0));
                writer.bytes(salt);
            }
            Self::Encryption(ciphers) => {
                writer.u16(len16(ciphers.len(), "ciphers")?);
                ciphers.iter().for_each(|it| writer.u16(it.0));
            }
            Self::Compression { flags, algorithms } => {
                writer.u16(len16(algorithms.len(), "compression algorithms")?);
                writer.u16(0);
                writer.u32(flags.bits());
                algorithms.iter().for_each(|it| writer.u16(it.0));
            }
            Self::NetName(name) => writer.bytes(&utf16::encode(name)),
            Self::Transport(flags) => writer.u32(flags.bits()),
            Self::Rdma(transforms) => {
                writer.u16(len16(transforms.len(), "RDMA transforms")?);
                writer.zeros(6);
                transforms.iter().for_each(|it| writer.u16(it.0));
            }
            Self::Signing(algorithms) => {
                writer.u16(len16(algorithms.len(), "signing algorithms")?);
                algorithms.iter().for_each(|it| writer.u16(it.0));
            }
            Self::Unknown { data, .. } => writer.bytes(data),
        }
        Ok(writer.finish())
    }

    fn from_data(context_type: u16, data: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new(data);
        Ok(match context_type {
            PREAUTH => Self::preauth(reader)?,
            ENCRYPTION => Self::Encryption(counted(reader, 0, "ciphers", Cipher)?),
            COMPRESSION => Self::compression(reader)?,
            NETNAME => Self::NetName(utf16::decode(data, "NetName")?),
            TRANSPORT => {
                Self::Transport(TransportFlags::from_bits_retain(reader.u32("transport capabilities")?))
            }
            RDMA => Self::Rdma(counted(reader, 6, "RDMA transforms", RdmaTransform)?),
            SIGNING => Self::Signing(counted(reader, 0, "signing algorithms", SigningAlgorithm)?),
            _ => Self::Unknown { context_type, data: data.to_vec() },
        })
    }

    fn preauth(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.u16("hash algorithms")?;
        let salt_length = usize::from(reader.u16("salt")?);
        Ok(Self::Preauth {
            algorithms: list16(reader, count, "hash algorithms", HashAlgorithm)?,
            salt: reader.bytes(salt_length, "salt")?.to_vec(),
        })
    }

    fn compression(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "compression algorithms";
        let count = reader.u16(WHAT)?;
        reader.skip(2, WHAT)?;
        Ok(Self::Compression {
            flags: CompressionFlags::from_bits_retain(reader.u32(WHAT)?),
            algorithms: list16(reader, count, WHAT, CompressionAlgorithm)?,
        })
    }
}

/// Reads a count, `reserved` bytes, and that many 16-bit numbers.
fn counted<T>(
    reader: &mut Reader<'_>,
    reserved: usize,
    what: &'static str,
    make: impl Fn(u16) -> T,
) -> Result<Vec<T>, DecodeError> {
    let count = reader.u16(what)?;
    reader.skip(reserved, what)?;
    list16(reader, count, what, make)
}
