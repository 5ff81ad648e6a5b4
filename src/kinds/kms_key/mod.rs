//! `kms_key`: a key that copies are encrypted with.

mod astray;
mod diff;
pub mod live;
mod needs;
mod policy;
pub mod spec;
#[cfg(test)]
mod tests;
mod validate;
pub mod write;

use super::{Boxed, Kind, Output, Permission, Purpose, ReadContext, WriteContext, marked};
use crate::aws::{AwsError, Reader};
use crate::diag::Diagnostics;
use crate::model::change::Diff;
use crate::model::fact::{Facts, KeyFacts, KeyReplica};
use crate::model::schema::EvaluatedBlock;
use crate::model::value::Value;
use crate::model::{AccountId, Arn, Observed, Place, Region, Unreadable};
use live::LiveKey;
use spec::Spec;
use std::collections::{BTreeMap, BTreeSet};
use write::{Kms, Op};

/// The kind; see [`Kind::DOC`].
pub struct KmsKey;

impl Kind for KmsKey {
    const NAME: &'static str = "kms_key";
    const DOC: &'static str = include_str!("doc.md");
    const OUTPUTS: &'static [Output] = &[Output {
        name: "arn",
        doc: "The ARN of the key's alias, known before the key exists.",
    }];
    const HOLDS_DATA: bool = true;
    const DISCOVERS: &'static [&'static str] = &[marked::ACTION];
    type Spec = Spec;
    type Live = LiveKey;
    type Op = Op;

    fn ident(spec: &Spec, _: &Place) -> String {
        spec.name.clone()
    }

    fn arn(ident: &str, place: &Place) -> Option<Arn> {
        let alias = live::alias_name(ident);
        Some(Arn::kms(
            place.partition(),
            &place.region,
            &place.account_id,
            &alias,
        ))
    }

    fn outputs(spec: &Spec, place: &Place) -> BTreeMap<&'static str, Value> {
        Self::arn(&spec.name, place)
            .map(|arn| ("arn", Value::string(arn.as_str())))
            .into_iter()
            .collect()
    }

    fn validate(spec: &Spec, place: &Place, block: &EvaluatedBlock, diagnostics: &mut Diagnostics) {
        validate::validate(spec, place, block, diagnostics);
    }

    fn read<'a>(
        cx: ReadContext<'a>,
        wanted: &'a [(String, Option<Spec>)],
    ) -> Boxed<'a, BTreeMap<String, Observed<LiveKey>>> {
        Box::pin(live::read(cx, wanted))
    }

    fn diff(want: &Spec, have: Option<&LiveKey>, place: &Place) -> Diff<Op> {
        diff::diff(want, have, place)
    }

    fn lets_in(
        want: &Spec,
        have: Option<&LiveKey>,
        place: &Place,
        ours: &BTreeSet<AccountId>,
    ) -> Option<(String, String)> {
        policy::lets_in(want, have?, place, ours)
    }

    fn release(_: &str, have: &LiveKey, place: &Place) -> Diff<Op> {
        diff::release(have, place)
    }

    fn tags(have: &LiveKey) -> Result<Option<&BTreeMap<String, String>>, &Unreadable> {
        have.tags.known()
    }

    fn apply<'a>(cx: WriteContext<'a>, ident: &'a str, op: &'a Op) -> Boxed<'a, Result<(), AwsError>> {
        Box::pin(async move { Kms::new(cx.writer, cx.place, ident).run(op).await })
    }

    fn describe(op: &Op) -> String {
        match op {
            Op::Create(_) => "create the key and its alias".into(),
            Op::Name { .. } => "give the key its alias back".into(),
            Op::Enable { region: None } => "bring the key back".into(),
            Op::Enable { region: Some(region) } => format!("bring the replica in {region} back"),
            Op::Describe { .. } => "set the description".into(),
            Op::PutPolicy { region: None, .. } => "set the key policy".into(),
            Op::PutPolicy {
                region: Some(region), ..
            } => format!("set the key policy in {region}"),
            Op::Rotate { days } => format!("rotate every {days} days"),
            Op::Replicate { region, .. } => format!("replicate the key to {region}"),
            Op::Tag { .. } => "set tags".into(),
            Op::Untag { .. } => "remove the project's tag".into(),
        }
    }

    fn needs(op: &Op, ident: &str, place: &Place) -> Vec<Permission> {
        needs::needs(op, ident, place)
    }

    fn facts(_: Option<&Spec>, have: &LiveKey, place: &Place) -> Facts {
        Facts::Key(Box::new(facts(have, &place.account_id, &place.region)))
    }

    fn permissions(spec: &Spec, place: &Place, purpose: Purpose) -> Vec<Permission> {
        let keys = Arn::kms(place.partition(), &place.region, &place.account_id, "key/*").to_string();
        let on_keys = |action| Permission {
            action,
            resource: keys.clone(),
        };
        let anywhere = |action| Permission {
            action,
            resource: "*".into(),
        };
        let mut all: Vec<_> = [live::DESCRIBE, live::POLICY, live::ROTATION, live::TAGS]
            .map(on_keys)
            .into();
        all.extend([marked::ACTION, live::ALIASES].map(anywhere));
        let regions = spec.replica.iter().map(|r| &r.region);
        let elsewhere: Vec<_> = regions
            .map(|region| Arn::kms(place.partition(), region, &place.account_id, "key/*").to_string())
            .collect();
        let there = |action| {
            let resource = |r: &String| Permission {
                action,
                resource: r.clone(),
            };
            elsewhere.iter().map(resource).collect::<Vec<_>>()
        };
        all.extend(there(live::DESCRIBE));
        all.extend(there(live::POLICY));
        if purpose == Purpose::Apply {
            all.extend(["kms:CreateKey", "kms:ListKeys"].map(anywhere));
            let alias = Self::arn(&spec.name, place).map_or_else(String::new, String::from);
            all.push(Permission {
                action: "kms:CreateAlias",
                resource: alias,
            });
            let writes = [
                "kms:CancelKeyDeletion",
                "kms:CreateAlias",
                "kms:EnableKey",
                "kms:EnableKeyRotation",
                "kms:PutKeyPolicy",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:UpdateKeyDescription",
            ];
            all.extend(writes.map(on_keys));
            if !spec.replica.is_empty() {
                all.push(on_keys("kms:ReplicateKey"));
            }
            for region in spec.replica.iter().map(|r| &r.region) {
                let alias = live::alias_name(&spec.name);
                all.push(Permission {
                    action: "kms:CreateAlias",
                    resource: Arn::kms(place.partition(), region, &place.account_id, &alias).to_string(),
                });
            }
            for action in [
                "kms:CancelKeyDeletion",
                "kms:CreateAlias",
                "kms:CreateKey",
                "kms:EnableKey",
                "kms:PutKeyPolicy",
                "kms:TagResource",
            ] {
                all.extend(there(action));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}

/// See [`keys::outside`](super::keys::outside).
pub(super) async fn outside(
    reader: &Reader,
    region: &Region,
    account: &AccountId,
    arn: &Arn,
) -> Observed<KeyFacts> {
    let seen = live::outside(reader, region, arn).await;
    seen.map(|live| facts(&live, account, region))
}

fn facts(have: &LiveKey, account: &AccountId, region: &Region) -> KeyFacts {
    let replicas = have.replicas.iter().map(|(region, replica)| KeyReplica {
        arn: replica.arn.clone(),
        region: region.clone(),
        state: replica.state.clone(),
    });
    KeyFacts {
        alias: have.alias.clone(),
        arn: have.arn.clone(),
        account: have.arn.account().unwrap_or_else(|| account.clone()),
        region: region.clone(),
        service_managed: have.service_managed,
        state: have.state.clone(),
        deletion_date: have.deletion_date.clone(),
        material_expires: have.material_expires.clone(),
        rotation_days: have.rotation.clone(),
        can_rotate: have.can_rotate,
        policy: have.policy.clone(),
        multi_region: have.multi_region,
        replicas: replicas.collect(),
    }
}
