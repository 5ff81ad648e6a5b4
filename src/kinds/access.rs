//! What a change of a resource's own policy means for protection.

use super::iam::access::{Exchange, Piece, compare_resource, words};
use super::iam::judge::{no_weaker, some};
use crate::model::policy::{Document, Statement};
use crate::model::{AccountId, Judgement};
use std::collections::BTreeSet;

/// What copies and restores are made by, in lower case: who loses one of these may no longer bring a copy here, or
/// encrypt or read it. That deletions are copied too (`s3:ReplicateDelete`) is none of them.
const COPIES: &[&str] = &[
    "backup:copyintobackupvault",
    "kms:creategrant",
    "kms:decrypt",
    "kms:encrypt",
    "kms:generatedatakey",
    "kms:generatedatakeywithoutplaintext",
    "kms:reencryptfrom",
    "kms:reencryptto",
    "s3:replicateobject",
    "s3:replicatetags",
];

/// Grants that are not to be judged by themselves, because something else that a plan shows is what asks for them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Implied<'a> {
    /// What they say.
    pub statements: &'a [Statement],
    /// What asks for them, in a sentence.
    pub why: Option<&'static str>,
}

/// What the change of a resource's own policy means. `dangerous` are the actions, in lower case, whose grant can
/// end in the loss of what the resource protects.
pub(super) fn judge(have: Option<&Document>, want: &Document, dangerous: &[&str]) -> Judgement {
    judge_beside(Implied::default(), have, want, dangerous)
}

/// The same beside grants that are implied. More refusals and fewer grants are more protection, where nothing is granted
/// instead and no copy is made by what is taken away.
pub(super) fn judge_beside(
    implied: Implied<'_>,
    have: Option<&Document>,
    want: &Document,
    dangerous: &[&str],
) -> Judgement {
    let (difference, follows) = change(have, want).beside(implied.statements);
    let narrower = difference.is_narrower();
    let Exchange {
        gained,
        lost,
        undenied,
        ..
    } = difference;
    let (destroys, others): (Vec<_>, Vec<_>) = gained.iter().partition(|p| p.is_about(dangerous));
    let (open, harmless): (Vec<_>, Vec<_>) = others.into_iter().partition(|p| p.is_for_everybody());
    let stops = lost.iter().filter(|p| carries_copies(p));
    let said = |what: &str, pieces: Vec<&Piece>| {
        (!pieces.is_empty()).then(|| format!("{what}: {}", some(&words(pieces))))
    };
    let weaker = [
        said("a refusal is lifted or narrowed", undenied.iter().collect()),
        said("it grants what can delete or unprotect", destroys),
        said("it grants to everybody", open),
    ];
    let weaker: Vec<String> = weaker.into_iter().flatten().collect();
    let stops = said("copies and restores that are made by it stop", stops.collect());
    let instead = said("it grants something else instead", harmless).filter(|_| narrower);
    if !weaker.is_empty() {
        let reasons: Vec<String> = weaker.into_iter().chain(stops).collect();
        return Judgement::weakens(reasons.join("; ")).or_more(narrower);
    }
    if stops.is_some() || instead.is_some() {
        let reasons: Vec<String> = stops.into_iter().chain(instead).collect();
        return Judgement::incomparable(reasons.join("; "));
    }
    no_weaker(narrower, follows, implied.why)
}

/// Whom the change of a resource's own policy lets do something who is in none of these accounts: the attribute, and a
/// sentence. What it grants to everybody is not among it: that weakens whatever the accounts are.
pub(super) fn lets_in(
    have: Option<&Document>,
    want: &Document,
    ours: &BTreeSet<AccountId>,
) -> Option<(String, String)> {
    let gained = change(have, want).gained;
    let strangers: Vec<_> = gained
        .iter()
        .filter(|p| p.is_outside(ours) && !p.is_for_everybody())
        .collect();
    (!strangers.is_empty()).then(|| {
        let why = format!(
            "it grants something to somebody outside of the accounts of this posture: {}",
            some(&words(strangers))
        );
        ("policy".to_owned(), why)
    })
}

fn change(have: Option<&Document>, want: &Document) -> Exchange {
    let nothing = Document::new([]);
    compare_resource(have.unwrap_or(&nothing), want)
}

/// Whether a copy may be made by a grant. One that lets everybody in is a door, and nothing that a copy is set up by.
fn carries_copies(grant: &Piece) -> bool {
    grant.is_about(COPIES) && (!grant.is_for_everybody() || grant.is_conditional())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::tests::documents::{self, Words, document};
    use crate::model::change::Direction;
    use proptest::prelude::*;

    static WORDS: Words = Words {
        principals: &[
            "arn:aws:iam::111111111111:root",
            "arn:aws:iam::111111111111:role/one",
            "arn:aws:iam::222222222222:root",
            "*",
        ],
        actions: &[
            "s3:GetObject",
            "s3:Get*",
            "s3:PutObject",
            "s3:ReplicateObject",
            "s3:*",
        ],
        resources: &["arn:aws:s3:::data/*", "arn:aws:s3:::data/a/*"],
        conditions: &[
            ("StringEquals", "aws:PrincipalOrgID", "o-1"),
            ("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
        ],
    };

    fn allow(action: &str, who: &str) -> Statement {
        Statement::new(crate::model::policy::Effect::Allow, [action], ["*"]).principal("AWS", who)
    }

    #[test]
    fn each_way_of_giving_and_taking_is_judged() {
        use Direction::{Neutral, Strengthens, Weakens};
        let (one, other) = ("arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root");
        let org = |who| allow("backup:CopyIntoBackupVault", who);
        for (why, before, after, down, up) in [
            (
                "a harmless grant",
                vec![],
                vec![allow("s3:GetObject", one)],
                Neutral,
                Strengthens,
            ),
            (
                "a dangerous one",
                vec![],
                vec![allow("s3:Put*", one)],
                Weakens,
                Strengthens,
            ),
            (
                "everybody",
                vec![],
                vec![allow("s3:GetObject", "*")],
                Weakens,
                Strengthens,
            ),
            (
                "one instead of another",
                vec![allow("s3:GetObject", one)],
                vec![allow("s3:PutObject", "*")],
                Weakens,
                Weakens,
            ),
            (
                "a condition less",
                vec![allow("s3:GetObject", "*").when("StringEquals", "aws:PrincipalOrgID", ["o-1"])],
                vec![allow("s3:GetObject", "*")],
                Weakens,
                Strengthens,
            ),
            ("who copies", vec![], vec![org(one)], Neutral, Weakens),
            (
                "whose copies are taken in",
                vec![org(one)],
                vec![org(other)],
                Weakens,
                Weakens,
            ),
        ] {
            let (before, after) = (Document::new(before), Document::new(after));
            let dangerous = ["s3:putobject"];
            assert_eq!(judge(Some(&before), &after, &dangerous).direction, down, "{why}");
            assert_eq!(
                judge(Some(&after), &before, &dangerous).direction,
                up,
                "{why}, back"
            );
        }
    }

    proptest! {
        #![proptest_config(crate::kinds::tests::laws::cases(2000))]

        #[test]
        fn of_two_policies_at_most_one_protects_more(
            one in documents::blocks(&WORDS),
            other in documents::blocks(&WORDS),
        ) {
            let (one, other) = (document(&one), document(&other));
            let strengthens = |from: &Document, to: &Document| {
                judge(Some(from), to, &["s3:putobject"]).direction == Direction::Strengthens
            };
            prop_assert!(!(strengthens(&one, &other) && strengthens(&other, &one)));
        }

        #[test]
        fn to_say_the_same_is_no_change(blocks in documents::blocks(&WORDS)) {
            let said = document(&blocks);
            let reversed = Document::new(said.statements.iter().rev().cloned());
            prop_assert_eq!(judge(Some(&said), &reversed, &["s3:putobject"]), Judgement::neutral());
        }
    }
}
