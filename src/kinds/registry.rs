//! The table of kinds.

use super::AnyKind;

/// Every kind, sorted by name.
pub static ALL: &[&dyn AnyKind] = &[];

/// The table, as a value that other modules can be given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds;

/// The kind of this name.
pub fn find(name: &str) -> Option<&'static dyn AnyKind> {
    ALL.iter().copied().find(|k| k.name() == name)
}
