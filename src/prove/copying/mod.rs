//! Whether those who make copies may: a service copies only while the role that it takes on exists, trusts it, and is let in
//! at both ends. A setting that names a dead role copies nothing, and no error says so.

mod role;

use super::attack::{Everybody, guardrails};
use super::copies::{ground, lag};
use super::copy::{Copy, Encryption, Mechanism, Staleness};
use super::{keys, objects};
use crate::access::{Known, Policies, Target};
use crate::model::fact::{Coverage, Evidence, Facts, ObjectStore, Replica, Schedule, Vault};
use crate::model::{AccountId, Arn, Duration, Observed, Principal, Region};
use role::{Role, principal};

/// Whether copies go on being made, from the best to the worst.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Able {
    /// By every document that bears on it.
    Certainly,
    /// Only when this is so.
    Depends(String),
    /// It could not be read.
    Unknown(String),
    /// No.
    Never(String),
}

impl Able {
    /// Why not for certain.
    pub(super) fn why(&self) -> Option<&str> {
        match self {
            Self::Certainly => None,
            Self::Depends(why) | Self::Unknown(why) | Self::Never(why) => Some(why),
        }
    }
}

/// Everything that tells who may copy what.
pub(super) struct Copying<'a> {
    /// What was seen of each resource.
    pub(super) evidence: &'a [Evidence],
    /// Who can act, and what binds them.
    pub(super) everybody: Everybody<'a>,
}

impl<'a> Copying<'a> {
    pub(super) fn new(evidence: &'a [Evidence], everybody: Everybody<'a>) -> Self {
        Self { evidence, everybody }
    }

    /// Takes what may be replicated into a copy. What has arrived stays; without a role that may copy nothing is promised,
    /// and a replica has only a part of what is written from now on.
    pub(super) fn settle(&self, mut copy: Copy) -> Copy {
        let Some((source, able, shown)) = self.replicated(&copy) else {
            return copy;
        };
        let Some(why) = able.why() else {
            return copy;
        };
        copy.grounds.push(ground(source, why));
        if let (Able::Unknown(_), Some(newest)) = (&able, shown) {
            return seen_to_work(copy, source, &newest);
        }
        let is_replica = copy.mechanism == Mechanism::ObjectReplica;
        copy.staleness = match is_replica {
            true => Staleness::UNKNOWN,
            // How old the newest dump there is was seen.
            false => Staleness {
                promised: None,
                ..copy.staleness
            },
        };
        match able {
            Able::Certainly => {}
            Able::Unknown(why) => copy.unknown = copy.unknown.or(Some(why)),
            Able::Depends(why) if is_replica => {
                let says = format!(
                    "only what has arrived already, unless what is written now may be copied, which depends: {why}"
                );
                copy.partial = copy.partial.or(Some(says));
            }
            Able::Never(why) if is_replica => {
                let says = format!("only what has arrived already, and nothing that is written now: {why}");
                copy.partial = Some(says);
            }
            Able::Never(why) => copy.ended = Some(why),
            Able::Depends(_) => {}
        }
        copy
    }

    /// The bucket that a copy is replicated from, whether all its rules for it may copy, and since when they have been seen to.
    fn replicated(&self, copy: &Copy) -> Option<(&'a Evidence, Able, Option<String>)> {
        let from = copy.copied_from.as_ref()?;
        let source = self.find(from)?;
        let store = source.store()?;
        let rules = store.replicas.present().into_iter().flatten();
        let of_it: Vec<&Replica> = rules
            .filter(|r| r.enabled && r.bucket == *copy.holder.arn())
            .collect();
        let able = of_it
            .iter()
            .map(|rule| self.replicates(source, from, store, rule));
        let shown = of_it.iter().map(|rule| lately(rule, &source.read_at));
        // The one that was seen to work longest ago.
        let shown = shown
            .collect::<Option<Vec<String>>>()
            .and_then(|all| all.into_iter().min());
        Some((source, able.max()?, shown))
    }

    fn find(&self, arn: &Arn) -> Option<&'a Evidence> {
        self.evidence.iter().find(|e| e.arn.as_ref() == Some(arn))
    }

    fn replicates(&self, source: &Evidence, from: &Arn, store: &ObjectStore, rule: &Replica) -> Able {
        let Some(named) = &rule.role else {
            return Able::Unknown("which role S3 copies with was not read".into());
        };
        let role = match self.role(named) {
            Ok(role) => role,
            Err(able) => return able,
        };
        let trusted = role.trusts(
            "s3.amazonaws.com",
            [
                ("aws:SourceAccount", Known::one(store.account.as_str())),
                ("aws:SourceArn", Known::one(from.as_str())),
            ],
        );
        let here = role.documents(&store.policy, from);
        let there = self.find(&rule.bucket).and_then(|e| Some((e, e.store()?)));
        let (to, owner) = match there {
            Some((_, to)) => (role.documents(&to.policy, &rule.bucket), Some(&to.account)),
            None => {
                let unread = Policies::unread(format!("the policy of {}", rule.bucket.resource()));
                (unread, rule.account.as_ref())
            }
        };
        let objects = |of: &Arn| format!("{of}/{}*", rule.prefix);
        let on_source =
            |action, target: Target<'_>| role.may(action, target, Some(&store.account), &here, &[]);
        let (read, written) = (objects(from), objects(&rule.bucket));
        let reads = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersion"];
        let reads = reads.map(|action| on_source(action, Target::Within(&read)));
        let mut all = vec![
            trusted,
            on_source("s3:GetReplicationConfiguration", Target::One(from.as_str())),
            on_source("s3:ListBucket", Target::One(from.as_str())),
        ];
        all.extend(reads.into_iter().min());
        let mut writes = vec!["s3:ReplicateObject"];
        if rule.owner_override {
            writes.push("s3:ObjectOwnerOverrideToBucketOwner");
        }
        let writes = writes.into_iter();
        all.extend(writes.map(|action| role.may(action, Target::Within(&written), owner, &to, &[])));
        if rule.kms_objects {
            all.extend(self.unseals(&role, source, store, from, &read));
            all.extend(self.seals(&role, rule, there, &written));
        }
        all.into_iter().max().unwrap_or(Able::Certainly)
    }

    /// Whether what a key of the source encrypts can be read.
    fn unseals(
        &self,
        role: &Role,
        source: &Evidence,
        store: &ObjectStore,
        from: &Arn,
        read: &str,
    ) -> Option<Able> {
        let key = match objects::encryption(source, store) {
            Observed::Present(Encryption::Key(key)) => key,
            Observed::Present(Encryption::Service) | Observed::Absent => return None,
            Observed::Unreadable(why) => return Some(Able::Unknown(why.why)),
        };
        let context = sealed_with(store, from, read);
        Some(self.with_key(role, "kms:Decrypt", &key, &source.scope.region, context))
    }

    /// Whether the copies can be encrypted.
    fn seals(
        &self,
        role: &Role,
        rule: &Replica,
        there: Option<(&Evidence, &ObjectStore)>,
        written: &str,
    ) -> Option<Able> {
        let (place, store) = there?;
        let named = objects::replica_key(rule).map(Encryption::Key);
        let key = match named.map_or_else(|| objects::encryption(place, store), Observed::Present) {
            Observed::Present(Encryption::Key(key)) => key,
            Observed::Present(Encryption::Service) | Observed::Absent => return None,
            Observed::Unreadable(why) => return Some(Able::Unknown(why.why)),
        };
        let context = sealed_with(store, &rule.bucket, written);
        Some(self.with_key(role, "kms:Encrypt", &key, &place.scope.region, context))
    }

    fn with_key(&self, role: &Role, action: &str, named: &Arn, region: &Region, context: Known) -> Able {
        let found = keys::find(named, self.evidence);
        // The policy that was read is that of the key itself: a replica has one of its own.
        let itself = found.filter(|(seen, key)| key.arn == *named || seen.arn.as_ref() == Some(named));
        let Some((_, key)) = itself else {
            return Able::Unknown(format!(
                "whether {} may {action} with {} is not known: its policy was not read",
                role.name(),
                named.resource()
            ));
        };
        let policy = role.documents(&key.policy, &key.arn);
        let mut known = keys::through_s3(region, context);
        known.push(("kms:CallerAccount", role.account()));
        let target = Target::One(key.arn.as_str());
        role.may(action, target, Some(&key.account), &policy, &known)
    }

    /// Whether a plan makes recovery points of what a selection takes in, and copies of them in a vault where one is named.
    pub(super) fn backs_up(&self, plan: &Schedule, selection: &Coverage, to: Option<&Vault>) -> Able {
        let Some(named) = &selection.role else {
            return Able::Unknown(format!(
                "which role AWS Backup takes on for {} was not read",
                selection.name
            ));
        };
        let role = match self.role(named) {
            Ok(role) => role,
            Err(able) => return able,
        };
        let plans = format!(
            "arn:{}:backup:{}:{}:*",
            plan.arn.partition(),
            plan.region,
            plan.account
        );
        let trusted = role.trusts(
            "backup.amazonaws.com",
            [
                ("aws:SourceAccount", Known::one(plan.account.as_str())),
                ("aws:SourceArn", Known::Matching(plans)),
            ],
        );
        let copied = to.map(|vault| {
            let policy = role.documents(&vault.policy, &vault.arn);
            // What AWS Backup does with its managed policies is not asked by name: this is the vault's side.
            let service = role.clone().unasked();
            let target = Target::One(vault.arn.as_str());
            service.may(
                "backup:CopyIntoBackupVault",
                target,
                Some(&vault.account),
                &policy,
                &[],
            )
        });
        let all = [Some(trusted), Some(role.does_anything()), copied];
        all.into_iter().flatten().max().unwrap_or(Able::Certainly)
    }

    /// A role by what was read of its account, else by its own block.
    fn role(&self, named: &Arn) -> Result<Role, Able> {
        let unread = |why: &str| {
            Able::Unknown(format!(
                "whether {} may copy is not known: {why}",
                named.resource()
            ))
        };
        let gone = || Able::Never(format!("{}, which would copy, does not exist", named.resource()));
        let Some(account) = named.account() else {
            return Err(unread("it is of no account"));
        };
        let known = self.everybody.principals.get(&account);
        let found = match known.map(Observed::known) {
            Some(Ok(Some(all))) => all.iter().find(|p| p.arn == *named).cloned().ok_or_else(gone)?,
            Some(Ok(None)) | None => self.declared(named, gone, || unread("nobody read its account"))?,
            Some(Err(why)) => self.declared(named, gone, || unread(&why.why))?,
        };
        let rails = self.everybody.memberships.get(&account);
        Ok(Role::new(
            &found,
            rails.map(guardrails).unwrap_or_default(),
            self.organization(&account),
        ))
    }

    fn declared(
        &self,
        named: &Arn,
        gone: impl Fn() -> Able,
        unread: impl Fn() -> Able,
    ) -> Result<Principal, Able> {
        match self.find(named).map(|e| e.facts.known()) {
            Some(Ok(Some(Facts::Identity(identity)))) => Ok(principal(named, identity)),
            Some(Ok(None)) => Err(gone()),
            Some(Ok(Some(_)) | Err(_)) | None => Err(unread()),
        }
    }

    /// The organization of an account, where it is one that binds it.
    fn organization(&self, account: &AccountId) -> Known {
        let membership = self
            .everybody
            .memberships
            .get(account)
            .and_then(Observed::present);
        membership.map_or(Known::Unknown, |m| Known::one(m.organization.as_str()))
    }
}

/// What was copied so long ago shows that a policy which nobody read does not forbid it: two days, for what is written daily.
const FRESH: Duration = Duration::from_days(2);
/// What is younger was not looked for in a replica: it may be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(15 * 60);

/// When the newest of what a rule copies was written, where that has arrived and is no older than what tells of today.
fn lately(rule: &Replica, read_at: &str) -> Option<String> {
    let newest = rule.arrived.as_ref()?.present()?.newest.clone()?;
    lag(read_at, Some(&newest)).filter(|age| *age <= FRESH)?;
    Some(newest)
}

/// A copy of which a document that nobody read could forbid that it is made, and which was made all the same. Nobody promises
/// that it stays so.
fn seen_to_work(mut copy: Copy, source: &Evidence, newest: &str) -> Copy {
    let says =
        format!("and yet what was written at {newest} has been copied, so that nothing forbade it then");
    copy.grounds.push(ground(source, says));
    copy.staleness = match copy.mechanism {
        Mechanism::ObjectReplica => Staleness {
            measured: Some(ON_ITS_WAY),
            ..Staleness::UNKNOWN
        },
        _ => Staleness {
            promised: None,
            ..copy.staleness
        },
    };
    copy
}

/// The encryption context of objects: their bucket's ARN under a bucket key, else each one's.
fn sealed_with(store: &ObjectStore, arn: &Arn, objects: &str) -> Known {
    match store.bucket_key {
        Some(true) => Known::one(arn.as_str()),
        Some(false) => Known::Matching(objects.to_owned()),
        None => Known::Unknown,
    }
}
