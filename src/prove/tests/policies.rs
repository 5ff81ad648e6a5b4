//! What the documents of identities and resources mean for a copy, statement by statement.

use super::*;

pub(super) fn doc(statements: &str) -> Document {
    Document::parse(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#
    ))
    .unwrap()
}

fn with(name: &str, statements: &str) -> Principal {
    Principal {
        policies: vec![("own".into(), Observed::Present(doc(statements)))],
        ..role(PROD, name, &["s3:GetObject"], &[])
    }
}

/// What becomes of the versions of `up` when the production account is taken over by `who` alone.
pub(super) fn versions(who: Vec<Principal>, policy: Observed<Document>) -> char {
    match survival(who, policy) {
        Survival::Survives => 'Y',
        Survival::Conditional(_) => 'c',
        Survival::Unknown(_) => '?',
        Survival::Lost(_) => '-',
    }
}

fn survival(who: Vec<Principal>, policy: Observed<Document>) -> Survival {
    let mut up = bucket("up", PROD);
    up.policy = policy;
    let held: Vec<_> = who.iter().take(1).map(|p| p.arn.clone()).collect();
    let alone = Scenario {
        holds: None,
        identities: held,
        ..scenarios()
            .into_iter()
            .find(|s| s.name == "credential_compromise")
            .unwrap()
    };
    let principals = Principals::from([(account(PROD), Observed::Present(who))]);
    let seen = [stored(up, "us-east-1")];
    let proof = prove(&Input {
        evidence: &seen,
        principals: &principals,
        memberships: &Memberships::new(),
        objectives: &[],
        scenarios: &[alone],
        read_at: "2026-03-01T12:00:00Z",
    });
    let cell = &proof.assets[0].cells[0];
    let copy = cell.copies.iter().find(|c| c.copy.contains("versions")).unwrap();
    copy.survival.clone()
}

/// AWS shows an identity that was deleted by its id. Whoever takes its name later is somebody else.
#[test]
fn who_no_longer_exists_is_named_and_grants_nothing() {
    const GONE: &str = "AROAEXAMPLEEXAMPLE123";
    let grants = |id: &str| {
        let mut up = bucket("up", PROD);
        up.policy = Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{id}"}},"Action":"s3:*","Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*"]}}"#
        )));
        let mut app = role(PROD, "app", &["s3:PutObject"], &[]);
        app.id = "AROAEXAMPLEEXAMPLE999".into();
        let people = Principals::from([(account(PROD), Observed::Present(vec![app]))]);
        let proof = proved(&[stored(up, "us-east-1")], &people, &[]);
        let grounds = proof.assets[0].copies.iter().flat_map(|c| c.grounds.clone());
        let named = grounds.filter(|g| {
            g.says
                .contains("a principal that no longer exists: it grants nothing")
        });
        let named: Vec<String> = named.map(|g| g.says).collect();
        (row(&proof, "s3_bucket.up", Mechanism::Versions), named)
    };
    let (fate, named) = grants(GONE);
    assert_eq!(fate, "YYY--YY");
    assert!(
        !named.is_empty() && named.iter().all(|says| says.contains(GONE)),
        "{named:?}"
    );
    // By its id somebody who is there may be meant, too.
    assert_eq!(grants("AROAEXAMPLEEXAMPLE999"), ("YYY---Y".into(), Vec::new()));
}

#[test]
fn statements_of_the_identity() {
    const DELETES: &str = r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}"#;
    let also = |deny: &str| format!("{DELETES},{deny}");
    let table: &[(&str, String, char)] = &[
        ("nothing", r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#.into(), 'Y'),
        ("everything", also(r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#), '-'),
        (
            "a part is enough to destroy a part",
            r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"arn:aws:s3:::up/logs/*"}"#.into(),
            '-',
        ),
        (
            "all but a part",
            r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","NotResource":"arn:aws:s3:::up/logs/*"}"#.into(),
            '-',
        ),
        (
            "a denial of everything but a part leaves the part",
            also(r#"{"Effect":"Deny","Action":"s3:DeleteObjectVersion","NotResource":"arn:aws:s3:::up/logs/*"}"#),
            '-',
        ),
        (
            "a denial of everything but another bucket leaves nothing",
            also(r#"{"Effect":"Deny","Action":"s3:DeleteObjectVersion","NotResource":"arn:aws:s3:::other/*"}"#),
            'Y',
        ),
        (
            "a denial of a part leaves the rest",
            also(r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::up/logs/*"}"#),
            '-',
        ),
        ("a denial of the whole", also(r#"{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}"#), 'Y'),
        (
            "nothing keeps an attacker from TLS",
            also(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            ),
            '-',
        ),
        (
            "nor from sending the header",
            also(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}"#,
            ),
            '-',
        ),
        (
            "a network is no certain denial",
            also(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}"#,
            ),
            'c',
        ),
        (
            "nor a certain grant",
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#.into(),
            'c',
        ),
        (
            "a key or operator that nobody knows may be met",
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"QuantumEquals":{"acme:mood":"good"}}}"#.into(),
            'c',
        ),
        (
            "and denies nothing for certain",
            also(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"QuantumEquals":{"acme:mood":"good"}}}"#),
            'c',
        ),
        ("an action that nobody knows", r#"{"Effect":"Allow","Action":"s3:ObliterateBucket","Resource":"*"}"#.into(), 'Y'),
        ("but its wildcard", r#"{"Effect":"Allow","Action":"*:*version*","Resource":"*"}"#.into(), '-'),
        (
            "whoever may replace the bucket's policy grants itself the rest",
            r#"{"Effect":"Allow","Action":"s3:PutBucketPolicy","Resource":"*"}"#.into(),
            '-',
        ),
    ];
    for (what, statements, expected) in table {
        let got = versions(vec![with("w", statements)], Observed::Absent);
        assert_eq!(got, *expected, "{what}");
    }
}

/// What must not be so is said as a sentence, whatever kind of reason it is.
#[test]
fn conditions_that_must_not_hold_can_be_read() {
    let why = |statements: &str| {
        let survival = survival(vec![with("w", statements)], Observed::Absent);
        survival.why().unwrap_or_default().to_owned()
    };
    let allow = r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}"#;
    let when = r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    let allowed = format!("{}{when}}}", allow.replace('}', ","));
    let denied = format!(r#"{allow},{{"Sid":"Mfa","Effect":"Deny","Action":"s3:*","Resource":"*",{when}}}"#);
    insta::assert_snapshot!(why(&allowed), @"it is not so that the request has aws:MultiFactorAuthPresent Bool true");
    insta::assert_snapshot!(why(&denied), @"it is not so that the request escapes own, statement Mfa, which denies it where the request has aws:MultiFactorAuthPresent Bool true");
}

/// What is put under another key goes with that. A lock refuses it (S3 API, `UpdateObjectEncryption`).
#[test]
fn who_puts_objects_under_another_key_ends_them_with_it() {
    let rewraps = r#"{"Effect":"Allow","Action":"s3:UpdateObjectEncryption","Resource":"*"}"#;
    let makes = r#"{"Effect":"Allow","Action":["s3:UpdateObjectEncryption","kms:CreateKey"],"Resource":"*"}"#;
    assert_eq!(versions(vec![with("w", rewraps)], Observed::Absent), 'c');
    assert_eq!(versions(vec![with("w", makes)], Observed::Absent), '-');
    let fate = |action: &str, mode: LockMode| {
        let mut up = bucket("up", PROD);
        let lock = LockRetention { mode, days: 90 };
        up.lock = Observed::Present(ObjectLock {
            retention: Some(lock),
        });
        let who = vec![role(PROD, "w", &["s3:PutObject", "kms:CreateKey", action], &[])];
        let people = Principals::from([(account(PROD), Observed::Present(who))]);
        let proof = proved(&[stored(up, "us-east-1")], &people, &[]);
        row(&proof, "s3_bucket.up", Mechanism::Versions)
    };
    for mode in [LockMode::Compliance, LockMode::Governance] {
        // What has outlived its lock is lost, and no more: the same as by deleting.
        let rewrapped = fate("s3:UpdateObjectEncryption", mode);
        assert_eq!(rewrapped.chars().nth(5), Some('c'), "{rewrapped}");
        assert_eq!(rewrapped, fate("s3:DeleteObjectVersion", mode));
    }
}

#[test]
fn statements_of_the_bucket() {
    let nobody = || {
        with(
            "w",
            r#"{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}"#,
        )
    };
    let may = || {
        with(
            "w",
            r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}"#,
        )
    };
    let grant = |principal: &str| {
        Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:*","Resource":"arn:aws:s3:::up/*"}}"#
        )))
    };
    let deny = |rest: &str| {
        Observed::Present(doc(&format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:Delete*","Resource":"arn:aws:s3:::up/*"{rest}}}"#
        )))
    };
    let table: Vec<(&str, Principal, Observed<Document>, char)> = vec![
        (
            "by name",
            nobody(),
            grant("arn:aws:iam::111111111111:role/w"),
            '-',
        ),
        (
            "by a session of it",
            nobody(),
            grant("arn:aws:sts::111111111111:assumed-role/w/x"),
            'c',
        ),
        (
            "another one",
            nobody(),
            grant("arn:aws:iam::111111111111:role/v"),
            'Y',
        ),
        ("by the id of one who lives", nobody(), grant("AROAw"), '-'),
        (
            "by an id that is left of one who is gone",
            nobody(),
            grant("AROAGONEGONEGONEGONE"),
            'Y',
        ),
        (
            "its account, which leaves it to its own policies",
            nobody(),
            grant("111111111111"),
            'Y',
        ),
        ("everybody is denied", may(), deny(""), 'Y'),
        (
            "everybody else is denied",
            may(),
            deny(r#","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/w"}}"#),
            '-',
        ),
        (
            "everybody but another is denied",
            may(),
            deny(r#","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/v"}}"#),
            'Y',
        ),
        (
            "nobody could read it",
            may(),
            Observed::Unreadable(crate::model::Unreadable {
                action: "s3:GetBucketPolicy".into(),
                why: "access denied".into(),
                denied: true,
            }),
            '?',
        ),
    ];
    for (what, who, policy, expected) in table {
        assert_eq!(versions(vec![who], policy), expected, "{what}");
    }
}

#[test]
fn a_name_that_a_policy_excepts_can_be_given_to_somebody_new() {
    let but = |name: &str| {
        Observed::Present(doc(&format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":["s3:Delete*","s3:Put*","s3:Update*"],"Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*"],
                "Condition":{{"ArnNotLike":{{"aws:PrincipalArn":"{name}"}}}}}}"#
        )))
    };
    let admin = || vec![role(PROD, "admin", &["s3:*", "iam:*"], &[])];
    let table = [
        ("arn:aws:iam::111111111111:role/break-*", '-'),
        ("arn:aws:iam::*:role/recovery", '-'),
        ("arn:aws:iam::111111111111:user/recovery", '-'),
        // Of another account; who is in that was not read, but nothing lets it in.
        ("arn:aws:iam::222222222222:role/recovery", 'Y'),
    ];
    for (name, expected) in table {
        assert_eq!(versions(admin(), but(name)), expected, "{name}");
    }
    let reader = vec![role(PROD, "reader", &["s3:*"], &[])];
    assert_eq!(
        versions(reader, but("arn:aws:iam::111111111111:role/break-*")),
        'Y'
    );
}

#[test]
fn roles_in_a_circle_end() {
    let next = |name: &str, trusts: &str| {
        let mut p = role(
            PROD,
            name,
            &["sts:AssumeRole"],
            &[&format!("arn:aws:iam::111111111111:role/{trusts}")],
        );
        if name == "c" {
            p.policies.push((
                "more".into(),
                Observed::Present(doc(
                    r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}"#,
                )),
            ));
        }
        p
    };
    // a becomes b, b becomes c, c becomes a.
    let circle = || vec![next("a", "c"), next("b", "a"), next("c", "b")];
    assert_eq!(versions(circle(), Observed::Absent), '-');
    let mut broken = circle();
    broken[2].trust = Observed::Present(doc(""));
    assert_eq!(versions(broken, Observed::Absent), 'Y');
}

#[test]
fn what_cannot_be_read_of_an_identity_is_not_known() {
    let unreadable = || {
        Observed::Unreadable(crate::model::Unreadable {
            action: "iam:GetAccountAuthorizationDetails".into(),
            why: "it is no policy document".into(),
            denied: false,
        })
    };
    let may = || {
        with(
            "w",
            r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}"#,
        )
    };
    let nothing = || {
        with(
            "w",
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#,
        )
    };
    let mut malformed = nothing();
    malformed.policies.push(("odd".into(), unreadable()));
    assert_eq!(versions(vec![malformed], Observed::Absent), '?');
    let mut bounded = may();
    bounded.boundary = unreadable();
    assert_eq!(versions(vec![bounded], Observed::Absent), '?');
    // Somebody else's trust that nobody could read may let this one in.
    let mut keeper = with("keeper", r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    keeper.trust = unreadable();
    assert_eq!(versions(vec![nothing(), keeper], Observed::Absent), '?');
}

/// A grant that names what it starts, or what it deletes, in a service's own terms.
#[test]
fn resources_of_other_services_count() {
    let mut runner = with(
        "runner",
        r#"{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}"#,
    );
    runner.trust = Observed::Present(doc(
        r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
    ));
    let ci = with(
        "ci",
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111111111111:role/run*"},
           {"Effect":"Allow","Action":"lambda:CreateFunction","Resource":"arn:aws:lambda:us-east-1:111111111111:function:ci-*"}"#,
    );
    assert_eq!(versions(vec![ci, runner], Observed::Absent), '-');

    let mut keeper = role(VAULT, "keeper", &[], &["arn:aws:iam::111111111111:root"]);
    keeper.policies = vec![(
        "own".into(),
        Observed::Present(doc(
            r#"{"Effect":"Allow","Action":"backup:DeleteRecoveryPoint","Resource":"arn:aws:ec2:us-west-2::snapshot/*"}"#,
        )),
    )];
    let mut principals = everybody();
    principals.insert(account(VAULT), Observed::Present(vec![keeper]));
    let seen = [
        served(database()),
        vault(VAULT, "us-west-2", Observed::Absent),
        daily(VAULT, "us-west-2"),
    ];
    let proof = proved(&seen, &principals, &[]);
    assert_eq!(
        row(&proof, "rds_instance.app", Mechanism::RecoveryPoints),
        "YYY-YYY"
    );
}

/// Who may replace the policy may change the data by that, and so is one of those whose theft is ransomware.
#[test]
fn whoever_may_let_itself_write_is_a_writer() {
    let mut up = bucket("up", PROD);
    up.policy = Observed::Present(doc(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::up/*",
            "Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/app"}}}"#,
    ));
    let with = |actions: &[&str]| {
        let all = vec![
            role(PROD, "app", &["s3:PutObject"], &[]),
            role(PROD, "opener", actions, &[]),
        ];
        let principals = Principals::from([(account(PROD), Observed::Present(all))]);
        let proof = proved(&[stored(up.clone(), "us-east-1")], &principals, &[]);
        row(&proof, "s3_bucket.up", Mechanism::Versions)
            .chars()
            .nth(5)
            .unwrap()
    };
    assert_eq!(with(&["s3:GetObject"]), 'Y');
    assert_eq!(with(&["s3:PutBucketPolicy", "s3:DeleteObjectVersion"]), 'c');
}
