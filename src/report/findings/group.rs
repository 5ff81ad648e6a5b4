//! Findings by resource, worst first: the order in which people read them.

use crate::check::{Assessment, Finding, Status};
use crate::diag::Location;
use crate::model::{Address, Scope};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was found on one resource.
pub(super) struct Group<'a> {
    pub(super) address: &'a Address,
    pub(super) scope: Option<&'a Scope>,
    pub(super) location: Option<&'a Location>,
    /// What does not simply pass, worst first.
    pub(super) open: Vec<&'a Finding>,
    pub(super) passed: Vec<&'a Finding>,
}

/// Resources with the worst finding first, then by address.
pub(super) fn by_resource(assessment: &Assessment) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<&Address, Group<'_>> = BTreeMap::new();
    for finding in &assessment.findings {
        let group = groups.entry(&finding.address).or_insert_with(|| Group {
            address: &finding.address,
            scope: None,
            location: None,
            open: Vec::new(),
            passed: Vec::new(),
        });
        group.scope = group.scope.or(finding.evidence.scope.as_ref());
        group.location = group.location.or(finding.location.as_ref());
        if finding.status == Status::Pass {
            group.passed.push(finding);
        } else {
            group.open.push(finding);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.open.sort_by_key(|f| rank(f));
    }
    groups.sort_by_key(|g| {
        g.open
            .first()
            .map_or((Status::Pass, None), |f| (f.status, Some(Reverse(f.severity))))
    });
    groups
}

fn rank<'a>(
    finding: &&'a Finding,
) -> (
    Status,
    Reverse<crate::check::Severity>,
    &'a str,
    Option<&'a String>,
) {
    (
        finding.status,
        Reverse(finding.severity),
        &finding.id,
        finding.attribute.as_ref(),
    )
}
