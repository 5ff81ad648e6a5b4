//! What the run itself finds: reading, drift, exemptions.

use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Rule, Severity};

/// A live setting is not the declared one.
pub const DRIFT: Rule = Rule {
    id: "BKS-DRIFT-001",
    title: "A live setting differs from the declared one",
    severity: Severity::High,
    doc: "Somebody or something changed the setting outside of the posture, or the posture was changed and \
          not applied. Until they agree, what was reviewed is not what protects. High when the live setting \
          protects less than the declared one, low when it protects more.",
    remedy: "Run `backstay plan` to see the change, then `backstay apply`; or declare what is live if that is right.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};

/// A declared resource does not exist.
pub const MISSING: Rule = Rule {
    id: "BKS-DRIFT-002",
    title: "A declared resource does not exist",
    severity: Severity::High,
    doc: "The posture counts on something that is not there: a bucket without which nothing is copied, a \
          role without which nothing is written, a database whose backups cannot exist.",
    remedy: "Run `backstay plan` to see what would be created, then `backstay apply`.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};

/// A declared setting cannot be brought about.
pub const CANNOT_BE_SET: Rule = Rule {
    id: "BKS-DRIFT-003",
    title: "A declared setting cannot be set on what exists",
    severity: Severity::High,
    doc: "The service decides the setting when the resource is created, as RDS does with encryption, so no \
          apply can bring it about and the resource stays less protected than declared.",
    remedy: "Follow the hint of the finding; usually the resource has to be copied into a new one by hand.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};

/// Something of the project's is no longer declared.
pub const UNDECLARED: Rule = Rule {
    id: "BKS-DRIFT-004",
    title: "A resource of the project is no longer declared",
    severity: Severity::Low,
    doc: "The resource carries the project's mark and no block declares it, so nothing judges it any more. \
          Data in it is never deleted; it is only let go.",
    remedy: "Run `backstay plan` to see what would be released, then `backstay apply`; or declare it again.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};

/// An exemption that accepts nothing.
pub const EXEMPTION_UNNEEDED: Rule = Rule {
    id: "BKS-EXEMPT-001",
    title: "An exemption accepts nothing",
    severity: Severity::Low,
    doc: "The control passes, was not judged on that resource, or does not exist. Left in place, the exemption \
          would silently accept the failure on the day it comes back.",
    remedy: "Remove the `exempt` block, or correct its control and resource.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};

/// A resource as a whole could not be read.
pub const UNREADABLE: Rule = Rule {
    id: "BKS-READ-001",
    title: "A resource could not be read",
    severity: Severity::High,
    doc: "Reading was denied or failed, so nothing is known of how the resource is protected. What is not known \
          is never counted as clean.",
    remedy: "Grant what `backstay permissions --for check` prints, then check again.",
    aspects: &[Aspect::ChangeControl],
    judge: Judge::Run,
};

/// Whether a control is about the difference between declared and live that an apply settles.
/// What no apply can settle counts as failed instead.
pub(crate) fn is_drift(id: &str) -> bool {
    [DRIFT.id, MISSING.id, UNDECLARED.id].contains(&id)
}
