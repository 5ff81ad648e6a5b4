//! Whatever is declared of a key and whatever is there.

use super::key;
use crate::kinds::kms_key::live::{LiveKey, LiveReplica};
use crate::kinds::kms_key::{KmsKey, policy};
use crate::kinds::testing::{accepted, place};
use crate::kinds::tests::documents::{self, Words, document};
use crate::kinds::tests::laws::{self, Order};
use crate::kinds::tests::reach::{Asked, Request, Says};
use crate::model::Observed;
use crate::model::fact::KeyState;
use crate::model::policy::{Document, Effect, Statement};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const ROOT: &str = "arn:aws:iam::111111111111:root";
const OUTSIDE: &str = "arn:aws:iam::222222222222:root";
const PEOPLE: [&str; 4] = [super::ADMIN, super::USER, ROOT, OUTSIDE];

/// What can end in the loss of what a key encrypts, or in somebody reading it.
const GRAVE: [&str; 6] = [
    "kms:decrypt",
    "kms:creategrant",
    "kms:schedulekeydeletion",
    "kms:disablekey",
    "kms:putkeypolicy",
    "kms:replicatekey",
];
const HARMLESS: [&str; 2] = ["kms:describekey", "kms:encrypt"];

static WORDS: Words = Words {
    principals: &[super::ADMIN, super::USER, OUTSIDE, "*"],
    actions: &[
        "kms:*",
        "kms:Decrypt",
        "kms:De*",
        "kms:CreateGrant",
        "kms:ScheduleKeyDeletion",
        "kms:DescribeKey",
        "kms:Encrypt",
        "KMS:?utKeyPolicy",
    ],
    resources: &["*"],
    conditions: &[
        ("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"),
        ("ArnNotEquals", "aws:PrincipalArn", super::ADMIN),
    ],
};

/// In whose hands a key is more than it was.
fn reached(old: Option<&Document>, new: Option<&Document>, what: &str, lower: &mut BTreeSet<String>) {
    let (old, new) = (Asked::of(old), Asked::of(new));
    for principal in PEOPLE {
        for (action, grave) in GRAVE
            .iter()
            .map(|a| (a, true))
            .chain(HARMLESS.iter().map(|a| (a, false)))
        {
            for context in [
                &[][..],
                &[("aws:principaltype", "Account")],
                &[("kms:grantisforawsresource", "true")],
                &[("kms:viaservice", "s3.us-east-1.amazonaws.com")],
            ] {
                let request = Request {
                    principal,
                    action,
                    resource: "key",
                    context,
                };
                let (was, is) = (old.say(request), new.say(request));
                // Whoever is told nothing may still be told by an identity policy.
                let less = is > was && (grave || was == Says::No);
                if less {
                    lower.insert(format!("{what}: {principal} to {action} with {context:?}"));
                }
            }
        }
    }
}

fn rank(state: &KeyState) -> u8 {
    match state {
        KeyState::Enabled => 2,
        KeyState::Disabled => 1,
        KeyState::PendingDeletion | KeyState::Other(_) => 0,
    }
}

impl Order for KmsKey {
    fn lower(old: &LiveKey, new: &LiveKey) -> BTreeSet<String> {
        let mut lower = BTreeSet::new();
        if rank(&new.state) < rank(&old.state) {
            lower.insert("state".to_owned());
        }
        // Never is longer than any time.
        let period = |key: &LiveKey| key.rotation.present().copied().unwrap_or(u32::MAX);
        if period(new) > period(old) {
            lower.insert("rotation".to_owned());
        }
        reached(old.policy.present(), new.policy.present(), "policy", &mut lower);
        for (region, was) in &old.replicas {
            let Some(is) = new.replicas.get(region) else {
                lower.insert(format!("the key in {region}"));
                continue;
            };
            if let (Some(was), Some(is)) = (was.state.present(), is.state.present())
                && rank(is) < rank(was)
            {
                lower.insert(format!("the state in {region}"));
            }
            let what = format!("policy in {region}");
            reached(was.policy.present(), is.policy.present(), &what, &mut lower);
        }
        lower
    }
}

fn declared() -> impl Strategy<Value = Json> {
    (
        subsequence(&[super::ADMIN][..], 0..=1),
        subsequence(vec![super::USER, OUTSIDE], 0..=2),
        documents::blocks(&WORDS),
        of(any::<bool>()),
        of(select(vec!["90d", "365d"])),
        subsequence(vec!["us-west-2", "eu-west-1"], 0..=2),
    )
        .prop_map(
            |(administrators, users, statement, delegates, rotation, replicas)| {
                let replicas: Vec<_> = replicas.iter().map(|r| json!({"region": r})).collect();
                let mut block = Map::from_iter([
                    ("name".to_owned(), Json::from("acme")),
                    ("administrators".to_owned(), administrators.into()),
                    ("users".to_owned(), users.into()),
                    ("statement".to_owned(), statement.into()),
                    ("replica".to_owned(), replicas.into()),
                ]);
                block.extend(delegates.map(|on| ("delegate_to_iam".to_owned(), on.into())));
                block.extend(rotation.map(|days| ("rotation".to_owned(), days.into())));
                block.into()
            },
        )
        // Nobody delegates a policy that is left alone, and without an administrator there is a warning at most.
        .prop_filter("accepted", |block| {
            let (spec, said) = crate::kinds::testing::decoded::<KmsKey>(block, &place());
            spec.is_some() && !said.has_errors()
        })
}

fn any_policy() -> impl Strategy<Value = Document> {
    let whole = Statement::new(Effect::Allow, ["kms:*"], ["*"]).principal("AWS", ROOT);
    prop_oneof![
        1 => Just(Document::new([whole])),
        2 => documents::blocks(&WORDS).prop_map(|b| document(&b)),
        2 => declared().prop_map(|b| policy::wanted(&accepted::<KmsKey>(&b), &place()).unwrap_or_default()),
    ]
}

fn state() -> impl Strategy<Value = KeyState> {
    select(vec![
        KeyState::Enabled,
        KeyState::Disabled,
        KeyState::PendingDeletion,
        KeyState::Other("PendingImport".into()),
    ])
}

fn replica(region: &'static str) -> impl Strategy<Value = Option<LiveReplica>> {
    of((state(), any_policy())).prop_map(move |there| {
        let (state, policy) = there?;
        Some(LiveReplica {
            arn: format!("arn:aws:kms:{region}:111111111111:key/k")
                .parse()
                .unwrap(),
            state: Observed::Present(state),
            policy: Observed::Present(policy),
        })
    })
}

fn found() -> impl Strategy<Value = LiveKey> {
    (
        state(),
        of(select(vec![90_u32, 365, 2560])),
        any_policy(),
        (any::<bool>(), any::<bool>()),
        replica("us-west-2"),
        replica("eu-west-1"),
    )
        .prop_map(|(state, rotation, policy, (multi_region, aliased), west, eu)| {
            let replicas = [("us-west-2", west), ("eu-west-1", eu)];
            let replicas: BTreeMap<_, _> = replicas
                .into_iter()
                .filter_map(|(region, replica)| Some((region.parse().unwrap(), replica?)))
                .filter(|_| multi_region)
                .collect();
            key(|key| {
                key.state = state;
                key.aliased = aliased;
                key.rotation = rotation.map_or(Observed::Absent, Observed::Present);
                key.policy = Observed::Present(policy);
                key.multi_region = multi_region;
                key.replicas = replicas;
            })
        })
}

proptest! {
    #![proptest_config(laws::cases(300))]

    #[test]
    fn the_laws_hold_of_a_key(want in declared(), have in of(found())) {
        laws::hold::<KmsKey>(&accepted::<KmsKey>(&want), have.as_ref())?;
    }
}
