//! What `plan`, `apply` and `approve` share: the policy in force, and the signatures beside a plan.

use super::machine;
use backstay::approve::{self, Tally};
use backstay::aws::Cloud;
use backstay::diag::{Diagnostic, code};
use backstay::evidence::applied;
use backstay::evidence::governing::{self, Sought};
use backstay::evidence::record::Approval;
use backstay::live::Timestamp;
use backstay::model::approval::SshKey;
use backstay::model::{BucketPlace, PolicyPlace};
use backstay::plan::{InForce, Plan};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// The most bytes of a file of signatures.
const LONGEST: u64 = 1024 * 1024;

/// The policy in force, and the time by the clock that counts. `marks` are the places of policies that live resources name.
pub(crate) async fn in_force(
    evidence: Option<&BucketPlace>,
    project: &str,
    marks: &BTreeSet<PolicyPlace>,
    cloud: &Cloud,
) -> Result<(Option<InForce>, Timestamp), Diagnostic> {
    let folder = machine::state_folder();
    let sought = Sought {
        project,
        evidence,
        folder: folder.as_deref(),
        marks,
    };
    governing::in_force(cloud, sought).await
}

/// Whether the plan is still under the policies that it was made under; the time by the clock that counts.
pub(crate) async fn still_in_force(plan: &Plan, cloud: &Cloud) -> Result<Timestamp, Diagnostic> {
    let marks = plan.marks()?;
    let (in_force, now) = in_force(plan.evidence.as_ref(), &plan.project, &marks, cloud).await?;
    plan.policies.still(in_force.as_ref())?;
    Ok(now)
}

/// Whether a saved plan was not applied to its end already.
pub(crate) async fn unspent(plan: &Plan, digest: &str, cloud: &Cloud) -> Result<(), Diagnostic> {
    applied::unspent(plan, digest, cloud, machine::state_folder().as_deref()).await
}

/// The text of the signatures beside a plan; empty when there is none.
pub(crate) fn beside(plan: &Path) -> Result<String, Diagnostic> {
    let path = approve::beside(plan);
    let failed = |why: &str| {
        Diagnostic::error(code::FILE_UNREADABLE, format!("{}: {why}.", path.display())).remedy(
            "It holds the approvals of the plan; without it the plan has none. Move it away to begin anew.",
        )
    };
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(failed(&error.to_string())),
    };
    let mut text = String::new();
    let read = file.take(LONGEST + 1).read_to_string(&mut text);
    read.map_err(|error| failed(&error.to_string()))?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LONGEST) {
        return Err(failed("it is longer than any number of approvals"));
    }
    Ok(text)
}

/// The keys that have approved a saved plan, and which signatures do not count. Without a policy that asks
/// for some, nobody looks.
pub(crate) fn signers(file: &Path, plan: &Plan, digest: &str) -> Result<Tally, Diagnostic> {
    let listed = plan.policies.keys();
    if listed.is_empty() {
        return Ok(Tally::default());
    }
    let shown = approve::beside(file).display().to_string();
    Ok(approve::tally(&beside(file)?, &shown, digest, &listed))
}

/// The signatures that count, for the record: one for each key and kind of change.
pub(crate) fn recorded(plan: &Plan, signers: &[SshKey]) -> Vec<Approval> {
    let mut approvals: Vec<Approval> = Vec::new();
    for demand in plan.demands() {
        for key in demand.rule.counted(signers) {
            let approval = Approval {
                how: "signature".to_owned(),
                what: Some(demand.danger.as_str().to_owned()),
                by: Some(key.shown()),
            };
            if demand.rule.approvals > 0 && !approvals.contains(&approval) {
                approvals.push(approval);
            }
        }
    }
    approvals
}
