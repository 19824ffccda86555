use tokio::runtime::Runtime;

use crate::raw;

/// The single calls: the blocking form of [`raw::Raw`].
#[derive(Debug)]
pub struct Raw<'a> {
    pub(crate) raw: raw::Raw<'a>,
    pub(crate) runtime: &'a Runtime,
}

impl<'a> Raw<'a> {
    pub(super) const fn new(raw: raw::Raw<'a>, runtime: &'a Runtime) -> Self {
        Self { raw, runtime }
    }
}
