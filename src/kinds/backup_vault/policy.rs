//! The access policy that follows from who may copy into a vault and who may take away.

use super::live::LiveVault;
use super::spec::Spec;
use crate::kinds::access::{self, Implied};
use crate::model::policy::{Document, Effect, Match, Statement};
use crate::model::{AccountId, Judgement};
use std::collections::BTreeSet;

/// What takes a recovery point away, or makes it end sooner.
const TAKE_AWAY: &[&str] = &[
    "backup:DeleteBackupVault",
    "backup:DeleteBackupVaultLockConfiguration",
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:DisassociateRecoveryPointFromParent",
    "backup:UpdateRecoveryPointLifecycle",
];

/// What would lift the refusal. Refused to all but the guardians, and only where there are some: a vault whose
/// policy nobody can change could never be put right.
const LIFT: &[&str] = &[
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:PutBackupVaultAccessPolicy",
];

/// A grant of one of these can end in the loss of recovery points.
const DANGEROUS: &[&str] = &[
    // Whoever is let share or restore what the vault holds, or decides who approves it, takes the data out.
    "backup:associatebackupvaultmpaapprovalteam",
    "backup:createrestoreaccessbackupvault",
    "backup:deletebackupvault",
    "backup:deletebackupvaultaccesspolicy",
    "backup:deletebackupvaultlockconfiguration",
    "backup:deleterecoverypoint",
    "backup:disassociaterecoverypoint",
    "backup:disassociatebackupvaultmpaapprovalteam",
    "backup:disassociaterecoverypointfromparent",
    "backup:putbackupvaultaccesspolicy",
    "backup:putbackupvaultlockconfiguration",
    "backup:revokerestoreaccessbackupvault",
    "backup:tagresource",
    "backup:untagresource",
    "backup:updaterecoverypointlifecycle",
];

/// The declared policy; `None` when it is left alone.
pub(super) fn wanted(spec: &Spec, partition: &str) -> Option<Document> {
    if !spec.wants_policy() {
        return None;
    }
    let mut all = receiving(spec, partition);
    if spec.deny_delete == Some(true) {
        let guardians: Vec<&str> = spec
            .guardians
            .iter()
            .filter_map(|g| g.arn.as_ref())
            .map(|a| a.as_str())
            .collect();
        let mut actions = TAKE_AWAY.to_vec();
        if !guardians.is_empty() {
            actions.extend(LIFT);
        }
        let mut statement = Statement::new(Effect::Deny, actions, ["*"])
            .sid("KeepRecoveryPoints")
            .principal("AWS", "*");
        if !guardians.is_empty() {
            statement = statement.when("ArnNotEquals", "aws:PrincipalArn", guardians);
        }
        all.push(statement);
    }
    for block in spec.policy.iter().flat_map(|p| &p.statement) {
        let mut statement = block.statement();
        statement
            .resources
            .get_or_insert_with(|| Match::Only(BTreeSet::from(["*".to_owned()])));
        all.push(statement);
    }
    Some(Document::new(all))
}

/// Who may copy into the vault, by `receives_from`.
fn receiving(spec: &Spec, partition: &str) -> Vec<Statement> {
    let mut all = Vec::new();
    let copy = || Statement::new(Effect::Allow, ["backup:CopyIntoBackupVault"], ["*"]);
    let (accounts, organizations): (Vec<_>, Vec<_>) = spec
        .receives_from
        .iter()
        .flatten()
        .partition(|from| from.parse::<AccountId>().is_ok());
    if !accounts.is_empty() {
        let statement = accounts
            .iter()
            .fold(copy().sid("ReceiveFromAccounts"), |s, account| {
                s.principal("AWS", format!("arn:{partition}:iam::{account}:root"))
            });
        all.push(statement);
    }
    if !organizations.is_empty() {
        let statement = copy().sid("ReceiveFromOrganization").principal("AWS", "*");
        all.push(statement.when("StringEquals", "aws:PrincipalOrgID", organizations));
    }
    all
}

/// What the change of a vault's policy means.
pub(super) fn judge(spec: &Spec, have: Option<&LiveVault>, want: &Document, partition: &str) -> Judgement {
    let live = have.and_then(|h| h.policy.present());
    // Who may copy into a vault that holds nothing yet is part of its creation.
    let receiving = match is_new(have) {
        true => receiving(spec, partition),
        false => Vec::new(),
    };
    let implied = Implied {
        statements: &receiving,
        why: None,
    };
    access::judge_beside(implied, live, want, DANGEROUS)
}

/// Whom outside of the posture's accounts a vault that is in use lets do more than it did.
pub(super) fn lets_in(
    spec: &Spec,
    have: &LiveVault,
    partition: &str,
    ours: &BTreeSet<AccountId>,
) -> Option<(String, String)> {
    let live = have.policy.known().ok()?;
    if is_new(Some(have)) {
        return None;
    }
    access::lets_in(live, &wanted(spec, partition)?, ours)
}

fn is_new(have: Option<&LiveVault>) -> bool {
    have.is_none_or(|h| h.points == Some(0))
}
