//! Who may destroy which copy, or take away what protects it.

use super::super::actor::{Actor, Standing};
use super::super::ask::{Answer, Ask, Asker, Guard};
use super::super::graph::Node;
use super::super::ledger::Doing;
use super::{Maker, Permission, is_locked, own};
use crate::access::{Guardrails, Policies, Target};
use crate::model::fact::{Evidence, Facts};
use crate::model::{AccountId, Address, Arn, Observed};
use crate::prove::copy::{Copy, Holder};
use std::collections::{BTreeMap, BTreeSet};

/// What ends a customer's key. A grant never allows any of these, so that whoever may make grants ends nothing by it; nor does
/// whoever moves or deletes an alias, since what is encrypted names the key.
const ENDS_KEY: &[&str] = &["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy"];

/// Ends it only if its material was imported: at once, or when it is imported anew until a day.
const ENDS_IMPORTED: &[&str] = &["kms:DeleteImportedKeyMaterial", "kms:ImportKeyMaterial"];

/// Ends it only if its material lies in a custom key store. These are asked of the caller's own policies alone.
const ENDS_STORE: &[&str] = &[
    "kms:DisconnectCustomKeyStore",
    "kms:UpdateCustomKeyStore",
    "cloudhsm:DeleteHsm",
    "cloudhsm:DeleteCluster",
];

const UNLOCKS: &str = "backup:DeleteBackupVaultLockConfiguration";

/// What takes a recovery point out of a vault, or makes it expire.
const REMOVES: &[&str] = &[
    "backup:DeleteRecoveryPoint",
    // Hands a continuous one back to its source, where it can be ended.
    "backup:DisassociateRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
];

/// Deleting a continuous recovery point of a database disables its point-in-time backups, and its lifecycle is their retention
/// (AWS Backup Developer Guide, "Continuous backups and point-in-time recovery"). To disassociate it leaves them as they are.
const ENDS_CONTINUOUS: &[&str] = &[
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
];

/// Sets the time for which a replica of backups is kept, when it is started anew.
const RESTARTS: &str = "rds:StartDBInstanceAutomatedBackupsReplication";

/// A key that copies are under.
struct Sealing<'a> {
    arn: &'a Arn,
    owner: &'a AccountId,
}

/// A vault that somebody would take recovery points out of.
struct Emptied<'a> {
    arn: &'a Arn,
    owner: &'a AccountId,
    policy: Option<&'a Policies>,
    /// Whether its lock has to be taken off first.
    unlockable: bool,
    lock_unknown: bool,
}

impl<'a> Emptied<'a> {
    fn new(copy: &'a Copy, owner: &'a AccountId, policy: Option<&'a Policies>) -> Option<Self> {
        let Holder::Vault { arn, unlockable } = &copy.holder else {
            return None;
        };
        Some(Self {
            arn,
            owner,
            policy,
            unlockable: *unlockable,
            lock_unknown: matches!(copy.lock, Observed::Unreadable(_)),
        })
    }
}

/// What replaces a policy with one of the attacker's making, and what takes it away: then everybody may what their
/// own policies say.
pub(super) struct Opening {
    pub replaces: &'static str,
    pub removes: &'static str,
}

const VAULT: Opening = Opening {
    replaces: "backup:PutBackupVaultAccessPolicy",
    removes: "backup:DeleteBackupVaultAccessPolicy",
};

/// The states that a store's policy can be in, with what has to be done for it.
fn states<'a>(store: &Arn, policy: Option<&'a Policies>) -> Vec<(Guard<'a>, Option<Node>)> {
    let mut all = vec![
        (guarded(policy), None),
        (Guard::Opened, Some(Node::Opened(store.to_string()))),
    ];
    if policy.is_some() {
        all.push((Guard::None, Some(Node::Stripped(store.to_string()))));
    }
    all
}

/// Databases whose point-in-time backups AWS Backup manages, with the recovery point that they are.
pub(super) fn continuous(evidence: &[Evidence]) -> BTreeMap<Arn, Arn> {
    let points = evidence.iter().filter_map(|item| match item.facts.present()? {
        Facts::Database(database) => Some((item.arn.clone()?, database.continuous.clone()?)),
        _ => None,
    });
    points.collect()
}

/// What lies in vaults, by what it was made of.
pub(super) fn in_vaults(copies: &[Copy]) -> BTreeMap<Address, Vec<Copy>> {
    let mut all: BTreeMap<Address, Vec<Copy>> = BTreeMap::new();
    for copy in copies.iter().filter(|c| matches!(c.holder, Holder::Vault { .. })) {
        all.entry(copy.asset.clone()).or_default().push(copy.clone());
    }
    all
}

pub(super) fn guarded(policy: Option<&Policies>) -> Guard<'_> {
    policy.map_or(Guard::None, Guard::Policy)
}

pub(super) fn on(action: &str, what: &str) -> String {
    format!("may {action} on {what}")
}

impl Maker {
    pub(super) fn destroying(&mut self, copy: &Copy, asker: &Asker) {
        if is_locked(copy) {
            return;
        }
        let Some(owner) = &copy.domain.account else {
            return;
        };
        match &copy.holder {
            Holder::Bucket { arn, overwritable } => self.bucket(copy, owner, arn, *overwritable, asker),
            Holder::Database { arn } => {
                let gone = Node::Gone(copy.id.clone());
                let changes = Node::Changes(copy.asset.to_string());
                let target = Target::One(arn.as_str());
                self.database(&["rds:DeleteDBInstance"], &target, owner, &gone, None, asker);
                let actions = &["rds:ModifyDBInstance", "rds:DeleteDBInstance"];
                self.database(actions, &target, owner, &changes, None, asker);
            }
            Holder::Backups { database, region } => {
                let gone = Node::Gone(copy.id.clone());
                let instance = Target::One(database.as_str());
                if database.region().is_none_or(|r| r == *region) {
                    let actions = &["rds:ModifyDBInstance", "rds:DeleteDBInstance"];
                    self.database(actions, &instance, owner, &gone, None, asker);
                    self.continuous(copy, owner, database, asker);
                } else {
                    let shorter = Some("starting the copying anew shortens what was copied");
                    self.database(&[RESTARTS], &instance, owner, &gone, shorter, asker);
                }
                let backups = Arn::rds(database.partition(), region, owner, "auto-backup:*");
                let actions = &["rds:DeleteDBInstanceAutomatedBackup"];
                self.database(
                    actions,
                    &Target::Within(backups.as_str()),
                    owner,
                    &gone,
                    None,
                    asker,
                );
            }
            Holder::Vault { arn, .. } => self.vault(copy, owner, arn, asker),
        }
    }

    /// Anybody of the owning account with the permission; these services know no policy of the resource.
    fn database(
        &mut self,
        actions: &[&'static str],
        target: &Target<'_>,
        owner: &AccountId,
        gives: &Node,
        only_if: Option<&str>,
        asker: &Asker,
    ) {
        let (Target::One(text) | Target::Within(text)) = *target else {
            return;
        };
        let what = text.parse::<Arn>().map(|a| a.resource().to_owned());
        let what = what.unwrap_or_else(|_| text.to_owned());
        for action in actions {
            let may = Permission::to(action, owner, Guard::None).only_if(only_if);
            self.each(asker, &may, (&[], gives, &on(action, &what)), |who| {
                asker.ask(&own(who, action, target.clone()))
            });
        }
    }

    /// Who may replace the policy of a store, by their place among the actors. The root of the owning account always may.
    pub(super) fn opening(
        &mut self,
        opening: &Opening,
        store: &Arn,
        owner: &AccountId,
        policy: Option<&Policies>,
        asker: &Asker,
    ) -> BTreeSet<usize> {
        let mut openers = BTreeSet::new();
        let ways = [
            (opening.replaces, Node::Opened(store.to_string())),
            (opening.removes, Node::Stripped(store.to_string())),
        ];
        for (action, gives) in ways {
            let guard = guarded(policy);
            let does = on(action, store.resource());
            let may = Permission::to(action, owner, guard);
            let found = self.each(asker, &may, (&[], &gives, &does), |who| match who.standing {
                Standing::Root if who.account == *owner && matches!(asker.rails(who), Guardrails::None) => {
                    Answer::Yes(String::new())
                }
                _ => asker.ask(&Ask {
                    who,
                    action,
                    on: Target::One(store.as_str()),
                    owner,
                    guard,
                }),
            });
            if matches!(gives, Node::Opened(_)) {
                openers.extend(found);
            }
        }
        openers
    }

    /// Everybody who could do it, with the answer. Once a policy is replaced, those who could replace it come
    /// first: when all of them can go on by themselves, whom else they might let in makes no difference.
    fn tried<'a>(
        &self,
        asker: &'a Asker,
        (action, owner, guard, store): (&'static str, &AccountId, Guard<'_>, &Arn),
        ask: impl Fn(&'a Actor) -> Answer,
    ) -> Vec<(&'a Actor, Answer)> {
        if matches!(guard, Guard::Opened) {
            let openers = self.openers.get(store).into_iter().flatten();
            let openers: Vec<&Actor> = openers.filter_map(|place| asker.actors.get(*place)).collect();
            let found: Vec<_> = openers.iter().map(|who| (*who, ask(who))).collect();
            if found.iter().all(|(_, answer)| matches!(answer, Answer::Yes(_))) {
                return found;
            }
        }
        asker.each(asker.candidates(action, owner, guard), ask)
    }

    /// Recovery points: deleted, or made to expire; first the vault's policy and lock have to be got
    /// out of the way.
    fn vault(&mut self, copy: &Copy, owner: &AccountId, vault: &Arn, asker: &Asker) {
        let policy = self.guard(vault);
        let Some(emptied) = Emptied::new(copy, owner, policy.as_ref()) else {
            return;
        };
        self.unguarding(&emptied, asker);
        // Permissions on recovery points name the points, which have ARNs of many services.
        let points = Target::Within("*");
        self.emptying(&emptied, REMOVES, &points, &Node::Gone(copy.id.clone()), asker);
    }

    /// Who may replace a vault's policy, or take its lock off where that can be done.
    fn unguarding(&mut self, vault: &Emptied<'_>, asker: &Asker) {
        if self.asked.insert(Node::Opened(vault.arn.to_string())) {
            let openers = self.opening(&VAULT, vault.arn, vault.owner, vault.policy, asker);
            self.openers.entry(vault.arn.clone()).or_default().extend(openers);
        }
        let unlocked = Node::Unlocked(vault.arn.to_string());
        if !(vault.unlockable && self.asked.insert(unlocked.clone())) {
            return;
        }
        let target = Target::One(vault.arn.as_str());
        for (guard, first) in states(vault.arn, vault.policy) {
            let found = self.tried(asker, (UNLOCKS, vault.owner, guard, vault.arn), |who| {
                asker.ask(&Ask {
                    who,
                    action: UNLOCKS,
                    on: target.clone(),
                    owner: vault.owner,
                    guard,
                })
            });
            let also: Vec<Node> = first.into_iter().collect();
            let does = on(UNLOCKS, vault.arn.resource());
            self.take_in(found, (&also, &unlocked, &does), &[]);
        }
    }

    /// Who may do any of these to recovery points in a vault, and what that gives.
    fn emptying(
        &mut self,
        vault: &Emptied<'_>,
        actions: &[&'static str],
        points: &Target<'_>,
        gives: &Node,
        asker: &Asker,
    ) {
        let unlocked = vault.unlockable.then(|| Node::Unlocked(vault.arn.to_string()));
        for action in actions.iter().copied() {
            for (guard, first) in states(vault.arn, vault.policy) {
                let found = self.tried(asker, (action, vault.owner, guard, vault.arn), |who| {
                    let answer = asker.ask(&Ask {
                        who,
                        action,
                        on: points.clone(),
                        owner: vault.owner,
                        guard,
                    });
                    match vault.lock_unknown {
                        true => answer.and(Answer::Unknown("the vault's lock is not known".into())),
                        false => answer,
                    }
                });
                let also: Vec<Node> = first.iter().chain(&unlocked).cloned().collect();
                self.take_in(found, (&also, gives, &on(action, vault.arn.resource())), &[]);
            }
        }
    }

    /// Point-in-time backups that AWS Backup manages are a recovery point too. It lies in the vault that holds points of the
    /// database in its own account and region; where none is known, nothing is known to guard it.
    fn continuous(&mut self, copy: &Copy, owner: &AccountId, database: &Arn, asker: &Asker) {
        let Some(point) = self.continuous.get(database).cloned() else {
            return;
        };
        let gone = Node::Gone(copy.id.clone());
        let target = Target::One(point.as_str());
        let vaults: Vec<Copy> = self.vaults.get(&copy.asset).cloned().unwrap_or_default();
        let mut here = vaults
            .iter()
            .filter(|vault| vault.domain.account == copy.domain.account)
            .filter(|vault| vault.domain.region == copy.domain.region)
            .peekable();
        if here.peek().is_none() {
            self.database(ENDS_CONTINUOUS, &target, owner, &gone, None, asker);
        }
        for vault in here.filter(|vault| !is_locked(vault)) {
            let policy = self.guard(vault.holder.arn());
            if let Some(emptied) = Emptied::new(vault, owner, policy.as_ref()) {
                self.unguarding(&emptied, asker);
                self.emptying(&emptied, ENDS_CONTINUOUS, &target, &gone, asker);
            }
        }
    }

    /// A key that is gone takes with it whatever is encrypted with it, locked or not.
    pub(super) fn keys(&mut self, copies: &[&Copy], asker: &Asker) {
        let mut keys: BTreeSet<&Arn> = BTreeSet::new();
        for (copy, key) in copies
            .iter()
            .flat_map(|copy| copy.keys().map(move |key| (copy, key)))
        {
            keys.insert(key);
            self.push(
                vec![Node::KeyGone(key.to_string())],
                Node::Gone(copy.id.clone()),
                Doing::itself(format!(
                    "nothing encrypted with {} can be read any more",
                    key.resource()
                )),
                Answer::Yes(String::new()),
            );
        }
        for key in keys {
            let Some(owner) = key.account() else { continue };
            // A key without a policy does not exist: what was not read is not known.
            let policy = self.guard(key).unwrap_or_else(|| Policies::unread("its policy"));
            let key = Sealing {
                arn: key,
                owner: &owner,
            };
            self.ending(&key, ENDS_KEY, Guard::Policy(&policy), None, asker);
            let foreign = self.foreign.get(key.arn).copied();
            if foreign != Some(false) {
                let imported = Some("its material was imported");
                self.ending(&key, ENDS_IMPORTED, Guard::Policy(&policy), imported, asker);
            }
            // Of a key that nobody read it is not known anyway who may end it.
            if foreign == Some(true) {
                let outside = Some("its material lies in a custom key store");
                self.ending(&key, ENDS_STORE, Guard::None, outside, asker);
            }
        }
    }

    fn ending(
        &mut self,
        key: &Sealing<'_>,
        actions: &[&'static str],
        guard: Guard<'_>,
        only_if: Option<&str>,
        asker: &Asker,
    ) {
        let gone = Node::KeyGone(key.arn.to_string());
        for action in actions {
            let does = on(action, key.arn.resource());
            let may = Permission::to(action, key.owner, guard).only_if(only_if);
            self.each(asker, &may, (&[], &gone, &does), |who| {
                asker.ask(&Ask {
                    who,
                    action,
                    on: match guard {
                        Guard::None => Target::Within("*"),
                        Guard::Policy(_) | Guard::Opened => Target::One(key.arn.as_str()),
                    },
                    owner: key.owner,
                    guard,
                })
            });
        }
    }
}
