//! What service control policies keep an account's own administrators from, and who may lift them.

use super::policies::doc;
use super::*;
use crate::model::{Level, Membership};

const MANAGEMENT: &str = "999999999999";

const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

/// What destroys versions, for everybody.
const KEEPS: &str = r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration","s3:PutBucketPolicy","s3:PutBucketVersioning"],"Resource":"*"}"#;

const STAYS: &str = r#"{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}"#;

fn membership(statements: &[&str]) -> Membership {
    let document = |text: &str| Observed::Present(doc(text));
    Membership {
        organization: "o-acme".into(),
        management: account(MANAGEMENT),
        levels: vec![
            Level {
                target: "r-acme".into(),
                policies: vec![("FullAWSAccess".into(), document(EVERYTHING))],
            },
            Level {
                target: PROD.into(),
                policies: vec![
                    ("FullAWSAccess".into(), document(EVERYTHING)),
                    ("keep".into(), document(&statements.join(","))),
                ],
            },
        ],
        delegation: Observed::Absent,
    }
}

/// The account's administrator, and nobody in the management account.
fn people() -> Principals {
    Principals::from([
        (
            account(PROD),
            Observed::Present(vec![role(PROD, "admin", &["*"], &[])]),
        ),
        (account(MANAGEMENT), Observed::Present(Vec::new())),
    ])
}

fn bound(membership: Membership) -> Memberships {
    Memberships::from([(account(PROD), Observed::Present(membership))])
}

fn proof(principals: &Principals, memberships: &Memberships) -> Proof {
    prove(&Input {
        evidence: &[stored(bucket("up", PROD), "us-east-1")],
        principals,
        memberships,
        objectives: &[],
        scenarios: &scenarios(),
        read_at: "2026-03-01T12:00:00Z",
    })
}

/// What becomes of the versions of `up` when its whole account, root included, is taken over.
fn versions(principals: &Principals, memberships: &Memberships) -> char {
    let row = row(
        &proof(principals, memberships),
        "s3_bucket.up",
        Mechanism::Versions,
    );
    row.chars().nth(3).unwrap()
}

#[test]
fn a_denial_of_the_organization_binds_administrators_and_the_root() {
    let table: &[(&str, &[&str], char)] = &[
        ("nothing is denied", &[STAYS], '-'),
        ("the account may leave, if it can stand alone", &[KEEPS], 'c'),
        ("nor may it leave", &[KEEPS, STAYS], 'Y'),
        (
            "one of two ways stays open",
            &[
                r#"{"Effect":"Deny","Action":"s3:DeleteObjectVersion","Resource":"*"}"#,
                STAYS,
            ],
            '-',
        ),
        (
            "whom the organization does not bind is let in",
            &[
                r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration"],"Resource":"*"}"#,
                STAYS,
            ],
            '-',
        ),
        (
            "a part of the bucket stays open",
            &[
                r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration","s3:PutBucketPolicy","s3:PutBucketVersioning"],"Resource":"arn:aws:s3:::up/a/*"}"#,
                STAYS,
            ],
            '-',
        ),
        (
            "versions can be deleted, in a bucket that no longer keeps them, if they are older than its versioning",
            &[
                r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration","s3:PutBucketPolicy"],"Resource":"*"}"#,
                STAYS,
            ],
            'c',
        ),
        (
            "under a condition that the documents do not decide",
            &[
                r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}"#,
                STAYS,
            ],
            'c',
        ),
        (
            "but for a role that is not there and can be made",
            &[
                r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration","s3:PutBucketPolicy","s3:PutBucketVersioning"],"Resource":"*",
                    "Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/break-glass-*"}}}"#,
                STAYS,
            ],
            '-',
        ),
        (
            "and that cannot be made",
            &[
                r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration","s3:PutBucketPolicy","s3:PutBucketVersioning"],"Resource":"*",
                    "Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/break-glass-*"}}}"#,
                r#"{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/break-glass-*"}"#,
                STAYS,
            ],
            'Y',
        ),
    ];
    for (what, statements, want) in table {
        let found = versions(&people(), &bound(membership(statements)));
        assert_eq!(found, *want, "{what}");
    }
}

#[test]
fn an_exception_is_as_strong_as_who_may_become_it() {
    const BUT: &str = r#"{"Effect":"Deny","Action":["s3:DeleteObjectVersion","s3:UpdateObjectEncryption","s3:PutLifecycleConfiguration","s3:PutBucketPolicy","s3:PutBucketVersioning"],"Resource":"*",
        "Condition":{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/recovery"}}}"#;
    const APART: &str =
        r#"{"Effect":"Deny","Action":["iam:*","sts:AssumeRole"],"Resource":"arn:aws:iam::*:role/recovery"}"#;
    let mut principals = people();
    principals.insert(
        account(PROD),
        Observed::Present(vec![
            role(PROD, "admin", &["*"], &[]),
            // Whom it trusts is nobody of the estate.
            role(
                PROD,
                "recovery",
                &["s3:*"],
                &["arn:aws:iam::222222222222:role/officer"],
            ),
        ]),
    );
    // All of the account together includes the role itself.
    let takes_all = bound(membership(&[BUT, APART, STAYS]));
    assert_eq!(versions(&principals, &takes_all), '-');
    // The administrator alone rewrites whom the role trusts, or not.
    let alone = |memberships: &Memberships| -> Vec<String> {
        let copies = &proof(&principals, memberships).assets[0];
        match &copies.destroying.set {
            attack::smallest::Smallest::Set(set) => set.iter().map(|n| n.short().to_owned()).collect(),
            other => panic!("{other:?}"),
        }
    };
    let open = bound(membership(&[BUT, STAYS]));
    let apart = alone(&takes_all);
    assert!(
        apart
            .iter()
            .any(|who| who.contains("recovery") || who.contains(MANAGEMENT)),
        "{apart:?}"
    );
    let open = alone(&open);
    assert!(
        open.iter()
            .all(|who| !who.contains("recovery") && !who.contains(MANAGEMENT)),
        "{open:?}"
    );
}

#[test]
fn an_exception_is_open_to_whoever_makes_its_bearer() {
    let denied = |tests: &str| {
        let denial = format!(r#"{},"Condition":{{{tests}}}}}"#, KEEPS.trim_end_matches('}'));
        versions(&people(), &bound(membership(&[&denial, STAYS])))
    };
    for (tests, fate) in [
        (r#""StringNotLike":{"aws:PrincipalArn":"*:role/guardian"}"#, '-'),
        (
            r#""ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:root","arn:aws:iam::*:role/*"]}"#,
            '-',
        ),
        (r#""StringLike":{"aws:PrincipalAccount":"*"}"#, 'Y'),
    ] {
        assert_eq!(denied(tests), fate, "{tests}");
    }
}

#[test]
fn whoever_manages_the_organization_may_lift_its_policies() {
    let kept = membership(&[KEEPS, STAYS]);
    // Nobody read who is in the management account: any role of production may lead there.
    let mut principals = people();
    principals.remove(&account(MANAGEMENT));
    assert_eq!(versions(&principals, &bound(kept.clone())), '?');

    // A role there that production may assume, and that may detach policies.
    let trusted = role(
        MANAGEMENT,
        "policies",
        &["organizations:DetachPolicy"],
        &["arn:aws:iam::111111111111:root"],
    );
    principals.insert(account(MANAGEMENT), Observed::Present(vec![trusted]));
    assert_eq!(versions(&principals, &bound(kept.clone())), '-');

    // The same, and it may only look.
    let looks = role(
        MANAGEMENT,
        "policies",
        &["organizations:DescribePolicy"],
        &["arn:aws:iam::111111111111:root"],
    );
    principals.insert(account(MANAGEMENT), Observed::Present(vec![looks]));
    assert_eq!(versions(&principals, &bound(kept.clone())), 'Y');

    // The organization's own policy delegates to production.
    let delegation = |action: &str| {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111111111111:root"}},"Action":"{action}","Resource":"*"}}"#
        );
        Membership {
            delegation: Observed::Present(doc(&statement)),
            ..kept.clone()
        }
    };
    let updates = delegation("organizations:UpdatePolicy");
    assert_eq!(versions(&people(), &bound(updates)), '-');
    let lists = delegation("organizations:ListPolicies");
    assert_eq!(versions(&people(), &bound(lists)), 'Y');
    let unread = Membership {
        delegation: Observed::Unreadable(denied()),
        ..kept
    };
    assert_eq!(versions(&people(), &bound(unread)), '?');
}

fn denied() -> crate::model::Unreadable {
    crate::model::Unreadable {
        action: "organizations:DescribePolicy".into(),
        why: "access denied".into(),
        denied: true,
    }
}

#[test]
fn what_nobody_could_read_keeps_nobody_from_anything() {
    let unread = Memberships::from([(account(PROD), Observed::Unreadable(denied()))]);
    assert_eq!(versions(&people(), &unread), '-');
    let nothing = Memberships::from([(account(PROD), Observed::Absent)]);
    assert_eq!(versions(&people(), &nothing), '-');
    // A policy of many without its text may allow, and may deny.
    let mut one = membership(&[STAYS]);
    let last = one.levels.last_mut().unwrap();
    last.policies
        .push(("secret".into(), Observed::Unreadable(denied())));
    assert_eq!(versions(&people(), &bound(one)), '?');
}

#[test]
fn each_level_has_to_allow() {
    let mut narrow = membership(&[STAYS]);
    let first = narrow.levels.first_mut().unwrap();
    first.policies = vec![(
        "reads".into(),
        Observed::Present(doc(
            r#"{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}"#,
        )),
    )];
    assert_eq!(versions(&people(), &bound(narrow)), 'Y');
}

#[test]
fn without_the_organization_the_smallest_set_stays_inside_the_account() {
    let found = proof(&people(), &bound(membership(&[KEEPS, STAYS])));
    let destroying = &found.assets[0].destroying;
    let attack::smallest::Smallest::Set(set) = &destroying.set else {
        panic!("{destroying:?}")
    };
    // Whoever manages the organization, and somebody of the account for the deletion itself.
    let names: Vec<&str> = set.iter().map(attack::graph::Node::short).collect();
    assert!(names.iter().any(|n| n.starts_with(MANAGEMENT)), "{names:?}");
    assert!(
        destroying
            .path
            .iter()
            .any(|s| s.because.contains("detach the organization's policies")),
        "{:#?}",
        destroying.path
    );
}

#[test]
fn a_writer_can_put_only_what_its_organization_lets_it() {
    let put = |memberships: &Memberships| {
        let (seen, principals) = super::writers::isolated();
        let proof = prove(&Input {
            evidence: &seen,
            principals: &principals,
            memberships,
            objectives: &[],
            scenarios: &scenarios(),
            read_at: "2026-03-01T12:00:00Z",
        });
        let line = proof.writers[0].lines.iter().find(|l| l.asks == "put").unwrap();
        (line.verdict, line.why.clone())
    };
    assert_eq!(put(&Memberships::new()).0, Verdict::Holds);
    assert_eq!(put(&bound(membership(&[STAYS]))).0, Verdict::Holds);
    let denied_put = r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}"#;
    let (verdict, why) = put(&bound(membership(&[denied_put])));
    assert_eq!(verdict, Verdict::Fails);
    assert!(why.contains("service control policy keep"), "{why}");
    let unread = Memberships::from([(account(PROD), Observed::Unreadable(denied()))]);
    let (verdict, why) = put(&unread);
    assert_eq!(verdict, Verdict::Unproven);
    assert!(
        why.contains("service control policies could not be read"),
        "{why}"
    );
}

/// The management account is the attacked one: it reaches its members by ways that no policy of theirs tells.
#[test]
fn whoever_manages_the_organization_may_reach_its_members() {
    let seen = super::replicated(bucket("dr", VAULT));
    let mut kept = membership(&[]);
    kept.management = account(PROD);
    let memberships = Memberships::from([(account(VAULT), Observed::Present(kept))]);
    let fate = |memberships: &Memberships| {
        let proof = prove(&Input {
            evidence: &seen,
            principals: &staffed(&everybody()),
            memberships,
            objectives: &[],
            scenarios: &scenarios(),
            read_at: "2026-03-01T12:00:00Z",
        });
        row(&proof, "s3_bucket.up", Mechanism::ObjectReplica)
            .chars()
            .nth(3)
            .unwrap()
    };
    assert_eq!(fate(&Memberships::new()), 'Y');
    assert_eq!(fate(&memberships), 'c');
}

/// Whom a condition on the organization means is known where the organization was read, and not known where it could not be.
/// It never keeps a member from anything: that one may leave.
#[test]
fn conditions_on_the_organization_mean_its_members() {
    let fate = |condition: &str, effect: &str, memberships: &Memberships| {
        let mut target = bucket("dr", VAULT);
        let statement = format!(
            r#"{{"Effect":"{effect}","Principal":{{"AWS":"arn:aws:iam::111111111111:root"}},"Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::dr/*","Condition":{{{condition}}}}}"#
        );
        let mut policy = lets_copy("dr");
        policy.statements.extend(doc(&statement).statements);
        if effect == "Deny" {
            let deletes = Statement::new(Effect::Allow, ["s3:DeleteObjectVersion"], ["arn:aws:s3:::dr/*"]);
            let everybody = "arn:aws:iam::111111111111:root";
            policy.statements.push(deletes.principal("AWS", everybody));
        }
        target.policy = Observed::Present(policy);
        let mut principals = staffed(&everybody());
        principals.insert(account(MANAGEMENT), Observed::Present(Vec::new()));
        // Copies are made, whatever the organization says of them.
        let mut source = bucket("up", PROD);
        source.replicas = Observed::Present(vec![Replica {
            arrived: Some(Observed::Present(Arrival {
                compared: 100,
                whole: true,
                newest: Some("2026-03-01T03:00:00Z".into()),
                ..Arrival::default()
            })),
            ..replica("dr", VAULT, "us-west-2")
        }]);
        let proof = prove(&Input {
            evidence: &[stored(source, "us-east-1"), stored(target, "us-west-2")],
            principals: &principals,
            memberships,
            objectives: &[],
            scenarios: &scenarios(),
            read_at: "2026-03-01T12:00:00Z",
        });
        row(&proof, "s3_bucket.up", Mechanism::ObjectReplica)
            .chars()
            .nth(3)
            .unwrap()
    };
    let ours = bound(membership(&[STAYS]));
    let unread = Memberships::from([(
        account(PROD),
        Observed::Unreadable(crate::model::Unreadable {
            action: "organizations:DescribeOrganization".into(),
            why: "denied".into(),
            denied: true,
        }),
    )]);
    let table = [
        (
            r#""StringEquals":{"aws:PrincipalOrgID":"o-acme"}"#,
            "Allow",
            '-',
            '?',
        ),
        (
            r#""StringEquals":{"aws:PrincipalOrgID":"o-other"}"#,
            "Allow",
            'c',
            '?',
        ),
        (
            r#""StringNotEquals":{"aws:PrincipalOrgID":"o-other"}"#,
            "Allow",
            '-',
            '?',
        ),
        (
            r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-acme/r-acme/*"}"#,
            "Allow",
            '-',
            '?',
        ),
        (
            r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-acme/r-other/*"}"#,
            "Allow",
            'c',
            '?',
        ),
        (
            r#""StringNotEquals":{"aws:PrincipalOrgID":"o-acme"}"#,
            "Deny",
            '-',
            '?',
        ),
        // Who leaves it escapes.
        (
            r#""StringEquals":{"aws:PrincipalOrgID":"o-acme"}"#,
            "Deny",
            'c',
            '?',
        ),
    ];
    // Without such a condition the organization is asked nothing.
    let mine = r#""StringEquals":{"aws:PrincipalAccount":"222222222222"}"#;
    assert_eq!(fate(mine, "Allow", &unread), 'Y');
    for (condition, effect, read, not_read) in table {
        assert_eq!(fate(condition, effect, &ours), read, "{effect} {condition}");
        assert_eq!(
            fate(condition, effect, &unread),
            not_read,
            "{effect} {condition}, unread"
        );
    }
}
