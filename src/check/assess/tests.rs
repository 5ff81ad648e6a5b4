use super::*;
use crate::check::testing::{copy, database, denied, store, unchanged, writer};
use crate::check::{Facts, Outcome};
use crate::diag::Exit;
use crate::model::fact::Facts as Seen;
use crate::model::{Action, Address, AttributeChange, Direction, Finding as Unsettable, Unreadable};
use serde_json::json;

const TODAY: Date = Date::constant(2026, 3, 1);

fn run(evidence: &[Evidence], drift: &[Drift], exemptions: &[Exemption]) -> Assessment {
    assess(&Input {
        evidence,
        drift,
        assertions: &[],
        proof: None,
        exemptions,
        today: TODAY,
        fail_on: Severity::Low,
        framework: None,
    })
}

fn exemption(control: &str, expires: Date) -> Exemption {
    Exemption {
        name: "accepted".into(),
        control: control.into(),
        resource: None,
        scenario: None,
        reason: "it is a test".into(),
        owner: "ops".into(),
        expires,
        location: None,
    }
}

/// An estate in which everything passes.
fn sound() -> Vec<Evidence> {
    vec![store(|_| {}), copy(|_| {}), database(|_| {}), writer(|_| {})]
}

fn single_zone() -> Vec<Evidence> {
    vec![database(|d| d.multi_az = false)]
}

fn changed(direction: Direction) -> Drift {
    let mut drift = unchanged();
    drift.action = Action::Update;
    drift.attributes = vec![AttributeChange {
        path: "versioning".into(),
        before: json!(false),
        after: json!(true),
        direction,
        reason: None,
        incomparable: false,
        irreversible: None,
        final_for: None,
        disruptive: None,
    }];
    drift
}

#[test]
fn a_setting_that_cannot_be_compared_with_the_declared_one_may_protect_less() {
    for (incomparable, severity, says) in [
        (false, Severity::Low, "The live setting protects more."),
        (true, Severity::High, "The live setting may protect less."),
    ] {
        let mut drift = changed(Direction::Weakens);
        drift.attributes[0].incomparable = incomparable;
        let assessment = run(&sound(), &[drift], &[]);
        let finding = assessment.findings.iter().find(|f| f.message.contains(says));
        assert_eq!(finding.map(|f| f.severity), Some(severity), "{says}");
    }
}

fn only<'a>(assessment: &'a Assessment, id: &str) -> &'a Finding {
    let mut found = assessment.findings.iter().filter(|f| f.id == id);
    let first = found.next().expect("there is such a finding");
    assert!(found.next().is_none(), "{id} is there twice");
    first
}

#[test]
fn a_sound_estate_is_clean() {
    let assessment = run(&sound(), &[unchanged()], &[]);
    let open: Vec<_> = assessment
        .findings
        .iter()
        .filter(|f| f.status != Status::Pass)
        .collect();
    assert!(open.is_empty(), "{open:#?}");
    assert_eq!(assessment.summary.exit(), Exit::Clean);
    assert!(assessment.summary.line().starts_with("Check passed: 0 failed"));
}

#[test]
fn what_is_worst_known_decides_the_exit_code() {
    let unknown = || store(|s| s.versioning = denied("s3:GetBucketVersioning"));
    let failed = || database(|d| d.retention_days = 1);
    let drift = [changed(Direction::Strengthens)];
    for (evidence, drift, outcome, exit) in [
        (
            vec![failed(), unknown(), copy(|_| {})],
            &drift[..],
            Outcome::Unknown,
            Exit::Error,
        ),
        (vec![failed()], &drift[..], Outcome::Failed, Exit::CheckFailed),
        (sound(), &drift[..], Outcome::Drifted, Exit::Pending),
        (sound(), &[], Outcome::Clean, Exit::Clean),
    ] {
        let summary = run(&evidence, drift, &[]).summary;
        assert_eq!(summary.outcome, outcome);
        assert_eq!(summary.exit(), exit);
    }
}

#[test]
fn milder_failures_can_be_tolerated_but_are_counted() {
    let input = Input {
        evidence: &single_zone(),
        drift: &[],
        assertions: &[],
        proof: None,
        exemptions: &[],
        today: TODAY,
        fail_on: Severity::Medium,
        framework: None,
    };
    let summary = assess(&input).summary;
    assert_eq!((summary.fail, summary.tolerated), (1, 1));
    assert_eq!(summary.exit(), Exit::Clean);
}

#[test]
fn nothing_passes_on_what_could_not_be_read() {
    let blind = store(|s| {
        s.versioning = denied("s3:GetBucketVersioning");
        s.lock = denied("s3:GetBucketObjectLockConfiguration");
        s.expiries = denied("s3:GetLifecycleConfiguration");
        s.replicas = denied("s3:GetReplicationConfiguration");
        s.public_access_blocked = denied("s3:GetBucketPublicAccessBlock");
        s.acls_disabled = denied("s3:GetBucketOwnershipControls");
        s.encryption = denied("s3:GetEncryptionConfiguration");
        s.policy = denied("s3:GetBucketPolicy");
        s.holds_backups = true;
    });
    let assessment = run(&[blind], &[], &[]);
    assert!(assessment.findings.len() > 10);
    for finding in &assessment.findings {
        assert_eq!(finding.status, Status::Unknown, "{}", finding.id);
        assert!(finding.evidence.facts[0].contains("was denied: AccessDenied"));
    }
}

#[test]
fn a_resource_that_could_not_be_read_is_unknown_as_a_whole() {
    let mut blind = store(|_| {});
    blind.facts = denied::<Seen>("s3:ListBuckets");
    let assessment = run(&[blind], &[], &[]);
    assert_eq!(only(&assessment, "BKS-READ-001").status, Status::Unknown);
    assert_eq!(assessment.summary.exit(), Exit::Error);
}

#[test]
fn a_resource_that_does_not_exist_is_said_once() {
    let mut gone = store(|_| {});
    gone.facts = Observed::Absent;
    let alone = run(std::slice::from_ref(&gone), &[], &[]);
    assert_eq!(only(&alone, "BKS-DRIFT-002").status, Status::Fail);
    let mut drift = unchanged();
    drift.action = Action::Create;
    let planned = run(&[gone], &[drift], &[]);
    assert_eq!(only(&planned, "BKS-DRIFT-002").status, Status::Fail);
    assert_eq!(planned.summary.exit(), Exit::Pending);
}

#[test]
fn a_plan_that_says_nothing_hides_nothing() {
    let mut gone = store(|_| {});
    gone.facts = Observed::Absent;
    let assessment = run(&[gone], &[unchanged()], &[]);
    assert_eq!(only(&assessment, "BKS-DRIFT-002").status, Status::Fail);
    let mut vague = unchanged();
    vague.action = Action::Update;
    let assessment = run(&[], &[vague], &[]);
    assert_eq!(only(&assessment, "BKS-DRIFT-001").status, Status::Fail);
}

#[test]
fn drift_is_as_bad_as_what_is_missing() {
    for (direction, severity) in [
        (Direction::Strengthens, Severity::High),
        (Direction::Neutral, Severity::Medium),
        (Direction::Weakens, Severity::Low),
    ] {
        let assessment = run(&[], &[changed(direction)], &[]);
        let finding = only(&assessment, "BKS-DRIFT-001");
        assert_eq!(finding.severity, severity);
        assert_eq!(finding.attribute.as_deref(), Some("versioning"));
        assert!(
            finding
                .message
                .starts_with("versioning is declared as true and is false.")
        );
    }
}

#[test]
fn what_no_apply_can_settle_is_no_drift() {
    let mut drift = unchanged();
    drift.unsettable = vec![Unsettable {
        path: "encrypted".into(),
        want: json!(true),
        have: json!(false),
        why: "RDS decides it at creation.".into(),
    }];
    let assessment = run(&[], &[drift], &[]);
    assert_eq!(only(&assessment, "BKS-DRIFT-003").status, Status::CannotBeMet);
    assert_eq!(assessment.summary.pass, 0);
    assert_eq!(assessment.summary.exit(), Exit::CheckFailed);
}

#[test]
fn what_could_not_be_compared_is_unknown() {
    let mut drift = unchanged();
    drift.unreadable = vec![Unreadable {
        action: "s3:GetBucketVersioning".into(),
        why: "SlowDown".into(),
        denied: false,
    }];
    let assessment = run(&[], &[drift], &[]);
    let finding = only(&assessment, "BKS-DRIFT-001");
    assert_eq!(finding.status, Status::Unknown);
    assert_eq!(
        finding.evidence.facts,
        ["s3:GetBucketVersioning failed: SlowDown"]
    );
    assert_eq!(assessment.summary.exit(), Exit::Error);
}

#[test]
fn an_exemption_holds_through_its_last_day() {
    let accepted = run(&single_zone(), &[], &[exemption("BKS-RDS-012", TODAY)]);
    let finding = only(&accepted, "BKS-RDS-012");
    assert_eq!(finding.status, Status::Exempt);
    assert_eq!(finding.exemption.as_ref().unwrap().owner, "ops");
    assert_eq!(accepted.summary.exit(), Exit::Clean);

    let yesterday = TODAY.yesterday().unwrap();
    let late = run(&single_zone(), &[], &[exemption("BKS-RDS-012", yesterday)]);
    let finding = only(&late, "BKS-RDS-012");
    assert_eq!(finding.status, Status::Fail);
    assert!(
        finding
            .message
            .ends_with("of ops that accepted this ended on 2026-02-28.")
    );
    assert_eq!(late.summary.exit(), Exit::CheckFailed);
}

#[test]
fn an_exemption_covers_only_its_resource() {
    let mut elsewhere = exemption("BKS-RDS-012", TODAY);
    elsewhere.resource = Some(Address::new("rds_instance", "other"));
    let assessment = run(&single_zone(), &[], &[elsewhere]);
    assert_eq!(only(&assessment, "BKS-RDS-012").status, Status::Fail);
    let idle = only(&assessment, "BKS-EXEMPT-001");
    assert!(idle.message.contains("matches nothing"), "{}", idle.message);
}

#[test]
fn an_exemption_that_accepts_nothing_is_found() {
    let unneeded = run(&sound(), &[], &[exemption("BKS-RDS-012", TODAY)]);
    let finding = only(&unneeded, "BKS-EXEMPT-001");
    assert_eq!((finding.status, finding.severity), (Status::Fail, Severity::Low));
    assert!(finding.message.contains("is not needed"), "{}", finding.message);

    let unknown = run(&[], &[], &[exemption("BKS-NO-001", TODAY)]);
    let finding = only(&unknown, "BKS-EXEMPT-001");
    assert!(finding.message.contains("does not exist"), "{}", finding.message);
}

#[test]
fn what_is_not_known_cannot_be_accepted() {
    let blind = [store(|s| s.encryption = denied("s3:GetEncryptionConfiguration"))];
    let assessment = run(&blind, &[], &[exemption("BKS-S3-043", TODAY)]);
    assert_eq!(only(&assessment, "BKS-S3-043").status, Status::Unknown);
    assert!(!assessment.findings.iter().any(|f| f.id == "BKS-EXEMPT-001"));
}

#[test]
fn the_order_of_what_was_read_does_not_matter() {
    let mut reversed = sound();
    reversed.reverse();
    assert_eq!(run(&sound(), &[], &[]), run(&reversed, &[], &[]));
}

#[test]
fn findings_say_what_was_read_where_and_when() {
    let assessment = run(&single_zone(), &[], &[]);
    let finding = only(&assessment, "BKS-RDS-012");
    let Facts {
        facts,
        scope,
        arn,
        read_at,
    } = &finding.evidence;
    assert_eq!(facts, &["multi-az: false"]);
    assert_eq!(scope.as_ref().unwrap().to_string(), "prod/us-east-1");
    assert!(arn.is_some());
    assert_eq!(read_at.as_deref(), Some("2026-03-01T12:00:00Z"));
    assert_eq!(finding.location.as_ref().unwrap().line, 12);
    assert!(finding.controls.contains(&"NIST 800-53 CP-7".to_owned()));
}
