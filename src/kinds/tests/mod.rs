//! What holds for all kinds: the lattice of protection, and what an apply must never do on its way.

mod among;
pub(super) mod documents;
mod lattice;
pub(super) mod laws;
mod outside;
pub(super) mod reach;
pub(super) mod roles;
pub(super) mod world;
