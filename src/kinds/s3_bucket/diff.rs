//! What has to change about a bucket.

use super::lifecycle::{self, Circumstances};
use super::live::{Encryption, Live, Part, PublicAccessBlock, Seen};
use super::op::Op;
use super::role::replication_role;
use super::spec::{EncryptionBlock, Mode, Spec, key_id};
use super::{PROJECT_TAG, keys, order, policy, replication};
use crate::model::change::{Action, AttributeChange, Diff, Direction, Stage};
use crate::model::fact::{LockMode, Versioning};
use crate::model::{Arn, Finding, Judgement, Place, Unreadable};
use serde_json::Value as Json;

/// All that is known while a bucket is compared.
struct Comparison<'a> {
    want: &'a Spec,
    /// `None` when the bucket does not exist.
    have: Option<&'a Live>,
    place: &'a Place,
    diff: Diff<Op>,
}

/// See [`Kind::diff`](crate::kinds::Kind::diff).
pub(super) fn diff(want: &Spec, have: Option<&Live>, place: &Place) -> Diff<Op> {
    let mut c = Comparison {
        want,
        have,
        place,
        diff: Diff::new(),
    };
    if let Some(finding) = have.and_then(|live| out_of_reach(want, live, place)) {
        c.diff.findings.push(finding);
        return c.diff;
    }
    c.create();
    c.versioning();
    c.encryption();
    c.public_access();
    c.ownership();
    c.tags();
    c.lock();
    c.lifecycle();
    c.policy();
    c.replication();
    c.done()
}

/// A bucket that is not the one that is meant: another region's, or another project's.
fn out_of_reach(want: &Spec, live: &Live, place: &Place) -> Option<Finding> {
    if let Some(region) = live.region.as_ref().filter(|r| **r != place.region) {
        return Some(Finding {
            path: "region".to_owned(),
            want: place.region.as_str().into(),
            have: region.as_str().into(),
            why: format!(
                "the bucket {} exists in {region}, and a bucket can never move. Declare `region = \"{region}\"`, \
                 or choose another name. Nothing of it was compared or changed.",
                want.name
            ),
        });
    }
    let tags = live.tags.as_ref()?.present()?;
    let owner = tags.get(PROJECT_TAG).filter(|p| **p != place.project)?;
    Some(Finding {
        path: format!("tags[\"{PROJECT_TAG}\"]"),
        want: place.project.as_str().into(),
        have: owner.as_str().into(),
        why: format!(
            "the bucket {} is managed by the project \"{owner}\". Two projects that manage one bucket undo each \
             other's work: remove it from one of them, then remove the tag by hand. Nothing of it was changed.",
            want.name
        ),
    })
}

impl<'a> Comparison<'a> {
    fn is_new(&self) -> bool {
        self.have.is_none()
    }

    /// The live value of a setting that has to be compared; `None` when it is not known, which is noted.
    fn seen<T>(&mut self, part: Part, of: fn(&Live) -> &Seen<T>) -> Option<Option<&'a T>> {
        let Some(live) = self.have else {
            return Some(None);
        };
        let unknown = match of(live).as_ref().map(|o| o.known()) {
            Some(Ok(value)) => return Some(value),
            Some(Err(unknown)) => unknown.clone(),
            None => part.not_read(),
        };
        self.unreadable(unknown);
        None
    }

    fn unreadable(&mut self, unknown: Unreadable) {
        if !self.diff.unreadable.contains(&unknown) {
            self.diff.unreadable.push(unknown);
        }
    }

    fn create(&mut self) {
        if !self.is_new() {
            return;
        }
        let mut tags = self.want.tags.clone().unwrap_or_default();
        tags.insert(PROJECT_TAG.to_owned(), self.place.project.clone());
        let lock = self.want.object_lock.is_some();
        let plain =
            |path: &str, value: Json| AttributeChange::judged(path, Json::Null, value, Judgement::neutral());
        let mut attributes = vec![
            plain("name", self.want.name.as_str().into()),
            plain("region", self.place.region.as_str().into()),
        ];
        attributes.extend(
            tags.iter()
                .map(|(key, value)| plain(&tag_path(key), value.as_str().into())),
        );
        if lock {
            let judgement = Judgement::strengthens();
            attributes.push(AttributeChange::judged(
                "object_lock",
                false.into(),
                true.into(),
                judgement,
            ));
        }
        self.diff
            .push(Stage::Create, Op::Create { lock, tags }, attributes);
    }

    fn versioning(&mut self) {
        let Some(want) = self.want.wants_versioning() else {
            return;
        };
        let Some(have) = self.seen(Part::Versioning, |l| &l.versioning) else {
            return;
        };
        let enabled = have.is_some_and(|v| v.state == Versioning::Enabled);
        if want == enabled {
            return;
        }
        let stuck = self.have.and_then(|live| {
            let locked = live.lock.as_ref().and_then(|l| l.present()).is_some();
            if have.is_some_and(|v| v.mfa_delete) {
                Some("MFA delete is on: only the root user with its MFA device can switch versioning.")
            } else if !want && locked {
                Some("object lock is on, and with it versioning can never be suspended.")
            } else {
                None
            }
        });
        if let Some(why) = stuck {
            self.diff.findings.push(Finding {
                path: "versioning".to_owned(),
                want: want.into(),
                have: enabled.into(),
                why: why.to_owned(),
            });
            return;
        }
        let change = AttributeChange::compare("versioning", Some(&enabled), Some(&want), order::versioning);
        self.diff
            .push(Stage::Protect, Op::PutVersioning { enabled: want }, change);
    }

    fn encryption(&mut self) {
        let Some(block) = &self.want.encryption else {
            return;
        };
        let Some(have) = self.seen(Part::Encryption, |l| &l.encryption) else {
            return;
        };
        let want = wanted_encryption(block, have);
        let same_key = |have: &Encryption| {
            have.algorithm == want.algorithm
                && match (&have.key, &want.key) {
                    (Some(a), Some(b)) => keys::same(a, b),
                    (a, b) => a == b,
                }
        };
        let mut attributes = Vec::new();
        if !have.is_some_and(same_key) {
            let shown = |e: &Encryption| Json::from(e.key.clone().unwrap_or_else(|| e.algorithm.clone()));
            attributes.push(AttributeChange::judged(
                "encryption.kms_key",
                have.map_or(Json::Null, shown),
                shown(&want),
                order::encryption(have, &want, self.place.account_id.as_str()),
            ));
        }
        if let Some(bucket_key) = block.bucket_key {
            let before = have.and_then(|h| h.bucket_key);
            if before.unwrap_or(false) != bucket_key {
                attributes.push(AttributeChange::judged(
                    "encryption.bucket_key",
                    before.map_or(Json::Null, Json::from),
                    bucket_key.into(),
                    Judgement::neutral(),
                ));
            }
        }
        self.diff
            .push(Stage::Protect, Op::PutEncryption { encryption: want }, attributes);
    }

    fn public_access(&mut self) {
        let Some(public) = self.want.public_access else {
            return;
        };
        let Some(have) = self.seen(Part::PublicAccess, |l| &l.public_access) else {
            return;
        };
        let want = PublicAccessBlock::all(!public);
        let before = have.copied().unwrap_or_default();
        if before == want && !self.is_new() {
            return;
        }
        let shown = match before {
            _ if self.is_new() => Json::Null,
            all if all == PublicAccessBlock::all(true) => false.into(),
            none if none == PublicAccessBlock::all(false) => true.into(),
            partly => serde_json::to_value(partly).unwrap_or(Json::Null),
        };
        let change = AttributeChange::judged(
            "public_access",
            shown,
            public.into(),
            order::public_access(have, Some(&want)),
        );
        self.diff
            .push(Stage::Protect, Op::PutPublicAccess { block: !public }, [change]);
    }

    fn ownership(&mut self) {
        let Some(ownership) = self.want.ownership else {
            return;
        };
        let Some(have) = self.seen(Part::Ownership, |l| &l.ownership) else {
            return;
        };
        let change = AttributeChange::compare("ownership", have, Some(&ownership), order::ownership);
        self.diff
            .push(Stage::Protect, Op::PutOwnership { ownership }, change);
    }

    /// Tags of a bucket that exists; a new one gets them with its creation.
    fn tags(&mut self) {
        let Some(want) = self.want.tags.as_ref().filter(|_| !self.is_new()) else {
            return;
        };
        let Some(have) = self.seen(Part::Tags, |l| &l.tags) else {
            return;
        };
        let mut all = have.cloned().unwrap_or_default();
        let mut attributes = Vec::new();
        for (key, value) in want {
            let before = all.insert(key.clone(), value.clone());
            attributes.extend(AttributeChange::compare(
                tag_path(key),
                before.as_ref(),
                Some(value),
                crate::kinds::order::neutral,
            ));
        }
        self.diff
            .push(Stage::Protect, Op::PutTags { tags: all }, attributes);
    }

    fn lock(&mut self) {
        if self.want.object_lock.is_none() {
            return;
        }
        let Some(have) = self.seen(Part::Lock, |l| &l.lock) else {
            return;
        };
        if have.is_none() && !self.is_new() {
            let change =
                AttributeChange::compare("object_lock", Some(&false), Some(&true), order::lock_capability);
            // Early: a destination has to be able to lock before a locked source may copy to it.
            self.diff.push(Stage::Protect, Op::EnableLock, change);
        }
        let Some((mode, age)) = self.want.retention() else {
            return;
        };
        let days = age.get();
        let before = have.and_then(|l| l.retention);
        let before_mode = before.map(|r| match r.mode {
            LockMode::Governance => Mode::Governance,
            LockMode::Compliance => Mode::Compliance,
        });
        let before_days = before.map(|r| r.days);
        let final_ = mode == Mode::Compliance
            && (before_mode != Some(Mode::Compliance) || before_days.is_none_or(|b| b < days));
        let shown_days = |d: u32| Json::from(format!("{d}d"));
        let mut attributes: Vec<_> = AttributeChange::compare(
            "object_lock.mode",
            before_mode.as_ref(),
            Some(&mode),
            order::lock_mode,
        )
        .into_iter()
        .collect();
        if before_days != Some(days) {
            attributes.push(AttributeChange::judged(
                "object_lock.retention",
                before_days.map_or(Json::Null, shown_days),
                shown_days(days),
                order::lock_days(before_days.as_ref(), Some(&days)),
            ));
        }
        if let Some(first) = attributes.first_mut().filter(|_| final_) {
            first.irreversible = Some(order::compliance_is_final(days));
        }
        let stage = match mode {
            Mode::Governance => Stage::Protect,
            Mode::Compliance => Stage::Lock,
        };
        self.diff.push(stage, Op::PutRetention { mode, days }, attributes);
    }

    fn lifecycle(&mut self) {
        if !self.want.wants_lifecycle() {
            return;
        }
        let Some(have) = self.seen(Part::Lifecycle, |l| &l.lifecycle) else {
            return;
        };
        let versioning = self.have.and_then(|l| l.versioning.as_ref()?.present());
        if let Some(live) = versioning.filter(|v| v.mfa_delete) {
            let outcome = lifecycle::diff(self.want, have, self.circumstances(Some(live.state)));
            if outcome.document.is_some() {
                self.diff.findings.push(Finding {
                    path: "noncurrent".to_owned(),
                    want: Json::from("lifecycle rules"),
                    have: Json::from("MFA delete"),
                    why: "a bucket with MFA delete cannot have lifecycle rules; the root user has to switch it off \
                          first."
                        .to_owned(),
                });
            }
            return;
        }
        let outcome = lifecycle::diff(self.want, have, self.circumstances(versioning.map(|v| v.state)));
        self.diff.findings.extend(outcome.findings);
        if let Some(lifecycle) = outcome.document {
            self.diff
                .push(Stage::Expire, Op::PutLifecycle { lifecycle }, outcome.attributes);
        }
    }

    fn circumstances(&self, versioning: Option<Versioning>) -> Circumstances {
        Circumstances {
            no_objects: self.is_new(),
            no_versions: self.is_new() || versioning == Some(Versioning::Never),
        }
    }

    fn policy(&mut self) {
        if !self.want.wants_policy() {
            return;
        }
        let Some(have) = self.seen(Part::Policy, |l| &l.policy) else {
            return;
        };
        let bucket = Arn::bucket(self.place.partition(), &self.want.name);
        let document = policy::wanted(self.want, have, &bucket);
        if policy::same(have, &document) {
            return;
        }
        let shown = |d: &crate::model::policy::Document| match d.statements.is_empty() {
            true => Json::Null,
            false => d.to_json(),
        };
        let change = AttributeChange::judged(
            "policy",
            have.map_or(Json::Null, shown),
            shown(&document),
            policy::judge(have, &document),
        );
        self.diff
            .push(Stage::Access, Op::PutPolicy { document }, [change]);
    }

    fn replication(&mut self) {
        if self.want.replicate.is_empty() {
            return;
        }
        let Some(have) = self.seen(Part::Replication, |l| &l.replication) else {
            return;
        };
        let role = replication_role(self.want, self.place);
        if let Some((replication, attributes)) = replication::diff(self.want, have, role.as_str(), self.place)
        {
            self.diff
                .push(Stage::Replicate, Op::PutReplication { replication }, attributes);
        }
    }

    fn done(mut self) -> Diff<Op> {
        if self.is_new() {
            // Nothing is stored yet, so nothing can be lost.
            for change in self.diff.changes.iter_mut().flat_map(|c| &mut c.attributes) {
                if change.direction == Direction::Weakens {
                    change.direction = Direction::Neutral;
                    change.reason = None;
                }
            }
        }
        self.diff.changes.sort_by_key(|c| c.stage);
        self.diff.action = match (self.is_new(), self.diff.changes.is_empty()) {
            (true, _) => Action::Create,
            (false, true) => Action::NoOp,
            (false, false) => Action::Update,
        };
        self.diff
    }
}

/// What is declared, over what is there: a write must not undo what nobody declared.
fn wanted_encryption(block: &EncryptionBlock, have: Option<&Encryption>) -> Encryption {
    let key = block.kms_key.as_ref().and_then(key_id);
    let algorithm = match &key {
        None => "AES256",
        // Dual-layer encryption with a key is more than was asked for.
        Some(_) if have.is_some_and(|h| h.algorithm == "aws:kms:dsse") => "aws:kms:dsse",
        Some(_) => "aws:kms",
    };
    Encryption {
        algorithm: algorithm.to_owned(),
        bucket_key: block.bucket_key.or(have.and_then(|h| h.bucket_key)),
        blocked: have.map(|h| h.blocked.clone()).unwrap_or_default(),
        key,
    }
}

fn tag_path(key: &str) -> String {
    format!("tags[{}]", Json::from(key))
}

/// See [`Kind::release`](crate::kinds::Kind::release): the mark goes, everything else stays.
pub(super) fn release(have: &Live, place: &Place) -> Diff<Op> {
    let mut diff = Diff::new();
    diff.action = Action::Release;
    match have.tags.as_ref().map(|t| t.known()) {
        Some(Ok(tags)) => {
            let mut left = tags.cloned().unwrap_or_default();
            if left.get(PROJECT_TAG) == Some(&place.project) {
                left.remove(PROJECT_TAG);
                let change = AttributeChange::judged(
                    tag_path(PROJECT_TAG),
                    place.project.as_str().into(),
                    Json::Null,
                    order::noted(
                        Judgement::neutral(),
                        "the bucket, its objects and its settings stay; backstay no longer looks at it",
                    ),
                );
                diff.push(Stage::Remove, Op::PutTags { tags: left }, [change]);
            } else {
                diff.action = Action::NoOp;
            }
        }
        Some(Err(unknown)) => diff.unreadable.push(unknown.clone()),
        None => diff.unreadable.push(Part::Tags.not_read()),
    }
    diff
}
