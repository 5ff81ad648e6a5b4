//! What the posture itself asserts.

use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Rule, Severity};

/// An assertion of a `check` block.
pub const ASSERTION: Rule = Rule {
    id: "BKS-CHECK-001",
    title: "An assertion of the posture does not hold",
    severity: Severity::Medium,
    doc: "A `check` block of the posture asserts something that is not so. Its `severity` says how bad that is.",
    remedy: "Make the condition true, or change the `check` block if it asks for too much.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};
