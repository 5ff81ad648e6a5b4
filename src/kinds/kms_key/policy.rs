//! The key policy that follows from who administers and who uses a key.

use super::live::LiveKey;
use super::spec::Spec;
use crate::kinds::access;
use crate::model::policy::{Document, Effect, Match, Statement};
use crate::model::schema::Reference;
use crate::model::{AccountId, Arn, Place};
use std::collections::BTreeSet;

/// KMS's limit for a key policy, in bytes.
pub(super) const LONGEST: usize = 32 * 1024;

/// What keeps a key in order. Neither use, nor grants (a grant of oneself would be use), nor what ends the
/// key: disabling it and scheduling its deletion.
const ADMINISTER: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DescribeKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
];

/// Encrypting and decrypting.
pub(super) const USE: &[&str] = &[
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// What plans and checks look at; whether somebody may is left to identity policies.
const LOOK: &[&str] = &[
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListResourceTags",
];

/// A grant of one of these can end in the loss of what the key encrypts, or lets somebody read it.
pub(super) const DANGEROUS: &[&str] = &[
    "kms:creategrant",
    "kms:decrypt",
    "kms:deletealias",
    "kms:deleteimportedkeymaterial",
    "kms:disablekey",
    "kms:disablekeyrotation",
    "kms:putkeypolicy",
    "kms:reencryptfrom",
    // A replica has a policy of its own, which whoever makes it says.
    "kms:replicatekey",
    "kms:schedulekeydeletion",
    "kms:updatealias",
    "kms:updateprimaryregion",
];

/// The declared policy; `None` when it is left alone.
///
/// The account's root is named in every policy, because KMS refuses one that nobody could repair, and because an
/// administrator's role that was deleted would otherwise take the key with it. Without `delegate_to_iam` it is
/// the root *user* (`aws:PrincipalType` is `Account` for it alone), not the account: that identity policies
/// can grant on their own is what the plain root statement means.
pub(super) fn wanted(spec: &Spec, place: &Place) -> Option<Document> {
    if !spec.wants_policy() {
        return None;
    }
    let root = Arn::iam(place.partition(), &place.account_id, "root");
    let on_key = |actions: &[&str]| Statement::new(Effect::Allow, actions.iter().copied(), ["*"]);
    let mut all = Vec::new();
    let whole = on_key(&["kms:*"]).sid("Root").principal("AWS", root.as_str());
    if spec.delegate_to_iam == Some(true) {
        all.push(whole);
    } else {
        all.push(whole.when("StringEquals", "aws:PrincipalType", ["Account"]));
        all.push(on_key(LOOK).sid("Look").principal("AWS", root.as_str()));
    }
    let named = |statement: Statement, who: &[Reference]| {
        who.iter()
            .filter_map(|r| r.arn.as_ref())
            .fold(statement, |s, arn| s.principal("AWS", arn.as_str()))
    };
    if !spec.administrators.is_empty() {
        all.push(named(on_key(ADMINISTER).sid("Administer"), &spec.administrators));
    }
    if !spec.users.is_empty() {
        all.push(named(on_key(USE).sid("Use"), &spec.users));
        let grants = on_key(&["kms:CreateGrant"]).sid("UseThroughServices").when(
            "Bool",
            "kms:GrantIsForAWSResource",
            ["true"],
        );
        all.push(named(grants, &spec.users));
    }
    all.extend(spec.statement.iter().map(|block| {
        let mut statement = block.statement();
        statement
            .resources
            .get_or_insert_with(|| Match::Only(BTreeSet::from(["*".to_owned()])));
        statement
    }));
    Some(Document::new(all))
}

/// Whom outside of the posture's accounts a key that exists lets do more than it did.
pub(super) fn lets_in(
    spec: &Spec,
    have: &LiveKey,
    place: &Place,
    ours: &BTreeSet<AccountId>,
) -> Option<(String, String)> {
    let live = have.policy.known().ok()?;
    access::lets_in(live, &wanted(spec, place)?, ours)
}
