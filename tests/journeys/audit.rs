//! The third journey: somebody who may read looks whether controls hold.

use crate::laptop::{SHOP, shop};
use crate::support::Estate;

#[tokio::test]
async fn every_format_says_the_same_and_nothing_is_written() {
    let estate = shop().await;
    // A bucket whose lock keeps nothing for long, and one more finding that is accepted.
    let text = format!(
        "{SHOP}
s3_bucket \"weak\" {{
  name = \"weak-ACCOUNT\"
}}

exempt \"weak\" {{
  control  = \"BKS-S3-001\"
  resource = s3_bucket.weak
  reason   = \"scratch space\"
  owner    = \"core@example.com\"
  expires  = \"2999-12-31\"
}}
"
    );
    estate.write("main.hcl", &text);
    estate.settle();
    let estate = estate.with("SOURCE_DATE_EPOCH", "1790000000");
    let mark = estate.mark();
    let text = estate.run(&["check"]);
    let code = text.code.unwrap();
    insta::assert_snapshot!(
        "check_text",
        estate.run(&["check", "--framework", "SOC 2"]).stdout
    );
    let json = estate.run(&["check", "--format", "json"]).exits(code).json();
    let findings = json["findings"].as_array().unwrap();
    let failed = findings.iter().filter(|f| f["status"] == "fail").count();
    assert!(failed > 0, "{json:#}");
    assert!(findings.iter().any(|f| f["status"] == "exempt"), "{json:#}");

    let sarif = estate.run(&["check", "--format", "sarif"]).exits(code).json();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let failing = results
        .iter()
        .filter(|r| r["kind"] == "fail" || r["kind"].is_null())
        .count();
    assert!(failing >= failed, "{sarif:#}");
    let junit = estate.run(&["check", "--format", "junit"]).exits(code);
    assert_eq!(
        junit.stdout.matches("<failure").count(),
        failed,
        "{}",
        junit.stdout
    );
    let markdown = estate.run(&["check", "--format", "markdown"]).exits(code);
    for finding in findings.iter().filter(|f| f["status"] == "fail") {
        let id = finding["id"].as_str().unwrap();
        for output in [&text, &junit, &markdown] {
            let plain = output.stdout.replace('\\', "");
            assert!(plain.contains(id), "{id} is not in {}", output.stdout);
        }
    }
    assert_eq!(estate.written(mark), Vec::<String>::new());
}

#[tokio::test]
async fn whatever_only_looks_writes_nothing() {
    let estate = Estate::new(SHOP);
    estate.seed(crate::laptop::SHOP_SEED).await;
    let mark = estate.mark();
    for command in [
        &["plan"][..],
        &["plan", "--json", "--out", "a.plan"],
        &["show", "a.plan"],
        &["show"],
        &["show", "--json"],
        &["validate"],
        &["graph"],
        &["graph", "--format", "mermaid"],
        &["graph", "--format", "svg"],
        &["permissions", "--for", "plan"],
        &["permissions", "--for", "check"],
        &["permissions", "--for", "apply"],
        &["fmt", "--check"],
    ] {
        let run = estate.run(command).exits(0);
        assert!(
            !run.stdout.contains("panicked") && !run.stderr.contains("panicked"),
            "{run:#?}"
        );
    }
    let check = estate.run(&["check"]);
    assert!(matches!(check.code, Some(2 | 3)), "{check:#?}");
    assert_eq!(estate.written(mark), Vec::<String>::new());
}
