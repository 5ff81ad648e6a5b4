//! What holds for all kinds: the lattice of protection, and what an apply must never do on its way.

mod lattice;
pub(super) mod roles;
pub(super) mod world;
