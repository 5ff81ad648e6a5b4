//! A key that does what it is told: what KMS shows after our writes.

use crate::kinds::guarded::GUARD_TAG;
use crate::kinds::kms_key::KmsKey;
use crate::kinds::kms_key::live::{LiveKey, LiveReplica};
use crate::kinds::kms_key::write::{NewKey, Op};
use crate::kinds::marked::PROJECT_TAG;
use crate::kinds::tests::world::{World, tags_of};
use crate::model::Observed;
use crate::model::fact::KeyState;
use crate::model::policy::{Document, Effect, Statement};
use std::collections::BTreeMap;

/// What KMS gives a key whose policy nobody said: identity policies of the account decide.
fn policy(new: &NewKey) -> Observed<Document> {
    let root = "arn:aws:iam::111111111111:root";
    Observed::Present(new.policy.clone().unwrap_or_else(|| {
        Document::new([Statement::new(Effect::Allow, ["kms:*"], ["*"]).principal("AWS", root)])
    }))
}

fn created(new: &NewKey) -> LiveKey {
    LiveKey {
        alias: "acme".into(),
        aliased: true,
        displaces: Observed::Absent,
        arn: "arn:aws:kms:us-east-1:111111111111:key/k".parse().unwrap(),
        state: KeyState::Enabled,
        deletion_date: None,
        material_expires: None,
        service_managed: false,
        can_rotate: true,
        multi_region: new.multi_region,
        replica_of: None,
        description: new.description.clone(),
        policy: policy(new),
        rotation: Observed::Absent,
        replicas: BTreeMap::new(),
        tags: Observed::Present(new.tags.clone()),
    }
}

impl World for KmsKey {
    fn write(live: Option<LiveKey>, op: &Op) -> LiveKey {
        if let Op::Create(new) = op {
            return live.unwrap_or_else(|| created(new));
        }
        let mut live = live.expect("a key that was created");
        match op.clone() {
            Op::Create(_) => {}
            Op::Name { key } => {
                assert_eq!(key, live.arn);
                live.aliased = true;
            }
            Op::Enable { region: None } => {
                live.state = KeyState::Enabled;
                live.deletion_date = None;
            }
            Op::Enable { region: Some(region) } => {
                live.replicas.get_mut(&region).unwrap().state = Observed::Present(KeyState::Enabled);
            }
            Op::Describe { text } => live.description = text,
            Op::PutPolicy {
                region: None,
                document,
            } => live.policy = Observed::Present(document),
            Op::PutPolicy {
                region: Some(region),
                document,
            } => live.replicas.get_mut(&region).unwrap().policy = Observed::Present(document),
            Op::Rotate { days } => live.rotation = Observed::Present(days),
            Op::Replicate { region, new } => {
                let replica = LiveReplica {
                    arn: format!("arn:aws:kms:{region}:111111111111:key/k")
                        .parse()
                        .unwrap(),
                    state: Observed::Present(KeyState::Enabled),
                    policy: policy(&new),
                };
                live.replicas.entry(region).or_insert(replica);
            }
            Op::Tag { tags } => tags_of(&mut live.tags).extend(tags),
            Op::Untag { .. } => tags_of(&mut live.tags).retain(|k, _| k != PROJECT_TAG && k != GUARD_TAG),
        }
        live
    }
}
