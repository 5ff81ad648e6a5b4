//! Keys: that a writer can encrypt where its bucket wants that, and cannot decrypt.

use super::{Line, Proving, decided, line, place};
use crate::access::{Decision, Known, Truth};
use crate::model::fact::{Evidence, Facts, KeyFacts, KeyState, ObjectStore, WriteTarget};
use crate::model::{Arn, Observed, Region};
use crate::prove::copy::Encryption;
use crate::prove::verdict::Verdict;
use crate::prove::{keys, objects};

/// What S3 asks of KMS in the name of whoever puts an object, in one request.
const ENCRYPTS: &str = "kms:GenerateDataKey";

/// Decrypting, or getting somebody to: by a grant, by another key, or by a policy of its own making.
const DECRYPTS: &[&str] = &[
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
];

/// What the key of a bucket means for putting objects there.
pub(super) enum Seal {
    /// S3 encrypts with keys of its own.
    None,
    /// A key has to be used.
    Key(Verdict, String),
}

impl Seal {
    /// What both say together; where one is worse, that one is what counts.
    pub(super) fn onto(self, put: Line) -> Line {
        match self {
            Self::None => put,
            Self::Key(verdict, why) if verdict > put.verdict => Line { verdict, why, ..put },
            Self::Key(verdict, _) if verdict < put.verdict => put,
            Self::Key(_, why) => Line {
                why: format!("{}; {why}", put.why),
                ..put
            },
        }
    }
}

impl Proving<'_> {
    /// Whether it may use the key that the bucket encrypts with by default.
    pub(super) fn sealed(&self, target: &WriteTarget) -> Seal {
        let found = self
            .evidence
            .iter()
            .find(|e| e.arn.as_ref() == Some(&target.bucket));
        let Some((there, store)) = found.and_then(|e| Some((e, self.store(&target.bucket)?))) else {
            // Whoever asks about the bucket's policy has said so.
            return Seal::None;
        };
        let unknown = |why: String| Seal::Key(Verdict::Unknown, why);
        let named = match objects::encryption(there, store) {
            Observed::Present(Encryption::Key(key)) => key,
            Observed::Present(Encryption::Service) | Observed::Absent => return Seal::None,
            Observed::Unreadable(why) => {
                return unknown(format!(
                    "with what key {} encrypts could not be read: {}",
                    store.name, why.why
                ));
            }
        };
        let bare = matches!(&store.encryption, Observed::Present(text) if text.parse::<Arn>().is_err());
        let owner = self.item.arn.as_ref().and_then(Arn::account);
        if bare && owner.as_ref() != Some(&store.account) {
            // S3 looks such a name up in the account of whoever writes.
            return unknown(format!(
                "{} names its key without an account, so which key a writer of another account uses is not known",
                store.name
            ));
        }
        let Some((evidence, key)) = keys::find(&named, self.evidence) else {
            return unknown(format!(
                "the policy of its key {} is not known: nobody looked for it",
                named.resource()
            ));
        };
        // The policy that was read is that of the key itself: a replica has one of its own.
        let is_itself = key.arn == named || evidence.arn.as_ref() == Some(&named);
        if !is_itself {
            return unknown(format!("the policy of {named}, a replica, was not read"));
        }
        match &key.state {
            KeyState::Enabled => {}
            KeyState::Disabled => {
                return Seal::Key(Verdict::Fails, format!("its key {} is disabled", key.alias));
            }
            KeyState::PendingDeletion => {
                return Seal::Key(Verdict::Fails, format!("its key {} is being deleted", key.alias));
            }
            KeyState::Other(word) => return unknown(format!("its key {} is {word}", key.alias)),
        }
        self.with_key(target, store, key, &there.scope.region)
    }

    fn store(&self, bucket: &Arn) -> Option<&ObjectStore> {
        let found = self.stores.iter().find(|(arn, _)| *arn == bucket);
        found.map(|(_, store)| *store)
    }

    fn with_key(&self, target: &WriteTarget, store: &ObjectStore, key: &KeyFacts, region: &Region) -> Seal {
        // With a bucket key, the context is the bucket; without, the object.
        let bucket = Known::one(target.bucket.as_str());
        let object = Known::Matching(place(target));
        let contexts = match store.bucket_key {
            Some(true) => vec![bucket],
            Some(false) => vec![object],
            None => vec![bucket, object],
        };
        let decisions: Vec<Decision> = contexts
            .into_iter()
            .flat_map(|context| self.encrypting(key, region, &context))
            .collect();
        // What holds only in one of the ways in which it may be asked is not certain.
        let allowed = decisions.iter().map(Decision::allowed).reduce(Truth::join);
        let telling = decisions.iter().min_by_key(|d| d.allowed());
        let (Some(allowed), Some(telling)) = (allowed, telling) else {
            return Seal::None;
        };
        let unread = decisions.iter().any(|d| !d.unread.is_empty());
        let verdict = match allowed {
            Truth::Yes => Verdict::Holds,
            Truth::Maybe if unread => Verdict::Unknown,
            Truth::Maybe => Verdict::Unproven,
            Truth::No => Verdict::Fails,
        };
        Seal::Key(
            verdict,
            format!(
                "{ENCRYPTS} on its key {}: {}",
                key.arn.resource(),
                decided(telling)
            ),
        )
    }

    /// With the aliases that are known of the key, and with others besides, which it may have.
    fn encrypting(&self, key: &KeyFacts, region: &Region, context: &Known) -> Vec<Decision> {
        let caller = self.item.arn.as_ref().and_then(Arn::account);
        let mut known = keys::through_s3(region, context.clone());
        known.extend(caller.map(|account| ("kms:CallerAccount", Known::one(account.as_str()))));
        let open = self.holder.decide_with(ENCRYPTS, key, &known);
        if key.alias.is_empty() || open.allowed() != Truth::Maybe {
            return vec![open];
        }
        let alias = format!("alias/{}", key.alias);
        known.push(("kms:ResourceAliases", Known::one(alias)));
        let named = self.holder.decide_with(ENCRYPTS, key, &known);
        // An alias that is not known may deny; one that is known and allows is enough.
        match named.allowed() == Truth::Yes && open.denied == Truth::No {
            true => vec![named],
            false => vec![open],
        }
    }

    /// Nothing lets it decrypt: who leaks the credential gives away no backup, whoever else lets it read.
    pub(super) fn decrypts(&self) -> Line {
        let (asks, claim) = ("decrypt", "cannot decrypt".to_owned());
        if let Some(first) = self.granted(DECRYPTS).first() {
            return line(asks, claim, Verdict::Fails, first.to_string());
        }
        match self.unread().or_else(|| self.unread_keys()) {
            Some(why) => line(asks, claim, Verdict::Unknown, why),
            None => {
                let names: Vec<&str> = self.identity.policies.iter().map(|(n, _)| n.as_str()).collect();
                let own = match names.is_empty() {
                    true => "it has no policies".to_owned(),
                    false => format!("nothing in {} allows it", names.join(", ")),
                };
                line(
                    asks,
                    claim,
                    Verdict::Holds,
                    format!("{own}, nor does a key's policy"),
                )
            }
        }
    }

    /// A key whose policy may let it decrypt, for all that anybody knows.
    fn unread_keys(&self) -> Option<String> {
        let hidden = |e: &Evidence| match &e.facts {
            Observed::Present(Facts::Key(key)) => match &key.policy {
                Observed::Unreadable(why) => Some(why.why.clone()),
                Observed::Present(_) | Observed::Absent => None,
            },
            Observed::Unreadable(why) if e.arn.as_ref()?.service() == "kms" => Some(why.why.clone()),
            _ => None,
        };
        let unread = self.evidence.iter().find_map(|e| {
            let why = hidden(e)?;
            Some(format!("the policy of {} could not be read: {why}", e.subject))
        });
        let not_looked_for = || {
            self.targets.iter().find_map(|target| match self.sealed(target) {
                Seal::Key(Verdict::Unknown, why) => Some(why),
                Seal::Key(..) | Seal::None => None,
            })
        };
        unread.or_else(not_looked_for)
    }
}
