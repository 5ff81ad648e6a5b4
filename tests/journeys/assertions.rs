//! What `check` blocks assert: a warning in a plan, a finding in a check.

use crate::support::Estate;

fn posture(severity: &str) -> String {
    format!(
        "
backstay {{
  project = \"asserting\"
}}

account \"prod\" {{
  id     = \"ACCOUNT\"
  region = \"us-east-1\"
}}

s3_bucket \"logs\" {{
  name          = \"asserting-ACCOUNT\"
  versioning    = true
  public_access = false
}}

check \"named\" {{
  {severity}
  assert {{
    condition     = startswith(s3_bucket.logs.name, \"acme-\")
    error_message = \"Buckets begin with acme-.\"
  }}
}}
"
    )
}

#[test]
fn an_assertion_warns_in_a_plan_and_fails_a_check_by_its_severity() {
    let estate = Estate::new(&posture("severity = \"critical\""));
    estate.run(&["plan"]).exits(0).tells("Buckets begin with acme-.");
    estate.settle();
    let found = estate
        .run(&["check", "--fail-on", "critical", "--format", "json"])
        .exits(3)
        .json();
    let findings = found["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["id"] == "BKS-CHECK-001").unwrap();
    assert_eq!(finding["address"], "check.named");
    assert_eq!(finding["severity"], "critical");
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .contains("Buckets begin with acme-.")
    );
    for format in ["sarif", "junit", "markdown", "text"] {
        let output = estate
            .run(&["check", "--fail-on", "critical", "--format", format])
            .exits(3);
        let plain = output.stdout.replace('\\', "");
        assert!(plain.contains("Buckets begin with acme-."), "{format}: {plain}");
    }
}

#[test]
fn a_mild_one_does_not_count() {
    let estate = Estate::new(&posture("severity = \"low\""));
    estate.settle();
    let found = estate.run(&["check", "--fail-on", "critical"]).exits(0);
    assert!(
        found.stdout.contains("Buckets begin with acme-."),
        "{}",
        found.stdout
    );
    // Medium, unless it says otherwise.
    let estate = Estate::new(&posture(""));
    estate.settle();
    let found = estate.run(&["check", "--format", "json"]).json();
    let findings = found["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|f| f["id"] == "BKS-CHECK-001" && f["severity"] == "medium")
    );
}

#[test]
fn another_severity_is_refused() {
    let estate = Estate::new(&posture("severity = \"dire\""));
    estate
        .run(&["validate"])
        .exits(1)
        .tells("\"low\" or \"medium\" or \"high\" or \"critical\"");
}
