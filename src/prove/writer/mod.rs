//! What an isolated backup writer can do, line by line, with the statement that decides each.
//!
//! The credential of a writer lies on the machine that is most likely to be taken over. A line holds only
//! when all documents that could say otherwise were read; a grant under a condition fails it like any other.

mod actions;
mod seal;
mod trust;

use super::attack::graph::Certainty;
use super::attack::{Attack, Everybody, Principals, guardrails};
use super::verdict::Verdict;
use crate::access::{Decision, Grant, Holder, Target, Truth};
use crate::model::fact::{Evidence, Facts, Identity, ObjectStore, WriteTarget};
use crate::model::{Address, Arn, Observed};
use actions::{APPENDS, BECOMES, RETAINS, SETTINGS};
pub use actions::{DELETES, LISTS, READS};
use serde::Serialize;

/// What is said of one writer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Writer {
    /// The resource.
    pub address: Address,
    /// The role.
    #[schemars(with = "Option<String>")]
    pub arn: Option<Arn>,
    /// One for each thing that it must or must not be able to do.
    pub lines: Vec<Line>,
}

/// One thing that a writer must or must not be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Line {
    /// Which: `put`, `put_elsewhere`, `read`, `decrypt`, `list`, `delete`, `retain`, `settings`, `become`, `trust`.
    pub asks: &'static str,
    /// What has to be so, in words.
    pub claim: String,
    /// Whether it is.
    pub verdict: Verdict,
    /// The statement that decides, or what is not known.
    pub why: String,
}

/// Every writer of the posture, by address.
pub(super) fn all(evidence: &[Evidence], everybody: Everybody<'_>, attack: &Attack) -> Vec<Writer> {
    let writers = evidence.iter();
    let mut all: Vec<Writer> = writers
        .filter_map(|item| one(item, evidence, everybody, attack))
        .collect();
    all.sort_by(|a, b| a.address.cmp(&b.address));
    all
}

/// `None` for what is no writer. Of one that could not be read nothing is known, and one that does not exist can nothing.
fn one(item: &Evidence, evidence: &[Evidence], everybody: Everybody<'_>, attack: &Attack) -> Option<Writer> {
    let (Facts::Identity(identity), missing) = item.told()? else {
        return None;
    };
    let mut identity = identity.as_ref().clone();
    let targets = identity.writer.clone()?;
    if let Observed::Unreadable(why) = &item.facts {
        identity.unknown.push(why.clone());
    }
    let mut writer = Proving::new(item, &identity, &targets, evidence, everybody, attack).conclude();
    if let (Observed::Absent, Some(why)) = (&item.facts, missing) {
        for line in &mut writer.lines {
            line.verdict = match (line.asks, line.verdict) {
                ("put", _) => Verdict::Fails,
                // Whatever was not read, nobody acts as it.
                (_, Verdict::Unknown) => Verdict::Holds,
                _ => continue,
            };
            line.why.clone_from(&why);
        }
    }
    Some(writer)
}

struct Proving<'a> {
    item: &'a Evidence,
    identity: &'a Identity,
    targets: &'a [WriteTarget],
    evidence: &'a [Evidence],
    stores: Vec<(&'a Arn, &'a ObjectStore)>,
    principals: &'a Principals,
    attack: &'a Attack,
    holder: Holder,
}

impl<'a> Proving<'a> {
    fn new(
        item: &'a Evidence,
        identity: &'a Identity,
        targets: &'a [WriteTarget],
        evidence: &'a [Evidence],
        everybody: Everybody<'a>,
        attack: &'a Attack,
    ) -> Self {
        let stores: Vec<(&Arn, &ObjectStore)> = evidence
            .iter()
            .filter_map(|e| Some((e.arn.as_ref()?, e.store()?)))
            .collect();
        let keys = evidence.iter().filter_map(|e| match e.facts.present()? {
            Facts::Key(key) => Some(key.as_ref()),
            _ => None,
        });
        let account = item.arn.as_ref().and_then(Arn::account);
        let membership = account.and_then(|account| everybody.memberships.get(&account));
        let holder = Holder::new(identity, item.arn.as_ref(), stores.iter().copied())
            .with_keys(keys)
            .bound_by(membership.map(guardrails).unwrap_or_default());
        Self {
            holder,
            item,
            evidence,
            identity,
            targets,
            stores,
            principals: everybody.principals,
            attack,
        }
    }

    fn conclude(&self) -> Writer {
        let mut lines: Vec<Line> = self.targets.iter().map(|target| self.puts(target)).collect();
        let places: Vec<String> = self.targets.iter().map(place).collect();
        let beyond = self
            .holder
            .grants_besides("s3:PutObject", ["s3:PutObject"], places.clone());
        lines.push(
            self.cannot("put_elsewhere", "cannot put anywhere else", beyond, || {
                format!("what allows s3:PutObject ends at {}", places.join(", "))
            }),
        );
        for (asks, claim, actions) in [
            ("read", "cannot read", READS),
            ("list", "cannot list", LISTS),
            ("delete", "cannot delete objects or versions", DELETES),
            (
                "retain",
                "cannot change retention or legal holds, nor bypass governance",
                RETAINS,
            ),
            (
                "settings",
                "cannot change a setting of a bucket or of what lies in it",
                SETTINGS,
            ),
        ] {
            let granted = self.granted(actions);
            lines.push(self.cannot(asks, claim, granted, || self.refusal(actions)));
            if asks == "read" {
                lines.push(self.decrypts());
            }
        }
        lines.push(self.becomes());
        lines.push(self.trust());
        Writer {
            address: self.item.subject.clone(),
            arn: self.item.arn.clone(),
            lines,
        }
    }

    /// The one thing that it is for.
    fn puts(&self, target: &WriteTarget) -> Line {
        let place = place(target);
        let claim = format!("can put under {place}");
        if let Some(why) = self.unread() {
            return line("put", claim, Verdict::Unknown, why);
        }
        let decision = self
            .holder
            .decide("s3:PutObject", &target.bucket, Target::Within(&place), APPENDS);
        let verdict = match decision.allowed() {
            Truth::Yes => Verdict::Holds,
            // From where it writes, or how, the documents do not decide.
            Truth::Maybe => Verdict::Unproven,
            Truth::No => Verdict::Fails,
        };
        self.sealed(target)
            .onto(line("put", claim, verdict, decided(&decision)))
    }

    fn granted(&self, actions: &[&str]) -> Vec<Grant> {
        actions
            .iter()
            .flat_map(|action| self.holder.grants(action, "*"))
            .collect()
    }

    fn cannot(
        &self,
        asks: &'static str,
        claim: &str,
        granted: Vec<Grant>,
        refusal: impl FnOnce() -> String,
    ) -> Line {
        let claim = claim.to_owned();
        if let Some(first) = granted.first() {
            return line(asks, claim, Verdict::Fails, first.to_string());
        }
        match self.unread() {
            Some(why) => line(asks, claim, Verdict::Unknown, why),
            None => line(asks, claim, Verdict::Holds, refusal()),
        }
    }

    /// What could say otherwise and was not read.
    fn unread(&self) -> Option<String> {
        if let Some(unread) = self.identity.unknown.first() {
            return Some(unread.said());
        }
        let missing = self
            .targets
            .iter()
            .find(|t| !self.stores.iter().any(|(arn, _)| **arn == t.bucket));
        if let Some(target) = missing {
            let bucket = target.bucket.resource();
            return Some(format!(
                "the policy of {bucket} is not known: nobody looked for it"
            ));
        }
        self.stores.iter().find_map(|(arn, store)| match &store.policy {
            Observed::Unreadable(why) => Some(format!(
                "the policy of {} could not be read: {}",
                arn.resource(),
                why.why
            )),
            Observed::Present(_) | Observed::Absent => None,
        })
    }

    /// What keeps it from these: a denial of all of them, or that nothing allows any.
    fn refusal(&self, actions: &[&str]) -> String {
        let mut denials: Vec<String> = Vec::new();
        for target in self.targets {
            for action in actions {
                let objects = format!("{}/*", target.bucket);
                let on_objects = action.contains("Object") && !action.contains("Bucket");
                let target_of = if on_objects {
                    Target::Within(&objects)
                } else {
                    Target::One(target.bucket.as_str())
                };
                let decision = self.holder.decide(action, &target.bucket, target_of, &[]);
                match decision.deciding().first() {
                    Some(denial) if decision.denied == Truth::Yes => denials.push(denial.place()),
                    _ => return self.silence(),
                }
            }
        }
        denials.sort();
        denials.dedup();
        format!("denied by {}", denials.join("; "))
    }

    fn silence(&self) -> String {
        let names: Vec<&str> = self.identity.policies.iter().map(|(n, _)| n.as_str()).collect();
        let own = match names.is_empty() {
            true => "it has no policies".to_owned(),
            false => format!("nothing in {} allows it", names.join(", ")),
        };
        format!("{own}, nor does a bucket's policy")
    }

    /// Through any number of roles, keys, functions and policies that it may rewrite.
    fn becomes(&self) -> Line {
        let claim = "cannot become anybody else".to_owned();
        let asks = "become";
        if let Some(grant) = self.granted(BECOMES).first() {
            return line(asks, claim, Verdict::Fails, grant.to_string());
        }
        let path = self.item.arn.as_ref().map(|arn| self.attack.becomes(arn));
        let path = path.unwrap_or_default();
        if let (Some(first), Some(doubt)) = (path.first(), path.iter().map(|s| &s.certainty).max()) {
            let verdict = match doubt {
                Certainty::Unknown(_) => Verdict::Unknown,
                Certainty::Sure | Certainty::Depends(_) => Verdict::Fails,
            };
            return line(asks, claim, verdict, first.because.clone());
        }
        match self.unread().or_else(|| self.unread_people()) {
            Some(why) => line(asks, claim, Verdict::Unknown, why),
            None => line(
                asks,
                claim,
                Verdict::Holds,
                "nothing allows it to assume or pass a role, and no trust names it".into(),
            ),
        }
    }

    /// Why nobody can tell who is in its account.
    fn unread_people(&self) -> Option<String> {
        let account = self.item.arn.as_ref().and_then(Arn::account)?;
        match self.principals.get(&account) {
            Some(Observed::Present(_)) => None,
            Some(Observed::Unreadable(why)) => {
                Some(format!("who is in {account} could not be read: {}", why.why))
            }
            Some(Observed::Absent) | None => Some(format!("nobody read who is in {account}")),
        }
    }
}

fn line(asks: &'static str, claim: String, verdict: Verdict, why: String) -> Line {
    Line {
        asks,
        claim,
        verdict,
        why,
    }
}

fn place(target: &WriteTarget) -> String {
    format!("{}/{}*", target.bucket, target.prefix)
}

fn decided(decision: &Decision) -> String {
    let why = decision.explain();
    if why.is_empty() {
        "nothing allows it".into()
    } else {
        why
    }
}
