//! The bucket policy: whose statements are whose, and what a change of it means.
//!
//! With a `policy` block the whole document is ours. Without one, only statements whose `Sid`
//! begins with [`OURS`] are: they were contributed by other resources, and everything else in
//! the document stays as it is.

use super::names;
use super::spec::Spec;
use crate::kinds::access;
use crate::model::policy::{Document, Match, Statement};
use crate::model::{Arn, Judgement};
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
    let contributed = spec.contributed.0.iter().cloned().map(|s| about(bucket, s));
    document.statements.extend(contributed);
    document
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
    "s3:deleteobjectversion",
    "s3:putbucketacl",
    "s3:putbucketobjectlockconfiguration",
    "s3:putbucketownershipcontrols",
    "s3:putbucketpolicy",
    "s3:putbucketpublicaccessblock",
    "s3:putbucketversioning",
    "s3:putencryptionconfiguration",
    "s3:putlifecycleconfiguration",
    "s3:putobjectlegalhold",
    "s3:putobjectretention",
    "s3:putreplicationconfiguration",
];

/// Fewer grants and more refusals are more protection.
pub(super) fn judge(have: Option<&Document>, want: &Document) -> Judgement {
    access::judge(have, want, DANGEROUS)
}
