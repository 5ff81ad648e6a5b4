//! Assertions of `check` blocks that do not hold, as findings.

use super::finding::Finding;
use super::rule::{Severity, Status};
use super::rules::posture;
use crate::diag::Location;
use crate::model::Address;

/// An assertion that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The block's label.
    pub name: String,
    /// How bad that is.
    pub severity: Severity,
    /// What its error message says.
    pub message: String,
    /// Where it was declared.
    pub location: Option<Location>,
}

pub(super) fn finding(assertion: &Assertion) -> Finding {
    let address = Address::new("check", &assertion.name);
    let mut finding = Finding::of(&posture::ASSERTION, address, Status::Fail, &assertion.message);
    finding.severity = assertion.severity;
    finding.location.clone_from(&assertion.location);
    finding
}
