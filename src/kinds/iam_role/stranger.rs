//! A role that is only now made takes nothing away, unless it is a door: somebody outside of the posture's
//! accounts can enter by it, and behind it may destroy what the posture protects.

use super::diff;
use super::spec::Spec;
use crate::access::narrowing::{account, required, subject_pinned};
use crate::access::{Caller, Context, Environment, Policies, Request, Target, grants};
use crate::kinds::iam::judge::some;
use crate::model::policy::{Document, Effect, Principals, Statement};
use crate::model::{AccountId, Arn};
use std::collections::BTreeSet;

/// What ends in the loss of objects, recovery points, snapshots or keys, what ends their making, and what lets
/// somebody give themselves the rest.
const DESTROYS: &[&str] = &[
    "backup:Delete*",
    "backup:DisassociateRecoveryPoint*",
    "backup:PutBackupVault*",
    "backup:UpdateBackupPlan",
    "backup:UpdateRecoveryPointLifecycle",
    "iam:*AccessKey*",
    "iam:*LoginProfile",
    "iam:AddUserToGroup",
    "iam:Attach*Policy",
    "iam:CreatePolicyVersion",
    "iam:Delete*",
    "iam:Detach*Policy",
    "iam:PassRole",
    "iam:Put*Policy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "kms:CreateGrant",
    "kms:DeleteImportedKeyMaterial",
    "kms:DisableKey",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "organizations:LeaveOrganization",
    "rds:Delete*",
    "rds:ModifyDBInstance",
    "rds:StopDBInstanceAutomatedBackupsReplication",
    "s3:BypassGovernanceRetention",
    "s3:Delete*",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectRetention",
    "s3:PutReplicationConfiguration",
    "sts:AssumeRole",
];

/// Managed policies of AWS that only read, besides those whose names end with `ReadOnlyAccess`.
const ONLY_READ: &[&str] = &["SecurityAudit", "ViewOnlyAccess"];

/// Who gets in and what they may do, in a sentence; `None` when nobody outside of `ours` gets in, or none of
/// them could destroy. A boundary is not counted: it is known by its name alone.
pub(super) fn let_in(want: &Spec, ours: &BTreeSet<AccountId>) -> Option<String> {
    let trust = diff::trust(want)?;
    let strangers: BTreeSet<String> = trust
        .statements
        .iter()
        .filter_map(|s| stranger(s, ours))
        .collect();
    let first = strangers.first()?;
    let may = abilities(
        diff::policy(want).as_ref(),
        want.managed_policies.iter().flatten(),
    );
    (!may.is_empty()).then(|| {
        format!(
            "{first} can become the role from outside of the accounts of this posture, and it may destroy what they \
             protect: {}",
            some(&may)
        )
    })
}

/// Somebody whom a statement of a trust policy lets in and who is none of ours.
fn stranger(statement: &Statement, ours: &BTreeSet<AccountId>) -> Option<String> {
    if statement.effect == Effect::Deny {
        return None;
    }
    let is_ours = |name: &str| account(name).is_some_and(|account| ours.contains(&account));
    let from_ours = || {
        let keys = ["aws:principalaccount", "aws:principalarn"];
        required(statement, |key| keys.contains(&key))
            .any(|values| !values.is_empty() && values.iter().all(|value| is_ours(value)))
    };
    match statement.principals.as_ref()? {
        Principals::AllBut(_) => (!from_ours()).then(|| "everybody but a few".to_owned()),
        Principals::Only(_) => {
            let aws = || statement.named("AWS").filter(|name| !is_ours(name));
            let by_name = aws()
                .next()
                .filter(|_| !from_ours())
                .map(|name| match name.as_str() {
                    "*" => "everybody".to_owned(),
                    name => name.to_owned(),
                });
            let by_token = || {
                let provider = statement.named("Federated").next()?;
                (!pinned(statement, provider)).then(|| format!("anybody with a token of {provider}"))
            };
            by_name.or_else(by_token)
        }
    }
}

/// Whether a federated trust says whose tokens it takes. The providers of SAML do that in their own keys.
fn pinned(statement: &Statement, provider: &str) -> bool {
    subject_pinned(statement)
        || (provider.contains(":saml-provider/")
            && required(statement, |key| key.starts_with("saml:")).any(|values| !values.is_empty()))
}

fn abilities<'a>(inline: Option<&Document>, managed: impl Iterator<Item = &'a String>) -> Vec<String> {
    let policies = inline.map_or_else(Policies::none, |document| {
        Policies::none().with("policy", document)
    });
    let environment = Environment::of(&policies);
    let context = Context::open();
    let mut all: Vec<String> = DESTROYS
        .iter()
        .filter(|action| {
            let request = Request {
                caller: &Caller::Someone(None),
                action,
                target: Target::Within("*"),
                owner: None,
                context: &context,
            };
            !grants(&request, &environment).is_empty()
        })
        .map(|action| (*action).to_owned())
        .collect();
    let unread = managed.filter(|arn| !only_reads(arn));
    all.extend(unread.map(|arn| format!("what {arn} allows, which was not read")));
    all
}

fn only_reads(policy: &str) -> bool {
    let Ok(arn) = policy.parse::<Arn>() else {
        return false;
    };
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    policy.contains(":iam::aws:policy/") && (name.ends_with("ReadOnlyAccess") || ONLY_READ.contains(&name))
}
