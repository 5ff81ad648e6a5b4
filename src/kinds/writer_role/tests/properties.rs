//! Whatever is declared of a writer and whatever is there.

use super::world::NAME;
use super::{bucket, documents};
use crate::kinds::iam::INLINE;
use crate::kinds::iam::live::{LivePolicy, LiveRole, Settings};
use crate::kinds::testing::{accepted, place};
use crate::kinds::tests::documents::{self as statements, document};
use crate::kinds::tests::laws::{self, Order};
use crate::kinds::tests::roles::{self, POLICIES, managed};
use crate::kinds::writer_role::WriterRole;
use crate::kinds::writer_role::live::LiveWriter;
use crate::kinds::writer_role::spec::{Spec, boundary_arn};
use crate::model::Observed;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

impl Order for WriterRole {
    const APART: bool = false;

    fn lower(old: &LiveWriter, new: &LiveWriter) -> BTreeSet<String> {
        let (Some(before), Some(after)) = (&old.role, &new.role) else {
            return BTreeSet::new();
        };
        let mut lower = roles::lower(before, after);
        let length = |role: &LiveRole| {
            let settings = role.settings.as_ref().and_then(|s| s.present());
            settings.map(|s| s.max_session)
        };
        if length(after) > length(before) {
            lower.insert("the length of sessions".to_owned());
        }
        lower
    }
}

fn trust() -> impl Strategy<Value = Vec<Json>> {
    let ways = vec![
        json!({"github": "acme/app:ref:refs/heads/main"}),
        json!({"role_arn": roles::ROLES[0]}),
        json!({"role_arn": roles::ROLES[1]}),
        json!({"role_arn": roles::ROLES[0], "external_id": "x9x9"}),
    ];
    subsequence(ways, 1..=2)
}

fn declared() -> impl Strategy<Value = Json> {
    let key = "arn:aws:kms:us-east-1:111111111111:key/k1";
    (
        subsequence(vec!["dumps", "other"], 1..=2),
        of(select(vec!["pg/", "pg/a/"])),
        trust(),
        of(any::<bool>()),
        of(select(vec!["1h", "12h"])),
    )
        .prop_map(move |(buckets, prefix, trust, key_decrypts, session)| {
            let buckets = buckets.into_iter().map(|name| {
                let mut bucket = bucket("111111111111");
                bucket["arn"] = format!("arn:aws:s3:::{name}").into();
                bucket["name"] = name.into();
                bucket
            });
            let mut block = Map::from_iter([
                ("@".to_owned(), Json::from("pgdump")),
                ("writes_to".to_owned(), buckets.collect::<Vec<_>>().into()),
                ("trust".to_owned(), trust.into()),
            ]);
            block.extend(prefix.map(|p| ("prefix".to_owned(), p.into())));
            block.extend(session.map(|length| ("max_session".to_owned(), length.into())));
            if let Some(decrypts) = key_decrypts {
                block.insert("kms_key".to_owned(), key.into());
                block.insert("multipart_decrypt".to_owned(), decrypts.into());
            }
            block.into()
        })
}

fn written(of: &Json) -> Spec {
    accepted::<WriterRole>(of)
}

/// A writer as another block made it, or as somebody changed it; not half made: it has its policy.
fn found() -> impl Strategy<Value = LiveWriter> {
    let own = boundary_arn(NAME, &place()).to_string();
    let limit = prop_oneof![
        3 => declared().prop_map(|b| documents::boundary(&written(&b), &place().region)),
        1 => statements::blocks(&roles::ACCESS).prop_map(|b| document(&b)),
    ];
    let policy = prop_oneof![
        3 => declared().prop_map(|b| documents::policy(&written(&b), &place().region)),
        1 => statements::blocks(&roles::ACCESS).prop_map(|b| document(&b)),
    ];
    let trusted = prop_oneof![
        2 => declared().prop_map(|b| documents::trust(&written(&b), &place())),
        1 => vec(statements::block(&roles::TRUST), 1..=2).prop_map(|b| document(&b)),
    ];
    let other = of(statements::blocks(&roles::ACCESS));
    // None at all, the writer's own, or another one.
    let bounded = prop_oneof![
        1 => Just(None),
        4 => Just(Some(None)),
        1 => select(&POLICIES[..]).prop_map(|arn| Some(Some(arn))),
    ];
    (
        limit,
        policy,
        trusted,
        other,
        subsequence(&POLICIES[..], 0..=2),
        bounded,
        select(vec![3600, 43200]),
    )
        .prop_map(
            move |(limit, policy, trust, other, attached, bounded, max_session)| {
                let boundary = LivePolicy {
                    arn: own.clone(),
                    document: Some(Observed::Present(limit)),
                };
                let mut inline = BTreeMap::from([(INLINE.to_owned(), Observed::Present(policy))]);
                inline.extend(other.map(|b| ("other".to_owned(), Observed::Present(document(&b)))));
                let role = LiveRole {
                    name: NAME.into(),
                    path: "/backstay/acme/writer/".into(),
                    arn: format!("arn:aws:iam::111111111111:role/backstay/acme/writer/{NAME}"),
                    trust: Observed::Present(trust),
                    inline,
                    attached: attached.into_iter().map(managed).collect(),
                    boundary: bounded.map(|which| which.map_or_else(|| boundary.clone(), managed)),
                    tags: BTreeMap::new(),
                    settings: Some(Observed::Present(Settings {
                        description: String::new(),
                        max_session,
                    })),
                };
                LiveWriter {
                    role: Some(role),
                    boundary: Some(boundary),
                }
            },
        )
}

proptest! {
    #![proptest_config(laws::cases(300))]

    #[test]
    fn the_laws_hold_of_a_writer(want in declared(), have in of(found())) {
        laws::hold::<WriterRole>(&written(&want), have.as_ref())?;
    }
}
