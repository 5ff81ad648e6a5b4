//! Copies that are declared, and that nobody may make.

use super::policies::doc;
use super::*;
use crate::model::fact::{Evidence, Vault};
use crate::model::{Level, Membership, Unreadable};

type Spoil<'a> = &'a dyn Fn(&mut World);

/// A bucket with a replica in another account, whose database is backed up to a vault there.
struct World {
    copier: Option<Principal>,
    keeper: Option<Principal>,
    target: ObjectStore,
    source: ObjectStore,
    vault: Vault,
    unread: Option<Unreadable>,
    memberships: Memberships,
    keys: Vec<Evidence>,
}

fn denied() -> Unreadable {
    Unreadable {
        action: "iam:GetAccountAuthorizationDetails".into(),
        why: "denied".into(),
        denied: true,
    }
}

fn of_vault(evidence: &Evidence) -> Vault {
    match &evidence.facts {
        Observed::Present(Facts::Vault(vault)) => vault.as_ref().clone(),
        other => panic!("{other:?} is no vault"),
    }
}

impl World {
    fn new() -> Self {
        let [copier, keeper] = copiers();
        let mut source = bucket("up", PROD);
        source.replicas = Observed::Present(vec![replica("dr", VAULT, "us-west-2")]);
        Self {
            copier: Some(copier),
            keeper: Some(keeper),
            target: bucket("dr", VAULT),
            source,
            vault: of_vault(&vault(VAULT, "us-west-2", Observed::Absent)),
            unread: None,
            memberships: Memberships::new(),
            keys: Vec::new(),
        }
    }

    fn prove(self) -> Proof {
        self.asked(&[])
    }

    fn asked(self, objectives: &[Objective]) -> Proof {
        let mut kept = vault(VAULT, "us-west-2", Observed::Absent);
        kept.facts = Observed::Present(Facts::Vault(Box::new(self.vault)));
        let mut seen = vec![
            stored(self.source, "us-east-1"),
            stored(self.target, "us-west-2"),
            served(database()),
            kept,
            daily(VAULT, "us-west-2"),
        ];
        seen.extend(self.keys);
        let people = self.copier.into_iter().chain(self.keeper).collect();
        let prod = match self.unread {
            Some(why) => Observed::Unreadable(why),
            None => Observed::Present(people),
        };
        let principals = Principals::from([
            (account(PROD), prod),
            (account(VAULT), Observed::Present(Vec::new())),
        ]);
        prove(&Input {
            evidence: &seen,
            principals: &principals,
            memberships: &self.memberships,
            objectives,
            scenarios: &scenarios(),
            read_at: "2026-03-01T12:00:00Z",
        })
    }
}

/// What becomes of the replica when the region is lost, and whether anybody promises how far it is behind.
fn replica_of(spoil: Spoil<'_>) -> (char, Option<Duration>) {
    let mut world = World::new();
    spoil(&mut world);
    let proof = world.prove();
    let fate = row(&proof, "s3_bucket.up", Mechanism::ObjectReplica);
    let asset = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == "s3_bucket.up");
    let copies = &asset.unwrap().copies;
    let copy = copies
        .iter()
        .find(|c| c.mechanism == Mechanism::ObjectReplica)
        .unwrap();
    (fate.chars().nth(4).unwrap(), copy.staleness.promised)
}

fn own(world: &mut World, statements: &str) {
    let copier = world.copier.as_mut().unwrap();
    copier.policies = vec![("own".into(), Observed::Present(doc(statements)))];
}

fn also(policy: &mut Observed<Document>, statement: &str) {
    if let Observed::Present(document) = policy {
        document.statements.extend(doc(statement).statements);
    }
}

fn trust(statement: &str) -> Observed<Document> {
    Observed::Present(doc(statement))
}

const ALL: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

#[test]
fn a_replica_is_worth_what_its_role_may() {
    const BOUND: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
    const OF_S3: &str =
        r#""Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"s3.amazonaws.com"}"#;
    let table: &[(&str, char, Spoil<'_>)] = &[
        ("all is well", 'Y', &|_| {}),
        ("the role is gone", 'c', &|w| w.copier = None),
        ("its account was not read", '?', &|w| w.unread = Some(denied())),
        ("the rule's role was not read", '?', &|w| {
            if let Observed::Present(all) = &mut w.source.replicas {
                all[0].role = None;
            }
        }),
        ("it has no policies", 'c', &|w| {
            w.copier.as_mut().unwrap().policies.clear()
        }),
        ("its policy was not read", '?', &|w| {
            w.copier.as_mut().unwrap().policies[0].1 = Observed::Unreadable(denied());
        }),
        ("everything of S3", 'Y', &|w| own(w, ALL)),
        ("an older permission to read does as well", 'Y', &|w| {
            own(
                w,
                r#"{"Effect":"Allow","Action":["s3:GetReplicationConfiguration","s3:ListBucket","s3:GetObjectVersion","s3:ReplicateObject","s3:ObjectOwner*"],"Resource":"*"}"#,
            );
        }),
        ("it may not read objects", 'c', &|w| {
            own(
                w,
                r#"{"Effect":"Allow","Action":["s3:GetReplicationConfiguration","s3:ListBucket","s3:Replicate*","s3:ObjectOwner*"],"Resource":"*"}"#,
            );
        }),
        ("it may not see its rules", 'c', &|w| {
            own(
                w,
                r#"{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject*","s3:Replicate*","s3:ObjectOwner*"],"Resource":"*"}"#,
            );
        }),
        ("it may write elsewhere", 'c', &|w| {
            own(
                w,
                r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*","arn:aws:s3:::other/*"]}"#,
            );
        }),
        ("it may write a part", 'c', &|w| {
            own(
                w,
                r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::up","arn:aws:s3:::up/*","arn:aws:s3:::dr/a/*"]}"#,
            );
        }),
        ("its boundary lets it only read", 'c', &|w| {
            w.copier.as_mut().unwrap().boundary = Observed::Present(doc(BOUND));
        }),
        ("another service is trusted", 'c', &|w| {
            w.copier.as_mut().unwrap().trust = trust(
                r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}"#,
            );
        }),
        ("trusted for this bucket", 'Y', &|w| {
            w.copier.as_mut().unwrap().trust = trust(&format!(
                r#"{{{OF_S3},"Condition":{{"StringEquals":{{"aws:SourceAccount":"{PROD}"}},"ArnEquals":{{"aws:SourceArn":"arn:aws:s3:::up"}}}}}}"#
            ));
        }),
        ("trusted for another bucket", 'c', &|w| {
            w.copier.as_mut().unwrap().trust = trust(&format!(
                r#"{{{OF_S3},"Condition":{{"ArnEquals":{{"aws:SourceArn":"arn:aws:s3:::other"}}}}}}"#
            ));
        }),
        ("the trust was not read", '?', &|w| {
            w.copier.as_mut().unwrap().trust = Observed::Unreadable(denied());
        }),
        ("the destination has no policy", 'c', &|w| {
            w.target.policy = Observed::Absent
        }),
        ("its policy could not be read", '?', &|w| {
            w.target.policy = Observed::Unreadable(denied())
        }),
        ("the destination denies", 'c', &|w| {
            also(
                &mut w.target.policy,
                r#"{"Effect":"Deny","Principal":"*","Action":"s3:Replicate*","Resource":"*"}"#,
            );
        }),
        ("the destination denies what comes without TLS", 'Y', &|w| {
            also(
                &mut w.target.policy,
                r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
            );
        }),
        ("the destination denies what comes from elsewhere", 'c', &|w| {
            also(
                &mut w.target.policy,
                r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}}"#,
            );
        }),
        ("the source denies", 'c', &|w| {
            w.source.policy = Observed::Present(doc(
                r#"{"Effect":"Deny","Principal":"*","Action":"s3:GetObject*","Resource":"*"}"#,
            ))
        }),
        ("the organization denies", 'c', &|w| {
            let deny = r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:Replicate*","Resource":"*"}"#;
            w.memberships = organized(deny);
        }),
        ("the organization lets it", 'Y', &|w| {
            w.memberships = organized(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)
        }),
        ("the organization was not read", '?', &|w| {
            w.memberships = Memberships::from([(account(PROD), Observed::Unreadable(denied()))]);
        }),
    ];
    for (name, expected, spoil) in table {
        let (fate, promised) = replica_of(spoil);
        assert_eq!(fate, *expected, "{name}");
        // A promise is told of nothing but what certainly works.
        assert_eq!(promised.is_some(), fate == 'Y', "{name}");
    }
}

fn organized(statements: &str) -> Memberships {
    let membership = Membership {
        organization: "o-1".into(),
        management: account("999999999999"),
        levels: vec![Level {
            target: PROD.into(),
            policies: vec![("scp".into(), Observed::Present(doc(statements)))],
        }],
        delegation: Observed::Absent,
    };
    Memberships::from([(account(PROD), Observed::Present(membership))])
}

/// The copy in the vault: what promises how far apart points are, and how old the newest was.
fn points_of(spoil: Spoil<'_>) -> (Option<Duration>, Option<Duration>, bool) {
    let mut world = World::new();
    spoil(&mut world);
    let proof = world.prove();
    let database = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == "rds_instance.app");
    let copies = &database.unwrap().copies;
    let copy = copies
        .iter()
        .find(|c| c.mechanism == Mechanism::RecoveryPoints)
        .unwrap();
    let told = copy.grounds.iter().any(|g| g.says.contains("role/backup"));
    (copy.staleness.promised, copy.staleness.measured, told)
}

/// What is in the vault stays; a plan whose role is dead adds nothing to it, and so promises nothing.
#[test]
fn a_plan_promises_what_its_role_may() {
    const REFUSES: &str =
        r#"{"Effect":"Deny","Principal":"*","Action":"backup:CopyIntoBackupVault","Resource":"*"}"#;
    let table: &[(&str, bool, Spoil<'_>)] = &[
        ("all is well", true, &|_| {}),
        ("the role is gone", false, &|w| w.keeper = None),
        ("its account was not read", false, &|w| w.unread = Some(denied())),
        ("another service is trusted", false, &|w| {
            w.keeper.as_mut().unwrap().trust = trust(
                r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"s3.amazonaws.com"}}"#,
            );
        }),
        ("trusted for plans of the account", true, &|w| {
            w.keeper.as_mut().unwrap().trust = trust(&format!(
                r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":"backup.amazonaws.com"}},"Condition":{{"StringEquals":{{"aws:SourceAccount":"{PROD}"}},"ArnLike":{{"aws:SourceArn":"arn:aws:backup:*:{PROD}:*"}}}}}}"#
            ));
        }),
        ("nothing allows it anything", false, &|w| {
            w.keeper.as_mut().unwrap().policies.clear()
        }),
        ("the vault lets nobody copy into it", false, &|w| {
            w.vault.policy = Observed::Absent
        }),
        ("the vault's policy was not read", false, &|w| {
            w.vault.policy = Observed::Unreadable(denied())
        }),
        ("the vault refuses copies", false, &|w| {
            also(&mut w.vault.policy, REFUSES)
        }),
        ("the vault lets in the organization", true, &|w| {
            w.memberships = organized(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
            w.vault.policy = trust(
                r#"{"Effect":"Allow","Principal":"*","Action":"backup:CopyIntoBackupVault","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#,
            );
        }),
        ("the vault lets in another organization", false, &|w| {
            w.memberships = organized(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
            w.vault.policy = trust(
                r#"{"Effect":"Allow","Principal":"*","Action":"backup:CopyIntoBackupVault","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-2"}}}"#,
            );
        }),
    ];
    for (name, expected, spoil) in table {
        let (promised, measured, _) = points_of(spoil);
        assert_eq!(promised.is_some(), *expected, "{name}");
        assert!(measured.is_some(), "{name}");
    }
    assert!(points_of(&|w| w.keeper = None).2, "the role is named");
}

const SOURCE_KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/source";
const REPLICA_KEY: &str = "arn:aws:kms:us-west-2:222222222222:key/replica";

fn sealing(arn: &str, policy: Observed<Document>) -> Evidence {
    let mut found = key(KeyState::Enabled, Document::new([]));
    found.arn = Some(arn.parse().unwrap());
    if let Observed::Present(Facts::Key(key)) = &mut found.facts {
        key.arn = arn.parse().unwrap();
        key.account = key.arn.account().unwrap();
        key.region = key.arn.region().unwrap();
        key.policy = policy;
    }
    found
}

/// What a key's policy lets the copier do.
fn lets(action: &str, on: &str) -> Observed<Document> {
    trust(&format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{COPIER}"}},"Action":"{action}","Resource":"*"{on}}}"#
    ))
}

/// The same world, whose objects are under a key of their own at both ends.
fn sealed(world: &mut World) {
    world.source.encryption = Observed::Present(SOURCE_KEY.into());
    if let Observed::Present(all) = &mut world.source.replicas {
        all[0].kms_objects = true;
        all[0].key = Some(REPLICA_KEY.into());
    }
    world.keys = vec![
        sealing(SOURCE_KEY, lets("kms:Decrypt", "")),
        sealing(REPLICA_KEY, lets("kms:Encrypt", "")),
    ];
}

/// What is encrypted is read with one key and written with another, and both have to let the role.
#[test]
fn a_replica_under_a_key_is_worth_what_both_keys_let_its_role() {
    const VIA: &str = r#","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::up/*"}}"#;
    const ELSEWHERE: &str =
        r#","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}"#;
    const ROOT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}"#;
    let unread = || Observed::Unreadable(denied());
    let without = |action: &str| {
        let actions: Vec<String> = ["s3:*", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
            .iter()
            .filter(|a| **a != action)
            .map(|a| format!("\"{a}\""))
            .collect();
        format!(
            r#"{{"Effect":"Allow","Action":[{}],"Resource":"*"}}"#,
            actions.join(",")
        )
    };
    let table: &[(&str, char, Spoil<'_>)] = &[
        ("both let it", 'Y', &|_| {}),
        ("the source's account lets its policies decide", 'Y', &|w| {
            w.keys[0] = sealing(SOURCE_KEY, trust(ROOT));
        }),
        ("the source's key lets nobody read", 'c', &|w| {
            w.keys[0] = sealing(SOURCE_KEY, lets("kms:Encrypt", ""));
        }),
        ("the source's key lets it through S3", 'Y', &|w| {
            w.keys[0] = sealing(SOURCE_KEY, lets("kms:Decrypt", VIA));
        }),
        ("the source's key lets it elsewhere", 'c', &|w| {
            w.keys[0] = sealing(SOURCE_KEY, lets("kms:Decrypt", ELSEWHERE));
        }),
        ("the source's policy was not read", '?', &|w| {
            w.keys[0] = sealing(SOURCE_KEY, unread());
        }),
        ("nobody looked for the source's key", '?', &|w| {
            w.keys.remove(0);
        }),
        ("a key that lets it by name is enough in its account", 'Y', &|w| {
            own(w, &without("kms:Decrypt"));
        }),
        ("it may not decrypt", 'c', &|w| {
            w.keys[0] = sealing(SOURCE_KEY, trust(ROOT));
            own(w, &without("kms:Decrypt"));
        }),
        ("the replica's key lets nobody write", 'c', &|w| {
            w.keys[1] = sealing(REPLICA_KEY, lets("kms:Decrypt", ""));
        }),
        (
            "another account's key is not its own account's to grant",
            'c',
            &|w| {
                w.keys[1] = sealing(REPLICA_KEY, Observed::Present(Document::new([])));
            },
        ),
        ("the replica's policy was not read", '?', &|w| {
            w.keys[1] = sealing(REPLICA_KEY, unread());
        }),
        ("it may not encrypt", 'c', &|w| own(w, &without("kms:Encrypt"))),
        (
            "the destination's own key counts where the rule names none",
            'c',
            &|w| {
                if let Observed::Present(all) = &mut w.source.replicas {
                    all[0].key = None;
                }
                w.target.encryption = Observed::Present(REPLICA_KEY.into());
                w.keys[1] = sealing(REPLICA_KEY, lets("kms:Decrypt", ""));
            },
        ),
    ];
    for (name, expected, spoil) in table {
        let (fate, promised) = replica_of(&|w| {
            sealed(w);
            spoil(w);
        });
        assert_eq!(fate, *expected, "{name}");
        assert_eq!(promised.is_some(), fate == 'Y', "{name}");
    }
}

/// What a policy that nobody may read might forbid was not forbidden when the newest object was copied. That holds for as
/// long as such an object is fresh, and promises nothing; what is known to be forbidden stays so.
#[test]
fn what_has_just_been_copied_was_not_forbidden() {
    const LATELY: &str = "2026-03-01T03:00:00Z";
    const LONG_AGO: &str = "2026-02-26T03:00:00Z";
    let arrived = |w: &mut World, newest: Option<&str>| {
        if let Observed::Present(all) = &mut w.source.replicas
            && let Some(Observed::Present(arrival)) = &mut all[0].arrived
        {
            arrival.newest = newest.map(str::to_owned);
        }
    };
    let unread: Spoil<'_> =
        &|w| w.memberships = Memberships::from([(account(PROD), Observed::Unreadable(denied()))]);
    let opaque: Spoil<'_> = &|w| {
        w.memberships = organized("");
        if let Some(Observed::Present(bound)) = w.memberships.get_mut(&account(PROD)) {
            bound.levels[0].policies[0].1 = Observed::Unreadable(denied());
        }
    };
    let dead: Spoil<'_> = &|w| w.copier = None;
    let unnamed: Spoil<'_> = &|w| w.target.policy = Observed::Unreadable(denied());
    for (name, newest, spoil, expected) in [
        ("unread policies of the organization", Some(LATELY), unread, 'Y'),
        ("long ago", Some(LONG_AGO), unread, '?'),
        ("the newest has not arrived", None, unread, '?'),
        (
            "policies that may be listed and not read",
            Some(LATELY),
            opaque,
            'Y',
        ),
        ("the same long ago", Some(LONG_AGO), opaque, '?'),
        ("an unread policy of the destination", Some(LATELY), unnamed, 'Y'),
        ("a role that is gone", Some(LATELY), dead, 'c'),
    ] {
        let (fate, promised) = replica_of(&|w| {
            spoil(w);
            arrived(w, newest);
        });
        assert_eq!(fate, expected, "{name}");
        assert_eq!(promised, None, "{name}");
    }
    let mut world = World::new();
    unread(&mut world);
    arrived(&mut world, Some(LATELY));
    let proof = world.prove();
    let up = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == "s3_bucket.up");
    let copies = &up.unwrap().copies;
    let copy = copies
        .iter()
        .find(|c| c.mechanism == Mechanism::ObjectReplica)
        .unwrap();
    assert_eq!(copy.staleness.measured, Some(Duration::from_secs(15 * 60)));
    assert!(
        copy.grounds.iter().any(|g| g.says.contains(LATELY)),
        "{:?}",
        copy.grounds
    );
}

/// The vault's copy, and what an objective of a day asks of it once the region is lost.
fn points(spoil: Spoil<'_>) -> (String, Loss, Vec<(String, Verdict)>) {
    let mut world = World::new();
    spoil(&mut world);
    let asks = Objective {
        survives: vec!["region_outage".into()],
        copies: CopiesRule {
            regions: 2,
            ..CopiesRule::default()
        },
        ..objective("2d", 7)
    };
    let proof = world.asked(&[asks]);
    let app = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == "rds_instance.app")
        .unwrap();
    let cell = app.cells.iter().find(|c| c.scenario == "region_outage").unwrap();
    let judged = cell.judged["core"].iter().chain(&app.rules["core"]);
    let judged = judged.filter(|j| ["rpo", "copies.regions"].contains(&j.asks.as_str()));
    (
        row(&proof, "rds_instance.app", Mechanism::RecoveryPoints),
        cell.loss,
        judged.map(|j| (j.asks.clone(), j.verdict)).collect(),
    )
}

/// A plan whose role is gone adds nothing to what is in a vault. That is left, and becomes older from day to day: it is
/// known, and fails what asks for a bound.
#[test]
fn a_plan_without_its_role_leaves_what_is_there_and_no_more() {
    let hours = |n: u64| Duration::from_secs(n * 3600);
    let judged = |rpo, regions| vec![("rpo".to_owned(), rpo), ("copies.regions".to_owned(), regions)];
    let fails = || judged(Verdict::Fails, Verdict::Fails);
    assert_eq!(
        points(&|_| {}),
        (
            "YYYYYYY".into(),
            Loss::AtMost(hours(29)),
            judged(Verdict::Holds, Verdict::Holds)
        )
    );
    let dead: [(&str, Spoil<'_>); 3] = [
        ("the role is gone", &|w| w.keeper = None),
        ("nobody may assume it", &|w| {
            w.keeper.as_mut().unwrap().trust = Observed::Present(Document::new([]))
        }),
        ("the vault takes nothing in", &|w| {
            w.vault.policy = Observed::Absent
        }),
    ];
    for (name, spoil) in dead {
        assert_eq!(
            points(spoil),
            ("YYYYYYY".into(), Loss::Growing(hours(7)), fails()),
            "{name}"
        );
    }
    // What nobody read may forbid it. The newest point came when it should, so nothing did; nobody promises the next.
    let unread: Spoil<'_> = &|w| w.unread = Some(denied());
    let (row, loss, found) = points(unread);
    assert_eq!((&row[..3], row.chars().nth(4)), ("YYY", Some('Y')));
    assert_eq!(
        (loss, found),
        (
            Loss::Measured(hours(7)),
            judged(Verdict::Unproven, Verdict::Holds)
        )
    );
    let late: Spoil<'_> = &|w| {
        w.unread = Some(denied());
        if let Observed::Present(held) = &mut w.vault.holds {
            held[0].newest = Some("2026-02-27T05:00:00Z".into());
        }
    };
    assert_eq!(points(late).0.get(..2), Some("??"));
}
