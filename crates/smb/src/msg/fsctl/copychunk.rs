use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// Identifies the source of a copy on the server ([MS-SMB2] 2.2.32.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResumeKey(pub [u8; 24]);

/// The answer to SRV_REQUEST_RESUME_KEY ([MS-SMB2] 2.2.32.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumeKeyResponse {
    /// Identifies the open.
    pub resume_key: ResumeKey,
}

/// Copies ranges on the server: SRV_COPYCHUNK and SRV_COPYCHUNK_WRITE ([MS-SMB2] 2.2.31.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyChunkRequest {
    /// The source; the target is the open of the IOCTL.
    pub source_key: ResumeKey,
    /// The ranges.
    pub chunks: Vec<CopyChunk>,
}

/// One range ([MS-SMB2] 2.2.31.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyChunk {
    /// Where it starts in the source.
    pub source_offset: u64,
    /// Where it starts in the target.
    pub target_offset: u64,
    /// The length in bytes.
    pub length: u32,
}

/// How much the server has copied ([MS-SMB2] 2.2.32.1). With STATUS_INVALID_PARAMETER, the limits of the server: the
/// number of chunks, the bytes of a chunk, and the bytes of all chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyChunkResponse {
    /// Chunks copied.
    pub chunks_written: u32,
    /// Bytes of the chunk that failed.
    pub chunk_bytes_written: u32,
    /// The bytes of all chunks.
    pub total_bytes_written: u32,
}

/// Bytes of a [`CopyChunk`].
const CHUNK_LEN: usize = 24;

impl Structure for ResumeKeyResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.bytes(&self.resume_key.0);
        // ContextLength 0, and yet 4 bytes of context, as Windows ([MS-SMB2] note 69) and Samba send them.
        writer.u64(0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SRV_REQUEST_RESUME_KEY response";
        let resume_key = ResumeKey(reader.array(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self { resume_key })
    }
}

impl Structure for CopyChunkRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.bytes(&self.source_key.0);
        writer.u32(len32(self.chunks.len(), "chunks")?);
        writer.u32(0);
        for chunk in &self.chunks {
            writer.u64(chunk.source_offset);
            writer.u64(chunk.target_offset);
            writer.u32(chunk.length);
            writer.u32(0);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SRV_COPYCHUNK_COPY";
        let source_key = ResumeKey(reader.array(WHAT)?);
        let count = size(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        let chunks = reader.bytes(count.saturating_mul(CHUNK_LEN), WHAT)?.chunks_exact(CHUNK_LEN);
        let chunks = chunks.map(|chunk| CopyChunk::decode(&mut Reader::new(chunk)));
        Ok(Self { source_key, chunks: chunks.collect::<Result<_, _>>()? })
    }
}

impl CopyChunk {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SRV_COPYCHUNK";
        Ok(Self {
            source_offset: reader.u64(WHAT)?,
            target_offset: reader.u64(WHAT)?,
            length: reader.u32(WHAT)?,
        })
    }
}

impl Structure for CopyChunkResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.chunks_written);
        writer.u32(self.chunk_bytes_written);
        writer.u32(self.total_bytes_written);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SRV_COPYCHUNK_RESPONSE";
        Ok(Self {
            chunks_written: reader.u32(WHAT)?,
            chunk_bytes_written: reader.u32(WHAT)?,
            total_bytes_written: reader.u32(WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would copy other bytes, or copy them to another place.
    #[test]
    fn all_survive() {
        let key = ResumeKey([1; 24]);
        keeps(&ResumeKeyResponse { resume_key: key });
        let chunk = CopyChunk { source_offset: 1, target_offset: 2, length: 3 };
        keeps(&CopyChunkRequest { source_key: key, chunks: vec![chunk, chunk] });
        keeps(&CopyChunkResponse { chunks_written: 1, chunk_bytes_written: 2, total_bytes_written: 3 });
    }
}
