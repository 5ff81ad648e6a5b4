use super::*;
use crate::check::testing::{READ_AT, denied, store, unchanged};
use crate::check::{Assessment, Exemption, Input, Severity, Status, assess, schema};
use crate::diag::Location;
use crate::model::fact::Evidence;
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{Action, Address, AttributeChange, Direction, Observed};
use jiff::civil::Date;
use serde_json::{Value, json as value};

const PLAIN: Style = Style {
    color: false,
    width: 100,
};

/// One of each status, with names that somebody chose to do harm.
fn sample() -> Assessment {
    let harm = "x\u{1b}[2J\u{202e}|<b>@acme/ops";
    let uploads = store(|s| {
        s.versioning = Observed::Absent;
        s.replicas = denied("s3:GetReplicationConfiguration");
        s.encryption = Observed::Present("AES256".into());
        s.policy = Observed::Present(Document::new([Statement::new(
            Effect::Allow,
            ["s3:DeleteObject"],
            ["arn:aws:s3:::uploads/*"],
        )
        .sid(harm)
        .principal("AWS", "*")]));
    });
    let mut blind: Evidence = store(|_| {});
    blind.subject = r#"s3_bucket.more["a|b"]"#.parse().unwrap();
    blind.facts = denied("s3:ListBuckets");
    let mut drift = unchanged();
    drift.action = Action::Update;
    drift.location = uploads.location.clone();
    drift.attributes = vec![change()];
    let exemption = Exemption {
        name: "sse".into(),
        control: "BKS-S3-043".into(),
        resource: None,
        scenario: None,
        reason: format!("public files {harm}"),
        owner: "platform".into(),
        expires: Date::constant(2026, 12, 31),
        location: None,
    };
    assess(&Input {
        evidence: &[uploads, blind],
        drift: &[drift],
        assertions: &[],
        proof: None,
        exemptions: &[exemption],
        today: Date::constant(2026, 3, 1),
        fail_on: Severity::Low,
        framework: None,
    })
}

fn change() -> AttributeChange {
    AttributeChange {
        path: "versioning".into(),
        before: value!(false),
        after: value!(true),
        direction: Direction::Strengthens,
        reason: None,
        incomparable: false,
        irreversible: None,
        final_for: None,
        disruptive: None,
    }
}

/// A single finding, to show whole.
fn drifted() -> Assessment {
    let mut drift = unchanged();
    drift.action = Action::Update;
    drift.attributes = vec![change()];
    drift.location = Some(Location {
        file: "./postures/my posture/main.hcl".into(),
        line: 3,
        column: 1,
    });
    assess(&Input {
        evidence: &[],
        drift: &[drift],
        assertions: &[],
        proof: None,
        exemptions: &[],
        today: Date::constant(2026, 3, 1),
        fail_on: Severity::Low,
        framework: None,
    })
}

fn harmless(text: &str) {
    assert!(
        !text
            .chars()
            .any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)),
        "{text}"
    );
}

#[test]
fn text_for_a_terminal() {
    let out = text(&sample(), PLAIN);
    harmless(&out);
    assert!(out.lines().all(|l| l.chars().count() <= 100), "{out}");
    insta::assert_snapshot!(out);
}

#[test]
fn colours_only_when_asked() {
    let coloured = text(
        &sample(),
        Style {
            color: true,
            width: 100,
        },
    );
    assert!(coloured.contains("\u{1b}["));
    assert!(!coloured.contains("\u{1b}[2J"));
}

#[test]
fn markdown_for_a_pull_request() {
    let out = markdown(&sample());
    harmless(&out);
    insta::assert_snapshot!(out);
}

#[test]
fn markdown_fits_into_a_comment() {
    let mut many = sample();
    let one = many.findings.clone();
    for n in 0..200 {
        many.findings.extend(one.iter().cloned().map(|mut f| {
            f.address = Address::new("s3_bucket", format!("b{n}"));
            f
        }));
    }
    let out = markdown(&many);
    assert!(out.len() < 65_536);
    assert!(out.contains("more resources with findings did not fit"));
}

#[test]
fn junit_for_test_reports() {
    let out = junit(&sample()).unwrap();
    harmless(&out);
    let report = quick_junit::Report::deserialize_from_str(&out).unwrap();
    let summary = sample().summary;
    assert_eq!(report.failures, summary.fail + summary.drift);
    assert_eq!(report.errors, summary.unknown);
    insta::assert_snapshot!(out);
}

#[test]
fn sarif_for_code_scanning() {
    let out = sarif(&sample()).unwrap();
    harmless(&out);
    let log: Value = serde_json::from_str(&out).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let open = sample()
        .findings
        .iter()
        .filter(|f| f.status != Status::Pass)
        .count();
    assert_eq!(results.len(), open);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let suppressed = results.iter().filter(|r| r.get("suppressions").is_some()).count();
    assert_eq!(suppressed, 1);
    insta::assert_snapshot!(
        sarif(&drifted())
            .unwrap()
            .replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
}

#[test]
fn a_fingerprint_outlives_a_move_in_the_file() {
    let print = |assessment: &Assessment| {
        let log: Value = serde_json::from_str(&sarif(assessment).unwrap()).unwrap();
        log["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    let mut moved = drifted();
    moved.findings[0].location.as_mut().unwrap().line = 99;
    assert_eq!(print(&drifted()), print(&moved));
    moved.findings[0].attribute = Some("lock".into());
    assert_ne!(print(&drifted()), print(&moved));
}

#[test]
fn json_reads_back() {
    let out = json(&sample()).unwrap();
    harmless(&out);
    assert_eq!(out.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Assessment>(&out).unwrap(), sample());
    insta::assert_snapshot!(
        json(&drifted())
            .unwrap()
            .replace(env!("CARGO_PKG_VERSION"), "VERSION")
    );
}

/// What the issue promises of the JSON, so that a renamed field is noticed.
#[test]
fn json_has_what_is_promised() {
    let out: Value = serde_json::from_str(&json(&sample()).unwrap()).unwrap();
    assert_eq!(out["version"], 1);
    let versioning = out["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["id"] == "BKS-S3-001")
        .unwrap();
    assert_eq!(versioning["address"], "s3_bucket.uploads");
    assert_eq!(versioning["status"], "fail");
    assert_eq!(versioning["severity"], "high");
    assert_eq!(versioning["evidence"]["facts"][0], "versioning: never");
    assert_eq!(versioning["evidence"]["read_at"], READ_AT);
    assert_eq!(
        versioning["location"],
        value!({"file": "main.hcl", "line": 12, "column": 1})
    );
    assert!(versioning["message"].is_string() && versioning["remedy"].is_string());
    assert!(
        versioning["controls"]
            .as_array()
            .unwrap()
            .contains(&value!("SOC 2 A1.2"))
    );
    assert_eq!(out["summary"]["outcome"], "unknown");

    let schema = schema().to_value();
    assert_eq!(
        schema["$defs"]["Assessment"]["required"],
        value!(["version", "tool", "findings", "summary"])
    );
}

#[test]
fn render_writes_each_format() {
    let of = |format| render(&sample(), format, PLAIN).unwrap();
    assert_eq!(of(Format::Text), text(&sample(), PLAIN));
    assert_eq!(of(Format::Json), json(&sample()).unwrap());
    assert_eq!(of(Format::Sarif), sarif(&sample()).unwrap());
    assert_eq!(of(Format::Junit), junit(&sample()).unwrap());
    assert_eq!(of(Format::Markdown), markdown(&sample()));
}
