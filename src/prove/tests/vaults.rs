//! What recovery points in vaults are worth: unread, late, and under which key.

use super::database;
use super::{
    PROD, VAULT, account, daily, everybody, key, objective, proved, role, row, served, vault, vault_lock,
};
use crate::model::fact::{Coverage, Evidence, Facts, KeyState, LockMode, Schedule, Spread, TagMatch, Vault};
use crate::model::objective::{CopiesRule, Objective};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{Arn, Duration, Observed, Unreadable};
use crate::prove::copy::{Copy, Encryption, Grade, Mechanism};
use crate::prove::verdict::{Loss, Verdict};
use crate::prove::{Proof, Survival};

fn spoiled(mut vault: Evidence, spoil: impl FnOnce(&mut Vault)) -> Evidence {
    if let Observed::Present(Facts::Vault(facts)) = &mut vault.facts {
        spoil(facts);
    }
    vault
}

fn points(proof: &Proof) -> Option<&Copy> {
    let copies = &proof.assets[0].copies;
    copies.iter().find(|c| c.mechanism == Mechanism::RecoveryPoints)
}

/// What may be in a vault that nobody could read is neither a copy nor none, where a plan fills it.
#[test]
fn a_vault_that_could_not_be_read_leaves_it_open() {
    let denied = || Unreadable {
        action: "backup:ListRecoveryPointsByBackupVault".into(),
        why: "denied".into(),
        denied: true,
    };
    let unread = || {
        spoiled(vault(VAULT, "us-west-2", Observed::Absent), |v| {
            v.holds = Observed::Unreadable(denied());
        })
    };
    let seen = [served(database()), unread(), daily(VAULT, "us-west-2")];
    let asks = Objective {
        survives: vec!["region_outage".into()],
        copies: CopiesRule {
            total: 3,
            regions: 2,
            accounts: 2,
            ..CopiesRule::default()
        },
        ..objective("2d", 7)
    };
    let proof = proved(&seen, &everybody(), std::slice::from_ref(&asks));
    assert_eq!(
        row(&proof, "rds_instance.app", Mechanism::RecoveryPoints),
        "???????"
    );
    assert_eq!(points(&proof).unwrap().grade, Grade::Unknown);
    let asset = &proof.assets[0];
    let cell = asset
        .cells
        .iter()
        .find(|c| c.scenario == "region_outage")
        .unwrap();
    assert_eq!(cell.judged["core"][0].verdict, Verdict::Unknown);
    for judged in &asset.rules["core"] {
        assert_eq!(judged.verdict, Verdict::Unknown, "{judged:?}");
    }
    // By tags, or by a selection that could not be read, it may be filled as well.
    let by_tag = |plan: &mut Schedule| {
        plan.covers = Observed::Present(vec![Coverage {
            resources: Vec::new(),
            any_tag: vec![TagMatch {
                test: "StringEquals".into(),
                key: "backup".into(),
                value: "daily".into(),
            }],
            ..plan.covers.present().unwrap()[0].clone()
        }]);
    };
    let elsewhere = |plan: &mut Schedule| {
        let mut of_others = plan.covers.present().unwrap()[0].clone();
        of_others.resources = vec!["arn:aws:dynamodb:*:*:table/*".into()];
        plan.covers = Observed::Present(vec![of_others]);
    };
    let unselected = |plan: &mut Schedule| plan.covers = Observed::Unreadable(denied());
    type Change<'a> = &'a dyn Fn(&mut Schedule);
    let changes: [(Change<'_>, bool); 3] = [(&by_tag, true), (&unselected, true), (&elsewhere, false)];
    for (change, expected) in changes {
        let mut plan = daily(VAULT, "us-west-2");
        if let Observed::Present(Facts::Schedule(schedule)) = &mut plan.facts {
            change(schedule);
        }
        let proof = proved(&[served(database()), unread(), plan], &everybody(), &[]);
        assert_eq!(points(&proof).is_some(), expected);
    }
    // One that no plan fills is no copy that anybody meant.
    let proof = proved(&seen[..2], &everybody(), &[]);
    assert!(points(&proof).is_none());
}

/// A plan whose jobs fail keeps no promise: what counts is how old the newest recovery point is.
#[test]
fn a_newest_point_that_is_late_breaks_the_promise() {
    let newest = |text: &str| {
        let late = spoiled(vault(VAULT, "us-west-2", Observed::Absent), |v| {
            if let Observed::Present(held) = &mut v.holds {
                held[0].newest = Some(text.into());
            }
        });
        let seen = [served(database()), late, daily(VAULT, "us-west-2")];
        let copy = points(&proved(&seen, &everybody(), &[])).unwrap().clone();
        (copy.staleness, copy.history.present().unwrap().spacing)
    };
    let hours = |n: u64| Duration::from_secs(n * 3600);
    // At 29 hours the promise is just kept, at 30 it is not.
    let (kept, spacing) = newest("2026-02-28T07:00:00Z");
    assert_eq!((kept.promised, spacing), (Some(hours(29)), hours(29)));
    let (broken, spacing) = newest("2026-02-28T06:00:00Z");
    assert_eq!((broken.promised, broken.measured), (None, Some(hours(30))));
    assert_eq!(spacing, hours(30));
}

/// A snapshot of a database stays under the database's key, and goes with it, whatever the vault's key is.
#[test]
fn recovery_points_are_under_their_own_keys() {
    let key = |id: &str| -> Arn { format!("arn:aws:kms:us-east-1:{PROD}:key/{id}").parse().unwrap() };
    let under = |keys: &[&str], vaults: Option<&str>| {
        let near = spoiled(vault(PROD, "us-east-1", Observed::Absent), |v| {
            v.key = vaults.map(key);
            v.service_key = Some(vaults.is_none());
            if let Observed::Present(held) = &mut v.holds {
                held[0].keys = keys.iter().map(|id| key(id)).collect();
            }
        });
        let seen = [served(database()), near, daily(PROD, "us-east-1")];
        points(&proved(&seen, &everybody(), &[]))
            .unwrap()
            .encryption
            .clone()
    };
    let with = |id: &str| Observed::Present(Encryption::Key(key(id)));
    assert_eq!(under(&[], None), Observed::Present(Encryption::Service));
    assert_eq!(under(&[], Some("vault")), with("vault"));
    assert_eq!(under(&["vault"], Some("vault")), with("vault"));
    assert_eq!(under(&["database"], Some("vault")), with("database"));
    assert_eq!(under(&["database"], None), with("database"));
    assert!(matches!(
        under(&["database", "vault"], Some("vault")),
        Observed::Unreadable(_)
    ));
}

/// One rule more, which fills the same vault.
fn also(mut plan: Evidence, gap_days: u32, kept_days: u32) -> Evidence {
    if let Observed::Present(Facts::Schedule(schedule)) = &mut plan.facts {
        let mut rule = schedule.rules[0].clone();
        rule.longest_gap_minutes = Some(gap_days * 24 * 60);
        rule.copies[0].delete_after_days = Some(kept_days);
        schedule.rules.push(rule);
    }
    plan
}

fn since(oldest: &str, spread: &[(u32, u32)]) -> Evidence {
    spoiled(vault(VAULT, "us-west-2", Observed::Absent), |v| {
        if let Observed::Present(held) = &mut v.holds {
            held[0].oldest = Some(oldest.into());
            held[0].spread = spread
                .iter()
                .map(|(back, gap)| Spread {
                    back: Duration::from_days(*back),
                    gap: Duration::from_days(*gap),
                })
                .collect();
        }
    })
}

fn apart(seen: &[Evidence], days: u32) -> Duration {
    let proof = proved(seen, &everybody(), &[]);
    let history = points(&proof).unwrap().history.present().unwrap().clone();
    history.spacing_at(Duration::from_days(days))
}

/// Daily points for a month and monthly ones for a year: far back, points lie a month apart.
#[test]
fn rules_that_keep_for_longer_leave_points_farther_apart() {
    let hours = |n: u64| Duration::from_secs(n * 3600);
    let plan = also(daily(VAULT, "us-west-2"), 31, 366);
    let seen = [
        served(database()),
        since("2025-03-05T05:00:00Z", &[]),
        plan.clone(),
    ];
    let proof = proved(&seen, &everybody(), &[]);
    let history = points(&proof).unwrap().history.present().unwrap().clone();
    // It reaches as far as the oldest does, by the rule that keeps longest.
    assert!(history.reach.covers(Duration::from_days(360)), "{history:?}");
    assert!(!history.reach.covers(Duration::from_days(366)), "{history:?}");
    assert_eq!(apart(&seen, 1), hours(29));
    // The daily point before a moment 29 days ago may be a day older than that, and gone.
    assert_eq!(apart(&seen, 28), hours(29));
    assert_eq!(apart(&seen, 29), hours(31 * 24 + 5));
    assert_eq!(apart(&seen, 200), hours(31 * 24 + 5));
    // The order of the rules changes nothing, and one that keeps no longer adds nothing.
    let mut turned = plan;
    if let Observed::Present(Facts::Schedule(schedule)) = &mut turned.facts {
        schedule.rules.reverse();
    }
    let seen = [served(database()), since("2025-03-05T05:00:00Z", &[]), turned];
    assert_eq!(
        (apart(&seen, 28), apart(&seen, 29)),
        (hours(29), hours(31 * 24 + 5))
    );
}

/// Jobs that failed some time ago left a hole: whoever goes back there loses what lies in it.
#[test]
fn holes_that_were_seen_count() {
    let hours = |n: u64| Duration::from_secs(n * 3600);
    let with = |spread: &[(u32, u32)]| {
        [
            served(database()),
            since("2026-01-30T05:00:00Z", spread),
            daily(VAULT, "us-west-2"),
        ]
    };
    let even = with(&[(1, 1), (7, 1), (29, 1)]);
    assert_eq!((apart(&even, 1), apart(&even, 20)), (hours(29), hours(29)));
    // Six days without a point, more than a day ago and less than a week.
    let holed = with(&[(1, 1), (7, 6), (29, 6)]);
    assert_eq!((apart(&holed, 1), apart(&holed, 2)), (hours(29), hours(6 * 24)));
    assert_eq!(apart(&holed, 20), hours(6 * 24));
    // What is lost to damage that is noticed after a week.
    let proof = proved(&holed, &everybody(), &[]);
    let cell = |name: &str| proof.assets[0].cells.iter().find(|c| c.scenario == name).unwrap();
    let loss = |name: &str| {
        let copies = &cell(name).copies;
        copies
            .iter()
            .find(|c| c.copy.ends_with("/vault_keep"))
            .unwrap()
            .loss
    };
    assert_eq!(loss("ransomware"), Loss::AtMost(hours(6 * 24)));
    assert_eq!(loss("corruption"), Loss::AtMost(hours(29)));
    assert_eq!(loss("region_outage"), Loss::AtMost(hours(29)));
    let said = &points(&proof).unwrap().grounds[0].says;
    assert!(said.contains("the longest time between two of them 6d"), "{said}");
}

/// Jobs that have stopped made copies once. The newest being late by a run is no reason to count one less.
#[test]
fn what_has_stopped_being_made_is_no_further_copy() {
    let total = |newest: &str| {
        let late = spoiled(vault(VAULT, "us-west-2", Observed::Absent), |v| {
            if let Observed::Present(held) = &mut v.holds {
                held[0].newest = Some(newest.into());
            }
        });
        let seen = [served(database()), late, daily(VAULT, "us-west-2")];
        let asks = Objective {
            copies: CopiesRule {
                total: 3,
                ..CopiesRule::default()
            },
            ..objective("2d", 7)
        };
        let proof = proved(&seen, &everybody(), std::slice::from_ref(&asks));
        proof.assets[0].rules["core"][0].verdict
    };
    assert_eq!(total("2026-03-01T05:00:00Z"), Verdict::Holds);
    assert_eq!(total("2026-02-28T05:00:00Z"), Verdict::Holds);
    assert_eq!(total("2026-02-26T05:00:00Z"), Verdict::Fails);
}

/// Vaults of one name in two accounts, or in two regions, are two copies, and each has its own fate.
#[test]
fn vaults_of_one_name_are_told_apart() {
    let mut principals = everybody();
    let thief = role(PROD, "thief", &["backup:DeleteRecoveryPoint"], &[]);
    principals.insert(account(PROD), Observed::Present(vec![thief]));
    for (owner, place) in [(VAULT, "us-east-1"), (VAULT, "us-west-2")] {
        let near = vault(PROD, "us-east-1", Observed::Absent);
        let far = vault(owner, place, Observed::Absent);
        for seen in [[near.clone(), far.clone()], [far.clone(), near.clone()]] {
            let [first, second] = seen;
            let seen = [served(database()), first, second, daily(owner, place)];
            let proof = proved(&seen, &principals, &[]);
            let asset = &proof.assets[0];
            let found = |id: &str| {
                let id = format!("rds_instance.app/vault_{id}");
                let cell = asset.cells.iter().find(|c| c.scenario == "credential_compromise");
                let cell = cell.unwrap().copies.iter().find(|c| c.copy == id);
                matches!(cell.unwrap().survival, Survival::Survives)
            };
            assert!(found(&format!("keep@{owner}:{place}")));
            assert!(!found(&format!("keep@{PROD}:us-east-1")));
            let mut ids: Vec<&str> = proof
                .assets
                .iter()
                .flat_map(|a| &a.copies)
                .map(|c| c.id.as_str())
                .collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "{ids:?}");
        }
    }
    // One alone goes by its name.
    let seen = [served(database()), vault(VAULT, "us-west-2", Observed::Absent)];
    let proof = proved(&seen, &principals, &[]);
    assert_eq!(points(&proof).unwrap().id, "rds_instance.app/vault_keep");
}

/// A plan keeps no promise of which no time shows that it is kept.
#[test]
fn a_newest_point_without_a_time_shows_nothing() {
    for newest in [None, Some("soon"), Some("2026-03-02T12:00:00Z")] {
        let odd = spoiled(vault(VAULT, "us-west-2", Observed::Absent), |v| {
            if let Observed::Present(held) = &mut v.holds {
                held[0].newest = newest.map(Into::into);
            }
        });
        let seen = [served(database()), odd, daily(VAULT, "us-west-2")];
        let proof = proved(&seen, &everybody(), &[]);
        let copy = points(&proof).unwrap();
        assert_eq!(copy.staleness.promised, None, "{newest:?}");
        assert!(copy.history.known().is_err(), "{newest:?}");
    }
}

/// What is locked for good and under a key that its source's account ends is not immutable.
#[test]
fn a_copy_under_the_key_of_its_source_is_not_immutable() {
    let to = |who: &str, action: &str| {
        Document::new([Statement::new(Effect::Allow, [action], ["*"]).principal("AWS", who)])
    };
    let ours: Arn = "arn:aws:kms:us-west-2:111111111111:key/k".parse().unwrap();
    let immutable = |under: Option<&Arn>, policy: Option<Document>| {
        let lock = vault_lock(LockMode::Compliance, Some("2026-02-01T00:00:00Z"));
        let locked = spoiled(vault(VAULT, "us-west-2", lock), |v| {
            v.key = under.cloned();
            v.service_key = Some(under.is_none());
        });
        let mut seen = vec![served(database()), locked, daily(VAULT, "us-west-2")];
        seen.extend(policy.map(|policy| key(KeyState::Enabled, policy)));
        let asks = Objective {
            copies: CopiesRule {
                immutable: 1,
                ..CopiesRule::default()
            },
            ..objective("2d", 7)
        };
        let proof = proved(&seen, &everybody(), std::slice::from_ref(&asks));
        proof.assets[0].rules["core"][0].verdict
    };
    assert_eq!(immutable(None, None), Verdict::Holds);
    let root = to("arn:aws:iam::111111111111:root", "kms:*");
    assert_eq!(immutable(Some(&ours), Some(root)), Verdict::Fails);
    // Nobody of that account may end it.
    let nobody = to("arn:aws:iam::222222222222:root", "kms:Decrypt");
    assert_eq!(immutable(Some(&ours), Some(nobody)), Verdict::Holds);
    // Nobody read who may.
    assert_eq!(immutable(Some(&ours), None), Verdict::Unknown);
}
