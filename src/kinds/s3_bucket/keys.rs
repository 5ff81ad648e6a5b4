//! The KMS keys that a bucket names and is seen with, under their several names.

use super::live::{Live, Part};
use super::role::replica_region;
use super::spec::{ReplicateBlock, Spec};
use crate::kinds::keys::{self, Aliases};
use crate::kinds::{Depth, ReadContext};
use crate::model::schema::Reference;
use crate::model::{AccountId, Arn, Observed, Place, Region, Unreadable};

/// Where copies of a block are encrypted, and so where its key is.
fn there(block: &ReplicateBlock, place: &Place) -> (Region, AccountId) {
    let region = replica_region(block).unwrap_or_else(|| place.region.clone());
    let account = block.account.as_ref().or(block.to.account.as_ref());
    (region, account.unwrap_or(&place.account_id).clone())
}

/// The declared key of new objects.
fn of_bucket(spec: &Spec, place: &Place) -> Option<Arn> {
    let key = spec.encryption.as_ref()?.kms_key.as_ref()?;
    keys::declared(key, &place.region, &place.account_id)
}

/// The ARN of the declared key of copies, or of its alias.
pub(super) fn of_copies(block: &ReplicateBlock, place: &Place) -> Option<Arn> {
    let (region, account) = there(block, place);
    keys::declared(block.kms_key.as_ref()?, &region, &account)
}

/// What is declared with an alias that points to nothing, or anew with a key that cannot be used; `live` is empty where
/// there is no bucket yet.
pub(super) fn out_of_use(spec: &Spec, live: &Live, place: &Place) -> Vec<Unreadable> {
    let encryption = spec.encryption.as_ref().and_then(|e| e.kms_key.as_ref());
    let bucket = encryption.zip(of_bucket(spec, place)).and_then(|(key, arn)| {
        let is_so = live.encryption.as_ref().and_then(|e| e.present()?.key.as_deref());
        let is_so = is_so.is_some_and(|have| same(arn.as_str(), have, Some(live), place) == Ok(true));
        refused("encryption.kms_key", key, &arn, is_so, &live.aliases)
    });
    let rules = live.replication.as_ref().and_then(|r| r.present());
    let copies = spec.replicate.iter().filter_map(|block| {
        let arn = of_copies(block, place)?;
        let mut seen = rules.into_iter().flat_map(|r| &r.rules);
        let is_so = seen.any(|rule| {
            let have = rule.destination.replica_key.as_deref();
            have.is_some_and(|have| {
                same_for_copies(block, (arn.as_str(), have), Some(live), place) == Ok(true)
            })
        });
        refused(
            "replicate.kms_key",
            block.kms_key.as_ref()?,
            &arn,
            is_so,
            &live.aliases,
        )
    });
    bucket.into_iter().chain(copies).collect()
}

/// Why a key cannot be declared; one that is in use already can, as nothing changes.
fn refused(path: &str, key: &Reference, arn: &Arn, is_so: bool, seen: &Aliases) -> Option<Unreadable> {
    let unusable = || keys::unusable(path, key, arn, seen).filter(|_| !is_so);
    keys::dangling(path, key, arn, seen).or_else(unusable)
}

/// Whether any key is declared.
pub(super) fn names_any(spec: &Spec) -> bool {
    let of_bucket = spec.encryption.as_ref().is_some_and(|e| e.kms_key.is_some());
    of_bucket || spec.replicate.iter().any(|block| block.kms_key.is_some())
}

/// Looks up every alias that decides whether what is seen is what is declared, and whether that can be used; `live` is empty where there is no
/// bucket yet.
pub(super) async fn resolve(cx: &ReadContext<'_>, spec: Option<&Spec>, live: &Live) -> Aliases {
    let place = cx.place;
    let (mut declared, mut names): (Vec<Arn>, Vec<Arn>) = Default::default();
    let wanted = spec.and_then(|spec| of_bucket(spec, place));
    if wanted.is_some() || cx.depth == Depth::Everything {
        let seen = live.encryption.as_ref().and_then(|e| e.present()?.key.as_deref());
        names.extend(seen.and_then(|key| keys::full(key, &place.region, &place.account_id)));
    }
    declared.extend(wanted);
    let rules = live.replication.as_ref().and_then(|r| r.present());
    for block in spec.into_iter().flat_map(|spec| &spec.replicate) {
        let Some(wanted) = of_copies(block, place) else {
            continue;
        };
        declared.push(wanted);
        let (region, account) = there(block, place);
        let seen = rules.into_iter().flat_map(|r| &r.rules);
        let seen = seen.filter_map(|rule| rule.destination.replica_key.as_deref());
        names.extend(seen.filter_map(|key| keys::full(key, &region, &account)));
    }
    keys::resolve(cx, declared, names).await
}

/// Whether the key that new objects are encrypted with, as S3 shows it, is the declared one.
///
/// # Errors
/// When an alias that decides it could not be looked up.
pub(super) fn same(want: &str, have: &str, live: Option<&Live>, place: &Place) -> Result<bool, Unreadable> {
    one_key(want, have, live, (&place.region, &place.account_id))
}

/// The same of the key of copies.
///
/// # Errors
/// When an alias that decides it could not be looked up.
pub(super) fn same_for_copies(
    block: &ReplicateBlock,
    (want, have): (&str, &str),
    live: Option<&Live>,
    place: &Place,
) -> Result<bool, Unreadable> {
    let (region, account) = there(block, place);
    one_key(want, have, live, (&region, &account))
}

/// The account of a key of copies, where it is neither the source's nor the destination's.
pub(super) fn stranger_for_copies(block: &ReplicateBlock, key: &str, place: &Place) -> Option<AccountId> {
    let (region, account) = there(block, place);
    let owner = keys::full(key, &region, &account)?.account()?;
    (owner != account && owner != place.account_id).then_some(owner)
}

fn one_key(
    want: &str,
    have: &str,
    live: Option<&Live>,
    (region, account): (&Region, &AccountId),
) -> Result<bool, Unreadable> {
    let none = Aliases::new();
    let seen = live.map_or(&none, |live| &live.aliases);
    match (
        keys::full(want, region, account),
        keys::full(have, region, account),
    ) {
        (Some(want), Some(have)) => keys::same(&want, &have, seen),
        _ => Ok(want == have),
    }
}

/// The customer's key as proofs know it, `None` for one that a service manages: by the key's ARN where that is
/// known, and never by a name that belongs to no account.
///
/// # Errors
/// When it is nothing that a key is called by.
pub(super) fn known(key: &str, live: &Live, place: &Place) -> Result<Option<Arn>, Unreadable> {
    let Some(arn) = keys::full(key, &place.region, &place.account_id) else {
        return Err(Unreadable {
            action: Part::Encryption.read_action().to_owned(),
            why: format!("what encrypts new objects, {key}, is no name of a key"),
            denied: false,
        });
    };
    Ok(match live.aliases.get(&arn) {
        Some(Observed::Present(key)) => (!key.service_managed).then(|| key.arn.clone()),
        _ if keys::is_alias(&arn) && arn.resource().starts_with("alias/aws/") => None,
        _ => Some(arn),
    })
}

#[cfg(test)]
mod tests {
    use super::{known, out_of_use, same};
    use crate::kinds::keys::{Aliases, Resolved};
    use crate::kinds::s3_bucket::S3Bucket;
    use crate::kinds::s3_bucket::live::{Encryption, Live};
    use crate::kinds::testing::{Written, place};
    use crate::model::fact::KeyState;
    use crate::model::{Arn, Observed};

    const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/abc";
    const ALIAS: &str = "arn:aws:kms:us-east-1:111111111111:alias/acme";

    fn pointing(service_managed: bool) -> Live {
        let key = Resolved {
            arn: KEY.parse().unwrap(),
            service_managed,
            state: KeyState::Enabled,
            deletion_date: None,
        };
        Live {
            aliases: Aliases::from([(ALIAS.parse().unwrap(), Observed::Present(key))]),
            ..Live::default()
        }
    }

    #[test]
    fn every_form_of_a_key_is_the_key() {
        let live = pointing(false);
        let forms = [KEY, "abc", ALIAS, "alias/acme"];
        for want in forms {
            for have in forms {
                assert_eq!(
                    same(want, have, Some(&live), &place()),
                    Ok(true),
                    "{want} and {have}"
                );
            }
            for other in ["arn:aws:kms:eu-west-1:111111111111:key/abc", "abd"] {
                assert_eq!(
                    same(want, other, Some(&live), &place()),
                    Ok(false),
                    "{want} and {other}"
                );
            }
        }
        // Nothing was looked up.
        assert!(same(KEY, "alias/acme", None, &place()).is_err());
    }

    #[test]
    fn a_customers_key_is_never_taken_for_a_services() {
        let key: Arn = KEY.parse().unwrap();
        for name in [KEY, "abc", ALIAS, "alias/acme"] {
            assert_eq!(
                known(name, &pointing(false), &place()),
                Ok(Some(key.clone())),
                "{name}"
            );
        }
        assert_eq!(
            known("alias/acme", &Live::default(), &place()),
            Ok(ALIAS.parse().ok())
        );
        assert_eq!(known("alias/acme", &pointing(true), &place()), Ok(None));
        assert_eq!(known("alias/aws/s3", &Live::default(), &place()), Ok(None));
        assert!(known("a key", &Live::default(), &place()).is_err());
    }
    /// What is encrypted under a key that cannot be used is no change of the plan; what is to be is.
    #[test]
    fn nothing_moves_to_a_key_that_cannot_be_used() {
        let encryption = Written::new().set("kms_key", ALIAS);
        let block = Written::new()
            .set("name", "acme-uploads")
            .nest("encryption", encryption);
        let spec = block.spec::<S3Bucket>();
        for (state, before, refused) in [
            (KeyState::Disabled, None, true),
            (KeyState::PendingDeletion, Some("other"), true),
            (KeyState::Disabled, Some(KEY), false),
            (KeyState::Enabled, Some("other"), false),
        ] {
            let mut live = pointing(false);
            for seen in live.aliases.values_mut() {
                if let Observed::Present(key) = seen {
                    key.state = state.clone();
                }
            }
            live.encryption = before.map(|key| {
                Observed::Present(Encryption {
                    algorithm: "aws:kms".into(),
                    key: Some(key.into()),
                    bucket_key: None,
                    blocked: Vec::new(),
                })
            });
            let said = out_of_use(&spec, &live, &place());
            assert_eq!(!said.is_empty(), refused, "{state:?} {before:?}: {said:?}");
        }
    }
}
