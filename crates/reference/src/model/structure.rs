//! A structure, and where its fields lie.

use serde::{Deserialize, Serialize};

use super::types::Type;

/// A structure that functions fill or read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// As the headers spell it, such as `SESSION_INFO_10`.
    pub name: String,
    /// The header that declares it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// Microsoft's own page, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// What it holds, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What one should know besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The file with its prose, from the workspace's folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prose_file: String,
}

/// A field of a structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// As the headers spell it, such as `sesi10_cname`.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The group of constants that its value is one of, or made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// What it holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// Where a field lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Bytes before it.
    pub offset: usize,
    /// Bytes that it takes.
    pub size: usize,
}

impl Structure {
    /// Where each field lies, and the size of the whole, where a pointer has `pointer` bytes (4 or 8).
    pub fn layout(&self, pointer: usize) -> (Vec<Place>, usize) {
        let (mut places, mut end, mut widest) = (Vec::new(), 0_usize, 1);
        for field in &self.fields {
            let (size, alignment) = field.kind.size(pointer);
            let offset = end.next_multiple_of(alignment);
            places.push(Place { offset, size });
            end = offset + size;
            widest = widest.max(alignment);
        }
        (places, end.next_multiple_of(widest))
    }

    /// True where a field holds a pointer, so that the layout depends on the computer.
    pub fn has_pointers(&self) -> bool {
        self.layout(4) != self.layout(8)
    }
}
