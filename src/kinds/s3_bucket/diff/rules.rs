//! Settings that are documents: lifecycle rules, the bucket policy, replication rules.

use super::Comparison;
use crate::kinds::s3_bucket::lifecycle::{self, Circumstances};
use crate::kinds::s3_bucket::live::Part;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::role::replication_role;
use crate::kinds::s3_bucket::{policy, replication};
use crate::model::change::{AttributeChange, Stage};
use crate::model::fact::Versioning;
use crate::model::policy::Document;
use crate::model::{Arn, Finding};
use serde_json::Value as Json;

impl Comparison<'_> {
    pub(super) fn lifecycle(&mut self) {
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
        let circumstances = self.circumstances(versioning.map(|v| v.state));
        let outcome = lifecycle::diff(self.want, have, circumstances);
        self.diff.findings.extend(outcome.findings);
        // Rules about versions take nothing away while there are none. Written later, after an apply
        // that was cut off behind versioning, they would have to be approved as weakening.
        let stage = match circumstances.no_versions {
            true => Stage::Protect,
            false => Stage::Expire,
        };
        if let Some(lifecycle) = outcome.document {
            self.diff
                .push(stage, Op::PutLifecycle { lifecycle }, outcome.attributes);
        }
    }

    fn circumstances(&self, versioning: Option<Versioning>) -> Circumstances {
        Circumstances {
            no_objects: self.is_young(),
            no_versions: self.is_young() || versioning == Some(Versioning::Never),
        }
    }

    pub(super) fn policy(&mut self) {
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
        let contributed = policy::contributed(self.want, &bucket);
        let shown = |d: &Document| match d.statements.is_empty() {
            true => Json::Null,
            false => d.to_json(),
        };
        let change = AttributeChange::judged(
            "policy",
            have.map_or(Json::Null, shown),
            shown(&document),
            policy::judge(&contributed, have, &document),
        );
        self.diff
            .push(Stage::Access, Op::PutPolicy { document }, [change]);
    }

    pub(super) fn replication(&mut self) {
        if self.want.replicate.is_empty() {
            return;
        }
        let Some(have) = self.seen(Part::Replication, |l| &l.replication) else {
            return;
        };
        let role = replication_role(self.want, self.place);
        let outcome = replication::diff(self.want, self.have, have, role.as_str(), self.place);
        for unknown in outcome.unreadable {
            self.unreadable(unknown);
        }
        if let Some((replication, attributes)) = outcome.document {
            self.diff
                .push(Stage::Replicate, Op::PutReplication { replication }, attributes);
        }
    }
}
