use netsession_rpc::ndr::{Alignment, Ndr, NdrError};
use netsession_wire::DecodeError;

use crate::{Info, Level};

/// The information about one file, one share or the server: a union with a pointer to the structure of a level
/// (FILE_INFO, SHARE_INFO and SERVER_INFO of [MS-SRVS] 2.2.3).
///
/// An unknown level has no content, on the wire and in this structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfoStruct<I: Info> {
    /// The level of the information.
    pub level: I::Level,
    /// The information; `None` for a null pointer, which the response has unless the status is success.
    pub info: Option<I>,
}

impl<I: Info> InfoStruct<I> {
    /// Returns what a server sends: `info` at `level`.
    #[must_use]
    pub const fn with(level: I::Level, info: I) -> Self {
        Self { level, info: Some(info) }
    }

    /// Writes or reads the parameter of a request that has the level in a parameter of its own before the union.
    pub(crate) fn parameter_with_level(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let mut level = self.level.number();
        ndr.u32(&mut level, "Level")?;
        self.parameter(ndr)?;
        match self.level.number() == level {
            true => Ok(()),
            false => Err(DecodeError::invalid("Level").into()),
        }
    }

    pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let (mut number, mut tuning) = (self.level.number(), None);
        ndr.union(&mut number, Alignment::Pointer, "Level", |number, ndr| {
            self.level = I::Level::from_number(number);
            self.arm(&mut tuning, ndr)
        })
    }

    fn arm(&mut self, tuning: &mut Option<u32>, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let level = self.level;
        if I::GET_LEVELS.contains(&level) {
            return ndr.unique(&mut self.info, "InfoStruct", |info, ndr| {
                ndr.structure(I::alignment(level), |ndr| info.members(level, ndr))
            });
        }
        self.info = None;
        if I::TUNING_LEVELS.contains(&level.number()) {
            ndr.unique_u32(tuning, "InfoStruct")?;
        }
        Ok(())
    }
}

impl<I: Info> Default for InfoStruct<I> {
    fn default() -> Self {
        Self { level: I::Level::default(), info: None }
    }
}
