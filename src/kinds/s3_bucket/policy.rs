//! The bucket policy: whose statements are whose, and what a change of it means.
//!
//! With a `policy` block the whole document is ours. Without one, only statements whose `Sid`
//! begins with [`OURS`] are: they were contributed by other resources, and everything else in
//! the document stays as it is.

use super::live::Live;
use super::names;
use super::spec::Spec;
use crate::kinds::access::{self, Implied};
use crate::model::policy::{Document, Match, Statement};
use crate::model::{AccountId, Arn, Judgement, Place};
use std::collections::BTreeSet;

/// Statements whose `Sid` begins so were contributed by backstay's own resources.
pub(super) const OURS: &str = "Backstay";

/// S3's limit for a bucket policy, in bytes.
pub(super) const LONGEST: usize = 20 * 1024;

/// Takes a statement of another resource; contributing the same one twice changes nothing.
pub(super) fn accept(spec: &mut Spec, mut statement: Statement) {
    let said = statement.sid.take().unwrap_or_default();
    let stem: String = said.chars().filter(char::is_ascii_alphanumeric).collect();
    let meaning = serde_json::to_string(&statement.canonical()).unwrap_or_default();
    let stem = stem.strip_prefix(OURS).unwrap_or(&stem);
    // The digest keeps two contributors of one name apart, and one contributor the same in every run.
    let sid = format!("{OURS}{stem}{}", names::digest(&meaning, 8));
    let statement = Statement {
        sid: Some(sid),
        ..statement
    };
    if !spec.contributed.0.contains(&statement) {
        spec.contributed.0.push(statement);
    }
}

/// The document that is wanted, given the live one.
pub(super) fn wanted(spec: &Spec, have: Option<&Document>, bucket: &Arn) -> Document {
    let mut document = match (&spec.policy, have) {
        (Some(policy), _) => Document::new(
            policy
                .statement
                .iter()
                .map(|block| about(bucket, block.statement())),
        ),
        (None, Some(have)) => Document {
            version: have.version.clone(),
            statements: have.statements.iter().filter(|s| !is_ours(s)).cloned().collect(),
        },
        (None, None) => Document::new([]),
    };
    document.statements.extend(contributed(spec, bucket));
    document
}

/// What other blocks contribute to it.
pub(super) fn contributed(spec: &Spec, bucket: &Arn) -> Vec<Statement> {
    let statements = spec.contributed.0.iter().cloned();
    statements.map(|s| about(bucket, s)).collect()
}

fn is_ours(statement: &Statement) -> bool {
    statement.sid.as_deref().is_some_and(|sid| sid.starts_with(OURS))
}

/// A statement without resources is about the bucket and its objects.
fn about(bucket: &Arn, mut statement: Statement) -> Statement {
    statement
        .resources
        .get_or_insert_with(|| Match::Only(BTreeSet::from([bucket.to_string(), format!("{bucket}/*")])));
    statement
}

/// Whether both say the same; no document says what an empty one does.
pub(super) fn same(have: Option<&Document>, want: &Document) -> bool {
    match have {
        Some(have) => have.same_meaning(want),
        None => want.statements.is_empty(),
    }
}

/// A grant of one of these can end in the loss of what the bucket protects.
const DANGEROUS: &[&str] = &[
    "s3:bypassgovernanceretention",
    "s3:deletebucket",
    "s3:deletebucketpolicy",
    "s3:deleteobject",
    "s3:deleteobjecttagging",
    "s3:deleteobjectversion",
    "s3:deleteobjectversiontagging",
    "s3:objectowneroverridetobucketowner",
    "s3:putbucketacl",
    "s3:putbucketobjectlockconfiguration",
    "s3:putbucketownershipcontrols",
    "s3:putbucketpolicy",
    "s3:putbucketpublicaccessblock",
    // By tags lifecycle rules expire, policies allow, and backstay finds its own.
    "s3:putbuckettagging",
    "s3:putbucketversioning",
    "s3:putencryptionconfiguration",
    "s3:putlifecycleconfiguration",
    // What is there under a key is no longer what is read.
    "s3:putobject",
    "s3:putobjectacl",
    "s3:putobjectlegalhold",
    "s3:putobjectretention",
    "s3:putobjecttagging",
    "s3:putobjectversionacl",
    "s3:putobjectversiontagging",
    "s3:putreplicationconfiguration",
    "s3:replicatedelete",
    "s3:replicateobject",
    "s3:replicatetags",
    "s3:tagresource",
    "s3:untagresource",
];

/// What the change of a bucket's policy means. What other blocks contribute is judged where they ask for it.
pub(super) fn judge(contributed: &[Statement], have: Option<&Document>, want: &Document) -> Judgement {
    let implied = Implied {
        statements: contributed,
        why: Some("what it grants is what other blocks of the posture need here"),
    };
    access::judge_beside(implied, have, want, DANGEROUS)
}

/// Whom outside of the posture's accounts a bucket that is in use lets do more than it did.
pub(super) fn lets_in(
    want: &Spec,
    have: &Live,
    place: &Place,
    ours: &BTreeSet<AccountId>,
) -> Option<(String, String)> {
    let is_young = have.says_unfinished() && have.is_empty == Some(true);
    let live = have.policy.as_ref()?.known().ok()?;
    if is_young || !want.wants_policy() {
        return None;
    }
    let bucket = Arn::bucket(place.partition(), &want.name);
    access::lets_in(live, &wanted(want, live, &bucket), ours)
}
