//! Controls on databases.

#[cfg(test)]
pub(super) mod cases;
pub mod copies;
pub mod instance;
pub mod retention;

/// The same week as for buckets: a mistake before a long weekend has to be found in time.
pub const LEAST_DAYS: u32 = 7;
