//! The vocabulary of the whole program, as plain data.
//!
//! Names are types here ([`Address`], [`Arn`], [`Region`], [`Duration`]), so that a
//! bucket's name can't stand where a region is meant. Nothing in this module reads
//! a file or calls the cloud.

mod address;
pub mod approval;
mod arn;
pub mod change;
pub mod convert;
mod described;
pub mod desired;
mod duration;
pub mod fact;
mod keep;
pub mod number;
pub mod objective;
mod observed;
mod organization;
pub mod policy;
mod principal;
pub mod schema;
mod scope;
mod size;
pub mod types;
pub mod value;
pub mod window;

pub use address::{Address, Key, ModuleStep};
pub use arn::Arn;
pub use change::{Action, AttributeChange, Direction, Judgement};
pub use desired::{Desired, Finding};
pub use duration::{Days, Duration};
pub use keep::{BucketPlace, Lock, PolicyPlace};
pub use observed::{Observed, Unreadable};
pub use organization::{Level, Membership};
pub use principal::{Principal, PrincipalKind};
pub use scope::{Account, AccountId, AssumeRole, Place, Region, Scope};
pub use size::{BadSize, Size};
