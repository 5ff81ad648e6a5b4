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

/// The tag by which backstay finds again what it created.
pub const PROJECT_TAG: &str = "backstay:project";

/// The tag of what an apply is creating; its value is the project. An apply that comes to its end removes it.
pub const CREATING_TAG: &str = "backstay:creating";

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
