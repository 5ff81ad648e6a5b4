//! The way to AWS: sessions per account, clients per region, errors by class.
//!
//! Reading code holds a [`Reader`], whose clients refuse every operation that is not a
//! read before anything is sent. A [`Writer`] comes only from [`Cloud::writer`], which
//! only `apply` calls (`tests/tidy.rs` enforces it).

mod attempts;
mod client;
mod error;
mod guard;
mod objects;
mod once;
mod pace;
mod retry;
mod session;
pub mod simulate;

pub use attempts::{Attempts, Tally, Trace};
pub use client::{Clients, Reader, Writer};
pub use error::{AwsError, Class, classify};
pub use objects::{Conditional, Fetched, Objects, ObjectsWriter};
pub use once::once;
pub use retry::{Patience, patiently};
pub use session::{Cloud, Settings};
