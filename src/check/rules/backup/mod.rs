//! Controls on AWS Backup: vaults, and the plans that fill them.

#[cfg(test)]
pub(super) mod cases;
pub mod plan;
pub mod vault;
