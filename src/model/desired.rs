//! What the posture asks for, resource by resource.

use super::policy::Statement;
use super::{Address, Place};
use crate::diag::{Location, Span};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One resource as declared, decoded and checked by its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// How users and plans name it.
    pub address: Address,
    /// Its kind's name; not the address's for what was derived from another block.
    pub kind: String,
    /// Where it lives.
    pub place: Place,
    /// How the cloud names it: a bucket's name, a database's identifier, a role's name.
    pub ident: String,
    /// The kind's own `Spec`, as data.
    pub spec: Json,
    /// What it is compared with when it exists: the spec without what
    /// `lifecycle { ignore_changes }` names. The same as `spec` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_spec: Option<Json>,
    /// What must be settled before it, as far as stages allow.
    pub depends_on: Vec<Address>,
    /// Where it was declared, for messages.
    #[serde(skip)]
    pub span: Option<Span>,
    /// The same place by line and column, for reports.
    pub location: Option<Location>,
}

impl Desired {
    /// Whether it is this one in the cloud.
    pub fn is(&self, kind: &str, place: &Place, ident: &str) -> bool {
        (self.kind.as_str(), &self.place, self.ident.as_str()) == (kind, place, ident)
    }

    /// What to compare with: a resource that exists is not changed in what is ignored.
    pub fn wanted(&self, exists: bool) -> &Json {
        match &self.kept_spec {
            Some(kept) if exists => kept,
            _ => &self.spec,
        }
    }
}

/// What one resource adds to the posture besides itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Contribution {
    /// A resource derived from the block, under `address.part`.
    Resource {
        /// The last part of its address.
        part: &'static str,
        /// Its kind.
        kind: &'static str,
        /// Its spec, as data.
        spec: Json,
    },
    /// A statement for another resource's policy.
    Statement {
        /// Whose policy.
        on: Address,
        /// What it says.
        statement: Box<Statement>,
    },
    /// Keys of another resource whose contents say something about this one.
    Contents {
        /// Where they are.
        of: Address,
        /// What they begin with.
        prefix: String,
    },
}

/// A declared setting that differs and that no write of backstay's can change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// As in HCL.
    pub path: String,
    /// The declared value.
    pub want: Json,
    /// The live value.
    pub have: Json,
    /// Why it can't be changed, and what to do by hand.
    pub why: String,
}
