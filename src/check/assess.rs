//! The run: every control on every resource, then drift, then exemptions, in a fixed order.

use super::assertion::{self, Assertion};
use super::drift::{self, Drift};
use super::estate::Estate;
use super::exemption::{self, Exemption};
use super::finding::{Assessment, Finding, VERSION};
use super::objective;
use super::rule::{Rule, Severity, Status, describe_unreadable, how_to_read};
use super::rules::{RULES, posture, run};
use super::summary::Summary;
use crate::model::Observed;
use crate::model::fact::Evidence;
use crate::prove::Proof;
use jiff::civil::Date;

/// What a check rests on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What was seen.
    pub evidence: &'a [Evidence],
    /// What differs from what is declared.
    pub drift: &'a [Drift],
    /// Assertions of the posture that do not hold.
    pub assertions: &'a [Assertion],
    /// What survives, where an objective asks for it.
    pub proof: Option<&'a Proof>,
    /// What is accepted.
    pub exemptions: &'a [Exemption],
    /// The day (UTC) on which exemptions have to be valid.
    pub today: Date,
    /// Milder failures are shown but do not fail the check; `Low` lets every failure count.
    pub fail_on: Severity,
    /// Only controls that this framework asks for, by the start of its name in any case.
    /// Drift and what is unknown stay: no framework makes them clean.
    pub framework: Option<&'a str>,
}

/// Judges everything. The same input gives the same answer, in the same order.
pub fn assess(input: &Input<'_>) -> Assessment {
    let estate = Estate::new(input.evidence);
    let mut findings: Vec<Finding> = input
        .evidence
        .iter()
        .flat_map(|evidence| judged(evidence, &estate, input.drift))
        .collect();
    findings.extend(input.drift.iter().flat_map(drift::findings));
    findings.extend(input.assertions.iter().map(assertion::finding));
    findings.extend(
        input
            .proof
            .iter()
            .flat_map(|proof| objective::findings(proof, input.evidence)),
    );
    exemption::settle(&mut findings, input.exemptions, input.today);
    if let Some(framework) = input.framework {
        findings.retain(|f| {
            run::is_drift(&f.id)
                || f.id == posture::ASSERTION.id
                || f.status == Status::Unknown
                || asked_for(&f.controls, framework)
        });
    }
    findings.sort_by(|a, b| (&a.address, &a.id, &a.attribute).cmp(&(&b.address, &b.id, &b.attribute)));
    let summary = Summary::of(&findings, input.fail_on);
    Assessment {
        version: VERSION,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        findings,
        summary,
    }
}

fn asked_for(controls: &[String], framework: &str) -> bool {
    let wanted = framework.to_lowercase();
    controls.iter().any(|c| c.to_lowercase().starts_with(&wanted))
}

fn judged(evidence: &Evidence, estate: &Estate<'_>, drift: &[Drift]) -> Vec<Finding> {
    let finding = |rule: &Rule, status, message: &str, facts| {
        Finding::of(rule, evidence.subject.clone(), status, message).from(evidence, facts)
    };
    match &evidence.facts {
        Observed::Unreadable(unreadable) => {
            let mut found = finding(
                &run::UNREADABLE,
                Status::Unknown,
                "The resource could not be read, so no control could be judged on it.",
                vec![describe_unreadable(unreadable)],
            );
            found.remedy = how_to_read(unreadable);
            vec![found]
        }
        // The plan says more of what is missing; without it this is all there is.
        Observed::Absent
            if drift
                .iter()
                .any(|d| d.address == evidence.subject && d.says_missing()) =>
        {
            Vec::new()
        }
        Observed::Absent => vec![finding(
            &run::MISSING,
            Status::Fail,
            "The resource is declared and does not exist, so there is nothing that protects anything.",
            Vec::new(),
        )],
        Observed::Present(facts) => RULES
            .iter()
            .filter_map(|rule| match rule.judge(evidence, facts, estate) {
                Ok(None) => None,
                Ok(Some(verdict)) => {
                    let mut found = finding(rule, verdict.status, &verdict.message, verdict.evidence);
                    found.severity = verdict.severity.unwrap_or(rule.severity);
                    Some(found)
                }
                Err(unknown) => {
                    let message = "A fact is missing, so it is not known whether this holds.";
                    let mut found = finding(rule, Status::Unknown, message, vec![unknown.why]);
                    found.remedy = unknown.remedy.unwrap_or(found.remedy);
                    Some(found)
                }
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
