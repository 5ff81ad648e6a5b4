//! Whether old versions are kept.

use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::fact::{ObjectStore, Versioning};

/// Versioning is not on.
pub const OFF: Rule = Rule {
    id: "BKS-S3-001",
    title: "Versioning is not enabled",
    severity: Severity::High,
    doc: "Without versioning every overwrite and every delete is final, so whoever may write may destroy, and \
          neither replication nor a lock is possible. Suspended is critical: somebody switched it off, the old \
          versions make it look protected, and what is written from now on replaces itself.",
    remedy: "Set `versioning = true` on the bucket.",
    aspects: &[Aspect::AutomatedBackup, Aspect::Reach],
    judge: Judge::Store(off),
};

fn off(store: Subject<'_, ObjectStore>, _: &Estate<'_>) -> Judged {
    let versioning = store.versioning.known()?.copied().unwrap_or(Versioning::Never);
    Ok(Some(match versioning {
        Versioning::Enabled => Verdict::pass("Every version is kept.").because("versioning: enabled"),
        Versioning::Never => Verdict::fail("Versioning was never enabled: an overwrite or delete is final.")
            .because("versioning: never"),
        Versioning::Suspended => Verdict::fail(
            "Versioning was suspended: what is written from now on is overwritten and deleted for good.",
        )
        .severity(Severity::Critical)
        .because("versioning: suspended"),
    }))
}
