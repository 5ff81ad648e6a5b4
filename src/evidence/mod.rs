//! What outlives a run: records of applies, which plans were applied, the policy in force, the lease. In a bucket, or in a
//! local folder where no bucket is declared.
//!
//! A [`Store`] reads. What writes is a [`StoreWriter`], another type, which only `apply` makes
//! (`tests/tidy.rs` enforces it). Every write is conditional: nothing is overwritten unseen.

pub mod applied;
mod folder;
pub mod governing;
pub mod history;
pub mod lease;
pub mod permissions;
pub mod policy;
pub mod record;
mod store;

pub use store::{Object, Put, Store, StoreWriter, Version};
