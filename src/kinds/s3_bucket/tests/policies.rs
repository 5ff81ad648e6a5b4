//! The bucket policy: whose statements are whose.

use super::world::{applied, fresh};
use super::{change, plan, spec};
use crate::kinds::s3_bucket::live::Live;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::policy;
use crate::kinds::s3_bucket::spec::{PolicyBlock, Spec};
use crate::kinds::statement::StatementBlock;
use crate::model::Observed;
use crate::model::change::{Diff, Direction};
use crate::model::policy::{Document, Effect, Statement};

fn allow(action: &str, who: &str) -> Statement {
    Statement::new(Effect::Allow, [action], ["arn:aws:s3:::acme-uploads/*"]).principal("AWS", who)
}

fn deny(action: &str) -> Statement {
    Statement::new(Effect::Deny, [action], ["arn:aws:s3:::acme-uploads/*"]).principal("AWS", "*")
}

fn with(statements: Vec<Statement>) -> Live {
    Live {
        policy: Some(Observed::Present(Document::new(statements))),
        ..fresh(false)
    }
}

fn contributed(statements: &[Statement]) -> Spec {
    let mut spec = spec();
    for statement in statements {
        policy::accept(&mut spec, statement.clone());
    }
    spec
}

fn declared(statements: &[Statement]) -> Spec {
    Spec {
        policy: Some(PolicyBlock {
            statement: statements.iter().map(StatementBlock::from).collect(),
        }),
        ..spec()
    }
}

fn document(diff: &Diff<Op>) -> &Document {
    match &diff.changes[0].op {
        Op::PutPolicy { document } => document,
        other => panic!("{other:?}"),
    }
}

const ROLE: &str = "arn:aws:iam::222222222222:role/r";

#[test]
fn contributions_leave_other_statements_alone() {
    let want = contributed(&[allow("s3:ReplicateObject", ROLE).sid("BackstayReplication")]);
    let theirs = deny("s3:DeleteBucket").sid("Theirs");
    let have = with(vec![
        theirs.clone(),
        allow("s3:PutObject", ROLE).sid("BackstayOld"),
    ]);
    let diff = plan(&want, &have);
    let statements = &document(&diff).statements;
    assert_eq!(statements.len(), 2);
    assert_eq!(statements[0], theirs);
    assert!(
        statements[1]
            .sid
            .as_ref()
            .unwrap()
            .starts_with("BackstayReplication")
    );
    assert!(plan(&want, &applied(Some(&have), &diff)).changes.is_empty());
}

#[test]
fn contributing_twice_is_contributing_once() {
    let one = allow("s3:ReplicateObject", ROLE);
    let other = allow("s3:ReplicateObject", "arn:aws:iam::333333333333:role/r");
    let spec = contributed(&[one.clone(), one, other]);
    let sids: std::collections::BTreeSet<_> = spec.contributed.0.iter().map(|s| s.sid.clone()).collect();
    assert_eq!((spec.contributed.0.len(), sids.len()), (2, 2));
    assert!(sids.iter().flatten().all(|sid| sid.starts_with(policy::OURS)));
}

#[test]
fn a_declared_policy_replaces_all_but_contributions() {
    let mut want = declared(&[deny("s3:DeleteObject")]);
    policy::accept(&mut want, allow("s3:ReplicateObject", ROLE));
    let diff = plan(&want, &with(vec![allow("s3:GetObject", "*").sid("Theirs")]));
    assert_eq!(document(&diff).statements.len(), 2);
    // What is contributed is judged where it is asked for; beside what is taken away it is not called more protection.
    assert_eq!(change(&diff, "policy").direction, Direction::Neutral);
    let empty = plan(&declared(&[]), &with(vec![allow("s3:GetObject", "*")]));
    assert!(document(&empty).statements.is_empty());
    assert!(plan(&declared(&[]), &fresh(false)).changes.is_empty());
}

#[test]
fn statements_without_resources_are_about_the_bucket() {
    let mut statement = deny("s3:DeleteObject");
    statement.resources = None;
    let diff = plan(&declared(&[statement]), &fresh(false));
    let json = serde_json::to_value(document(&diff)).unwrap();
    assert_eq!(
        json["Statement"][0]["Resource"],
        serde_json::json!(["arn:aws:s3:::acme-uploads", "arn:aws:s3:::acme-uploads/*"])
    );
}

#[test]
fn access_is_judged_and_not_text() {
    for (before, after, expected) in [
        (vec![], vec![deny("s3:DeleteObject")], Direction::Strengthens),
        (vec![deny("s3:DeleteObject")], vec![], Direction::Weakens),
        // A wider refusal in place of a narrower one.
        (
            vec![deny("s3:DeleteObject")],
            vec![deny("s3:*")],
            Direction::Strengthens,
        ),
        (
            vec![deny("s3:*")],
            vec![deny("s3:DeleteObject")],
            Direction::Weakens,
        ),
        (
            vec![],
            vec![allow("s3:PutBucketPolicy", ROLE)],
            Direction::Weakens,
        ),
        (vec![], vec![allow("s3:Delete*", ROLE)], Direction::Weakens),
        (vec![], vec![allow("*", ROLE)], Direction::Weakens),
        (vec![], vec![allow("s3:GetObject", ROLE)], Direction::Neutral),
        (
            vec![],
            vec![allow("s3:ReplicateObject", ROLE)],
            Direction::Weakens,
        ),
        (vec![allow("s3:GetObject", ROLE)], vec![], Direction::Strengthens),
        (
            vec![allow("s3:Delete*", ROLE)],
            vec![allow("s3:DeleteObject", ROLE)],
            Direction::Strengthens,
        ),
        // What copies are made by is taken away too.
        (
            vec![allow("s3:*", ROLE)],
            vec![allow("s3:DeleteObject", ROLE)],
            Direction::Weakens,
        ),
    ] {
        let before = (!before.is_empty()).then(|| Document::new(before));
        let judged = policy::judge(&[], before.as_ref(), &Document::new(after.clone()));
        assert_eq!(judged.direction, expected, "{before:?} to {after:?}");
    }
}

/// What another block contributes is judged where it stands; what goes beyond it is judged here.
#[test]
fn what_is_contributed_needs_no_approval_of_its_own() {
    let copies = allow("s3:ReplicateObject", ROLE).sid("BackstayReplication");
    let theirs = with(vec![deny("s3:DeleteBucket").sid("Theirs")]);
    let diff = plan(&contributed(std::slice::from_ref(&copies)), &theirs);
    let said = change(&diff, "policy");
    assert_eq!(said.direction, Direction::Neutral);
    assert!(said.reason.as_ref().unwrap().contains("other blocks"), "{said:?}");
    let mut more = declared(&[deny("s3:DeleteBucket"), allow("s3:ReplicateDelete", ROLE)]);
    policy::accept(&mut more, copies);
    let diff = plan(&more, &theirs);
    assert_eq!(change(&diff, "policy").direction, Direction::Weakens);
}

#[test]
fn a_policy_nobody_declares_is_not_looked_at() {
    let have = Live {
        policy: None,
        ..fresh(false)
    };
    assert!(plan(&spec(), &have).unreadable.is_empty());
    let unread = plan(&declared(&[]), &have);
    assert_eq!(unread.unreadable[0].action, "s3:GetBucketPolicy");
}
