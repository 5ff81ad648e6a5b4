//! Resource kinds: one file for each block type, plugged into one trait.
//!
//! To add one: write `src/kinds/<service>_<thing>.rs` with an `impl Kind`, add its `mod`
//! line and its row in [`ALL`]. Schema, reference page, JSON Schema, plan, apply, check and
//! the permission list follow from the trait; nothing else learns the kind's name.

mod access;
pub mod among;
pub mod backup_plan;
pub mod backup_vault;
mod decode;
mod erased;
pub mod governed;
pub mod guarded;
pub mod iam;
pub mod iam_role;
pub mod keys;
pub mod kms_key;
mod marked;
pub mod objects;
pub mod order;
pub mod rds_instance;
mod registry;
pub mod s3_bucket;
pub mod statement;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod told;
pub mod writer_role;

pub use decode::{Declared, Resources, decode};
pub use erased::{AnyKind, Decoded, ReadAnswer, Wanted};
pub use registry::{ALL, Kinds, find};

use crate::aws::{AwsError, Reader, Writer};
use crate::diag::Diagnostics;
use crate::model::change::Diff;
use crate::model::desired::Contribution;
use crate::model::fact::Facts;
use crate::model::policy::Statement;
use crate::model::schema::{Block, EvaluatedBlock};
use crate::model::value::Value;
use crate::model::{AccountId, Arn, Observed, Place, Unreadable};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

/// A boxed future: keeps edits of kinds cheap to compile (no generic async in the engine).
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How much of a resource is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What the block declares: enough for a plan.
    Declared,
    /// All that rules and proofs look at.
    Everything,
}

/// The identity under which a [`Kind::read`] says that discovery failed: always
/// [`Observed::Unreadable`], and never something that was asked for. There may be resources of this
/// project that no block declares and that nobody can see; what is declared is not touched by it.
pub const UNDISCOVERED: &str = "*";

/// What reading code is given.
#[derive(Debug, Clone, Copy)]
pub struct ReadContext<'a> {
    /// The read half of the account's clients.
    pub reader: &'a Reader,
    /// Account, region and project.
    pub place: &'a Place,
    /// How much to read.
    pub depth: Depth,
    /// Whether to look for resources of this project that nobody asked for.
    pub discover: bool,
}

/// What writing code is given.
#[derive(Debug, Clone, Copy)]
pub struct WriteContext<'a> {
    /// The write half of the account's clients.
    pub writer: &'a Writer,
    /// Account, region and project.
    pub place: &'a Place,
}

/// What somebody wants to do with a posture, for the least policy that allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Read what is declared.
    Plan,
    /// Read all that rules look at.
    Check,
    /// The same, and what proofs need beside it.
    Prove,
    /// Plan, and write.
    Apply,
}

impl Purpose {
    /// Whether everything is read, whatever is declared.
    pub fn reads_everything(self) -> bool {
        matches!(self, Self::Check | Self::Prove)
    }
}

/// One permission that a resource needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// An IAM action.
    pub action: &'static str,
    /// An ARN or `*`.
    pub resource: String,
}

impl Permission {
    /// An action on a resource.
    pub fn new(action: &'static str, resource: impl Into<String>) -> Self {
        let resource = resource.into();
        Self { action, resource }
    }
}

/// An attribute that other blocks may refer to and that the block itself does not set.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// As in `s3_bucket.x.arn`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// A kind of resource.
///
/// Everything but [`read`](Kind::read) and [`apply`](Kind::apply) is pure: it sees data and
/// gives data, so that plans can be tested, saved, reviewed and replayed.
pub trait Kind: Send + Sync + 'static {
    /// The block type.
    const NAME: &'static str;
    /// A page about it: a short first sentence, then what it manages, what it never does, an example.
    const DOC: &'static str;
    /// The attributes that others may refer to.
    const OUTPUTS: &'static [Output];
    /// Whether it belongs to an account as a whole and to no region of it (IAM), so that what
    /// is found in one region must not be taken for forgotten in another.
    const GLOBAL: bool = false;
    /// Whether it holds data or what data needs, so that it is released and never removed.
    const HOLDS_DATA: bool;
    /// IAM actions, on everything, that finding what nobody declares any more takes.
    const DISCOVERS: &'static [&'static str];
    /// Whether it says which resources are backed up, so that others fall out of it when their tags change.
    const SELECTS: bool = false;
    /// What can be declared.
    type Spec: Block + Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync;
    /// What was seen; storable, so that a snapshot replays without the cloud.
    type Live: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync;
    /// The writes, as data: a closed enum, never a closure.
    type Op: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync;

    /// How the cloud names it, given where it is declared.
    fn ident(spec: &Self::Spec, place: &Place) -> String;

    /// Its ARN.
    fn arn(ident: &str, place: &Place) -> Option<Arn>;

    /// The values of [`OUTPUTS`](Kind::OUTPUTS) that are known before an apply.
    fn outputs(spec: &Self::Spec, place: &Place) -> BTreeMap<&'static str, Value>;

    /// Rules that span several arguments, or that arguments have with the place; reports at `block`.
    fn validate(_spec: &Self::Spec, _place: &Place, _block: &EvaluatedBlock, _diagnostics: &mut Diagnostics) {
    }

    /// What the resource adds to the posture besides itself. `label` is the block's.
    fn contributions(_spec: &Self::Spec, _label: &str, _place: &Place) -> Vec<Contribution> {
        Vec::new()
    }

    /// Takes a policy statement that another resource contributes; false when it has no policy.
    fn accept(_spec: &mut Self::Spec, _statement: Statement) -> bool {
        false
    }

    /// Is told of keys whose contents another resource wants known; false when it has no keys.
    fn look_into(_spec: &mut Self::Spec, _prefix: String) -> bool {
        false
    }

    /// Is told that another block refers to it; false where that makes no difference.
    fn referred_to(_spec: &mut Self::Spec) -> bool {
        false
    }

    /// Reads what is wanted in one account and region, in bulk where the API can, and with
    /// `discover` all else that carries the project's mark. Never fails as a whole: what
    /// could not be read is [`Observed::Unreadable`].
    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Self::Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<Self::Live>>>;

    /// What has to change, with every attribute judged. `have` is `None` when it does not exist.
    fn diff(want: &Self::Spec, have: Option<&Self::Live>, place: &Place) -> Diff<Self::Op>;

    /// Whom the change lets in that comes from none of these accounts: by a role, who may destroy what they protect; by a
    /// resource's own policy, who may do anything more. The path of the attribute that does so, and a sentence.
    fn lets_in(
        _want: &Self::Spec,
        _have: Option<&Self::Live>,
        _place: &Place,
        _ours: &BTreeSet<AccountId>,
    ) -> Option<(String, String)> {
        None
    }

    /// What happens to one that is no longer declared: removed if it holds no data and is ours,
    /// else released.
    fn release(ident: &str, have: &Self::Live, place: &Place) -> Diff<Self::Op>;

    /// Its tags; nothing where it can have none.
    ///
    /// # Errors
    /// They could not be read.
    fn tags(have: &Self::Live) -> Result<Option<&BTreeMap<String, String>>, &Unreadable>;

    /// One write; running it twice is the same as running it once.
    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Self::Op) -> Boxed<'a, Result<(), AwsError>>;

    /// A write in a few words for the progress display: "enable versioning".
    fn describe(op: &Self::Op) -> String;

    /// What IAM has to allow for a write, the reads that lead to it aside; each is among the
    /// [`permissions`](Kind::permissions) to apply of the block that it comes from.
    fn needs(op: &Self::Op, ident: &str, place: &Place) -> Vec<Permission>;

    /// What rules and proofs may know, whatever was declared.
    fn facts(spec: Option<&Self::Spec>, have: &Self::Live, place: &Place) -> Facts;

    /// What proofs have to know of what could not be read or is not there: what others rest on. `None` for most kinds.
    fn declared(_spec: &Self::Spec, _place: &Place) -> Option<Facts> {
        None
    }

    /// The live state without what changes by itself (times, counters): what a saved plan compares.
    fn settled(have: &Self::Live) -> Self::Live {
        have.clone()
    }

    /// The least permissions for a purpose.
    fn permissions(spec: &Self::Spec, place: &Place, purpose: Purpose) -> Vec<Permission>;
}
