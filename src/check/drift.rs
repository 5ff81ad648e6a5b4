//! Drift: what a plan would change, said as findings.

use super::finding::{Facts, Finding};
use super::rule::{Severity, Status, describe_unreadable, how_to_read};
use super::rules::run;
use crate::diag::Location;
use crate::model::{Action, Address, AttributeChange, Direction, Finding as Unsettable, Unreadable};
use serde_json::Value as Json;

/// What a plan says of one resource, as far as a check needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// What would happen to it as a whole.
    pub action: Action,
    /// Attributes that differ: `before` is live, `after` is declared.
    pub attributes: Vec<AttributeChange>,
    /// Declared settings that no write can bring about.
    pub unsettable: Vec<Unsettable>,
    /// Declared settings that could not be compared.
    pub unreadable: Vec<Unreadable>,
    /// Why it could not be looked for what the project owns of this kind and no block declares any more.
    pub undiscovered: Vec<Unreadable>,
    /// Set when it must exist, doesn't, and is never created by backstay: what to do.
    pub missing: Option<String>,
    /// Where it was declared.
    pub location: Option<Location>,
    /// When the live side was read, RFC 3339.
    pub read_at: Option<String>,
}

impl Drift {
    /// Nothing differs.
    pub fn none(address: Address, read_at: &str) -> Self {
        Self {
            address,
            action: Action::NoOp,
            attributes: Vec::new(),
            unsettable: Vec::new(),
            unreadable: Vec::new(),
            undiscovered: Vec::new(),
            missing: None,
            location: None,
            read_at: Some(read_at.to_owned()),
        }
    }

    /// Whether the resource is declared and does not exist.
    pub(super) fn says_missing(&self) -> bool {
        self.missing.is_some() || self.action == Action::Create
    }
}

/// One finding for each attribute that differs, or one that nothing does.
pub(super) fn findings(drift: &Drift) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut push = |mut finding: Finding, facts: Vec<String>| {
        finding.location.clone_from(&drift.location);
        finding.evidence = Facts {
            facts,
            read_at: drift.read_at.clone(),
            ..Facts::default()
        };
        found.push(finding);
    };
    let of = |rule, status, message: String| Finding::of(rule, drift.address.clone(), status, message);

    let incomparable = drift.unreadable.iter().map(|why| {
        let message = "A declared setting could not be compared with the live one.";
        (why, &run::DRIFT, message)
    });
    let undiscovered = drift.undiscovered.iter().map(|why| {
        let message = "Whether the project owns what no block declares any more is not known.";
        (why, &run::UNDECLARED, message)
    });
    for (n, (unreadable, rule, message)) in incomparable.chain(undiscovered).enumerate() {
        let mut finding = of(rule, Status::Unknown, message.into());
        // Keeps several of one resource apart, in order and in fingerprints.
        finding.attribute = Some(format!("{}#{n}", unreadable.action));
        finding.remedy = how_to_read(unreadable);
        push(finding, vec![describe_unreadable(unreadable)]);
    }
    if let Some(what_to_do) = &drift.missing {
        let mut finding = of(
            &run::MISSING,
            Status::Fail,
            "The resource is declared and does not exist; backstay protects it but never creates it.".into(),
        );
        finding.remedy.clone_from(what_to_do);
        push(finding, Vec::new());
        return found;
    }
    match drift.action {
        Action::Create => {
            let message = "The resource is declared and does not exist yet.".to_owned();
            push(of(&run::MISSING, Status::Fail, message), Vec::new());
            return found;
        }
        Action::Remove | Action::Release => {
            let message = match drift.action {
                Action::Release => "No block declares the resource any more; an apply releases it.",
                _ => "No block declares the resource any more; an apply removes it, as it holds no data.",
            };
            push(of(&run::UNDECLARED, Status::Fail, message.to_owned()), Vec::new());
            return found;
        }
        Action::NoOp | Action::Update => {}
    }
    for unsettable in &drift.unsettable {
        let message = format!(
            "{} is declared as {} and is {}: {}",
            unsettable.path,
            shown(&unsettable.want),
            shown(&unsettable.have),
            unsettable.why
        );
        let mut finding = of(&run::CANNOT_BE_SET, Status::CannotBeMet, message);
        finding.attribute = Some(unsettable.path.clone());
        push(
            finding,
            vec![format!("{} = {}", unsettable.path, shown(&unsettable.have))],
        );
    }
    for change in &drift.attributes {
        let mut finding = of(&run::DRIFT, Status::Fail, described(change));
        finding.severity = severity(change);
        finding.attribute = Some(change.path.clone());
        push(
            finding,
            vec![format!("{} = {}", change.path, shown(&change.before))],
        );
    }
    if drift.action == Action::Update && drift.attributes.is_empty() {
        let message = "The resource is not as declared; `backstay plan` shows how.".to_owned();
        push(of(&run::DRIFT, Status::Fail, message), Vec::new());
    } else if drift.attributes.is_empty()
        && drift.unsettable.is_empty()
        && drift.unreadable.is_empty()
        && drift.undiscovered.is_empty()
    {
        let message = "Every setting that is declared is as declared.".to_owned();
        push(of(&run::DRIFT, Status::Pass, message), Vec::new());
    }
    found
}

/// A live setting that is weaker than declared is worse than one that merely differs; one that
/// is stronger is a declaration that lags behind. One that cannot be compared may be weaker.
fn severity(to_declared: &AttributeChange) -> Severity {
    match to_declared.direction {
        Direction::Weakens if to_declared.incomparable => Severity::High,
        Direction::Strengthens => Severity::High,
        Direction::Neutral => Severity::Medium,
        Direction::Weakens => Severity::Low,
    }
}

fn described(change: &AttributeChange) -> String {
    let meaning = match change.direction {
        Direction::Strengthens => " The live setting protects less.",
        Direction::Neutral => "",
        Direction::Weakens if change.incomparable => " The live setting may protect less.",
        Direction::Weakens => " The live setting protects more.",
    };
    format!(
        "{} is declared as {} and is {}.{meaning}",
        change.path,
        shown(&change.after),
        shown(&change.before)
    )
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "not set".to_owned(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            value.to_string()
        }
    }
}
