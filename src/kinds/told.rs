//! What a spec is told by other blocks: a field of it that is no argument and never stands in HCL.

use crate::diag::Diagnostics;
use crate::model::schema::{BlockSchema, EvaluatedBlock, Field, Taken};
use serde::{Deserialize, Serialize};

/// Such a field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Told<T>(pub T);

impl<T: Default> Field for Told<T> {
    fn describe(_: &'static str, _: &'static str, _: &mut BlockSchema) {}
    fn take(_: &str, _: &EvaluatedBlock, _: &mut Diagnostics) -> Taken<Self> {
        Taken::Got(Self::default())
    }
    fn describe_many(_: &'static str, _: &'static str, _: &mut BlockSchema) {}
    fn take_many(_: &str, _: &EvaluatedBlock, _: &mut Diagnostics) -> Taken<Vec<Self>> {
        Taken::Got(Vec::new())
    }
}
