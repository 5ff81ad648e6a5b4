//! KMS keys under their several names: what is declared is often an alias, what is seen never is.

use super::ReadContext;
use crate::aws::{AwsError, Class, Clients, Reader, classify};
use crate::model::fact::{KeyFacts, KeyState};
use crate::model::policy::{Effect, Statement};
use crate::model::schema::Reference;
use crate::model::{AccountId, Address, Arn, Observed, Region, Unreadable};
use aws_sdk_kms::types::KeyManagerType;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DESCRIBE: &str = "kms:DescribeKey";

/// What [`outside`] takes. Which keys copies are under is not known before they are read.
pub const ACTIONS: [&str; 2] = [DESCRIBE, super::kms_key::live::POLICY];

/// What a proof has to know of a key that no block of the posture names: whether it can be used, and whom its policy lets
/// do what. `kms:DescribeKey` and `kms:GetKeyPolicy`, in the key's region.
pub async fn outside(reader: &Reader, arn: &Arn) -> Observed<KeyFacts> {
    match (arn.region(), arn.account()) {
        (Some(region), Some(account)) => super::kms_key::outside(reader, &region, &account, arn).await,
        _ => Observed::Unreadable(unresolved(format!("{arn} names no region or account"))),
    }
}

/// How a proof names a key that no block names.
pub fn address(arn: &Arn) -> Address {
    let name = arn.resource().rsplit('/').next().unwrap_or_default();
    Address::new(<super::kms_key::KmsKey as super::Kind>::NAME, name)
}

/// What KMS says of a key, whatever name it was asked by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The key's own ARN.
    pub arn: Arn,
    /// Whether an AWS service manages it.
    pub service_managed: bool,
    /// Whether it can be used.
    pub state: KeyState,
    /// RFC 3339, while deletion is pending.
    pub deletion_date: Option<String>,
}

/// What the aliases of one resource point to, by their ARNs, and what is declared by the ARN of a key that cannot be used.
/// An alias can be made to point elsewhere, so this holds for the moment of the read.
pub(super) type Aliases = BTreeMap<Arn, Observed<Resolved>>;

/// The ARN of what is named by its ARN, its id or an alias, the latter two in this region and account.
pub(super) fn full(name: &str, region: &Region, account: &AccountId) -> Option<Arn> {
    if name.starts_with("arn:") {
        return name.parse().ok();
    }
    let partition = region.partition();
    let is_id = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match name.strip_prefix("alias/") {
        Some(_) => Some(Arn::kms(partition, region, account, name)),
        None if is_id => Some(Arn::kms(partition, region, account, &format!("key/{name}"))),
        None => None,
    }
}

/// The ARN of the key or alias that is declared; see [`full`].
pub(super) fn declared(key: &Reference, region: &Region, account: &AccountId) -> Option<Arn> {
    match &key.arn {
        Some(arn) => Some(arn.clone()),
        None => full(key.name.as_deref()?, region, account),
    }
}

/// Asks what each alias among these points to, and whether what is `declared` can be used. Which key it is, the ARN
/// of a key says already, so one that may not be looked at is taken as it is.
pub(super) async fn resolve(
    cx: &ReadContext<'_>,
    declared: impl IntoIterator<Item = Arn>,
    seen: impl IntoIterator<Item = Arn>,
) -> Aliases {
    let mut names: BTreeSet<Arn> = seen.into_iter().filter(is_alias).collect();
    names.extend(declared);
    let asks = names.into_iter().map(|name| async move {
        let seen = look_up(cx, &name).await;
        (name, seen)
    });
    let all = futures::future::join_all(asks).await.into_iter();
    all.filter(|(name, key)| is_alias(name) || key.present().is_some_and(|k| k.state != KeyState::Enabled))
        .collect()
}

/// Whether two ARNs mean one key: one name is one key, and two aliases are one key only by what they point to now.
///
/// # Errors
/// When an alias that decides it could not be looked up. That is neither yes nor no.
pub(super) fn same(a: &Arn, b: &Arn, seen: &Aliases) -> Result<bool, Unreadable> {
    if a == b {
        return Ok(true);
    }
    let key = |name: &Arn| match seen.get(name) {
        _ if !is_alias(name) => Ok(Some(name.clone())),
        Some(Observed::Present(key)) => Ok(Some(key.arn.clone())),
        // An alias that points to nothing is no key.
        Some(Observed::Absent) => Ok(None),
        Some(Observed::Unreadable(why)) => Err(Unreadable {
            why: format!("which key {name} is could not be looked up: {}", why.why),
            ..why.clone()
        }),
        None => Err(unresolved(format!("which key {name} is was not looked up"))),
    };
    let (a, b) = (key(a)?, key(b)?);
    Ok(a.is_some() && a == b)
}

/// What to say of a declared alias that points to nothing and that no block of the posture brings about.
pub(super) fn dangling(path: &str, key: &Reference, arn: &Arn, seen: &Aliases) -> Option<Unreadable> {
    let nowhere = key.address.is_none() && seen.get(arn) == Some(&Observed::Absent);
    nowhere.then(|| {
        let region = arn.region().map(|r| format!(", region {r}")).unwrap_or_default();
        let account = arn.account().map(|a| format!(" in account {a}{region}")).unwrap_or_default();
        unresolved(format!(
            "{path}: there is no {}{account}. Correct the name, create the alias, declare the key as a kms_key block \
             and refer to that, or write the key's ARN",
            arn.resource()
        ))
    })
}

/// What to say of a declared key that new data are to be encrypted with, cannot be used, and that no block of the posture
/// brings back.
pub(super) fn unusable(path: &str, key: &Reference, arn: &Arn, seen: &Aliases) -> Option<Unreadable> {
    let found = seen.get(arn).and_then(Observed::present);
    let found = found.filter(|_| key.address.is_none())?;
    let own = &found.arn;
    let is = match (&found.state, &found.deletion_date) {
        (KeyState::Enabled, _) => return None,
        (KeyState::Disabled, _) => format!("is disabled. Enable it (aws kms enable-key --key-id {own})"),
        (KeyState::PendingDeletion, date) => {
            let on = date
                .as_ref()
                .map(|date| format!(" on {date}"))
                .unwrap_or_default();
            format!(
                "is deleted{on}, and all that it encrypts is lost then. Call that off (aws kms cancel-key-deletion --key-id {own})"
            )
        }
        (KeyState::Other(state), _) => {
            format!("cannot be used in its state, {state}. Wait, or have that ended")
        }
    };
    let name = if is_alias(arn) {
        format!("{}, the key {own},", arn.resource())
    } else {
        format!("the key {own}")
    };
    Some(unresolved(format!("{path}: {name} {is}, or name another key")))
}

fn unresolved(why: String) -> Unreadable {
    Unreadable {
        action: DESCRIBE.to_owned(),
        why,
        denied: false,
    }
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
        state: key.map_or_else(
            || KeyState::Other("unknown".to_owned()),
            super::kms_key::live::state,
        ),
        deletion_date: key.and_then(|k| k.deletion_date()).map(ToString::to_string),
    })
}

/// Looks a key up, once in a run, in its own account where that is one of the posture's.
pub(super) async fn look_up(cx: &ReadContext<'_>, key: &Arn) -> Observed<Resolved> {
    let memo = format!("kms:key:{key}");
    let elsewhere = key.account().filter(|account| *account != cx.place.account_id);
    let other = elsewhere.and_then(|account| cx.reader.other(&account));
    let reader = other.unwrap_or(cx.reader);
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
    use super::{Aliases, Resolved, dangling, declared, full, granted, same, unusable};
    use crate::kinds::testing::place;
    use crate::model::fact::KeyState;
    use crate::model::policy::Match;
    use crate::model::schema::Reference;
    use crate::model::{Arn, Observed, Unreadable};

    fn arn(resource: &str) -> Arn {
        format!("arn:aws:kms:us-east-1:111111111111:{resource}")
            .parse()
            .unwrap()
    }

    fn to(key: &str) -> Observed<Resolved> {
        Observed::Present(Resolved {
            arn: arn(key),
            service_managed: false,
            state: KeyState::Enabled,
            deletion_date: None,
        })
    }

    fn text(name: &str) -> Reference {
        Reference {
            address: None,
            arn: name.parse().ok(),
            name: Some(name.into()),
            region: None,
            account: None,
        }
    }

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

    #[test]
    fn ids_and_aliases_belong_to_a_region_and_an_account() {
        let place = place();
        for (name, resource) in [
            ("alias/acme", "alias/acme"),
            ("mrk-0af1", "key/mrk-0af1"),
            ("arn:aws:kms:us-east-1:111111111111:key/k", "key/k"),
        ] {
            assert_eq!(
                full(name, &place.region, &place.account_id),
                Some(arn(resource)),
                "{name}"
            );
            assert_eq!(
                declared(&text(name), &place.region, &place.account_id),
                Some(arn(resource))
            );
        }
        for name in ["", "key/k", "a key", "arn:k"] {
            assert_eq!(full(name, &place.region, &place.account_id), None, "{name}");
        }
    }

    #[test]
    fn aliases_are_one_key_by_what_they_point_to() {
        let (one, other, gone, denied) = (
            arn("alias/one"),
            arn("alias/other"),
            arn("alias/gone"),
            arn("alias/denied"),
        );
        let key = arn("key/k");
        let why = Unreadable {
            action: "kms:DescribeKey".into(),
            why: "no".into(),
            denied: true,
        };
        let mut seen = Aliases::from([
            (one.clone(), to("key/k")),
            (other.clone(), to("key/k")),
            (gone.clone(), Observed::Absent),
            (denied.clone(), Observed::Unreadable(why)),
        ]);
        for (a, b, expected) in [
            (&one, &key, true),
            (&key, &one, true),
            (&one, &other, true),
            (&one, &arn("key/l"), false),
            (&gone, &key, false),
            (&key, &arn("key/l"), false),
            (&denied, &denied, true),
        ] {
            assert_eq!(same(a, b, &seen), Ok(expected), "{a} and {b}");
        }
        for (a, b) in [(&denied, &key), (&key, &denied), (&denied, &one)] {
            assert!(same(a, b, &seen).unwrap_err().denied, "{a} and {b}");
        }
        // One of which nothing was asked is neither.
        assert!(!same(&arn("alias/new"), &key, &seen).unwrap_err().denied);
        // The alias is made to point elsewhere, and is another key.
        seen.insert(other.clone(), to("key/l"));
        assert_eq!(same(&one, &other, &seen), Ok(false));
    }

    #[test]
    fn an_alias_that_points_to_nothing_is_said_unless_it_will_be_made() {
        let gone = arn("alias/gone");
        let seen = Aliases::from([(gone.clone(), Observed::Absent)]);
        let mut key = text(gone.as_str());
        let why = dangling("kms_key", &key, &gone, &seen).unwrap().why;
        assert!(
            why.contains("no alias/gone in account 111111111111, region us-east-1"),
            "{why}"
        );
        key.address = "kms_key.gone".parse().ok();
        assert_eq!(dangling("kms_key", &key, &gone, &seen), None);
    }
    #[test]
    fn a_key_that_cannot_be_used_is_said_unless_it_will_be_brought_back() {
        let seen = |state: KeyState| {
            let key = Resolved {
                arn: arn("key/k"),
                service_managed: false,
                deletion_date: (state == KeyState::PendingDeletion).then(|| "2026-12-01T00:00:00Z".into()),
                state,
            };
            let key = Observed::Present(key);
            Aliases::from([(arn("alias/acme"), key.clone()), (arn("key/k"), key)])
        };
        for name in ["alias/acme", "key/k"] {
            let said = |state| unusable("kms_key", &text(arn(name).as_str()), &arn(name), &seen(state));
            assert_eq!(said(KeyState::Enabled), None);
            for (state, part) in [
                (
                    KeyState::Disabled,
                    "enable-key --key-id arn:aws:kms:us-east-1:111111111111:key/k",
                ),
                (KeyState::PendingDeletion, "deleted on 2026-12-01T00:00:00Z"),
                (KeyState::Other("PendingImport".into()), "PendingImport"),
            ] {
                let why = said(state).unwrap().why;
                assert!(why.contains(part), "{name}: {why}");
            }
            let mut declared = text(arn(name).as_str());
            declared.address = "kms_key.acme".parse().ok();
            assert_eq!(
                unusable("kms_key", &declared, &arn(name), &seen(KeyState::Disabled)),
                None
            );
        }
    }
}
