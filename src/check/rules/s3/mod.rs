//! Controls on buckets and their like.

#[cfg(test)]
pub(super) mod cases;
pub mod expiry;
pub mod exposure;
pub mod lock;
pub mod replication;
pub mod versioning;

/// Days for which a mistake or an intruder can go unnoticed and everything still be there: a long
/// weekend and the days until somebody misses a file. It is also the first tier of a
/// daily-weekly-monthly scheme, and the least that air-gapped vaults accept.
pub const LEAST_DAYS: u32 = 7;
