//! What a backup writer must not be able to do, one control for each weak spot.
//!
//! Each asks [`Holder`](crate::access::Holder) for a few actions on any resource. A grant that was read
//! fails it; without one it passes only when every document that could grant it was read.

use super::{documents_known, holder, targets_known};
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::fact::Identity;
use crate::prove::writer;

const REMEDY: &str = "Remove the grant that the finding names; `writer_role` declares a policy without it.";
const GUARDED: &[Aspect] = &[Aspect::LeastPrivilege, Aspect::DeletionGuarded, Aspect::Isolated];
const NARROW: &[Aspect] = &[Aspect::LeastPrivilege];

/// It can read backups.
pub const READS: Rule = Rule {
    id: "BKS-IAM-001",
    title: "A backup writer can read objects",
    severity: Severity::High,
    doc: "The writer's credential lies on the machine that is most likely to be taken over. If it can read, all \
          backups, with all the data they ever held, are stolen together with it.",
    remedy: REMEDY,
    aspects: NARROW,
    judge: Judge::Identity(|identity, estate| cannot(&identity, estate, "read objects", writer::READS)),
};

/// It can see what is there.
pub const LISTS: Rule = Rule {
    id: "BKS-IAM-002",
    title: "A backup writer can list objects",
    severity: Severity::Medium,
    doc: "Names and versions tell an intruder what exists, when it was made and what to overwrite. Uploading needs \
          none of it.",
    remedy: REMEDY,
    aspects: NARROW,
    judge: Judge::Identity(|identity, estate| cannot(&identity, estate, "list objects", writer::LISTS)),
};

/// It can delete backups.
pub const DELETES: Rule = Rule {
    id: "BKS-IAM-003",
    title: "A backup writer can delete objects",
    severity: Severity::Critical,
    doc: "Who takes over the machine that is backed up destroys the backups with the same credential. This is the \
          one thing that isolation is for.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| cannot(&identity, estate, "delete objects", writer::DELETES)),
};

/// It can delete past a governance lock.
pub const BYPASSES_LOCK: Rule = Rule {
    id: "BKS-IAM-004",
    title: "A backup writer can bypass a governance lock",
    severity: Severity::Critical,
    doc: "The permission makes a governance lock void for whoever holds it: with it, locked versions can be deleted \
          or their retention shortened.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "bypass a governance lock",
            &["s3:BypassGovernanceRetention"],
        )
    }),
};

/// It can choose the lock.
pub const CHANGES_LOCK: Rule = Rule {
    id: "BKS-IAM-005",
    title: "A backup writer can change locks and retention",
    severity: Severity::High,
    doc: "A retention that the writer sends overrides the bucket's default, so it can upload backups that are locked \
          for a day instead of a month; and changing the bucket's default unprotects all that follows.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "change locks",
            &[
                "s3:PutObjectRetention",
                "s3:PutObjectLegalHold",
                "s3:PutBucketObjectLockConfiguration",
            ],
        )
    }),
};

/// It can make overwriting final.
pub const CHANGES_VERSIONING: Rule = Rule {
    id: "BKS-IAM-006",
    title: "A backup writer can switch versioning off",
    severity: Severity::Critical,
    doc: "Without versioning, uploading over a key is deleting it. So suspending versioning gives the writer the \
          power to destroy with the very permission that it must have.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "change versioning",
            &["s3:PutBucketVersioning"],
        )
    }),
};

/// It can let backups expire.
pub const CHANGES_LIFECYCLE: Rule = Rule {
    id: "BKS-IAM-007",
    title: "A backup writer can change the lifecycle",
    severity: Severity::Critical,
    doc: "A lifecycle rule of one day deletes everything that is not locked, and the service does it, past every \
          bucket policy. It is deleting by another name.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "change the lifecycle",
            &["s3:PutLifecycleConfiguration"],
        )
    }),
};

/// It can open the bucket.
pub const CHANGES_ACCESS: Rule = Rule {
    id: "BKS-IAM-008",
    title: "A backup writer can change who has access",
    severity: Severity::Critical,
    doc: "Who writes the bucket's policy, its access control lists or its public access block grants itself, or \
          everybody, whatever is missing.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "change who has access",
            &[
                "s3:PutBucketPolicy",
                "s3:DeleteBucketPolicy",
                "s3:PutBucketAcl",
                "s3:PutObjectAcl",
                "s3:PutObjectVersionAcl",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketOwnershipControls",
                "s3:PutEncryptionConfiguration",
            ],
        )
    }),
};

/// It can send copies elsewhere, or stop them.
pub const CHANGES_REPLICATION: Rule = Rule {
    id: "BKS-IAM-009",
    title: "A backup writer can change or make replication",
    severity: Severity::High,
    doc: "Replication that is redirected sends every backup to somebody else; removed, it ends the off-site copy. The \
          permissions of replication itself write and delete objects at the destination.",
    remedy: REMEDY,
    aspects: GUARDED,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "change replication",
            &[
                "s3:PutReplicationConfiguration",
                "s3:InitiateReplication",
                "s3:ReplicateObject",
                "s3:ReplicateDelete",
                "s3:ReplicateTags",
            ],
        )
    }),
};

/// It can become somebody else.
pub const ESCALATES: Rule = Rule {
    id: "BKS-IAM-010",
    title: "A backup writer can gain more rights",
    severity: Severity::Critical,
    doc: "Passing a role, assuming one, writing policies or making access keys each lead to whatever those may do. All \
          other limits are then void.",
    remedy: REMEDY,
    aspects: NARROW,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "gain more rights",
            &[
                "iam:PassRole",
                "iam:*Policy*",
                "iam:*AccessKey*",
                "iam:*Boundary*",
                "iam:CreateLoginProfile",
                "iam:UpdateLoginProfile",
                "iam:AddUserToGroup",
                "iam:UpdateRole",
                "sts:AssumeRole*",
                "organizations:*",
            ],
        )
    }),
};

/// It can reach objects by other ways.
pub const SIDE_DOORS: Rule = Rule {
    id: "BKS-IAM-011",
    title: "A backup writer can reach objects by a side door",
    severity: Severity::High,
    doc: "Batch jobs, access points, access grants, functions and S3's other services act on the same objects under \
          other names, past the actions that the bucket's policy denies.",
    remedy: REMEDY,
    aspects: NARROW,
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "reach objects by a side door",
            &[
                "s3:CreateJob",
                "s3:*AccessPoint*",
                "s3:GetDataAccess",
                "s3:*AccessGrant*",
                "s3:PutInventoryConfiguration",
                "s3:PutBucketNotification",
                "s3express:*",
                "s3-outposts:*",
                "s3-object-lambda:*",
                "lambda:*",
            ],
        )
    }),
};

/// It can make every backup unreadable.
pub const CONTROLS_KEYS: Rule = Rule {
    id: "BKS-IAM-012",
    title: "A backup writer can control encryption keys",
    severity: Severity::Critical,
    doc: "Without its key a backup is noise. Who can disable a key, schedule its deletion, change its policy or grant \
          its use destroys or reads every backup under it without touching one.",
    remedy: REMEDY,
    aspects: &[Aspect::LeastPrivilege, Aspect::Encrypted],
    judge: Judge::Identity(|identity, estate| {
        cannot(
            &identity,
            estate,
            "control encryption keys",
            &[
                "kms:ScheduleKeyDeletion",
                "kms:DisableKey",
                "kms:PutKeyPolicy",
                "kms:CreateGrant",
                "kms:ReEncrypt*",
                "kms:DeleteImportedKeyMaterial",
            ],
        )
    }),
};

fn cannot(identity: &Subject<'_, Identity>, estate: &Estate<'_>, ability: &str, actions: &[&str]) -> Judged {
    let Some(targets) = &identity.facts.writer else {
        return Ok(None);
    };
    let who = holder(identity, estate);
    let mut grants: Vec<String> = actions
        .iter()
        .flat_map(|action| who.grants(action, "*"))
        .map(|grant| grant.to_string())
        .collect();
    grants.sort();
    grants.dedup();
    if !grants.is_empty() {
        return Ok(Some(
            Verdict::fail(format!("{} can {ability}.", identity.name)).because_all(grants),
        ));
    }
    documents_known(identity)?;
    targets_known(targets, estate)?;
    Ok(Some(
        Verdict::pass(format!("{} cannot {ability}.", identity.name)).because(format!(
            "{} policies{} and {} bucket policies grant none of: {}",
            identity.policies.len(),
            if identity.boundary.is_some() {
                ", a boundary"
            } else {
                ""
            },
            targets.len(),
            actions.join(", ")
        )),
    ))
}
