/// An array behind a pointer, with its count beside the pointer: `DWORD n; [size_is(n)] T *buffer;`.
///
/// A null pointer differs from an array without elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<T> {
    /// The count, between reading it and reading the array; 0 at every other time.
    pub(super) declared: u32,
    pub(super) buffer: Option<Vec<T>>,
}

impl<T> Counted<T> {
    /// Returns a null pointer, with a count of zero.
    pub const NULL: Self = Self { declared: 0, buffer: None };

    /// Returns whether the pointer is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.buffer.is_none()
    }

    /// Returns the elements; none if the pointer is null.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self.buffer.as_deref().unwrap_or_default()
    }

    /// Returns the elements; none if the pointer is null.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.buffer.unwrap_or_default()
    }
}

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<T> From<Vec<T>> for Counted<T> {
    fn from(elements: Vec<T>) -> Self {
        Self { declared: 0, buffer: Some(elements) }
    }
}
