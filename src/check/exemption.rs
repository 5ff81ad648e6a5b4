//! Accepted failures: who accepts what, why and until when.

use super::finding::{Acceptance, Finding};
use super::objective;
use super::rule::Status;
use super::rules;
use crate::diag::Location;
use crate::model::Address;
use jiff::civil::Date;

/// An `exempt` block of the posture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The block's label.
    pub name: String,
    /// The control's id, such as `BKS-S3-042`.
    pub control: String,
    /// Which resource, its instances and what is derived from it; every resource when absent.
    pub resource: Option<Address>,
    /// For a control on an objective: in which disaster only.
    pub scenario: Option<String>,
    /// Why the failure is acceptable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds (UTC).
    pub expires: Date,
    /// Where it was declared.
    pub location: Option<Location>,
}

impl Exemption {
    fn matches(&self, finding: &Finding) -> bool {
        self.control == finding.id
            && self
                .resource
                .as_ref()
                .is_none_or(|resource| resource.covers(&finding.address))
            && self
                .scenario
                .as_ref()
                .is_none_or(|scenario| objective::is_about(finding, scenario))
    }

    fn expired(&self, today: Date) -> bool {
        self.expires < today
    }
}

/// Whether an exemption can turn this finding: what fails can be accepted, what is not known cannot,
/// since nobody can accept what nobody has seen.
fn can_be_accepted(status: Status) -> bool {
    matches!(status, Status::Fail | Status::CannotBeMet)
}

/// Marks what is accepted as exempt, says of failures whose exemption has run out that it has,
/// and adds a finding for every exemption that accepts nothing.
pub(super) fn settle(findings: &mut Vec<Finding>, exemptions: &[Exemption], today: Date) {
    let mut used = vec![false; exemptions.len()];
    for finding in findings.iter_mut() {
        let matching = || exemptions.iter().enumerate().filter(|(_, e)| e.matches(finding));
        if !can_be_accepted(finding.status) {
            // Whether it would be needed is not known either.
            if finding.status == Status::Unknown {
                let indexes: Vec<_> = matching().map(|(i, _)| i).collect();
                mark(&mut used, indexes);
            }
            continue;
        }
        let valid = matching().find(|(_, e)| !e.expired(today)).map(|(_, e)| e);
        // The one that ran out last says most.
        let expired = matching().max_by_key(|(_, e)| e.expires).map(|(_, e)| e);
        let indexes: Vec<_> = matching().map(|(i, _)| i).collect();
        mark(&mut used, indexes);
        if let Some(exemption) = valid {
            finding.status = Status::Exempt;
            finding.exemption = Some(Acceptance::from(exemption));
        } else if let Some(exemption) = expired {
            finding.message.push_str(&format!(
                " The exemption \"{}\" of {} that accepted this ended on {}.",
                exemption.name, exemption.owner, exemption.expires
            ));
        }
    }
    let idle = exemptions.iter().zip(used).filter(|(_, used)| !used);
    let found: Vec<_> = idle.map(|(exemption, _)| unneeded(exemption, findings)).collect();
    findings.extend(found);
}

fn mark(used: &mut [bool], indexes: Vec<usize>) {
    for index in indexes {
        if let Some(slot) = used.get_mut(index) {
            *slot = true;
        }
    }
}

fn unneeded(exemption: &Exemption, findings: &[Finding]) -> Finding {
    let whole = exemption
        .resource
        .as_ref()
        .map_or_else(String::new, |r| format!(" on {r}"));
    let message = if rules::get(&exemption.control).is_none() {
        format!(
            "The exemption \"{}\" names the control {}, which does not exist.",
            exemption.name, exemption.control
        )
    } else if findings.iter().any(|f| exemption.matches(f)) {
        format!(
            "{}{whole} passes, so the exemption \"{}\" of {} is not needed.",
            exemption.control, exemption.name, exemption.owner
        )
    } else {
        format!(
            "Nothing was judged by {}{whole}, so the exemption \"{}\" of {} matches nothing.",
            exemption.control, exemption.name, exemption.owner
        )
    };
    let mut finding = Finding::of(
        &rules::run::EXEMPTION_UNNEEDED,
        Address::new("exempt", &exemption.name),
        Status::Fail,
        message,
    );
    finding.location.clone_from(&exemption.location);
    finding
}
