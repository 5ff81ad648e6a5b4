//! Object lock: the capability, and the lock that new versions get.

use super::Comparison;
use crate::kinds::s3_bucket::live::Part;
use crate::kinds::s3_bucket::op::Op;
use crate::kinds::s3_bucket::order;
use crate::kinds::s3_bucket::spec::Mode;
use crate::model::change::{AttributeChange, Stage};
use crate::model::fact::LockMode;
use serde_json::Value as Json;

impl Comparison<'_> {
    pub(super) fn lock(&mut self) {
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
            first.final_for = Some(days);
        }
        let stage = match mode {
            Mode::Governance => Stage::Protect,
            Mode::Compliance => Stage::Lock,
        };
        self.diff.push(stage, Op::PutRetention { mode, days }, attributes);
    }
}
