//! What IAM says an identity may do, without doing it.

use super::{AwsError, Reader, classify};
use crate::model::Arn;
use aws_sdk_iam::types::PolicyEvaluationDecisionType as Answer;

/// Whose policies are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A user or role, by the ARN that IAM knows it by.
    Identity(String),
    /// The account's root: no identity policy limits it.
    Root,
    /// Not somebody whose policies IAM simulates, and why.
    Unknown(String),
}

/// What IAM answers for one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The action.
    pub action: String,
    /// The resource, or `*`.
    pub resource: String,
    /// What is decided.
    pub verdict: Verdict,
}

/// What IAM decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A policy allows it.
    Allowed,
    /// It depends on a value of the request that the simulation is not given.
    Depends,
    /// No policy of the identity allows it.
    NotAllowed,
    /// A policy denies it.
    Denied,
}

/// The identity behind an ARN as STS says it: a session of a role stands for the role, whose ARN
/// also has a path.
pub async fn principal(reader: &Reader, caller: &str) -> Principal {
    let Ok(arn) = caller.parse::<Arn>() else {
        return Principal::Unknown(format!("{caller} is no ARN"));
    };
    let kind = arn.resource().split('/').next().unwrap_or_default();
    match (arn.service(), kind) {
        (_, "root") => Principal::Root,
        ("iam", "user" | "role") => Principal::Identity(caller.to_owned()),
        ("sts", "assumed-role") => {
            let name = arn.resource().split('/').nth(1).unwrap_or_default().to_owned();
            let client = reader.clients().iam();
            match client.get_role().role_name(&name).send().await {
                Ok(answer) => match answer.role() {
                    Some(role) => Principal::Identity(role.arn().to_owned()),
                    None => Principal::Unknown(format!("IAM does not tell the ARN of role {name}")),
                },
                Err(error) => Principal::Unknown(classify("iam:GetRole", error).to_string()),
            }
        }
        _ => Principal::Unknown(format!("IAM does not simulate the policies of {caller}")),
    }
}

/// Asks which of `actions` an identity may take on each of `resources`. Policies of the resources
/// themselves are not part of the answer.
///
/// # Errors
/// When IAM does not answer, or does not let the caller ask.
pub async fn simulate(
    reader: &Reader,
    identity: &str,
    actions: &[&str],
    resources: &[&str],
) -> Result<Vec<Decision>, AwsError> {
    const ACTION: &str = "iam:SimulatePrincipalPolicy";
    let client = reader.clients().iam();
    let mut decisions = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let _permit = reader.permit().await;
        let answer = client
            .simulate_principal_policy()
            .policy_source_arn(identity)
            .set_action_names(Some(actions.iter().map(|&a| a.to_owned()).collect()))
            .set_resource_arns(Some(resources.iter().map(|&r| r.to_owned()).collect()))
            .set_marker(marker.clone())
            .send()
            .await
            .map_err(|e| classify(ACTION, e))?;
        for result in answer.evaluation_results() {
            let mut push = |resource: &str, answer: &Answer, missing: bool| {
                decisions.push(Decision {
                    action: result.eval_action_name().to_owned(),
                    resource: resource.to_owned(),
                    verdict: verdict(answer, missing),
                });
            };
            let each = result.resource_specific_results();
            for one in each {
                let missing = !one.missing_context_values().is_empty();
                push(one.eval_resource_name(), one.eval_resource_decision(), missing);
            }
            if each.is_empty() {
                let resource = result.eval_resource_name().unwrap_or("*");
                let missing = !result.missing_context_values().is_empty();
                push(resource, result.eval_decision(), missing);
            }
        }
        let next = answer
            .marker()
            .filter(|_| answer.is_truncated())
            .map(str::to_owned);
        // A server that hands out the same marker for ever must not keep us for ever.
        if next.is_none() || next == marker {
            return Ok(decisions);
        }
        marker = next;
    }
}

fn verdict(answer: &Answer, missing: bool) -> Verdict {
    match answer {
        Answer::Allowed => Verdict::Allowed,
        Answer::ExplicitDeny if !missing => Verdict::Denied,
        _ if missing => Verdict::Depends,
        _ => Verdict::NotAllowed,
    }
}
