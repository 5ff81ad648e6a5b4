//! What is declared and could not be read, or is not there: never a copy, never silence.

use super::policies::doc;
use super::writers::{PUTS, WRITER, identity};
use super::*;
use crate::model::Unreadable;
use crate::model::fact::{Contents, Dump, Identity};

fn denied(action: &str) -> Unreadable {
    Unreadable {
        action: action.into(),
        why: "access denied".into(),
        denied: true,
    }
}

/// The same resource, of which only its declaration is known.
fn declared(seen: Evidence, facts: Observed<Facts>) -> Evidence {
    let Observed::Present(known) = seen.facts else {
        panic!("{seen:?}");
    };
    Evidence {
        facts,
        declared: Some(Box::new(known)),
        ..seen
    }
}

/// A writer that dumps the database once a day, as far as its block says.
fn writer() -> Evidence {
    let only_declared = Identity {
        trust: None,
        policies: Vec::new(),
        boundary: None,
        dumps: Some(Dump {
            of: "rds_instance.app".parse().unwrap(),
            every: Duration::from_days(1),
        }),
        ..identity()
    };
    let facts = Facts::Identity(Box::new(only_declared));
    evidence("writer_role.pgdump", WRITER, "us-east-1", facts)
}

fn dumps() -> Evidence {
    let mut store = bucket("dumps", PROD);
    let nightly = Contents {
        points: 30,
        newest: Some("2026-03-01T03:00:00Z".into()),
        oldest: Some("2026-01-31T03:00:00Z".into()),
        longest_gap: Some(Duration::from_secs(24 * 3600)),
        overwritten: false,
        whole: true,
    };
    store.contents.insert("pg/".into(), Observed::Present(nightly));
    stored(store, "us-west-2")
}

fn verdicts(proof: &Proof) -> Vec<(&'static str, Verdict)> {
    let lines = proof.writers.iter().flat_map(|writer| &writer.lines);
    lines.map(|line| (line.asks, line.verdict)).collect()
}

#[test]
fn a_writer_that_could_not_be_read_may_do_anything() {
    let unread = declared(writer(), Observed::Unreadable(denied("iam:GetRole")));
    let proof = proved(&[served(database()), unread, dumps()], &everybody(), &[]);
    let found = verdicts(&proof);
    assert_eq!(found.len(), 10, "{found:?}");
    for (asks, verdict) in found {
        assert_eq!(verdict, Verdict::Unknown, "{asks}");
    }
    assert!(!proof.knows_everything());
    assert_eq!(proof.verdict(), Some(Verdict::Unknown));
    let why = &proof.writers[0].lines[0].why;
    assert!(
        why.contains("iam:GetRole") && why.contains("access denied"),
        "{why}"
    );

    // What a bucket's policy gives it, it has.
    let mut store = bucket("dumps", PROD);
    store.policy = Observed::Present(doc(&PUTS
        .replacen(
            r#""Effect""#,
            &format!(r#""Principal":{{"AWS":"{WRITER}"}},"Effect""#),
            1,
        )
        .replace("s3:PutObject", "s3:GetObject")));
    let unread = declared(writer(), Observed::Unreadable(denied("iam:GetRole")));
    let proof = proved(&[unread, stored(store, "us-west-2")], &everybody(), &[]);
    let read = verdicts(&proof).into_iter().find(|(asks, _)| *asks == "read");
    assert_eq!(read, Some(("read", Verdict::Fails)));
}

#[test]
fn a_writer_that_does_not_exist_cannot_put() {
    let absent = declared(writer(), Observed::Absent);
    let proof = proved(&[served(database()), absent, dumps()], &everybody(), &[]);
    let put = &proof.writers[0].lines[0];
    assert_eq!((put.asks, put.verdict), ("put", Verdict::Fails));
    assert_eq!(put.why, "writer_role.pgdump does not exist");
    let rest = verdicts(&proof).into_iter().skip(1);
    let others: Vec<_> = rest.filter(|(_, verdict)| *verdict == Verdict::Fails).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// What such a writer is declared to dump stays in the count, as something of which nobody knows.
#[test]
fn dumps_of_a_writer_that_was_not_read_are_not_known() {
    let read = [served(database()), writer(), dumps()];
    let count = |seen: &[Evidence]| proved(seen, &everybody(), &[]).assets[0].copies.len();
    let known = count(&read);
    for facts in [Observed::Absent, Observed::Unreadable(denied("iam:GetRole"))] {
        let seen = [served(database()), declared(writer(), facts), dumps()];
        assert_eq!(count(&seen), known);
        let proof = proved(&seen, &everybody(), &[]);
        let fate = row(&proof, "rds_instance.app", Mechanism::LogicalDump);
        assert!(!fate.contains('Y'), "{fate}");
        assert!(fate.contains('?'), "{fate}");
    }
}

/// A vault that a plan fills, and that could not be read as a whole.
#[test]
fn a_vault_of_which_nothing_was_read_is_not_known() {
    let unread = || {
        let seen = vault(VAULT, "us-west-2", Observed::Absent);
        declared(seen, Observed::Unreadable(denied("backup:DescribeBackupVault")))
    };
    let seen = [served(database()), unread(), daily(VAULT, "us-west-2")];
    let asks = Objective {
        copies: CopiesRule {
            accounts: 2,
            ..CopiesRule::default()
        },
        ..objective("2d", 7)
    };
    let proof = proved(&seen, &everybody(), std::slice::from_ref(&asks));
    let fate = row(&proof, "rds_instance.app", Mechanism::RecoveryPoints);
    assert_eq!(fate, "???????");
    assert_eq!(proof.assets[0].rules["core"][0].verdict, Verdict::Unknown);
    // One that is not there is none.
    let gone = declared(vault(VAULT, "us-west-2", Observed::Absent), Observed::Absent);
    let proof = proved(
        &[served(database()), gone, daily(VAULT, "us-west-2")],
        &everybody(),
        &[],
    );
    let points = |c: &Copy| c.mechanism == Mechanism::RecoveryPoints;
    assert!(!proof.assets[0].copies.iter().any(points));
}

#[test]
fn the_copies_of_what_could_not_be_read_are_not_counted() {
    let unread = Evidence {
        facts: Observed::Unreadable(denied("rds:DescribeDBInstances")),
        ..served(database())
    };
    let asks = Objective {
        copies: CopiesRule {
            total: 3,
            regions: 2,
            immutable: 1,
            clouds: 2,
            ..CopiesRule::default()
        },
        ..objective("15m", 7)
    };
    let proof = proved(&[unread], &everybody(), std::slice::from_ref(&asks));
    let judged = &proof.assets[0].rules["core"];
    let found: Vec<(&str, Verdict)> = judged.iter().map(|j| (j.asks.as_str(), j.verdict)).collect();
    assert_eq!(
        found,
        [
            ("copies.total", Verdict::Unknown),
            ("copies.regions", Verdict::Unknown),
            ("copies.clouds", Verdict::CannotBeMet),
            ("copies.immutable", Verdict::Unknown),
        ]
    );
    assert_eq!(
        judged[0].why,
        "it could not be read: rds:DescribeDBInstances: access denied"
    );
    // Nor is it destroyed by nobody in particular.
    assert_eq!(proof.assets[0].destroying.set, attack::smallest::Smallest::None);
}

/// A replica is of the posture, whether its bucket was read or not.
#[test]
fn why_a_replica_is_not_known_is_said_as_it_is() {
    let dr = || stored(bucket("dr", VAULT), "us-west-2");
    let source = || replicated(bucket("dr", VAULT)).remove(0);
    for (facts, why) in [
        (Observed::Absent, "dr does not exist"),
        (
            Observed::Unreadable(denied("s3:ListBucket")),
            "dr could not be read: s3:ListBucket: access denied",
        ),
    ] {
        let seen = [source(), Evidence { facts, ..dr() }];
        let proof = proved(&seen, &everybody(), &[]);
        let up = proof
            .assets
            .iter()
            .find(|a| a.address.to_string() == "s3_bucket.up");
        let copies = &up.unwrap().copies;
        let replica = copies.iter().find(|c| c.mechanism == Mechanism::ObjectReplica);
        let unread = replica.unwrap().history.known().unwrap_err();
        assert_eq!(unread.why, why);
    }
}
