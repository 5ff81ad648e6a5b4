//! What users and tools are shown: plans, findings and outcomes in every format.
//!
//! Pure: data in, text out. What came from the cloud goes through [`escape`].

pub mod apply;
pub mod escape;
pub mod plan;

/// How text is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Use colour.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
}
