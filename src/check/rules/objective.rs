//! What a proof comes to: objectives and backup writers. Judged by the run, which knows the whole estate.

use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Rule, Severity};

const KEPT: &[Aspect] = &[
    Aspect::AutomatedBackup,
    Aspect::Reach,
    Aspect::OffSite,
    Aspect::Isolated,
];

/// What is asked for is not so.
pub const FAILS: Rule = Rule {
    id: "BKS-OBJ-001",
    title: "An objective does not hold",
    severity: Severity::High,
    doc: "In the disaster that the finding names, no copy of the data is certain to be left, or more is lost or the \
          history is shorter than the objective allows. What is left only under a condition counts as failing.",
    remedy: "Run `backstay prove -explain ADDRESS SCENARIO`: it derives the verdict down to what was read.",
    aspects: KEPT,
    judge: Judge::Run,
};

/// Nobody has shown it.
pub const UNPROVEN: Rule = Rule {
    id: "BKS-OBJ-002",
    title: "An objective is not proven",
    severity: Severity::Low,
    doc: "By what was read the objective may hold, and something of it can only be shown by doing it: a restore that \
          was rehearsed, or a lag that was measured once and that nobody promises. Low, since every posture begins \
          so; `backstay prove -strict` fails on it.",
    remedy: "Rehearse a restore and measure it.",
    aspects: &[Aspect::AutomatedBackup],
    judge: Judge::Run,
};

/// Nobody can tell.
pub const UNKNOWN: Rule = Rule {
    id: "BKS-OBJ-003",
    title: "Whether an objective holds is not known",
    severity: Severity::Medium,
    doc: "Something that could take the last copy away could not be read: a policy, a key, or who is in an account. \
          What is not known never holds.",
    remedy: "Grant what `backstay permissions -for check` prints, then check again.",
    aspects: KEPT,
    judge: Judge::Run,
};

/// Nothing meets it.
pub const CANNOT_BE_MET: Rule = Rule {
    id: "BKS-OBJ-004",
    title: "An objective cannot be met",
    severity: Severity::High,
    doc: "The objective asks for more than any mechanism of the service promises, whatever is declared, so that a \
          promise made from it is one that nobody can keep.",
    remedy: "Ask for less, or keep the data where the mechanism exists.",
    aspects: KEPT,
    judge: Judge::Run,
};

/// A writer can do what it must not, or cannot do what it must.
pub const WRITER: Rule = Rule {
    id: "BKS-WRT-001",
    title: "A backup writer is not isolated, or cannot write",
    severity: Severity::High,
    doc: "Of each backup writer it is proved that it can put objects under its prefix, and cannot put elsewhere, read, \
          decrypt, list, delete, change retention or settings, become anybody else, or be assumed by others than declared. \
          It is judged where the posture declares an objective, since it takes reading who is in the accounts.",
    remedy: "Take away the grant that the finding names; `backstay prove` shows every line.",
    aspects: &[Aspect::LeastPrivilege, Aspect::DeletionGuarded, Aspect::Isolated],
    judge: Judge::Run,
};
