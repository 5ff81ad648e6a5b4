//! The bucket policy: whose statements are whose, and what a change of it means.
//!
//! With a `policy` block the whole document is ours. Without one, only statements whose `Sid`
//! begins with [`OURS`] are: they were contributed by other resources, and everything else in
//! the document stays as it is.

use super::names;
use super::spec::Spec;
use crate::model::policy::{Document, Effect, Match, Statement};
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
    let set =
        |d: &Document| -> BTreeSet<Statement> { d.statements.iter().map(Statement::canonical).collect() };
    let before = have.map(set).unwrap_or_default();
    let after = set(want);
    let gone: Vec<_> = before.difference(&after).collect();
    let new: Vec<_> = after.difference(&before).collect();

    let lifted = gone
        .iter()
        .filter(|s| s.effect == Effect::Deny)
        .find(|old| !after.iter().any(|s| covers(s, old)));
    if let Some(old) = lifted {
        return Judgement::weakens(format!(
            "a refusal is lifted or narrowed: {}",
            actions(&old.actions)
        ));
    }
    let granted = new
        .iter()
        .filter(|s| s.effect == Effect::Allow && grants_danger(&s.actions))
        .find(|s| !before.iter().any(|old| covers(old, s)));
    if let Some(statement) = granted {
        return Judgement::weakens(format!(
            "it grants what can delete or unprotect: {}",
            actions(&statement.actions)
        ));
    }
    let stronger =
        new.iter().any(|s| s.effect == Effect::Deny) || gone.iter().any(|s| s.effect == Effect::Allow);
    match stronger {
        true => Judgement::strengthens(),
        false => Judgement::neutral(),
    }
}

/// Whether `wide` says at least what `narrow` says, as far as that can be seen without expanding
/// wildcards.
fn covers(wide: &Statement, narrow: &Statement) -> bool {
    let holds = |wide: &Match, narrow: &Match| match (wide, narrow) {
        (Match::Only(wide), Match::Only(narrow)) => narrow.is_subset(wide) || wide.contains("*"),
        (Match::AllBut(wide), Match::AllBut(narrow)) => wide.is_subset(narrow),
        _ => false,
    };
    let resources = match (&wide.resources, &narrow.resources) {
        (Some(wide), Some(narrow)) => holds(wide, narrow),
        (wide, narrow) => wide == narrow,
    };
    wide.effect == narrow.effect
        && wide.principals == narrow.principals
        && wide.conditions == narrow.conditions
        && resources
        && (holds(&wide.actions, &narrow.actions)
            || matches!(&wide.actions, Match::Only(all) if all.contains("s3:*")))
}

fn grants_danger(actions: &Match) -> bool {
    match actions {
        Match::AllBut(_) => true,
        Match::Only(set) => set.iter().any(|pattern| {
            let glob = globset::GlobBuilder::new(pattern)
                .build()
                .map(|g| g.compile_matcher());
            match glob {
                Ok(glob) => DANGEROUS.iter().any(|action| glob.is_match(action)),
                // Not a pattern that can be read: think the worst of it.
                Err(_) => true,
            }
        }),
    }
}

fn actions(actions: &Match) -> String {
    let list = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    match actions {
        Match::Only(set) => list(set),
        Match::AllBut(set) => format!("everything but {}", list(set)),
    }
}
