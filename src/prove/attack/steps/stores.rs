//! Who may destroy which copy, or take away what protects it.

use super::super::ask::{Answer, Ask};
use super::super::graph::Node;
use super::{Maker, acts, is_locked, name, root_of};
use crate::model::fact::LockMode;
use crate::model::policy::Document;
use crate::model::{AccountId, Arn, Observed, Unreadable};
use crate::prove::copy::{Copy, Encryption, Holder, Mechanism};
use std::collections::BTreeSet;

/// What ends a customer's key.
const ENDS_KEY: &[&str] = &["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy"];

impl Maker<'_> {
    pub(super) fn destroying(&mut self, copy: &Copy) {
        if is_locked(copy) {
            return;
        }
        let Some(owner) = copy.domain.account.clone() else {
            return;
        };
        match copy.holder.clone() {
            Holder::Bucket { arn, overwritable } => self.bucket(copy, &owner, &arn, overwritable),
            Holder::Database { arn } => {
                self.database(copy, &owner, &arn, &["rds:DeleteDBInstance"]);
                for action in ["rds:ModifyDBInstance", "rds:DeleteDBInstance"] {
                    self.database_changes(copy, &owner, &arn, action);
                }
            }
            Holder::Backups { database, region } => {
                let own_region = database.region().is_none_or(|r| r == region);
                if own_region {
                    self.database(
                        copy,
                        &owner,
                        &database,
                        &["rds:ModifyDBInstance", "rds:DeleteDBInstance"],
                    );
                }
                let backups = format!("arn:aws:rds:{region}:{owner}:auto-backup:any");
                if let Ok(backups) = backups.parse::<Arn>() {
                    self.database(copy, &owner, &backups, &["rds:DeleteDBInstanceAutomatedBackup"]);
                }
            }
            Holder::Vault { arn, unlockable } => self.vault(copy, &owner, &arn, unlockable),
        }
    }

    /// Anybody of the owning account with the permission; these services know no policy of the resource.
    fn database(&mut self, copy: &Copy, owner: &AccountId, resource: &Arn, actions: &[&str]) {
        let actors = std::mem::take(&mut self.actors);
        for (account, who) in actors.iter().filter(|(account, _)| account == owner) {
            for action in actions {
                let answer = self.own(who, account, action, resource);
                let because = format!("{} may {action} on {}", name(&who.arn), resource.resource());
                self.push(vec![acts(who)], Node::Gone(copy.id.clone()), because, answer);
            }
        }
        self.actors = actors;
    }

    fn database_changes(&mut self, copy: &Copy, owner: &AccountId, resource: &Arn, action: &str) {
        let actors = std::mem::take(&mut self.actors);
        for (account, who) in actors.iter().filter(|(account, _)| account == owner) {
            let answer = self.own(who, account, action, resource);
            let because = format!("{} may {action} on {}", name(&who.arn), resource.resource());
            self.push(
                vec![acts(who)],
                Node::Changes(copy.asset.to_string()),
                because,
                answer,
            );
        }
        self.actors = actors;
    }

    fn bucket(&mut self, copy: &Copy, owner: &AccountId, bucket: &Arn, overwritable: bool) {
        let Ok(objects) = format!("{bucket}/*").parse::<Arn>() else {
            return;
        };
        let policy = self.policies.get(bucket).copied();
        let unread = Observed::Unreadable(Unreadable {
            action: "s3:GetBucketPolicy".into(),
            why: format!("the policy of {} was not read", bucket.resource()),
            denied: false,
        });
        let policy = policy.unwrap_or(&unread).clone();
        let governed = matches!(&copy.lock, Observed::Present(lock) if lock.mode == LockMode::Governance);
        let lock_unknown = match &copy.lock {
            Observed::Unreadable(why) => Some(why.why.clone()),
            _ => None,
        };
        let mut ways: Vec<(&str, &Arn)> = Vec::new();
        match copy.mechanism {
            Mechanism::Live => ways.extend([("s3:DeleteObject", &objects), ("s3:PutObject", &objects)]),
            _ => {
                ways.push(("s3:DeleteObjectVersion", &objects));
                if !governed {
                    ways.push(("s3:PutLifecycleConfiguration", bucket));
                }
                if overwritable {
                    ways.extend([("s3:DeleteObject", &objects), ("s3:PutObject", &objects)]);
                }
            }
        }
        let gone = Node::Gone(copy.id.clone());
        let opened = Node::Opened(bucket.to_string());
        let actors = std::mem::take(&mut self.actors);
        for (account, who) in &actors {
            let mut ask = |action: &str, resource: &Arn, policy: Option<&Observed<Document>>| {
                self.asker.ask(&Ask {
                    who,
                    from: account,
                    action,
                    resource,
                    owner,
                    policy,
                    strict: false,
                })
            };
            let mut found = Vec::new();
            for action in ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"] {
                let answer = if who.arn.to_string() == root_of(owner) {
                    // The root of the owning account can always delete the policy.
                    Answer::Yes(String::new())
                } else {
                    ask(action, bucket, Some(&policy))
                };
                let because = format!("{} may {action} on {}", name(&who.arn), bucket.resource());
                found.push((vec![acts(who)], opened.clone(), because, answer));
            }
            for (action, resource) in &ways {
                let mut today = ask(action, resource, Some(&policy));
                let mut once_opened = ask(action, resource, None);
                if account != owner {
                    // A policy of the attacker's making grants to whoever has the permission at home.
                    once_opened = once_opened.and(Answer::Yes(String::new()));
                }
                if governed && *action == "s3:DeleteObjectVersion" {
                    let bypass = "s3:BypassGovernanceRetention";
                    today = today.and(ask(bypass, resource, Some(&policy)));
                    once_opened = once_opened.and(ask(bypass, resource, None));
                }
                if let Some(why) = &lock_unknown {
                    today = today.and(Answer::Unknown(format!("the lock is not known: {why}")));
                    once_opened = once_opened.and(Answer::Unknown(format!("the lock is not known: {why}")));
                }
                let because = format!("{} may {action} on {}", name(&who.arn), resource.resource());
                found.push((vec![acts(who)], gone.clone(), because.clone(), today));
                found.push((
                    vec![acts(who), opened.clone()],
                    gone.clone(),
                    format!("{because} once its policy is replaced"),
                    once_opened,
                ));
            }
            if copy.mechanism == Mechanism::Live {
                let answer = ask("s3:PutObject", &objects, Some(&policy));
                let because = format!("{} may s3:PutObject on {}", name(&who.arn), bucket.resource());
                found.push((
                    vec![acts(who)],
                    Node::Changes(copy.asset.to_string()),
                    because,
                    answer,
                ));
            }
            for (needs, gives, because, answer) in found {
                self.push(needs, gives, because, answer);
            }
        }
        self.actors = actors;
    }

    /// Recovery points: deleted, or made to expire; first the vault's policy and lock have to be got
    /// out of the way.
    fn vault(&mut self, copy: &Copy, owner: &AccountId, vault: &Arn, unlockable: bool) {
        let unread = Observed::Unreadable(Unreadable {
            action: "backup:GetBackupVaultAccessPolicy".into(),
            why: format!("the policy of {} was not read", vault.resource()),
            denied: false,
        });
        let policy = self.policies.get(vault).copied().unwrap_or(&unread).clone();
        let gone = Node::Gone(copy.id.clone());
        let opened = Node::Opened(vault.to_string());
        let unlocked = Node::Unlocked(vault.to_string());
        let lock_unknown = matches!(copy.lock, Observed::Unreadable(_));
        let actors = std::mem::take(&mut self.actors);
        for (account, who) in actors.iter().filter(|(account, _)| account == owner) {
            let mut ask = |action: &str, policy: Option<&Observed<Document>>| {
                self.asker.ask(&Ask {
                    who,
                    from: account,
                    action,
                    resource: vault,
                    owner,
                    policy,
                    strict: false,
                })
            };
            let on = |action: &str| format!("{} may {action} on {}", name(&who.arn), vault.resource());
            let mut found = Vec::new();
            for action in [
                "backup:PutBackupVaultAccessPolicy",
                "backup:DeleteBackupVaultAccessPolicy",
            ] {
                let answer = if who.arn.to_string() == root_of(owner) {
                    Answer::Yes(String::new())
                } else {
                    ask(action, Some(&policy))
                };
                found.push((vec![acts(who)], opened.clone(), on(action), answer));
            }
            let unlock = "backup:DeleteBackupVaultLockConfiguration";
            let before = vec![acts(who)];
            let after = vec![acts(who), opened.clone()];
            for (needs, policy) in [(before, Some(&policy)), (after, None)] {
                found.push((needs.clone(), unlocked.clone(), on(unlock), ask(unlock, policy)));
                for action in [
                    "backup:DeleteRecoveryPoint",
                    "backup:UpdateRecoveryPointLifecycle",
                ] {
                    let mut answer = ask(action, policy);
                    let mut needs = needs.clone();
                    if unlockable {
                        needs.push(unlocked.clone());
                    }
                    if lock_unknown {
                        answer = answer.and(Answer::Unknown("the vault's lock is not known".into()));
                    }
                    found.push((needs, gone.clone(), on(action), answer));
                }
            }
            for (needs, gives, because, answer) in found {
                self.push(needs, gives, because, answer);
            }
        }
        self.actors = actors;
    }

    /// A key that is gone takes with it whatever is encrypted with it, locked or not.
    pub(super) fn keys(&mut self, copies: &[Copy]) {
        let mut keys: BTreeSet<Arn> = BTreeSet::new();
        for copy in copies {
            let Observed::Present(Encryption::Key(key)) = &copy.encryption else {
                continue;
            };
            keys.insert(key.clone());
            self.push(
                vec![Node::KeyGone(key.to_string())],
                Node::Gone(copy.id.clone()),
                format!("nothing encrypted with {} can be read any more", key.resource()),
                Answer::Yes(String::new()),
            );
        }
        let actors = std::mem::take(&mut self.actors);
        for key in keys {
            let Some(owner) = key.account() else { continue };
            let policy = self.policies.get(&key).copied().cloned().unwrap_or_else(|| {
                Observed::Unreadable(Unreadable {
                    action: "kms:GetKeyPolicy".into(),
                    why: format!("the policy of {} was not read", key.resource()),
                    denied: false,
                })
            });
            for (account, who) in &actors {
                for action in ENDS_KEY {
                    let answer = if who.arn.to_string() == root_of(&owner) && policy.present().is_none() {
                        Answer::Unknown(format!(
                            "whether {} is a customer's own key was not read",
                            key.resource()
                        ))
                    } else {
                        self.asker.ask(&Ask {
                            who,
                            from: account,
                            action,
                            resource: &key,
                            owner: &owner,
                            policy: Some(&policy),
                            strict: true,
                        })
                    };
                    let because = format!("{} may {action} on {}", name(&who.arn), key.resource());
                    self.push(vec![acts(who)], Node::KeyGone(key.to_string()), because, answer);
                }
            }
        }
        self.actors = actors;
    }
}
