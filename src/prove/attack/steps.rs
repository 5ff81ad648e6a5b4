//! The steps: who becomes whom, who may take which protection away, who may destroy which copy.
//!
//! What a step needs is asked of the policy documents ([`ask`]). The lists of actions are those of
//! the services' authorization references; each is one way to destroy, none needs the others.

use super::Principals;
use super::ask::{Answer, Ask, Asker};
use super::graph::{Certainty, Node, Step};
use crate::model::fact::{Evidence, Facts, LockMode};
use crate::model::policy::{Document, Effect, Statement};
use crate::model::{AccountId, Arn, Observed, Principal, PrincipalKind};
use crate::prove::copy::{Copy, Encryption, Holder, Mechanism};
use std::collections::{BTreeMap, BTreeSet};

/// The root of an account.
pub(super) fn root_of(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// Somebody who may change what anybody in the account may do, and so may do everything there.
fn administrator_of(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:role/who-may-change-every-policy")
}

/// Whether nobody, the account's root included, can delete it for now.
pub(super) fn is_locked(copy: &Copy) -> bool {
    matches!(&copy.lock, Observed::Present(lock) if lock.mode == LockMode::Compliance && lock.days > 0)
}

/// All steps of an estate.
pub(super) fn make(evidence: &[Evidence], principals: &Principals, copies: &[Copy]) -> Vec<Step> {
    let mut maker = Maker {
        steps: Vec::new(),
        asker: Asker::default(),
        actors: actors(principals, copies),
        policies: BTreeMap::new(),
    };
    for item in evidence {
        let (Some(arn), Some(facts)) = (&item.arn, item.facts.present()) else {
            continue;
        };
        if let Some(policy) = policy_of(facts) {
            maker.policies.insert(arn, policy);
        }
    }
    maker.roots();
    maker.becoming();
    maker.escalating();
    for copy in copies {
        maker.destroying(copy);
    }
    maker.keys(copies);
    maker.steps
}

fn policy_of(facts: &Facts) -> Option<&Observed<Document>> {
    match facts {
        Facts::ObjectStore(store) => Some(&store.policy),
        _ => None,
    }
}

/// Everybody who is known; of every account its root, and who may become anybody.
fn actors(principals: &Principals, copies: &[Copy]) -> Vec<(AccountId, Principal)> {
    let mut accounts: BTreeSet<&AccountId> = principals.keys().collect();
    accounts.extend(copies.iter().filter_map(|c| c.domain.account.as_ref()));
    let everything = || {
        vec![(
            "everything".to_owned(),
            Observed::Present(Document::new([Statement::new(Effect::Allow, ["*"], ["*"])])),
        )]
    };
    let mut all = Vec::new();
    for account in accounts {
        for arn in [root_of(account), administrator_of(account)] {
            let Ok(arn) = arn.parse::<Arn>() else { continue };
            all.push((
                account.clone(),
                Principal {
                    arn,
                    kind: PrincipalKind::User,
                    id: account.to_string(),
                    trust: Observed::Absent,
                    policies: everything(),
                    boundary: Observed::Absent,
                },
            ));
        }
        let known = principals.get(account).and_then(Observed::present);
        all.extend(known.into_iter().flatten().map(|p| (account.clone(), p.clone())));
    }
    all
}

struct Maker<'a> {
    steps: Vec<Step>,
    asker: Asker,
    actors: Vec<(AccountId, Principal)>,
    /// Resource policies that were looked for, by the resource.
    policies: BTreeMap<&'a Arn, &'a Observed<Document>>,
}

fn acts(principal: &Principal) -> Node {
    Node::Acts(principal.arn.to_string())
}

fn name(arn: &Arn) -> String {
    let text = arn.to_string();
    text.strip_prefix("arn:aws:iam::").unwrap_or(&text).to_owned()
}

/// Services that run code under a role that is passed to them, with the action that starts it.
const RUNNERS: &[(&str, &str)] = &[
    ("lambda.amazonaws.com", "lambda:CreateFunction"),
    ("ec2.amazonaws.com", "ec2:RunInstances"),
    ("ecs-tasks.amazonaws.com", "ecs:RunTask"),
    ("glue.amazonaws.com", "glue:CreateJob"),
    ("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    ("codebuild.amazonaws.com", "codebuild:CreateProject"),
    ("ssm.amazonaws.com", "ssm:StartAutomationExecution"),
    ("states.amazonaws.com", "states:CreateStateMachine"),
    ("sagemaker.amazonaws.com", "sagemaker:CreateNotebookInstance"),
    ("batchoperations.s3.amazonaws.com", "s3:CreateJob"),
    ("backup.amazonaws.com", "backup:StartRestoreJob"),
];

/// What gives the caller, or somebody it then acts as, any permission it likes.
const REWRITES_ROLE: &[&str] = &["iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary"];
const REWRITES_USER: &[&str] = &["iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPermissionsBoundary"];
const REWRITES_POLICY: &[&str] = &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];
const REWRITES_GROUP: &[&str] = &["iam:PutGroupPolicy", "iam:AttachGroupPolicy", "iam:AddUserToGroup"];

/// What makes the caller somebody else without changing what that one may do.
const TAKES_USER: &[&str] = &["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];

/// What ends a customer's key.
const ENDS_KEY: &[&str] = &["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy"];

impl Maker<'_> {
    fn push(&mut self, needs: Vec<Node>, gives: Node, because: String, answer: Answer) {
        if needs.contains(&gives) {
            return;
        }
        let (certainty, by) = match answer {
            Answer::No => return,
            Answer::Yes(by) => (Certainty::Sure, by),
            Answer::If(condition, by) => (Certainty::Depends(condition), by),
            Answer::Unknown(why) => (Certainty::Unknown(why), String::new()),
        };
        let because = if by.is_empty() {
            because
        } else {
            format!("{because} ({by})")
        };
        self.steps.push(Step {
            needs,
            gives,
            because,
            certainty,
        });
    }

    /// The root of an account may become anybody in it: it can reset every credential and rewrite
    /// every trust.
    fn roots(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        for (account, principal) in &actors {
            for above in [root_of(account), administrator_of(account)] {
                if principal.arn.to_string() == root_of(account) {
                    continue;
                }
                self.push(
                    vec![Node::Acts(above.clone())],
                    acts(principal),
                    format!("who administers {account} can act as {}", name(&principal.arn)),
                    Answer::Yes(String::new()),
                );
            }
        }
        self.actors = actors;
    }

    /// Role assumption, by trust.
    fn becoming(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        for (account, role) in actors.iter().filter(|(_, p)| p.kind == PrincipalKind::Role) {
            for (from, who) in &actors {
                if who.arn == role.arn {
                    continue;
                }
                let answer = self.asker.ask(&Ask {
                    who,
                    from,
                    action: "sts:AssumeRole",
                    resource: &role.arn,
                    owner: account,
                    policy: Some(&role.trust),
                    strict: true,
                });
                self.push(
                    vec![acts(who)],
                    acts(role),
                    format!("{} assumes {}", name(&who.arn), name(&role.arn)),
                    answer,
                );
            }
        }
        self.actors = actors;
    }

    fn own(&mut self, who: &Principal, from: &AccountId, action: &str, resource: &Arn) -> Answer {
        self.asker.ask(&Ask {
            who,
            from,
            action,
            resource,
            owner: from,
            policy: None,
            strict: false,
        })
    }

    /// Who may change what others in the account may do is an administrator of it, whatever the
    /// documents say today.
    fn escalating(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        for (account, who) in &actors {
            if who.arn.to_string() == root_of(account) || who.arn.to_string() == administrator_of(account) {
                continue;
            }
            let above = Node::Acts(administrator_of(account));
            let any: Option<Arn> = format!("arn:aws:iam::{account}:policy/any").parse().ok();
            let group: Option<Arn> = format!("arn:aws:iam::{account}:group/any").parse().ok();
            for (actions, resource) in [(REWRITES_POLICY, any), (REWRITES_GROUP, group)] {
                for (action, resource) in actions.iter().zip(std::iter::repeat(resource).flatten()) {
                    let answer = self.own(who, account, action, &resource);
                    let because = format!("{} may {action}", name(&who.arn));
                    self.push(vec![acts(who)], above.clone(), because, answer);
                }
            }
            for (of, target) in actors.iter().filter(|(of, _)| of == account) {
                if target.arn.to_string() == root_of(of) || target.arn.to_string() == administrator_of(of) {
                    continue;
                }
                self.over(who, account, target, &above);
            }
        }
        self.actors = actors;
    }

    fn over(&mut self, who: &Principal, account: &AccountId, target: &Principal, above: &Node) {
        let (rewrites, takes): (&[&str], &[&str]) = match target.kind {
            PrincipalKind::Role => (REWRITES_ROLE, &["iam:UpdateAssumeRolePolicy"]),
            PrincipalKind::User => (REWRITES_USER, TAKES_USER),
        };
        for action in takes {
            if who.arn == target.arn {
                continue;
            }
            let answer = self.own(who, account, action, &target.arn);
            let because = format!("{} may {action} on {}", name(&who.arn), name(&target.arn));
            self.push(vec![acts(who)], acts(target), because, answer);
        }
        for action in rewrites {
            let answer = self.own(who, account, action, &target.arn);
            // A boundary caps whatever the policy is rewritten to, unless it can be taken off.
            let capped = !matches!(target.boundary, Observed::Absent) && !action.ends_with("Boundary");
            if capped || (matches!(target.boundary, Observed::Absent) && action.ends_with("Boundary")) {
                continue;
            }
            let because = format!("{} may {action} on {}", name(&who.arn), name(&target.arn));
            self.push(vec![acts(who), acts(target)], above.clone(), because, answer);
        }
        if target.kind == PrincipalKind::Role {
            self.passing(who, account, target);
        }
    }

    /// A role that may be passed to a service that runs the caller's code under it.
    fn passing(&mut self, who: &Principal, account: &AccountId, role: &Principal) {
        let pass = self.own(who, account, "iam:PassRole", &role.arn);
        if matches!(pass, Answer::No) || who.arn == role.arn {
            return;
        }
        for (service, action) in RUNNERS {
            let trusted = match &role.trust {
                Observed::Present(trust) => super::ask::trusts_service(trust, service),
                Observed::Absent => false,
                Observed::Unreadable(_) => true,
            };
            if !trusted {
                continue;
            }
            let Ok(anything) = format!("arn:aws:any::{account}:any").parse::<Arn>() else {
                continue;
            };
            let run = self.own(who, account, action, &anything);
            let because = format!("{} passes {} to {service} with {action}", name(&who.arn), name(&role.arn));
            self.push(vec![acts(who)], acts(role), because, pass.clone().and(run));
        }
    }

    fn destroying(&mut self, copy: &Copy) {
        if is_locked(copy) {
            return;
        }
        let Some(owner) = copy.domain.account.clone() else { return };
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
                    self.database(copy, &owner, &database, &["rds:ModifyDBInstance", "rds:DeleteDBInstance"]);
                }
                let backups = format!("arn:aws:rds:{region}:{owner}:auto-backup:any");
                if let Ok(backups) = backups.parse::<Arn>() {
                    self.database(copy, &owner, &backups, &["rds:DeleteDBInstanceAutomatedBackup"]);
                }
            }
            Holder::Vault { arn } => self.database(
                copy,
                &owner,
                &arn,
                &["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
            ),
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
        let Ok(objects) = format!("{bucket}/*").parse::<Arn>() else { return };
        let policy = self.policies.get(bucket).copied();
        let unread = Observed::Unreadable(crate::model::Unreadable {
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

    /// A key that is gone takes with it whatever is encrypted with it, locked or not.
    fn keys(&mut self, copies: &[Copy]) {
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
                Observed::Unreadable(crate::model::Unreadable {
                    action: "kms:GetKeyPolicy".into(),
                    why: format!("the policy of {} was not read", key.resource()),
                    denied: false,
                })
            });
            for (account, who) in &actors {
                for action in ENDS_KEY {
                    let answer = if who.arn.to_string() == root_of(&owner) && policy.present().is_none() {
                        Answer::Unknown(format!("whether {} is a customer's own key was not read", key.resource()))
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
                    self.push(
                        vec![acts(who)],
                        Node::KeyGone(key.to_string()),
                        because,
                        answer,
                    );
                }
            }
        }
        self.actors = actors;
    }
}
