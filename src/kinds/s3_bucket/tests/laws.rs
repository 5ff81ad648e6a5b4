//! The laws of every kind, held against buckets: whatever is declared, rules and policies included, and
//! whatever somebody made of the bucket.

use super::world::versioned;
use crate::kinds::s3_bucket::S3Bucket;
use crate::kinds::s3_bucket::lifecycle::{Effect, Filter, Lifecycle, Rule, When};
use crate::kinds::s3_bucket::live::{Live, PublicAccessBlock, Seen, VersioningState};
use crate::kinds::s3_bucket::replication::{Replication, Rule as Copy};
use crate::kinds::s3_bucket::spec::Ownership;
use crate::kinds::testing::{accepted, decoded, place};
use crate::kinds::tests::documents::{self, Words, document};
use crate::kinds::tests::laws::{self, Order};
use crate::kinds::tests::reach::{Asked, Request, Says};
use crate::kinds::tests::world::applied;
use crate::model::Observed;
use crate::model::fact::{LockMode, Versioning};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const ROLE: &str = "arn:aws:iam::111111111111:role/one";
const OUTSIDE: &str = "arn:aws:iam::222222222222:root";
const GRAVE: [&str; 4] = [
    "s3:deleteobject",
    "s3:deleteobjectversion",
    "s3:putbucketpolicy",
    "s3:putlifecycleconfiguration",
];
const HARMLESS: [&str; 2] = ["s3:getobject", "s3:putobject"];

static WORDS: Words = Words {
    principals: &[ROLE, OUTSIDE, "*"],
    actions: &[
        "s3:*",
        "s3:Delete*",
        "s3:DeleteObject",
        "s3:DeleteObject?*",
        "s3:GetObject",
        "s3:Put*",
    ],
    resources: &[
        "arn:aws:s3:::acme-uploads",
        "arn:aws:s3:::acme-uploads/*",
        "arn:aws:s3:::acme-uploads/pg/*",
    ],
    conditions: &[
        ("StringEquals", "aws:PrincipalOrgID", "o-1"),
        ("ArnNotEquals", "aws:PrincipalArn", ROLE),
    ],
};

/// An object, as rules see it.
#[derive(Debug, Clone, Copy)]
struct Thing {
    key: &'static str,
    tagged: bool,
    size: i64,
}

fn things() -> impl Iterator<Item = Thing> {
    let keys = ["pg/a/1", "pg/1", "logs/1"].into_iter();
    let sizes =
        move |key| [(false, 10), (true, 10), (false, 5000)].map(|(tagged, size)| Thing { key, tagged, size });
    keys.flat_map(sizes)
}

fn about(filter: &Filter, thing: Thing) -> bool {
    thing.key.starts_with(&filter.prefix)
        && (filter.tags.is_empty() || thing.tagged)
        && filter.larger_than.is_none_or(|n| thing.size > n)
        && filter.smaller_than.is_none_or(|n| thing.size < n)
}

fn part<T>(seen: &Seen<T>) -> Option<&T> {
    seen.as_ref()?.present()
}

/// Whether rules delete a current object of this age.
fn expires(live: &Live, thing: Thing, age: u32) -> bool {
    let rules = part(&live.lifecycle).into_iter().flat_map(|l| &l.rules);
    let mut effects = rules
        .filter(|r| r.enabled && about(&r.filter, thing))
        .flat_map(|r| &r.effects);
    effects.any(|e| matches!(e, Effect::Expire(When::Days(days)) if *days <= age))
}

/// Whether rules delete a version replaced so long ago, after which so many others were replaced.
fn expires_replaced(live: &Live, thing: Thing, age: u32, newer: u32) -> bool {
    let rules = part(&live.lifecycle).into_iter().flat_map(|l| &l.rules);
    let mut effects = rules
        .filter(|r| r.enabled && about(&r.filter, thing))
        .flat_map(|r| &r.effects);
    effects.any(|e| {
        matches!(e, Effect::ExpireNoncurrent { days, keep } if *days <= age && keep.unwrap_or(0) <= newer)
    })
}

/// The rule that copies an object to a bucket.
fn copies<'a>(live: &'a Live, thing: Thing, to: &str) -> Option<&'a Copy> {
    let rules = part(&live.replication).into_iter().flat_map(|r| &r.rules);
    rules
        .filter(|r| r.enabled && r.destination.bucket == to && thing.key.starts_with(&r.prefix))
        .filter(|r| r.tags.is_empty() || thing.tagged)
        .max_by_key(|r| r.priority)
}

fn keeps_versions(live: &Live) -> bool {
    part(&live.versioning).is_some_and(|v| v.state == Versioning::Enabled)
}

fn encrypted_by(live: &Live) -> u8 {
    match part(&live.encryption) {
        Some(e) if e.key.as_ref().is_some_and(|k| k.contains("222222222222")) => 2,
        Some(e) if e.key.is_some() => 1,
        _ => 0,
    }
}

impl Order for S3Bucket {
    fn lower(old: &Live, new: &Live) -> BTreeSet<String> {
        let mut lower = BTreeSet::new();
        let mut check = |less: bool, name: String| {
            if less {
                lower.insert(name);
            }
        };
        check(keeps_versions(old) && !keeps_versions(new), "versions".into());
        let lock = |live: &Live| {
            let lock = part(&live.lock)?;
            let mode = |mode| match mode {
                LockMode::Governance => 1,
                LockMode::Compliance => 2,
            };
            Some(lock.retention.map_or((0, 0), |r| (mode(r.mode), r.days)))
        };
        let (was, is) = (lock(old), lock(new));
        check(is.map(|l| l.0) < was.map(|l| l.0), "mode of the lock".into());
        check(is.map(|l| l.1) < was.map(|l| l.1), "days of the lock".into());
        let blocks = |live: &Live| {
            let b = part(&live.public_access).copied().unwrap_or_default();
            [
                b.block_public_acls,
                b.ignore_public_acls,
                b.block_public_policy,
                b.restrict_public_buckets,
            ]
        };
        let opened = blocks(old)
            .into_iter()
            .zip(blocks(new))
            .any(|(was, is)| was && !is);
        check(opened, "public access".into());
        let owner = |live: &Live| part(&live.ownership).copied().unwrap_or(Ownership::ObjectWriter);
        check(owner(new) < owner(old), "ownership".into());
        // A key elsewhere is most; one's own and none cannot be compared.
        let (was, is) = (encrypted_by(old), encrypted_by(new));
        check(was != is && is != 2, "encryption".into());

        for thing in things() {
            for age in [1, 7, 30, 90, 365] {
                check(
                    expires(new, thing, age) && !expires(old, thing, age),
                    format!("{thing:?} of {age} days"),
                );
                // Where no version was ever kept, none can be lost.
                let never = part(&old.versioning).is_some_and(|v| v.state == Versioning::Never);
                for newer in [0, 1, 2, 5] {
                    let gone = |live| expires_replaced(live, thing, age, newer);
                    let what = format!("{thing:?} replaced {age} days ago, and {newer} after it");
                    check(!never && gone(new) && !gone(old), what);
                }
            }
            for to in ["arn:aws:s3:::acme-dr", "arn:aws:s3:::acme-else"] {
                let Some(was) = copies(old, thing, to) else {
                    continue;
                };
                let less = copies(new, thing, to).is_none_or(|is| {
                    (is.delete_markers && !was.delete_markers)
                        || (was.kms_objects && !is.kms_objects)
                        || (was.destination.within_minutes.is_some()
                            && is.destination.within_minutes.is_none())
                });
                check(less, format!("the copy of {thing:?} in {to}"));
            }
        }

        let (was, is) = (Asked::of(part(&old.policy)), Asked::of(part(&new.policy)));
        for principal in [ROLE, OUTSIDE] {
            for (action, grave) in GRAVE
                .iter()
                .map(|a| (a, true))
                .chain(HARMLESS.iter().map(|a| (a, false)))
            {
                for resource in [
                    "arn:aws:s3:::acme-uploads",
                    "arn:aws:s3:::acme-uploads/pg/1",
                    "arn:aws:s3:::acme-uploads/1",
                ] {
                    for context in [&[][..], &[("aws:principalorgid", "o-1")]] {
                        let request = Request {
                            principal,
                            action,
                            resource,
                            context,
                        };
                        let (was, is) = (was.say(request), is.say(request));
                        let less = is > was && (grave || was == Says::No);
                        check(
                            less,
                            format!("{principal} to {action} on {resource} with {context:?}"),
                        );
                    }
                }
            }
        }
        lower
    }
}

fn age() -> impl Strategy<Value = &'static str> {
    select(vec!["7d", "30d", "90d"])
}

fn prefix() -> impl Strategy<Value = &'static str> {
    select(vec!["", "pg/", "pg/a/", "logs/"])
}

fn noncurrent() -> impl Strategy<Value = Json> {
    (prefix(), age(), of(1_u32..4)).prop_map(|(prefix, after, keep)| {
        let mut block = json!({"prefix": prefix, "expire_after": after});
        if let Some(keep) = keep {
            block["keep"] = keep.into();
        }
        block
    })
}

fn expire(name: &'static str) -> impl Strategy<Value = Json> {
    (prefix(), age()).prop_map(move |(prefix, after)| json!({"@": name, "prefix": prefix, "after": after}))
}

fn replicate() -> impl Strategy<Value = Json> {
    let key = "arn:aws:kms:us-west-2:111111111111:key/k";
    (
        select(vec!["acme-dr", "acme-else"]),
        prefix(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(name, prefix, within, markers, keyed)| {
            let to = json!({"address": format!("s3_bucket.{}", name.replace('-', "_")), "name": name,
                "arn": format!("arn:aws:s3:::{name}"), "region": "us-west-2"});
            let mut block = json!({"to": to, "prefix": prefix, "delete_markers": markers});
            if within {
                block["within"] = "15m".into();
            }
            if keyed {
                block["kms_key"] = key.into();
            }
            block
        })
}

fn declared() -> impl Strategy<Value = Json> {
    let ownerships = ["bucket_owner_enforced", "bucket_owner_preferred", "object_writer"];
    let keys = [
        json!({}),
        json!({"kms_key": "arn:aws:kms:us-east-1:111111111111:key/k"}),
        json!({"kms_key": "arn:aws:kms:us-east-1:222222222222:key/k"}),
    ];
    let lock = (select(vec!["governance", "compliance"]), age())
        .prop_map(|(mode, retention)| json!({"mode": mode, "retention": retention}));
    let settings = (
        of(any::<bool>()),
        of(any::<bool>()),
        of(select(ownerships.to_vec())),
        of(select(keys.to_vec())),
        of(lock),
    );
    let rules = (
        of(noncurrent()),
        of(expire("old")),
        of(expire("tmp")),
        vec(replicate(), 0..=2),
    );
    (settings, rules, of(documents::blocks(&WORDS)))
        .prop_map(
            |((versioning, public, owner, key, lock), (noncurrent, old, tmp, replicate), policy)| {
                let mut block = Map::from_iter([("name".to_owned(), Json::from("acme-uploads"))]);
                let mut set =
                    |name: &str, value: Option<Json>| block.extend(value.map(|v| (name.to_owned(), v)));
                set("versioning", versioning.map(Json::from));
                set("public_access", public.map(Json::from));
                set("ownership", owner.map(Json::from));
                set("encryption", key.map(|k| json!([k])));
                set("object_lock", lock.map(|l| json!([l])));
                set("noncurrent", noncurrent.map(|n| json!([n])));
                set("expire", Some(old.into_iter().chain(tmp).collect()));
                set("replicate", Some(replicate.into()));
                set("policy", policy.map(|s| json!([{"statement": s}])));
                Json::from(block)
            },
        )
        .prop_filter("accepted", |block| {
            let (spec, said) = decoded::<S3Bucket>(block, &place());
            spec.is_some() && !said.has_errors()
        })
}

/// A rule of ours or of somebody else, that does what no block may say.
fn lifecycle_rule() -> impl Strategy<Value = Rule> {
    let ids = [
        "backstay-noncurrent",
        "backstay-expire-old",
        "backstay-expire-gone",
        "theirs",
    ];
    let narrow = select(vec![(false, None), (true, None), (false, Some(1000))]);
    let effect = prop_oneof![
        select(vec![7_u32, 30, 90]).prop_map(|days| Effect::Expire(When::Days(days))),
        (select(vec![7_u32, 30, 90]), of(1_u32..4))
            .prop_map(|(days, keep)| Effect::ExpireNoncurrent { days, keep }),
    ];
    (
        select(ids.to_vec()),
        prop::bool::weighted(0.8),
        prefix(),
        narrow,
        effect,
    )
        .prop_map(|(id, enabled, prefix, (tagged, larger_than), effect)| Rule {
            id: id.to_owned(),
            enabled,
            filter: Filter {
                tags: BTreeMap::from_iter(tagged.then(|| ("temporary".to_owned(), "yes".to_owned()))),
                larger_than,
                ..Filter::prefix(prefix)
            },
            effects: BTreeSet::from([effect]),
        })
}

/// As a block left it, and as somebody changed a little of that.
fn found(left: BoxedStrategy<Json>) -> impl Strategy<Value = Live> {
    let rules = weighted(0.3, vec(lifecycle_rule(), 0..=3));
    let spoilt = (
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.2),
        weighted(0.2, prefix()),
        weighted(0.2, select(vec!["acme-dr", "acme-else"])),
    );
    let policy = weighted(0.3, documents::blocks(&WORDS));
    let versions = [Versioning::Enabled, Versioning::Suspended, Versioning::Never];
    let versions = weighted(0.3, select(versions.to_vec()));
    (left, rules, spoilt, policy, versions, 0..6_usize).prop_map(
        |(block, rules, (enabled, tagged, prefix, to), policy, state, open)| {
            let mut live = applied::<S3Bucket>(&accepted::<S3Bucket>(&block), Some(&versioned()));
            if let Some(mut rules) = rules {
                rules.sort_by(|a, b| a.id.cmp(&b.id));
                rules.dedup_by(|a, b| a.id == b.id);
                live.lifecycle = Some(Observed::Present(Lifecycle {
                    rules,
                    minimum_object_size: None,
                }));
            }
            if let Some(Observed::Present(Replication { rules, .. })) = &mut live.replication
                && let Some(rule) = rules.first_mut()
            {
                rule.enabled = enabled;
                rule.tags = BTreeMap::from_iter(tagged.then(|| ("tier".to_owned(), "gold".to_owned())));
                rule.prefix = prefix.map_or_else(|| rule.prefix.clone(), str::to_owned);
                rule.destination.bucket = to.map_or_else(
                    || rule.destination.bucket.clone(),
                    |to| format!("arn:aws:s3:::{to}"),
                );
            }
            if let Some(statements) = policy {
                live.policy = Some(Observed::Present(document(&statements)));
            }
            // What locks or copies keeps versions.
            let bound = part(&live.lock).is_some() || part(&live.replication).is_some();
            if let Some(state) = state.filter(|_| !bound) {
                live.versioning = Some(Observed::Present(VersioningState {
                    state,
                    mfa_delete: false,
                }));
            }
            if let Some(Observed::Present(block)) = &mut live.public_access {
                let flags: [fn(&mut PublicAccessBlock) -> &mut bool; 4] = [
                    |b| &mut b.block_public_acls,
                    |b| &mut b.ignore_public_acls,
                    |b| &mut b.block_public_policy,
                    |b| &mut b.restrict_public_buckets,
                ];
                if let Some(flag) = flags.get(open) {
                    *flag(block) = false;
                }
            }
            live
        },
    )
}

/// What is wanted, and a bucket that was as it is wanted, or otherwise.
fn wanted_and_found() -> impl Strategy<Value = (Json, Option<Live>)> {
    (declared(), any::<bool>()).prop_flat_map(|(want, was_so)| {
        let left = match was_so {
            true => Just(want.clone()).boxed(),
            false => declared().boxed(),
        };
        (Just(want), weighted(0.8, found(left)))
    })
}

proptest! {
    #![proptest_config(laws::cases(600))]

    #[test]
    fn the_laws_hold_of_a_bucket((want, have) in wanted_and_found()) {
        laws::hold::<S3Bucket>(&accepted::<S3Bucket>(&want), have.as_ref())?;
    }
}
