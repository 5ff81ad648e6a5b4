//! What the kinds of roles share: one bulk read, what access a document gives, what IAM
//! accepts, and writes that can be repeated.

pub mod access;
pub mod account;
pub mod creation;
pub mod everyone;
pub mod judge;
pub mod limits;
pub mod live;
mod managed;
pub mod organization;
#[cfg(test)]
mod tests;
pub mod write;

use crate::model::Place;

/// The inline policy that backstay writes; others on the same role are left alone.
pub const INLINE: &str = "backstay";

/// The path of everything that backstay creates for a project: `/backstay/<project>/`.
pub fn own_path(place: &Place) -> String {
    format!("/backstay/{}/", place.project)
}

/// The path of backup writers, below [`own_path`]. Each kind of role looks only under its own
/// path for what nobody declares any more, so that neither removes what the other made.
pub fn writer_path(place: &Place) -> String {
    format!("/backstay/{}/writer/", place.project)
}
