//! The table of controls. One file for each family; a control is a constant with its function beside it.

pub mod backup;
pub mod iam;
pub mod kms;
pub mod objective;
pub mod posture;
pub mod rds;
pub mod run;
pub mod s3;

use super::rule::Rule;

/// Every control, sorted by id.
pub static RULES: &[Rule] = &[
    backup::vault::UNLOCKED,
    backup::vault::IN_GRACE,
    backup::vault::SERVICE_KEY,
    backup::plan::NO_COPY,
    backup::plan::OPTED_OUT,
    backup::plan::NOTHING,
    posture::ASSERTION,
    run::DRIFT,
    run::MISSING,
    run::CANNOT_BE_SET,
    run::UNDECLARED,
    run::EXEMPTION_UNNEEDED,
    iam::abilities::READS,
    iam::abilities::LISTS,
    iam::abilities::DELETES,
    iam::abilities::BYPASSES_LOCK,
    iam::abilities::CHANGES_LOCK,
    iam::abilities::CHANGES_VERSIONING,
    iam::abilities::CHANGES_LIFECYCLE,
    iam::abilities::CHANGES_ACCESS,
    iam::abilities::CHANGES_REPLICATION,
    iam::abilities::ESCALATES,
    iam::abilities::SIDE_DOORS,
    iam::abilities::CONTROLS_KEYS,
    iam::writing::WILDCARD,
    iam::writing::OUTSIDE_TARGET,
    iam::writing::MORE_THAN_WRITING,
    iam::writing::NO_BOUNDARY,
    iam::trust::EVERYBODY,
    iam::trust::FEDERATION_WITHOUT_SUBJECT,
    iam::trust::STRANGER_WITHOUT_EXTERNAL_ID,
    iam::trust::WHOLE_ACCOUNT,
    kms::UNUSABLE,
    kms::ONE_HAND,
    kms::NOT_ROTATED,
    objective::FAILS,
    objective::UNPROVEN,
    objective::UNKNOWN,
    objective::CANNOT_BE_MET,
    rds::retention::OFF,
    rds::retention::ONE_DAY,
    rds::retention::SHORT,
    rds::retention::STALE,
    rds::instance::DELETABLE,
    rds::instance::UNENCRYPTED,
    rds::instance::SINGLE_ZONE,
    rds::instance::TAGS_LOST,
    rds::instance::SERVICE_KEY,
    rds::copies::NONE,
    rds::copies::SHORT,
    rds::copies::SHORTER_THAN_SOURCE,
    rds::copies::SAME_REGION,
    rds::copies::NOT_RUNNING,
    run::UNREADABLE,
    s3::versioning::OFF,
    s3::lock::WITHOUT_RETENTION,
    s3::lock::SHORT,
    s3::lock::GOVERNANCE,
    s3::lock::NONE_ON_BACKUPS,
    s3::expiry::NONCURRENT_SHORT,
    s3::expiry::NONCURRENT_BEFORE_LOCK,
    s3::expiry::BACKUPS_SHORT,
    s3::replication::NONE,
    s3::replication::DISABLED,
    s3::replication::NARROWED,
    s3::replication::SAME_REGION,
    s3::replication::SAME_ACCOUNT,
    s3::replication::NOT_LOCKED,
    s3::replication::DELETE_MARKERS,
    s3::replication::SOURCE_OWNS_COPIES,
    s3::exposure::PUBLIC,
    s3::exposure::ACLS,
    s3::exposure::UNENCRYPTED,
    s3::exposure::SERVICE_KEY,
    s3::exposure::PLAIN_HTTP,
    s3::exposure::STRANGERS_DESTROY,
    objective::WRITER,
];

/// The control of this id.
pub fn get(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rule::Judge;

    #[test]
    fn ids_are_sorted_and_unique() {
        let ids: Vec<_> = RULES.iter().map(|r| r.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }

    #[test]
    fn every_control_says_what_why_and_what_to_do() {
        for rule in RULES {
            // A line of 100 columns holds status, id and severity before it.
            assert!(
                rule.title.len() <= 63 && !rule.title.ends_with('.'),
                "{}",
                rule.id
            );
            assert!(rule.doc.len() > 60 && rule.doc.ends_with('.'), "{}", rule.id);
            assert!(
                rule.remedy.len() > 20 && rule.remedy.ends_with('.'),
                "{}",
                rule.id
            );
            assert!(!rule.controls().is_empty(), "{}", rule.id);
        }
    }

    /// Forgetting the cases of a control is a failing test.
    #[test]
    fn every_judged_control_has_its_cases() {
        let mut tested: Vec<_> = s3::cases::all()
            .into_iter()
            .chain(rds::cases::all())
            .chain(iam::cases::all())
            .chain(kms::cases::all())
            .chain(backup::cases::all())
            .map(|case| case.id)
            .collect();
        tested.sort_unstable();
        let judged: Vec<_> = RULES
            .iter()
            .filter(|r| !matches!(r.judge, Judge::Run))
            .map(|r| r.id)
            .collect();
        assert_eq!(tested, judged);
    }
}
