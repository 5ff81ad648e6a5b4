//! IAM for what ministack doesn't answer: moto knows nothing of the roles and users that
//! live in ministack, so ministack's simulation decides for it.
//!
//! Signatures of these requests are not checked, only whose the key is and what its
//! policies allow. Session policies are left out of account.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::types::PolicyEvaluationDecisionType;

use super::ROOT_SECRET;
use super::accounts::is_account;
use super::answers::Context;
use super::reply::Refusal;
use super::request::Call;

/// Decides with ministack's policies.
#[derive(Debug, Clone)]
pub(super) struct Enforcer {
    config: SdkConfig,
}

impl Enforcer {
    /// Asks the ministack at `port`.
    pub(super) fn new(port: u16) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("http://127.0.0.1:{port}"))
            .region(Region::new("us-east-1"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self { config }
    }

    /// The refusal that IAM would answer `call` with.
    pub(super) async fn refusal(&self, context: &Context, call: &Call) -> Option<Refusal> {
        let Some(key) = &call.access_key else {
            return Some(Refusal::new(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            ));
        };
        if is_account(key) {
            return None;
        }
        let owner = context.state().accounts.owner(key).cloned();
        let Some(owner) = owner.filter(|owner| !owner.principal.is_empty()) else {
            let message = "The security token included in the request is invalid.";
            return Some(Refusal::new(403, "InvalidClientTokenId", message));
        };
        let (action, resource) = (action(call), resource(call));
        let credentials = Credentials::new(&owner.account, ROOT_SECRET, None, None, "sandbox");
        let config = self
            .config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let simulated = aws_sdk_iam::Client::new(&config)
            .simulate_principal_policy()
            .policy_source_arn(&owner.principal)
            .action_names(&action)
            .resource_arns(&resource)
            .send()
            .await;
        let allowed = simulated.is_ok_and(|answer| {
            answer
                .evaluation_results()
                .iter()
                .all(|r| *r.eval_decision() == PolicyEvaluationDecisionType::Allowed)
        });
        (!allowed).then(|| {
            let message = format!(
                "User: {} is not authorized to perform: {action} on resource: {resource}",
                owner.principal
            );
            Refusal::new(403, "AccessDenied", message)
        })
    }
}

fn action(call: &Call) -> String {
    let prefix = if call.service == "tagging" {
        "tag"
    } else {
        &call.service
    };
    format!("{prefix}:{}", call.operation)
}

/// The ARN that a policy would name; `*` where the operation is about no single thing.
fn resource(call: &Call) -> String {
    let (region, account) = (&call.region, &call.account);
    if call.resource.starts_with("arn:") {
        return call.resource.clone();
    }
    if let Some(vault) = call
        .resource
        .strip_prefix("/backup-vaults/")
        .filter(|v| !v.is_empty())
    {
        let name = vault.split('/').next().unwrap_or_default();
        return format!("arn:aws:backup:{region}:{account}:backup-vault:{name}");
    }
    for tagged in ["/tags/", "/untag/"] {
        let arn = call.resource.strip_prefix(tagged);
        if let Some(arn) = arn.filter(|arn| arn.starts_with("arn:")) {
            return arn.trim_end_matches('/').to_owned();
        }
    }
    let kinds = [
        ("DBInstanceIdentifier", "db"),
        ("DBSnapshotIdentifier", "snapshot"),
        ("DBClusterIdentifier", "cluster"),
    ];
    kinds
        .iter()
        .find_map(|(parameter, kind)| Some((call.params.get(parameter)?, kind)))
        .map_or_else(
            || "*".to_owned(),
            |(name, kind)| format!("arn:aws:rds:{region}:{account}:{kind}:{name}"),
        )
}
