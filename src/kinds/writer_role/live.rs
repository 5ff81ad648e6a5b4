//! A backup writer as it was seen: its role, and its boundary, which may outlive it.

use super::spec::{BOUNDARY, Spec, boundary_arn, role_arn};
use crate::kinds::ReadContext;
use crate::kinds::iam::account::{self, AccountRoles};
use crate::kinds::iam::live::{LivePolicy, LiveRole, Need};
use crate::kinds::iam::writer_path;
use crate::model::{Observed, Place};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A backup writer as it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveWriter {
    /// The role, when it exists.
    pub role: Option<LiveRole>,
    /// The writer's own boundary, attached or not, when it exists.
    pub boundary: Option<LivePolicy>,
}

pub(super) async fn read(
    cx: ReadContext<'_>,
    wanted: &[(String, Option<Spec>)],
) -> BTreeMap<String, Observed<LiveWriter>> {
    let account = account::read(cx.reader).await;
    let account = match account.as_ref() {
        Ok(account) => account,
        Err(error) => {
            return account::unread(cx, wanted, error);
        }
    };
    let mut asked: BTreeMap<String, Need> = wanted
        .iter()
        .map(|(name, spec)| (name.clone(), need(cx, spec.as_ref())))
        .collect();
    if cx.discover {
        for name in forgotten(account, cx.place) {
            asked.entry(name).or_insert_with(|| need(cx, None));
        }
    }
    let reads = asked.into_iter().map(|(name, need)| async move {
        let role = match account.roles.get(&name) {
            Some(role) => Some(LiveRole::complete(cx.reader, account, role, need).await),
            None => None,
        };
        let arn = boundary_arn(&name, cx.place);
        let boundary = account.policies.get(arn.as_str()).map(|document| LivePolicy {
            arn: arn.to_string(),
            document: Some(document.clone()),
        });
        let read = match (&role, &boundary) {
            (None, None) => Observed::Absent,
            _ => Observed::Present(LiveWriter { role, boundary }),
        };
        (name, read)
    });
    futures::future::join_all(reads).await.into_iter().collect()
}

fn need(cx: ReadContext<'_>, spec: Option<&Spec>) -> Need {
    Need {
        settings: spec.is_some_and(|s| s.max_session.is_some()),
        // Whatever is attached besides is detached; whether a Deny goes with it matters.
        aws_policies: spec.is_some() || cx.depth.everything(),
    }
}

/// The names of all writers under the project's path, by role or by boundary.
fn forgotten(account: &AccountRoles, place: &Place) -> BTreeSet<String> {
    let path = writer_path(place);
    let roles = account
        .roles
        .values()
        .filter(|r| r.path == path)
        .map(|r| r.name.clone());
    let boundaries = account.policies.keys().filter_map(|arn| {
        let (_, name) = arn.rsplit_once('/')?;
        let name = name.strip_suffix(BOUNDARY)?;
        (boundary_arn(name, place).as_str() == arn).then(|| name.to_owned())
    });
    roles.chain(boundaries).collect()
}

impl LiveWriter {
    /// Where a role of this name is that is no writer of this project.
    pub(super) fn foreign<'a>(&'a self, name: &str, place: &Place) -> Option<&'a LiveRole> {
        let role = self.role.as_ref()?;
        (role.arn != role_arn(name, place).as_str()).then_some(role)
    }
}
