//! What a writer can do with the key that its bucket is encrypted with.

use super::policies::doc;
use super::writers::{PUTS, WRITER, identity, people, said};
use super::*;
use crate::model::Unreadable;
use crate::model::fact::Identity;

const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k";
const ACCOUNT: &str = r#"{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}"#;
const NOBODY: &str = r#"{"Sid":"Other","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/other"},"Action":"kms:*","Resource":"*"}"#;

/// The statement that a `writer_role` with a key makes.
const SEALS: &str = r#"{"Sid":"Key","Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"arn:aws:kms:us-east-1:111111111111:key/k","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":["arn:aws:s3:::dumps","arn:aws:s3:::dumps/pg/*"]}}}"#;

fn keyed(bucket_key: Option<bool>) -> ObjectStore {
    ObjectStore {
        encryption: Observed::Present(KEY.into()),
        bucket_key,
        ..bucket("dumps", PROD)
    }
}

fn key_with(policy: Observed<Document>, state: KeyState) -> Evidence {
    let mut found = key(state, Document::new([]));
    if let Observed::Present(Facts::Key(key)) = &mut found.facts {
        key.arn = KEY.parse().unwrap();
        key.region = region("us-east-1");
        key.policy = policy;
    }
    found.arn = Some(
        "arn:aws:kms:us-east-1:111111111111:alias/backups"
            .parse()
            .unwrap(),
    );
    found
}

fn enabled(policy: &str) -> Evidence {
    key_with(Observed::Present(doc(policy)), KeyState::Enabled)
}

/// A writer with these statements of its own; its boundary says nothing of keys.
fn writer(statements: &str) -> Identity {
    Identity {
        policies: vec![("write".into(), doc(statements))],
        boundary: None,
        ..identity()
    }
}

fn lines(identity: Identity, dumps: ObjectStore, key: Option<Evidence>) -> Vec<writer::Line> {
    let principals = people(&identity);
    let mut seen = vec![
        stored(dumps, "us-east-1"),
        evidence(
            "writer_role.pgdump",
            WRITER,
            "us-east-1",
            Facts::Identity(Box::new(identity)),
        ),
    ];
    seen.extend(key);
    proved(&seen, &principals, &[]).writers.remove(0).lines
}

fn asked<'a>(lines: &'a [writer::Line], asks: &str) -> &'a writer::Line {
    lines.iter().find(|l| l.asks == asks).unwrap()
}

fn put(identity: Identity, dumps: ObjectStore, key: Option<Evidence>) -> (Verdict, String) {
    let lines = lines(identity, dumps, key);
    let line = asked(&lines, "put");
    (line.verdict, line.why.clone())
}

fn both(extra: &str) -> Identity {
    writer(&format!("{PUTS},{extra}"))
}

/// Its own policy and the key's together, or the key's alone; each case with what decides.
#[test]
fn to_put_is_to_use_the_key() {
    let whole = r#"{"Sid":"Whole","Effect":"Allow","Action":"kms:*","Resource":"*"}"#;
    let alone = format!(
        r#"{{"Sid":"Writer","Effect":"Allow","Principal":{{"AWS":"{WRITER}"}},"Action":"kms:GenerateDataKey","Resource":"*"}}"#
    );
    let elsewhere = SEALS.replace("s3.us-east-1", "s3.us-west-2");
    let denied = format!(
        r#"{ACCOUNT},{{"Sid":"Not","Effect":"Deny","Principal":"*","Action":"kms:GenerateDataKey*","Resource":"*"}}"#
    );
    let network = SEALS.replace(
        r#""StringLike":"#,
        r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringLike":"#,
    );
    let table: &[(&str, &str, &str, Verdict, &str)] = &[
        (
            "its policy and the account",
            SEALS,
            ACCOUNT,
            Verdict::Holds,
            "kms:GenerateDataKey on its key key/k: write, statement 2 (Key), allows; alias/backups, statement 1 (Root), allows",
        ),
        (
            "its policy alone",
            SEALS,
            NOBODY,
            Verdict::Fails,
            "kms:GenerateDataKey on its key key/k: not allowed by the resource's policy",
        ),
        (
            "the account alone",
            "",
            ACCOUNT,
            Verdict::Fails,
            "kms:GenerateDataKey on its key key/k: not allowed by identity policies",
        ),
        (
            "the key's policy alone",
            "",
            &alone,
            Verdict::Holds,
            "alias/backups, statement 1 (Writer), allows",
        ),
        (
            "everything",
            whole,
            ACCOUNT,
            Verdict::Holds,
            "write, statement 2 (Whole), allows",
        ),
        (
            "through another region",
            &elsewhere,
            ACCOUNT,
            Verdict::Fails,
            "not allowed by identity policies",
        ),
        (
            "denied",
            SEALS,
            &denied,
            Verdict::Fails,
            "alias/backups, statement 2 (Not), denies",
        ),
        (
            "from one network",
            &network,
            ACCOUNT,
            Verdict::Unproven,
            "depending on IpAddress aws:SourceIp",
        ),
    ];
    for (what, own, policy, verdict, why) in table {
        let identity = match own.is_empty() {
            true => writer(PUTS),
            false => both(own),
        };
        let found = put(identity, keyed(Some(true)), Some(enabled(policy)));
        assert_eq!(found.0, *verdict, "{what}: {}", found.1);
        assert!(found.1.contains(why), "{what}: {}", found.1);
    }
    // Without a key nothing of this is asked.
    let plain = put(writer(PUTS), bucket("dumps", PROD), None);
    assert_eq!(plain.0, Verdict::Holds);
    assert!(!plain.1.contains("kms:"), "{}", plain.1);
    // Who may not put at all is told that first.
    let neither = put(writer(SEALS), keyed(Some(true)), Some(enabled(ACCOUNT)));
    assert_eq!(
        neither,
        (Verdict::Fails, "not allowed by identity policies".into())
    );
    // A boundary that leaves the key out takes it away.
    let mut bounded = both(SEALS);
    bounded.boundary = Some(doc(PUTS));
    let found = put(bounded, keyed(Some(true)), Some(enabled(ACCOUNT)));
    assert_eq!(found.0, Verdict::Fails);
    assert!(found.1.contains("the permission boundary"), "{}", found.1);
}

/// The context is the bucket with a bucket key, and the object without.
#[test]
fn the_context_is_the_bucket_or_the_object() {
    let on = |context: &str| {
        let own = SEALS.replace(
            r#"["arn:aws:s3:::dumps","arn:aws:s3:::dumps/pg/*"]"#,
            &format!("\"{context}\""),
        );
        [Some(true), Some(false), None]
            .map(|bucket_key| put(both(&own), keyed(bucket_key), Some(enabled(ACCOUNT))).0)
    };
    use Verdict::{Fails, Holds, Unproven};
    assert_eq!(on("arn:aws:s3:::dumps"), [Holds, Fails, Unproven]);
    assert_eq!(on("arn:aws:s3:::dumps/*"), [Fails, Holds, Unproven]);
    assert_eq!(on("arn:aws:s3:::dumps*"), [Holds, Holds, Holds]);
    // For some of the keys that it writes only.
    assert_eq!(on("arn:aws:s3:::dumps/pg/weekly/*"), [Fails, Unproven, Unproven]);
    assert_eq!(on("arn:aws:s3:::other/*"), [Fails, Fails, Fails]);
}

#[test]
fn what_is_not_known_of_the_key_is_not_known_of_the_put() {
    let denied = || Unreadable {
        action: "kms:GetKeyPolicy".into(),
        why: "access denied".into(),
        denied: true,
    };
    let of = |key: Option<Evidence>| {
        let lines = lines(both(SEALS), keyed(Some(true)), key);
        let put = asked(&lines, "put").clone();
        (put.verdict, asked(&lines, "decrypt").verdict, put.why)
    };
    use Verdict::{Fails, Holds, Unknown};
    let (put, decrypt, why) = of(None);
    assert_eq!((put, decrypt), (Unknown, Unknown));
    assert_eq!(
        why,
        "the policy of its key key/k is not known: nobody looked for it"
    );
    let hidden = key_with(Observed::Unreadable(denied()), KeyState::Enabled);
    let (put, decrypt, why) = of(Some(hidden));
    assert_eq!((put, decrypt), (Unknown, Unknown));
    assert!(
        why.contains("the policy of alias/backups could not be read"),
        "{why}"
    );
    let mut gone = enabled(ACCOUNT);
    gone.facts = Observed::Unreadable(denied());
    assert_eq!(of(Some(gone)).1, Unknown);
    for (state, verdict) in [
        (KeyState::Disabled, Fails),
        (KeyState::PendingDeletion, Fails),
        (KeyState::Other("PendingImport".into()), Unknown),
    ] {
        let (put, _, why) = of(Some(key_with(Observed::Present(doc(ACCOUNT)), state)));
        assert_eq!(put, verdict, "{why}");
    }
    // By which key, is not known either.
    let mut blind = keyed(Some(true));
    blind.encryption = Observed::Unreadable(denied());
    let found = lines(both(SEALS), blind, Some(enabled(ACCOUNT)));
    assert_eq!(asked(&found, "put").verdict, Unknown);
    assert_eq!(asked(&found, "decrypt").verdict, Unknown);
    // A replica has a policy of its own.
    let mut replicated = keyed(Some(true));
    let replica = "arn:aws:kms:us-west-2:111111111111:key/k";
    replicated.encryption = Observed::Present(replica.into());
    let mut primary = enabled(ACCOUNT);
    if let Observed::Present(Facts::Key(key)) = &mut primary.facts {
        key.replicas = vec![crate::model::fact::KeyReplica {
            arn: replica.parse().unwrap(),
            region: region("us-west-2"),
            state: Observed::Present(KeyState::Enabled),
        }];
    }
    let found = lines(both(SEALS), replicated, Some(primary));
    assert_eq!(asked(&found, "put").verdict, Unknown);
    // An alias of the posture is its key.
    let mut aliased = keyed(Some(true));
    for name in [
        "arn:aws:kms:us-east-1:111111111111:alias/backups",
        "alias/backups",
        "k",
    ] {
        aliased.encryption = Observed::Present(name.into());
        let found = lines(both(SEALS), aliased.clone(), Some(enabled(ACCOUNT)));
        assert_eq!(asked(&found, "put").verdict, Holds, "{name}\n{}", said(&found));
    }
    // A name without an account is looked up in the writer's.
    aliased.account = account(VAULT);
    let found = lines(both(SEALS), aliased, Some(enabled(ACCOUNT)));
    assert_ne!(asked(&found, "put").verdict, Holds);
}

/// IAM knows no alias as a resource: what is granted by one is granted under a condition.
#[test]
fn a_key_that_is_granted_by_its_alias() {
    let by = |alias: &str| {
        let own = format!(
            r#"{{"Sid":"Key","Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"arn:aws:kms:us-east-1:111111111111:key/*","Condition":{{"ForAnyValue:StringEquals":{{"kms:ResourceAliases":"alias/{alias}"}}}}}}"#
        );
        put(both(&own), keyed(Some(true)), Some(enabled(ACCOUNT))).0
    };
    assert_eq!(by("backups"), Verdict::Holds);
    // It may have this one too.
    assert_eq!(by("other"), Verdict::Unproven);
}

/// In another account both sides have to allow.
#[test]
fn a_key_of_another_account_must_let_it_in() {
    let there = |policy: &str, own: &str| {
        let arn = "arn:aws:kms:us-east-1:222222222222:key/k";
        let mut dumps = keyed(Some(true));
        dumps.encryption = Observed::Present(arn.into());
        dumps.account = account(VAULT);
        dumps.policy = Observed::Present(doc(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{WRITER}"}},"Action":"s3:PutObject","Resource":"arn:aws:s3:::dumps/*"}}"#
        )));
        let mut key = enabled(policy);
        if let Observed::Present(Facts::Key(key)) = &mut key.facts {
            key.arn = arn.parse().unwrap();
            key.account = account(VAULT);
        }
        let own = own.replace("111111111111:key/k", "222222222222:key/k");
        put(writer(&format!("{PUTS},{own}")), dumps, Some(key)).0
    };
    let lets = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{WRITER}"}},"Action":"kms:GenerateDataKey","Resource":"*"}}"#
    );
    let caller = lets.replace(
        r#""Resource":"*""#,
        r#""Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111111111111"}}"#,
    );
    let nothing = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::x/*"}"#;
    assert_eq!(there(&lets, SEALS), Verdict::Holds);
    assert_eq!(there(&caller, SEALS), Verdict::Holds);
    assert_eq!(there(&lets, nothing), Verdict::Fails);
    let own = ACCOUNT.replace(PROD, VAULT);
    assert_eq!(there(&own, SEALS), Verdict::Fails);
}

/// What lets it decrypt is named, in whatever document it stands.
#[test]
fn a_writer_must_not_decrypt() {
    let found = |own: &str, policy: &str| {
        let identity = match own.is_empty() {
            true => both(SEALS),
            false => both(&format!("{SEALS},{own}")),
        };
        let lines = lines(identity, keyed(Some(true)), Some(enabled(policy)));
        // To use the key is one thing, and to read is another.
        assert_eq!(asked(&lines, "put").verdict, Verdict::Holds, "{}", said(&lines));
        assert_eq!(asked(&lines, "read").verdict, Verdict::Holds, "{}", said(&lines));
        let line = asked(&lines, "decrypt");
        (line.verdict, line.why.clone())
    };
    let line = found("", ACCOUNT);
    assert_eq!(
        line,
        (
            Verdict::Holds,
            "nothing in write allows it, nor does a key's policy".into()
        )
    );
    let own =
        |action: &str| format!(r#"{{"Sid":"More","Effect":"Allow","Action":"{action}","Resource":"{KEY}"}}"#);
    for action in [
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:*",
    ] {
        let (verdict, why) = found(&own(action), ACCOUNT);
        assert_eq!(verdict, Verdict::Fails, "{action}");
        assert!(why.starts_with("write, statement More: "), "{why}");
    }
    let through_s3 = r#"{"Sid":"More","Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}"#;
    let (verdict, why) = found(through_s3, ACCOUNT);
    assert_eq!(verdict, Verdict::Fails);
    assert!(why.ends_with("kms:Decrypt on * under a condition"), "{why}");
    // The key's policy lets it, whatever its own says.
    let lets = format!(
        r#"{ACCOUNT},{{"Sid":"Reads","Effect":"Allow","Principal":{{"AWS":"{WRITER}"}},"Action":"kms:Decrypt","Resource":"*"}}"#
    );
    let (verdict, why) = found("", &lets);
    assert_eq!(verdict, Verdict::Fails);
    assert!(
        why.starts_with("alias/backups, statement Reads: kms:Decrypt"),
        "{why}"
    );
    // A boundary takes away what its own policies give.
    let mut bounded = both(&format!("{SEALS},{}", own("kms:Decrypt")));
    bounded.boundary = Some(doc(&format!("{PUTS},{SEALS}")));
    let lines = lines(bounded, keyed(Some(true)), Some(enabled(ACCOUNT)));
    assert_eq!(
        asked(&lines, "decrypt").verdict,
        Verdict::Holds,
        "{}",
        said(&lines)
    );
}

/// S3 shows a key as it was set: by ARN, by id or by alias. None of these is a key of S3's own.
#[test]
fn a_key_by_any_name_is_a_key() {
    use crate::prove::copy::Encryption;
    let of = |named: &str| {
        let mut store = bucket("up", PROD);
        store.encryption = Observed::Present(named.into());
        let proof = proved(&[stored(store, "us-east-1")], &everybody(), &[]);
        proof.assets[0].copies[0].encryption.clone()
    };
    let key = |arn: &str| Observed::Present(Encryption::Key(arn.parse().unwrap()));
    assert_eq!(of(KEY), key(KEY));
    assert_eq!(of("k"), key(KEY));
    let alias = "arn:aws:kms:us-east-1:111111111111:alias/backups";
    assert_eq!(of("alias/backups"), key(alias));
    for service in ["AES256", "aws:kms", "aws:kms:dsse"] {
        assert_eq!(of(service), Observed::Present(Encryption::Service));
    }
}
