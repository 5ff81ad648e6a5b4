//! JUnit XML: a suite for each resource, a case for each control.

use super::{Unwritable, unwritable};
use crate::check::{Assessment, Finding, Status};
use crate::model::Address;
use crate::report::escape;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// A failed control is a failure, an unknown an error, an exemption is skipped.
///
/// # Errors
/// When it can't be serialised, which is a defect.
pub fn junit(assessment: &Assessment) -> Result<String, Unwritable> {
    let mut suites: BTreeMap<&Address, TestSuite> = BTreeMap::new();
    for finding in &assessment.findings {
        suites
            .entry(&finding.address)
            .or_insert_with(|| TestSuite::new(escape::line(&finding.address.to_string())))
            .add_test_case(case(finding));
    }
    let mut report = Report::new("backstay check");
    report.add_test_suites(suites.into_values());
    report.to_string().map_err(|e| unwritable("JUnit", e))
}

fn case(finding: &Finding) -> TestCase {
    let mut status = match finding.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Fail | Status::CannotBeMet => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        Status::Exempt => TestCaseStatus::skipped(),
    };
    if finding.status != Status::Pass {
        status
            .set_message(message(finding))
            .set_type(finding.severity.as_str())
            .set_description(description(finding));
    }
    // Titles say what is wrong, which a passed case must not; and names have to stay for histories.
    let name = match &finding.attribute {
        Some(attribute) => format!("{} {attribute}", finding.id),
        None => finding.id.clone(),
    };
    let mut case = TestCase::new(escape::line(&name), status);
    case.set_classname(escape::line(&finding.address.to_string()));
    if let Some(at) = &finding.location {
        case.extra.insert("file".into(), escape::line(&at.file).into());
        case.extra.insert("line".into(), at.line.to_string().into());
    }
    case
}

fn message(finding: &Finding) -> String {
    match &finding.exemption {
        Some(by) => escape::line(&format!(
            "Accepted by {} until {}: {}",
            by.owner, by.expires, by.reason
        )),
        None => escape::line(&finding.title),
    }
}

/// Lines are ours; what stands in them is escaped one by one.
fn description(finding: &Finding) -> String {
    let mut lines = vec![escape::line(&escape::shortened(&finding.message))];
    lines.extend(
        finding
            .evidence
            .facts
            .iter()
            .map(|f| format!("- {}", escape::line(&escape::shortened(f)))),
    );
    if finding.exemption.is_none() {
        lines.push(format!("What to do: {}", escape::line(&finding.remedy)));
    }
    lines.join("\n")
}
