//! Keys that copies are under and that no block of the posture names.

use super::no_session;
use crate::aws::Cloud;
use crate::kinds;
use crate::model::fact::KeyFacts;
use crate::model::{AccountId, Arn, Observed, Place};
use std::collections::BTreeMap;

/// Reads each, with the session of its own account where the posture has that, and else of the account whose copies are
/// under it (`kms:DescribeKey`, `kms:GetKeyPolicy`).
pub async fn keys(
    cloud: &Cloud,
    homes: &[Place],
    wanted: &BTreeMap<Arn, Option<AccountId>>,
) -> BTreeMap<Arn, Observed<KeyFacts>> {
    let home = |id: &AccountId| homes.iter().find(|home| home.account_id == *id);
    let reads = wanted.iter().filter_map(|(arn, user)| {
        let own = arn.account().and_then(|id| home(&id));
        let place = own.or_else(|| home(user.as_ref()?))?;
        Some(async move {
            let seen = match cloud.reader(&place.scope()) {
                None => Observed::Unreadable(no_session(place)),
                Some(reader) => kinds::keys::outside(&reader, arn).await,
            };
            (arn.clone(), seen)
        })
    });
    futures::future::join_all(reads).await.into_iter().collect()
}
