use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use netsession_wire::name::upper_case;
use netsession_wire::{Guid, NtStatus};

use super::{Instance, Open, Share};

/// The fewest files after which closed ones are forgotten.
const FEW: usize = 64;

/// The application and the path, in capitals.
type Key = (Guid, String);

/// The files that applications with an identifier have open.
#[derive(Debug, Default)]
pub(crate) struct Instances(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    opens: HashMap<Key, Vec<Weak<Open>>>,
    count: usize,
    sweep_at: usize,
}

impl Table {
    fn sweep(&mut self) {
        self.opens.retain(|_, opens| {
            opens.retain(|open| open.strong_count() > 0);
            !opens.is_empty()
        });
        self.count = self.opens.values().map(Vec::len).sum();
        self.sweep_at = self.count.saturating_mul(2).max(FEW);
    }
}

impl Instances {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an open of an application.
    pub(crate) fn remember(&self, open: &Arc<Open>) {
        let Some(instance) = open.instance else { return };
        let key = (instance.id, upper_case(&open.path()));
        let mut table = self.table();
        if table.count >= table.sweep_at {
            table.sweep();
        }
        table.opens.entry(key).or_default().push(Arc::downgrade(open));
        table.count = table.count.saturating_add(1);
    }

    /// Returns what the application has open at other computers under this path of a share, as the same user: the caller closes
    /// it.
    ///
    /// # Errors
    /// `STATUS_FILE_FORCED_CLOSED`: a later instance of the application has the file open.
    pub(crate) fn others(
        &self,
        instance: &Instance,
        (share, path): (&Arc<Share>, &str),
        user: &str,
    ) -> Result<Vec<Arc<Open>>, NtStatus> {
        let key = (instance.id, upper_case(path));
        let opens = self.table().opens.get(&key).cloned().unwrap_or_default();
        let is_elsewhere = |open: &Arc<Open>| {
            open.instance.is_some_and(|other| other.client != instance.client)
                && open.user == user
                && Arc::ptr_eq(&open.share, share)
                && upper_case(&open.path()) == key.1
        };
        let found: Vec<_> = opens.iter().filter_map(Weak::upgrade).filter(is_elsewhere).collect();
        match found.iter().filter_map(|open| open.instance).all(|other| instance.follows(&other)) {
            true => Ok(found),
            false => Err(NtStatus::FILE_FORCED_CLOSED),
        }
    }
}
