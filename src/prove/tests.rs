//! Tables of what survives what.

use super::*;
use crate::model::fact::{
    Arrival, BackupReplica, Coverage, Database, Expiry, Facts, Held, KeyFacts, KeyState, LockMode,
    LockRetention, ObjectLock, ObjectStore, Replica, Schedule, ScheduledCopy, ScheduledRule, Vault,
    VaultLock, Versioning,
};
use crate::model::objective::{Bound, CopiesRule, scenarios};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{AccountId, Observed, Principal, PrincipalKind, Region, Scope};

mod arrivals;
mod columns;
mod copying;
pub(crate) mod derivations;
mod destroying;
mod dumps;
mod escapes;
mod organizations;
mod outsiders;
mod policies;
mod reach;
mod sealed;
mod seals;
mod unseen;
mod vaults;
mod writers;

const PROD: &str = "111111111111";
const VAULT: &str = "222222222222";

const COPIER: &str = "arn:aws:iam::111111111111:role/copier";
const KEEPER: &str = "arn:aws:iam::111111111111:role/backup";

/// The seven of the reference table, in its order.
const SEVEN: [&str; 7] = [
    "accidental_deletion",
    "corruption",
    "zone_outage",
    "credential_compromise",
    "region_outage",
    "ransomware",
    "store_deletion",
];

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn evidence(address: &str, arn: &str, place: &str, facts: Facts) -> Evidence {
    Evidence {
        subject: address.parse().unwrap(),
        location: None,
        scope: Scope {
            account: "prod".into(),
            region: region(place),
        },
        arn: Some(arn.parse().unwrap()),
        read_at: "2026-03-01T12:00:00Z".into(),
        facts: Observed::Present(facts),
        declared: None,
    }
}

fn bucket(name: &str, owner: &str) -> ObjectStore {
    ObjectStore {
        name: name.into(),
        holds_backups: false,
        versioning: Observed::Present(Versioning::Enabled),
        lock: Observed::Absent,
        expiries: Observed::Present(Vec::new()),
        replicas: Observed::Present(Vec::new()),
        public_access_blocked: Observed::Present(true),
        acls_disabled: Observed::Present(true),
        encryption: Observed::Present("AES256".into()),
        bucket_key: Some(false),
        policy: match owner {
            VAULT => Observed::Present(lets_copy(name)),
            _ => Observed::Absent,
        },
        account: account(owner),
        contents: BTreeMap::new(),
        retentions: Some(Observed::Present(Vec::new())),
        sealed: Some(Observed::Present(Vec::new())),
        one_zone: Observed::Present(false),
    }
}

/// What a bucket of another account says to the role that copies into it.
fn lets_copy(name: &str) -> Document {
    let actions = ["s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner"];
    let statement = Statement::new(Effect::Allow, actions, [format!("arn:aws:s3:::{name}/*")]);
    Document::new([statement.principal("AWS", COPIER)])
}

fn stored(store: ObjectStore, place: &str) -> Evidence {
    let arn = format!("arn:aws:s3:::{}", store.name);
    let address = format!("s3_bucket.{}", store.name);
    evidence(&address, &arn, place, Facts::ObjectStore(Box::new(store)))
}

fn replica(to: &str, owner: &str, place: &str) -> Replica {
    Replica {
        bucket: format!("arn:aws:s3:::{to}").parse().unwrap(),
        region: Some(region(place)),
        account: Some(account(owner)),
        enabled: true,
        prefix: String::new(),
        delete_markers: false,
        within_minutes: Some(15),
        owner_override: true,
        key: None,
        kms_objects: false,
        one_zone: false,
        role: Some(COPIER.parse().unwrap()),
        arrived: Some(Observed::Present(Arrival {
            compared: 100,
            whole: true,
            ..Arrival::default()
        })),
    }
}

/// Objects are deleted after so many days, and versions so many days after they were replaced.
fn expiring(current: u32, noncurrent: u32) -> Observed<Vec<Expiry>> {
    Observed::Present(vec![Expiry {
        prefix: String::new(),
        narrowed: false,
        current_days: Some(current),
        noncurrent_days: Some(noncurrent),
        newer_noncurrent: None,
    }])
}

fn locked(mode: LockMode) -> Observed<ObjectLock> {
    Observed::Present(ObjectLock {
        retention: Some(LockRetention { mode, days: 30 }),
    })
}

fn database() -> Database {
    Database {
        identifier: "app".into(),
        status: "available".into(),
        retention_days: 30,
        created: Some("2025-03-01T11:56:00Z".into()),
        earliest_restorable: Observed::Present("2026-01-30T12:00:00Z".into()),
        latest_restorable: Some("2026-03-01T11:56:00Z".into()),
        deletion_protection: true,
        encrypted: false,
        key: None,
        multi_az: false,
        copy_tags: true,
        continuous: None,
        replicas: Observed::Present(Vec::new()),
    }
}

fn served(database: Database) -> Evidence {
    let arn = "arn:aws:rds:us-east-1:111111111111:db:app";
    evidence(
        "rds_instance.app",
        arn,
        "us-east-1",
        Facts::Database(Box::new(database)),
    )
}

fn role(account: &str, name: &str, actions: &[&str], trusts: &[&str]) -> Principal {
    let trust = trusts.iter().fold(
        Statement::new(Effect::Allow, ["sts:AssumeRole"], Vec::<String>::new()),
        |s, t| s.principal("AWS", *t),
    );
    let trust = if trusts.is_empty() {
        Document::new([])
    } else {
        Document::new([trust])
    };
    Principal {
        arn: format!("arn:aws:iam::{account}:role/{name}").parse().unwrap(),
        kind: PrincipalKind::Role,
        id: format!("AROA{name}"),
        trust: Observed::Present(trust),
        policies: vec![(
            "own".into(),
            Observed::Present(Document::new([Statement::new(
                Effect::Allow,
                actions.iter().copied(),
                ["*"],
            )])),
        )],
        boundary: Observed::Absent,
    }
}

/// A role that only a service takes on.
fn serving(name: &str, service: &str, actions: &[&str], resources: &[&str]) -> Principal {
    let trust = Statement::new(Effect::Allow, ["sts:AssumeRole"], Vec::<String>::new());
    let own = Statement::new(Effect::Allow, actions.iter().copied(), resources.iter().copied());
    Principal {
        trust: Observed::Present(Document::new([trust.principal("Service", service)])),
        policies: vec![("own".into(), Observed::Present(Document::new([own])))],
        ..role(PROD, name, &[], &[])
    }
}

/// Who copies objects, and who makes recovery points.
fn copiers() -> [Principal; 2] {
    const COPIES: [&str; 6] = [
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:GetObjectVersionForReplication",
        "s3:ReplicateObject",
        "s3:ObjectOwnerOverrideToBucketOwner",
        "kms:*crypt",
    ];
    [
        serving("copier", "s3.amazonaws.com", &COPIES, &["*"]),
        serving(
            "backup",
            "backup.amazonaws.com",
            &["rds:CreateDBSnapshot"],
            &["*"],
        ),
    ]
}

/// The same people, with the roles of production that services copy with, where production was read.
fn staffed(principals: &Principals) -> Principals {
    let mut all = principals.clone();
    if let Some(Observed::Present(people)) = all.get_mut(&account(PROD)) {
        people.extend(copiers());
    }
    all
}

/// Two accounts that were read whole. In production one role writes and one deletes backups; nobody
/// of it can enter the vault's account.
fn everybody() -> Principals {
    Principals::from([
        (
            account(PROD),
            Observed::Present(vec![
                role(
                    PROD,
                    "app",
                    &["s3:PutObject", "s3:GetObject", "rds-data:ExecuteStatement"],
                    &[],
                ),
                role(
                    PROD,
                    "operator",
                    &["s3:*", "rds:*"],
                    &["arn:aws:iam::111111111111:role/app-not-here"],
                ),
            ]),
        ),
        (
            account(VAULT),
            Observed::Present(vec![role(VAULT, "keeper", &["s3:*"], &[])]),
        ),
    ])
}

fn proved(evidence: &[Evidence], principals: &Principals, objectives: &[Objective]) -> Proof {
    prove(&Input {
        evidence,
        principals: &staffed(principals),
        memberships: &Memberships::new(),
        objectives,
        scenarios: &scenarios(),
        read_at: "2026-03-01T12:00:00Z",
    })
}

/// What becomes of one mechanism in the seven disasters: `Y`, `c`, `-` or `?` each.
fn row(proof: &Proof, address: &str, mechanism: Mechanism) -> String {
    let asset = proof
        .assets
        .iter()
        .find(|a| a.address.to_string() == address)
        .unwrap();
    let copy = asset.copies.iter().find(|c| c.mechanism == mechanism).unwrap();
    SEVEN
        .iter()
        .map(|name| {
            let cell = asset.cells.iter().find(|c| c.scenario == *name).unwrap();
            match cell.copies.iter().find(|c| c.copy == copy.id).unwrap().survival {
                Survival::Survives => 'Y',
                Survival::Conditional(_) => 'c',
                Survival::Unknown(_) => '?',
                Survival::Lost(_) => '-',
            }
        })
        .collect()
}

/// The reference table of mechanisms and disasters, cell by cell. Where a cell differs, the reason is beside it.
#[test]
fn mechanisms_against_the_seven_disasters() {
    // A standby follows the data, and lies in the same region and account.
    let multi_az = served(Database {
        multi_az: true,
        ..database()
    });
    let proof = proved(&[multi_az], &everybody(), &[]);
    assert_eq!(row(&proof, "rds_instance.app", Mechanism::Standby), "--Y----");

    // Point-in-time backups: the role that may change the instance can end them, and who only knows a password of the
    // database cannot. In the table 6 and 7 are c too: they outlive the instance only when asked to.
    let proof = proved(&[served(database())], &everybody(), &[]);
    assert_eq!(row(&proof, "rds_instance.app", Mechanism::PointInTime), "YYY--cc");

    // Automated backups in another region: the account's own credentials delete them. Ransomware is c, as in the table:
    // one of those who may hold a password of the database (operator) may delete them.
    let copied = served(Database {
        replicas: Observed::Present(vec![BackupReplica {
            region: region("us-west-2"),
            retention_days: Some(30),
            status: "replicating".into(),
            earliest: Some("2026-01-30T12:00:00Z".into()),
            latest: Some("2026-03-01T11:50:00Z".into()),
            key: None,
        }]),
        ..database()
    });
    let proof = proved(&[copied], &everybody(), &[]);
    assert_eq!(
        row(&proof, "rds_instance.app", Mechanism::BackupReplica),
        "YYY-YcY"
    );

    // Versions alone: ransomware is c where the table says -, because app writes and cannot delete versions.
    let proof = proved(&[stored(bucket("up", PROD), "us-east-1")], &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Versions), "YYY--cY");

    // Governance: the table says c for a compromise, if nobody with the bypass is compromised; that
    // disaster here is every credential of the account, so somebody is.
    let mut governed = bucket("up", PROD);
    governed.lock = locked(LockMode::Governance);
    let proof = proved(&[stored(governed, "us-east-1")], &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Versions), "YYY--cY");

    // Compliance: nobody, where what was current before the damage is younger than the lock. The table says Y for a
    // compromise and for ransomware everywhere; but a default retention of 30 days holds nobody off what was written
    // earlier, and objects may be years old.
    let mut complied = bucket("up", PROD);
    complied.lock = locked(LockMode::Compliance);
    let proof = proved(&[stored(complied.clone(), "us-east-1")], &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Versions), "YYYc-cY");
    // A compromise is noticed after so many days; objects are rewritten or gone after the rest.
    for (days, expected) in [(20, "YYYY-YY"), (30, "YYY--cY")] {
        complied.expiries = expiring(days, 30);
        let proof = proved(&[stored(complied.clone(), "us-east-1")], &everybody(), &[]);
        assert_eq!(
            row(&proof, "s3_bucket.up", Mechanism::Versions),
            expected,
            "{days}"
        );
    }

    // A replica in the same account, with versions. The table's c for 1 and 2 is a replica without.
    let mut source = bucket("up", PROD);
    source.replicas = Observed::Present(vec![replica("dr", PROD, "us-west-2")]);
    let seen = [
        stored(source, "us-east-1"),
        stored(bucket("dr", PROD), "us-west-2"),
    ];
    let proof = proved(&seen, &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::ObjectReplica), "YYY-YcY");

    // In another account, locked.
    let mut source = bucket("up", PROD);
    source.replicas = Observed::Present(vec![replica("dr", VAULT, "us-west-2")]);
    let mut target = bucket("dr", VAULT);
    target.lock = locked(LockMode::Compliance);
    let seen = [stored(source, "us-east-1"), stored(target, "us-west-2")];
    let proof = proved(&seen, &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::ObjectReplica), "YYYYYYY");
}

fn replicated(target: ObjectStore) -> Vec<Evidence> {
    let mut source = bucket("up", PROD);
    let owner = target.account.to_string();
    source.replicas = Observed::Present(vec![replica(&target.name, &owner, "us-west-2")]);
    vec![stored(source, "us-east-1"), stored(target, "us-west-2")]
}

fn compromised(evidence: &[Evidence], principals: &Principals) -> char {
    let proof = proved(evidence, principals, &[]);
    let row = row(&proof, "s3_bucket.up", Mechanism::ObjectReplica);
    row.chars().nth(3).unwrap()
}

#[test]
fn a_copy_in_another_account_is_as_safe_as_who_may_enter_that() {
    let seen = replicated(bucket("dr", VAULT));
    assert_eq!(compromised(&seen, &everybody()), 'Y');

    // A role there that trusts the attacked account.
    let mut enters = everybody();
    let mut keeper = role(VAULT, "keeper", &["s3:*"], &["arn:aws:iam::111111111111:root"]);
    enters.insert(account(VAULT), Observed::Present(vec![keeper.clone()]));
    assert_eq!(compromised(&seen, &enters), '-');

    // The same trust, under a condition: not for certain.
    keeper.trust = Observed::Present(Document::new([Statement::new(
        Effect::Allow,
        ["sts:AssumeRole"],
        Vec::<String>::new(),
    )
    .principal("AWS", "arn:aws:iam::111111111111:root")
    .when("StringEquals", "sts:ExternalId", ["secret"])]));
    enters.insert(account(VAULT), Observed::Present(vec![keeper]));
    assert_eq!(compromised(&seen, &enters), 'c');

    // Nobody could read who there is.
    let denied = crate::model::Unreadable {
        action: "iam:GetAccountAuthorizationDetails".into(),
        why: "access denied".into(),
        denied: true,
    };
    let mut blind = everybody();
    blind.insert(account(VAULT), Observed::Unreadable(denied.clone()));
    assert_eq!(compromised(&seen, &blind), '?');
    blind.remove(&account(VAULT));
    assert_eq!(compromised(&seen, &blind), '?');

    // Nobody could read the bucket's policy: it may let strangers in.
    let mut target = bucket("dr", VAULT);
    target.policy = Observed::Unreadable(denied);
    assert_eq!(compromised(&replicated(target), &everybody()), '?');

    // The bucket's policy lets the attacked account in.
    let mut target = bucket("dr", VAULT);
    target.policy = Observed::Present(Document::new([Statement::new(
        Effect::Allow,
        ["s3:*"],
        ["arn:aws:s3:::dr/*"],
    )
    .principal("AWS", "arn:aws:iam::111111111111:role/operator")]));
    assert_eq!(compromised(&replicated(target), &everybody()), '-');
}

#[test]
fn a_key_in_the_attacked_account_takes_a_locked_copy_with_it() {
    let mut target = bucket("dr", VAULT);
    target.lock = locked(LockMode::Compliance);
    target.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
    // Whether it is a customer's own key was not read: never safe.
    assert_eq!(compromised(&replicated(target), &everybody()), '?');
}

#[test]
fn what_was_not_read_is_never_safe() {
    let unread = |what: &str| crate::model::Unreadable {
        action: what.into(),
        why: "access denied".into(),
        denied: true,
    };
    let mut target = bucket("dr", VAULT);
    target.lock = Observed::Unreadable(unread("s3:GetBucketObjectLockConfiguration"));
    target.versioning = Observed::Unreadable(unread("s3:GetBucketVersioning"));
    let proof = proved(&replicated(target), &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::ObjectReplica), "??Y?Y?Y");

    // A destination that is not part of the posture.
    let only = replicated(bucket("dr", VAULT)).remove(0);
    let proof = proved(&[only], &everybody(), &[]);
    let found = row(&proof, "s3_bucket.up", Mechanism::ObjectReplica);
    assert!(
        !found.get(..2).unwrap().contains('Y') && found.as_bytes()[3] != b'Y',
        "{found}"
    );
}

#[test]
fn the_smallest_set_counts_accounts_that_do_not_trust_one_another() {
    let proof = proved(&replicated(bucket("dr", VAULT)), &everybody(), &[]);
    let found = &proof.assets[0].destroying;
    let attack::smallest::Smallest::Set(members) = &found.set else {
        panic!("{found:?}");
    };
    assert_eq!(members.len(), 2, "{members:?}");
    assert!(!found.path.is_empty());

    // A lock keeps nobody from what has lain there longer than it lasts.
    let mut target = bucket("dr", VAULT);
    target.lock = locked(LockMode::Compliance);
    let proof = proved(&replicated(target.clone()), &everybody(), &[]);
    let attack::smallest::Smallest::Set(members) = &proof.assets[0].destroying.set else {
        panic!("{:?}", proof.assets[0].destroying);
    };
    assert_eq!(members.len(), 2, "{members:?}");

    target.expiries = expiring(15, 30);
    let proof = proved(&replicated(target), &everybody(), &[]);
    let found = &proof.assets[0].destroying;
    assert_eq!(found.set, attack::smallest::Smallest::None);
    assert_eq!(found.out_of_reach.len(), 1);
}

fn objective(rpo: &str, reach_days: u32) -> Objective {
    Objective {
        name: "core".into(),
        protects: vec!["rds_instance.app".parse().unwrap()],
        rpo: Some(rpo.parse::<Bound>().unwrap()),
        rto: None,
        reach: Some(Duration::from_days(reach_days)),
        survives: vec!["corruption".into(), "zone_outage".into(), "region_outage".into()],
        copies: CopiesRule::default(),
        publish: None,
        tested_every: None,
        location: None,
    }
}

fn verdict(proof: &Proof, scenario: &str, asks: &str) -> Verdict {
    let (_, _, _, judged) = proof
        .judged()
        .find(|(_, cell, _, j)| cell.is_some_and(|c| c.scenario == scenario) && j.asks == asks)
        .unwrap();
    judged.verdict
}

#[test]
fn bounds_decide_on_what_is_promised_and_doubt_what_is_measured() {
    let copied = || {
        served(Database {
            replicas: Observed::Present(vec![BackupReplica {
                region: region("us-west-2"),
                retention_days: Some(30),
                status: "replicating".into(),
                earliest: Some("2026-01-30T12:00:00Z".into()),
                latest: Some("2026-03-01T11:50:00Z".into()),
                key: None,
            }]),
            ..database()
        })
    };
    let of = |rpo: &str, reach: u32| proved(&[copied()], &everybody(), &[objective(rpo, reach)]);
    // Logs leave every five minutes: a promise.
    assert_eq!(verdict(&of("5m", 30), "zone_outage", "rpo"), Verdict::Holds);
    assert_eq!(verdict(&of("< 5m", 30), "zone_outage", "rpo"), Verdict::Fails);
    // The copy in the other region was ten minutes behind, and nobody promises that.
    assert_eq!(verdict(&of("15m", 30), "region_outage", "rpo"), Verdict::Unproven);
    assert_eq!(verdict(&of("5m", 30), "region_outage", "rpo"), Verdict::Fails);
    // Thirty days back, and no further.
    assert_eq!(verdict(&of("15m", 30), "corruption", "reach"), Verdict::Holds);
    assert_eq!(verdict(&of("15m", 31), "corruption", "reach"), Verdict::Fails);
}

#[test]
fn an_asset_that_is_not_there_or_not_readable_is_never_passed() {
    let proof = proved(&[], &everybody(), &[objective("5m", 7)]);
    assert_eq!(proof.verdict(), Some(Verdict::Unknown));
    let mut unreadable = served(database());
    unreadable.facts = Observed::Unreadable(crate::model::Unreadable {
        action: "rds:DescribeDBInstances".into(),
        why: "access denied".into(),
        denied: true,
    });
    let proof = proved(&[unreadable], &everybody(), &[objective("5m", 7)]);
    assert_eq!(proof.verdict(), Some(Verdict::Unknown));
}

#[test]
fn who_may_rewrite_a_policy_is_an_administrator() {
    let mut principals = everybody();
    principals.insert(
        account(PROD),
        Observed::Present(vec![
            role(PROD, "ci", &["iam:PutRolePolicy", "s3:PutObject"], &[]),
            role(PROD, "app", &["s3:GetObject"], &[]),
        ]),
    );
    let proof = proved(&[stored(bucket("up", PROD), "us-east-1")], &principals, &[]);
    // ci rewrites its own policy, and then deletes versions.
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Versions), "YYY---Y");
}

#[test]
fn a_boundary_stops_that() {
    let mut ci = role(PROD, "ci", &["iam:PutRolePolicy", "s3:PutObject"], &[]);
    ci.boundary = Observed::Present(Document::new([Statement::new(
        Effect::Allow,
        ["s3:PutObject", "iam:PutRolePolicy"],
        ["*"],
    )]));
    let principals = Principals::from([(account(PROD), Observed::Present(vec![ci]))]);
    let proof = proved(&[stored(bucket("up", PROD), "us-east-1")], &principals, &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::Versions), "YYY--YY");
}

/// Ways around a boundary or a narrow policy that need no permission on the data at all.
#[test]
fn detours_to_more_power_are_seen() {
    let up = || [stored(bucket("up", PROD), "us-east-1")];
    let with = |actions: &[&str], others: Vec<Principal>| {
        let mut all = vec![role(PROD, "ci", actions, &[])];
        all.extend(others);
        let principals = Principals::from([(account(PROD), Observed::Present(all))]);
        row(
            &proved(&up(), &principals, &[]),
            "s3_bucket.up",
            Mechanism::Versions,
        )
        .chars()
        .nth(5)
        .unwrap()
    };
    let trusting = |kind: &str, name: &str, action: &str| {
        let mut runner = role(PROD, "runner", &["s3:DeleteObjectVersion"], &[]);
        let trust = Statement::new(Effect::Allow, [action], Vec::<String>::new());
        runner.trust = Observed::Present(Document::new([trust.principal(kind, name)]));
        runner
    };
    let served = |service: &str| vec![trusting("Service", service, "sts:AssumeRole")];
    let lambda = || served("lambda.amazonaws.com");
    const IDP: &str = "arn:aws:iam::111111111111:saml-provider/idp";
    let vouched = || vec![trusting("Federated", IDP, "sts:AssumeRoleWithSAML")];
    let makes = ["iam:CreateRole", "iam:AttachRolePolicy"];
    let table: Vec<(Vec<&str>, Vec<Principal>, char)> = vec![
        (vec![], lambda(), 'Y'),
        (makes.to_vec(), vec![], '-'),
        (vec!["iam:PassRole", "lambda:CreateFunction"], lambda(), '-'),
        (vec!["iam:PassRole"], lambda(), 'Y'),
        // Whether a function runs as it was not read.
        (vec!["lambda:UpdateFunctionCode"], lambda(), 'c'),
        (
            vec!["iam:PassRole", "scheduler:CreateSchedule"],
            served("scheduler.amazonaws.com"),
            '-',
        ),
        // Nobody has written down what that service does for whom.
        (vec!["iam:PassRole"], served("new.amazonaws.com"), 'c'),
        (vec!["iam:GetRole"], served("new.amazonaws.com"), 'Y'),
        (vec!["iam:UpdateSAMLProvider"], vouched(), '-'),
        (vec!["iam:GetSAMLProvider"], vouched(), 'Y'),
    ];
    for (actions, others, expected) in table {
        let all: Vec<&str> = std::iter::once("s3:PutObject").chain(actions).collect();
        assert_eq!(with(&all, others), expected, "{all:?}");
    }
}

fn vault(owner: &str, place: &str, lock: Observed<VaultLock>) -> Evidence {
    let arn = format!("arn:aws:backup:{place}:{owner}:backup-vault:keep");
    let held = Held {
        resource: "arn:aws:rds:us-east-1:111111111111:db:app".parse().unwrap(),
        points: 30,
        unusable: 0,
        newest: Some("2026-03-01T05:00:00Z".into()),
        oldest: Some("2026-01-30T05:00:00Z".into()),
        kept_for_ever: 0,
        keys: Default::default(),
        spread: Vec::new(),
    };
    let vault = Vault {
        name: "keep".into(),
        arn: arn.parse().unwrap(),
        account: account(owner),
        region: region(place),
        air_gapped: false,
        key: None,
        service_key: Some(true),
        policy: Observed::Present(Document::new([Statement::new(
            Effect::Allow,
            ["backup:CopyIntoBackupVault"],
            ["*"],
        )
        .principal("AWS", "arn:aws:iam::111111111111:root")])),
        lock,
        points: Some(30),
        holds: Observed::Present(vec![held]),
    };
    evidence("backup_vault.keep", &arn, place, Facts::Vault(Box::new(vault)))
}

fn daily(owner: &str, place: &str) -> Evidence {
    let rule = ScheduledRule {
        name: "daily".into(),
        vault: "arn:aws:backup:us-east-1:111111111111:backup-vault:near"
            .parse()
            .unwrap(),
        schedule: "cron(0 5 ? * * *)".into(),
        timezone: "Etc/UTC".into(),
        longest_gap_minutes: Some(24 * 60),
        start_window_minutes: 60,
        completion_window_minutes: 120,
        continuous: false,
        delete_after_days: Some(7),
        cold_after_days: None,
        copies: vec![ScheduledCopy {
            vault: format!("arn:aws:backup:{place}:{owner}:backup-vault:keep")
                .parse()
                .unwrap(),
            delete_after_days: Some(30),
            cold_after_days: None,
        }],
    };
    let schedule = Schedule {
        name: "daily".into(),
        arn: "arn:aws:backup:us-east-1:111111111111:backup-plan:p"
            .parse()
            .unwrap(),
        account: account(PROD),
        region: region("us-east-1"),
        rules: vec![rule],
        covers: Observed::Present(vec![Coverage {
            name: "all".into(),
            role: Some(KEEPER.parse().unwrap()),
            resources: vec!["arn:aws:rds:*:*:db:*".into()],
            not_resources: Vec::new(),
            any_tag: Vec::new(),
            all_conditions: Vec::new(),
        }]),
        opted_in: Observed::Absent,
    };
    let mut found = evidence(
        "backup_plan.daily",
        "arn:aws:backup:us-east-1:111111111111:backup-plan:p",
        "us-east-1",
        Facts::Schedule(Box::new(schedule)),
    );
    found.arn = None;
    found
}

fn vault_lock(mode: LockMode, from: Option<&str>) -> Observed<VaultLock> {
    Observed::Present(VaultLock {
        mode,
        locked_from: from.map(str::to_owned),
        min_days: Some(7),
        max_days: None,
    })
}

/// The rows of vaults in another account and region: without a lock, locked in governance, within the
/// time of grace, and locked for good.
#[test]
fn vaults_against_the_seven_disasters() {
    let mut principals = everybody();
    principals.insert(
        account(VAULT),
        Observed::Present(vec![role(
            VAULT,
            "keeper",
            &["backup:*"],
            &["arn:aws:iam::111111111111:role/operator"],
        )]),
    );
    let row_of = |lock: Observed<VaultLock>, principals: &Principals| {
        let seen = [
            served(database()),
            vault(VAULT, "us-west-2", lock),
            daily(VAULT, "us-west-2"),
        ];
        row(
            &proved(&seen, principals, &[]),
            "rds_instance.app",
            Mechanism::RecoveryPoints,
        )
    };
    // Nobody of production enters the vault's account: its own credentials are apart.
    assert_eq!(row_of(Observed::Absent, &everybody()), "YYYYYYY");
    // The keeper trusts the operator of production, who is not allowed to become anybody: its own
    // credential does not get there, but whoever administers production gives it that permission.
    assert_eq!(row_of(Observed::Absent, &principals), "YYY-YYY");
    assert_eq!(
        row_of(vault_lock(LockMode::Governance, None), &principals),
        "YYY-YYY"
    );
    let grace = vault_lock(LockMode::Compliance, Some("2026-03-04T00:00:00Z"));
    assert_eq!(row_of(grace, &principals), "YYY-YYY");
    let closed = vault_lock(LockMode::Compliance, Some("2026-02-01T00:00:00Z"));
    assert_eq!(row_of(closed, &principals), "YYYYYYY");
}

#[test]
fn a_schedule_promises_its_longest_gap_with_its_windows() {
    let seen = [
        served(database()),
        vault(VAULT, "us-west-2", Observed::Absent),
        daily(VAULT, "us-west-2"),
    ];
    let proof = proved(&seen, &everybody(), &[]);
    let copies = &proof.assets[0].copies;
    let copy = copies
        .iter()
        .find(|c| c.mechanism == Mechanism::RecoveryPoints)
        .unwrap();
    // A day, an hour to start, two to be done, and two for the copy.
    assert_eq!(
        copy.staleness.promised,
        Some(Duration::from_secs((24 + 1 + 2 + 2) * 3600))
    );
    assert_eq!(copy.staleness.measured, Some(Duration::from_secs(7 * 3600)));
    let history = copy.history.present().unwrap();
    assert_eq!(history.reach, Reach::For(Duration::from_days(30)));
    // Without a plan that is known nothing is promised, and how far apart points are is not known.
    let proof = proved(&seen[..2], &everybody(), &[]);
    let copies = &proof.assets[0].copies;
    let copy = copies
        .iter()
        .find(|c| c.mechanism == Mechanism::RecoveryPoints)
        .unwrap();
    assert_eq!(copy.staleness.promised, None);
    assert!(copy.history.known().is_err());
}

fn key(state: KeyState, policy: Document) -> Evidence {
    let arn: crate::model::Arn = "arn:aws:kms:us-west-2:111111111111:key/k".parse().unwrap();
    let facts = KeyFacts {
        alias: "backups".into(),
        arn,
        account: account(PROD),
        region: region("us-west-2"),
        service_managed: false,
        state,
        deletion_date: None,
        material_expires: None,
        rotation_days: Observed::Absent,
        can_rotate: true,
        policy: Observed::Present(policy),
        multi_region: false,
        replicas: Vec::new(),
    };
    evidence(
        "kms_key.backups",
        "arn:aws:kms:us-west-2:111111111111:alias/backups",
        "us-west-2",
        Facts::Key(Box::new(facts)),
    )
}

#[test]
fn a_key_decides_over_everything_under_it() {
    let mut target = bucket("dr", VAULT);
    target.lock = locked(LockMode::Compliance);
    target.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
    let with = |key: Evidence| {
        let mut seen = replicated(target.clone());
        seen.push(key);
        let proof = proved(&seen, &everybody(), &[]);
        row(&proof, "s3_bucket.up", Mechanism::ObjectReplica)
    };
    let to = |who: &str, action: &str| {
        Document::new([Statement::new(Effect::Allow, [action], ["*"]).principal("AWS", who)])
    };
    let nobody = to("arn:aws:iam::333333333333:role/other", "kms:Decrypt");
    // Whoever is of the attacked account and may end the key ends the copy, locked or not.
    let root = to("arn:aws:iam::111111111111:root", "kms:*");
    assert_eq!(with(key(KeyState::Enabled, root)), "YYY-YYY");
    assert_eq!(with(key(KeyState::Enabled, nobody.clone())), "YYYYYYY");
    assert_eq!(with(key(KeyState::PendingDeletion, nobody.clone())), "-------");
    assert_eq!(with(key(KeyState::Disabled, nobody)), "-------");
}

/// A key that works makes nothing usable that was not.
#[test]
fn an_enabled_key_does_not_mend_what_is_broken() {
    let mut source = bucket("up", PROD);
    source.encryption = Observed::Present("arn:aws:kms:us-east-1:111111111111:key/s".into());
    source.replicas = Observed::Present(vec![replica("dr", VAULT, "us-west-2")]);
    let mut target = bucket("dr", VAULT);
    target.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
    let root =
        Document::new([Statement::new(Effect::Allow, ["kms:*"], ["*"])
            .principal("AWS", "arn:aws:iam::111111111111:root")]);
    let seen = [
        stored(source, "us-east-1"),
        stored(target, "us-west-2"),
        key(KeyState::Enabled, root),
    ];
    let proof = proved(&seen, &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::ObjectReplica), "-------");
}

/// A replica is worth what arrives in it and stays.
#[test]
fn a_replica_holds_what_arrives_and_stays() {
    let of = |change: &dyn Fn(&mut ObjectStore, &mut ObjectStore)| {
        let mut source = bucket("up", PROD);
        source.replicas = Observed::Present(vec![replica("dr", VAULT, "us-west-2")]);
        let mut target = bucket("dr", VAULT);
        change(&mut source, &mut target);
        let seen = [stored(source, "us-east-1"), stored(target, "us-west-2")];
        row(
            &proved(&seen, &everybody(), &[]),
            "s3_bucket.up",
            Mechanism::ObjectReplica,
        )
    };
    let key = |account: &str, region: &str| format!("arn:aws:kms:{region}:{account}:key/k");
    assert_eq!(of(&|_, _| {}), "YYYYYYY");
    // Objects under a key are left out unless the rule says otherwise.
    let sealed = |source: &mut ObjectStore| source.encryption = Observed::Present(key(PROD, "us-east-1"));
    assert_eq!(of(&|source, _| sealed(source)), "-------");
    // The rule's key is the replica's, whatever the destination does by itself.
    let under_a_key = |source: &mut ObjectStore| {
        sealed(source);
        source.replicas = Observed::Present(vec![Replica {
            kms_objects: true,
            key: Some(key(PROD, "us-west-2")),
            ..replica("dr", VAULT, "us-west-2")
        }]);
    };
    let found = of(&|source, _| under_a_key(source));
    assert!(!found.contains('-') && found.as_bytes()[3] != b'Y', "{found}");
    // What the destination deletes while the source keeps it is not there.
    assert_eq!(of(&|_, target| target.expiries = expiring(7, 400)), "ccccccc");
    let both = of(&|source, target| {
        source.expiries = expiring(7, 400);
        target.expiries = expiring(7, 400);
    });
    assert_eq!(both, "YYYYYYY");
    // Nobody could read where it is copied to: there may be a copy, and there may be none.
    let mut source = bucket("up", PROD);
    source.replicas = Observed::Unreadable(crate::model::Unreadable {
        action: "s3:GetReplicationConfiguration".into(),
        why: "access denied".into(),
        denied: true,
    });
    let proof = proved(&[stored(source, "us-east-1")], &everybody(), &[]);
    assert_eq!(row(&proof, "s3_bucket.up", Mechanism::ObjectReplica), "???????");
}

/// Backups that have stopped promise nothing, and those that have not begun hold nothing.
#[test]
fn point_in_time_backups_are_as_good_as_their_newest_moment() {
    let point = |latest: Option<&str>| {
        let seen = served(Database {
            latest_restorable: latest.map(Into::into),
            ..database()
        });
        let proof = proved(&[seen], &everybody(), &[]);
        let copies = &proof.assets[0].copies;
        let copy = copies
            .iter()
            .find(|c| c.mechanism == Mechanism::PointInTime)
            .unwrap();
        (copy.staleness.promised.is_some(), copy.unusable.is_some())
    };
    assert_eq!(point(Some("2026-03-01T11:56:00Z")), (true, false));
    assert_eq!(point(Some("2026-02-27T11:56:00Z")), (false, false));
    assert_eq!(point(None), (false, true));
}

/// Who is named and was not read may do anything.
#[test]
fn strangers_are_not_known() {
    let seen = replicated(bucket("dr", VAULT));
    // An account that the vault trusts, and of which nobody read who is in it.
    let mut trusted = everybody();
    let keeper = role(VAULT, "keeper", &["s3:*"], &["arn:aws:iam::999999999999:root"]);
    trusted.insert(account(VAULT), Observed::Present(vec![keeper]));
    assert_eq!(compromised(&seen, &trusted), '?');
    // The same by a bucket's policy.
    let mut target = bucket("dr", VAULT);
    target.policy = Observed::Present(Document::new([Statement::new(
        Effect::Allow,
        ["s3:*"],
        ["arn:aws:s3:::dr", "arn:aws:s3:::dr/*"],
    )
    .principal("AWS", "arn:aws:iam::999999999999:user/contractor")]));
    assert_eq!(compromised(&replicated(target), &everybody()), '?');

    // A scenario's identity that is not there.
    let typo = Scenario {
        name: "typo".into(),
        holds: None,
        identities: vec!["arn:aws:iam::111111111111:role/deplyo".parse().unwrap()],
        ..scenarios().remove(0)
    };
    let proof = prove(&Input {
        evidence: &seen,
        principals: &everybody(),
        memberships: &Memberships::new(),
        objectives: &[],
        scenarios: &[typo],
        read_at: "2026-03-01T12:00:00Z",
    });
    let copies = &proof.assets[0].cells[0].copies;
    assert!(
        copies.iter().all(|c| c.survival != Survival::Survives),
        "{copies:#?}"
    );
}
