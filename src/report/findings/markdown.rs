//! For a comment on a pull request.

use super::group::{Group, by_resource};
use crate::check::{Assessment, Finding, Outcome, Status};
use crate::report::escape::{markdown as escaped, shortened};

/// GitHub refuses comments of more than 65,536 characters.
const LIMIT: usize = 60_000;

/// What is open as tables, the rest folded away. Resources that no longer fit are counted.
pub fn markdown(assessment: &Assessment) -> String {
    let sign = match assessment.summary.outcome {
        Outcome::Clean => "✅",
        Outcome::Drifted => "🔶",
        Outcome::Unknown => "❔",
        Outcome::Failed => "❌",
    };
    let mut out = format!("## backstay check\n\n{sign} **{}**\n", assessment.summary.line());
    let groups = by_resource(assessment);
    let mut left_out = 0;
    for group in groups.iter().filter(|g| !g.open.is_empty()) {
        let section = table(group);
        if left_out > 0 || out.len() + section.len() > LIMIT {
            left_out += 1;
        } else {
            out.push_str(&section);
        }
    }
    if left_out > 0 {
        let noun = if left_out == 1 { "resource" } else { "resources" };
        out.push_str(&format!(
            "\n{left_out} more {noun} with findings did not fit into this comment; the JSON report has all.\n"
        ));
    }
    let folded = passed(&groups);
    if out.len() + folded.len() <= LIMIT {
        out.push_str(&folded);
    }
    out
}

fn table(group: &Group<'_>) -> String {
    let mut out = format!("\n### {}\n\n", escaped(&group.address.to_string()));
    let mut place = Vec::new();
    place.extend(group.scope.map(|s| escaped(&s.to_string())));
    place.extend(
        group
            .location
            .map(|l| escaped(&format!("{}:{}:{}", l.file, l.line, l.column))),
    );
    if !place.is_empty() {
        out.push_str(&format!("{}\n\n", place.join(", ")));
    }
    out.push_str("| status | control | severity | what is so | what to do |\n|---|---|---|---|---|\n");
    for finding in &group.open {
        out.push_str(&row(finding));
    }
    out
}

fn row(finding: &Finding) -> String {
    let mut what = vec![
        format!("**{}**", escaped(&finding.title)),
        escaped(&shortened(&finding.message)),
    ];
    what.extend(
        finding
            .evidence
            .facts
            .iter()
            .map(|f| format!("· {}", escaped(&shortened(f)))),
    );
    let to_do = match &finding.exemption {
        Some(by) => escaped(&format!(
            "Accepted by {} until {}: {}",
            by.owner, by.expires, by.reason
        )),
        None => escaped(&finding.remedy),
    };
    format!(
        "| {} | {} | {} | {} | {to_do} |\n",
        word(finding.status),
        escaped(&finding.id),
        finding.severity,
        what.join("<br>"),
    )
}

fn passed(groups: &[Group<'_>]) -> String {
    let count: usize = groups.iter().map(|g| g.passed.len()).sum();
    if count == 0 {
        return String::new();
    }
    let mut out = format!("\n<details><summary>{count} passed</summary>\n\n");
    for group in groups.iter().filter(|g| !g.passed.is_empty()) {
        let ids: Vec<_> = group.passed.iter().map(|f| escaped(&f.id)).collect();
        out.push_str(&format!(
            "- {}: {}\n",
            escaped(&group.address.to_string()),
            ids.join(", ")
        ));
    }
    out.push_str("\n</details>\n");
    out
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Fail => "❌ fail",
        Status::Unknown => "❔ unknown",
        Status::CannotBeMet => "⛔ cannot be met",
        Status::Exempt => "⏸ exempt",
        Status::Pass => "✅ pass",
    }
}
