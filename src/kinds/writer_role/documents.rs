//! The documents of a backup writer: what it may do, what it may do at most, and what the
//! buckets refuse it whatever else allows.

use super::spec::{Spec, Trust};
use crate::kinds::keys;
use crate::model::policy::{Document, Effect, Statement};
use crate::model::schema::Reference;
use crate::model::{Arn, Place, Region};
use std::collections::BTreeSet;

/// What writing takes. `s3:PutObject*` would add retention, legal holds, tags and ACLs.
pub(super) const WRITES: [&str; 3] = [
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
];

/// What the boundary denies, so that no policy attached later can give it.
const NEVER: &[&str] = &[
    "iam:*",
    "kms:CreateGrant",
    "kms:DisableKey",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "organizations:*",
    "s3:BypassGovernanceRetention",
    "s3:Delete*",
    "s3:Get*",
    "s3:PutBucket*",
    "sts:AssumeRole",
];

/// What the buckets deny the writer. Lifecycle rules delete whatever a bucket's policy says, so
/// writing them is denied like deleting.
const DENIED: &[&str] = &[
    // Deleting, and taking protection from objects.
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:PutObjectAcl",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    // Reading.
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:RestoreObject",
    // Administering.
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketNotification",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
];

fn objects(bucket: &Arn, prefix: &str) -> String {
    format!("{bucket}/{prefix}*")
}

/// The statements that say what the writer may do; `home` is where buckets of unknown region are.
fn allowed(spec: &Spec, home: &Region) -> Vec<Statement> {
    let keys: Vec<String> = spec.buckets().map(|b| objects(b, spec.prefix())).collect();
    let mut statements = vec![Statement::new(Effect::Allow, WRITES, keys).sid("Put")];
    if let Some(key) = spec.kms_key.as_ref().and_then(|k| k.arn.as_ref()) {
        let mut actions = vec!["kms:GenerateDataKey"];
        if spec.multipart_decrypt == Some(true) {
            actions.push("kms:Decrypt");
        }
        let services: BTreeSet<String> = spec
            .writes_to
            .iter()
            .map(|r| service(r.region.as_ref().unwrap_or(home)))
            .collect();
        // With a bucket key, the context is the bucket; without, the object.
        let contexts = spec
            .buckets()
            .flat_map(|b| [b.to_string(), objects(b, spec.prefix())]);
        statements.push(
            keys::granted(&actions, key)
                .sid("Key")
                .when("StringEquals", "kms:ViaService", services)
                .when("StringLike", "kms:EncryptionContext:aws:s3:arn", contexts),
        );
    }
    statements
}

fn service(region: &Region) -> String {
    let suffix = match region.partition() {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    format!("s3.{region}.{suffix}")
}

/// The writer's one inline policy.
pub(super) fn policy(spec: &Spec, home: &Region) -> Document {
    Document::new(allowed(spec, home))
}

/// The writer's boundary: the same, and what it must never be given.
pub(super) fn boundary(spec: &Spec, home: &Region) -> Document {
    let mut statements = allowed(spec, home);
    statements.push(Statement::new(Effect::Deny, NEVER.iter().copied(), ["*"]).sid("Never"));
    Document::new(statements)
}

/// The subject of a GitHub token.
///
/// # Errors
/// Why the text names no single workflow.
pub(super) fn github_subject(text: &str) -> Result<String, String> {
    const FORM: &str = "write owner/repository:ref:refs/heads/BRANCH or owner/repository:environment:NAME";
    let bare = text.strip_prefix("repo:").unwrap_or(text);
    if bare.contains(['*', '?']) {
        return Err(format!(
            "\"{text}\" holds a wildcard, so that workflows nobody thought of could write backups; {FORM}"
        ));
    }
    let (repository, claim) = bare
        .split_once(':')
        .ok_or_else(|| format!("\"{text}\" does not say which branch or environment; {FORM}"))?;
    let name = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c));
    let named = repository
        .split_once('/')
        .is_some_and(|(owner, repo)| name(owner) && name(repo));
    if !named {
        return Err(format!("\"{repository}\" is not a repository; {FORM}"));
    }
    let exact = ["ref:refs/heads/", "ref:refs/tags/", "environment:"]
        .iter()
        .any(|kind| claim.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
    if claim == "pull_request" {
        return Err(format!(
            "\"{text}\" lets every pull request write backups; {FORM}"
        ));
    }
    if !exact {
        return Err(format!(
            "\"{claim}\" is neither a branch, a tag nor an environment; {FORM}"
        ));
    }
    Ok(format!("repo:{bare}"))
}

const GITHUB: &str = "token.actions.githubusercontent.com";

/// Who may become the writer.
pub(super) fn trust(spec: &Spec, place: &Place) -> Document {
    Document::new(spec.trust.iter().filter_map(|t| trusted(t, place)))
}

fn trusted(trust: &Trust, place: &Place) -> Option<Statement> {
    let allow = |action: &str| Statement::new(Effect::Allow, [action], Vec::<String>::new());
    let federated = |provider: &str, issuer: &str, audience: &str, subject: &str| {
        allow("sts:AssumeRoleWithWebIdentity")
            .principal("Federated", provider)
            .when("StringEquals", &format!("{issuer}:aud"), [audience])
            .when("StringEquals", &format!("{issuer}:sub"), [subject])
    };
    if let Some(text) = &trust.github {
        let provider = Arn::iam(
            place.partition(),
            &place.account_id,
            &format!("oidc-provider/{GITHUB}"),
        );
        let subject = github_subject(text).ok()?;
        Some(federated(
            provider.as_str(),
            GITHUB,
            "sts.amazonaws.com",
            &subject,
        ))
    } else if let Some(oidc) = &trust.oidc {
        let issuer = oidc.provider.resource().strip_prefix("oidc-provider/")?;
        Some(federated(
            oidc.provider.as_str(),
            issuer,
            &oidc.audience,
            &oidc.subject,
        ))
    } else if let Some(role) = &trust.role_arn {
        let statement = allow("sts:AssumeRole").principal("AWS", role.arn.as_ref()?.as_str());
        Some(match &trust.external_id {
            Some(id) => statement.when("StringEquals", "sts:ExternalId", [id]),
            None => statement,
        })
    } else {
        let service = trust.service.as_ref()?;
        Some(allow("sts:AssumeRole").principal("Service", service))
    }
}

/// What a bucket's policy says about the writer.
///
/// The writer is named in a condition on `aws:PrincipalArn` and not as principal: a principal is
/// stored as the role's internal id, which dangles once the role is made anew, and the bucket's
/// policy can be written before the role exists.
pub(super) fn on_bucket(spec: &Spec, target: &Reference, label: &str, place: &Place) -> Vec<Statement> {
    let Some(bucket) = &target.arn else {
        return Vec::new();
    };
    let writer = spec.role_arn(place);
    let name = format!("BackstayWriter{}", camel(label));
    let whole = [bucket.to_string(), format!("{bucket}/*")];
    let is_writer = |statement: Statement| statement.when("ArnLike", "aws:PrincipalArn", [writer.as_str()]);
    let deny = Statement::new(Effect::Deny, DENIED.iter().copied(), whole).principal("AWS", "*");
    let mut statements = vec![is_writer(deny).sid(format!("{name}WritesOnly"))];
    if spec.append_only == Some(true) {
        // The second condition leaves alone the parts of a multipart upload, which carry no header.
        let overwrite = Statement::new(Effect::Deny, ["s3:PutObject"], [format!("{bucket}/*")])
            .principal("AWS", "*")
            .when("Null", "s3:if-none-match", ["true"])
            .when("Bool", "s3:ObjectCreationOperation", ["true"]);
        statements.push(is_writer(overwrite).sid(format!("{name}AppendsOnly")));
    }
    // In another account both sides have to allow; within one, the role's own policy is enough.
    if target.account.as_ref().is_some_and(|a| *a != place.account_id) {
        let account = format!("arn:{}:iam::{}:root", place.partition(), place.account_id);
        let allow =
            Statement::new(Effect::Allow, WRITES, [objects(bucket, spec.prefix())]).principal("AWS", account);
        statements.push(is_writer(allow).sid(format!("{name}Writes")));
    }
    statements
}

/// `pg_dump-eu` as `PgDumpEu`: the name of a statement has letters and digits only.
fn camel(label: &str) -> String {
    label
        .split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}
