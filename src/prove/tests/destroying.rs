//! Which single permissions destroy which copies, and which do not: the actions of each service, one by one.

use super::policies::doc;
use super::*;
use crate::model::objective::{Extent, Holds};

/// A role with these actions on everything, as it may do whatever its organization and everybody's resources let it.
pub(super) fn may(actions: &[&str]) -> Principal {
    role(PROD, "thief", actions, &[])
}

/// What becomes of a copy when somebody destroys so much, and holds the credentials of the first of these.
fn fate(seen: &[Evidence], who: Vec<Principal>, extent: Extent, mechanism: Mechanism) -> char {
    let theft = theft(&who, extent);
    letter(seen, who, theft, mechanism)
}

pub(super) fn theft(who: &[Principal], extent: Extent) -> Scenario {
    Scenario {
        destroys: extent,
        holds: None,
        identities: who.iter().take(1).map(|p| p.arn.clone()).collect(),
        noticed_after: Duration::from_secs(3600),
        ..scenarios().remove(0)
    }
}

fn letter(seen: &[Evidence], who: Vec<Principal>, scenario: Scenario, mechanism: Mechanism) -> char {
    let principals = Principals::from([
        (account(PROD), Observed::Present(who)),
        (account(VAULT), Observed::Present(Vec::new())),
    ]);
    let principals = staffed(&principals);
    let input = Input {
        evidence: seen,
        principals: &principals,
        memberships: &Memberships::new(),
        objectives: &[],
        scenarios: &[scenario],
        read_at: "2026-03-01T12:00:00Z",
    };
    let proof = prove(&input);
    let asset = &proof.assets[0];
    derivations::is_sound(&input, &proof, &asset.address, &input.scenarios[0]);
    let copy = asset.copies.iter().find(|c| c.mechanism == mechanism).unwrap();
    let cell = asset.cells[0].copies.iter().find(|c| c.copy == copy.id).unwrap();
    match cell.survival {
        Survival::Survives => 'Y',
        Survival::Conditional(_) => 'c',
        Survival::Unknown(_) => '?',
        Survival::Lost(_) => '-',
    }
}

fn table(seen: &[Evidence], extent: Extent, mechanism: Mechanism, rows: &[(&[&str], char)]) {
    for (actions, expected) in rows {
        let found = fate(seen, vec![may(actions)], extent, mechanism);
        assert_eq!(found, *expected, "{mechanism:?}: {actions:?}");
    }
    // Of whoever may nothing, the derivation names all that would destroy.
    if fate(seen, vec![may(&["sts:GetCallerIdentity"])], extent, mechanism) == 'Y' {
        let survives_without = |actions: &[&str], action: &str| {
            let rest: Vec<&str> = actions.iter().copied().filter(|a| *a != action).collect();
            fate(seen, vec![may(&rest)], extent, mechanism) == 'Y'
        };
        let destroying = rows.iter().filter(|(_, fate)| *fate != 'Y');
        let needed = destroying.flat_map(|(actions, _)| {
            let all = actions.iter();
            all.filter(|action| survives_without(actions, action))
        });
        derivations::names(seen, extent, mechanism, needed);
    }
}

/// Data without versions: whatever overwrites, deletes or expires it.
#[test]
fn live_data() {
    let mut plain = bucket("up", PROD);
    plain.versioning = Observed::Present(Versioning::Never);
    let rows: &[(&[&str], char)] = &[
        (&["s3:GetObject"], 'Y'),
        (&["s3:PutObject"], '-'),
        (&["s3:DeleteObject"], '-'),
        (&["s3:DeleteObjectVersion"], '-'),
        (&["s3:PutLifecycleConfiguration"], '-'),
        (&["s3:PutBucketPolicy"], '-'),
        // A rule that somebody else has set may delete what bears a tag.
        (&["s3:PutObjectTagging"], 'c'),
        (&["s3:PutObjectVersionTagging"], 'c'),
        (&["s3:DeleteObjectTagging"], 'Y'),
        (&["s3:DeleteBucketPolicy"], 'Y'),
        // Only an empty bucket is deleted.
        (&["s3:DeleteBucket"], 'Y'),
        (&["s3:PutBucketVersioning"], 'Y'),
        (&["s3:PutReplicationConfiguration"], 'Y'),
        (&["s3:PutEncryptionConfiguration"], 'Y'),
        // Neither lets anybody do what the bucket's policy and its own do not.
        (&["s3:CreateAccessPoint", "s3:PutAccessPointPolicy"], 'Y'),
    ];
    let seen = [stored(plain, "us-east-1")];
    table(&seen, Extent::Zone, Mechanism::Live, rows);
    // Of what keeps versions the data as it serves is deleted by a rule, too.
    let seen = [stored(bucket("up", PROD), "us-east-1")];
    let rows: &[(&[&str], char)] = &[
        (&["s3:PutLifecycleConfiguration"], '-'),
        (&["s3:DeleteObjectVersion"], '-'),
    ];
    table(&seen, Extent::Zone, Mechanism::Live, rows);
}

#[test]
fn old_versions() {
    let seen = [stored(bucket("up", PROD), "us-east-1")];
    let rows: &[(&[&str], char)] = &[
        (&["s3:PutObject", "s3:DeleteObject"], 'Y'),
        (&["s3:DeleteObjectVersion"], '-'),
        (&["s3:PutLifecycleConfiguration"], '-'),
        (&["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], 'Y'),
        (&["s3:PutBucketVersioning"], 'Y'),
        // What is older than versioning has one version, which is written over and deleted once versioning is suspended.
        (&["s3:PutBucketVersioning", "s3:PutObject"], 'c'),
        (&["s3:PutBucketVersioning", "s3:DeleteObject"], 'c'),
    ];
    table(&seen, Extent::Data, Mechanism::Versions, rows);
    // Where objects can be locked, versioning cannot be suspended.
    let mut locking = bucket("up", PROD);
    locking.lock = locked(LockMode::Governance);
    locking.expiries = expiring(7, 30);
    let rows: &[(&[&str], char)] = &[
        (&["s3:PutBucketVersioning", "s3:DeleteObject"], 'Y'),
        (&["s3:DeleteObjectVersion"], 'Y'),
        (&["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"], '-'),
        (&["s3:PutObjectRetention", "s3:BypassGovernanceRetention"], 'Y'),
        (
            &[
                "s3:PutObjectRetention",
                "s3:BypassGovernanceRetention",
                "s3:PutLifecycleConfiguration",
            ],
            '-',
        ),
        // The default of what is written next.
        (&["s3:PutBucketObjectLockConfiguration"], 'Y'),
    ];
    table(
        &[stored(locking, "us-east-1")],
        Extent::Data,
        Mechanism::Versions,
        rows,
    );
}

#[test]
fn backups_of_databases() {
    let seen = [served(Database {
        replicas: Observed::Present(vec![BackupReplica {
            region: region("us-west-2"),
            retention_days: Some(30),
            status: "replicating".into(),
            latest: Some("2026-03-01T11:50:00Z".into()),
            earliest: Some("2026-01-30T12:00:00Z".into()),
            key: None,
        }]),
        ..database()
    })];
    let rows: &[(&str, char, char)] = &[
        ("rds:ModifyDBInstance", '-', 'Y'),
        ("rds:DeleteDBInstance", '-', 'Y'),
        ("rds:DeleteDBInstanceAutomatedBackup", '-', '-'),
        // What was copied is kept for its time; to start anew sets another time.
        ("rds:StopDBInstanceAutomatedBackupsReplication", 'Y', 'Y'),
        ("rds:StartDBInstanceAutomatedBackupsReplication", 'Y', 'c'),
        ("rds:DeleteDBSnapshot", 'Y', 'Y'),
        ("rds:DeleteDBCluster", 'Y', 'Y'),
        ("rds:StopDBInstance", 'Y', 'Y'),
        ("rds:RestoreDBInstanceToPointInTime", 'Y', 'Y'),
        ("ec2:RevokeSecurityGroupIngress", 'Y', 'Y'),
    ];
    for (action, here, there) in rows {
        table(
            &seen,
            Extent::Data,
            Mechanism::PointInTime,
            &[(&[*action], *here)],
        );
        table(
            &seen,
            Extent::Data,
            Mechanism::BackupReplica,
            &[(&[*action], *there)],
        );
    }
}

/// Point-in-time backups that AWS Backup manages are a recovery point, and end with it; its vault guards it like any other.
#[test]
fn backups_that_are_a_recovery_point() {
    const POINT: &str = "arn:aws:backup:us-east-1:111111111111:recovery-point:continuous:db-app-1";
    let managed = || {
        served(Database {
            continuous: Some(POINT.parse().unwrap()),
            ..database()
        })
    };
    let rows = |removed: char, opened: char| -> [(&'static [&'static str], char); 4] {
        [
            (&["backup:DeleteRecoveryPoint"], removed),
            (&["backup:UpdateRecoveryPointLifecycle"], removed),
            // The database goes on by itself.
            (&["backup:DisassociateRecoveryPoint"], 'Y'),
            (&["backup:PutBackupVaultAccessPolicy"], opened),
        ]
    };
    let point_in_time = |seen: &[Evidence], rows: &[(&[&str], char)]| {
        table(seen, Extent::Data, Mechanism::PointInTime, rows);
    };
    // In a vault of which nothing is known, and in one that lets its account do as it likes.
    point_in_time(&[managed()], &rows('-', 'Y'));
    let in_vault = |lock: Observed<VaultLock>| {
        [
            managed(),
            vault(PROD, "us-east-1", lock),
            daily(PROD, "us-east-1"),
        ]
    };
    point_in_time(&in_vault(Observed::Absent), &rows('-', '-'));
    point_in_time(&in_vault(vault_lock(LockMode::Governance, None)), &rows('Y', '-'));
    let both: &[&str] = &[
        "backup:DeleteBackupVaultLockConfiguration",
        "backup:DeleteRecoveryPoint",
    ];
    point_in_time(&in_vault(vault_lock(LockMode::Governance, None)), &[(both, '-')]);
    let closed = vault_lock(LockMode::Compliance, Some("2026-02-01T00:00:00Z"));
    point_in_time(&in_vault(closed), &rows('Y', 'Y'));
    // A vault whose policy denies it, or that lies elsewhere.
    let mut guarded = in_vault(Observed::Absent);
    if let Observed::Present(Facts::Vault(vault)) = &mut guarded[1].facts {
        vault.policy = Observed::Present(doc(
            r#"{"Effect":"Deny","Principal":"*","Action":["backup:DeleteRecoveryPoint","backup:UpdateRecoveryPointLifecycle"],"Resource":"*"}"#,
        ));
    }
    point_in_time(&guarded, &rows('Y', '-'));
    let elsewhere = [
        managed(),
        vault(VAULT, "us-west-2", Observed::Absent),
        daily(VAULT, "us-west-2"),
    ];
    point_in_time(&elsewhere, &rows('-', 'Y'));
    // Without AWS Backup none of it matters.
    point_in_time(&[served(database())], &rows('Y', 'Y'));
}

#[test]
fn recovery_points() {
    let with = |lock: Observed<VaultLock>| {
        vec![
            served(database()),
            vault(PROD, "us-west-2", lock),
            daily(PROD, "us-west-2"),
        ]
    };
    let rows: &[(&[&str], char, char)] = &[
        (&["backup:DeleteRecoveryPoint"], '-', 'Y'),
        (&["backup:DisassociateRecoveryPoint"], '-', 'Y'),
        (&["backup:UpdateRecoveryPointLifecycle"], '-', 'Y'),
        (&["backup:PutBackupVaultAccessPolicy"], '-', '-'),
        (&["backup:DeleteBackupVaultLockConfiguration"], 'Y', 'Y'),
        (
            &[
                "backup:DeleteBackupVaultLockConfiguration",
                "backup:DeleteRecoveryPoint",
            ],
            '-',
            '-',
        ),
        // Only an empty vault is deleted, and without a plan nothing new comes.
        (&["backup:DeleteBackupVault"], 'Y', 'Y'),
        (
            &[
                "backup:DeleteBackupPlan",
                "backup:DeleteBackupSelection",
                "backup:UpdateBackupPlan",
            ],
            'Y',
            'Y',
        ),
        // Snapshots that AWS Backup made are deleted by it alone.
        (&["rds:DeleteDBSnapshot"], 'Y', 'Y'),
    ];
    for (actions, open, governed) in rows {
        let row = |expected: char| [(*actions, expected)];
        table(
            &with(Observed::Absent),
            Extent::Data,
            Mechanism::RecoveryPoints,
            &row(*open),
        );
        let governance = with(vault_lock(LockMode::Governance, None));
        table(
            &governance,
            Extent::Data,
            Mechanism::RecoveryPoints,
            &row(*governed),
        );
    }
}

/// A locked copy in another account, under a key of the attacked one whose policy hands over to that account.
#[test]
fn keys_by_where_their_material_comes_from() {
    let sealed = |can_rotate: bool, policy: &str| {
        let mut target = bucket("dr", VAULT);
        target.lock = locked(LockMode::Compliance);
        target.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
        let mut found = key(KeyState::Enabled, doc(policy));
        if let Observed::Present(Facts::Key(key)) = &mut found.facts {
            key.can_rotate = can_rotate;
        }
        let mut seen = replicated(target);
        seen.push(found);
        seen
    };
    const ROOT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}"#;
    const OTHER: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/other"},"Action":"kms:*","Resource":"*"}"#;
    // With material of KMS, from elsewhere, and from elsewhere under a policy that hands over to nobody of them.
    let rows: &[(&str, char, char, char)] = &[
        ("kms:ScheduleKeyDeletion", '-', '-', 'Y'),
        ("kms:DisableKey", '-', '-', 'Y'),
        ("kms:PutKeyPolicy", '-', '-', 'Y'),
        ("kms:DeleteImportedKeyMaterial", 'Y', 'c', 'Y'),
        ("kms:ImportKeyMaterial", 'Y', 'c', 'Y'),
        // Custom key stores know no policies of their own.
        ("kms:DisconnectCustomKeyStore", 'Y', 'c', 'c'),
        ("kms:UpdateCustomKeyStore", 'Y', 'c', 'c'),
        ("cloudhsm:DeleteHsm", 'Y', 'c', 'c'),
        ("cloudhsm:DeleteCluster", 'Y', 'c', 'c'),
        // A grant lets nobody end a key, and what is encrypted names the key and not its alias.
        ("kms:CreateGrant", 'Y', 'Y', 'Y'),
        ("kms:RevokeGrant", 'Y', 'Y', 'Y'),
        ("kms:RetireGrant", 'Y', 'Y', 'Y'),
        ("kms:UpdateAlias", 'Y', 'Y', 'Y'),
        ("kms:DeleteAlias", 'Y', 'Y', 'Y'),
        ("kms:UpdatePrimaryRegion", 'Y', 'Y', 'Y'),
        ("kms:CancelKeyDeletion", 'Y', 'Y', 'Y'),
    ];
    for (action, own, foreign, closed) in rows {
        let of = |seen: Vec<Evidence>, expected: char| {
            table(
                &seen,
                Extent::Data,
                Mechanism::ObjectReplica,
                &[(&[*action], expected)],
            );
        };
        of(sealed(true, ROOT), *own);
        of(sealed(false, ROOT), *foreign);
        of(sealed(false, OTHER), *closed);
    }
}

/// Rows are changed with passwords: whoever is of the database's account may hold one, and whoever holds nothing else deletes
/// nothing.
#[test]
fn ransomware_in_a_database() {
    let ransomware = || {
        scenarios()
            .into_iter()
            .find(|s| s.holds == Some(Holds::Writer))
            .unwrap()
    };
    let deletes = ["rds:DeleteDBInstanceAutomatedBackup"];
    let with = |who: Vec<Principal>| letter(&[served(database())], who, ransomware(), Mechanism::PointInTime);
    let owned = |name: &str| {
        let mut role = role(PROD, "x", &deletes, &[]);
        role.arn = format!("arn:aws:iam::{PROD}:role/{name}").parse().unwrap();
        role
    };
    // Nobody is known to write.
    assert_eq!(with(vec![]), 'Y');
    assert_eq!(with(vec![may(&["logs:*"])]), 'Y');
    assert_eq!(with(vec![may(&deletes)]), 'c');
    assert_eq!(with(vec![may(&["rds:*"])]), 'c');
    assert_eq!(with(vec![owned("job")]), 'c');
    // Only the service acts as that.
    assert_eq!(
        with(vec![owned(
            "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
        )]),
        'Y'
    );
    // A service that runs what its customers have written, and one that does not.
    for (service, expected) in [("ec2.amazonaws.com", 'c'), ("s3.amazonaws.com", 'Y')] {
        let mut run = owned("runs");
        let trust = Statement::new(Effect::Allow, ["sts:AssumeRole"], Vec::<String>::new());
        run.trust = Observed::Present(Document::new([trust.principal("Service", service)]));
        assert_eq!(with(vec![run]), expected, "{service}");
    }
    // Somebody of another account has no way to the rows.
    let seen = [
        served(database()),
        vault(VAULT, "us-west-2", Observed::Absent),
        daily(VAULT, "us-west-2"),
    ];
    let principals = Principals::from([
        (account(PROD), Observed::Present(vec![may(&["rds:*"])])),
        (
            account(VAULT),
            Observed::Present(vec![role(VAULT, "keeper", &["backup:*"], &[])]),
        ),
    ]);
    let proof = proved(&seen, &principals, &[]);
    assert_eq!(
        row(&proof, "rds_instance.app", Mechanism::RecoveryPoints),
        "YYYYYYY"
    );
    // What only follows the data is lost whoever it was.
    let standing = served(Database {
        multi_az: true,
        ..database()
    });
    assert_eq!(letter(&[standing], vec![], ransomware(), Mechanism::Standby), '-');
}

/// Names of the partition in which the account lies, in every document.
#[test]
fn partitions() {
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        let there = |text: &str| text.replace("arn:aws:", &format!("arn:{partition}:"));
        let thief = |name: &str, statement: &str| {
            let mut found = role(PROD, name, &["logs:*"], &[]);
            found.arn = there(found.arn.as_str()).parse().unwrap();
            found.policies = vec![("own".into(), Observed::Present(doc(&there(statement))))];
            found
        };
        let mut seen = served(database());
        seen.arn = seen.arn.map(|arn| there(arn.as_str()).parse().unwrap());
        let alone = |statement: &str| {
            let seen = std::slice::from_ref(&seen);
            fate(
                seen,
                vec![thief("thief", statement)],
                Extent::Data,
                Mechanism::PointInTime,
            )
        };
        for statement in [
            r#"{"Effect":"Allow","Action":"rds:Delete*","Resource":"arn:aws:rds:us-east-1:111111111111:auto-backup:*"}"#,
            r#"{"Effect":"Allow","Action":"rds:Delete*","Resource":"arn:aws:rds:us-east-1:111111111111:db:app"}"#,
            r#"{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"arn:aws:iam::111111111111:policy/*"}"#,
            r#"{"Effect":"Allow","Action":["iam:CreateRole","iam:AttachRolePolicy"],"Resource":"arn:aws:iam::111111111111:role/*"}"#,
            r#"{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:iam::111111111111:role/thief"}"#,
        ] {
            assert_eq!(alone(statement), '-', "{partition}: {statement}");
        }
        // A grant by name: of a name that an administrator gives to somebody new, of the root, and of another account.
        for (name, expected) in [
            ("arn:aws:iam::111111111111:role/keeper", '-'),
            ("arn:aws:iam::111111111111:root", '-'),
            // KMS lets nobody of another account end a key.
            ("arn:aws:iam::333333333333:role/keeper", 'Y'),
        ] {
            let grant = format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"kms:*","Resource":"*","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{name}"}}}}}}"#
            );
            let mut target = bucket("dr", VAULT);
            target.lock = locked(LockMode::Compliance);
            target.encryption = Observed::Present("arn:aws:kms:us-west-2:111111111111:key/k".into());
            let mut seen = replicated(target);
            seen.push(key(KeyState::Enabled, doc(&there(&grant))));
            let compromise = scenarios()
                .into_iter()
                .find(|s| s.holds == Some(Holds::Account))
                .unwrap();
            let all = vec![thief(
                "app",
                r#"{"Effect":"Allow","Action":"logs:*","Resource":"*"}"#,
            )];
            let found = letter(&seen, all, compromise, Mechanism::ObjectReplica);
            assert_eq!(found, expected, "{partition}: {name}");
        }
    }
}
