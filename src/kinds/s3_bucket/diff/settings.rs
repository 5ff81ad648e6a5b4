//! Settings of one value: versioning, encryption, public access, ownership, tags.

use super::{Comparison, tag_path};
use crate::kinds::order::neutral;
use crate::kinds::s3_bucket::live::{Encryption, Part, PublicAccessBlock};
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::spec::{EncryptionBlock, key_id};
use crate::kinds::s3_bucket::{keys, order};
use crate::model::change::{AttributeChange, Stage};
use crate::model::fact::Versioning;
use crate::model::{Finding, Judgement};
use serde_json::Value as Json;

impl Comparison<'_> {
    pub(super) fn versioning(&mut self) {
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

    pub(super) fn encryption(&mut self) {
        let Some(block) = &self.want.encryption else {
            return;
        };
        let Some(have) = self.seen(Part::Encryption, |l| &l.encryption) else {
            return;
        };
        let want = wanted_encryption(block, have);
        let same_key = match have {
            Some(have) if have.algorithm == want.algorithm => match (&want.key, &have.key) {
                (Some(a), Some(b)) => keys::same(a, b, self.have, self.place),
                (a, b) => Ok(a == b),
            },
            _ => Ok(false),
        };
        let mut attributes = Vec::new();
        let same_key = match same_key {
            Ok(same) => same,
            // Neither the same nor another one: nothing is written, and nothing passes for clean.
            Err(unknown) => return self.unreadable(unknown),
        };
        if !same_key {
            let declared = block.kms_key.as_ref().is_some_and(|key| key.address.is_some());
            let shown = |e: &Encryption| Json::from(e.key.clone().unwrap_or_else(|| e.algorithm.clone()));
            attributes.push(AttributeChange::judged(
                "encryption.kms_key",
                have.map_or(Json::Null, shown),
                shown(&want),
                order::encryption(have, &want, self.place.account_id.as_str(), declared),
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

    pub(super) fn public_access(&mut self) {
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

    pub(super) fn ownership(&mut self) {
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
    pub(super) fn tags(&mut self) {
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
                neutral,
            ));
        }
        self.diff
            .push(Stage::Protect, Op::PutTags { tags: all }, attributes);
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
