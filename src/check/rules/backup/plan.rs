//! Backup plans.

use crate::check::estate::{Estate, Subject};
use crate::check::frameworks::Aspect;
use crate::check::rule::{Judge, Judged, Rule, Severity, Verdict};
use crate::model::fact::{Coverage, Schedule};

/// All in one place.
pub const NO_COPY: Rule = Rule {
    id: "BKS-BKP-010",
    title: "A plan's recovery points stay in one region and account",
    severity: Severity::High,
    doc: "Recovery points that lie where the original lies are lost together with the region, and to whoever \
          holds the account. At least one rule has to copy them elsewhere.",
    remedy: "Add `copy { to = … }` to a rule, to a vault in another region, best of another account.",
    aspects: &[Aspect::OffSite, Aspect::Isolated],
    judge: Judge::Schedule(no_copy),
};

fn no_copy(plan: Subject<'_, Schedule>, _: &Estate<'_>) -> Judged {
    let away = |vault: &crate::model::Arn| {
        vault.region().is_some_and(|r| r != plan.region) || vault.account().is_some_and(|a| a != plan.account)
    };
    let copies: Vec<_> = plan
        .rules
        .iter()
        .flat_map(|r| &r.copies)
        .filter(|c| away(&c.vault))
        .collect();
    Ok(Some(
        Verdict::either(
            copies.is_empty(),
            format!(
                "No rule of the plan {} copies to another region or account.",
                plan.name
            ),
            "Recovery points are copied elsewhere.",
        )
        .because_all(copies.iter().map(|c| format!("copy: {}", c.vault))),
    ))
}

/// Left out without a word.
pub const OPTED_OUT: Rule = Rule {
    id: "BKS-BKP-011",
    title: "AWS Backup leaves out types that a plan selects",
    severity: Severity::Medium,
    doc: "For each type of resource a region says whether AWS Backup may act on it. A type that is switched off is \
          left out of what tags and wildcards select: no job, no error.",
    remedy: "Switch the types on that you use (`aws backup update-region-settings`), or select them by ARN.",
    aspects: &[Aspect::AutomatedBackup],
    judge: Judge::Schedule(opted_out),
};

fn opted_out(plan: Subject<'_, Schedule>, _: &Estate<'_>) -> Judged {
    let wide = |c: &Coverage| !c.any_tag.is_empty() || c.resources.iter().any(|r| r.contains('*'));
    let Some(covers) = plan.covers.known()? else {
        return Ok(None);
    };
    if !covers.iter().any(wide) {
        return Ok(None);
    }
    let Some(types) = plan.opted_in.known()? else {
        return Ok(None);
    };
    let off: Vec<_> = types
        .iter()
        .filter(|(_, on)| !**on)
        .map(|(name, _)| name.as_str())
        .collect();
    Ok(Some(Verdict::either(
        !off.is_empty(),
        format!("The plan {} leaves out: {}.", plan.name, off.join(", ")),
        "AWS Backup may act on every type.",
    )))
}

/// A plan for nothing.
pub const NOTHING: Rule = Rule {
    id: "BKS-BKP-012",
    title: "A plan selects nothing",
    severity: Severity::High,
    doc: "A plan without a selection makes no recovery point, and nothing says so: its rules look as if they ran.",
    remedy: "Add a `selection` block.",
    aspects: &[Aspect::AutomatedBackup],
    judge: Judge::Schedule(nothing),
};

fn nothing(plan: Subject<'_, Schedule>, _: &Estate<'_>) -> Judged {
    let covers = plan.covers.known()?.map_or(&[][..], Vec::as_slice);
    Ok(Some(
        Verdict::either(
            covers.is_empty(),
            format!("The plan {} has no selection.", plan.name),
            "The plan selects something.",
        )
        .because_all(covers.iter().map(|c| format!("selection: {}", c.name))),
    ))
}
