//! Approvals: signatures of a saved plan's digest by SSH keys, in the format of `ssh-keygen -Y` (SSHSIG).
//!
//! What is signed is one line, [`message`], in the namespace [`NAMESPACE`]. Signatures stand in a file of
//! their own beside the plan, one armored block after the other. Who may approve and how many have to is
//! not known here: [`tally()`] says which keys have signed, and `plan::refusals` whether that is enough.

mod agent;
mod padded;
mod rsa;
mod sign;
mod sshsig;
mod tally;
#[cfg(test)]
mod tests;

pub use agent::{Agent, Identity};
pub use sign::{Signer, unlocked};
pub use sshsig::{Signature, blocks};
pub use tally::{Tally, tally};

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The namespace of the signatures, so that one made for something else never counts.
pub const NAMESPACE: &str = "backstay-plan";

/// What is signed: one line with the digest of the plan.
pub fn message(digest: &str) -> String {
    format!("{NAMESPACE} {digest}\n")
}

/// Where the signatures of a saved plan are: in the same folder, with `.approvals` behind its name.
pub fn beside(plan: &Path) -> PathBuf {
    let mut name = OsString::from(plan);
    name.push(".approvals");
    name.into()
}
