//! SARIF 2.1.0, as code-scanning services read it.
//!
//! Only what does not pass is a result. An unknown is one too, because a result of kind `open`
//! would be hidden, and what is not known must not look clean. Exemptions are suppressions.

use super::{Unwritable, unwritable};
use crate::check::{Assessment, Finding, RULES, Rule, Severity, Status};
use crate::diag::Location;
use crate::report::escape;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What may not stand in the path of a URI.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: String,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
    /// From 0 to 10, by which GitHub sorts.
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Place; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical>,
    logical_locations: [Logical; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// The whole log.
///
/// # Errors
/// When it can't be serialised, which is a defect.
pub fn sarif(assessment: &Assessment) -> Result<String, Unwritable> {
    let said: BTreeSet<&str> = assessment.findings.iter().map(|f| f.id.as_str()).collect();
    let rules: Vec<&Rule> = RULES.iter().filter(|r| said.contains(r.id)).collect();
    let results = assessment
        .findings
        .iter()
        .filter(|f| f.status != Status::Pass)
        .map(|f| result(f, rules.iter().position(|r| r.id == f.id)))
        .collect();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "backstay",
                    semantic_version: assessment.tool.clone(),
                    rules: rules.into_iter().map(descriptor).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: assessment.summary.unknown == 0,
            }],
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    let text = serde_json::to_string_pretty(&log).map_err(|e| unwritable("SARIF", e))?;
    Ok(escape::json(&text) + "\n")
}

fn descriptor(rule: &Rule) -> Descriptor {
    let mut tags = vec!["security".to_owned()];
    tags.extend(rule.controls());
    Descriptor {
        id: rule.id,
        short_description: Text {
            text: rule.title.to_owned(),
        },
        full_description: Text {
            text: rule.doc.to_owned(),
        },
        help: Text {
            text: format!("{} {}", rule.doc, rule.remedy),
        },
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        properties: Properties {
            tags,
            security_severity: match rule.severity {
                Severity::Critical => "9.5",
                Severity::High => "8.0",
                Severity::Medium => "5.5",
                Severity::Low => "2.0",
            },
        },
    }
}

fn result(finding: &Finding, rule_index: Option<usize>) -> SarifResult {
    let mut said = vec![format!(
        "{}: {}",
        finding.address,
        escape::shortened(&finding.message)
    )];
    if finding.status == Status::Unknown {
        said.push("Unknown is not clean.".to_owned());
    }
    if !finding.evidence.facts.is_empty() {
        let facts: Vec<_> = finding
            .evidence
            .facts
            .iter()
            .map(|f| escape::shortened(f))
            .collect();
        said.push(format!("({})", facts.join("; ")));
    }
    said.push(format!("What to do: {}", finding.remedy));
    SarifResult {
        rule_id: finding.id.clone(),
        rule_index,
        level: level(finding.severity),
        message: Text {
            text: escape::sarif(&said.join(" ")),
        },
        locations: [Place {
            physical_location: finding.location.as_ref().map(physical),
            logical_locations: [Logical {
                fully_qualified_name: escape::line(&finding.address.to_string()),
                kind: "resource",
            }],
        }],
        partial_fingerprints: BTreeMap::from([("controlAndResource/v1", fingerprint(finding))]),
        suppressions: finding
            .exemption
            .iter()
            .map(|by| Suppression {
                kind: "external",
                status: "accepted",
                justification: escape::line(&format!("{} until {}: {}", by.owner, by.expires, by.reason)),
            })
            .collect(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn physical(at: &Location) -> Physical {
    let path = at.file.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let encoded = utf8_percent_encode(path, PATH).to_string();
    let absolute = path.starts_with('/');
    Physical {
        artifact_location: Artifact {
            uri: if absolute {
                format!("file://{encoded}")
            } else {
                encoded
            },
            uri_base_id: (!absolute).then_some("%SRCROOT%"),
        },
        region: Region {
            start_line: at.line.max(1),
            start_column: at.column.max(1),
        },
    }
}

/// The same control on the same resource is the same result, wherever the block has moved to.
fn fingerprint(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    for part in [
        finding.id.as_str(),
        &finding.address.to_string(),
        finding.attribute.as_deref().unwrap_or(""),
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}
