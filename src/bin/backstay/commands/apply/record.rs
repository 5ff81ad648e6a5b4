//! The record of an apply: what was approved, and where it is kept.

use super::super::{approving, failed, machine};
use super::{ApplyArgs, Prepared};
use crate::terminal::Terminal;
use backstay::apply::audit::{self, Journal};
use backstay::diag::{Exit, Severity, Sources};
use backstay::evidence::record::Approval;
use backstay::model::Address;
use backstay::plan::{Approvals, Plan};

/// The approvals, for the record.
pub(super) fn given(args: &ApplyArgs, plan: &Plan, approvals: &Approvals) -> Vec<Approval> {
    let how = if args.auto_approve {
        "auto_approve"
    } else {
        "prompt"
    };
    let whole = (how, None);
    let of = |how, list: &[Address]| -> Vec<_> { list.iter().map(|a| (how, Some(a.to_string()))).collect() };
    std::iter::once(whole)
        .chain(of("allow_weaken", &approvals.weaken))
        .chain(of("allow_irreversible", &approvals.irreversible))
        .map(|(how, what)| Approval {
            how: how.to_owned(),
            what,
            by: None,
        })
        .chain(approving::recorded(plan, &approvals.signers))
        .collect()
}

/// Begins the record of the apply. Where a bucket is declared for it, it has to take it; a local
/// folder that cannot be written is a pity.
pub(super) async fn record(prepared: &Prepared, terminal: Terminal) -> Result<Option<Journal>, Exit> {
    let Prepared {
        plan, cloud, record, ..
    } = prepared;
    let folder = machine::state_folder();
    let account = plan.evidence.as_ref().map(|e| e.account.as_str());
    let account = account.or_else(|| plan.accounts.keys().next().map(String::as_str));
    let by = machine::holder(account.and_then(|a| cloud.caller(a)));
    match audit::begin(plan, cloud, folder.as_deref(), by, record.clone()).await {
        Ok(journal) => Ok(Some(journal)),
        // Without the folder nobody would know the policy again.
        Err(diagnostic) if plan.evidence.is_some() || !plan.policies.is_none() => {
            failed(terminal, diagnostic);
            terminal.tell("Nothing was changed.");
            Err(Exit::Error)
        }
        Err(mut diagnostic) => {
            diagnostic.severity = Severity::Warning;
            terminal.diagnose(&diagnostic.into(), &Sources::new());
            Ok(None)
        }
    }
}
