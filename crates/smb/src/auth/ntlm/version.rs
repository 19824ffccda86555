use netsession_wire::{DecodeError, Reader, Writer};

/// VERSION ([MS-NLMP] 2.2.2.10): the version of the sender's system; nothing depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version {
    /// ProductMajorVersion.
    pub major: u8,
    /// ProductMinorVersion.
    pub minor: u8,
    /// ProductBuild.
    pub build: u16,
    /// NTLMRevisionCurrent.
    pub revision: u8,
}

impl Version {
    /// The version that this crate sends: the one whose NTLM it speaks, without a build number.
    pub const OURS: Self = Self { major: 6, minor: 1, build: 0, revision: 15 };

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (major, minor) = (reader.u8("ProductMajorVersion")?, reader.u8("ProductMinorVersion")?);
        let build = reader.u16("ProductBuild")?;
        reader.skip(3, "Version.Reserved")?;
        Ok(Self { major, minor, build, revision: reader.u8("NTLMRevisionCurrent")? })
    }

    pub(super) fn encode(self, writer: &mut Writer) {
        writer.u8(self.major);
        writer.u8(self.minor);
        writer.u16(self.build);
        writer.zeros(3);
        writer.u8(self.revision);
    }
}
