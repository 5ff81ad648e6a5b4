//! Whatever is declared of a vault and whatever is there.

use super::vault;
use super::world::{LONG_AGO, NOW, at};
use crate::kinds::backup_vault::BackupVault;
use crate::kinds::backup_vault::live::{LiveLock, LiveVault};
use crate::kinds::testing::{accepted, decoded, place};
use crate::kinds::tests::documents::{self, Words, document};
use crate::kinds::tests::laws::{self, Order};
use crate::kinds::tests::reach::{Asked, Request, Says};
use crate::model::Observed;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

const ONE: &str = "arn:aws:iam::111111111111:role/one";
const GUARD: &str = "arn:aws:iam::111111111111:role/guard";
const OUTSIDE: &str = "arn:aws:iam::222222222222:root";

/// What can end in the loss of recovery points.
const GRAVE: [&str; 5] = [
    "backup:deleterecoverypoint",
    "backup:updaterecoverypointlifecycle",
    "backup:deletebackupvault",
    "backup:putbackupvaultaccesspolicy",
    "backup:deletebackupvaultlockconfiguration",
];
const HARMLESS: [&str; 2] = ["backup:copyintobackupvault", "backup:describebackupvault"];

static WORDS: Words = Words {
    principals: &[ONE, GUARD, OUTSIDE, "*"],
    actions: &[
        "backup:*",
        "backup:Delete*",
        "backup:DeleteRecoveryPoint",
        "backup:CopyIntoBackupVault",
        "backup:PutBackupVaultAccessPolicy",
        "backup:D?leteBackupVault",
    ],
    resources: &["*"],
    conditions: &[
        ("StringEquals", "aws:PrincipalOrgID", "o-1"),
        ("ArnNotEquals", "aws:PrincipalArn", GUARD),
    ],
};

impl Order for BackupVault {
    fn lower(old: &LiveVault, new: &LiveVault) -> BTreeSet<String> {
        let mut lower = BTreeSet::new();
        let (before, after) = (Asked::of(old.policy.present()), Asked::of(new.policy.present()));
        for principal in [ONE, GUARD, OUTSIDE] {
            for (action, grave) in GRAVE
                .iter()
                .map(|a| (a, true))
                .chain(HARMLESS.iter().map(|a| (a, false)))
            {
                for context in [&[][..], &[("aws:principalorgid", "o-1")]] {
                    let request = Request {
                        principal,
                        action,
                        resource: "point",
                        context,
                    };
                    let (was, is) = (before.say(request), after.say(request));
                    if is > was && (grave || was == Says::No) {
                        lower.insert(format!("{principal} to {action} with {context:?}"));
                    }
                }
            }
        }
        let rank = |lock: &Option<LiveLock>| match lock {
            None => 0,
            Some(lock) if lock.closes.is_none() => 1,
            Some(lock) if !lock.closed => 2,
            Some(_) => 3,
        };
        let min = |vault: &LiveVault| vault.lock.as_ref().and_then(|l| l.min).unwrap_or(0);
        let max = |vault: &LiveVault| vault.lock.as_ref().and_then(|l| l.max).unwrap_or(u32::MAX);
        let mut check = |less: bool, name: &str| {
            if less {
                lower.insert(name.to_owned());
            }
        };
        check(rank(&new.lock) < rank(&old.lock), "lock");
        check(min(new) < min(old), "least days");
        // What was to be kept for longer is no longer made.
        check(max(new) < max(old), "most days");
        let closes = |vault: &LiveVault| vault.lock.as_ref().and_then(|l| l.closes);
        check(
            closes(old).is_some() && closes(new) > closes(old),
            "when it closes",
        );
        lower
    }
}

fn lock() -> impl Strategy<Value = Json> {
    (
        of(select(vec!["3d", "7d", "300d"])),
        of(select(vec!["7d", "14d"])),
        of(select(vec!["90d", "365d"])),
    )
        .prop_map(|(grace, min, max)| {
            let mut lock = match grace {
                Some(grace) => json!({"mode": "compliance", "grace": grace}),
                None => json!({"mode": "governance"}),
            };
            for (name, days) in [("min", min), ("max", max)] {
                if let Some(days) = days {
                    lock[name] = days.into();
                }
            }
            lock
        })
}

fn declared() -> impl Strategy<Value = Json> {
    (
        subsequence(vec!["222222222222", "o-1"], 0..=2),
        of(any::<bool>()),
        subsequence(vec![GUARD], 0..=1),
        of(documents::blocks(&WORDS)),
        of(lock()),
    )
        .prop_map(|(from, deny, guardians, statements, lock)| {
            let mut block = Map::from_iter([
                ("name".to_owned(), Json::from("acme")),
                ("kms_key".to_owned(), super::KEY.into()),
                ("receives_from".to_owned(), from.into()),
            ]);
            block.extend(deny.map(|on| ("deny_delete".to_owned(), on.into())));
            if deny == Some(true) {
                block.insert("guardians".to_owned(), guardians.into());
            }
            block.extend(statements.map(|s| ("policy".to_owned(), json!([{"statement": s}]))));
            block.extend(lock.map(|lock| ("lock".to_owned(), json!([lock]))));
            Json::from(block)
        })
        .prop_filter("accepted", |block| {
            let (spec, said) = decoded::<BackupVault>(block, &place());
            spec.is_some() && !said.has_errors()
        })
}

fn found() -> impl Strategy<Value = LiveVault> {
    let days = || (of(select(vec![7_u32, 14])), of(select(vec![90_u32, 365])));
    let date = select(vec![
        None,
        Some("2026-11-22T00:00:00Z"),
        Some("2026-11-24T12:30:00Z"),
        Some("2026-11-28T12:00:00Z"),
        Some("2026-12-04T06:00:00Z"),
        Some("2027-09-17T12:00:00Z"),
        Some(LONG_AGO),
    ]);
    let lock = of((date, days())).prop_map(|lock| {
        lock.map(|(date, (min, max))| LiveLock {
            closes: date.map(at),
            closed: date == Some(LONG_AGO),
            seen: Some(at(NOW)),
            min,
            max,
        })
    });
    let policy = of(prop_oneof![
        documents::blocks(&WORDS).prop_map(|b| document(&b)),
        declared()
            .prop_map(|b| super::policy::wanted(&accepted::<BackupVault>(&b), "aws").unwrap_or_default()),
    ]);
    (lock, policy).prop_map(|(lock, policy)| {
        vault(|vault| {
            vault.lock = lock;
            vault.policy = policy.map_or(Observed::Absent, Observed::Present);
        })
    })
}

proptest! {
    #![proptest_config(laws::cases(800))]

    #[test]
    fn the_laws_hold_of_a_vault(want in declared(), have in of(found())) {
        laws::hold::<BackupVault>(&accepted::<BackupVault>(&want), have.as_ref())?;
    }
}
