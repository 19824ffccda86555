//! [`Structure`]: a structure, and the layout of its fields.

use serde::{Deserialize, Serialize};

use super::types::Type;

/// A structure that functions fill or read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// The name, as the headers spell it, such as `SESSION_INFO_10`.
    pub name: String,
    /// The header that declares it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// The address of Microsoft's page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// The content, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The file with the prose, as a path in the workspace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prose_file: String,
}

/// A field of a structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name, as the headers spell it, such as `sesi10_cname`.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The group of constants that the value comes from, or combines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// The content.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// The place of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The offset in bytes.
    pub offset: usize,
    /// The size in bytes.
    pub size: usize,
}

impl Structure {
    /// Returns the place of each field, and the size of the structure, for pointers of `pointer` bytes (4 or 8).
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

    /// Returns whether a field holds a pointer, so that the layout depends on the computer.
    pub fn has_pointers(&self) -> bool {
        self.layout(4) != self.layout(8)
    }
}
