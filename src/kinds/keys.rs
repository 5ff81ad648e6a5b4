//! KMS keys under their several names: what is declared is often an alias, what is seen never is.

use crate::aws::{AwsError, Class, Clients, Reader, classify};
use crate::model::policy::{Effect, Statement};
use crate::model::{Arn, Observed};
use aws_sdk_kms::types::KeyManagerType;
use serde::{Deserialize, Serialize};

pub(super) const DESCRIBE: &str = "kms:DescribeKey";

/// What KMS says of a key, whatever name it was asked by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The key's own ARN.
    pub arn: Arn,
    /// Whether an AWS service manages it.
    pub service_managed: bool,
}

/// Whether an ARN names an alias and not a key.
pub(super) fn is_alias(arn: &Arn) -> bool {
    arn.service() == "kms" && arn.resource().starts_with("alias/")
}

/// Lets an identity do something with a key. IAM takes no alias as a resource, so an alias becomes the account's
/// keys under the condition that they have it.
pub(super) fn granted(actions: &[&str], key: &Arn) -> Statement {
    let actions = actions.iter().copied();
    match (is_alias(key), key.region(), key.account()) {
        (true, Some(region), Some(account)) => {
            let keys = Arn::kms(key.partition(), &region, &account, "key/*");
            Statement::new(Effect::Allow, actions, [keys.as_str()]).when(
                "ForAnyValue:StringEquals",
                "kms:ResourceAliases",
                [key.resource()],
            )
        }
        _ => Statement::new(Effect::Allow, actions, [key.as_str()]),
    }
}

async fn ask(clients: &Clients, key: &Arn) -> Result<Resolved, AwsError> {
    let unclear = |why: &str| AwsError::new(DESCRIBE, Class::Refused, "InvalidArnException", why);
    let region = key
        .region()
        .ok_or_else(|| unclear("the key's ARN names no region"))?;
    let call = clients.kms(&region).describe_key().key_id(key.as_str());
    let answer = call.send().await.map_err(|e| classify(DESCRIBE, e))?;
    let key = answer.key_metadata();
    let arn = key.and_then(|k| k.arn()?.parse().ok());
    Ok(Resolved {
        arn: arn.ok_or_else(|| unclear("the answer names no ARN"))?,
        service_managed: key.is_some_and(|k| k.key_manager() == Some(&KeyManagerType::Aws)),
    })
}

/// Looks a key up, once in a run.
pub(super) async fn look_up(reader: &Reader, key: &Arn) -> Observed<Resolved> {
    let memo = format!("kms:key:{key}");
    let answer = reader
        .once(&memo, || async {
            let _permit = reader.permit().await;
            ask(reader.clients(), key).await
        })
        .await;
    match answer.as_ref() {
        Ok(key) => Observed::Present(key.clone()),
        Err(error) if error.is_not_found() => Observed::Absent,
        Err(error) => Observed::Unreadable(error.unreadable()),
    }
}

/// The ARN of the key itself, for calls that take no alias: what was unknown while planning, because the
/// key did not exist yet, is known when the step runs.
///
/// # Errors
/// When the key cannot be looked up.
pub(super) async fn own_arn(clients: &Clients, key: &Arn) -> Result<Arn, AwsError> {
    match is_alias(key) {
        true => ask(clients, key).await.map(|key| key.arn),
        false => Ok(key.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::granted;
    use crate::model::policy::Match;

    #[test]
    fn an_alias_is_granted_by_condition() {
        let by_alias = "arn:aws:kms:us-east-1:111111111111:alias/acme".parse().unwrap();
        let statement = granted(&["kms:Decrypt"], &by_alias);
        let keys = "arn:aws:kms:us-east-1:111111111111:key/*".to_owned();
        assert_eq!(statement.resources, Some(Match::Only([keys].into())));
        assert!(
            statement.conditions["ForAnyValue:StringEquals"]["kms:ResourceAliases"].contains("alias/acme")
        );
        let by_id = "arn:aws:kms:us-east-1:111111111111:key/k".parse().unwrap();
        assert!(granted(&["kms:Decrypt"], &by_id).conditions.is_empty());
    }
}
