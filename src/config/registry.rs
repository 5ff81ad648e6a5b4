//! What the configuration needs to know about resource kinds.

use crate::model::Place;
use crate::model::schema::{BlockSchema, EvaluatedBlock};
use crate::model::value::Value;
use std::collections::BTreeMap;

/// The resource kinds, as far as evaluating a posture needs them. Whoever knows the kinds
/// implements it, so that this module need not.
pub trait Registry: Sync {
    /// What may stand in a block of this kind; `None` when there is no such kind.
    fn schema(&self, kind: &str) -> Option<&BlockSchema>;

    /// Every kind's name.
    fn kinds(&self) -> Vec<&str>;

    /// Attributes that other blocks may refer to and that the block does not set, such as `arn`.
    /// They must depend on nothing but the arguments.
    fn outputs(&self, kind: &str, body: &EvaluatedBlock, place: &Place) -> BTreeMap<String, Value>;

    /// The names that [`Registry::outputs`] may give; those it does not give are unknown.
    fn output_names(&self, kind: &str) -> Vec<&str>;
}
