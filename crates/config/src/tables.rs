//! [`Tables`]: the tables of one kind, such as `[server.fs1]` and `[server.fs2]`, by name.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer};

/// Tables by name, without regard to case. Finding one takes the same time however many there are.
#[derive(Clone, Debug)]
pub(crate) struct Tables<T> {
    by_name: BTreeMap<String, T>,
    /// The spelling of each name, by its folded form.
    spelled: HashMap<String, String>,
}

impl<T> Default for Tables<T> {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), spelled: HashMap::new() }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tables<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let by_name = BTreeMap::<String, T>::deserialize(from)?;
        let mut spelled = HashMap::with_capacity(by_name.len());
        for name in by_name.keys() {
            // Of two spellings the first counts; `netsession config check` reports the other one.
            spelled.entry(folded(name)).or_insert_with(|| name.clone());
        }
        Ok(Self { by_name, spelled })
    }
}

impl<T> Tables<T> {
    /// Returns the table of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|(_, table)| table)
    }

    /// Returns the table of this name, and the name as the file spells it.
    pub(crate) fn entry(&self, name: &str) -> Option<(&str, &T)> {
        let spelled = self.spelled.get(&folded(name))?;
        self.by_name.get_key_value(spelled).map(|(name, table)| (name.as_str(), table))
    }

    /// Returns the names, sorted, as the file spells them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Returns the names and the tables, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.by_name.iter().map(|(name, table)| (name.as_str(), table))
    }
}

/// Returns the form of a name by which it compares without regard to case.
pub(crate) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}
