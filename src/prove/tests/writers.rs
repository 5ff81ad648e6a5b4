//! What is said of a backup writer, document by document.

use super::policies::doc;
use super::*;
use crate::model::fact::{Identity, WriteTarget};

pub(super) const WRITER: &str = "arn:aws:iam::111111111111:role/pgdump";
pub(super) const PUTS: &str =
    r#"{"Sid":"Put","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::dumps/pg/*"}"#;
const NEVER: &str = r#"{"Sid":"Never","Effect":"Deny","Action":["iam:*","s3:Get*"],"Resource":"*"}"#;
const GITHUB: &str = r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":"repo:acme/app:ref:refs/heads/main"}}}"#;

pub(super) fn identity() -> Identity {
    Identity {
        name: "pgdump".into(),
        trust: Some(doc(GITHUB)),
        policies: vec![("write".into(), doc(PUTS))],
        boundary: Some(doc(&format!("{PUTS},{NEVER}"))),
        unknown: Vec::new(),
        writer: Some(vec![WriteTarget {
            bucket: "arn:aws:s3:::dumps".parse().unwrap(),
            prefix: "pg/".into(),
        }]),
        declared_trust: Some(doc(GITHUB)),
        dumps: None,
    }
}

/// The writer among the people of production, as they would be read.
pub(super) fn people(identity: &Identity) -> Principals {
    let read = |document: &Option<Document>| match document {
        Some(document) => Observed::Present(document.clone()),
        None => Observed::Absent,
    };
    let own = identity.policies.iter();
    let me = Principal {
        arn: WRITER.parse().unwrap(),
        kind: PrincipalKind::Role,
        id: "AROAPGDUMP".into(),
        trust: read(&identity.trust),
        policies: own
            .map(|(n, d)| (n.clone(), Observed::Present(d.clone())))
            .collect(),
        boundary: read(&identity.boundary),
    };
    let ci = role(PROD, "ci", &["sts:AssumeRole"], &[]);
    Principals::from([(account(PROD), Observed::Present(vec![me, ci]))])
}

fn seen(identity: Identity, dumps: ObjectStore) -> [Evidence; 2] {
    let facts = Facts::Identity(Box::new(identity));
    [
        stored(dumps, "us-east-1"),
        evidence("writer_role.pgdump", WRITER, "us-east-1", facts),
    ]
}

/// A writer as it should be, with its bucket.
pub(super) fn isolated() -> ([Evidence; 2], Principals) {
    let identity = identity();
    let people = people(&identity);
    (seen(identity, bucket("dumps", PROD)), people)
}

fn lines(identity: Identity, dumps: ObjectStore, principals: &Principals) -> Vec<writer::Line> {
    let seen = seen(identity, dumps);
    let mut proof = proved(&seen, principals, &[]);
    proof.writers.remove(0).lines
}

pub(super) fn said(lines: &[writer::Line]) -> String {
    lines
        .iter()
        .map(|l| format!("{:?} {}: {}\n", l.verdict, l.claim, l.why))
        .collect()
}

#[test]
fn an_isolated_writer() {
    let identity = identity();
    let found = lines(identity.clone(), bucket("dumps", PROD), &people(&identity));
    insta::assert_snapshot!(said(&found), @r"
    Holds can put under arn:aws:s3:::dumps/pg/*: write, statement 1 (Put), allows; boundary, statement 1 (Put), allows
    Holds cannot put anywhere else: what allows s3:PutObject ends at arn:aws:s3:::dumps/pg/*
    Holds cannot read: nothing in write allows it, nor does a bucket's policy
    Holds cannot decrypt: nothing in write allows it, nor does a key's policy
    Holds cannot list: nothing in write allows it, nor does a bucket's policy
    Holds cannot delete objects or versions: nothing in write allows it, nor does a bucket's policy
    Holds cannot change retention or legal holds, nor bypass governance: nothing in write allows it, nor does a bucket's policy
    Holds cannot change a setting of a bucket or of what lies in it: nothing in write allows it, nor does a bucket's policy
    Holds cannot become anybody else: nothing allows it to assume or pass a role, and no trust names it
    Holds nobody else can assume it: every statement of its trust that allows is as declared
    ");
    // What the bucket denies is named.
    let mut dumps = bucket("dumps", PROD);
    dumps.policy = Observed::Present(doc(&format!(
        r#"{{"Sid":"Writer","Effect":"Deny","Principal":{{"AWS":"{WRITER}"}},"Action":["s3:Get*","s3:RestoreObject","s3:List*"],"Resource":["arn:aws:s3:::dumps","arn:aws:s3:::dumps/*"]}}"#
    )));
    let found = lines(identity.clone(), dumps, &people(&identity));
    let read = found.iter().find(|l| l.asks == "read").unwrap();
    assert_eq!(read.verdict, Verdict::Holds);
    assert_eq!(
        read.why,
        "denied by arn:aws:s3:::dumps, statement Writer; boundary, statement Never"
    );
}

/// One thing is wrong each time: exactly the lines named fail, by the statement named.
#[test]
fn each_weak_spot_fails_its_line() {
    type Spoil = Box<dyn Fn(&mut Identity, &mut ObjectStore)>;
    let grants = |action: &'static str, resource: &'static str| -> Spoil {
        Box::new(move |identity, _| {
            let more = Statement::new(Effect::Allow, [action], [resource]).sid("More");
            identity.boundary = None;
            identity.policies.push(("extra".into(), Document::new([more])));
        })
    };
    let table: Vec<(&str, Spoil, &[&str], &str)> = vec![
        (
            "no longer writes",
            Box::new(|i, _| i.policies.clear()),
            &["put"],
            "not allowed by identity policies",
        ),
        (
            "the boundary does not let it write",
            Box::new(|i, _| i.boundary = Some(doc(NEVER))),
            &["put"],
            "the permission boundary",
        ),
        (
            "the whole bucket",
            grants("s3:PutObject", "arn:aws:s3:::dumps/*"),
            &["put_elsewhere"],
            "extra, statement More: s3:PutObject on arn:aws:s3:::dumps/*",
        ),
        (
            "reads",
            grants("s3:GetObject", "*"),
            &["read"],
            "extra, statement More",
        ),
        (
            "lists",
            grants("s3:ListBucket", "*"),
            &["list"],
            "extra, statement More",
        ),
        (
            "deletes versions",
            grants("s3:DeleteObjectVersion", "*"),
            &["delete"],
            "extra, statement More",
        ),
        (
            "bypasses",
            grants("s3:BypassGovernanceRetention", "*"),
            &["retain"],
            "extra, statement More",
        ),
        (
            "holds",
            grants("s3:PutObjectLegalHold", "*"),
            &["retain"],
            "extra, statement More",
        ),
        (
            "expires",
            grants("s3:PutLifecycleConfiguration", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "tells what happens elsewhere",
            grants("s3:PutBucketLogging", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "serves it",
            grants("s3:PutBucketWebsite", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "tags it",
            grants("s3:PutBucketTagging", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "lets tags decide",
            grants("s3:PutBucketAbac", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "tags what is there",
            grants("s3:PutObjectVersionTagging", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "puts it under another key",
            grants("s3:UpdateObjectEncryption", "*"),
            &["settings"],
            "extra, statement More",
        ),
        (
            "deletes as replication does",
            grants("s3:ReplicateDelete", "*"),
            &["delete"],
            "extra, statement More",
        ),
        (
            "assumes",
            grants("sts:AssumeRole", "arn:aws:iam::333333333333:role/x"),
            &["become"],
            "extra, statement More",
        ),
        (
            "rewrites policies",
            grants("iam:PutRolePolicy", "*"),
            &["become"],
            "may iam:PutRolePolicy on all roles of 111111111111 (extra, statement More)",
        ),
        (
            "everything",
            grants("*", "*"),
            &[
                "put_elsewhere",
                "read",
                "decrypt",
                "list",
                "delete",
                "retain",
                "settings",
                "become",
            ],
            "extra, statement More: * on *",
        ),
        (
            "everything, under a condition",
            Box::new(|i, _| {
                i.boundary = None;
                let all = r#"{"Sid":"More","Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}"#;
                i.policies.push(("extra".into(), doc(all)));
            }),
            &[
                "put_elsewhere",
                "read",
                "decrypt",
                "list",
                "delete",
                "retain",
                "settings",
                "become",
            ],
            "extra, statement More: * on * under a condition",
        ),
        (
            "the bucket lets it read",
            Box::new(|i, b| {
                i.boundary = None;
                b.policy = Observed::Present(doc(&format!(
                    r#"{{"Effect":"Allow","Principal":{{"AWS":"{WRITER}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::dumps/*"}}"#
                )));
            }),
            &["read"],
            "arn:aws:s3:::dumps, statement 1: s3:GetObject",
        ),
        (
            "somebody of its account",
            Box::new(|i, _| {
                let account = r#"{"Sid":"Account","Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}"#;
                i.trust = Some(doc(&format!("{GITHUB},{account}")));
            }),
            &["trust"],
            "role/ci: own, statement 1, allows; its trust, statement 2 (Account), allows",
        ),
        (
            "every repository",
            Box::new(|i, _| {
                let wide = GITHUB
                    .replace("StringEquals", "StringLike")
                    .replace("acme/app:ref:refs/heads/main", "*");
                i.trust = Some(doc(&wide));
            }),
            &["trust"],
            "oidc-provider/token.actions.githubusercontent.com vouches for",
        ),
    ];
    for (what, spoil, failing, why) in table {
        let (mut one, mut dumps) = (identity(), bucket("dumps", PROD));
        spoil(&mut one, &mut dumps);
        let found = lines(one.clone(), dumps, &people(&one));
        let failed: Vec<&str> = found
            .iter()
            .filter(|l| l.verdict != Verdict::Holds)
            .map(|l| l.asks)
            .collect();
        assert_eq!(failed, failing, "{what}\n{}", said(&found));
        let first = found.iter().find(|l| l.verdict != Verdict::Holds).unwrap();
        assert_eq!(first.verdict, Verdict::Fails, "{what}");
        assert!(first.why.contains(why), "{what}: {}", first.why);
    }
}

#[test]
fn what_was_not_read_never_holds() {
    let denied = || crate::model::Unreadable {
        action: "iam:GetRolePolicy".into(),
        why: "access denied".into(),
        denied: true,
    };
    let unknown = |found: &[writer::Line]| -> Vec<&'static str> {
        let of = found.iter().filter(|l| l.verdict == Verdict::Unknown);
        of.map(|l| l.asks).collect()
    };
    let documents = [
        "put",
        "put_elsewhere",
        "read",
        "decrypt",
        "list",
        "delete",
        "retain",
        "settings",
        "become",
    ];
    let mut hidden = identity();
    hidden.unknown.push(denied());
    let found = lines(hidden.clone(), bucket("dumps", PROD), &people(&hidden));
    assert_eq!(unknown(&found), documents);

    let mut dumps = bucket("dumps", PROD);
    dumps.policy = Observed::Unreadable(denied());
    let found = lines(identity(), dumps, &people(&identity()));
    assert_eq!(unknown(&found), documents);

    // A bucket that nobody declares.
    let found = lines(identity(), bucket("other", PROD), &people(&identity()));
    assert_eq!(unknown(&found), documents);

    // A trust that nobody could read.
    let mut closed = identity();
    closed.trust = None;
    closed.unknown.push(denied());
    let found = lines(closed.clone(), bucket("dumps", PROD), &people(&closed));
    assert!(unknown(&found).contains(&"trust"));

    // Nobody read who else is in the account: a trust elsewhere may name the writer.
    for principals in [
        Principals::new(),
        Principals::from([(account(PROD), Observed::Unreadable(denied()))]),
    ] {
        let found = lines(identity(), bucket("dumps", PROD), &principals);
        assert_eq!(unknown(&found), ["become"]);
    }
}
