//! Objects under another key than their bucket's.

use super::*;
use crate::model::Unreadable;
use crate::model::fact::Sealed;

const OLD: &str = "arn:aws:kms:us-west-2:111111111111:key/old";
const NEW: &str = "arn:aws:kms:us-west-2:111111111111:key/new";

fn under(key: &str, by: Observed<&str>) -> Sealed {
    Sealed {
        key: key.into(),
        written: "2025-01-01T00:00:00Z".into(),
        by: by.map(|arn| arn.parse().unwrap()),
    }
}

fn unread(denied: bool) -> Observed<&'static str> {
    Observed::Unreadable(Unreadable {
        action: "s3:GetObjectVersion".into(),
        why: "no".into(),
        denied,
    })
}

/// Whom a key's policy lets end it.
fn ended_by(who: &str) -> Document {
    Document::new([Statement::new(Effect::Allow, ["kms:*"], ["*"]).principal("AWS", who)])
}

/// A policy that lets nobody end the key.
fn ended_by_nobody() -> Document {
    let other = "arn:aws:iam::333333333333:role/other";
    Document::new([Statement::new(Effect::Allow, ["kms:Decrypt"], ["*"]).principal("AWS", other)])
}

fn keyed(arn: &str, change: impl FnOnce(&mut KeyFacts)) -> Evidence {
    let mut found = key(KeyState::Enabled, ended_by_nobody());
    if let Observed::Present(Facts::Key(facts)) = &mut found.facts {
        facts.arn = arn.parse().unwrap();
        facts.alias = arn.rsplit('/').next().unwrap().into();
        change(facts);
    }
    found.arn = Some(arn.parse().unwrap());
    found
}

/// A locked replica in the vault's account, under a key that nobody can end, with these objects and keys.
fn replica_with(sealed: Option<Observed<Vec<Sealed>>>, more: Vec<Evidence>) -> Proof {
    let mut target = bucket("dr", VAULT);
    target.lock = locked(LockMode::Compliance);
    target.encryption = Observed::Present(NEW.into());
    target.sealed = sealed;
    let mut seen = replicated(target);
    seen.push(keyed(NEW, |_| {}));
    seen.extend(more);
    proved(&seen, &everybody(), &[])
}

fn fate(sealed: Option<Observed<Vec<Sealed>>>, more: Vec<Evidence>) -> String {
    row(
        &replica_with(sealed, more),
        "s3_bucket.up",
        Mechanism::ObjectReplica,
    )
}

fn copy_of(proof: &Proof) -> &Copy {
    let up = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == "s3_bucket.up");
    let copies = &up.unwrap().copies;
    copies
        .iter()
        .find(|c| c.mechanism == Mechanism::ObjectReplica)
        .unwrap()
}

/// What is under a key is lost with that one, whatever the bucket encrypts with today.
#[test]
fn objects_are_lost_with_their_own_key() {
    let old = || {
        Some(Observed::Present(vec![
            under("a", Observed::Present(OLD)),
            under("b", Observed::Present(NEW)),
        ]))
    };
    let read = |change: &dyn Fn(&mut KeyFacts)| vec![keyed(OLD, change)];
    let denied = || Unreadable {
        action: "kms:DescribeKey".into(),
        why: "denied".into(),
        denied: true,
    };
    for (name, expected, keys) in [
        ("nobody read it", "???????", Vec::new()),
        ("it works, and nobody can end it", "YYYYYYY", read(&|_| {})),
        (
            "it is being deleted",
            "ccccccc",
            read(&|k| k.state = KeyState::PendingDeletion),
        ),
        (
            "it is disabled",
            "ccccccc",
            read(&|k| k.state = KeyState::Disabled),
        ),
        (
            "its material ends",
            "???????",
            read(&|k| k.material_expires = Some("2027-01-01T00:00:00Z".into())),
        ),
        (
            "the attacked account may end it",
            "YYY-YYY",
            read(&|k| k.policy = Observed::Present(ended_by("arn:aws:iam::111111111111:root"))),
        ),
        (
            "its policy was not read",
            "YYY?Y?Y",
            read(&|k| k.policy = Observed::Unreadable(denied())),
        ),
        ("a service has it", "YYYYYYY", read(&|k| k.service_managed = true)),
    ] {
        assert_eq!(fate(old(), keys), expected, "{name}");
    }
}

/// A part that is lost is told, and so is what may not be looked at: reading a key takes as much as reading the object.
#[test]
fn what_may_not_be_looked_at_is_said_and_not_guessed() {
    let says = |sealed| {
        let proof = replica_with(sealed, Vec::new());
        let copy = copy_of(&proof);
        let grounds = copy
            .grounds
            .iter()
            .map(|g| g.says.clone())
            .collect::<Vec<_>>()
            .join("; ");
        let row = row(&proof, "s3_bucket.up", Mechanism::ObjectReplica);
        (row, grounds.contains("the keys of single objects were not read"))
    };
    let all = |sealed: Vec<Sealed>| Some(Observed::Present(sealed));
    assert_eq!(
        says(all(vec![under("a", Observed::Absent)])),
        ("YYYYYYY".into(), false)
    );
    assert_eq!(
        says(all(vec![under("a", unread(true))])),
        ("YYYYYYY".into(), true)
    );
    assert_eq!(says(None), ("YYYYYYY".into(), true));
    let unlisted = Observed::Unreadable(Unreadable {
        action: "s3:ListBucketVersions".into(),
        why: "denied".into(),
        denied: true,
    });
    assert_eq!(says(Some(unlisted)), ("YYYYYYY".into(), true));
    // What S3 refuses for another reason may be under a key that nobody has any more.
    assert_eq!(
        says(all(vec![under("a", unread(false))])),
        ("???????".into(), false)
    );
}

/// What lies outside of what a rule copies is none of the copy.
#[test]
fn only_what_is_part_of_a_copy_counts() {
    let sealed = || Some(Observed::Present(vec![under("logs/a", Observed::Present(OLD))]));
    let dead = || vec![keyed(OLD, |k| k.state = KeyState::Disabled)];
    let with_rule = |prefix: &str| {
        let mut source = bucket("up", PROD);
        let mut to = replica("dr", VAULT, "us-west-2");
        to.prefix = prefix.into();
        source.replicas = Observed::Present(vec![to]);
        let mut target = bucket("dr", VAULT);
        target.sealed = sealed();
        let mut seen = vec![stored(source, "us-east-1"), stored(target, "us-west-2")];
        seen.extend(dead());
        let proof = proved(&seen, &everybody(), &[]);
        copy_of(&proof).grounds.iter().any(|g| g.says.contains("key/old"))
    };
    assert!(with_rule("logs/"));
    assert!(with_rule(""));
    assert!(!with_rule("pg/"));
}

/// The data as it serves, and its old versions, are under the keys of their objects too, which are asked for.
#[test]
fn keys_of_objects_are_looked_up() {
    let mut live = bucket("up", PROD);
    live.sealed = Some(Observed::Present(vec![under("a", Observed::Present(OLD))]));
    let mut seen = vec![stored(live, "us-west-2")];
    let wanted = keys_outside(&seen);
    let names: Vec<&str> = wanted.keys().map(crate::model::Arn::as_str).collect();
    assert_eq!(names, [OLD]);
    assert_eq!(wanted.values().next(), Some(&Some(account(PROD))));
    seen.push(keyed(OLD, |k| k.state = KeyState::Disabled));
    assert!(keys_outside(&seen).is_empty());
    let proof = proved(&seen, &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Live), "--c----");
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Versions), "ccc--cc");
}
