//! How narrowly a backup writer may write.

use super::{documents_known, holder, targets_known};
use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::fact::Identity;
use crate::model::policy::{Effect, Match};
use std::collections::BTreeSet;

const NARROW: &[Aspect] = &[Aspect::LeastPrivilege];

/// All that uploading needs. `kms:Decrypt` is what multipart uploads under a key need; it opens
/// nothing as long as no object can be read.
const NEEDED: &[&str] = &[
    "s3:putobject",
    "s3:abortmultipartupload",
    "s3:listmultipartuploadparts",
    "kms:generatedatakey",
    "kms:decrypt",
];

/// More than one action in one word.
pub const WILDCARD: Rule = Rule {
    id: "BKS-IAM-013",
    title: "A backup writer is granted actions by wildcard",
    severity: Severity::High,
    doc: "`s3:PutObject*` looks like writing and also grants changing retention, legal holds, tags and access control \
          lists; a wildcard grants what AWS adds next year. NotAction in a grant is the widest of them.",
    remedy: "Name the actions: s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts.",
    aspects: NARROW,
    judge: Judge::Identity(wildcard),
};

fn wildcard(identity: Subject<'_, Identity>, _: &Estate<'_>) -> Judged {
    if identity.writer.is_none() {
        return Ok(None);
    }
    let mut wild = Vec::new();
    for (name, document) in &identity.facts.policies {
        for statement in document.statements.iter().filter(|s| s.effect == Effect::Allow) {
            match &statement.actions {
                Match::Only(set) => wild.extend(
                    set.iter()
                        .filter(|a| a.contains(['*', '?']))
                        .map(|a| format!("{name}: {a}")),
                ),
                Match::AllBut(set) => wild.push(format!("{name}: NotAction {}", joined(set))),
            }
        }
    }
    if !wild.is_empty() {
        return Ok(Some(
            Verdict::fail(format!("{} is granted actions by wildcard.", identity.name)).because_all(wild),
        ));
    }
    documents_known(&identity)?;
    Ok(Some(
        Verdict::pass("Every action that it is granted is named.")
            .because(format!("{} policies without wildcards", identity.policies.len())),
    ))
}

/// It can write where others write.
pub const OUTSIDE_TARGET: Rule = Rule {
    id: "BKS-IAM-014",
    title: "A backup writer can write outside of its place",
    severity: Severity::High,
    doc: "A writer that can write under other keys can bury or, without a lock, replace what other writers stored, \
          and one that can write to other buckets can plant what somebody later restores.",
    remedy: "Grant s3:PutObject on `arn:aws:s3:::BUCKET/PREFIX*` only, as `writer_role` does.",
    aspects: NARROW,
    judge: Judge::Identity(outside_target),
};

fn outside_target(identity: Subject<'_, Identity>, estate: &Estate<'_>) -> Judged {
    let Some(targets) = &identity.facts.writer else {
        return Ok(None);
    };
    let places: Vec<String> = targets
        .iter()
        .map(|t| format!("{}/{}*", t.bucket, t.prefix))
        .collect();
    let who = holder(&identity, estate);
    let outside: Vec<_> = who
        .grants_besides("s3:PutObject", ["s3:PutObject"], places.clone())
        .into_iter()
        .map(|grant| grant.to_string())
        .collect();
    if !outside.is_empty() {
        return Ok(Some(
            Verdict::fail(format!(
                "{} can write outside of {}.",
                identity.name,
                places.join(", ")
            ))
            .because_all(outside),
        ));
    }
    documents_known(&identity)?;
    targets_known(targets, estate)?;
    Ok(Some(
        Verdict::pass("It can write to its own place only.")
            .because(format!("writes to {}", places.join(", "))),
    ))
}

/// It can do something that has no control of its own.
pub const MORE_THAN_WRITING: Rule = Rule {
    id: "BKS-IAM-015",
    title: "A backup writer is granted more than writing",
    severity: Severity::Medium,
    doc: "Uploading needs five actions at most. Whatever else is granted is a way for an intruder that nobody has \
          thought through, whether or not one of the other controls names it.",
    remedy: "Remove every action but s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts, \
             kms:GenerateDataKey and, for multipart uploads under a key, kms:Decrypt.",
    aspects: NARROW,
    judge: Judge::Identity(more_than_writing),
};

fn more_than_writing(identity: Subject<'_, Identity>, estate: &Estate<'_>) -> Judged {
    let Some(targets) = &identity.facts.writer else {
        return Ok(None);
    };
    let who = holder(&identity, estate);
    let more: BTreeSet<String> = who
        .grants_besides("*", NEEDED.iter().copied(), ["*"])
        .into_iter()
        .map(|grant| grant.to_string())
        .collect();
    if !more.is_empty() {
        return Ok(Some(
            Verdict::fail(format!("{} may do more than write.", identity.name)).because_all(more),
        ));
    }
    documents_known(&identity)?;
    targets_known(targets, estate)?;
    Ok(Some(
        Verdict::pass("It is granted nothing but writing.")
            .because(format!("no action but {}", NEEDED.join(", "))),
    ))
}

/// Its policies are the only limit.
pub const NO_BOUNDARY: Rule = Rule {
    id: "BKS-IAM-016",
    title: "A backup writer has no permissions boundary",
    severity: Severity::Medium,
    doc: "Whoever may edit the role's policies, by mistake or after a take-over of the account, widens it with one \
          call. A boundary is a second document that has to be changed too, and that others can be kept from changing.",
    remedy: "Declare the role as `writer_role`, which attaches one; or set `boundary`.",
    aspects: NARROW,
    judge: Judge::Identity(no_boundary),
};

fn no_boundary(identity: Subject<'_, Identity>, _: &Estate<'_>) -> Judged {
    if identity.writer.is_none() {
        return Ok(None);
    }
    if identity.boundary.is_none() {
        // It may be among what could not be read.
        documents_known(&identity)?;
        return Ok(Some(
            Verdict::fail("Nothing limits what the role's policies can be changed to.")
                .because("boundary: none"),
        ));
    }
    Ok(Some(
        Verdict::pass("A boundary limits what its policies can grant.").because("boundary: attached"),
    ))
}

fn joined(set: &BTreeSet<String>) -> String {
    set.iter().cloned().collect::<Vec<_>>().join(", ")
}
