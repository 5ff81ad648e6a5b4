//! Whatever is declared of a role and whatever is there.

use crate::kinds::iam::INLINE;
use crate::kinds::iam::live::{LiveRole, Settings};
use crate::kinds::iam_role::IamRole;
use crate::kinds::testing::accepted;
use crate::kinds::tests::documents::{self, document};
use crate::kinds::tests::laws::{self, Order};
use crate::kinds::tests::roles::{self, POLICIES, managed};
use crate::model::Observed;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

impl Order for IamRole {
    const APART: bool = false;

    fn lower(old: &LiveRole, new: &LiveRole) -> BTreeSet<String> {
        roles::lower(old, new)
    }
}

fn declared() -> impl Strategy<Value = Json> {
    (
        vec(documents::block(&roles::TRUST), 1..=2),
        documents::blocks(&roles::ACCESS),
        of(subsequence(&POLICIES[..], 0..=2)),
        of(select(&POLICIES[..])),
        of(select(vec!["1h", "12h"])),
    )
        .prop_map(|(trust, statement, managed, boundary, session)| {
            let mut block = Map::from_iter([
                ("name".to_owned(), Json::from("restore")),
                ("trust".to_owned(), trust.into()),
                ("statement".to_owned(), statement.into()),
            ]);
            block.extend(managed.map(|all| ("managed_policies".to_owned(), all.into())));
            block.extend(boundary.map(|arn| ("boundary".to_owned(), arn.into())));
            block.extend(session.map(|length| ("max_session".to_owned(), length.into())));
            block.into()
        })
}

/// Of ours, and finished: with an inline policy or without one.
fn found() -> impl Strategy<Value = LiveRole> {
    (
        vec(documents::block(&roles::TRUST), 1..=2),
        of(documents::blocks(&roles::ACCESS)),
        subsequence(&POLICIES[..], 0..=2),
        of(select(&POLICIES[..])),
        select(vec![3600, 43200]),
    )
        .prop_map(|(trust, inline, attached, boundary, max_session)| LiveRole {
            name: "restore".into(),
            path: "/backstay/acme/".into(),
            arn: "arn:aws:iam::111111111111:role/backstay/acme/restore".into(),
            trust: Observed::Present(document(&trust)),
            inline: inline
                .map(|said| (INLINE.to_owned(), Observed::Present(document(&said))))
                .into_iter()
                .collect(),
            attached: attached.into_iter().map(managed).collect(),
            boundary: boundary.map(managed),
            tags: BTreeMap::from([("backstay:project".to_owned(), "acme".to_owned())]),
            settings: Some(Observed::Present(Settings {
                description: String::new(),
                max_session,
            })),
        })
}

proptest! {
    #![proptest_config(laws::cases(800))]

    #[test]
    fn the_laws_hold_of_a_role(want in declared(), have in of(found())) {
        laws::hold::<IamRole>(&accepted::<IamRole>(&want), have.as_ref())?;
    }
}
