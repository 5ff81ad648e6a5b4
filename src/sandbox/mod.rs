//! A local AWS, for trying backstay out and for its tests.
//!
//! One endpoint on 127.0.0.1 stands for every service. Behind it a gateway
//! looks at each request (`request`), decides by one table who answers
//! ([`routes`]) and sends it on to one of two emulators written in Python,
//! ministack and moto, which it starts and stops (`emulator`). What neither
//! has it answers itself from the documented shapes (`answers`).
//!
//! Nothing in here knows how backstay works: it is AWS as far as a client can
//! tell, plus three things for tests under `/_backstay/`: what was asked
//! (`record`), answers that fail on purpose (`faults`) and starting over.
//!
//! Accounts need no setting up. An access key that is an account's twelve digits
//! is that account's root; `sts:AssumeRole` leads into any other account.

mod accounts;
mod answers;
mod backends;
mod control;
pub mod detached;
mod emulator;
mod enforce;
mod faults;
mod gateway;
pub mod install;
mod memory;
mod record;
mod reply;
mod request;
pub mod routes;
mod running;
pub mod seed;

pub use control::Remote;
pub use faults::{Fault, Outcome};
pub use record::Record;
pub use running::{Options, Sandbox, environment};
pub use seed::Seed;

use crate::diag::{Code, Diagnostic, code};

/// The account whose root the exported credentials are.
pub const DEFAULT_ACCOUNT: &str = "111111111111";

/// The secret of every account's root access key.
pub const ROOT_SECRET: &str = "test";

/// The region that is exported, and assumed where a request names none.
pub const DEFAULT_REGION: &str = "us-east-1";

/// What goes wrong in the sandbox is one diagnostic, boxed to keep results small.
pub type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

/// A diagnostic with the sandbox's code.
fn failure(detail: impl Into<String>, remedy: impl Into<String>) -> Box<Diagnostic> {
    let code: Code = code::SANDBOX;
    Box::new(Diagnostic::error(code, detail).remedy(remedy))
}
